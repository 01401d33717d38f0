//! Requests and answers in another shape, over both protocols, and when they go wrong.

use std::sync::Arc;

use naru_model::message::{
    Answering, Converted, Flow, Headers, Refusal, Request, Response, Shape, set_header,
};
use naru_model::platform::Protocol;
use naru_model::policy::Policy;
use naru_model::record::Fault;
use naru_model::units::Bytes;

use super::harness::*;

/// Turns what is said upside down: `GET /x` becomes `POST /shaped/x`, letters change their case, and the query's word
/// decides how the answer is taken.
#[derive(Debug)]
struct Upside;

struct Down {
    word: String,
}

fn flip(text: &[u8]) -> Vec<u8> {
    let flip = |b: &u8| if b.is_ascii_lowercase() { b.to_ascii_uppercase() } else { b.to_ascii_lowercase() };
    text.iter().map(flip).collect()
}

impl Shape for Upside {
    fn request(&self, mut request: Request) -> Result<Converted, Refusal> {
        match &*request.query {
            "refuse" => return Err(Refusal { status: 422, detail: "field a.b is missing".into() }),
            "answer" => {
                let headers = vec![("content-type".into(), "text/plain".into())];
                let body = format!("{} {}", request.method, request.path).into_bytes();
                return Ok(Converted::Answer(Response { status: 200, headers, body, ..Response::default() }));
            }
            "smuggle" => request.headers.push(("x-a".into(), "b\r\nx-c: d".into())),
            _ => {}
        }
        let word = std::mem::take(&mut request.query);
        request.method = "POST".into();
        request.path = format!("/shaped{}", request.path);
        set_header(&mut request.headers, "x-shaped", "yes");
        request.body = flip(&request.body);
        Ok(Converted::Send(request, Box::new(Down { word })))
    }
}

impl Answering for Down {
    fn head(&mut self, head: &Response) -> Result<Flow, Refusal> {
        match &*self.word {
            "whole" => Ok(Flow::Whole),
            "stream" | "break" => {
                let headers = vec![("content-type".into(), "text/flipped".into())];
                Ok(Flow::Stream(Response { status: head.status, headers, ..Response::default() }))
            }
            "unfit" => Err(Refusal { status: 502, detail: "the service's answer is no XML".into() }),
            _ => Ok(Flow::Pass),
        }
    }

    fn whole(&mut self, mut response: Response) -> Result<Response, Refusal> {
        response.body = flip(&response.body);
        for (name, value) in &response.trailers {
            response.headers.push((format!("x-trailer-{name}"), value.clone()));
        }
        Ok(response)
    }

    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        if self.word == "break" {
            return Err(Refusal { status: 502, detail: "broken in the middle".into() });
        }
        out.extend(flip(data));
        Ok(())
    }

    fn end(&mut self, trailers: &Headers, out: &mut Vec<u8>) -> Result<(), Refusal> {
        out.extend(format!("[{}]", trailers.len()).into_bytes());
        Ok(())
    }
}

fn gateway(upstream: &Upstream, policy: Policy) -> Gateway {
    let mut routing = routing();
    routing.routes[0].policy = Policy { problems: true, ..policy };
    Gateway::shaping(routing, &[upstream.address], Protocol::Http1, |_| Ok(Some(Arc::new(Upside))))
}

fn post(query: &str, body: &str) -> String {
    format!("POST /a?{query} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn a_whole_answer_is_converted_with_its_trailers() {
    let upstream = Upstream::listen();
    let mut gateway = gateway(&upstream, Policy::default());
    let mut client = gateway.connect();
    client.say("PUT /a?whole HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    let mut endpoint = upstream.accept();
    let head = endpoint.head();
    assert!(head.starts_with("POST /shaped/a HTTP/1.1\r\n"), "{head}");
    assert_eq!((field(&head, "x-shaped"), field(&head, "content-length")), (Some("yes"), Some("3")));
    assert_eq!(field(&head, "transfer-encoding"), None);
    assert_eq!((field(&head, "host"), endpoint.text(3).as_str()), (Some("a"), "ABC"));
    endpoint.say(
        "HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\nX-Own: 1\r\n\r\n2\r\nhi\r\n0\r\nSum: 7\r\n\r\n",
    );
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 201 Created\r\n"), "{head}");
    assert_eq!((field(&head, "content-length"), field(&head, "x-trailer-sum")), (Some("2"), Some("7")));
    assert_eq!((field(&head, "x-own"), client.text(2).as_str()), (Some("1"), "HI"));
    // Both connections live on.
    client.say(post("whole", "x"));
    endpoint.head();
    assert_eq!(endpoint.text(1), "X");
    endpoint.say("HTTP/1.1 204 None\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 204 "));
    gateway.record(|record| {
        assert_eq!((record.status, record.bytes_in, record.bytes_out), (201, 3, 2));
        assert_eq!((record.target, record.method), ("/a?whole", naru_model::record::Method::Put));
    });
}

#[test]
fn a_streamed_answer_is_converted_as_it_comes() {
    let upstream = Upstream::listen();
    let gateway = gateway(&upstream, Policy::default());
    let mut client = gateway.connect();
    client.say(post("stream", "x"));
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    let head = client.head();
    assert_eq!((field(&head, "content-type"), field(&head, "content-length")), (Some("text/flipped"), None));
    assert_eq!(client.until(b"FIRST\r\n"), "5\r\nFIRST\r\n");
    endpoint.say("0\r\nA: 1\r\n\r\n");
    assert_eq!(client.until(b"\r\n\r\n"), "3\r\n[1]\r\n0\r\n\r\n");
}

#[test]
fn a_conversion_may_answer_or_refuse_by_itself() {
    let upstream = Upstream::listen();
    let mut gateway = gateway(&upstream, Policy::default());
    let mut client = gateway.connect();
    client.say(post("answer", ""));
    assert_eq!(field(&client.head(), "content-length"), Some("7"));
    assert_eq!(client.text(7), "POST /a");
    client.say(post("refuse", "abc"));
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 422 "), "{head}");
    let length = field(&head, "content-length").unwrap().parse().unwrap();
    assert!(client.text(length).contains("field a.b is missing"));
    client.say(post("smuggle", ""));
    assert!(client.head().starts_with("HTTP/1.1 502 "));
    assert!(upstream.has_no_connection());
    gateway.record(|record| assert_eq!((record.status, record.attempts), (200, 0)));
    gateway.record(|record| assert_eq!((record.status, record.fault), (422, Fault::Client)));
    gateway.record(|record| assert_eq!((record.status, record.fault), (502, Fault::Service)));
}

#[test]
fn an_answer_that_does_not_fit_is_502_and_one_that_breaks_is_cut_off() {
    let upstream = Upstream::listen();
    let mut gateway = gateway(&upstream, Policy::default());
    let mut client = gateway.connect();
    client.say(post("unfit", ""));
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 502 "), "{head}");
    let length = field(&head, "content-length").unwrap().parse().unwrap();
    assert!(client.text(length).contains("is no XML"));
    client.say(post("break", ""));
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    let rest = client.rest();
    assert!(rest.starts_with("HTTP/1.1 200 ") && !rest.ends_with("0\r\n\r\n"), "{rest}");
    gateway.record(|record| assert_eq!(record.status, 502));
    gateway.record(|record| assert_eq!((record.status, record.fault), (200, Fault::Service)));
}

#[test]
fn too_large_a_body_is_refused_however_it_comes() {
    let upstream = Upstream::listen();
    let gateway = gateway(&upstream, Policy { body: Some(Bytes(10)), ..Policy::default() });
    let mut client = gateway.connect();
    client.say("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 413 "));
    let mut client = gateway.connect();
    client.say(
        "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nabcdef\r\n",
    );
    assert!(client.head().starts_with("HTTP/1.1 413 "));
    assert!(upstream.has_no_connection());
}

#[test]
fn who_waits_for_100_is_told_to_go_on_and_a_dead_endpoint_is_tried_once_more() {
    let (upstream, other) = (Upstream::listen(), Upstream::listen());
    let mut routing = routing();
    routing.routes[0].policy.problems = true;
    let gateway = Gateway::shaping(routing, &[nobody(), other.address], Protocol::Http1, |_| {
        Ok(Some(Arc::new(Upside)))
    });
    let mut client = gateway.connect();
    client.say("POST /a?whole HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    assert_eq!(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.say("abc");
    let mut endpoint = other.accept();
    assert_eq!(field(&endpoint.head(), "expect"), None);
    assert_eq!(endpoint.text(3), "ABC");
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    client.head();
    assert_eq!(client.text(2), "HI");
    drop(upstream);
}

#[test]
fn head_gets_no_body_whatever_the_service_was_asked() {
    let upstream = Upstream::listen();
    let gateway = gateway(&upstream, Policy::default());
    let mut client = gateway.connect();
    for word in ["whole", "stream", "pass"] {
        client.say(format!("HEAD /a?{word} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let mut endpoint = upstream.accept();
        assert!(endpoint.head().starts_with("POST "));
        endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
        assert!(client.head().starts_with("HTTP/1.1 200 OK\r\n"));
    }
    client.say(post("answer", ""));
    assert!(client.head().starts_with("HTTP/1.1 200 OK\r\n"), "nothing of a body came before");
}

#[test]
fn an_error_of_the_service_becomes_a_problem_document() {
    let upstream = Upstream::listen();
    let mut gateway = gateway(&upstream, Policy::default());
    let mut client = gateway.connect();
    client.say(post("pass", ""));
    let mut endpoint = upstream.accept();
    endpoint.head();
    endpoint.say("HTTP/1.1 500 Oh\r\nContent-Type: text/html\r\nContent-Length: 20\r\nRetry-After: 7\r\n\r\njava.lang.NullPointe");
    let head = client.head();
    assert_eq!(field(&head, "content-type"), Some("application/problem+json"), "{head}");
    assert_eq!(field(&head, "retry-after"), Some("7"));
    let length = field(&head, "content-length").unwrap().parse().unwrap();
    let document = client.text(length);
    assert!(document.contains("service-error") && !document.contains("java"), "{document}");
    gateway.record(|record| assert_eq!((record.status, record.fault), (500, Fault::Service)));
}

//! gRPC-Web: frames and trailers in both of its forms, and what is refused.

use crate::peer::{Call, call, framed, refused, request, shape};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use naru_model::message::{Converted, Flow, Response, header};
use naru_model::policy::Conversion;
use proptest::prelude::*;

const PATH: &str = "/library.v1.Library/GetShelf";
const BINARY: &str = "application/grpc-web+proto";
const TEXT: &str = "application/grpc-web-text";

fn sent(fields: &[(&str, &str)], body: &[u8]) -> Call {
    call(shape(Conversion::GrpcWeb).as_ref(), request("POST", PATH, fields, body))
}

/// The messages, and the trailers' lines.
fn told(mut body: &[u8]) -> (Vec<Vec<u8>>, String) {
    let mut messages = Vec::new();
    while let Some((&[flags, a, b, c, d], rest)) = body.split_first_chunk::<5>() {
        let (content, rest) = rest.split_at(u32::from_be_bytes([a, b, c, d]) as usize);
        body = rest;
        if flags == 0x80 {
            assert!(body.is_empty(), "something follows the trailers");
            return (messages, crate::peer::text(content));
        }
        messages.push(content.to_vec());
    }
    panic!("no trailers")
}

/// Base64 that may have padding within.
fn of_text(text: &[u8]) -> Vec<u8> {
    text.chunks(4).flat_map(|group| STANDARD.decode(group).unwrap()).collect()
}

#[test]
fn messages_pass_and_trailers_come_last_in_the_body() {
    let fields = [
        ("content-type", BINARY),
        ("x-grpc-web", "1"),
        ("authorization", "Bearer x"),
        ("grpc-timeout", "2S"),
    ];
    let mut call = sent(&fields, &framed(b"asked"));
    assert_eq!(call.sent.body, framed(b"asked"));
    let field = |name| header(&call.sent.headers, name);
    assert_eq!((field("content-type"), field("te")), (Some("application/grpc+proto"), Some("trailers")));
    assert_eq!((field("authorization"), field("grpc-timeout")), (Some("Bearer x"), Some("2000m")));
    assert_eq!(field("x-grpc-web"), None);

    let body = [framed(b"one"), framed(b"two")].concat();
    let answer = call.answer(body, &[("grpc-status", "0"), ("x-cost", "3")]).unwrap();
    assert_eq!(header(&answer.headers, "content-type"), Some(BINARY));
    assert_eq!(header(&answer.headers, "x-served-by"), Some("library"));
    let trailers = "grpc-status: 0\r\nx-cost: 3\r\n".to_owned();
    assert_eq!(told(&answer.body), (vec![b"one".to_vec(), b"two".to_vec()], trailers));
}

#[test]
fn as_text_it_is_the_same_in_base64() {
    let body = STANDARD.encode(framed(b"asked"));
    let mut call = sent(&[("content-type", TEXT)], body.as_bytes());
    assert_eq!(call.sent.body, framed(b"asked"));
    let answer = call.answer(framed(b"one"), &[("grpc-status", "0")]).unwrap();
    assert_eq!(header(&answer.headers, "content-type"), Some("application/grpc-web-text+proto"));
    let (messages, trailers) = told(&of_text(&answer.body));
    assert_eq!((messages, trailers.as_str()), (vec![b"one".to_vec()], "grpc-status: 0\r\n"));
    // In pieces, each with its padding; and answered in the form that is asked for.
    let pieces =
        format!("{}{}", STANDARD.encode(&framed(b"asked")[..4]), STANDARD.encode(&framed(b"asked")[4..]));
    let mut call = sent(&[("content-type", TEXT), ("accept", "application/grpc-web")], pieces.as_bytes());
    assert_eq!(call.sent.body, framed(b"asked"));
    let answer = call.answer(framed(b"one"), &[("grpc-status", "0")]).unwrap();
    assert_eq!(told(&answer.body).0, [b"one"]);
}

#[test]
fn errors_that_have_no_message_are_told_in_the_body_too() {
    let mut call = sent(&[("content-type", BINARY)], &framed(b""));
    let answer = call.end(&[("grpc-status", "5"), ("grpc-message", "no%20shelf"), ("x-a", "b")]).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!((header(&answer.headers, "grpc-status"), header(&answer.headers, "x-a")), (None, Some("b")));
    assert_eq!(told(&answer.body), (vec![], "grpc-status: 5\r\ngrpc-message: no%20shelf\r\n".to_owned()));
    let without = sent(&[("content-type", BINARY)], &framed(b"")).answer(framed(b"one"), &[]).unwrap();
    assert!(told(&without.body).1.starts_with("grpc-status: 2\r\n"));
    // What is no gRPC comes as it is.
    let page = Response {
        status: 503,
        headers: crate::peer::headers(&[("content-type", "text/html")]),
        ..Response::default()
    };
    let mut call = sent(&[("content-type", BINARY)], &framed(b""));
    assert!(matches!(call.answering.head(&page), Ok(Flow::Pass)));
}

#[test]
fn what_is_no_grpc_web_is_refused() {
    let face = shape(Conversion::GrpcWeb);
    let post = |media: &str, body: &[u8]| request("POST", PATH, &[("content-type", media)], body);
    for (asked, status) in [
        (post("application/json", b"{}"), 415),
        (post("", b""), 415),
        (post("application/grpc-websocket", b""), 415),
        (request("GET", PATH, &[("content-type", BINARY)], ""), 405),
        (post(BINARY, b"\0\0\0"), 400),
        (post(BINARY, b"\0\xff\xff\xff\xff"), 400),
        (post(BINARY, b"\x80\0\0\0\0"), 400),
        (post(TEXT, b"AAAAA"), 400),
        (post(TEXT, b"=AAA"), 400),
        (post(TEXT, "가".as_bytes()), 400),
    ] {
        let refusal = refused(face.as_ref(), asked.clone());
        assert_eq!(refusal.status, status, "{asked:?}: {refusal}");
    }
    let native = post("application/grpc", &framed(b"a"));
    assert!(face.passes(&native) && !face.passes(&post(BINARY, b"")));
    let Ok(Converted::Send(sent, _)) = face.request(native) else { panic!("not sent") };
    assert_eq!(header(&sent.headers, "te"), Some("trailers"));
}

proptest! {
    #[test]
    fn whatever_is_sent_nothing_panics(body in proptest::collection::vec(any::<u8>(), 0..60), text: bool) {
        let media = if text { TEXT } else { BINARY };
        let _ = shape(Conversion::GrpcWeb).request(request("POST", PATH, &[("content-type", media)], body));
    }
}

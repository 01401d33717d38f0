//! Makes a problem document (RFC 9457) of every answer of 400 and above, in JSON or, for who prefers it, in XML.

use naru_model::message::{Converted, Refusal, Request, Response, Shape};
use naru_model::problem::{Problem, phrase, prefers_xml};

use crate::body::{Asked, Whole, charset, is_bodiless, is_json, media_type, replaced, varies_by_accept};
use crate::grpc::is_native;
use crate::json::{self, Value};
use crate::xml;

pub(crate) const JSON: &str = "application/problem+json";
pub(crate) const XML: &str = "application/problem+xml";
/// Source: RFC 9457, appendix B.
const NAMESPACE: &str = "urn:ietf:rfc:7807";
/// What a service said is shown up to here, in bytes; what is longer is a page or a stack trace and no explanation.
const SHORT: usize = 500;
/// Where frameworks put what happened, the most telling first.
const TOLD: [&str; 4] = ["detail", "message", "error_description", "error"];

#[derive(Debug)]
pub(crate) struct ProblemShape;

impl Shape for ProblemShape {
    /// Who speaks gRPC reads no documents.
    fn passes(&self, head: &Request) -> bool {
        is_native(&media_type(&head.headers))
    }

    fn request(&self, request: Request) -> Result<Converted, Refusal> {
        let asked = Asked::of(&request);
        let xml = prefers_xml(asked.accept.as_deref());
        let wanted = move |head: &Response| {
            let fits = if xml { XML } else { JSON };
            head.status >= 400 && media_type(&head.headers) != fits
        };
        let change = move |mut answer: Response| {
            answer.body = told(&answer, xml);
            if is_bodiless(&asked.method, answer.status) {
                answer.body.clear();
            }
            replaced(&mut answer.headers, if xml { XML } else { JSON });
            varies_by_accept(&mut answer.headers);
            Ok(answer)
        };
        Ok(Converted::Send(request, Box::new(Whole { wanted, change })))
    }
}

fn told(answer: &Response, xml: bool) -> Vec<u8> {
    let problem = match media_type(&answer.headers).as_str() {
        JSON => of_json(answer),
        XML => of_xml(answer),
        media => Some(Problem::new(answer.status, detail(media, &answer.body))),
    };
    let problem = problem.unwrap_or_else(|| Problem::new(answer.status, ""));
    if xml { problem.xml().into_bytes() } else { problem.json().into_bytes() }
}

/// What the service said, if it is short text.
fn detail(media: &str, body: &[u8]) -> String {
    let text = match media {
        "text/plain" => str::from_utf8(body).ok().map(str::to_owned),
        media if is_json(media) => match json::read(body) {
            Ok(Value::String(text)) => Some(text.into_owned()),
            Ok(value) => {
                let members = TOLD.iter().filter_map(|name| value.get(name)?.as_str());
                members.map(str::to_owned).next()
            }
            Err(_) => None,
        },
        _ => None,
    };
    text.map(|text| text.trim().to_owned()).filter(|text| text.len() <= SHORT).unwrap_or_default()
}

fn problem(answer: &Response, member: impl Fn(&str) -> Option<String>) -> Problem {
    let said = |name: &str| member(name).unwrap_or_default();
    Problem {
        status: answer.status,
        title: member("title").unwrap_or_else(|| phrase(answer.status).to_owned()),
        detail: said("detail"),
        kind: said("type"),
        instance: said("instance"),
    }
}

/// Members of its own are not kept.
pub(crate) fn of_json(answer: &Response) -> Option<Problem> {
    let value = json::read(&answer.body).ok()?;
    Some(problem(answer, |name| value.get(name)?.as_str().map(str::to_owned)))
}

/// Members of its own are not kept.
pub(crate) fn of_xml(answer: &Response) -> Option<Problem> {
    let root = xml::read_said(&answer.body, charset(&answer.headers).as_deref())
        .ok()
        .filter(|root| root.name.is(NAMESPACE, "problem"))?;
    Some(problem(answer, |name| root.child(NAMESPACE, name).map(|child| child.text().trim().to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use naru_model::message::{Flow, header};

    fn answer(accept: &str, status: u16, media: &str, body: &str) -> Response {
        let headers = vec![("accept".to_owned(), accept.to_owned())];
        let request = Request { method: "GET".to_owned(), headers, ..Request::default() };
        let Ok(Converted::Send(_, mut answering)) = ProblemShape.request(request) else { panic!("not sent") };
        let headers = vec![
            ("content-type".to_owned(), media.to_owned()),
            ("retry-after".to_owned(), "3".to_owned()),
            ("digest".to_owned(), "x".to_owned()),
        ];
        let response = Response { status, headers, body: body.into(), trailers: Vec::new() };
        match answering.head(&Response { body: Vec::new(), ..response.clone() }).unwrap() {
            Flow::Whole => answering.whole(response).unwrap(),
            Flow::Pass => response,
            Flow::Stream(_) => panic!("streamed"),
        }
    }

    fn body(accept: &str, media: &str, body: &str) -> String {
        String::from_utf8(answer(accept, 500, media, body).body).unwrap()
    }

    #[test]
    fn whatever_the_service_said_it_is_a_problem() {
        let plain = r#"{"status":500,"title":"Internal Server Error"}"#;
        let said = r#"{"status":500,"title":"Internal Server Error","detail":"no such seat"}"#;
        for (media, sent, problem) in [
            ("text/plain; charset=utf-8", " no such seat\n", said),
            ("application/json", r#"{"error":"x","message":"no such seat"}"#, said),
            ("application/json", r#"{"trace":"at a.b.C"}"#, plain),
            ("application/json", "{", plain),
            ("text/html", "<h1>Whitelabel</h1>", plain),
            ("", "", plain),
        ] {
            assert_eq!(body("*/*", media, sent), problem, "{sent}");
        }
        assert_eq!(body("*/*", "text/plain", &"x".repeat(501)), plain);
        let long = answer("*/*", 503, "text/plain", "");
        assert_eq!(header(&long.headers, "retry-after"), Some("3"));
        assert_eq!(header(&long.headers, "digest"), None);
        assert_eq!(header(&long.headers, "content-type"), Some(JSON));
    }

    #[test]
    fn problems_are_told_in_the_form_that_is_asked_for() {
        let json = r#"{"type":"urn:x","title":"T","status":500,"detail":"D"}"#;
        let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><problem xmlns=\"urn:ietf:rfc:7807\"><status>500</status>\
                   <type>urn:x</type><title>T</title><detail>D</detail></problem>";
        assert_eq!(body("*/*", JSON, json), json);
        assert_eq!(body("application/xml", JSON, json), xml);
        assert_eq!(body("application/xml", XML, xml), xml);
        assert_eq!(body("*/*", XML, xml), r#"{"status":500,"type":"urn:x","title":"T","detail":"D"}"#);
    }

    #[test]
    fn answers_below_400_pass() {
        assert_eq!(answer("*/*", 302, "text/plain", "there").body, b"there");
    }
}

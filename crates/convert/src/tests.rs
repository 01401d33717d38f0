use naru_model::message::{Converted, Flow, Request, Response, header};
use naru_model::policy::{FieldChange, Fields, Mask, OfferSoap, Speaker, Validate, Xml};

use super::*;

/// A client that speaks JSON and may see only some fields, a service that speaks XML.
fn policy() -> Policy {
    let request =
        FieldChange { rename: vec![("주문".to_owned(), "order".to_owned())], ..FieldChange::default() };
    let response = FieldChange { remove: vec!["order.cost".to_owned()], ..FieldChange::default() };
    let xml = Xml {
        spoken_by: Speaker::Service,
        root: "root".to_owned(),
        lists: Vec::new(),
        namespaces: Vec::new(),
    };
    Policy {
        convert: vec![
            Conversion::Fields(Fields { request, response, groups: Vec::new() }),
            Conversion::Xml(xml),
        ],
        mask: vec![Mask::Phone],
        problems: true,
        ..Policy::default()
    }
}

fn field(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn request(accept: &str, body: &str) -> Request {
    Request {
        method: "POST".to_owned(),
        path: "/orders".to_owned(),
        headers: vec![field("content-type", "application/json"), field("accept", accept)],
        body: body.into(),
        ..Request::default()
    }
}

fn answered(accept: &str, response: Response) -> Response {
    let shape = shape(&policy()).unwrap().unwrap();
    let Ok(Converted::Send(_, mut answering)) = shape.request(request(accept, "{}")) else {
        panic!("not sent")
    };
    let head = Response { body: Vec::new(), ..response.clone() };
    match answering.head(&head).unwrap() {
        Flow::Whole => answering.whole(response).unwrap(),
        Flow::Pass => response,
        Flow::Stream(_) => panic!("streamed"),
    }
}

fn response(status: u16, media: &str, body: &str) -> Response {
    Response { status, headers: vec![field("content-type", media)], body: body.into(), trailers: Vec::new() }
}

#[test]
fn what_a_policy_has_is_done_in_order() {
    let shape = shape(&policy()).unwrap().unwrap();
    let Ok(Converted::Send(sent, _)) = shape.request(request("application/json", r#"{"주문":{"n":1}}"#))
    else {
        panic!("not sent")
    };
    assert!(sent.body.ends_with(b"<order><n>1</n></order>"));
    assert_eq!(header(&sent.headers, "accept-encoding"), Some("identity"));
    let body = "<order><cost>1</cost><tel>010-1234-5678</tel></order>";
    let answer = answered("application/json", response(200, "text/xml", body));
    assert_eq!(str::from_utf8(&answer.body).unwrap(), r#"{"order":{"tel":"010-****-5678"}}"#);
    let problem = answered("application/json", response(409, "text/plain", "call 010-1234-5678"));
    assert_eq!(
        str::from_utf8(&problem.body).unwrap(),
        r#"{"status":409,"title":"Conflict","detail":"call 010-****-5678"}"#
    );
}

#[test]
fn what_a_conversion_refuses_is_a_problem_in_the_form_asked_for() {
    let shape = shape(&policy()).unwrap().unwrap();
    let Ok(Converted::Answer(answer)) = shape.request(request("application/xml", r#"{"a":1,"a":2}"#)) else {
        panic!("sent")
    };
    assert_eq!(answer.status, 400);
    assert_eq!(header(&answer.headers, "content-type"), Some("application/problem+xml"));
    // Without problems, it is the gateway that tells.
    let plain = super::shape(&Policy { problems: false, mask: Vec::new(), ..policy() }).unwrap().unwrap();
    assert_eq!(plain.request(request("*/*", "{")).err().map(|refusal| refusal.status), Some(400));
}

#[test]
fn an_xml_client_is_told_in_xml_and_checked_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let openapi = folder.path().join("openapi.json");
    let document = r#"{"openapi":"3.1.0","paths":{"/orders":{"post":{"requestBody":{"content":{"application/json":{"schema":
        {"properties":{"order":{"properties":{"n":{"pattern":"^[0-9]+$"}}}}}}}}}}}}"#;
    std::fs::write(&openapi, document).unwrap();
    let xml = Xml {
        spoken_by: Speaker::Client,
        root: "root".to_owned(),
        lists: Vec::new(),
        namespaces: Vec::new(),
    };
    let validate = Some(Validate { openapi, requests: true, responses: false });
    let policy =
        Policy { convert: vec![Conversion::Xml(xml)], validate, problems: true, ..Policy::default() };
    let shape = shape(&policy).unwrap().unwrap();
    let asked =
        |body: &str| Request { headers: vec![field("content-type", "text/xml")], ..request("", body) };
    assert!(matches!(shape.request(asked("<order><n>1</n></order>")), Ok(Converted::Send(..))));
    let Ok(Converted::Answer(answer)) = shape.request(asked("<order><n>x</n></order>")) else {
        panic!("sent")
    };
    assert_eq!(answer.status, 400);
    let body = str::from_utf8(&answer.body).unwrap();
    assert!(body.contains("<detail>body at /order/n: the value does not match"), "{body}");
    assert_eq!(header(&answer.headers, "content-type"), Some("application/problem+xml"));
}

#[test]
fn compressed_bodies_are_refused_where_they_must_be_read() {
    let coded = |policy: &Policy| {
        let mut request = request("*/*", "{}");
        request.headers.push(field("content-encoding", "gzip"));
        shape(policy).unwrap().unwrap().request(request).err().map(|refusal| refusal.status)
    };
    assert_eq!(coded(&policy()), Some(415));
    assert_eq!(coded(&Policy { mask: vec![Mask::Email], ..Policy::default() }), None);
    let shape = shape(&policy()).unwrap().unwrap();
    let Ok(Converted::Send(_, mut answering)) = shape.request(request("*/*", "{}")) else {
        panic!("not sent")
    };
    let mut coded = response(200, "text/xml", "\u{1f}\u{8b}");
    coded.headers.push(field("content-encoding", "gzip"));
    let head = Response { body: Vec::new(), ..coded.clone() };
    let told =
        answering.head(&head).map(|_| ()).and_then(|()| answering.whole(coded).map(|answer| answer.status));
    assert_eq!(told, Ok(502));
}

#[test]
fn a_policy_that_leaves_bodies_alone_has_no_shape() {
    assert!(shape(&Policy::default()).unwrap().is_none());
}

#[test]
fn files_that_are_not_there_are_told_of_when_the_policy_is_read() {
    let openapi = "/nowhere/openapi.yaml".into();
    let validate = Some(Validate { openapi, requests: true, responses: false });
    let error = shape(&Policy { validate, ..Policy::default() }).unwrap_err();
    assert_eq!(error.to_string(), "/nowhere/openapi.yaml can't be read");
    let offer =
        OfferSoap { openapi: "/nowhere/o.yaml".into(), namespace: "urn:o".to_owned(), name: "O".to_owned() };
    assert!(shape(&Policy { convert: vec![Conversion::OfferSoap(offer)], ..Policy::default() }).is_err());
}

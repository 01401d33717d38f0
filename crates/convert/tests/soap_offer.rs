//! A REST service offered as SOAP: the WSDL that is written, calls there and back, faults.

use std::path::Path;
use std::sync::Arc;

use naru_convert::xml::{self, Element};
use naru_model::message::{Answering, Converted, Headers, Request, Response, Shape, header};
use naru_model::policy::{Conversion, OfferSoap, Policy, Soap};
use serde_json::{Value, json};

const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";
const PROBLEM: &str = "urn:ietf:rfc:7807";

fn shape() -> Arc<dyn Shape> {
    let openapi = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/soap/orders.yaml");
    made(&openapi).expect("readable")
}

fn made(openapi: &Path) -> Result<Arc<dyn Shape>, naru_convert::Error> {
    let offered =
        OfferSoap { openapi: openapi.to_owned(), namespace: "urn:orders".into(), name: "Orders".into() };
    let policy = Policy { convert: vec![Conversion::OfferSoap(offered)], ..Policy::default() };
    naru_convert::shape(&policy).map(|shape| shape.expect("a conversion"))
}

fn call(version: &str, content: &str) -> Request {
    let body = format!(
        "<e:Envelope xmlns:e='{version}' xmlns:o='urn:orders' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>\
         <e:Body>{content}</e:Body></e:Envelope>"
    );
    let media_type = if version == SOAP11 { "text/xml" } else { "application/soap+xml" };
    Request {
        method: "POST".into(),
        path: "/soap".into(),
        headers: vec![("content-type".into(), media_type.into()), ("soapaction".into(), "\"x\"".into())],
        body: body.into_bytes(),
        ..Request::default()
    }
}

fn send(request: Request) -> (Request, Box<dyn Answering>) {
    match shape().request(request) {
        Ok(Converted::Send(request, answering)) => (request, answering),
        Ok(Converted::Answer(response)) => panic!("answered: {}", String::from_utf8_lossy(&response.body)),
        Err(refusal) => panic!("refused: {refusal}"),
    }
}

fn answered(request: Request) -> Response {
    match shape().request(request) {
        Ok(Converted::Answer(response)) => response,
        _ => panic!("not answered"),
    }
}

fn json(status: u16, media_type: &str, body: &str) -> Response {
    let headers: Headers = vec![("content-type".into(), media_type.into())];
    Response { status, headers, body: body.into(), trailers: Headers::new() }
}

fn content(response: &Response, version: &str) -> Element {
    let envelope = xml::read(&response.body).expect("XML");
    envelope.child(version, "Body").and_then(|body| body.elements().next()).expect("content").clone()
}

const PLACE: &str = "<o:placeOrder><o:order-id>a b/1</o:order-id><o:verbose>1</o:verbose><o:tag>x</o:tag><o:tag>y&amp;</o:tag>\
    <o:X-Trace>t</o:X-Trace><o:body><o:kind>bulk</o:kind><o:count>3</o:count><o:note xsi:nil='true'/>\
    <o:items><o:sku>s1</o:sku><o:parts><o:sku>s2</o:sku></o:parts></o:items>\
    <o:labels><o:entry><o:key>a</o:key><o:value>1</o:value></o:entry></o:labels>\
    <o:grid><o:item>1</o:item><o:item>2</o:item></o:grid><o:grid><o:item>3</o:item></o:grid>\
    <o:free_form>[1,{}]</o:free_form></o:body></o:placeOrder>";

#[test]
fn a_call_and_its_answer() {
    for (version, media_type) in
        [(SOAP11, "text/xml; charset=utf-8"), (SOAP12, "application/soap+xml; charset=utf-8")]
    {
        let (request, mut answering) = send(call(version, PLACE));
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/orders/a%20b%2F1"));
        assert_eq!(request.query, "verbose=true&tag=x&tag=y%26");
        assert_eq!(header(&request.headers, "x-trace"), Some("t"));
        assert_eq!(header(&request.headers, "soapaction"), None);
        assert_eq!(header(&request.headers, "content-type"), Some("application/json"));
        let order = json!({
            "kind": "bulk", "count": 3, "note": null,
            "items": [{ "sku": "s1", "parts": [{ "sku": "s2" }] }],
            "labels": { "a": 1 }, "grid": [[1, 2], [3]], "free form": [1, {}],
        });
        assert_eq!(serde_json::from_slice::<Value>(&request.body).expect("JSON"), order);
        let answer = json!({ "path": "/p", "order": order, "unknown": 1 });
        let answer = answering.whole(json(201, "application/json", &answer.to_string())).expect("an answer");
        assert_eq!((answer.status, header(&answer.headers, "content-type")), (200, Some(media_type)));
        let element = content(&answer, version);
        assert!(element.name.is("urn:orders", "placeOrderResponse"));
        let result = element.child("urn:orders", "result").expect("a result");
        assert_eq!(result.child("urn:orders", "path").map(Element::text).as_deref(), Some("/p"));
        let grids = result.child("urn:orders", "order").into_iter().flat_map(Element::elements);
        assert_eq!(grids.filter(|at| &*at.name.local == "grid").count(), 2);
    }
}

#[test]
fn what_clients_do_wrong_is_a_fault_that_says_what() {
    let wrong = |from: &str, to: &str| call(SOAP11, &PLACE.replace(from, to));
    for (request, reason) in [
        (
            wrong("<o:kind>bulk", "<o:kind>other"),
            "/placeOrder/body/kind: one of \"retail\", \"bulk\" was expected",
        ),
        (wrong("<o:kind>bulk</o:kind>", ""), "/placeOrder/body/kind: it is required; found was count"),
        (wrong("<o:count>3", "<o:count>0"), "/placeOrder/body/count: at least 1 was expected"),
        (wrong("<o:order-id>a b/1</o:order-id>", ""), "/placeOrder/order-id: it is required"),
        (
            wrong("<o:verbose>", "<o:surprise/><o:verbose>"),
            "/placeOrder/body: it is required; found was surprise",
        ),
        (wrong("o:placeOrder", "o:takeOrder"), "there is no operation {urn:orders}takeOrder"),
        (call(SOAP11, ""), "the Body is empty"),
        (Request { body: b"<a/>".to_vec(), ..call(SOAP11, "") }, "no SOAP envelope"),
        (Request { body: b"<a".to_vec(), ..call(SOAP11, "") }, "the body is no XML"),
        // What is told of it is written in XML, which has no such character.
        (Request { body: b"<\x07a/>".to_vec(), ..call(SOAP11, "") }, "the body is no XML"),
    ] {
        let response = answered(request);
        assert_eq!(response.status, 500, "{reason}");
        let fault = content(&response, SOAP11);
        assert_eq!(fault.child("", "faultcode").map(Element::text).as_deref(), Some("soap:Client"));
        let told = fault.child("", "faultstring").map(Element::text).unwrap_or_default();
        assert!(told.contains(reason), "{told}");
    }
    let mut multipart = call(SOAP12, PLACE);
    multipart.headers[0].1 = "multipart/related; type=\"application/xop+xml\"".into();
    let text = String::from_utf8(answered(multipart).body).expect("text");
    assert!(text.contains("MTOM"), "{text}");
    let headed = String::from_utf8(call(SOAP12, PLACE).body).expect("text");
    let headed = headed.replace("<e:Body>", "<e:Header><o:s e:mustUnderstand='true'/></e:Header><e:Body>");
    let text = answered(Request { body: headed.into_bytes(), ..call(SOAP12, "") });
    assert!(String::from_utf8_lossy(&text.body).contains("soap:MustUnderstand"));
}

#[test]
fn problems_become_faults() {
    let problem = json!({ "type": "urn:p", "title": "No such order", "status": 404, "detail": "order 7 is unknown", "hint": [1] });
    for (version, response, status, code, told, detail) in [
        (
            SOAP11,
            json(404, "application/problem+json", &problem.to_string()),
            500,
            "soap:Client",
            "404",
            "order 7 is unknown",
        ),
        (
            SOAP12,
            json(404, "application/problem+json", &problem.to_string()),
            400,
            "soap:Sender",
            "404",
            "order 7 is unknown",
        ),
        (SOAP12, json(503, "text/html", "<h1>down</h1>"), 500, "soap:Receiver", "503", "<h1>down</h1>"),
        (SOAP11, json(200, "application/json", "{"), 500, "soap:Server", "502", "no JSON"),
        (SOAP11, json(302, "text/html", ""), 500, "soap:Server", "502", "answered 302"),
    ] {
        let (_, mut answering) = send(call(version, PLACE));
        let answer = answering.whole(response).expect("a fault");
        assert_eq!(answer.status, status);
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(text.contains(code), "{text}");
        let fault = content(&answer, version);
        let held = fault.child("", "detail").or_else(|| fault.child(version, "Detail")).expect("a detail");
        let problem = held.child(PROBLEM, "problem").expect("a problem");
        assert_eq!(problem.child(PROBLEM, "status").map(Element::text).as_deref(), Some(told));
        let said = problem.child(PROBLEM, "detail").map(Element::text).unwrap_or_default();
        assert!(said.contains(detail), "{said}");
    }
}

#[test]
fn the_wsdl_is_served_with_the_address_it_was_asked_at() {
    let request = Request {
        method: "GET".into(),
        path: "/soap".into(),
        query: "WSDL".into(),
        headers: vec![
            ("host".into(), "api.example.go.kr<&\"".into()),
            ("x-forwarded-proto".into(), "https".into()),
        ],
        ..Request::default()
    };
    let response = answered(request.clone());
    let wsdl = xml::read(&response.body).expect("XML");
    let text = String::from_utf8(response.body).expect("text");
    assert_eq!(text.matches("location=\"https://api.example.go.kr/soap\"").count(), 2, "{text}");
    assert!(wsdl.name.is("http://schemas.xmlsoap.org/wsdl/", "definitions"));
    let response = answered(Request { query: String::new(), ..request });
    assert_eq!((response.status, header(&response.headers, "allow")), (405, Some("GET, POST")));
}

#[test]
fn documents_that_are_not_taken_say_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("api.yaml");
    let loop_ = "components: { schemas: { A: { $ref: '#/components/schemas/A' } } }";
    let body = |schema: &str| {
        format!(
            "openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths: {{ /a: {{ post: {{ requestBody: {{ required: true, content: \
             {{ application/json: {{ schema: {schema} }} }} }}, responses: {{}} }} }} }}\n{loop_}\n"
        )
    };
    for (text, why) in [
        ("openapi: 3.1.0\npaths: {}\n".to_owned(), "no operation"),
        (body("{ $ref: '#/components/schemas/Missing' }"), "Missing"),
        (body("{ $ref: '#/components/schemas/A' }"), "end"),
    ] {
        std::fs::write(&file, &text).expect("written");
        let error = made(&file).expect_err(why).to_string();
        assert!(error.contains(why), "{error}");
    }
}

/// A REST service offered as SOAP, and that offered as REST again: what is said by one end arrives at the other.
#[test]
fn a_problem_keeps_its_status_through_soap_and_back() {
    let (_, mut inner) = send(call(SOAP11, PLACE));
    let problem =
        json!({ "title": "No such order", "status": 404, "detail": "order 7 is unknown", "hint": [1] });
    let fault = inner.whole(json(404, "application/problem+json", &problem.to_string())).expect("a fault");
    let folder = tempfile::tempdir().expect("a folder");
    let wsdl = folder.path().join("orders.wsdl");
    let request =
        Request { method: "GET".into(), path: "/soap".into(), query: "wsdl".into(), ..Request::default() };
    std::fs::write(&wsdl, answered(request).body).expect("written");
    let soap = Soap { wsdl, service: None, port: Some("OrdersSoap11".into()) };
    let policy = Policy { convert: vec![Conversion::Soap(soap)], ..Policy::default() };
    let rest = naru_convert::shape(&policy).expect("our own WSDL").expect("a conversion");
    let body = json!({
        "order-id": "7",
        "body": { "kind": "bulk", "items": [{ "sku": "s1" }], "labels": { "entry": [{ "key": "a", "value": 1 }] } },
    });
    let request = Request {
        method: "POST".into(),
        path: "/placeOrder".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.to_string().into_bytes(),
        ..Request::default()
    };
    let Ok(Converted::Send(envelope, mut outer)) = rest.request(request) else { panic!("not sent") };
    assert_eq!(envelope.path, "/soap");
    let (sent, _) = send(Request { path: "/soap".into(), ..envelope });
    assert_eq!(sent.path, "/v1/orders/7");
    let order = json!({ "kind": "bulk", "items": [{ "sku": "s1" }], "labels": { "a": 1 } });
    assert_eq!(serde_json::from_slice::<Value>(&sent.body).expect("JSON"), order);
    let told = outer.whole(fault).expect("a problem");
    let told: Value = serde_json::from_slice(&told.body).expect("JSON");
    for (name, value) in problem.as_object().expect("an object") {
        assert_eq!(told[name], *value, "{name}");
    }
}

//! A SOAP service offered as REST: each feature of XML Schema and each kind of binding, there and back; what is refused.

use std::path::Path;
use std::sync::Arc;

use naru_convert::xml::{self, Element, Name, Node};
use naru_model::message::{Answering, Converted, Headers, Refusal, Request, Response, Shape, header};
use naru_model::policy::{Conversion, Policy, Soap};
use serde_json::{Value, json};

const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";

fn shape(file: &str, port: Option<&str>) -> Arc<dyn Shape> {
    made(file, port).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn made(file: &str, port: Option<&str>) -> Result<Arc<dyn Shape>, naru_convert::Error> {
    let wsdl = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wsdl").join(file);
    let soap = Soap { wsdl, service: None, port: port.map(str::to_owned) };
    let policy = Policy { convert: vec![Conversion::Soap(soap)], ..Policy::default() };
    naru_convert::shape(&policy).map(|shape| shape.expect("a conversion"))
}

fn post(operation: &str, body: &Value) -> Request {
    Request {
        method: "POST".into(),
        path: format!("/api/{operation}"),
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.to_string().into_bytes(),
        ..Request::default()
    }
}

fn send(shape: &dyn Shape, request: Request) -> (Request, Box<dyn Answering>) {
    match shape.request(request) {
        Ok(Converted::Send(request, answering)) => (request, answering),
        Ok(Converted::Answer(response)) => panic!("answered: {}", String::from_utf8_lossy(&response.body)),
        Err(refusal) => panic!("refused: {refusal}"),
    }
}

fn refused(shape: &dyn Shape, request: Request) -> Refusal {
    match shape.request(request) {
        Err(refusal) => refusal,
        // In a row of shapes it has become a problem document already.
        Ok(Converted::Answer(response)) => {
            let problem: Value = serde_json::from_slice(&response.body).expect("a problem document");
            let detail = problem["detail"].as_str().expect("a detail").to_owned();
            Refusal { status: response.status, detail }
        }
        Ok(Converted::Send(..)) => panic!("not refused"),
    }
}

fn answered(shape: &dyn Shape, request: Request) -> Response {
    match shape.request(request) {
        Ok(Converted::Answer(response)) => response,
        Ok(Converted::Send(..)) => panic!("sent to the service"),
        Err(refusal) => panic!("refused: {refusal}"),
    }
}

/// The elements of a body.
fn body(envelope: &[u8], version: &str) -> Vec<Element> {
    let envelope = xml::read(envelope).expect("well-formed");
    assert!(envelope.name.is(version, "Envelope"), "{:?}", envelope.name);
    envelope.child(version, "Body").expect("a body").elements().cloned().collect()
}

fn envelope(version: &str, elements: Vec<Element>) -> Vec<u8> {
    let mut envelope = Element::new(Name::new(version, "e", "Envelope"));
    let mut holder = Element::new(Name::new(version, "e", "Body"));
    holder.children.extend(elements.into_iter().map(Node::Element));
    envelope.push(holder);
    xml::write(&envelope).expect("XML").into_bytes()
}

fn response(status: u16, version: &str, elements: Vec<Element>) -> Response {
    let headers: Headers = vec![("content-type".into(), "text/xml; charset=utf-8".into())];
    Response { status, headers, body: envelope(version, elements), trailers: Headers::new() }
}

fn parsed(text: &str) -> Element {
    xml::read(text.as_bytes()).expect("XML")
}

/// JSON becomes exactly this XML, and when the service answers with the same, exactly this JSON.
fn round(file: &str, sent: &Value, expected: &str, told: &Value) {
    let shape = shape(file, None);
    let (request, mut answering) = send(&*shape, post("Echo", sent));
    let mut elements = body(&request.body, SOAP11);
    assert_eq!(elements.len(), 1, "{file}");
    let namespace = format!("http://example.go.kr/{}", file.trim_end_matches(".wsdl"));
    let expected = parsed(&expected.replace("<Echo", &format!("<Echo xmlns=\"{namespace}\"")));
    let text = String::from_utf8_lossy(&request.body).into_owned();
    assert_eq!(without_space(&elements[0]), without_space(&expected), "{file}: {text}");
    elements[0].name.local = "EchoResponse".into();
    let answer = answering.whole(response(200, SOAP11, elements)).expect("an answer");
    assert_eq!(answer.status, 200);
    assert_eq!(header(&answer.headers, "content-type"), Some("application/json"));
    let value: Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!(value, *told, "{file}");
}

/// Without the blanks that lay an expectation out.
fn without_space(element: &Element) -> Element {
    let mut element = element.clone();
    if element.elements().next().is_some() {
        element.children.retain(|child| matches!(child, Node::Element(_)));
    }
    for child in &mut element.children {
        if let Node::Element(child) = child {
            *child = without_space(child);
        }
    }
    element
}

#[test]
fn choice() {
    let value = json!({
        "#items": [{ "line": "a" }, { "discount": 1.5 }, { "line": "b" }],
        "account": "110-22", "bank": "K", "id": 7,
    });
    round(
        "choice.wsdl",
        &value,
        "<Echo><id>7</id><bank>K</bank><account>110-22</account>\
         <line>a</line><discount>1.5</discount><line>b</line></Echo>",
        &value,
    );
    let told = json!({ "id": 7, "card": "1234", "#items": [] });
    round(
        "choice.wsdl",
        &json!({ "id": 7, "card": "1234" }),
        "<Echo><id>7</id><card>1234</card></Echo>",
        &told,
    );
}

#[test]
fn enumeration() {
    let value = json!({ "color": "파랑", "level": 2, "zip": "04524" });
    let expected = "<Echo><color>파랑</color><level>2</level><zip>04524</zip></Echo>";
    round("enumeration.wsdl", &value, expected, &value);
}

#[test]
fn union() {
    let value = json!({ "size": 12, "other": "large", "numbers": [1, 2, -3], "sizes": ["small", 4] });
    let expected =
        "<Echo><size>12</size><other>large</other><numbers>1 2 -3</numbers><sizes>small 4</sizes></Echo>";
    round("union.wsdl", &value, expected, &value);
}

#[test]
fn optional() {
    let value = json!({ "last": 1 });
    round("optional.wsdl", &value, "<Echo><last>1</last></Echo>", &value);
    let value =
        json!({ "second": false, "from": "2026-03-01", "until": "2026-03-02T09:30:00+09:00", "last": 1 });
    let expected = "<Echo><second>false</second><from>2026-03-01</from>\
                    <until>2026-03-02T09:30:00+09:00</until><last>1</last></Echo>";
    round("optional.wsdl", &value, expected, &value);
}

#[test]
fn repeated() {
    let value = json!({
        "name": ["one"],
        "point": [{ "x": 1, "y": 2 }, { "x": 3, "y": 4 }],
        "#items": [{ "key": "a", "value": 0.1 }, { "key": "b" }],
    });
    let expected = "<Echo><name>one</name><point><x>1</x><y>2</y></point><point><x>3</x><y>4</y></point>\
                    <key>a</key><value>0.1</value><key>b</key></Echo>";
    round("repeated.wsdl", &value, expected, &value);
}

#[test]
fn attributes() {
    let value = json!({ "@id": 3, "@by": "김", "price": { "@currency": "KRW", "#text": 12000 } });
    round(
        "attributes.wsdl",
        &value,
        "<Echo id='3' by='김'><price currency='KRW'>12000</price></Echo>",
        &value,
    );
}

#[test]
fn extension() {
    let value = json!({
        "pet": [
            { "@xsi:type": "Cat", "@chip": "c1", "name": "나비", "lives": 9 },
            { "@xsi:type": "Lion", "name": "Leo", "lives": 1, "cub": [{ "name": "Simba", "lives": 1, "cub": [] }] },
        ],
        "favourite": { "name": "Tom", "lives": 7 },
    });
    let expected = "<Echo xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>\
        <pet xsi:type='t:Cat' chip='c1'><name>나비</name><lives>9</lives></pet>\
        <pet xsi:type='t:Lion'><name>Leo</name><lives>1</lives><cub><name>Simba</name><lives>1</lives></cub></pet>\
        <favourite><name>Tom</name><lives>7</lives></favourite></Echo>";
    round("extension.wsdl", &value, expected, &value);
}

#[test]
fn nillable() {
    let value = json!({ "count": null, "box": null, "several": [1, null, 3] });
    let expected = "<Echo xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>\
        <count xsi:nil='true'/><box xsi:nil='true'/>\
        <several>1</several><several xsi:nil='true'/><several>3</several></Echo>";
    round("nillable.wsdl", &value, expected, &value);
}

#[test]
fn includes() {
    let value = json!({ "from": "2026-01-01", "place": { "floor": 3, "name": "시청" } });
    let expected = "<Echo><from>2026-01-01</from><place><name>시청</name><floor>3</floor></place></Echo>";
    round("includes.wsdl", &value, expected, &value);
}

#[test]
fn imports() {
    let shape = shape("imports.wsdl", None);
    let value = json!({ "address": { "@kind": "home", "street": "세종대로", "zip": "04524", "note": "n" }, "remark": "r" });
    let (request, mut answering) = send(&*shape, post("Echo", &value));
    let expected = parsed(
        "<m:Echo xmlns:m='http://example.go.kr/imports/messages' xmlns:c='http://example.go.kr/imports/common'>\
         <m:address kind='home'><street>세종대로</street><c:zip>04524</c:zip><m:note>n</m:note></m:address>\
         <c:remark>r</c:remark></m:Echo>",
    );
    let elements = body(&request.body, SOAP11);
    assert_eq!(elements[0], expected);
    let answer = answering.whole(response(200, SOAP11, elements)).expect("an answer");
    assert_eq!(serde_json::from_slice::<Value>(&answer.body).expect("JSON"), value);
}

#[test]
fn rpc_literal() {
    let shape = shape("rpc.wsdl", None);
    let value = json!({ "times": 2, "point": { "x": 1.5, "y": -1, "tag": ["a"] } });
    let (request, mut answering) = send(&*shape, post("Echo", &value));
    assert_eq!(header(&request.headers, "soapaction"), Some("\"\""));
    let calls = "http://example.go.kr/rpc/calls";
    let expected = |name: &str| {
        parsed(&format!(
            "<r:{name} xmlns:r='{calls}'><point><x>1.5</x><y>-1</y><tag>a</tag></point><times>2</times></r:{name}>"
        ))
    };
    assert_eq!(body(&request.body, SOAP11), vec![expected("Echo")]);
    let answer = answering.whole(response(200, SOAP11, vec![expected("EchoResponse")])).expect("an answer");
    assert_eq!(serde_json::from_slice::<Value>(&answer.body).expect("JSON"), value);
}

#[test]
fn document_literal_wrapped_and_bare_by_both_versions() {
    for (port, version, media_type, path) in [
        ("Soap11", SOAP11, "text/xml; charset=utf-8", "/soap/document"),
        ("Soap12", SOAP12, "application/soap+xml; charset=utf-8; action=\"urn:ask\"", "/soap/document12"),
    ] {
        let shape = shape("document.wsdl", Some(port));
        let (request, mut answering) = send(&*shape, post("Ask", &json!({ "question": "왜 < ?" })));
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", path));
        assert_eq!(header(&request.headers, "content-type"), Some(media_type));
        let expected = parsed("<question xmlns='http://example.go.kr/document'>왜 &lt; ?</question>");
        assert_eq!(body(&request.body, version), vec![expected]);
        let answer = parsed("<answer xmlns='http://example.go.kr/document'> 42 </answer>");
        let answer = answering.whole(response(200, version, vec![answer])).expect("an answer");
        assert_eq!(answer.body, br#"{"answer":42}"#);
    }
}

#[test]
fn an_operation_that_answers_nothing() {
    let shape = shape("document.wsdl", None);
    let (_, mut answering) = send(&*shape, post("Tell", &json!({ "question": "q" })));
    let answer = answering.whole(Response { status: 202, ..Response::default() }).expect("an answer");
    assert_eq!((answer.status, answer.body.len()), (202, 0));
}

#[test]
fn flat_operations_take_a_query() {
    let shape = shape("document.wsdl", None);
    let request = |query: &str| Request {
        method: "GET".into(),
        path: "/api/Echo".into(),
        query: query.into(),
        ..Request::default()
    };
    let (sent, _) = send(&*shape, request("tag=a&name=%EA%B9%80+B&amount=1.50&tag=b"));
    let expected = parsed(
        "<Echo xmlns='http://example.go.kr/document'><name>김 B</name><amount>1.50</amount>\
         <tag>a</tag><tag>b</tag></Echo>",
    );
    assert_eq!(body(&sent.body, SOAP11), vec![expected]);
    let refusal = refused(&*shape, request("name=a&amount=x"));
    assert_eq!(refusal.status, 422);
    assert_eq!(refusal.detail, "Echo: /amount: a decimal number was expected, not \"x\"");
    // Not flat: only POST.
    let nested = self::shape("rpc.wsdl", None);
    let response = answered(&*nested, request("times=1"));
    assert_eq!((response.status, header(&response.headers, "allow")), (405, Some("POST")));
}

#[test]
fn what_does_not_fit_is_named_with_its_place() {
    for (file, value, at) in [
        ("choice.wsdl", json!({ "id": 1 }), "one of card, bank, account is required"),
        ("choice.wsdl", json!({ "id": 1, "card": "1", "bank": "2" }), "/bank: it is there too often"),
        ("choice.wsdl", json!({ "id": 1, "bank": "2" }), "/account: it is required"),
        (
            "choice.wsdl",
            json!({ "id": 1, "card": "1", "#items": [{ "line": "a", "discount": 1 }] }),
            "/#items/0/discount",
        ),
        (
            "enumeration.wsdl",
            json!({ "color": "blue", "level": 1 }),
            "/color: one of \"red\", \"dark green\", \"파랑\"",
        ),
        ("enumeration.wsdl", json!({ "color": "red", "level": 3 }), "/level: one of \"1\", \"2\""),
        ("enumeration.wsdl", json!({ "color": "red", "level": 1, "zip": "12" }), "/zip: text that matches"),
        (
            "union.wsdl",
            json!({ "size": "huge", "other": 1, "numbers": [] }),
            "/size: one of \"small\", \"large\", or an integer from",
        ),
        ("union.wsdl", json!({ "size": 1, "other": 1, "numbers": ["x"] }), "/numbers: an integer"),
        ("optional.wsdl", json!({ "until": "2026-03-02T09:30:00", "last": 1 }), "/from: it is required"),
        ("optional.wsdl", json!({ "last": 1, "from": "2026-13-01" }), "/from: a date"),
        (
            "optional.wsdl",
            json!({ "last": 3_000_000_000_u64 }),
            "/last: an integer from -2147483648 to 2147483647",
        ),
        ("repeated.wsdl", json!({ "name": [], "#items": [{ "key": "a" }] }), "/name: it is required"),
        ("repeated.wsdl", json!({ "name": ["a"], "#items": [] }), "/#items: it is required"),
        (
            "repeated.wsdl",
            json!({ "name": ["a"], "#items": [{ "key": "a" }], "point": [{ "x": 1, "y": 1, "z": 0 }] }),
            "/point/0/z: the schema has no such member; expected are x, y",
        ),
        ("attributes.wsdl", json!({ "price": { "@currency": "KRW", "#text": 1 } }), "/@id: it is required"),
        ("attributes.wsdl", json!({ "@id": 1, "price": 5 }), "/price/@currency: it is required"),
        (
            "extension.wsdl",
            json!({ "pet": [{ "name": "x" }], "favourite": {} }),
            "/pet/0: say which of Cat, Lion",
        ),
        (
            "extension.wsdl",
            json!({ "pet": [{ "@xsi:type": "Thing" }], "favourite": {} }),
            "/pet/0/@xsi:type: one of Cat, Lion was expected, not \"Thing\"",
        ),
        (
            "nillable.wsdl",
            json!({ "count": 1, "box": "text", "several": [1] }),
            "/box: an object was expected",
        ),
        (
            "includes.wsdl",
            json!({ "from": "2026-01-01", "place": { "name": "x".repeat(21) } }),
            "/place/name: at most 20",
        ),
    ] {
        let shape = shape(file, None);
        let refusal = refused(&*shape, post("Echo", &value));
        assert_eq!(refusal.status, 422, "{file} {value}");
        assert!(refusal.detail.contains(at), "{file} {value}: {}", refusal.detail);
    }
}

#[test]
fn requests_that_are_none() {
    let shape = shape("document.wsdl", None);
    let text = |body: &[u8], media_type: &str| Request {
        body: body.to_vec(),
        headers: vec![("content-type".into(), media_type.into())],
        ..post("Echo", &json!({}))
    };
    for (request, status) in [
        (post("Nothing", &json!({})), 404),
        (text(b"{", "application/json"), 400),
        (text(b"[]", "application/json"), 422),
        (text(b"<a/>", "text/xml"), 415),
        (text(b"--x", "multipart/related; boundary=x"), 415),
        (text(br#"{"name":"\u0000","amount":1}"#, "application/json"), 422),
        (text("[".repeat(100_000).as_bytes(), "application/json"), 400),
    ] {
        assert_eq!(refused(&*shape, request.clone()).status, status, "{request:?}");
    }
}

#[test]
fn faults_become_problem_documents() {
    let detail = "<r:refused xmlns:r='http://example.go.kr/document'><r:reason>no</r:reason><r:code>7</r:code></r:refused>";
    let fault11 = |code: &str| {
        parsed(&format!(
            "<e:Fault xmlns:e='{SOAP11}'><faultcode>e:{code}</faultcode><faultstring>went wrong</faultstring>\
             <detail>{detail}</detail></e:Fault>"
        ))
    };
    let fault12 = |code: &str| {
        parsed(&format!(
            "<e:Fault xmlns:e='{SOAP12}'><e:Code><e:Value>e:{code}</e:Value><e:Subcode><e:Value>m:Late</e:Value></e:Subcode>\
             </e:Code><e:Reason><e:Text xml:lang='en'>went wrong</e:Text></e:Reason><e:Detail>{detail}</e:Detail></e:Fault>"
        ).replace("m:Late", "e:Late"))
    };
    for (port, version, fault, status, code) in [
        ("Soap11", SOAP11, fault11("Client"), 400, "Client"),
        ("Soap11", SOAP11, fault11("Server"), 502, "Server"),
        ("Soap12", SOAP12, fault12("Sender"), 400, "Sender.Late"),
        ("Soap12", SOAP12, fault12("Receiver"), 502, "Receiver.Late"),
    ] {
        let shape = shape("document.wsdl", Some(port));
        let (_, mut answering) = send(&*shape, post("Echo", &json!({ "name": "a", "amount": 1 })));
        let answer = answering.whole(response(500, version, vec![fault])).expect("a problem");
        assert_eq!(answer.status, status);
        assert_eq!(header(&answer.headers, "content-type"), Some("application/problem+json"));
        let problem: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!((&problem["status"], &problem["detail"]), (&json!(status), &json!("went wrong")));
        let expected = json!({ "code": code, "detail": { "refused": { "reason": "no", "code": 7 } } });
        assert_eq!(problem["fault"], expected);
    }
}

#[test]
fn what_a_service_answers_badly() {
    let shape = shape("document.wsdl", None);
    let answer = |status: u16, media_type: &str, body: &str| {
        let (_, mut answering) = send(&*shape, post("Echo", &json!({ "name": "a", "amount": 1 })));
        let headers = vec![("content-type".to_owned(), media_type.to_owned())];
        let response = Response { status, headers, body: body.into(), trailers: Headers::new() };
        match answering.whole(response) {
            Ok(answer) => (answer.status, String::from_utf8_lossy(&answer.body).into_owned()),
            Err(refusal) => (refusal.status, refusal.detail),
        }
    };
    assert_eq!(answer(200, "text/html", "<html>").0, 502);
    assert_eq!(answer(503, "text/html", "<html>").0, 503);
    assert_eq!(answer(404, "text/html", "<html>").0, 502);
    let (status, text) = answer(200, "multipart/related; boundary=x", "--x");
    assert!(status == 502 && text.contains("MTOM"), "{text}");
    // Elements in another order, one that nobody knows, one that is missing: told as well as it goes.
    let loose = format!(
        "<e:Envelope xmlns:e='{SOAP11}'><e:Body><EchoResponse xmlns='http://example.go.kr/document'>\
         <tag>a</tag><new>1</new><amount>much</amount></EchoResponse></e:Body></e:Envelope>"
    );
    let (status, text) = answer(200, "text/xml", &loose);
    let value: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(status, 200);
    assert_eq!((&value["tag"], &value["amount"]), (&json!(["a"]), &json!("much")));
    assert!(value["#any"][0].as_str().is_some_and(|any| any.contains("new")), "{value}");
}

#[test]
fn the_openapi_document_is_served() {
    let shape = shape("extension.wsdl", None);
    let request =
        Request { method: "GET".into(), path: "/api/".into(), query: "openapi".into(), ..Request::default() };
    let response = answered(&*shape, request);
    let document: Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["paths"]["/Echo"]["post"]["operationId"], "Echo");
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Lion"]["properties"]["cub"]["items"]["$ref"], "#/components/schemas/Lion");
    let text = document.to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().expect("a name");
        assert!(schemas[name].is_object(), "{name}");
    }
}

#[test]
fn wsdls_that_are_not_taken_say_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wsdl/rpc.wsdl");
    let original = std::fs::read_to_string(original).expect("the file");
    let header = "<wsdl:input><soap:header message='tns:EchoRequest' part='times' use='literal' wsdl:required='true'/>";
    for (from, to, why) in [
        ("use=\"literal\"", "use=\"encoded\"", "encoded"),
        ("<wsdl:input><soap", &format!("{header}<soap"), "requires a SOAP header"),
        ("type=\"tns:Point\"", "type=\"tns:Pint\"", "Pint"),
        ("name=\"x\" type=\"xs:double\"", "name=\"x\" type=\"tns:Missing\"", "Missing is defined nowhere"),
        ("<wsdl:service", "<wsdl:service name='Other'/><wsdl:service", "several services"),
        ("soap:address", "other", "no port that speaks SOAP"),
        ("<wsdl:types>", "<wsdl:types><!DOCTYPE x>", "line"),
    ] {
        let file = folder.path().join("bad.wsdl");
        std::fs::write(&file, original.replacen(from, to, 9)).expect("written");
        let error = made(file.to_str().expect("a path"), None).expect_err(why).to_string();
        assert!(error.contains(why) && error.contains("bad.wsdl"), "{error}");
    }
}

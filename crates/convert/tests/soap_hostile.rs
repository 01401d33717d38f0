//! Whatever clients and services send, both faces of SOAP answer without a panic, with a status that says whose fault it is.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use naru_convert::xml;
use naru_model::message::{Answering, Converted, Headers, Request, Response, Shape};
use naru_model::policy::{Conversion, OfferSoap, Policy, Soap};
use proptest::prelude::*;
use serde_json::{Value, json};

const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";

static REST: LazyLock<Vec<Arc<dyn Shape>>> = LazyLock::new(|| {
    ["choice", "repeated", "extension", "nillable", "attributes", "union"].map(rest).to_vec()
});
static OFFERED: LazyLock<Arc<dyn Shape>> = LazyLock::new(|| {
    let openapi = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/soap/orders.yaml");
    let offered = OfferSoap { openapi, namespace: "urn:orders".into(), name: "Orders".into() };
    made(Conversion::OfferSoap(offered))
});

fn rest(name: &str) -> Arc<dyn Shape> {
    let wsdl = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/wsdl/{name}.wsdl"));
    made(Conversion::Soap(Soap { wsdl, service: None, port: None }))
}

fn made(conversion: Conversion) -> Arc<dyn Shape> {
    let policy = Policy { convert: vec![conversion], ..Policy::default() };
    naru_convert::shape(&policy).expect("readable").expect("a conversion")
}

fn request(path: &str, media_type: &str, body: Vec<u8>) -> Request {
    Request {
        method: "POST".into(),
        path: path.into(),
        headers: vec![("content-type".into(), media_type.into())],
        body,
        ..Request::default()
    }
}

/// Sends it; what would go to the service is well-formed.
fn try_request(shape: &dyn Shape, request: Request, is_xml: bool) -> Option<Box<dyn Answering>> {
    match shape.request(request) {
        Ok(Converted::Send(sent, answering)) => {
            if is_xml {
                xml::read(&sent.body).expect("well-formed");
            }
            Some(answering)
        }
        Ok(Converted::Answer(response)) => {
            assert!((200..600).contains(&response.status));
            None
        }
        Err(refusal) => {
            assert!((400..500).contains(&refusal.status), "{refusal:?}");
            None
        }
    }
}

fn try_answer(mut answering: Box<dyn Answering>, status: u16, body: Vec<u8>) {
    let headers: Headers = vec![("content-type".into(), "text/xml".into())];
    match answering.whole(Response { status, headers, body, trailers: Headers::new() }) {
        Ok(response) => assert!((200..600).contains(&response.status)),
        Err(refusal) => assert_eq!(refusal.status, 502),
    }
}

/// A JSON value with the members that schemas here know, in any shape.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(|b| json!(b)),
        any::<i64>().prop_map(|n| json!(n)),
        any::<f64>().prop_map(|n| json!(n)),
        "\\PC{0,8}".prop_map(|s| json!(s)),
        Just(json!("Cat")),
        Just(json!("<a><b/></a>")),
    ];
    let names = prop::sample::select(vec![
        "id",
        "card",
        "bank",
        "account",
        "#items",
        "line",
        "discount",
        "name",
        "point",
        "x",
        "y",
        "key",
        "value",
        "pet",
        "favourite",
        "@xsi:type",
        "lives",
        "cub",
        "count",
        "box",
        "several",
        "@id",
        "price",
        "@currency",
        "#text",
        "#any",
        "#xml",
        "size",
        "other",
        "numbers",
    ]);
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
            prop::collection::vec((names.clone(), inner), 0..8).prop_map(|members| Value::Object(
                members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
            )),
        ]
    })
}

fn envelope(content: &str) -> String {
    format!(
        "<e:Envelope xmlns:e=\"{SOAP11}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><e:Body>{content}</e:Body></e:Envelope>"
    )
}

fn real_envelopes() -> Vec<String> {
    [
        "<n:EchoResponse xmlns:n='http://example.go.kr/extension'><n:pet xsi:type='n:Lion' chip='c'><n:name>a</n:name>\
         <n:lives>1</n:lives><n:cub><n:name>b</n:name><n:lives>2</n:lives></n:cub></n:pet></n:EchoResponse>",
        "<EchoResponse xmlns='http://example.go.kr/choice'><id>7</id><bank>K</bank><account>1</account><line>a</line>\
         <discount>1.5</discount><line>b</line></EchoResponse>",
        "<EchoResponse xmlns='http://example.go.kr/repeated'><name>a</name><point><x>1</x><y>2</y></point><key>k</key>\
         <value>1</value><key>l</key></EchoResponse>",
        "<e:Fault><faultcode>e:Client</faultcode><faultstring>no</faultstring><detail><x/></detail></e:Fault>",
        "<o:placeOrder xmlns:o='urn:orders'><o:order-id>1</o:order-id><o:body><o:kind>bulk</o:kind><o:count>2</o:count>\
         <o:items><o:sku>s</o:sku><o:parts><o:sku>t</o:sku></o:parts></o:items><o:labels><o:entry><o:key>a</o:key>\
         <o:value>1</o:value></o:entry></o:labels></o:body></o:placeOrder>",
    ]
    .map(envelope)
    .to_vec()
}

/// A real envelope with bytes changed, taken out or doubled.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0u8..3);
    (prop::sample::select(real_envelopes()), prop::collection::vec(change, 0..6)).prop_map(
        |(envelope, changes)| {
            let mut bytes = envelope.into_bytes();
            for (at, byte, kind) in changes {
                let at = at.index(bytes.len());
                match kind {
                    0 => bytes[at] = byte,
                    1 => bytes.insert(at, byte),
                    _ if bytes.len() > 1 => {
                        bytes.remove(at);
                    }
                    _ => {}
                }
            }
            bytes
        },
    )
}

fn a_request(shape: &dyn Shape) -> Option<Box<dyn Answering>> {
    [
        json!({ "id": 1, "card": "c" }),
        json!({ "name": ["a"], "#items": [{ "key": "k" }] }),
        json!({ "pet": [{ "@xsi:type": "Cat", "name": "a", "lives": 1 }], "favourite": { "name": "a", "lives": 1 } }),
        json!({ "count": 1, "box": null, "several": [1] }),
        json!({ "@id": 1, "price": { "@currency": "KRW", "#text": 1 } }),
        json!({ "size": 1, "other": 1, "numbers": [] }),
    ]
    .iter()
    .find_map(|value| {
        try_request(shape, request("/Echo", "application/json", value.to_string().into_bytes()), true)
    })
}

proptest! {
    #[test]
    fn any_json(value in values()) {
        for shape in REST.iter() {
            try_request(&**shape, request("/Echo", "application/json", value.to_string().into_bytes()), true);
        }
    }

    #[test]
    fn any_bytes(body in prop::collection::vec(any::<u8>(), 0..300), path in "\\PC{0,12}", query in "\\PC{0,12}") {
        for shape in REST.iter().chain([&*OFFERED]) {
            let sent = Request { query: query.clone(), ..request(&path, "text/xml", body.clone()) };
            try_request(&**shape, sent.clone(), false);
            try_request(&**shape, Request { method: "GET".into(), ..sent }, false);
            try_request(&**shape, request("/Echo", "application/json", body.clone()), true);
        }
    }

    #[test]
    fn any_answer(body in prop_oneof![prop::collection::vec(any::<u8>(), 0..300), mutated()], status in 200u16..600) {
        for shape in REST.iter() {
            let answering = a_request(&**shape).expect("one of the requests fits");
            try_answer(answering, status, body.clone());
        }
    }

    #[test]
    fn mutated_envelopes(body in mutated(), answer in prop::collection::vec(any::<u8>(), 0..100), status in 200u16..600) {
        if let Some(answering) = try_request(&**OFFERED, request("/", "text/xml", body), false) {
            try_answer(answering, status, answer);
        }
    }
}

#[test]
fn what_is_deep_or_large_is_refused() {
    let deep =
        |open: &str, close: &str, count: usize| format!("{}{}", open.repeat(count), close.repeat(count));
    let lion = "{\"name\":\"a\",\"lives\":1,\"cub\":[";
    let json = format!("{{\"pet\":[],\"favourite\":{}}}", deep(lion, "]}", 50_000));
    assert!(
        try_request(&*rest("extension"), request("/Echo", "application/json", json.into_bytes()), true)
            .is_none()
    );
    let lion = "<n:cub xmlns:n='http://example.go.kr/extension'>";
    let content = format!("<EchoResponse>{}</EchoResponse>", deep(lion, "</n:cub>", 100_000));
    let shape = rest("extension");
    try_answer(a_request(&*shape).expect("a request"), 200, envelope(&content).into_bytes());
    let entities = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><x>&b;</x>";
    try_answer(a_request(&*shape).expect("a request"), 200, entities.as_bytes().to_vec());
    let subcodes = deep("<e:Subcode>", "</e:Subcode>", 90);
    let fault = format!("<e:Fault><e:Code>{subcodes}</e:Code></e:Fault>");
    try_answer(a_request(&*shape).expect("a request"), 500, envelope(&fault).into_bytes());
}

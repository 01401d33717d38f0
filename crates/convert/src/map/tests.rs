use naru_model::message::{Flow, header};
use proptest::prelude::*;

use super::*;

fn policy() -> Xml {
    Xml {
        spoken_by: Speaker::Service,
        root: "root".to_owned(),
        lists: vec!["order.item".to_owned(), "tag".to_owned()],
        namespaces: vec![("o".to_owned(), "urn:o".to_owned()), ("c".to_owned(), "urn:c".to_owned())],
    }
}

fn mapping() -> Mapping {
    Mapping::new(&policy()).unwrap()
}

const DECLARED: &str = " xmlns:o=\"urn:o\" xmlns:c=\"urn:c\"";

/// Without the declaration of XML, and without those of namespaces.
fn to_xml(json: &str) -> String {
    let xml = mapping().to_xml(json.as_bytes()).unwrap();
    xml.replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "").replacen(DECLARED, "", 1)
}

fn to_json(xml: &str) -> String {
    mapping().to_json(xml.as_bytes()).unwrap()
}

#[test]
fn each_rule_holds_both_ways() {
    for (json, xml) in [
        (r#"{"order":{"@id":"7","name":"김"}}"#, r#"<order id="7"><name>김</name></order>"#),
        (r#"{"a":"1","b":"2"}"#, "<root><a>1</a><b>2</b></root>"),
        (r#"{"order":{"item":["1"],"x":["1","2"]}}"#, "<order><item>1</item><x>1</x><x>2</x></order>"),
        (r#"{"tag":["1"]}"#, "<root><tag>1</tag></root>"),
        (r##"{"a":{"@u":"won","#text":"3"}}"##, r#"<a u="won">3</a>"#),
        (
            r#"{"a":{"b":null,"c":""}}"#,
            "<a><b xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"/><c/></a>",
        ),
        (r#"{"a":" 1 <&> \r\n\t "}"#, "<a> 1 &lt;&amp;&gt; &#13;\n\t </a>"),
        (r#"{"o:a":{"@c:b":"o:t","c:d":"","e":""}}"#, r#"<o:a c:b="o:t"><c:d/><e/></o:a>"#),
        (r#"{"root":{"b":"1"}}"#, "<root><root><b>1</b></root></root>"),
        ("{}", "<root/>"),
    ] {
        assert_eq!(to_xml(json), xml);
        assert_eq!(to_json(&xml.replacen("<o:a", "<o:a xmlns:o='urn:o' xmlns:c='urn:c'", 1)), json);
    }
}

#[test]
fn what_goes_one_way_only() {
    assert_eq!(
        to_xml(r#"{"a":{"n":1.50,"t":true,"e":[],"l":[[1,2]]}}"#),
        "<a><n>1.50</n><t>true</t><l><item>1</item><item>2</item></l></a>"
    );
    assert_eq!(
        to_xml("[1,null]").replace(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"", ""),
        "<root><item>1</item><item xsi:nil=\"true\"/></root>"
    );
    // Prefixes are the policy's; unknown namespaces are left out; white space between elements is not content.
    assert_eq!(
        to_json("<q:a xmlns:q='urn:o' xmlns='urn:z'>\n <b x='1'/> <q:b/> t </q:a>"),
        "{\"o:a\":{\"#text\":\"\\n   t \",\"b\":{\"@x\":\"1\"},\"o:b\":\"\"}}"
    );
    // Order is that of the first of each name.
    assert_eq!(to_json("<a><b>1</b><c/><b>2</b></a>"), r#"{"a":{"b":["1","2"],"c":""}}"#);
}

#[test]
fn what_has_no_counterpart_is_refused() {
    for (json, why) in [
        (
            r#"{"a b":1}"#,
            "the body can't be told in XML: `a b` can't be the name of an element or attribute in XML",
        ),
        (
            r#"{"z:a":1}"#,
            "the body can't be told in XML: prefix `z` of `z:a` is not one of the route's namespaces",
        ),
        (
            r#"{"a":{"@b":[]}}"#,
            "the body can't be told in XML: `a.@b` is an attribute and must be a string, a number or true or false",
        ),
        (
            r##"{"a":{"#text":{}}}"##,
            "the body can't be told in XML: `a.#text` must be a string, a number, true, false or null",
        ),
        (r#"{"a":"\u0001"}"#, "the body can't be told in XML: character U+0001 in `a` can't stand in XML"),
        (r#"{"a":1,"a":2}"#, "the body is no JSON: line 1, column 8: the member is there twice"),
        (
            r#"{"a":{"@xmlns":"x"}}"#,
            "the body can't be told in XML: `xmlns` can't be the name of an element or attribute in XML",
        ),
    ] {
        assert_eq!(mapping().to_xml(json.as_bytes()).unwrap_err().to_string(), why);
    }
    let twice = "<a x:b='1' y:b='2' xmlns:x='urn:x' xmlns:y='urn:y'/>";
    let error = mapping().to_json(twice.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "the body can't be told in JSON: two attributes of `a` would be `@b`");
}

fn request(media: &str, accept: &str, body: &str) -> Request {
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Request {
        method: "POST".to_owned(),
        headers: vec![field("content-type", media), field("accept", accept)],
        body: body.into(),
        ..Request::default()
    }
}

fn through(shape: &MappedShape, request: Request, media: &str, body: &str) -> (Request, Response) {
    let Ok(Converted::Send(sent, mut answering)) = shape.request(request) else { panic!("not sent") };
    let headers = vec![("content-type".to_owned(), media.to_owned())];
    let answer = Response { status: 200, headers, body: body.into(), trailers: Vec::new() };
    let head = Response { body: Vec::new(), ..answer.clone() };
    let answer = match answering.head(&head).unwrap() {
        Flow::Whole => answering.whole(answer).unwrap(),
        Flow::Pass => answer,
        Flow::Stream(_) => panic!("streamed"),
    };
    (sent, answer)
}

#[test]
fn each_side_gets_what_it_speaks() {
    let shape = MappedShape::new(&policy()).unwrap();
    let json = request("application/json; charset=UTF-8", "application/json", r#"{"a":1}"#);
    let (sent, answer) = through(&shape, json, "text/xml", "<b>2</b>");
    assert!(sent.body.ends_with(b"<a xmlns:o=\"urn:o\" xmlns:c=\"urn:c\">1</a>"));
    assert_eq!(header(&sent.headers, "content-type"), Some("application/xml"));
    assert_eq!(header(&sent.headers, "accept"), Some("application/xml"));
    assert_eq!(answer.body, br#"{"b":"2"}"#);
    assert_eq!(header(&answer.headers, "content-type"), Some("application/json"));
    assert_eq!(header(&answer.headers, "vary"), Some("accept"));
    // A client that speaks XML already is let be.
    let (sent, answer) = through(&shape, request("text/xml", "text/xml", "<a/>"), "text/xml", "<b/>");
    assert_eq!((sent.body.as_slice(), answer.body.as_slice()), (&b"<a/>"[..], &b"<b/>"[..]));
    // The other way round.
    let shape = MappedShape::new(&Xml { spoken_by: Speaker::Client, ..policy() }).unwrap();
    let asked = || request("text/xml", "*/*", "<a>1</a>");
    let (sent, answer) = through(&shape, asked(), "application/json", r#"{"b":1}"#);
    assert_eq!(sent.body, br#"{"a":"1"}"#);
    assert!(answer.body.ends_with(b">1</b>"));
    assert_eq!(header(&answer.headers, "content-type"), Some("application/xml"));
    let (_, answer) = through(&shape, asked(), "application/problem+json", r#"{"title":"T","x":[]}"#);
    let problem = "<problem xmlns=\"urn:ietf:rfc:7807\"><status>200</status><title>T</title></problem>";
    assert!(str::from_utf8(&answer.body).unwrap().ends_with(problem));
    assert_eq!(header(&answer.headers, "content-type"), Some("application/problem+xml"));
}

#[test]
fn who_sent_what_can_not_be_read_is_told() {
    let shape = MappedShape::new(&policy()).unwrap();
    let status = |media: &str, body: &str| {
        shape.request(request(media, "*/*", body)).err().map(|refusal| refusal.status)
    };
    assert_eq!(status("application/json", "{"), Some(400));
    assert_eq!(status("application/json", r#"{"a b":1}"#), Some(422));
    assert_eq!(status("application/json; charset=euc-kr", "{}"), Some(415));
    assert_eq!(status("text/plain", "{"), None);
    let Ok(Converted::Send(_, mut answering)) = shape.request(request("", "", "")) else {
        panic!("not sent")
    };
    let headers = vec![("content-type".to_owned(), "application/xml".to_owned())];
    let answer = Response { status: 200, headers, body: b"<!DOCTYPE a><a/>".to_vec(), trailers: Vec::new() };
    let refusal = answering.whole(answer).unwrap_err();
    assert_eq!(refusal.status, 502);
    assert!(refusal.detail.ends_with("line 1, column 1: a document type (DTD) is not accepted"), "{refusal}");
}

/// What the guide promises to come back as it was.
fn domain() -> impl Strategy<Value = serde_json::Value> {
    let name = "(o:|c:)?[a-z가][a-z0-9_.-]{0,4}";
    let text = "[ -~가\t\n\r😀]{0,6}";
    let leaf = prop_oneof![Just(serde_json::Value::Null), text.prop_map(serde_json::Value::from)];
    let leaf_with_attributes = (name, text, "[!-~]{1,5}")
        .prop_map(|(name, value, text)| serde_json::json!({ format!("@{name}"): value, "#text": text }));
    let value = prop_oneof![leaf, leaf_with_attributes].prop_recursive(4, 40, 5, move |inner| {
        let object = (
            prop::collection::btree_map(name, text.prop_map(serde_json::Value::from), 0..3),
            prop::collection::vec((name, inner.clone()), 1..5),
        );
        prop_oneof![
            object.prop_map(|(attributes, members)| {
                let attributes = attributes.into_iter().map(|(name, value)| (format!("@{name}"), value));
                let members = members.into_iter();
                serde_json::Value::Object(attributes.chain(members).collect())
            }),
            prop::collection::vec(inner, 2..4).prop_map(|items| {
                // Lists directly in lists have no names.
                let flat = items.into_iter().filter(|item| !item.is_array()).collect::<Vec<_>>();
                if flat.len() < 2 { serde_json::Value::from("") } else { serde_json::Value::Array(flat) }
            }),
        ]
    });
    prop::collection::vec((name, value), 0..5)
        .prop_map(|members| serde_json::Value::Object(members.into_iter().collect()))
}

proptest! {
    #[test]
    fn json_comes_back_from_xml_as_it_was(body in domain()) {
        let policy = Xml { lists: Vec::new(), ..policy() };
        let mapping = Mapping::new(&policy).unwrap();
        let xml = mapping.to_xml(body.to_string().as_bytes()).unwrap();
        prop_assert_eq!(mapping.to_json(xml.as_bytes()).unwrap(), body.to_string(), "{}", xml);
    }

    #[test]
    fn whatever_comes_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = mapping().to_xml(&bytes);
        let _ = mapping().to_json(&bytes);
    }
}

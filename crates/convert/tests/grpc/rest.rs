//! A gRPC service offered as REST: what reaches the service, and what its answers become.

use std::time::Duration;

use crate::peer::{Call, call, framed, json, refused, request, rest, text};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use naru_model::message::{Converted, Flow, Request, Response, header};
use naru_model::policy::{Conversion, Grpc, Policy};
use prost_reflect::DynamicMessage;
use prost_reflect::prost::Message;
use serde_json::{Value, json};

const OK: &[(&str, &str)] = &[("grpc-status", "0"), ("x-cost", "3")];

/// What reaches the service: the method and its message.
fn sent(method: &str, target: &str, body: &str) -> (String, Value) {
    let call = call(rest(&[]).as_ref(), request(method, target, &[], body));
    assert_eq!(call.sent.method, "POST");
    assert_eq!(header(&call.sent.headers, "content-type"), Some("application/grpc"));
    assert_eq!(header(&call.sent.headers, "te"), Some("trailers"));
    (call.method.name().to_owned(), call.message())
}

#[test]
fn a_request_is_the_message_that_its_path_query_and_body_say() {
    for (method, target, body, called, message) in [
        ("GET", "/v1/shelves/1", "", "GetShelf", json!({ "name": "shelves/1" })),
        ("HEAD", "/v1/shelves/1", "", "GetShelf", json!({ "name": "shelves/1" })),
        (
            "GET",
            "/v1/shelves/a%20b?deep=true",
            "",
            "GetShelf",
            json!({ "name": "shelves/a b", "deep": true }),
        ),
        ("GET", "/v1/shelves", "", "ListShelves", json!({})),
        ("DELETE", "/v1/shelves/1", "", "DeleteShelf", json!({ "name": "shelves/1" })),
        ("PURGE", "/v1/shelves/1", "", "PurgeShelf", json!({ "name": "shelves/1" })),
        ("POST", "/v1/shelves/1:clear", "", "ClearShelf", json!({ "name": "shelves/1" })),
        (
            "POST",
            "/v1/shelves/1:clear",
            r#"{"deep":true,"name":"of the body"}"#,
            "ClearShelf",
            json!({ "name": "shelves/1", "deep": true }),
        ),
        (
            "POST",
            "/v1/shelves?place=seoul",
            r#"{"name":"n","books":"9007199254740993","kind":"OPEN"}"#,
            "CreateShelf",
            json!({ "shelf": { "name": "n", "books": "9007199254740993", "kind": "OPEN" }, "place": "seoul" }),
        ),
        (
            "PUT",
            "/v1/places/%EC%84%9C%EC%9A%B8/shelves",
            r#"{"shelf":{"themes":["a","b"]}}"#,
            "CreateShelf",
            json!({ "shelf": { "themes": ["a", "b"] }, "place": "서울" }),
        ),
        (
            "PATCH",
            "/v1/shelves/7?mask=name,books",
            r#"{"books":3}"#,
            "UpdateShelf",
            json!({ "shelf": { "name": "shelves/7", "books": "3" }, "mask": "name,books" }),
        ),
        ("GET", "/v1/files/a/b/c%2Fd", "", "GetFile", json!({ "name": "files/a/b/c%2Fd" })),
    ] {
        assert_eq!(sent(method, target, body), (called.to_owned(), message), "{method} {target}");
    }
}

#[test]
fn query_parameters_go_onto_fields_of_every_kind() {
    let query = "filter.themes=a&filter.themes=b&filter.at_least=-2&filter.otherwise.atLeast=5&kinds=OPEN&kinds=2\
                 &since=2026-11-21T20:00:00Z&within=1.5s&full=true&token=_-8&weight=1e3&pageSize=18446744073709551615";
    let (_, message) = sent("GET", &format!("/v1/shelves?{query}"), "");
    let told = json!({
        "filter": { "themes": ["a", "b"], "atLeast": -2, "otherwise": { "atLeast": 5 } },
        "kinds": ["OPEN", "LOCKED"], "since": "2026-11-21T20:00:00Z", "within": "1.500s", "full": true,
        "token": "/+8=", "weight": 1000.0, "pageSize": "18446744073709551615",
    });
    assert_eq!(message, told);
}

#[test]
fn what_does_not_fit_is_refused_with_the_reason() {
    let face = rest(&[]);
    let deep = format!("/v1/shelves?filter.{}at_least=1", "otherwise.".repeat(40));
    let nested = format!("{{\"shelf\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    for (method, target, body, status, told) in [
        ("GET", "/v2/shelves", "", 404, "no method of the service"),
        ("POST", "/library.v1.Library/GetShelf", "{}", 404, "no method of the service"),
        ("POST", "/v1/shelves/1", "", 405, "GET"),
        ("GET", "/v1/shelves/1:clear", "", 405, "POST"),
        ("GET", "/v1/shelves/%FF", "", 400, "UTF-8"),
        ("GET", "/v1/shelves/1", "{}", 400, "takes no body"),
        ("POST", "/v1/shelves", "{\"name\":}", 400, "line 1, column 9"),
        ("POST", "/v1/shelves", "{\"name\":\"a\",\"name\":\"b\"}", 400, "twice"),
        ("POST", "/v1/shelves", "{},\"place\":{}", 400, "no JSON"),
        ("POST", "/v1/shelves", "{\"nome\":\"a\"}", 422, "nome"),
        ("POST", "/v1/shelves", "{\"books\":\"many\"}", 422, "no library.v1.CreateShelfRequest.shelf"),
        ("PUT", "/v1/places/a/shelves", &nested, 400, "128 levels"),
        ("PUT", "/v1/places/a/shelves?mask=a", "{}", 422, "in the body"),
        ("POST", "/v1/shelves?shelf.name=a", "{}", 422, "is the body"),
        ("GET", "/v1/shelves/1?name=b", "", 422, "in the path"),
        ("GET", "/v1/shelves/1?deep=true&deep=true", "", 422, "twice"),
        ("GET", "/v1/shelves/1?deep=yes", "", 422, "neither true nor false"),
        ("GET", "/v1/shelves?page=1", "", 422, "no field \"page\""),
        ("GET", "/v1/shelves?page_size=-1", "", 422, "no such number"),
        ("GET", "/v1/shelves?kinds=SHUT", "", 422, "no library.v1.Kind"),
        ("GET", "/v1/shelves?since=yesterday", "", 422, "google.protobuf.Timestamp"),
        ("GET", "/v1/shelves?filter=a", "", 422, "name one of them"),
        ("GET", "/v1/shelves?filter.themes.a=b", "", 422, "is no message"),
        ("GET", "/v1/shelves?labels=a", "", 422, "map"),
        ("GET", "/v1/shelves?token=%25", "", 422, "base64"),
        ("GET", &deep, "", 422, "32 fields at most"),
        ("POST", "/v1/fill", "{}", 501, "stream of messages"),
    ] {
        let refusal = refused(face.as_ref(), request(method, target, &[], body));
        assert_eq!(refusal.status, status, "{method} {target}: {refusal}");
        assert!(refusal.detail.contains(told), "{method} {target}: {refusal}");
    }
    let xml = request("POST", "/v1/shelves", &[("content-type", "text/xml")], "<a/>");
    assert_eq!(refused(face.as_ref(), xml).status, 415);
}

#[test]
fn services_that_are_named_are_offered_whole() {
    let face = rest(&["library.v1.Mirror"]);
    let everything = json!({
        "aDouble": "NaN", "aFloat": 1.5, "anInt32": -1, "anInt64": "-9007199254740993", "aUint32": 4294967295u32,
        "aUint64": "18446744073709551615", "aSint64": "-1", "aBool": true, "aString": "가\u{2028}\"", "someBytes": "AP8=",
        "aKind": "LOCKED", "numbers": [1, 2], "byName": { "a": { "name": "x" } }, "that": { "name": "y" },
        "at": "2026-11-21T20:00:00.123Z", "lasts": "3.000000001s", "free": { "a": [1.0, null, { "b": "c" }] },
        "any": { "@type": "type.googleapis.com/library.v1.Shelf", "name": "in any" }, "maybe": "", "mask": "aString,that.name",
        "inner": { "inner": {} }, "shown": 0, "info": { "reason": "R" }, "other": "o",
    });
    let body = everything.to_string();
    let mut call = call(face.as_ref(), request("POST", "/library.v1.Mirror/Reflect", &[], body));
    assert_eq!(call.message(), everything);
    let frame = call.frame(&everything);
    assert_eq!(json(&call.answer(frame, OK).unwrap()), everything);
    // Methods without a rule are offered only where their service is named.
    let refusal = refused(rest(&[]).as_ref(), request("POST", "/library.v1.Library/Internal", &[], "{}"));
    assert_eq!(refusal.status, 404);
    let named = rest(&["library.v1.Library"]);
    let call = crate::peer::call(named.as_ref(), request("POST", "/library.v1.Library/Internal", &[], "{}"));
    assert_eq!(call.method.name(), "Internal");
}

fn get(target: &str, fields: &[(&str, &str)]) -> Call {
    call(rest(&[]).as_ref(), request("GET", target, fields, ""))
}

#[test]
fn one_message_is_the_answers_body() {
    let mut call = get("/v1/shelves/1", &[]);
    let frame = call.frame(&json!({ "name": "n", "books": "5" }));
    let answer = call.answer(frame, OK).unwrap();
    assert_eq!((answer.status, text(&answer.body).as_str()), (200, r#"{"name":"n","books":"5"}"#));
    let field = |name| header(&answer.headers, name);
    assert_eq!(field("content-type"), Some("application/json"));
    assert_eq!(
        (field("x-served-by"), field("x-cost"), field("grpc-status")),
        (Some("library"), Some("3"), None)
    );
    assert!(answer.trailers.is_empty());

    let themes = |message: Value| {
        let mut call = get("/v1/shelves/1/themes", &[]);
        let frame = call.frame(&message);
        text(&call.answer(frame, OK).unwrap().body)
    };
    assert_eq!(themes(json!({ "name": "n", "themes": ["a"] })), r#"["a"]"#);
    assert_eq!(themes(json!({})), "[]");

    let mut call = get("/v1/files/a", &[]);
    let frame = call.frame(&json!({ "contentType": "image/png", "data": "AAEC" }));
    let answer = call.answer(frame, OK).unwrap();
    assert_eq!((header(&answer.headers, "content-type"), &*answer.body), (Some("image/png"), &[0, 1, 2][..]));
    let file = request("POST", "/v1/files", &[("content-type", "image/png")], [0, 1, 2]);
    let file = crate::peer::call(rest(&[]).as_ref(), file).message();
    assert_eq!(file, json!({ "contentType": "image/png", "data": "AAEC" }));
}

#[test]
fn a_status_is_a_problem_with_its_details() {
    // A google.rpc.Status with an ErrorInfo, which the descriptors have, and something that they do not.
    let pool = crate::peer::pool();
    let info = pool.get_message_by_name("google.rpc.ErrorInfo").unwrap();
    let info =
        json!({ "reason": "FULL", "domain": "library.example" }).to_string().into_bytes().pipe(|text| {
            DynamicMessage::deserialize(info, &mut serde_json::Deserializer::from_slice(&text))
                .unwrap()
                .encode_to_vec()
        });
    let any = |url: &str, value: &[u8]| {
        let field = |tag: u8, bytes: &[u8]| [&[tag, u8::try_from(bytes.len()).unwrap()][..], bytes].concat();
        field(0x1a, &[field(0x0a, url.as_bytes()), field(0x12, value)].concat())
    };
    let known = any("type.googleapis.com/google.rpc.ErrorInfo", &info);
    let details = STANDARD_NO_PAD.encode([known, any("example/what.Ever", b"ab")].concat());
    let fields = [
        ("grpc-status", "8"),
        ("grpc-message", "no%20room"),
        ("grpc-status-details-bin", details.as_str()),
        ("retry-after", "7"),
    ];
    let told = json!({
        "status": 429, "title": "Too Many Requests", "detail": "no room", "grpc_status": "RESOURCE_EXHAUSTED",
        "details": [
            { "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "FULL", "domain": "library.example" },
            { "@type": "example/what.Ever", "value": "YWI=" },
        ],
    });
    // In trailers, and as an answer that is nothing else; of one message, and of a stream that has not begun.
    for target in ["/v1/shelves/1", "/v1/shelves/1:watch"] {
        let answer = get(target, &[]).end(&fields).unwrap();
        assert_eq!((answer.status, json(&answer)), (429, told.clone()), "{target}");
        assert_eq!(header(&answer.headers, "content-type"), Some("application/problem+json"));
        assert_eq!(header(&answer.headers, "retry-after"), Some("7"));
    }
    let answer = get("/v1/shelves/1", &[]).answer(Vec::new(), &fields).unwrap();
    assert_eq!((answer.status, json(&answer)), (429, told));
    let xml = get("/v1/shelves/1", &[("accept", "application/xml")]).end(&fields).unwrap();
    assert!(text(&xml.body).contains("<detail>no room</detail>"));
}

trait Pipe: Sized {
    fn pipe<T>(self, f: impl FnOnce(Self) -> T) -> T {
        f(self)
    }
}

impl Pipe for Vec<u8> {}

#[test]
fn a_stream_is_told_message_by_message() {
    let lines = |trailers: &[(&str, &str)], rest: &[u8]| {
        let mut call = get("/v1/shelves/1:watch", &[]);
        let frames = [call.frame(&json!({ "name": "a\nb" })), call.frame(&json!({})), rest.to_vec()].concat();
        let answer = call.answer(frames, trailers).unwrap();
        assert_eq!(header(&answer.headers, "content-type"), Some("application/x-ndjson"));
        text(&answer.body)
    };
    assert_eq!(lines(OK, &[]), "{\"name\":\"a\\nb\"}\n{}\n");
    let problem = |told: &str| format!("{{\"name\":\"a\\nb\"}}\n{{}}\n{{\"@problem\":{told}}}\n");
    assert_eq!(
        lines(&[("grpc-status", "14"), ("grpc-message", "gone")], &[]),
        problem(
            r#"{"status":503,"title":"Service Unavailable","detail":"gone","grpc_status":"UNAVAILABLE"}"#
        )
    );
    let bad = r#"{"status":502,"title":"Bad Gateway","detail":"the service ended its answer without a gRPC status"}"#;
    assert_eq!(lines(&[], &[]), problem(bad));
    let cut = r#"{"status":502,"title":"Bad Gateway","detail":"the service's last message is not whole"}"#;
    assert_eq!(lines(OK, &[0, 0, 0]), problem(cut));

    let mut call = get("/v1/shelves/1:watch", &[("accept", "text/event-stream")]);
    let frames = [call.frame(&json!({ "name": "a" })), call.frame(&json!({}))].concat();
    let answer = call.answer(frames, OK).unwrap();
    assert_eq!(header(&answer.headers, "content-type"), Some("text/event-stream"));
    assert_eq!(text(&answer.body), "data: {\"name\":\"a\"}\n\ndata: {}\n\nevent: end\ndata: {}\n\n");
    let mut call = get("/v1/shelves/1:watch", &[("accept", "text/event-stream;q=0.5")]);
    let answer = call.answer(Vec::new(), &[("grpc-status", "5")]).unwrap();
    let told =
        "event: problem\ndata: {\"status\":404,\"title\":\"Not Found\",\"grpc_status\":\"NOT_FOUND\"}\n\n";
    assert_eq!(text(&answer.body), told);
}

#[test]
fn a_stream_goes_on_as_it_comes_and_ends_when_it_can_not_be_told() {
    let mut call = get("/v1/shelves/1:watch", &[]);
    let head = Response { status: 200, headers: crate::peer::native(), ..Response::default() };
    assert!(matches!(call.answering.head(&head), Ok(Flow::Stream(_))));
    let frame = call.frame(&json!({ "name": "a" }));
    let mut out = Vec::new();
    call.answering.data(&frame, &mut out).unwrap();
    assert_eq!(text(&out), "{\"name\":\"a\"}\n");
    // Field 1 with a length that is not there: told once, and then the answer is cut.
    call.answering.data(&framed(&[0x0a, 9]), &mut out).unwrap();
    assert!(text(&out).contains("\n{\"@problem\":{\"status\":502"), "{}", text(&out));
    assert_eq!(call.answering.data(&frame, &mut out).unwrap_err().status, 502);
}

#[test]
fn answers_that_are_no_grpc_are_refused() {
    let good = get("/v1/shelves/1", &[]).frame(&json!({ "name": "a" }));
    for (body, told) in [
        (Vec::new(), "no whole message"),
        (good[..4].to_vec(), "no whole message"),
        ([good.clone(), good.clone()].concat(), "second message"),
        (framed(&[0xff; 9]), "what is no library.v1.Shelf"),
        ([&[1][..], &good[1..]].concat(), "compressed"),
        (b"<html>".to_vec(), "no gRPC message"),
    ] {
        let refusal = get("/v1/shelves/1", &[]).answer(body, OK).unwrap_err();
        assert!(refusal.status == 502 && refusal.detail.contains(told), "{refusal}");
    }
    assert_eq!(get("/v1/shelves/1", &[]).answer(good, &[]).unwrap_err().status, 502);
    for (status, answered) in [(404, 502), (200, 502), (503, 503), (429, 503)] {
        let headers = crate::peer::headers(&[("content-type", "text/html")]);
        let head = Response { status, headers, ..Response::default() };
        let one = get("/v1/shelves/1", &[]).answering.whole(head.clone()).unwrap_err();
        let mut many = get("/v1/shelves/1:watch", &[]).answering;
        // Refused with the head, though it may be told only when the rest is there.
        let many = many.head(&head).map_or_else(Err, |_| many.whole(head)).unwrap_err();
        assert_eq!((one.status, many.status), (answered, answered), "{status}");
    }
}

#[test]
fn what_lies_in_any_is_not_gone_into_without_end() {
    let face = rest(&["library.v1.Mirror"]);
    let mut call = call(face.as_ref(), request("POST", "/library.v1.Mirror/Reflect", &[], "{}"));
    // An Any in an Any, 3,000 times: each is read anew, so that no reader's bound on depth sees them all.
    let mut value = Vec::new();
    for _ in 0..3_000 {
        let type_url = "type.googleapis.com/google.protobuf.Any".to_owned();
        value = prost_reflect::prost_types::Any { type_url, value }.encode_to_vec();
    }
    let mut message = vec![0x9a, 0x01];
    prost_reflect::prost::encoding::encode_varint(value.len() as u64, &mut message);
    message.extend(value);
    let refusal = call.answer(framed(&message), OK).unwrap_err();
    assert!(refusal.detail.contains("too deep"), "{refusal}");
}

#[test]
fn the_time_that_is_left_and_the_clients_fields_are_told_the_service() {
    let mut asked =
        request("GET", "/v1/shelves/1", &[("authorization", "Bearer x"), ("grpc-timeout", "9S")], "");
    asked.left = Some(Duration::from_millis(1500));
    let call = call(rest(&[]).as_ref(), asked);
    assert_eq!(header(&call.sent.headers, "grpc-timeout"), Some("1500m"));
    assert_eq!(header(&call.sent.headers, "authorization"), Some("Bearer x"));
}

#[test]
fn who_speaks_grpc_gets_what_is_offered_and_nothing_else() {
    let face = rest(&[]);
    let native =
        |path: &str| request("POST", path, &[("content-type", "application/grpc+proto")], framed(b""));
    let offered = native("/library.v1.Library/FillShelf");
    assert!(face.passes(&offered));
    let Ok(Converted::Send(sent, _)) = face.request(offered.clone()) else { panic!("not sent") };
    assert_eq!(sent.body, offered.body);
    for path in ["/library.v1.Library/Internal", "/library.v1.Mirror/Reflect"] {
        assert!(!face.passes(&native(path)));
        assert_eq!(refused(face.as_ref(), native(path)).status, 404);
    }
    assert!(!face.passes(&Request { headers: Vec::new(), ..offered }));
}

#[test]
fn descriptors_that_can_not_be_offered_are_refused_when_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let read = |content: &[u8], services: &[&str]| {
        let descriptors = folder.path().join("set.binpb");
        std::fs::write(&descriptors, content).unwrap();
        let services = services.iter().map(|name| (*name).to_owned()).collect();
        let convert = vec![Conversion::Grpc(Grpc { descriptors, services })];
        let error = naru_convert::shape(&Policy { convert, ..Policy::default() }).unwrap_err();
        error.to_string()
    };
    let good = std::fs::read(crate::peer::descriptors()).unwrap();
    assert!(
        read(&good, &["library.v1.Libary"])
            .contains("there is no service library.v1.Libary; there are: library.v1.Library")
    );
    assert!(read(b"syntax = \"proto3\";", &[]).contains("--include_imports"));
    assert!(read(&good[..good.len() / 2], &[]).contains("--include_imports"));
    assert!(read(&[], &[]).contains("no method has google.api.http"));
    let replaced = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let mut text = good.clone();
        let at = text.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        text[at..at + from.len()].copy_from_slice(to.as_bytes());
        read(&text, &[])
    };
    for (from, to, told) in [
        ("/v1/{name=files/**}", "/v1/{nome=files/**}", "has no field \"nome\""),
        ("/v1/{name=files/**}", "/v1/{name=files/**/", "a variable is not closed"),
        ("/v1/{name=shelves/*}/themes", "/v1/{name=**/shelv}/themes_", "** is not its last segment"),
    ] {
        let error = replaced(from, to);
        assert!(error.contains(told) && error.contains("library.v1.Library."), "{error}");
    }
}

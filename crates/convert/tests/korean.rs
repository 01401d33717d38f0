//! XML in EUC-KR and CP949, as older Korean systems send it: read wherever XML is, written never.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use naru_convert::xml;
use naru_model::message::{Converted, Flow, Request, Response, Shape, header};
use naru_model::policy::{Conversion, Mask, Policy, Soap, Speaker, Xml};
use serde_json::{Value, json};

fn file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)).unwrap()
}

/// The answer in CP949, with another name in the place of `EUC-KR` in its declaration, or without one.
fn called(name: Option<&str>) -> Vec<u8> {
    let document = file("korean/answer.cp949.xml");
    let declared = b" encoding=\"EUC-KR\"";
    let at = document.windows(declared.len()).position(|part| part == declared).unwrap();
    let said = name.map(|name| format!(" encoding=\"{name}\"")).unwrap_or_default();
    [&document[..at], said.as_bytes(), &document[at + declared.len()..]].concat()
}

fn made(policy: &Policy) -> Arc<dyn Shape> {
    naru_convert::shape(policy).unwrap().unwrap()
}

fn xml_spoken_by(speaker: Speaker) -> Policy {
    let xml = Xml { spoken_by: speaker, root: "root".into(), lists: Vec::new(), namespaces: Vec::new() };
    Policy { convert: vec![Conversion::Xml(xml)], ..Policy::default() }
}

/// A request as a client sends it, and what is done of it: the body for the service, or the refusal's status and words.
fn sent(shape: &dyn Shape, media: &str, body: &[u8]) -> Result<Vec<u8>, (u16, String)> {
    let headers = vec![("content-type".to_owned(), media.to_owned())];
    let request = Request {
        method: "POST".into(),
        path: "/Echo".into(),
        headers,
        body: body.to_vec(),
        ..Request::default()
    };
    match shape.request(request) {
        Ok(Converted::Send(request, _)) => Ok(request.body),
        Ok(Converted::Answer(answer)) => {
            Err((answer.status, String::from_utf8_lossy(&answer.body).into_owned()))
        }
        Err(refusal) => Err((refusal.status, refusal.detail)),
    }
}

/// What a client is told of a service's answer.
fn answered(shape: &dyn Shape, asked: &str, media: &str, body: &[u8]) -> Result<Response, u16> {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let asked = Request {
        method: "POST".into(),
        path: "/Echo".into(),
        headers,
        body: asked.into(),
        ..Request::default()
    };
    let Ok(Converted::Send(_, mut answering)) = shape.request(asked) else { panic!("not sent") };
    let headers = vec![("content-type".to_owned(), media.to_owned())];
    let head = Response { status: 200, headers, ..Response::default() };
    assert!(matches!(answering.head(&head), Ok(Flow::Whole)));
    let answer = answering.whole(Response { body: body.to_vec(), ..head });
    answer.map_err(|refusal| refusal.status).and_then(|answer| match answer.status {
        200 => Ok(answer),
        status => Err(status),
    })
}

#[test]
fn what_is_read_is_what_is_read_in_utf_8_under_each_of_its_names() {
    let wanted = xml::read(&file("korean/answer.xml")).unwrap();
    for name in ["EUC-KR", "euc-kr", "KS_C_5601-1987", "CP949", "MS949", "x-windows-949", "UHC", "korean"] {
        assert_eq!(xml::read(&called(Some(name))).unwrap(), wanted, "{name}");
        assert_eq!(xml::read_said(&called(None), Some(name)).unwrap(), wanted, "{name}");
        assert_eq!(xml::read_said(&called(Some("EUC-KR")), Some(name)).unwrap(), wanted, "{name}");
    }
    let text = xml::write(&wanted).unwrap();
    assert!(text.contains("encoding=\"UTF-8\"") && text.contains("똠방각하 펲시콜라 쌰믜"), "{text}");
}

#[test]
fn a_client_that_speaks_xml_in_euc_kr_reaches_a_service_that_speaks_json() {
    let shape = made(&xml_spoken_by(Speaker::Client));
    for (media, body) in [
        ("text/xml", called(Some("EUC-KR"))),
        ("text/xml; charset=EUC-KR", called(None)),
        ("application/xml; charset=\"cp949\"", called(Some("euc-kr"))),
    ] {
        let told: Value = serde_json::from_slice(&sent(&*shape, media, &body).unwrap()).unwrap();
        let told = &told["응답"];
        assert_eq!(told["담당자"], "똠방각하 펲시콜라 쌰믜 홍길동");
        assert_eq!(told["비고"], "漢字 ①②③ ㎡ ※ ～ ‘인용’ <표> ￦10,000");
    }
}

#[test]
fn what_says_two_encodings_or_is_not_in_the_one_it_says_is_refused_with_400() {
    let shape = made(&xml_spoken_by(Speaker::Client));
    let marked = [b"\xEF\xBB\xBF".to_vec(), called(None)].concat();
    let line_4 = |body: &[u8]| body.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(2).unwrap().0;
    let mut broken = called(Some("EUC-KR"));
    let at = line_4(&broken) + 40;
    broken[at] = 0xFF;
    for (media, body, words) in [
        ("text/xml; charset=utf-8", called(Some("EUC-KR")), "in utf-8 and in EUC-KR"),
        ("text/xml; charset=euc-kr", file("korean/answer.xml"), "in euc-kr and in UTF-8"),
        ("text/xml; charset=euc-kr", marked, "in UTF-8 and in euc-kr"),
        ("text/xml", called(None), "not in UTF-8"),
        ("text/xml", called(Some("UTF-8")), "not in UTF-8"),
        ("text/xml", broken, "line 4"),
        ("text/xml", called(Some("ISO-2022-KR")), "encoding ISO-2022-KR is not read"),
    ] {
        let (status, said) = sent(&*shape, media, &body).unwrap_err();
        assert_eq!(status, 400, "{media}: {said}");
        assert!(said.contains(words), "{media}: {said}");
    }
    // What a content type says that nobody reads is its matter, and not the document's.
    assert_eq!(sent(&*shape, "text/xml; charset=utf-16", b"<a/>").unwrap_err().0, 415);
    assert_eq!(
        sent(&*made(&xml_spoken_by(Speaker::Service)), "application/json; charset=euc-kr", b"{}")
            .unwrap_err()
            .0,
        415
    );
}

#[test]
fn services_answer_in_euc_kr_too() {
    let shape = made(&xml_spoken_by(Speaker::Service));
    let answer = answered(&*shape, "{}", "text/xml;charset=euc-kr", &called(None)).unwrap();
    assert_eq!(header(&answer.headers, "content-type"), Some("application/json"));
    let told: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(told["응답"]["주소"]["#text"], "서울특별시 중구 세종대로 110 (태평로1가)");
    assert_eq!(answered(&*shape, "{}", "text/xml", &called(None)).unwrap_err(), 502);
    assert_eq!(answered(&*shape, "{}", "text/xml; charset=utf-8", &called(Some("EUC-KR"))).unwrap_err(), 502);

    let masked = Policy { mask: vec![Mask::Phone], ..Policy::default() };
    let answer = answered(&*made(&masked), "{}", "text/xml; charset=euc-kr", &called(None)).unwrap();
    assert_eq!(header(&answer.headers, "content-type"), Some("text/xml; charset=utf-8"));
    let text = String::from_utf8(answer.body).unwrap();
    assert!(text.contains("휴대 010-****-5678") && text.contains("encoding=\"UTF-8\""), "{text}");
}

#[test]
fn soap_services_do() {
    let wsdl = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wsdl/enumeration.wsdl");
    let soap = Conversion::Soap(Soap { wsdl, service: None, port: None });
    let shape = made(&Policy { convert: vec![soap], ..Policy::default() });
    let asked = json!({ "color": "파랑", "level": 2, "zip": "04524" });
    // 파랑 in EUC-KR.
    let envelope = [
        &b"<?xml version='1.0' encoding='euc-kr'?><s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>\
           <EchoResponse xmlns='http://example.go.kr/enumeration'><color>"[..],
        b"\xC6\xC4\xB6\xFB",
        b"</color><level>2</level><zip>04524</zip></EchoResponse></s:Body></s:Envelope>",
    ]
    .concat();
    for media in ["text/xml", "text/xml; charset=EUC-KR"] {
        let answer = answered(&*shape, &asked.to_string(), media, &envelope).unwrap();
        let told: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(told, asked, "{media}");
    }
    let contradicting = answered(&*shape, &asked.to_string(), "text/xml; charset=utf-8", &envelope);
    assert_eq!(contradicting.unwrap_err(), 502);
}

use proptest::prelude::*;

use super::*;

fn all() -> Masks {
    let pattern = Mask::Pattern("사번 [A-Z]{2}[0-9]+".to_owned());
    let masks = [Mask::ResidentNumber, Mask::Card, Mask::Phone, Mask::Account, Mask::Email, pattern];
    Masks::new(&masks).unwrap()
}

/// The header fields of a body of this media type.
fn of(media: &str) -> Vec<(String, String)> {
    vec![("content-type".to_owned(), media.to_owned())]
}

#[test]
fn each_kind_is_found_and_keeps_its_form() {
    for (text, masked) in [
        ("홍길동 900101-1234567", "홍길동 900101-1******"),
        ("9001011234567입니다", "9001011******입니다"),
        ("외국인 900101 5234567.", "외국인 900101 5******."),
        ("4111-1111-1111-1111", "4111-11**-****-1111"),
        ("card 4111111111111111!", "card 411111******1111!"),
        ("3782 822463 10005", "3782 82**** *0005"),
        ("010-1234-5678", "010-****-5678"),
        ("01012345678", "010****5678"),
        ("(02) 312-4567", "(02) ***-4567"),
        ("+82-10-1234-5678", "+82-10-****-5678"),
        ("+82 (0)10 1234 5678", "+82 (0)10 **** 5678"),
        ("061.123.4567", "061.***.4567"),
        ("110-123-456789", "110-***-****89"),
        ("123456-01-123456", "1234**-**-****56"),
        ("hong.gildong@example.go.kr", "h***@example.go.kr"),
        ("사번 AB1234 확인", "*** 확인"),
    ] {
        assert_eq!(all().text(text), masked, "{text}");
    }
}

#[test]
fn what_only_looks_a_little_like_it_stays() {
    for text in [
        "901301-1234567",
        "1900101-1234567",
        "900101-12345678",
        "4111-1111-1111-1112",
        "41111111111111111111",
        "2026-11-21 10:30:00",
        "2026-11-21",
        "A010-1234-5678",
        "a@b",
        "price 1234567890",
    ] {
        assert!(matches!(all().text(text), Cow::Borrowed(_)), "{text} became {}", all().text(text));
    }
}

#[test]
fn bodies_stay_what_they_are() {
    let masks = all();
    let json = br#"{"id":"900101-1234567","n":9001011234567,"l":["\u0061@b.kr"],"900101-1234567":1.10}"#;
    let masked = masks.body(&of("application/json"), json);
    assert_eq!(
        str::from_utf8(&masked).unwrap(),
        r#"{"id":"900101-1******","n":9001011234567,"l":["a***@b.kr"],"900101-1234567":1.10}"#
    );
    let xml = b"<p xmlns='urn:9001011234567' a=\"010-1234-5678\">900101<!-- -->-1234567</p>";
    let masked = masks.body(&of("application/xml"), xml);
    assert_eq!(
        str::from_utf8(&masked).unwrap(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><p xmlns=\"urn:9001011234567\" a=\"010-****-5678\">900101-1******</p>"
    );
    // Nothing to mask: not a byte is changed.
    let plain = b"<?xml version='1.0'?>\n<a><!-- 1 --></a>";
    assert!(matches!(masks.body(&of("text/xml"), plain), Cow::Borrowed(_)));
    // No JSON after all: as text, rather than not at all.
    assert_eq!(&*masks.body(&of("application/json"), b"{900101-1234567"), b"{900101-1******");
    // In EUC-KR.
    assert_eq!(&*masks.body(&of("text/plain"), b"\xc8\xab 900101-1234567"), b"\xc8\xab 900101-1******");
}

#[test]
fn streams_are_masked_line_by_line() {
    use naru_model::message::{Converted, Flow, Request, Response, Shape};
    let Ok(Converted::Send(_, mut answering)) = MaskShape::new(all()).request(Request::default()) else {
        panic!("not sent")
    };
    let headers = vec![("content-type".to_owned(), "text/event-stream".to_owned())];
    let head = Response { status: 200, headers, ..Response::default() };
    assert!(matches!(answering.head(&head), Ok(Flow::Stream(_))));
    let mut out = Vec::new();
    answering.data(b"data: {\"id\": \"900101-1", &mut out).unwrap();
    assert!(out.is_empty());
    answering.data(b"234567\"}\n\nevent: a@b.kr\ndata: [12]\n: 010-1234-5678", &mut out).unwrap();
    answering.end(&Vec::new(), &mut out).unwrap();
    let expected = "data: {\"id\":\"900101-1******\"}\n\nevent: a***@b.kr\ndata: [12]\n: 010-****-5678";
    assert_eq!(str::from_utf8(&out).unwrap(), expected);
}

#[test]
fn a_pattern_that_is_none_is_refused() {
    let error = Masks::new(&[Mask::Pattern("(".to_owned())]).unwrap_err();
    assert_eq!(error.to_string(), "`(` is no regular expression");
}

proptest! {
    #[test]
    fn masked_text_is_as_long_as_before(
        text in "([0-9]{1,7}[- ]?){1,9}[가a-z@. ]{0,5}",
    ) {
        let masks = Masks::new(&[Mask::ResidentNumber, Mask::Card, Mask::Account, Mask::Phone]).unwrap();
        let once = masks.text(&text).into_owned();
        prop_assert_eq!(once.len(), text.len());
    }

    #[test]
    fn whatever_comes_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        for media in ["text/plain", "application/json", "application/xml"] {
            let _ = all().body(&of(media), &bytes);
        }
        let _ = all().line(&bytes);
    }

    #[test]
    fn json_stays_json(texts in prop::collection::vec("[0-9-]{10,20}|[a-z]{1,3}@[a-z.]{3,8}", 0..5)) {
        let body = serde_json::to_vec(&texts).unwrap();
        let masked = all().body(&of("application/json"), &body).into_owned();
        prop_assert!(serde_json::from_slice::<Vec<String>>(&masked).is_ok());
    }
}

use proptest::prelude::*;

use super::read::Fault;
use super::*;

fn fault(text: &str) -> Fault {
    read(text.as_bytes()).expect_err(text).what
}

#[test]
fn numbers_and_order_stay_as_written() {
    let text = r#"{"b":12345678901234567890.10,"a":[1E+2,-0,true,false,null,""],"c":{}}"#;
    assert_eq!(read(text.as_bytes()).unwrap().write(), text);
}

#[test]
fn strings_are_what_they_mean() {
    let value = read(r#" ["\u00e9\ud83d\ude00\/\b\n", "가\u0000"] "#.as_bytes()).unwrap();
    assert_eq!(value, Value::List(vec![Value::string("é😀/\u{8}\n"), Value::string("가\0")]));
    assert_eq!(value.write(), "[\"é😀/\\u0008\\n\",\"가\\u0000\"]");
}

#[test]
fn what_two_readers_could_read_differently_is_refused() {
    assert_eq!(fault(r#"{"a":1,"\u0061":2}"#), Fault::Twice);
    let many: String = (0..40).map(|n| format!("\"k{n}\":0,")).collect();
    assert_eq!(fault(&format!("{{{many}\"k39\":0}}")), Fault::Twice);
    assert_eq!(fault(&format!("{{{many}\"k3\":0}}")), Fault::Twice);
    assert!(read(format!("{{{many}\"k40\":0}}").as_bytes()).is_ok());
    for text in [r#""\ud800""#, r#""\ud800\u0041""#, r#""\udc00""#, r#""\ud800x""#] {
        assert_eq!(fault(text), Fault::Surrogate, "{text}");
    }
    assert_eq!(fault(&"[".repeat(100_000)), Fault::TooDeep);
    assert_eq!(read(b"\"\xff\"").unwrap_err().what, Fault::NotUtf8);
}

#[test]
fn an_error_says_where() {
    let error = read("{\n \"나\": 1,\n \"나\": 2}".as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "line 3, column 2: the member is there twice");
}

proptest! {
    /// Whatever comes, both readers take it or neither does, and they read the same.
    #[test]
    fn agrees_with_serde_json(parts in prop::collection::vec(prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "\"\\u0041\"", "\"\\ud834\\udd1e\"", "1", "-", "0", ".", "5", "e", "+", "true",
        "null", " ", "\"", "\\", "\\n", "x", "가",
    ]), 0..12)) {
        let text = parts.concat();
        let ours = read(text.as_bytes());
        let theirs: Result<serde_json::Value, _> = serde_json::from_str(&text);
        match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) => prop_assert_eq!(&ours.to_serde(), theirs),
            (Err(Error { what: Fault::Twice, .. }), _) => {}
            // A number past a double is one all the same.
            (Ok(_), Err(error)) => prop_assert!(error.to_string().contains("number out of range"), "{}", error),
            (Err(error), Ok(_)) => prop_assert!(false, "{}: {}", text, error),
            (Err(_), Err(_)) => {}
        }
    }

    #[test]
    fn any_text_is_written_so_that_it_reads_the_same(text in any::<String>()) {
        let value = Value::string(text);
        let written = value.write();
        prop_assert_eq!(read(written.as_bytes()).unwrap(), value.clone());
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), value.to_serde());
    }

    #[test]
    fn whatever_comes_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = read(&bytes);
    }
}

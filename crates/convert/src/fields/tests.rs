use naru_model::message::{Answering, Flow};
use proptest::prelude::*;

use super::*;

fn changed(change: &FieldChange, body: &str) -> String {
    let rule = Rule::of(change).expect("a change");
    String::from_utf8(rule.body(body.as_bytes()).unwrap()).unwrap()
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

const BODY: &str = r#"{"id":1.0,"owner":{"name":"kim","phone":"010"},"items":[{"sku":"a","price":10},{"sku":"b","price":2e3}],"tags":["x",1]}"#;

#[test]
fn nothing_stays_but_what_is_selected() {
    let select = |names| changed(&FieldChange { select: list(names), ..FieldChange::default() }, BODY);
    assert_eq!(select(&["id", "items.sku"]), r#"{"id":1.0,"items":[{"sku":"a"},{"sku":"b"}]}"#);
    assert_eq!(select(&["owner", "owner.name"]), r#"{"owner":{"name":"kim","phone":"010"}}"#);
    assert_eq!(select(&["tags"]), r#"{"tags":["x",1]}"#);
    // No field of a text or of a number.
    assert_eq!(select(&["id.x", "tags.x"]), "{}");
    assert_eq!(
        changed(
            &FieldChange { select: list(&["a.b"]), ..FieldChange::default() },
            r#"{"a":[1,{"b":2,"c":3},[{"b":4}]]}"#
        ),
        r#"{"a":[{"b":2},[{"b":4}]]}"#
    );
}

#[test]
fn fields_are_removed_masked_and_renamed_by_their_own_names() {
    let change = FieldChange {
        select: Vec::new(),
        remove: list(&["items.price"]),
        rename: vec![("owner.name".to_owned(), "full_name".to_owned()), ("id".to_owned(), "tags".to_owned())],
        mask: list(&["owner.phone", "tags", "owner.name"]),
    };
    assert_eq!(
        changed(&change, BODY),
        r#"{"tags":1.0,"owner":{"full_name":"***","phone":"***"},"items":[{"sku":"a"},{"sku":"b"}]}"#
    );
    let swap = FieldChange {
        rename: vec![("a".to_owned(), "b".to_owned()), ("b".to_owned(), "a".to_owned())],
        ..FieldChange::default()
    };
    assert_eq!(changed(&swap, r#"[{"a":1,"b":2}]"#), r#"[{"b":1,"a":2}]"#);
    let mask = FieldChange { mask: list(&["a"]), ..FieldChange::default() };
    assert_eq!(changed(&mask, r#"{"a":{"b":[1,null,true,"x"]}}"#), r#"{"a":{"b":["***",null,true,"***"]}}"#);
}

fn shape() -> FieldShape {
    let change = FieldChange { remove: list(&["secret"]), select: list(&["id"]), ..FieldChange::default() };
    let fields = Fields { request: FieldChange::default(), response: change, groups: list(&["partners"]) };
    FieldShape::new(&fields)
}

fn answering(groups: &[&str]) -> Box<dyn Answering> {
    match shape().request(Request { groups: list(groups), ..Request::default() }) {
        Ok(Converted::Send(_, answering)) => answering,
        _ => panic!("not sent"),
    }
}

fn answer(status: u16, body: &str) -> Response {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Response { status, headers, body: body.into(), trailers: Vec::new() }
}

#[test]
fn only_the_groups_named_see_it() {
    let head = answer(200, "");
    assert!(matches!(answering(&["staff"]).head(&head), Ok(Flow::Pass)));
    assert!(matches!(answering(&["staff", "partners"]).head(&head), Ok(Flow::Whole)));
}

#[test]
fn errors_keep_their_fields_but_those_removed() {
    let body = r#"{"id":1,"secret":2,"message":"x"}"#;
    let mut answering = answering(&["partners"]);
    assert_eq!(answering.whole(answer(200, body)).unwrap().body, br#"{"id":1}"#);
    assert_eq!(answering.whole(answer(404, body)).unwrap().body, br#"{"id":1,"message":"x"}"#);
    assert_eq!(answering.whole(answer(200, "{\"id\":1,")).unwrap_err().status, 502);
}

proptest! {
    #[test]
    fn whatever_comes_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = answering(&["partners"]).whole(Response { body: bytes, ..answer(200, "") });
    }

    /// A removed field is nowhere, whatever else is done.
    #[test]
    fn a_removed_field_is_gone(names in prop::collection::vec("[a-d]", 1..6), select in prop::collection::vec("[a-d]", 0..3)) {
        let change = FieldChange { remove: list(&["a"]), select, ..FieldChange::default() };
        let mut body = serde_json::Map::new();
        for name in names {
            body.insert(name, "x".into());
        }
        let out = changed(&change, &serde_json::Value::Object(body).to_string());
        prop_assert!(!out.contains("\"a\""));
    }
}

//! The OpenAPI document: what it says is so, and every path of the API is in it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Served;
use crate::openapi::document;

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

/// Every operation: method, path, and what it says of itself.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    all
}

fn each(value: &Value, visit: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                visit(name, value);
                each(value, visit);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each(item, visit)),
        _ => {}
    }
}

#[test]
fn the_document_is_the_one_that_was_looked_at() {
    let mut made = serde_json::to_string_pretty(&document()).unwrap();
    made.push('\n');
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(SNAPSHOT, &made).unwrap();
    }
    let kept = std::fs::read_to_string(SNAPSHOT).unwrap_or_default();
    assert!(made == kept, "openapi.json differs; look at it after `UPDATE=1 cargo test -p naru-api`");
}

#[test]
fn the_document_is_whole() {
    let document = document();
    assert_eq!(document["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
    let mut references = 0;
    each(&document, &mut |name, value| {
        if name == "$ref" {
            references += 1;
            let target = value.as_str().unwrap().strip_prefix('#').unwrap();
            assert!(document.pointer(target).is_some(), "{target} leads nowhere");
        }
    });
    assert!(references > 50);
    let tags: BTreeSet<&str> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let of = format!("{method} {path}");
        assert!(
            operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()),
            "{of} says nothing"
        );
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{of} has another's id");
        assert!(tags.contains(operation["tags"][0].as_str().unwrap()), "{of} has an unknown tag");
        assert!(operation["security"].is_array(), "{of} says nothing of who may");
        assert!(operation["responses"]["default"].is_object(), "{of} has no problems");
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with('2')), "{of} never succeeds");
        let named: BTreeSet<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        for parameter in parameters {
            assert!(parameter["description"].is_string(), "{of}: {} is not described", parameter["name"]);
        }
        let given: BTreeSet<&str> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(named, given, "{of}");
    }
}

#[test]
fn numbers_have_ranges() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            if ["limit", "lines", "points", "columns", "rows", "dots"].contains(&name) {
                assert!(parameter["schema"]["maximum"].is_number(), "{method} {path}: {name}");
                assert!(parameter["schema"]["default"].is_number(), "{method} {path}: {name}");
            }
        }
    }
}

#[test]
fn what_may_be_left_out_is_said_to_be_and_streams_are_of_events() {
    let document = document();
    let post = |path: &str| document["paths"][path]["post"]["requestBody"]["required"].clone();
    assert_eq!(post("/v1/services/{service}/deploy"), false);
    assert_eq!(post("/v1/services/{service}/scale"), true);
    let stream = &document["paths"]["/v1/events"]["get"]["responses"]["200"]["content"]["text/event-stream"];
    assert_eq!(stream["schema"]["properties"]["data"]["contentSchema"]["$ref"], "#/components/schemas/Event");
    assert_eq!(document["components"]["schemas"]["Rate"]["type"], "integer");
    for (method, path, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let types = &parameter["schema"]["type"];
            assert!(!types.is_array(), "{method} {path}: {} may be null", parameter["name"]);
        }
    }
}

#[tokio::test]
async fn every_path_of_the_document_is_answered_and_no_other_is() {
    let served = Served::start().await;
    let document = served.get("/v1/openapi.json").await.json();
    assert_eq!(document, super::document::document());
    for (method, path, _) in operations(&document) {
        let real = path
            .replace("{service}", "nobody")
            .replace("{trace_id}", "nothing")
            .replace("{kind}", "daily")
            .replace("{date}", "2026-11-20")
            .replace("{id}", "999")
            .replace("{name}", "nobody");
        // A method that no path takes tells whether the path is there, and which ones it takes.
        let answer = served.ask("PATCH", &real, &super::shows(super::TOKEN), "").await;
        assert_eq!(answer.status, 405, "{path}");
        let allowed = answer.head.lines().find_map(|line| line.strip_prefix("allow: ")).unwrap().to_owned();
        let allowed: BTreeSet<&str> =
            allowed.split(',').map(str::trim).filter(|one| *one != "head").collect();
        let documented: BTreeSet<String> = operations(&document)
            .into_iter()
            .filter(|(_, other, _)| *other == path)
            .map(|(method, ..)| method.to_lowercase())
            .collect();
        assert!(allowed.contains(method.to_lowercase().as_str()));
        assert_eq!(allowed, documented.iter().map(String::as_str).collect(), "{path}");
    }
    assert_eq!(served.get("/v1/nowhere").await.status, 404);
}

//! Requests and answers that are nearly right, and others that are not at all: none of them panics, and each refusal has a status.

use std::sync::{Arc, LazyLock};

use crate::peer::{Call, call, request, rest};
use naru_model::message::{Converted, Shape};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

const OK: &[(&str, &str)] = &[("grpc-status", "0")];

static MIRROR: LazyLock<Arc<dyn Shape>> = LazyLock::new(|| rest(&["library.v1.Mirror"]));
static LIBRARY: LazyLock<Arc<dyn Shape>> = LazyLock::new(|| rest(&[]));

/// A field of every kind that has a form of its own.
fn everything() -> Value {
    json!({
        "aDouble": "NaN", "aFloat": 1.5e3, "anInt64": "-9007199254740993", "aUint64": "18446744073709551615",
        "someBytes": "AP8=", "aKind": "LOCKED", "numbers": [1, 2], "byName": { "a": { "name": "x" } },
        "at": "2026-11-21T20:00:00.123Z", "lasts": "-3.000000001s", "free": { "a": [1, null, { "b": true }] },
        "any": { "@type": "type.googleapis.com/google.protobuf.Duration", "value": "1s" }, "maybe": "",
        "mask": "aString,that.name", "inner": { "inner": { "that": {} } }, "shown": 0,
    })
}

/// `changed`: places, as parts of the whole, and what stands there instead.
fn spoiled(mut bytes: Vec<u8>, changed: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    for (place, byte) in changed {
        let at = place.index(bytes.len());
        bytes[at] = *byte;
    }
    bytes
}

fn reflect(method: &str) -> Call {
    call(MIRROR.as_ref(), request("POST", &format!("/library.v1.Mirror/{method}"), &[], "{}"))
}

proptest! {
    #[test]
    fn a_body_that_is_nearly_right_is_taken_or_refused(
        changed in vec((any::<prop::sample::Index>(), prop::sample::select(br#"0198-+eE.:"{}[],\atn/Z"#.to_vec())), 0..4),
    ) {
        let body = spoiled(everything().to_string().into_bytes(), &changed);
        if let Err(refusal) = MIRROR.request(request("POST", "/library.v1.Mirror/Reflect", &[], body)) {
            prop_assert!(matches!(refusal.status, 400 | 422), "{refusal}");
        }
    }

    #[test]
    fn a_target_that_is_nearly_right_is_taken_or_refused(
        target in "/v1/(shelves|files|places|fail)(/[a-z%2Ff:*.]{0,6}){0,2}(:clear|:watch)?",
        query in "([a-z_.]{0,9}|filter.themes|since|within|token|kinds|weight)=[0-9a-zA-Z%:+-]{0,8}",
        method in prop::sample::select(vec!["GET", "POST", "PUT", "PATCH", "DELETE", "PURGE", "HEAD", "TRACE"]),
    ) {
        match LIBRARY.request(request(method, &format!("{target}?{query}"), &[], "")) {
            Err(refusal) => prop_assert!(matches!(refusal.status, 400 | 404 | 422 | 501), "{refusal}"),
            Ok(Converted::Answer(answer)) => prop_assert_eq!(answer.status, 405),
            Ok(Converted::Send(sent, _)) => prop_assert!(sent.path.starts_with("/library.v1.Library/")),
        }
    }

    #[test]
    fn an_answer_that_is_nearly_right_is_told_or_refused(
        changed in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        details in "[A-Za-z0-9+/=]{0,24}",
        code in 0..20u8,
    ) {
        let frame = spoiled(reflect("Reflect").frame(&everything()), &changed);
        if let Err(refusal) = reflect("Reflect").answer(frame.clone(), OK) {
            prop_assert_eq!(refusal.status, 502);
        }
        let code = code.to_string();
        let status = [("grpc-status", code.as_str()), ("grpc-status-details-bin", details.as_str())];
        let _ = reflect("Repeat").answer([frame.clone(), frame].concat(), &status);
    }
}

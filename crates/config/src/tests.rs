//! What must hold for each key of the table: it reaches the platform, its default is the one that holds, a change of it
//! is seen. And for any text: it is read or refused, and never more than that.

use std::path::Path;
use std::time::Duration;

use naru_model::platform::Platform;
use naru_model::units::{Bytes, format_duration};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::keys;
use crate::shape::{Default, Key, Kind};
use crate::{Effect, Machine, diff, parse, write};

const MACHINE: Machine = Machine { cores: 4, memory: Bytes(8 << 30) };

/// Reads a file that is given as JSON, which is YAML too.
fn read(file: &Value) -> Platform {
    let text = serde_json::to_string_pretty(file).unwrap();
    parse("naru.yaml", &text, Path::new("/srv/portal"), MACHINE).unwrap_or_else(|report| panic!("{report}"))
}

/// A file in which each key of the table has its place: the first of each name and list is where keys are set.
fn base() -> Value {
    json!({
        "gateway": {
            "listen": "0.0.0.0:9080",
            "tls": { "listen": "0.0.0.0:9443", "certificates": [{ "cert": "a.crt", "key": "a.key" }] },
        },
        "services": { "a": { "exec": ["a"], "protocol": "h2c", "scale": scaling(), "traffic": limited() }, "b": { "exec": ["b"], "protocol": "h2c" }, "booking": { "exec": ["b"] } },
        "routes": [{
            "to": [{ "service": "a" }, { "service": "b", "weight": 2 }],
            "limits": [{ "rate": "5/s" }],
            "sunset": { "gone": "2030-01-01" },
            "validate": { "openapi": "a.yaml", "responses": true },
        }, { "match": { "path": "/q" }, "to": "b" }],
        "functions": { "booking-apply": { "owner": "x" } },
        "access": {
            "client_ca": "ca.pem",
            "groups": ["partners", "staff"],
            "tokens": { "issuer": "https://api.example.go.kr" },
        },
        "links": { "tax-office": { "url": "https://api.partner.co.kr", "limits": { "rate": "5/s" } } },
        "brokers": { "a": { "url": "nats://127.0.0.1" }, "orders": { "url": "amqp://127.0.0.1" } },
        "consumers": [{ "broker": "a", "queue": "q", "to": "POST /q" }],
        "clients": { "a": { "limits": { "rate": "5/s" } }, "mobile": {} },
        "alerts": {
            "items": { "a": { "of": "service:*", "when": "p99 > 1s for 1m" } },
            "maintenance": [{ "at": "30 8 * * 1", "for": "1h" }],
        },
        "notices": {
            "channels": { "a": { "email": "a@b.kr" }, "ops": { "email": "a@b.kr" } },
            "smtp": { "host": "mail", "from": "naru@b.kr" },
        },
    })
}

/// With room to scale in, and one of each of what is given in lists.
fn scaling() -> Value {
    json!({
        "max": 30,
        "rules": [{ "when": "waiting > 5 for 2s", "add": 1 }],
        "schedule": [{ "at": "30 8 * * 1", "for": "1h", "add": 1 }],
    })
}

fn limited() -> Value {
    json!({ "limits": [{ "rate": "5/s" }] })
}

type Visit<'v> = dyn FnMut(&[&str], &Key, Option<Effect>) + 'v;

/// Calls `visit` with the path of each key, itself, and the effect it has or inherits.
fn each_key(keys: &[Key], path: &[&'static str], effect: Option<Effect>, visit: &mut Visit<'_>) {
    for key in keys {
        let path = [path, &[key.name]].concat();
        let effect = key.effect.or(effect);
        visit(&path, key, effect);
        each_key(key.kind.keys(), &path, effect, visit);
    }
}

/// Returns the file with one key set, going into the first of names and lists on the way; what is not there yet gets
/// the keys that must be given.
fn with(mut file: Value, path: &[&str], value: Value) -> Value {
    set(&mut file, &Kind::Keys(keys::all()), path, value);
    // What excludes each other: one port and several instances, adding and removing by one rule.
    let scale = &mut file["services"]["a"]["scale"];
    match path {
        ["services", "port"] | ["services", "metrics", "port"] => *scale = json!({}),
        ["services", "scale", "rules", "remove"] => {
            scale["rules"][0].as_object_mut().unwrap().remove("add");
        }
        ["notices", "channels", "webhook" | "shape" | "sms", ..] => {
            let channel = file["notices"]["channels"]["a"].as_object_mut().unwrap();
            channel.remove("email");
            if path[2] == "shape" {
                channel.insert("webhook".to_owned(), json!("https://a.kr"));
            }
        }
        ["notices", "smtp", "user"] => file["notices"]["smtp"]["password_env"] = json!("PASSWORD"),
        ["notices", "smtp", "password_env"] => file["notices"]["smtp"]["user"] = json!("naru"),
        ["routes", "job", "callback_secret"] => {
            file["routes"][0]["job"]["callback_hosts"] = json!(["a.kr"]);
        }
        _ => {}
    }
    file
}

fn set(at: &mut Value, kind: &Kind, path: &[&str], value: Value) {
    match (kind, path) {
        (Kind::Keys(keys), [step, rest @ ..]) => {
            if !at.is_object() {
                let required = keys.iter().filter(|key| key.is_required());
                *at = required.map(|key| (key.name.to_owned(), samples(&key.kind)[0].clone())).collect();
            }
            let key = keys.iter().find(|key| key.name == *step).unwrap();
            let at = at.as_object_mut().unwrap().entry(*step).or_insert(Value::Null);
            if rest.is_empty() { *at = value } else { set(at, &key.kind, rest, value) }
        }
        (Kind::Names { name, of, .. }, _) => {
            if !at.is_object() {
                *at = json!({ name.example: null });
            }
            set(at.as_object_mut().unwrap().values_mut().next().unwrap(), of, path, value);
        }
        (Kind::OneOrMore { of, .. }, _) if !at.is_array() => set(at, of, path, value),
        (Kind::List { of, .. } | Kind::OneOrMore { of, .. }, _) => {
            if !at.is_array() {
                *at = json!([null]);
            }
            set(&mut at[0], of, path, value);
        }
        (Kind::Either(_, of), _) => set(at, of, path, value),
        _ => panic!("{path:?} goes into no group"),
    }
}

/// Returns the file with one key of it taken away again.
fn without(file: &Value, path: &[&str]) -> Value {
    let mut file = with(file.clone(), path, json!("\u{0}"));
    remove(&mut file);
    file
}

fn remove(at: &mut Value) {
    match at {
        Value::Object(map) => {
            map.retain(|_, value| *value != json!("\u{0}"));
            map.values_mut().for_each(remove);
        }
        Value::Array(items) => items.iter_mut().for_each(remove),
        _ => {}
    }
}

/// Values that the kind takes; at least one of them is not what the base has.
fn samples(kind: &Kind) -> Vec<Value> {
    match kind {
        // What is read from a file is not read here.
        Kind::Text(text) if text.noun.ends_with("a JWK Set") => vec![json!(r#"{"keys":[{"kty":"EC"}]}"#)],
        Kind::Text(text) => vec![json!(text.example)],
        Kind::Flag => vec![json!(false), json!(true)],
        Kind::Whole { least, .. } => vec![json!(least + 9)],
        Kind::Duration { least } => vec![json!(format_duration(*least + Duration::from_secs(90)))],
        Kind::Cpu => vec![json!(0.25), json!("250m")],
        Kind::Bytes { .. } => vec![json!("3Mi")],
        Kind::Percent { .. } => vec![json!("7.5%")],
        Kind::Rate { .. } => vec![json!("30/m")],
        Kind::Apdex => vec![json!(0.85)],
        Kind::Time => vec![json!("2026-12-31"), json!("2026-12-31T18:00:00+09:00")],
        Kind::Quota => vec![json!("10000/day"), json!("5/month")],
        Kind::Volume => vec![json!("1Gi/day")],
        Kind::Bandwidth => vec![json!("1Mi/s")],
        Kind::Choice(words) => words.iter().map(|word| json!(word)).collect(),
        Kind::Condition => vec![json!(true), json!("x")],
        // An item is one conversion.
        Kind::Keys(keys) if keys.iter().any(|key| key.name == "offer_soap") => {
            let of = |key: &Key| samples(&key.kind).into_iter().map(|value| json!({ key.name: value }));
            keys.iter().flat_map(of).collect()
        }
        Kind::Keys(keys) => {
            // What contradicts the other keys when all are given.
            let all = keys.iter().filter(|key| !["method", "deny", "remove"].contains(&key.name));
            let one = |key: &Key| samples(&key.kind).pop().map(|value| (key.name.to_owned(), value));
            vec![Value::Object(all.filter_map(one).collect())]
        }
        Kind::Names { name, of, .. } => samples(of).into_iter().map(|v| json!({ name.example: v })).collect(),
        Kind::List { of, .. } => samples(of).into_iter().map(|value| json!([value])).collect(),
        Kind::OneOrMore { of, .. } if let Kind::Choice(words) = **of => vec![json!(words[0]), json!(words)],
        Kind::OneOrMore { of, .. } => samples(of).into_iter().flat_map(|v| [v.clone(), json!([v])]).collect(),
        Kind::Either(one, other) => [samples(one), samples(other)].concat(),
    }
}

/// Leaves only: a group is set by setting what is in it.
fn is_leaf(key: &Key) -> bool {
    key.kind.keys().is_empty() || matches!(key.kind, Kind::Either(..))
}

#[test]
fn every_key_reaches_the_platform_and_a_change_of_it_is_seen() {
    let before = read(&base());
    let mut seen = 0;
    each_key(&keys::all(), &[], None, &mut |path, key, effect| {
        if !is_leaf(key) {
            return;
        }
        let dotted = path.join(".");
        let after: Vec<Platform> =
            samples(&key.kind).into_iter().map(|value| read(&with(base(), path, value))).collect();
        let Some(after) = after.iter().find(|after| **after != before) else {
            panic!("{dotted} changes nothing")
        };
        let changes = diff(&before, after);
        assert!(!changes.is_empty(), "a change of {dotted} is not seen");
        assert_eq!(diff(after, after), [], "{dotted} differs from itself");
        assert!(changes.iter().any(|change| Some(change.effect) == effect), "{dotted}: {changes:?}");
        seen += 1;
    });
    assert!(seen > 200, "only {seen} keys");
}

/// Calls `visit` with each part of the schema that has a pattern and examples of what fits it.
fn each_pattern(schema: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    match schema {
        Value::Object(map) => {
            if let (Some(pattern), Some(examples)) = (schema["pattern"].as_str(), map.get("examples")) {
                visit(pattern, examples);
            }
            map.values().for_each(|inner| each_pattern(inner, visit));
        }
        Value::Array(items) => items.iter().for_each(|inner| each_pattern(inner, visit)),
        _ => {}
    }
}

#[test]
fn what_editors_are_told_fits_their_own_examples() {
    let mut seen = 0;
    each_pattern(&crate::schema(), &mut |pattern, examples| {
        let regex = regex::Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        for example in examples.as_array().unwrap().iter().filter_map(Value::as_str) {
            assert!(regex.is_match(example), "{pattern} does not fit {example}");
            seen += 1;
        }
    });
    assert!(seen > 200, "only {seen} examples");
}

#[test]
fn writing_each_default_out_changes_nothing() {
    let mut seen = 0;
    let mut bare = base();
    bare["gateway"].as_object_mut().unwrap().remove("listen");
    each_key(&keys::all(), &[], None, &mut |path, key, _| {
        if let Default::Value(default) = &key.default {
            let file = with(bare.clone(), path, default.clone());
            assert_eq!(read(&without(&file, path)), read(&file), "{}: {default}", path.join("."));
            seen += 1;
        }
    });
    assert!(seen > 80, "only {seen} defaults");
}

#[test]
fn what_is_written_reads_back() {
    each_key(&keys::all(), &[], None, &mut |path, key, _| {
        for value in samples(&key.kind).into_iter().filter(|_| is_leaf(key)) {
            let platform = read(&with(base(), path, value));
            let again = read(&without_nulls(write::platform(&platform)));
            assert_eq!(again, platform, "{}", path.join("."));
        }
    });
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            map.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, without_nulls(v))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

#[test]
fn a_change_says_what_it_was_and_is_and_causes() {
    let before = json!({
        "services": {
            "booking": { "exec": ["b"], "env": { "PASSWORD": "old", "GONE": "1" }, "scale": { "min": 2 } },
            "old": { "exec": ["old"] },
        },
        "routes": [{ "match": { "path": "/a" }, "to": "booking" }, { "match": { "path": "/b" }, "to": "old" }],
    });
    let after = json!({
        "gateway": { "listen": "0.0.0.0:80", "tls": { "listen": "0.0.0.0:443", "certificates": [{ "cert": "a", "key": "b" }] } },
        "services": {
            "booking": { "exec": ["b", "-v"], "env": { "PASSWORD": "new" }, "scale": { "min": 3 }, "drain": "5s", "port": 9000 },
            "new": { "exec": ["new"] },
        },
        "routes": [
            { "match": { "path": "/c" }, "to": "new" },
            { "match": { "path": "/a" }, "to": [{ "service": "booking", "weight": 9 }, { "service": "new" }], "timeout": "5s" },
        ],
    });
    // A fixed port and several instances exclude each other; what is compared are platforms, not files.
    let mut after = after;
    after["services"]["booking"]["scale"]["min"] = json!(1);
    let text: Vec<String> = diff(&read(&before), &read(&after)).iter().map(ToString::to_string).collect();
    let expected = r#"gateway.listen: ["0.0.0.0:8080"] → ["0.0.0.0:80"] (the gateway is replaced, without dropping a connection)
gateway.tls: added, {"listen":["0.0.0.0:443"],"certificates":[{"cert":"/srv/portal/a","key":"/srv/portal/b"}]} (the gateway is replaced, without dropping a connection)
services.booking.exec: ["b"] → ["b", "-v"] (a new revision is rolled out)
services.booking.env.GONE: removed, was (not shown) (a new revision is rolled out)
services.booking.env.PASSWORD: (not shown) → (not shown) (a new revision is rolled out)
services.booking.port: added, 9000 (a new revision is rolled out)
services.booking.drain: 30s → 5s (nothing that runs changes)
services.booking.scale.min: 2 → 1 (instances are added or removed)
services.booking.scale.max: 2 → 1 (instances are added or removed)
services.new: added, ["new"] (its instances start)
services.old: removed, was ["old"] (its instances are drained and stopped)
routes[/a].to: booking → [booking (9), new (1)] (routing only)
routes[/a].timeout: added, 5s (routing only)
routes[/b]: removed, was to old (routing only)
routes[/c]: added, to new (routing only)"#;
    assert_eq!(text.join("\n"), expected);
}

/// Texts that look like a naru.yaml, so that more than the first step of reading is reached.
fn lines() -> impl Strategy<Value = String> {
    let words = "platform|pool|gateway|services|routes|web|exec|scale|min|max|match|host|path|to|env|tls|listen|functions";
    let value = r#"|\[web\]|"x|\{|\}|\[|\]|-1|5s|8Mi|50%|a\.kr|/a/\*\*|web|true|~|&a|\*a|!t|\||>|'|\t|예약|99999999999999999999|0\.5|127\.0\.0\.1:80"#;
    prop::collection::vec((0usize..5, prop::bool::ANY, words, value), 0..25).prop_map(|lines| {
        let line = |(depth, item, key, value): (usize, bool, String, String)| {
            format!("{}{}{key}: {value}\n", "  ".repeat(depth), if item { "- " } else { "" })
        };
        lines.into_iter().map(line).collect()
    })
}

fn read_or_refuse(text: &str) {
    match parse("f", text, Path::new("/f"), MACHINE) {
        Ok(platform) => assert!(!platform.services.is_empty()),
        Err(report) => {
            assert!(!report.problems.is_empty() && !report.to_string().is_empty());
            let lines = text.lines().count().max(1);
            for problem in report.problems {
                // The end of the text may be the first column of a line after the last.
                assert!((1..=lines + 1).contains(&problem.line) && problem.column >= 1, "{problem:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        read_or_refuse(&text);
    }

    #[test]
    fn any_text_of_yaml_characters_is_read_or_refused(text in r#"[a-c0-2:\-,\[\]{}#&*!|>'"%@` \n\t]{0,60}"#) {
        read_or_refuse(&text);
    }

    #[test]
    fn any_lines_of_known_words_are_read_or_refused(text in lines()) {
        read_or_refuse(&text);
    }

    #[test]
    fn a_broken_good_file_is_read_or_refused(cut in 0usize..700, put in any::<char>()) {
        let mut text = serde_json::to_string_pretty(&base()).unwrap();
        let at = text.floor_char_boundary(cut);
        text.insert(at, put);
        read_or_refuse(&text);
    }
}

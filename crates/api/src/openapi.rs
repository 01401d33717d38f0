//! The OpenAPI document: made from the handlers, and the one place that says which role each of them needs.
//!
//! A handler's `security` names a role; [`Rules`] reads it back out of the document, and the gate lets nobody in who has
//! less. An operation without a role is for admins, so that one that is forgotten is closed. Source: OpenAPI 3.1.0, "Security
//! Requirement Object": for schemes other than OAuth 2 the list holds role names.

use std::collections::BTreeMap;

use http::Method;
use naru_model::access::Role;
use serde_json::{Map, Value, json};
use utoipa::PartialSchema;

use crate::problem::{MEDIA_TYPE, Problem};
use crate::router;
use crate::shape::Shape;

/// Under which a browser's cookie stands in the document.
const COOKIE_SCHEME: &str = "session";
/// Under which a token stands in it; what handlers name.
const TOKEN_SCHEME: &str = "token";
/// Says of an operation that takes a body that it changes nothing all the same.
const KEEPS_NOTHING: &str = "x-naru-keeps-nothing";
/// What texts that have a parser of their own look like, by the parameter's name.
const PATTERNS: [(&str, &str); 2] = [
    (
        "subject",
        "^(all|host|(service|function|caller):(?=.{1,40}$)[a-z][a-z0-9]*(-[a-z0-9]+)*|revision:(?=[^/]{1,40}/)[a-z][a-z0-9]*(-[a-z0-9]+)*/[0-9]{1,9}|instance:(?=.{1,40}-[0-9]{1,9}-[0-9]{1,9}$)[a-z][a-z0-9]*(-[a-z0-9]+)*-[0-9]{1,9}-[0-9]{1,9}|route:.+)$",
    ),
    (
        "by",
        "^(caller|address|service|function|route|method|status|hour)(,(caller|address|service|function|route|method|status|hour)){0,2}$",
    ),
];
const TAGS: [(&str, &str); 15] = [
    ("status", "How the platform is at this moment, and what happened"),
    ("services", "Services, their revisions and their logs, and what people want of them"),
    ("figures", "Figures over time, the T-Map and single transactions"),
    ("alerts", "What is watched and what was found, why, and who is told"),
    ("reports", "What each day, week and month came to, beside what was promised"),
    ("metrics", "What services, their JVMs and the machine measure of themselves"),
    ("traces", "Traces and log lines that services send, and who calls whom"),
    ("apis", "What the platform offers: its routes and links, and what is done to their calls"),
    ("clients", "Who calls: clients, their keys and secrets"),
    ("jobs", "Calls that are answered later, and those that were given up"),
    ("assessments", "Whether systems are worth moving, which first, and what they should become"),
    ("platform", "naru itself: checking a file, stopping, upgrading"),
    ("access", "Tokens of operators and the sessions of browsers"),
    ("audit", "Every change that somebody asked for"),
    ("machines", "For load balancers, for Prometheus, and for programs that read this document"),
];

/// Writes the whole document.
pub fn document() -> Value {
    document_of(router::operations().into_openapi())
}

pub(crate) fn document_of(made: utoipa::openapi::OpenApi) -> Value {
    let mut document = serde_json::to_value(made).expect("a document is plain structs with string keys");
    document["info"] = json!({
        "title": "naru",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "What a running naru shows, and what operators may ask of it",
        "description": "Times are seconds or microseconds since 1970-01-01T00:00:00Z, as each field says. An error is a problem document (RFC 9457). Paths that begin with /v1 keep their meaning within a major version; fields may be added to answers.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    });
    document["servers"] = json!([{"url": "/", "description": "This naru"}]);
    document["tags"] =
        TAGS.iter().map(|(name, description)| json!({"name": name, "description": description})).collect();
    document["components"]["securitySchemes"] = json!({
        TOKEN_SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "description": "A token; its role is viewer, operator or admin. Each may all that the one before may. The Unix socket needs none.",
        },
        COOKIE_SCHEME: {
            "type": "apiKey",
            "in": "cookie",
            "name": crate::auth::COOKIE_NAME,
            "description": "What POST /v1/session gives a browser. A request that changes something needs the header X-Naru-Console: 1 or this server's Origin as well.",
        },
    });
    let problem =
        serde_json::to_value(Problem::schema()).expect("a schema is plain structs with string keys");
    document["components"]["schemas"]["Problem"] = problem;
    document["components"]["responses"] = json!({
        "Problem": {
            "description": "What went wrong, in words",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    });
    say_how_large(&mut document);
    say_what_amounts_are(&mut document);
    say_what_choices_are(&mut document);
    let known = document["components"]["schemas"].clone();
    for operation in operations_of(&mut document) {
        complete(operation);
        say_what_parameters_are(operation, &known);
        say_what_streams_are(operation);
        if let Some(body) = operation.get_mut("requestBody") {
            body["required"] = json!(!may_be_left_out(body, &known));
        }
    }
    document
}

/// Adds what holds for every operation: its problems, and that a cookie does as well as a token.
fn complete(operation: &mut Map<String, Value>) {
    let roles = operation.get("security").and_then(|security| security.pointer("/0/token")).cloned();
    if let Some(roles) = &roles {
        operation.insert("security".to_owned(), json!([{TOKEN_SCHEME: roles}, {COOKIE_SCHEME: roles}]));
    }
    let Some(answers) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    let problem = |description: &str| {
        json!({
            "description": description,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        })
    };
    for (status, answer) in answers.iter_mut() {
        let failed = status.starts_with(['4', '5']) && answer.get("content").is_none();
        if let Some(description) = answer["description"].as_str().filter(|_| failed) {
            *answer = problem(description);
        }
    }
    if roles.is_some() {
        answers.insert(
            "401".to_owned(),
            problem("no token was shown, or one that is unknown, revoked or expired"),
        );
        answers.insert(
            "403".to_owned(),
            problem("the token's role does not allow this; the detail says which one does"),
        );
        answers.insert(
            "429".to_owned(),
            problem("too many wrong tokens came from this address; wait for Retry-After seconds"),
        );
    }
    answers.insert("default".to_owned(), json!({"$ref": "#/components/responses/Problem"}));
    answers.sort_keys();
}

/// What is never below 0 goes up to twice what a signed number of its size does.
fn say_how_large(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let of = if fields.get("minimum") == Some(&json!(0)) { fields.get("format") } else { None };
            let (format, most) = match of.and_then(Value::as_str) {
                Some("int32") => ("uint32", u64::from(u32::MAX)),
                Some("int64") => ("uint64", u64::MAX),
                _ => return fields.values_mut().for_each(say_how_large),
            };
            fields.insert("format".to_owned(), json!(format));
            fields.entry("maximum").or_insert(json!(most));
        }
        Value::Array(items) => items.iter_mut().for_each(say_how_large),
        _ => {}
    }
}

/// Amounts that are one number in JSON, whatever their field is called in the code.
const AMOUNTS: [&str; 2] = ["Cpu", "Rate"];

fn say_what_amounts_are(document: &mut Value) {
    for name in AMOUNTS {
        let Some(schema) = document.pointer_mut(&format!("/components/schemas/{name}")) else { continue };
        let number = schema["properties"].as_object().and_then(|fields| fields.values().next()).cloned();
        if let Some(mut number) = number {
            number["description"] = schema["description"].take();
            *schema = number;
        }
    }
}

/// What is one of several and named by its only field has no other field.
fn say_what_choices_are(document: &mut Value) {
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    let choices =
        schemas.into_iter().flatten().filter_map(|(_, schema)| schema.get_mut("oneOf")?.as_array_mut());
    for choice in choices.flatten() {
        let names: Vec<&String> =
            choice["properties"].as_object().into_iter().flat_map(|fields| fields.keys()).collect();
        if names.len() == 1 && choice["required"] == json!(names) {
            choice["additionalProperties"] = json!(false);
        }
    }
}

/// Each server-sent event has its object as text in `data`, and some have an `id`.
fn say_what_streams_are(operation: &mut Map<String, Value>) {
    let answers = operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten();
    for (_, answer) in answers {
        let Some(schema) = answer.pointer_mut("/content/text~1event-stream/schema") else { continue };
        *schema = json!({
            "type": "object",
            "required": ["data"],
            "properties": {
                "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": schema.take()},
                "id": {"type": "string"},
            },
        });
    }
}

/// A parameter that is not given is left out and never `null`; and texts that are read by a parser have its pattern.
fn say_what_parameters_are(operation: &mut Map<String, Value>, schemas: &Value) {
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        let schema = &mut parameter["schema"];
        if let Some(of) = schema["type"].as_array().and_then(|types| types.iter().find(|of| *of != "null")) {
            schema["type"] = of.clone();
        }
        let words = || {
            let words = schemas["Kind"]["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let word = words.collect::<Vec<_>>().join("|");
            format!("^({word})(,({word}))*$")
        };
        let known = PATTERNS.iter().find(|(of, _)| *of == name).map(|(_, pattern)| (*pattern).to_owned());
        if let Some(pattern) = known.or_else(|| {
            (name == "kind" && schema["type"] == "string" && schema.get("enum").is_none()).then(words)
        }) {
            schema["pattern"] = json!(pattern);
        }
    }
}

/// No body at all is `{}`, which is enough where no field must be given.
fn may_be_left_out(body: &Value, schemas: &Value) -> bool {
    let reference = body.pointer("/content/application~1json/schema/$ref").and_then(Value::as_str);
    let name = reference.and_then(|reference| reference.rsplit('/').next()).unwrap_or_default();
    schemas.get(name).is_some_and(|schema| schema.get("required").is_none())
}

fn operations_of(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut());
    paths.filter_map(Value::as_object_mut).flat_map(|item| item.values_mut()).filter_map(Value::as_object_mut)
}

/// What an operation needs and is called.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// `None`: open to everybody.
    pub(crate) role: Option<Role>,
    /// The operation's id.
    pub(crate) action: String,
    /// It answers a question, however it is asked: the audit has nothing of it, and whoever goes away ends it.
    pub(crate) keeps_nothing: bool,
    /// What its body must look like.
    pub(crate) body: Option<Shape>,
}

/// Every operation's rule, by method and by the path as it is written in the document.
#[derive(Debug)]
pub(crate) struct Rules(BTreeMap<(String, String), Rule>);

impl Rules {
    pub(crate) fn of(document: &Value) -> Rules {
        let mut rules = BTreeMap::new();
        let paths = document["paths"].as_object();
        for (path, item) in paths.into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let action = operation["operationId"].as_str().unwrap_or_default().to_owned();
                let body = Shape::of(operation, document);
                let keeps_nothing = operation[KEEPS_NOTHING] == json!(true);
                let rule = Rule { role: role_of(&operation["security"]), action, keeps_nothing, body };
                rules.insert((method.to_uppercase(), path.clone()), rule);
            }
        }
        Rules(rules)
    }

    pub(crate) fn find(&self, method: &Method, path: &str) -> Option<&Rule> {
        let method = if method == Method::HEAD { Method::GET } else { method.clone() };
        self.0.get(&(method.to_string(), path.to_owned()))
    }
}

/// `[{}]` is open; `[{"token": ["viewer"]}, ...]` is for viewers and up; anything else is for admins.
fn role_of(security: &Value) -> Option<Role> {
    let first = &security[0];
    if first.as_object().is_some_and(Map::is_empty) {
        return None;
    }
    let named = first[TOKEN_SCHEME][0].clone();
    Some(serde_json::from_value(named).unwrap_or(Role::Admin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_of_a_role_is_for_admins() {
        assert_eq!(role_of(&Value::Null), Some(Role::Admin));
        assert_eq!(role_of(&json!([])), Some(Role::Admin));
        assert_eq!(role_of(&json!([{"token": []}])), Some(Role::Admin));
        assert_eq!(role_of(&json!([{"token": ["owner"]}])), Some(Role::Admin));
        assert_eq!(role_of(&json!([{"token": ["viewer"]}])), Some(Role::Viewer));
        assert_eq!(role_of(&json!([{}])), None);
    }
}

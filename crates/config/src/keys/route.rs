//! The keys of a route in `routes`, and of a function below `functions`.

use naru_model::platform::{Function, Target};
use serde_json::json;

use super::limit::{self, PRIORITIES};
use super::{auth, list, policy, report, some_time, text};
use crate::format;
use crate::shape::{Default, Effect, Key, Kind, Text};

pub(super) fn keys() -> Vec<Key> {
    let target = vec![
        Key::new(
            "service",
            text(format::SERVICE_REFERENCE),
            Default::Required,
            "Who gets a share of the requests.",
        ),
        Key::new(
            "weight",
            Kind::Whole { least: 0, most: 1_000_000 },
            json!(Target::WEIGHT),
            "Its share, in proportion to the weights of the others; 0 sends nothing.",
        ),
    ];
    let targets =
        Kind::Either(Box::new(text(format::SERVICE_REFERENCE)), Box::new(list(1, Kind::Keys(target))));
    let mut keys = vec![
        Key::new(
            "match",
            Kind::Keys(matches()),
            "any request",
            "What a request must be; all that is given must hold.",
        ),
        Key::new(
            "to",
            targets,
            Default::Required,
            "The service that gets the requests, or a list of services with weights.",
        ),
        Key::new(
            "function",
            text(format::FUNCTION_REFERENCE),
            "none",
            "The business function that these requests are counted for.",
        ),
        Key::new(
            "timeout",
            some_time(),
            "none, so that streams may last",
            "From a request's first byte to its response's last; longer is answered 504, or cut.",
        ),
        Key::new(
            "auth",
            auth::kind(),
            "as `access.default` says",
            "Who may: all that is given must hold, and what is denied wins. `anyone`: everybody, also where the default is to deny.",
        ),
        Key::new("limits", limit::limits(), "none", "How much may be asked of it."),
        Key::new(
            "priority",
            Kind::Choice(&PRIORITIES),
            "`normal`",
            "Which requests go first when not all can; a client's own priority goes before it.",
        ),
    ];
    keys.extend(policy::keys());
    keys
}

fn matches() -> Vec<Key> {
    let conditions = |name: Text| Kind::Names { name, least: 1, of: Box::new(Kind::Condition) };
    vec![
        Key::new(
            "host",
            text(format::HOST),
            "any host",
            "The host without its port. `*.example.go.kr` is any name below it.",
        ),
        Key::new(
            "path",
            text(format::PATH),
            "any path",
            "`/booking` is itself alone, `/booking/**` it and all below, `/a/*/c` has any one segment in the middle.",
        ),
        Key::new("method", text(format::METHOD), "any method", "One method."),
        Key::new(
            "methods",
            list(1, text(format::METHOD)),
            "any method",
            "Several methods, in place of `method`.",
        ),
        Key::new(
            "headers",
            conditions(format::HEADER),
            "any",
            "Header fields and the exact value each must have, or `true` for any value.",
        ),
        Key::new(
            "query",
            conditions(format::PARAMETER),
            "any",
            "Query parameters and the exact value each must have, or `true` for any value.",
        ),
    ]
}

pub(super) fn function() -> Vec<Key> {
    let languages = vec![
        Key::new("ko", text(format::TITLE), "the other language's", "In Korean."),
        Key::new("en", text(format::TITLE), "the other language's", "In English."),
    ];
    let name = Kind::Either(Box::new(text(format::TITLE)), Box::new(Kind::Keys(languages)));
    vec![
        Key::new("name", name, "the function's key", "What people call it, in one language or both."),
        Key::new("owner", text(format::OWNER), "none", "Whom to tell; an e-mail address by habit."),
        Key::new(
            "apdex_t",
            some_time(),
            Function::APDEX_T,
            "The response time that still satisfies its users (Apdex T).",
        ),
        Key::new(
            "goal",
            Kind::Keys(report::goal()),
            "that of reports",
            "What was promised of the function; reports tell what became of it.",
        )
        .causes(Effect::Nothing),
    ]
}

//! The keys below `notices`: the channels, and how much they are told at once.

use naru_model::alert::Notices;
use naru_model::units::format_duration;
use serde_json::json;

use super::{alert, any_time, names, one_or_more, text};
use crate::format;
use crate::shape::{Default, Key, Kind};

/// Of webhooks; the first is the default.
pub(super) const SHAPES: &[&str] = &["json", "slack", "teams", "mattermost"];
/// Of SMTP; the first is the default.
pub(super) const TLS: &[&str] = &["offered", "required", "always", "never"];

pub(super) fn keys() -> Vec<Key> {
    let d = Notices::default();
    vec![
        Key::new(
            "channels",
            names(format::CHANNEL, Kind::Keys(channel())),
            "none",
            "Ways out, each under its name and with one of `email`, `webhook` and `sms`.",
        ),
        Key::new("smtp", Kind::Keys(smtp()), "no e-mail", "The mail server that e-mail goes through."),
        Key::new("gather", any_time(), d.gather, "How long causes are gathered into one message."),
        Key::new(
            "escalate_after",
            any_time(),
            json!(d.escalate_after.map_or_else(|| "0s".to_owned(), format_duration)),
            "After how long without an acknowledgement of a critical alert its function's `owner` is told by e-mail; `0s`: never.",
        ),
        Key::new(
            "escalate_warnings_after",
            any_time(),
            json!(d.escalate_warnings_after.map_or_else(|| "0s".to_owned(), format_duration)),
            "The same of a warning that lasts; `0s`: never.",
        ),
        Key::new("language", Kind::Choice(&["ko", "en"]), json!(d.language), "The language of messages."),
    ]
}

fn channel() -> Vec<Key> {
    vec![
        Key::new("email", one_or_more(text(format::EMAIL)), "no e-mail", "Who gets an e-mail."),
        Key::new(
            "webhook",
            text(format::NOTICE_URL),
            "no webhook",
            "Where a message is posted. `{env:NAME}` stands for a variable of naru's environment: the address of a webhook is a secret.",
        )
        .secret(),
        Key::new(
            "shape",
            Kind::Choice(SHAPES),
            json!(SHAPES[0]),
            "How the webhook wants it: as that product does, or naru's own JSON.",
        ),
        Key::new("sms", Kind::Keys(sms()), "no SMS", "An SMS gateway by HTTP, asked once per number."),
        alert::severity("The least that is told here."),
    ]
}

fn sms() -> Vec<Key> {
    vec![
        Key::new(
            "url",
            text(format::NOTICE_URL),
            Default::Required,
            "Its address. `{text}` and `{to}` stand for message and number, `{env:NAME}` for a variable of naru's environment.",
        )
        .secret(),
        Key::new("method", Kind::Choice(&["POST", "GET"]), json!("POST"), "How it is asked."),
        Key::new(
            "headers",
            Kind::Names { name: format::HEADER, least: 0, of: Box::new(text(format::VALUE)) },
            "none",
            "Header fields, with the same places; `Content-Type` says how `{text}` and `{to}` are written in `body`.",
        )
        .secret(),
        Key::new("body", text(format::BODY), "empty", "What is sent, with the same places.").secret(),
        Key::new("to", one_or_more(text(format::PHONE)), Default::Required, "The numbers."),
    ]
}

fn smtp() -> Vec<Key> {
    vec![
        Key::new("host", text(format::MAIL_HOST), Default::Required, "The mail server."),
        Key::new(
            "port",
            Kind::Whole { least: 1, most: 65_535 },
            "25, or 465 with `tls: always`",
            "Its port.",
        ),
        Key::new("from", text(format::EMAIL), Default::Required, "Whom messages come from."),
        Key::new(
            "tls",
            Kind::Choice(TLS),
            json!(TLS[0]),
            "Whether the connection is encrypted: by STARTTLS when the server `offered` it, `required` or not at all, `always` from the first byte, `never`.",
        ),
        Key::new("user", text(format::VALUE), "none", "With whose name to log in."),
        Key::new(
            "password_env",
            text(format::VARIABLE),
            "none",
            "The variable of naru's environment that has the password.",
        ),
    ]
}

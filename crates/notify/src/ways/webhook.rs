//! Webhooks, in the shapes that products take.
//!
//! Sources: Slack, "Sending messages using incoming webhooks"; Mattermost, "Incoming webhooks"; Microsoft Teams, "Create an
//! Incoming Webhook" and the Adaptive Card schema 1.4.

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method};
use naru_model::alert::{NoticeState, Reason, Severity, Shape};
use naru_model::watch::Outgoing;
use serde_json::{Value, json};

use super::fill::{Encoding, Filling, fill};
use super::post;
use crate::Environment;

/// Characters that Slack takes in one text.
const LONGEST: usize = 39_000;

pub(super) async fn send(
    outgoing: &Outgoing,
    url: &str,
    shape: Shape,
    platform: &str,
    environment: &Environment,
) -> Result<(), String> {
    let filling = Filling { text: &outgoing.notice.subject, to: "", environment };
    let url = fill(url, filling, Encoding::Percent)?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    post::request(Method::POST, &url, headers, body(outgoing, shape, platform).to_string()).await
}

fn body(outgoing: &Outgoing, shape: Shape, platform: &str) -> Value {
    let notice = &outgoing.notice;
    let text: String = notice.text.chars().take(LONGEST).collect();
    match shape {
        // Angle brackets and ampersands are links and entities to it.
        Shape::Slack => json!({ "text": format!("*{}*\n{}", escaped(&notice.subject), escaped(&text)) }),
        Shape::Mattermost => json!({
            "username": "naru",
            "text": format!("#### {}\n```\n{text}\n```", notice.subject),
        }),
        Shape::Teams => json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [
                        { "type": "TextBlock", "text": notice.subject, "weight": "Bolder", "wrap": true, "color": colour(outgoing) },
                        { "type": "TextBlock", "text": text.replace('\n', "\n\n"), "wrap": true },
                    ],
                },
            }],
        }),
        Shape::Json => {
            let mut notice = notice.clone();
            // It is on its way, whatever becomes of it.
            (notice.state, notice.error) = (NoticeState::Waiting, None);
            json!({ "platform": platform, "notice": notice, "alerts": outgoing.worst })
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn colour(outgoing: &Outgoing) -> &'static str {
    match outgoing.notice.reason {
        Reason::Resolved => "good",
        Reason::Trial | Reason::Report => "default",
        _ if outgoing.worst.iter().any(|alert| alert.severity == Severity::Critical) => "attention",
        _ => "warning",
    }
}

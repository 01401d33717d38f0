//! SMS gateways by HTTP: one request per number, made of templates.

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use naru_model::watch::Outgoing;

use super::fill::{Encoding, Filling, fill};
use super::post;
use crate::Environment;

/// Characters of a message; what is longer is told by e-mail and in the console.
const LONGEST: usize = 300;

/// As the file has it.
pub(super) struct Gateway<'a> {
    pub(super) url: &'a str,
    pub(super) method: &'a str,
    pub(super) headers: &'a [(String, String)],
    pub(super) body: &'a str,
}

/// Sends to each number. One that failed has all of them sent again: better twice than not.
pub(super) async fn send(
    outgoing: &Outgoing,
    gateway: &Gateway<'_>,
    to: &[String],
    environment: &Environment,
) -> Result<(), String> {
    let text: String = outgoing.notice.subject.chars().take(LONGEST).collect();
    for number in to {
        one(gateway, Filling { text: &text, to: number, environment }).await?;
    }
    Ok(())
}

async fn one(gateway: &Gateway<'_>, filling: Filling<'_>) -> Result<(), String> {
    let method: Method = gateway.method.parse().map_err(|_| "the method is none".to_owned())?;
    let url = fill(gateway.url, filling, Encoding::Percent)?;
    let mut headers = HeaderMap::new();
    for (name, value) in gateway.headers {
        let value = fill(value, filling, Encoding::Plain)?;
        let name: HeaderName = name.parse().map_err(|_| format!("{name} is no header's name"))?;
        let value = HeaderValue::from_str(&value).map_err(|_| format!("the value of {name} is none"))?;
        headers.insert(name, value);
    }
    let body = fill(gateway.body, filling, encoding_of(&headers))?;
    post::request(method, &url, headers, body).await
}

fn encoding_of(headers: &HeaderMap) -> Encoding {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match media_type.split(';').next().unwrap_or_default().trim() {
        "application/x-www-form-urlencoded" => Encoding::Percent,
        of if of.ends_with("json") => Encoding::Json,
        _ => Encoding::Plain,
    }
}

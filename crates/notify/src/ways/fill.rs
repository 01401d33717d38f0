//! `{text}`, `{to}` and `{env:NAME}` in URLs, header fields and bodies.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::Environment;

/// How what is put in must be written where it is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Of URLs, and of forms.
    Percent,
    /// Within a JSON text.
    Json,
    Plain,
}

/// What the places stand for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filling<'a> {
    pub(crate) text: &'a str,
    pub(crate) to: &'a str,
    pub(crate) environment: &'a Environment,
}

/// Fills a template in.
///
/// # Errors
/// A variable is not in the environment.
pub(crate) fn fill(template: &str, filling: Filling<'_>, encoding: Encoding) -> Result<String, String> {
    let (mut filled, mut rest) = (String::with_capacity(template.len()), template);
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let place =
            after.split_once('}').and_then(|(place, after)| Some((of(place, filling, encoding)?, after)));
        match place {
            Some((value, after)) => {
                filled.push_str(&value?);
                rest = after;
            }
            // The brace of a JSON text is a brace.
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

/// `None`: it is no place.
fn of(place: &str, filling: Filling<'_>, encoding: Encoding) -> Option<Result<String, String>> {
    match place {
        "text" => Some(Ok(encode(filling.text, encoding))),
        "to" => Some(Ok(encode(filling.to, encoding))),
        _ => {
            let name = place.strip_prefix("env:")?;
            let value = filling.environment.get(name).cloned();
            // As it is: it may be a whole URL.
            Some(value.ok_or_else(|| format!("naru's environment has no variable {name}")))
        }
    }
}

fn encode(value: &str, encoding: Encoding) -> String {
    match encoding {
        Encoding::Percent => utf8_percent_encode(value, NON_ALPHANUMERIC).to_string(),
        Encoding::Json => {
            let quoted = serde_json::Value::from(value).to_string();
            quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned()
        }
        Encoding::Plain => value.to_owned(),
    }
}

/// The host of a URL, which is no secret.
pub(crate) fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('{') {
        return "a URL of the environment".to_owned();
    }
    authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_in_as_where_they_stand_wants_it() {
        let environment = Environment::from([("KEY".to_owned(), "s3cret".to_owned())]);
        let filling = Filling { text: "서버 \"a\" & b", to: "010-1234", environment: &environment };
        let filled = |template: &str, encoding| fill(template, filling, encoding);
        assert_eq!(
            filled("https://s.kr/{env:KEY}?to={to}&m={text}", Encoding::Percent).as_deref(),
            Ok("https://s.kr/s3cret?to=010%2D1234&m=%EC%84%9C%EB%B2%84%20%22a%22%20%26%20b")
        );
        assert_eq!(
            filled(r#"{"to":"{to}","text":"{text}"}"#, Encoding::Json).as_deref(),
            Ok(r#"{"to":"010-1234","text":"서버 \"a\" & b"}"#)
        );
        assert_eq!(filled("{", Encoding::Plain).as_deref(), Ok("{"));
        assert!(filled("{env:NO}", Encoding::Plain).is_err_and(|error| error.contains("NO")));
    }

    #[test]
    fn of_a_url_the_host_alone_is_shown() {
        assert_eq!(host("https://hooks.slack.com/services/T0/B0/XYZ"), "hooks.slack.com");
        assert_eq!(host("http://user:pass@h.kr:8080/?key=1"), "h.kr:8080");
        assert_eq!(host("{env:SLACK_URL}"), "a URL of the environment");
    }
}

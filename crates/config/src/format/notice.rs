//! What watching and telling is made of: items, what they watch and when, addresses of people, URLs with places to fill in.

use naru_model::alert::Watched;
use naru_model::metric::Owner;

use super::{Checked, url};
use crate::report::{Refusal, shown};

pub(super) fn condition(text: &str) -> Checked {
    crate::watched::parse(text).map(|_| ())
}

pub(super) fn watched(text: &str) -> Checked {
    text.parse::<Watched>().map(|_| ()).map_err(|error| Refusal::from_error(&error))
}

pub(super) fn owner(text: &str) -> Checked {
    text.parse::<Owner>().map(|_| ()).map_err(|error| Refusal::from_error(&error))
}

/// An address as people write it; what mail servers take besides is for them to say. Source: RFC 5321 §4.1.2.
pub(super) fn email(text: &str) -> Checked {
    let good = text.rsplit_once('@').is_some_and(|(user, host)| {
        let plain = |c: char| c.is_ascii_graphic() && !"<>(),;:\\\"[]@".contains(c);
        !user.is_empty() && user.len() <= 64 && user.chars().all(plain) && super::http::host(host).is_ok()
    });
    if good {
        return Ok(());
    }
    let what = format!("{} is no e-mail address", shown(text));
    Err(Refusal::new(what, "write it as ops@example.go.kr"))
}

/// A URL in which `{text}`, `{to}` and `{env:NAME}` stand for something.
pub(super) fn filled_in(text: &str) -> Checked {
    let Some(plain) = without_places(text) else {
        let what = format!("{} has a place that nobody fills in", shown(text));
        return Err(Refusal::new(what, "the places are {text}, {to} and {env:NAME}"));
    };
    if plain == "x" && text.starts_with("{env:") {
        return Ok(());
    }
    url::any(&plain)
}

/// The URL with a letter in each place; `None` when it has one that is not known.
fn without_places(text: &str) -> Option<String> {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        let (place, after) = after.split_once('}')?;
        let known = matches!(place, "text" | "to")
            || place.strip_prefix("env:").is_some_and(|name| !name.is_empty() && !name.contains(['=', '{']));
        if !known {
            return None;
        }
        plain.push_str(before);
        plain.push('x');
        rest = after;
    }
    plain.push_str(rest);
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all_bad, all_good};
    use super::*;

    #[test]
    fn addresses_of_people() {
        all_good(email, &["ops@example.go.kr", "a.b+c@localhost", "x_y@mail.example.com"]);
        all_bad(
            email,
            &["", "ops", "@example.go.kr", "ops@", "a b@c.kr", "Kim <k@c.kr>", "a@b@c.kr", "a@b,c@d"],
        );
    }

    #[test]
    fn urls_with_places() {
        let good = [
            "https://sms.example.go.kr/send?to={to}&text={text}",
            "{env:SLACK_URL}",
            "https://h.kr/{env:KEY}",
        ];
        all_good(filled_in, &good);
        all_bad(
            filled_in,
            &["", "ftp://a.kr", "https://a.kr/{number}", "https://a.kr/{to", "https://a.kr/{env:}"],
        );
    }
}

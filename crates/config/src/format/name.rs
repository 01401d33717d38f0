//! Names of platforms, services, functions and environment variables.

use naru_model::name::{self, ClientName, FunctionName, LinkName, ServiceName};

use super::{Checked, not_empty};
use crate::report::{Refusal, shown};

pub(super) fn platform(text: &str) -> Checked {
    not_empty(text)?;
    if text.chars().count() > 100 || text.contains(['\n', '\t']) {
        return Err(Refusal::new(
            "the name is too long, or more than one line",
            "write at most 100 characters in one line",
        ));
    }
    Ok(())
}

pub(super) fn service(text: &str) -> Checked {
    text.parse::<ServiceName>().map(|_| ()).map_err(|error| bad_name(text, &error))
}

pub(super) fn function(text: &str) -> Checked {
    text.parse::<FunctionName>().map(|_| ()).map_err(|error| bad_name(text, &error))
}

pub(super) fn client(text: &str) -> Checked {
    text.parse::<ClientName>().map(|_| ()).map_err(|error| bad_name(text, &error))
}

pub(super) fn link(text: &str) -> Checked {
    text.parse::<LinkName>().map(|_| ()).map_err(|error| bad_name(text, &error))
}

fn bad_name(text: &str, error: &name::Error) -> Refusal {
    let meant: String =
        text.to_lowercase().chars().map(|c| if c == '_' || c == ' ' || c == '.' { '-' } else { c }).collect();
    match error {
        name::Error::Empty => Refusal::new("the name is empty", "write a word of a-z, 0-9 and -"),
        name::Error::TooLong(_) => {
            Refusal::new(format!("{} is longer than {} characters", shown(text), name::MAX_LEN), "shorten it")
        }
        name::Error::BadCharacter(_) => {
            let what = format!("{} is no name", shown(text));
            let rule = "a name starts with a letter and holds only a-z, 0-9 and single '-' between them";
            match meant.parse::<ServiceName>() {
                Ok(meant) => Refusal::new(what, format!("did you mean {meant}; {rule}")),
                Err(_) => Refusal::new(what, rule),
            }
        }
    }
}

pub(super) fn variable(text: &str) -> Checked {
    if text.is_empty() || text.contains('=') {
        let what = format!("{} can't be an environment variable's name", shown(text));
        return Err(Refusal::new(what, "write NAME: value, with no = in the name"));
    }
    if text.chars().any(char::is_whitespace) {
        let what = format!("{} has white space in an environment variable's name", shown(text));
        return Err(Refusal::new(what, "remove it"));
    }
    Ok(())
}

/// As it needs no quotes anywhere.
pub(super) fn database(text: &str) -> Checked {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins = text.starts_with(|c: char| plain(c) && !c.is_ascii_digit());
    if begins && text.len() <= 64 && text.chars().all(plain) {
        return Ok(());
    }
    let what = format!("{} is no database's name to use here", shown(text));
    Err(Refusal::new(what, "write at most 64 letters, digits and _, beginning with no digit"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all_bad, all_good};
    use super::*;

    #[test]
    fn names() {
        all_good(variable, &["A", "spring.profiles"]);
        all_bad(variable, &["", "A=B", "A B"]);
        all_good(database, &["naru", "_agency_2"]);
        all_bad(database, &["", "2a", "a b", "a`b", "가", &"a".repeat(65)]);
        all_bad(service, &["", "Booking", "a_b", "1a", &"a".repeat(41)]);
    }
}

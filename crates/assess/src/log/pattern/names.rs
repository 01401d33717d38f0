//! What fields are called: by Apache and Tomcat (`%h`), by nginx (`$remote_addr`), in W3C logs (`c-ip`).

use super::{Error, Field, Part, Piece, TimeFormat, Unit};

/// Reads a pattern as Apache's LogFormat and Tomcat's AccessLogValve write it: its parts, each with how it was written.
pub(super) fn apache(text: &str) -> Result<Vec<(Part, String)>, Error> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if next != '%' {
            literals(&mut parts, &rest[..next.len_utf8()]);
            rest = &rest[next.len_utf8()..];
            continue;
        }
        let from = rest;
        // `>s` is the last status of an internal redirect; `!200,304` limits a field to some.
        rest = rest[1..]
            .trim_start_matches(['>', '<', '!', ','])
            .trim_start_matches(|c: char| c.is_ascii_digit() || c == ',');
        let mut argument = None;
        if let Some((inside, behind)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            (argument, rest) = (Some(inside), behind);
        }
        let letter = rest.chars().next().ok_or_else(|| Error::Unknown(from.to_owned()))?;
        rest = &rest[letter.len_utf8()..];
        let name = from[..from.len() - rest.len()].to_owned();
        match (letter, argument) {
            ('%', _) => literals(&mut parts, "%"),
            // It writes the brackets itself.
            ('t', None) => {
                literals(&mut parts, "[");
                parts.push((Part::Field(Field::Time(TimeFormat::Clf)), name));
                literals(&mut parts, "]");
            }
            _ => parts.push((
                Part::Field(directive(letter, argument).ok_or_else(|| Error::Unknown(name.clone()))?),
                name,
            )),
        }
    }
    Ok(parts)
}

fn literals(parts: &mut Vec<(Part, String)>, text: &str) {
    parts.extend(text.bytes().map(|byte| (Part::Literal(byte), String::new())));
}

fn directive(letter: char, argument: Option<&str>) -> Option<Field> {
    Some(match letter {
        'h' | 'a' => Field::Address,
        'u' => Field::User,
        't' => Field::Time(time(argument?)?),
        'r' => Field::Request,
        's' => Field::Status,
        'b' | 'B' | 'O' => Field::Bytes,
        'm' => Field::Method,
        'U' => Field::Target,
        'T' => Field::Duration(match argument {
            Some("ms") => Unit::Millis,
            Some("us") => Unit::Micros,
            _ => Unit::Seconds,
        }),
        'D' => Field::Duration(Unit::Micros),
        'i' => header(argument?),
        'l' | 'q' | 'H' | 'v' | 'V' | 'p' | 'A' | 'P' | 'X' | 'I' | 'k' | 'L' | 'R' | 'f' | 'F' | 'S'
        | 'o' | 'e' | 'n' | 'C' | 'c' | 'y' | '^' => Field::Skip,
        _ => return None,
    })
}

fn header(name: &str) -> Field {
    match name.to_ascii_lowercase().as_str() {
        "user-agent" => Field::Agent,
        "x-forwarded-for" | "x-real-ip" | "true-client-ip" => Field::Forwarded,
        _ => Field::Skip,
    }
}

/// Reads the format of a time as `%{...}t` has it: strftime's letters, or `sec`, `msec`, `usec`.
fn time(text: &str) -> Option<TimeFormat> {
    let text = text.strip_prefix("begin:").or_else(|| text.strip_prefix("end:")).unwrap_or(text);
    if matches!(text, "sec" | "msec" | "usec") {
        return Some(TimeFormat::Epoch);
    }
    let mut pieces = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            pieces.push(Piece::Literal(u8::try_from(letter).ok()?));
            continue;
        }
        match letters.next()? {
            'Y' => pieces.push(Piece::Year),
            'm' => pieces.push(Piece::Month),
            'b' | 'h' => pieces.push(Piece::MonthName),
            'd' => pieces.push(Piece::Day),
            'H' => pieces.push(Piece::Hour),
            'M' => pieces.push(Piece::Minute),
            'S' => pieces.push(Piece::Second),
            'z' => pieces.push(Piece::Zone),
            'f' | 'N' | 'L' => pieces.push(Piece::Fraction),
            'F' => pieces.extend([
                Piece::Year,
                Piece::Literal(b'-'),
                Piece::Month,
                Piece::Literal(b'-'),
                Piece::Day,
            ]),
            'T' => pieces.extend([
                Piece::Hour,
                Piece::Literal(b':'),
                Piece::Minute,
                Piece::Literal(b':'),
                Piece::Second,
            ]),
            '%' => pieces.push(Piece::Literal(b'%')),
            _ => return None,
        }
    }
    pieces.contains(&Piece::Year).then_some(TimeFormat::Custom(pieces))
}

/// Reads a pattern as nginx' log_format writes it.
pub(super) fn nginx(text: &str) -> Result<Vec<(Part, String)>, Error> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let behind = &rest[next.len_utf8()..];
        if next != '$' {
            literals(&mut parts, &rest[..next.len_utf8()]);
            rest = behind;
            continue;
        }
        let (name, behind) = match behind.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some(split) => split,
            None => behind.split_at(
                behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len()),
            ),
        };
        if name.is_empty() {
            return Err(Error::Unknown(rest.to_owned()));
        }
        rest = behind;
        parts.push((Part::Field(variable(name)), format!("${name}")));
    }
    Ok(parts)
}

/// nginx has hundreds of variables, and modules bring more: one that is not known is passed over.
fn variable(name: &str) -> Field {
    match name {
        "remote_addr" => Field::Address,
        "http_x_forwarded_for" | "http_x_real_ip" | "proxy_add_x_forwarded_for" => Field::Forwarded,
        "remote_user" => Field::User,
        "time_local" => Field::Time(TimeFormat::Clf),
        "time_iso8601" => Field::Time(TimeFormat::Iso),
        "msec" => Field::Time(TimeFormat::Epoch),
        "request" => Field::Request,
        "request_method" => Field::Method,
        "request_uri" | "uri" => Field::Target,
        "status" => Field::Status,
        "body_bytes_sent" | "bytes_sent" => Field::Bytes,
        "http_user_agent" => Field::Agent,
        "request_time" | "upstream_response_time" => Field::Duration(Unit::Seconds),
        _ => Field::Skip,
    }
}

/// A column of a W3C log. IIS writes the time taken in milliseconds.
pub(super) fn w3c(name: &str) -> Field {
    match name.to_ascii_lowercase().as_str() {
        "date" => Field::Date,
        "time" => Field::TimeOfDay,
        "c-ip" => Field::Address,
        "x-forwarded-for" | "cs(x-forwarded-for)" => Field::Forwarded,
        "cs-username" => Field::User,
        "cs-method" => Field::Method,
        "cs-uri-stem" | "cs-uri" => Field::Target,
        "sc-status" => Field::Status,
        "sc-bytes" => Field::Bytes,
        "cs(user-agent)" => Field::Agent,
        "time-taken" => Field::Duration(Unit::Millis),
        _ => Field::Skip,
    }
}

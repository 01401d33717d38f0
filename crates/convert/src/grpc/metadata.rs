//! Header fields as gRPC's metadata, and back.

use std::time::Duration;

use naru_model::message::{Headers, header};

use super::wants_trailers;

/// The largest number that a timeout may have. Source: `TimeoutValue` of PROTOCOL-HTTP2.md: eight digits.
const LARGEST_TIMEOUT: u128 = 99_999_999;

/// What the service is sent: the client's fields without those that speak of the body or of HTTP's own ways.
///
/// `left`: for how long the route lets the request take.
pub(super) fn to_service(mut headers: Headers, left: Option<Duration>) -> Headers {
    set_timeout(&mut headers, left);
    headers.retain(|(name, _)| !is_of_http(name) && (name == "grpc-timeout" || !name.starts_with("grpc-")));
    headers.push(("content-type".to_owned(), "application/grpc".to_owned()));
    headers.push(("grpc-accept-encoding".to_owned(), "identity".to_owned()));
    wants_trailers(&mut headers);
    headers
}

/// What the client gets: metadata of the head and, unless it stands there already, of the end.
pub(super) fn to_client(mut headers: Headers, trailers: &Headers) -> Headers {
    let fits = |name: &str| !is_of_http(name) && !name.starts_with("grpc-");
    headers.retain(|(name, _)| fits(name));
    for field in trailers.iter().filter(|(name, _)| fits(name)) {
        if !headers.contains(field) {
            headers.push(field.clone());
        }
    }
    headers
}

/// Keeps the shorter of what the client and the route allow.
pub(super) fn set_timeout(headers: &mut Headers, left: Option<Duration>) {
    let asked = header(headers, "grpc-timeout").and_then(timeout);
    headers.retain(|(name, _)| name != "grpc-timeout");
    if let Some(timeout) = asked.into_iter().chain(left).min() {
        headers.push(("grpc-timeout".to_owned(), told(timeout)));
    }
}

fn is_of_http(name: &str) -> bool {
    name.starts_with("content-")
        || name.starts_with("accept")
        || name.starts_with("if-")
        || matches!(name, "te" | "trailer" | "expect" | "range" | "digest")
}

fn timeout(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if number.is_empty() || number.len() > 8 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = number.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

/// In milliseconds, or in seconds where these are too many. Never 0, which would end a call before it begins.
fn told(timeout: Duration) -> String {
    match timeout.as_millis() {
        millis @ 0..=LARGEST_TIMEOUT => format!("{}m", millis.max(1)),
        _ => format!("{}S", u128::from(timeout.as_secs()).min(LARGEST_TIMEOUT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(fields: &[(&str, &str)]) -> Headers {
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_shorter_timeout_is_told() {
        let told = |asked: Option<&str>, left: Option<u64>| {
            let mut headers = asked.map(|asked| fields(&[("grpc-timeout", asked)])).unwrap_or_default();
            set_timeout(&mut headers, left.map(Duration::from_millis));
            header(&headers, "grpc-timeout").map(str::to_owned)
        };
        assert_eq!(told(None, None), None);
        assert_eq!(told(None, Some(1500)).as_deref(), Some("1500m"));
        assert_eq!(told(Some("1S"), Some(1500)).as_deref(), Some("1000m"));
        assert_eq!(told(Some("2S"), Some(1500)).as_deref(), Some("1500m"));
        assert_eq!(told(Some("99999999H"), None).as_deref(), Some("99999999S"));
        assert_eq!(told(Some("100n"), None).as_deref(), Some("1m"));
        for nonsense in ["", "S", "1", "-1S", "123456789S", "1 S", "1x", "1€"] {
            assert_eq!(told(Some(nonsense), None), None, "{nonsense}");
        }
    }

    #[test]
    fn what_speaks_of_json_does_not_reach_the_service_nor_what_speaks_of_grpc_the_client() {
        let headers = fields(&[
            ("authorization", "Bearer x"),
            ("content-type", "application/json"),
            ("accept", "*/*"),
            ("grpc-encoding", "gzip"),
            ("x-tenant", "a"),
        ]);
        let sent = to_service(headers, None);
        let names: Vec<&str> = sent.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["authorization", "x-tenant", "content-type", "grpc-accept-encoding", "te"]);
        assert_eq!(header(&sent, "content-type"), Some("application/grpc"));

        let head =
            fields(&[("content-type", "application/grpc"), ("x-a", "1"), ("grpc-encoding", "identity")]);
        let end = fields(&[("grpc-status", "0"), ("x-a", "1"), ("x-b", "2"), ("content-length", "7")]);
        assert_eq!(to_client(head, &end), fields(&[("x-a", "1"), ("x-b", "2")]));
    }
}

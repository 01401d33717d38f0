//! Problem documents (RFC 9457): what naru answers with when it has no better answer, in JSON or XML.
//!
//! Plain text without a format library, so that the gateway and the conversions both have it.

use std::fmt::Write;

use crate::message::Response;

/// Members without a value are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    pub status: u16,
    /// The same for all problems of a kind. Default: what the status is called (RFC 9110, 15).
    pub title: String,
    /// What happened this time, where, and what would be right.
    pub detail: String,
    /// A URI that names the kind, `type` in the document. Default `about:blank`: the status says all.
    pub kind: String,
    /// A URI that names this occurrence.
    pub instance: String,
}

impl Problem {
    pub fn new(status: u16, detail: impl Into<String>) -> Problem {
        let title = phrase(status).to_owned();
        Problem { status, title, detail: detail.into(), ..Problem::default() }
    }

    fn members(&self) -> [(&'static str, &str); 4] {
        let members = [
            ("type", &self.kind),
            ("title", &self.title),
            ("detail", &self.detail),
            ("instance", &self.instance),
        ];
        members.map(|(name, value)| (name, value.as_str()))
    }

    /// `application/problem+json`.
    pub fn json(&self) -> String {
        let mut out = format!("{{\"status\":{}", self.status);
        for (name, value) in self.members().into_iter().filter(|(_, value)| !value.is_empty()) {
            // Writing to a string can't fail.
            let _ = write!(out, ",\"{name}\":\"");
            for c in value.chars() {
                match c {
                    '"' => out.push_str("\\\""),
                    '\\' => out.push_str("\\\\"),
                    c if u32::from(c) < 0x20 => {
                        let _ = write!(out, "\\u{:04x}", u32::from(c));
                    }
                    c => out.push(c),
                }
            }
            out.push('"');
        }
        out.push('}');
        out
    }

    /// `application/problem+xml`. Source: RFC 9457, appendix B.
    pub fn xml(&self) -> String {
        let mut out =
            String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?><problem xmlns=\"urn:ietf:rfc:7807\">");
        let _ = write!(out, "<status>{}</status>", self.status);
        for (name, value) in self.members().into_iter().filter(|(_, value)| !value.is_empty()) {
            let _ = write!(out, "<{name}>");
            for c in value.chars() {
                match c {
                    '&' => out.push_str("&amp;"),
                    '<' => out.push_str("&lt;"),
                    '>' => out.push_str("&gt;"),
                    '\t' | '\n' | '\u{20}'..='\u{FFFD}' | '\u{10000}'.. => out.push(c),
                    // What XML has no way to say, not even by a reference (XML 1.0, production 2), and the carriage
                    // return, which no one misses.
                    _ => out.push('\u{FFFD}'),
                }
            }
            let _ = write!(out, "</{name}>");
        }
        out.push_str("</problem>");
        out
    }

    /// The answer for a client that sent this `Accept`.
    pub fn response(&self, accept: Option<&str>) -> Response {
        let (kind, body) = match prefers_xml(accept) {
            true => ("application/problem+xml", self.xml()),
            false => ("application/problem+json", self.json()),
        };
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        Response { status: self.status, headers, body: body.into_bytes(), trailers: Vec::new() }
    }
}

/// Whether an `Accept` field rates XML above JSON. Who asks for HTML is a browser and never means it.
pub fn prefers_xml(accept: Option<&str>) -> bool {
    rated(accept).is_some_and(|(xml, json)| xml > json)
}

/// Whether an `Accept` field rates JSON above XML. Who asks for HTML is a browser and never means it.
pub fn prefers_json(accept: Option<&str>) -> bool {
    rated(accept).is_some_and(|(xml, json)| json > xml)
}

/// The weights of XML and JSON where they are named. Source: RFC 9110, 12.5.1.
fn rated(accept: Option<&str>) -> Option<(f32, f32)> {
    let (mut xml, mut json) = (0.0_f32, 0.0_f32);
    for range in accept?.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or("").to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let weight = weight.map_or(1.0, |weight| weight.parse::<f32>().unwrap_or(0.0).clamp(0.0, 1.0));
        match media.as_str() {
            "text/html" | "application/xhtml+xml" => return None,
            media if media.ends_with("/xml") || media.ends_with("+xml") => xml = xml.max(weight),
            media if media.ends_with("/json") || media.ends_with("+json") => json = json.max(weight),
            _ => {}
        }
    }
    Some((xml, json))
}

/// What a status of 400 and above is called. Source: RFC 9110, 15.5 and 15.6; RFC 6585.
pub fn phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        status if status < 500 => "Client Error",
        _ => "Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_escaped_in_both_forms() {
        let problem = Problem::new(422, "a \"<b>\" & \\ \u{1}\n");
        assert_eq!(
            problem.json(),
            r#"{"status":422,"title":"Unprocessable Content","detail":"a \"<b>\" & \\ \u0001\u000a"}"#
        );
        assert!(problem.xml().ends_with(
            "<status>422</status><title>Unprocessable Content</title>\
             <detail>a \"&lt;b&gt;\" &amp; \\ \u{FFFD}\n</detail></problem>"
        ));
    }

    #[test]
    fn the_accept_field_decides_the_form() {
        for (accept, xml) in [
            (None, false),
            (Some("*/*"), false),
            (Some("application/xml"), true),
            (Some("application/problem+xml, application/json;q=0.5"), true),
            (Some("text/xml;q=0.4, application/json;q=0.5"), false),
            (Some("application/json, application/xml"), false),
            (Some("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8"), false),
            (Some("application/soap+xml; q=0"), false),
            (Some("text/xml;q=nonsense"), false),
        ] {
            assert_eq!(prefers_xml(accept), xml, "{accept:?}");
            assert!(!(prefers_xml(accept) && prefers_json(accept)));
        }
        assert!(prefers_json(Some("application/json, text/xml;q=0.9")));
        assert!(!prefers_json(Some("*/*")));
        let response = Problem::new(404, "no such order").response(Some("text/xml"));
        assert_eq!(response.headers[0].1, "application/problem+xml");
        assert!(Problem::new(404, "").response(None).body.ends_with(br#""title":"Not Found"}"#));
    }
}

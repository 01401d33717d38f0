//! How a problem is written down: as JSON, or as XML for whoever asks for that (RFC 9457 §3 and appendix B).
//!
//! The document says what kind of thing happened, never what an endpoint or the machine said of itself.

use naru_model::problem::Problem;

use crate::error::Error;
use crate::head::Fields;
use crate::http1::request::list;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Xml,
}

impl Form {
    /// What a client understands: XML when it takes that rather than JSON, or says nothing of it and speaks XML itself.
    /// Browsers list XML too, and mean pages.
    pub(super) fn wanted(request: &Fields) -> Form {
        let Some(accept) = request.get("accept") else {
            let speaks_xml = request.get("content-type").is_some_and(is_xml);
            return if speaks_xml { Form::Xml } else { Form::Json };
        };
        let (mut xml, mut other) = (0, 0);
        for range in list(accept) {
            let (media_type, quality) = weighed(range);
            if media_type.eq_ignore_ascii_case(b"text/html") {
                return Form::Json;
            } else if is_xml(media_type) {
                xml = xml.max(quality);
            } else {
                other = other.max(quality);
            }
        }
        if xml > 0 && xml >= other { Form::Xml } else { Form::Json }
    }

    pub(super) fn media_type(self) -> &'static [u8] {
        match self {
            Form::Json => b"application/problem+json",
            Form::Xml => b"application/problem+xml",
        }
    }

    pub(super) fn document(self, error: &Error, status: u16, id: &str) -> String {
        let problem = Problem {
            kind: format!("urn:naru:problem:{}", error.word()),
            instance: id.to_owned(),
            ..Problem::new(status, error.to_string())
        };
        match self {
            Form::Json => problem.json(),
            Form::Xml => problem.xml(),
        }
    }
}

fn is_xml(media_type: &[u8]) -> bool {
    let bare = media_type.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
    let known: [&[u8]; 4] =
        [b"application/xml", b"text/xml", b"application/problem+xml", b"application/soap+xml"];
    known.iter().any(|known| bare.eq_ignore_ascii_case(known))
}

/// An element of `Accept` or `Accept-Encoding` without its parameters, and how much it is wanted, in thousandths; 1000 when
/// it does not say. Source: RFC 9110 §12.4.2.
pub(crate) fn weighed(element: &[u8]) -> (&[u8], u32) {
    let mut parts = element.split(|b| *b == b';').map(<[u8]>::trim_ascii);
    let bare = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix(b"q=").or_else(|| part.strip_prefix(b"Q=")));
    let quality = weight.map_or(Some(1.0), |text| std::str::from_utf8(text).ok()?.parse::<f32>().ok());
    // A weight that is none counts as not wanted.
    (bare, (quality.unwrap_or(0.0).clamp(0.0, 1.0) * 1000.0) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Refused;

    fn form(fields: &[(&str, &str)]) -> Form {
        let mut head = Fields::default();
        fields.iter().for_each(|(name, value)| head.push(name.as_bytes(), value.as_bytes()));
        Form::wanted(&head)
    }

    #[test]
    fn xml_is_for_those_who_would_rather_have_it() {
        let accept = |accept| form(&[("accept", accept), ("content-type", "text/xml")]);
        assert_eq!(accept("text/xml"), Form::Xml);
        assert_eq!(accept("application/json, application/xml;q=0.9"), Form::Json);
        assert_eq!(accept("application/json;q=0.5, application/problem+xml"), Form::Xml);
        assert_eq!(accept("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), Form::Json);
        assert_eq!(accept("*/*"), Form::Json);
        assert_eq!(accept("application/xml;q=0"), Form::Json);
        assert_eq!(accept("application/xml;q=nan"), Form::Json);
        assert_eq!(form(&[("content-type", "text/xml; charset=utf-8")]), Form::Xml);
        assert_eq!(form(&[]), Form::Json);
    }

    #[test]
    fn nothing_said_in_a_problem_becomes_markup() {
        let error = Error::from(Refused::new(422, "word", "</detail>&\u{0}\u{1b}<!DOCTYPE"));
        let xml = Form::Xml.document(&error, 422, "id<");
        assert!(
            xml.contains(
                "<detail>&lt;/detail&gt;&amp;\u{fffd}\u{fffd}&lt;!DOCTYPE</detail><instance>id&lt;</instance>"
            ),
            "{xml}"
        );
        assert!(xml.contains("<type>urn:naru:problem:word</type>") && xml.contains("<status>422</status>"));
    }
}

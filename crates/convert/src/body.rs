//! What bodies are by their header fields, and answers that are taken whole.

use naru_model::message::{Answering, Flow, Headers, Refusal, Request, Response, header, set_header};

use crate::xml;

/// A media type in lower case, without parameters; empty when there is none. Source: RFC 9110, 8.3.1.
pub(crate) fn media_type(headers: &Headers) -> String {
    let value = header(headers, "content-type").unwrap_or("");
    value.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

/// Source: RFC 8259, 11; RFC 6839, 3.1.
pub(crate) fn is_json(media: &str) -> bool {
    media == "application/json" || media == "text/json" || media.ends_with("+json")
}

/// Source: RFC 7303, 4.
pub(crate) fn is_xml(media: &str) -> bool {
    media == "application/xml" || media == "text/xml" || media.ends_with("+xml")
}

/// The `charset` of the content type, in lower case.
pub(crate) fn charset(headers: &Headers) -> Option<String> {
    let value = header(headers, "content-type")?;
    let parameters = value.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let charset =
        parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset")).map(|(_, value)| value);
    let charset = charset.last()?.trim().trim_matches('"').to_ascii_lowercase();
    (!charset.is_empty()).then_some(charset)
}

/// A `charset` that bodies of this format are not read in: JSON is UTF-8 (RFC 8259, 8.1), XML also EUC-KR.
pub(crate) fn unread_charset(headers: &Headers, xml: bool) -> Option<String> {
    let known = |charset: &String| match xml {
        true => xml::is_known(charset),
        false => matches!(charset.as_str(), "utf-8" | "utf8" | "us-ascii"),
    };
    charset(headers).filter(|charset| !known(charset))
}

/// Takes away what was said of the body that was there before, and says what is there now.
pub(crate) fn replaced(headers: &mut Headers, media: &str) {
    const OF_THE_BODY: [&str; 6] =
        ["content-md5", "digest", "content-digest", "repr-digest", "accept-ranges", "content-encoding"];
    headers.retain(|(name, _)| !OF_THE_BODY.contains(&name.as_str()));
    set_header(headers, "content-type", media);
}

/// What a cache must tell apart, if it does not yet. Source: RFC 9110, 12.5.5.
pub(crate) fn varies_by_accept(headers: &mut Headers) {
    let there = headers.iter().filter(|(name, _)| name == "vary").flat_map(|(_, value)| value.split(','));
    if !there.map(str::trim).any(|name| name == "*" || name.eq_ignore_ascii_case("accept")) {
        headers.push(("vary".to_owned(), "accept".to_owned()));
    }
}

/// A response that may have no body whatever its fields say. Source: RFC 9110, 6.4.1.
pub(crate) fn is_bodiless(method: &str, status: u16) -> bool {
    method == "HEAD" || status == 204 || status == 304
}

/// The parts of a request by which answers are shaped.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) accept: Option<String>,
}

impl Asked {
    pub(crate) fn of(request: &Request) -> Asked {
        let accept = header(&request.headers, "accept").map(str::to_owned);
        Asked { method: request.method.clone(), accept }
    }
}

/// Leaves an answer as it is.
pub(crate) struct Untouched;

impl Answering for Untouched {
    fn head(&mut self, _: &Response) -> Result<Flow, Refusal> {
        Ok(Flow::Pass)
    }

    fn whole(&mut self, response: Response) -> Result<Response, Refusal> {
        Ok(response)
    }

    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        out.extend_from_slice(data);
        Ok(())
    }

    fn end(&mut self, _: &Headers, _: &mut Vec<u8>) -> Result<(), Refusal> {
        Ok(())
    }
}

/// Takes the answers that `wanted` picks by their heads, each whole.
pub(crate) struct Whole<W, C> {
    pub(crate) wanted: W,
    pub(crate) change: C,
}

impl<W, C> Answering for Whole<W, C>
where
    W: FnMut(&Response) -> bool + Send,
    C: FnMut(Response) -> Result<Response, Refusal> + Send,
{
    fn head(&mut self, head: &Response) -> Result<Flow, Refusal> {
        Ok(if (self.wanted)(head) { Flow::Whole } else { Flow::Pass })
    }

    fn whole(&mut self, response: Response) -> Result<Response, Refusal> {
        (self.change)(response)
    }

    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        Untouched.data(data, out)
    }

    fn end(&mut self, trailers: &Headers, out: &mut Vec<u8>) -> Result<(), Refusal> {
        Untouched.end(trailers, out)
    }
}

/// What is wrong with a message, whoever sent it.
pub(crate) fn refused(status: u16, detail: impl Into<String>) -> Refusal {
    Refusal { status, detail: detail.into() }
}

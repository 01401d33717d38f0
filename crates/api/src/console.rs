//! The console's files, as browsers get them: compressed, cached as long as they may be, and open to all, for they hold no
//! data.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue,
    IF_NONE_MATCH, VARY,
};
use http::{Method, StatusCode};

use crate::error::Error;
use crate::gate::PAGE_HEADERS;

/// The page itself, which other addresses of it lead to as well.
const PAGE: &str = "index.html";

/// One file of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsoleFile {
    /// Without a leading slash: `index.html`, `assets/index-5a1c0e9b.js`.
    pub path: &'static str,
    /// The value of `Content-Type`.
    pub media_type: &'static str,
    /// Its content, compressed with gzip.
    pub gzip: &'static [u8],
    /// The value of `ETag`, quotes included.
    pub etag: &'static str,
    /// Its name changes with its content, so that browsers may keep it for ever.
    pub immutable: bool,
}

/// Finds the file that a request is for: by its path, or the page for any path that a person may have typed.
pub(crate) fn find<'f>(files: &'f [ConsoleFile], request: &Request) -> Option<&'f ConsoleFile> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let path = request.uri().path().strip_prefix('/')?;
    let named = |name: &str| files.iter().find(|file| file.path == name);
    if path == "v1" || path.starts_with("v1/") {
        return None;
    }
    let typed = || {
        let accept = request.headers().get(ACCEPT)?.to_str().ok()?;
        accept.contains("text/html").then(|| named(PAGE)).flatten()
    };
    if path.is_empty() { named(PAGE) } else { named(path).or_else(typed) }
}

impl ConsoleFile {
    pub(crate) fn answer(&self, asked: &HeaderMap) -> Response {
        if !takes_gzip(asked) {
            let what = "the console's files are compressed with gzip; send Accept-Encoding: gzip (curl --compressed)";
            return Error::NotAcceptable(what.to_owned()).into_response();
        }
        let known = asked.get_all(IF_NONE_MATCH).iter().any(|tags| self.is_among(tags));
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = self.gzip.into_response();
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response
        };
        let headers = response.headers_mut();
        let kept = if self.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
        headers.insert(ETAG, HeaderValue::from_static(self.etag));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        for (name, value) in PAGE_HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// Compares as RFC 9110 §13.1.2 has it: weakly, and `*` is any.
    fn is_among(&self, tags: &HeaderValue) -> bool {
        let tags = tags.to_str().unwrap_or_default();
        tags.split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.etag)
    }
}

/// Without the header a client takes anything. Source: RFC 9110 §12.5.3.
fn takes_gzip(asked: &HeaderMap) -> bool {
    let mut lines = asked.get_all(ACCEPT_ENCODING).iter().peekable();
    if lines.peek().is_none() {
        return true;
    }
    let mut codings = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").and_then(|q| q.parse().ok()) == Some(0.0);
        matches!(name.trim(), "gzip" | "x-gzip" | "*") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_taken_unless_it_is_refused() {
        let takes = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        assert!(takes("gzip, deflate, br, zstd") && takes("br;q=1.0, gzip;q=0.5") && takes("*"));
        assert!(!takes("br") && !takes("gzip;q=0, br") && !takes("identity") && !takes(""));
        assert!(takes_gzip(&HeaderMap::new()));
    }
}

//! What a call ended with: gRPC's status, and what that is in HTTP.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use naru_model::message::{Headers, Refusal, Response, header};
use naru_model::problem::{Problem, prefers_xml};
use percent_encoding::percent_decode_str;
use prost_reflect::DescriptorPool;
use prost_reflect::prost_types::Any;
use serde_json::{Value, json};

use super::document;
use crate::problems;

/// Base64 as metadata has it: with padding or without. Source: `Binary-Header` of PROTOCOL-HTTP2.md.
const BINARY: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Codes by number, with their names and the HTTP statuses they are. Source: `google/rpc/code.proto`.
const CODES: [(&str, u16); 17] = [
    ("OK", 200),
    ("CANCELLED", 499),
    ("UNKNOWN", 500),
    ("INVALID_ARGUMENT", 400),
    ("DEADLINE_EXCEEDED", 504),
    ("NOT_FOUND", 404),
    ("ALREADY_EXISTS", 409),
    ("PERMISSION_DENIED", 403),
    ("RESOURCE_EXHAUSTED", 429),
    ("FAILED_PRECONDITION", 400),
    ("ABORTED", 409),
    ("OUT_OF_RANGE", 400),
    ("UNIMPLEMENTED", 501),
    ("INTERNAL", 500),
    ("UNAVAILABLE", 503),
    ("DATA_LOSS", 500),
    ("UNAUTHENTICATED", 401),
];
const UNKNOWN: usize = 2;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Status {
    /// Below the number of [`CODES`].
    code: usize,
    message: String,
    details: Vec<Any>,
}

/// `google.rpc.Status`, of which only the details say more than the fields beside it.
#[derive(prost::Message)]
struct Detailed {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

impl Status {
    /// What trailers, or the head of an answer without a message, say; `None`: nothing. A code that is none is UNKNOWN.
    pub(super) fn of(fields: &Headers) -> Option<Status> {
        let code = header(fields, "grpc-status")?.trim().parse().ok();
        let code = code.filter(|code| *code < CODES.len()).unwrap_or(UNKNOWN);
        let message = header(fields, "grpc-message").unwrap_or_default();
        let details = header(fields, "grpc-status-details-bin")
            .and_then(|text| BINARY.decode(text.trim()).ok())
            .and_then(|bytes| <Detailed as prost::Message>::decode(bytes.as_slice()).ok())
            .map(|status| status.details);
        Some(Status {
            code,
            message: percent_decode_str(message).decode_utf8_lossy().into_owned(),
            details: details.unwrap_or_default(),
        })
    }

    pub(super) fn is_ok(&self) -> bool {
        self.code == 0
    }

    /// The problem document of an error, as a tree: the members of RFC 9457, the code's name, and the details by their types.
    pub(super) fn document(&self, pool: &DescriptorPool) -> Value {
        let (name, status) = CODES[self.code];
        let mut members = told(&Problem::new(status, self.message.as_str()));
        members["grpc_status"] = json!(name);
        if !self.details.is_empty() {
            members["details"] = self.details.iter().map(|detail| document::of_any(pool, detail)).collect();
        }
        members
    }

    /// The answer that an error is.
    pub(super) fn answer(&self, pool: &DescriptorPool, accept: Option<&str>) -> Response {
        let (_, status) = CODES[self.code];
        if prefers_xml(accept) {
            return Problem::new(status, self.message.as_str()).response(accept);
        }
        let headers = vec![("content-type".to_owned(), problems::JSON.to_owned())];
        let body = self.document(pool).to_string().into_bytes();
        Response { status, headers, body, trailers: Vec::new() }
    }
}

/// A refusal as it stands in a stream whose head has been sent.
pub(super) fn of_refusal(refusal: &Refusal) -> Value {
    told(&Problem::new(refusal.status, refusal.detail.as_str()))
}

fn told(problem: &Problem) -> Value {
    let mut members = json!({ "status": problem.status, "title": problem.title });
    if !problem.detail.is_empty() {
        members["detail"] = json!(problem.detail);
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(fields: &[(&str, &str)]) -> Headers {
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_status_is_read_whatever_the_service_made_of_it() {
        let read = |of: &[(&str, &str)]| {
            Status::of(&fields(of)).map(|status| (CODES[status.code].0, status.message, status.details.len()))
        };
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[("grpc-status", "0")]), Some(("OK", String::new(), 0)));
        let message = ("grpc-message", "%EC%97%86%EC%9D%8C 100%25 %FF");
        assert_eq!(
            read(&[("grpc-status", "5"), message]),
            Some(("NOT_FOUND", "없음 100% \u{FFFD}".to_owned(), 0))
        );
        for code in ["17", "-1", "", "five", "99999999999999999999"] {
            assert_eq!(read(&[("grpc-status", code)]), Some(("UNKNOWN", String::new(), 0)), "{code}");
        }
        // A `google.rpc.Status` with one detail, which has only a type; what is none says nothing.
        let details = |text| read(&[("grpc-status", "3"), ("grpc-status-details-bin", text)]).unwrap().2;
        assert_eq!(
            (details("GgUKA3gvdA"), details("GgUKA3gvdA=="), details("!"), details("Gv8")),
            (1, 1, 0, 0)
        );
    }

    #[test]
    fn errors_are_problem_documents() {
        let status = Status::of(&fields(&[("grpc-status", "9"), ("grpc-message", "no \"seat\"")])).unwrap();
        let answer = status.answer(&DescriptorPool::new(), None);
        assert_eq!(answer.status, 400);
        assert_eq!(header(&answer.headers, "content-type"), Some("application/problem+json"));
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        let told = json!({
            "status": 400, "title": "Bad Request", "detail": "no \"seat\"", "grpc_status": "FAILED_PRECONDITION"
        });
        assert_eq!(body, told);
        let xml = status.answer(&DescriptorPool::new(), Some("application/xml"));
        assert_eq!(header(&xml.headers, "content-type"), Some("application/problem+xml"));
    }
}

//! Sees to it that bodies come as they are: who has to understand a body can't read it compressed.

use naru_model::message::{Converted, Headers, Refusal, Request, Response, Shape, header, set_header};

use crate::body::{Whole, is_json, is_xml, media_type, refused};

/// Stands next to the client.
#[derive(Debug)]
pub(crate) struct PlainShape {
    /// Whether bodies of requests are read.
    pub(crate) requests: bool,
    /// Whether bodies of responses are.
    pub(crate) responses: bool,
}

impl Shape for PlainShape {
    /// What nobody reads may come as it likes.
    fn passes(&self, _: &Request) -> bool {
        true
    }

    fn request(&self, mut request: Request) -> Result<Converted, Refusal> {
        if let Some(coding) = coding(&request.headers).filter(|_| self.requests) {
            return Err(refused(
                415,
                format!("content-encoding {coding} is not read here; send the body as it is"),
            ));
        }
        // Source: RFC 9110, 12.5.3.
        set_header(&mut request.headers, "accept-encoding", "identity");
        let responses = self.responses;
        let wanted = move |head: &Response| {
            let media = media_type(&head.headers);
            let read = media.starts_with("text/") || is_json(&media) || is_xml(&media);
            responses && read && coding(&head.headers).is_some()
        };
        let change = |answer: Response| {
            let coding = coding(&answer.headers).unwrap_or_default();
            Err(refused(
                502,
                format!("the service answered with content-encoding {coding}, which nobody asked for"),
            ))
        };
        Ok(Converted::Send(request, Box::new(Whole { wanted, change })))
    }
}

fn coding(headers: &Headers) -> Option<&str> {
    header(headers, "content-encoding").filter(|coding| !coding.trim().eq_ignore_ascii_case("identity"))
}

//! HTTP messages as conversions see them, and what the gateway asks of a conversion.
//!
//! The gateway moves bytes and knows no formats; who knows them is given to it as a [`Shape`]. Shapes are pure: no I/O, no
//! clock, and whatever a client or a service sends, no panic and bounded memory.

use std::fmt;
use std::time::Duration;

/// Header fields in order; names in lower case.
pub type Headers = Vec<(String, String)>;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Upper case.
    pub method: String,
    /// Begins with a slash.
    pub path: String,
    /// Without the question mark; empty when there is none.
    pub query: String,
    /// Without those of one hop (`connection` and the like) and without `content-length`, which follows from the body.
    pub headers: Headers,
    pub body: Vec<u8>,
    /// Of the client that calls; for faces by group.
    pub groups: Vec<String>,
    /// For how long the route lets the request still take. Default: no bound.
    pub left: Option<Duration>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// 200 to 599.
    pub status: u16,
    pub headers: Headers,
    pub body: Vec<u8>,
    /// After the body; gRPC has its status there.
    pub trailers: Headers,
}

/// The first value of a field, by its name in lower case.
pub fn header<'h>(headers: &'h Headers, name: &str) -> Option<&'h str> {
    headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

/// Puts one field in the place of all of its name.
pub fn set_header(headers: &mut Headers, name: &str, value: impl Into<String>) {
    headers.retain(|(n, _)| n != name);
    headers.push((name.to_owned(), value.into()));
}

/// Why a message could not be converted; becomes a problem document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// 400 or 422 for what the client sent, 502 for what the service did.
    pub status: u16,
    /// What happened, where, and what would be right. Shown to the client.
    pub detail: String,
}

/// One conversion of a route, or several in a row.
pub trait Shape: Send + Sync + fmt::Debug {
    /// Turns what the client sent into what the service is sent, or answers itself.
    ///
    /// # Errors
    /// The client's request can't be told in the service's shape.
    fn request(&self, request: Request) -> Result<Converted, Refusal>;

    /// Tells by a request's head (its body is empty) that it and its answer go as they come, whatever is in them: their bodies
    /// are then not read whole, and may flow both ways at once. Default: never.
    fn passes(&self, _head: &Request) -> bool {
        false
    }
}

pub enum Converted {
    /// Send this, and give the answer to that.
    Send(Request, Box<dyn Answering>),
    /// The service need not be asked.
    Answer(Response),
}

/// Takes the service's answer to one request.
pub trait Answering: Send {
    /// Looks at the answer's head (its body and trailers are empty) and says how it wants the rest.
    ///
    /// # Errors
    /// The answer can't be told in the client's shape.
    fn head(&mut self, head: &Response) -> Result<Flow, Refusal>;

    /// The whole answer, after [`Flow::Whole`].
    ///
    /// # Errors
    /// As [`Answering::head`].
    fn whole(&mut self, response: Response) -> Result<Response, Refusal>;

    /// Some of the body, after [`Flow::Stream`]; appends what the client gets of it.
    ///
    /// # Errors
    /// The answer is cut off.
    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal>;

    /// The end of the body, after [`Flow::Stream`], with its trailers; appends the last of what the client gets.
    ///
    /// # Errors
    /// The answer is cut off.
    fn end(&mut self, trailers: &Headers, out: &mut Vec<u8>) -> Result<(), Refusal>;
}

pub enum Flow {
    /// As it is.
    Pass,
    /// All of it first.
    Whole,
    /// Piece by piece; the client gets this head.
    Stream(Response),
}

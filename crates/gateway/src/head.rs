//! The heads of messages: one shape for HTTP/1 and HTTP/2, held as bytes with ranges into them.
//!
//! A head is read into its buffer once and written from it once. A field is marked as dropped instead of being removed,
//! and neighbours that stay are copied as one piece, so that forwarding a head costs little more than two copies. The
//! buffers live as long as their connection and are used again for each message.

mod known;
mod lines;

pub use known::Known;
pub(crate) use lines::decimal;
pub use lines::{Lines, is_field_name, is_field_value};

use naru_model::record::Method;

/// A stretch of a head's buffer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// Makes the span of `part`, which must lie within `whole`; anything else gives a span that reads as empty.
    pub fn of(part: &[u8], whole: &[u8]) -> Span {
        let start = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
        if start > whole.len() || part.is_empty() {
            return Span::default();
        }
        Span { start: start as u32, end: (start + part.len()) as u32 }
    }

    /// Reads the span out of its buffer; empty when it lies outside.
    pub fn read(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

/// One header field: a line of the buffer, `name: value` and CRLF.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    line: Span,
    name: Span,
    value: Span,
    pub known: Known,
    dropped: bool,
}

/// Header or trailer fields in the order they came in.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    bytes: Vec<u8>,
    list: Vec<Field>,
}

impl Fields {
    /// Forgets everything, and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.list.clear();
    }

    /// Takes over the bytes that the spans of [`Fields::add_line`] will point into.
    pub fn start_with(&mut self, bytes: &[u8]) {
        self.clear();
        self.bytes.extend_from_slice(bytes);
    }

    /// Adds a field that stands in the buffer already, from `line_start` up to the end of its line.
    pub fn add_line(&mut self, line_start: u32, line_end: u32, name: Span, value: Span) {
        let known = Known::of(name.read(&self.bytes));
        let line = Span { start: line_start, end: line_end };
        self.list.push(Field { line, name, value, known, dropped: false });
    }

    /// Appends a field. Name and value must be valid ones: nothing is escaped.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(name);
        self.bytes.extend_from_slice(b": ");
        self.bytes.extend_from_slice(value);
        self.bytes.extend_from_slice(b"\r\n");
        let value_start = start + name.len() + 2;
        let name = Span { start: start as u32, end: (start + name.len()) as u32 };
        let value = Span { start: value_start as u32, end: (value_start + value.len()) as u32 };
        self.add_line(start as u32, self.bytes.len() as u32, name, value);
    }

    /// Appends all of these.
    pub fn append(&mut self, lines: &Lines) {
        let mut start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(lines.as_bytes());
        for (name, value) in lines.iter() {
            let value_start = start + name.len() as u32 + 2;
            let value = Span { start: value_start, end: value_start + value.len() as u32 };
            let name = Span { start, end: start + name.len() as u32 };
            self.add_line(start, value.end + 2, name, value);
            start = value.end + 2;
        }
    }

    /// Appends bytes that belong to no field and returns where they are.
    pub fn keep(&mut self, bytes: &[u8]) -> Span {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        Span { start, end: self.bytes.len() as u32 }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.iter().all(|field| field.dropped)
    }

    /// The fields that were not dropped: kind, name, value.
    pub fn iter(&self) -> impl Iterator<Item = (Known, &[u8], &[u8])> {
        self.list
            .iter()
            .filter(|field| !field.dropped)
            .map(|field| (field.known, field.name.read(&self.bytes), field.value.read(&self.bytes)))
    }

    /// The values of one kind of field, in order.
    pub fn values(&self, known: Known) -> impl Iterator<Item = &[u8]> {
        self.list
            .iter()
            .filter(move |field| field.known == known && !field.dropped)
            .map(|field| field.value.read(&self.bytes))
    }

    /// As [`Fields::values`], with those of dropped fields.
    pub fn all_values(&self, known: Known) -> impl Iterator<Item = &[u8]> {
        self.list.iter().filter(move |field| field.known == known).map(|field| field.value.read(&self.bytes))
    }

    /// The first field with this name, in whatever case.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(_, n, _)| n.eq_ignore_ascii_case(name.as_bytes())).map(|(_, _, value)| value)
    }

    /// Kind and value of one field, also of a dropped one.
    pub(crate) fn at(&self, index: usize) -> Option<(Known, Span)> {
        self.list.get(index).map(|field| (field.known, field.value))
    }

    /// Drops the fields that `unwanted` says so of.
    pub fn drop_where(&mut self, mut unwanted: impl FnMut(Known, &[u8]) -> bool) {
        for field in &mut self.list {
            field.dropped |= unwanted(field.known, field.name.read(&self.bytes));
        }
    }

    /// Writes what was not dropped as lines of HTTP/1.
    pub fn write_lines(&self, out: &mut Vec<u8>) {
        let mut run = Span::default();
        for field in &self.list {
            if field.dropped {
                continue;
            }
            if field.line.start != run.end {
                out.extend_from_slice(run.read(&self.bytes));
                run.start = field.line.start;
            }
            run.end = field.line.end;
        }
        out.extend_from_slice(run.read(&self.bytes));
    }
}

/// How much body a message has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Body {
    #[default]
    Empty,
    /// Exactly this many bytes, more than 0.
    Sized(u64),
    /// Chunked, or frames of HTTP/2: it ends when it ends, trailers may follow.
    Streamed,
    /// It ends with the connection: answers of HTTP/1.0 only.
    UntilClose,
}

/// A request's head.
#[derive(Debug, Clone, Default)]
pub struct RequestHead {
    pub fields: Fields,
    pub method: Method,
    pub method_name: Span,
    pub path: Span,
    /// Without the question mark; `None` when there is none, empty after a lone one.
    pub query: Option<Span>,
    /// Lower case, without port and final dot.
    pub host: Span,
    /// As the client gave it, with port.
    pub authority: Span,
    /// 10, 11 or 20.
    pub protocol: u8,
    pub body: Body,
    /// The client wants the connection to stay open after the answer.
    pub keep_alive: bool,
    /// It waits for 100 before it sends the body.
    pub expects_continue: bool,
    /// It asks for another protocol on this connection (RFC 9110 §7.8).
    pub upgrade: bool,
    /// It takes trailers (`TE: trailers`).
    pub takes_trailers: bool,
}

impl RequestHead {
    /// Makes it an empty head again, and keeps the memory.
    pub fn clear(&mut self) {
        let mut fields = std::mem::take(&mut self.fields);
        fields.clear();
        *self = RequestHead { fields, ..RequestHead::default() };
    }

    fn text(&self, span: Span) -> &str {
        std::str::from_utf8(span.read(self.fields.bytes())).unwrap_or_default()
    }

    fn target_span(&self) -> Span {
        let end = self.query.map_or(self.path.end, |query| query.end.max(self.path.end + 1));
        Span { start: self.path.start, end }
    }

    /// Puts another target in the place of this one: a path that begins with a slash, and a query without question mark.
    pub(crate) fn set_target(&mut self, path: &[u8], query: Option<&[u8]>) {
        self.path = self.fields.keep(path);
        self.query = query.map(|query| {
            self.fields.keep(b"?");
            self.fields.keep(query)
        });
    }

    /// Sends it on to another host. The host that it was routed by stays.
    pub(crate) fn set_authority(&mut self, authority: &[u8]) {
        self.fields.drop_where(|known, _| known == Known::Host);
        let start = self.fields.bytes().len() as u32 + "host: ".len() as u32;
        self.fields.push(b"host", authority);
        self.authority = Span { start, end: start + authority.len() as u32 };
    }

    /// [`RequestHead::method_name`], to be copied.
    pub fn method_bytes(&self) -> &[u8] {
        self.method_name.read(self.fields.bytes())
    }

    /// [`RequestHead::target`], to be copied.
    pub fn target_bytes(&self) -> &[u8] {
        self.target_span().read(self.fields.bytes())
    }

    /// [`RequestHead::authority`], to be copied.
    pub fn authority_bytes(&self) -> &[u8] {
        self.authority.read(self.fields.bytes())
    }

    pub fn method_name(&self) -> &str {
        self.text(self.method_name)
    }

    /// Begins with a slash, or is `*`.
    pub fn path(&self) -> &str {
        self.text(self.path)
    }

    pub fn query(&self) -> Option<&str> {
        self.query.map(|query| self.text(query))
    }

    /// Lower case, without port.
    pub fn host(&self) -> &str {
        self.text(self.host)
    }

    /// Host and port as the client gave them.
    pub fn authority(&self) -> &str {
        self.text(self.authority)
    }

    /// Path and query as the client sent them.
    pub fn target(&self) -> &str {
        self.text(self.target_span())
    }
}

impl crate::route::RequestView for RequestHead {
    fn method(&self) -> &str {
        self.method_name()
    }

    fn host(&self) -> &str {
        self.host()
    }

    fn path(&self) -> &str {
        self.path()
    }

    fn query(&self) -> Option<&str> {
        self.query()
    }

    fn header(&self, lower_name: &str) -> Option<&[u8]> {
        self.fields.get(lower_name)
    }
}

/// A response's head.
#[derive(Debug, Clone, Default)]
pub struct ResponseHead {
    pub fields: Fields,
    /// 100 to 999.
    pub status: u16,
    pub reason: Span,
    pub body: Body,
    /// What `Content-Length` says, also where there is no body because it answers HEAD.
    pub content_length: Option<u64>,
    /// The endpoint leaves the connection open.
    pub keep_alive: bool,
    /// For how many more seconds, when it says so (`Keep-Alive: timeout=`).
    pub keep_alive_seconds: Option<u64>,
}

impl ResponseHead {
    /// Makes it an empty head again, and keeps the memory.
    pub fn clear(&mut self) {
        let mut fields = std::mem::take(&mut self.fields);
        fields.clear();
        *self = ResponseHead { fields, ..ResponseHead::default() };
    }

    pub fn reason(&self) -> &[u8] {
        self.reason.read(self.fields.bytes())
    }

    /// Tells of a 1xx that another head follows.
    pub fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_is_written_in_order_and_what_is_dropped_is_not() {
        let mut fields = Fields::default();
        for (name, value) in [("A", "1"), ("Connection", "close"), ("B", "2"), ("C", "3")] {
            fields.push(name.as_bytes(), value.as_bytes());
        }
        fields.drop_where(|known, _| known == Known::Connection);
        let mut out = Vec::new();
        fields.write_lines(&mut out);
        assert_eq!(out, b"A: 1\r\nB: 2\r\nC: 3\r\n");
        assert_eq!(fields.get("connection"), None);
        assert_eq!(fields.get("c"), Some(b"3".as_slice()));
    }

    #[test]
    fn lines_that_are_appended_are_fields_as_those_pushed() {
        let mut lines = Lines::default();
        lines.push("a", &[b"1"]);
        lines.push("keep-alive", &[]);
        lines.push("c", &[b"x: y"]);
        let mut fields = Fields::default();
        fields.push(b"First", b"0");
        fields.append(&lines);
        fields.drop_where(|known, _| known == Known::KeepAlive);
        let mut out = Vec::new();
        fields.write_lines(&mut out);
        assert_eq!(out, b"First: 0\r\na: 1\r\nc: x: y\r\n");
        assert_eq!((fields.get("a"), fields.get("c")), (Some(&b"1"[..]), Some(&b"x: y"[..])));
    }

    #[test]
    fn nothing_is_written_when_all_is_dropped() {
        let mut fields = Fields::default();
        fields.push(b"a", b"1");
        fields.drop_where(|_, _| true);
        let mut out = Vec::new();
        fields.write_lines(&mut out);
        assert!(out.is_empty() && fields.is_empty());
    }
}

//! Reading server-sent events. Source: HTML, "Server-sent events", §9.2.6; of its fields naru's streams use `data` alone.

use std::marker::PhantomData;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::de::DeserializeOwned;

use super::{Error, Place};

/// The longest line that is taken, in bytes.
const MAX_LINE: usize = 4 << 20;

/// Items as the server sends them. Dropping it closes the connection.
#[derive(Debug)]
pub struct Follow<T> {
    body: Incoming,
    place: Place,
    lines: Lines,
    items: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Follow<T> {
    pub(super) fn new(body: Incoming, place: Place) -> Follow<T> {
        Follow { body, place, lines: Lines::default(), items: PhantomData }
    }

    /// Waits for the next item; `None` once the server has ended the stream.
    ///
    /// # Errors
    /// The connection broke, or what came is no item. The stream is of no more use then.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        loop {
            if let Some(data) = self.lines.next_data() {
                return Some(serde_json::from_slice(&data).map_err(|why| self.odd(&why.to_string())));
            }
            if self.lines.held.len() > MAX_LINE {
                return Some(Err(self.odd("a line that does not end")));
            }
            match self.body.frame().await? {
                Ok(frame) => self.lines.held.extend_from_slice(&frame.into_data().unwrap_or_default()),
                Err(source) => {
                    return Some(Err(Error::Broken { place: self.place.clone(), source: source.into() }));
                }
            }
        }
    }

    fn odd(&self, what: &str) -> Error {
        Error::NotNaru { place: self.place.clone(), what: format!("a stream with {what}") }
    }
}

/// What has been read of a stream and not been given yet.
#[derive(Debug, Default)]
struct Lines {
    held: Vec<u8>,
    /// How much of `held` is known to have no line's end.
    searched: usize,
    /// The `data` of the event that is not complete yet.
    data: Vec<u8>,
}

impl Lines {
    /// Takes the data of the next complete event.
    fn next_data(&mut self) -> Option<Vec<u8>> {
        while let Some(line) = self.next_line() {
            if line.is_empty() && !self.data.is_empty() {
                return Some(std::mem::take(&mut self.data));
            }
            if let Some(value) = line.strip_prefix(b"data:") {
                if !self.data.is_empty() {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            }
        }
        None
    }

    fn next_line(&mut self) -> Option<Vec<u8>> {
        let Some(end) = self.held[self.searched..].iter().position(|byte| *byte == b'\n') else {
            self.searched = self.held.len();
            return None;
        };
        let end = self.searched + end;
        let mut line: Vec<u8> = self.held.drain(..=end).collect();
        self.searched = 0;
        line.truncate(end);
        if line.ends_with(b"\r") {
            line.pop();
        }
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(parts: &[&str]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for part in parts {
            lines.held.extend_from_slice(part.as_bytes());
            while let Some(data) = lines.next_data() {
                found.push(String::from_utf8(data).unwrap());
            }
        }
        found
    }

    #[test]
    fn events_are_found_however_they_are_cut() {
        let text = "id: 1\ndata: {\"a\":1}\n\n: still here\n\ndata:two\r\ndata: lines\r\n\r\ndata: not yet";
        let whole = all(&[text]);
        assert_eq!(whole, ["{\"a\":1}", "two\nlines"]);
        for cut in 1..text.len() {
            assert_eq!(all(&[&text[..cut], &text[cut..]]), whole, "cut at {cut}");
        }
    }
}

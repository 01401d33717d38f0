//! Asks naru's local API: one request, one connection, over the socket in the state folder.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::Error;

const TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) fn get<T: DeserializeOwned>(socket: &Path, path: &str) -> Result<T, Error> {
    ask(socket, "GET", path, "")
}

pub(crate) fn post<T: DeserializeOwned>(socket: &Path, path: &str, json: &str) -> Result<T, Error> {
    ask(socket, "POST", path, json)
}

fn ask<T: DeserializeOwned>(socket: &Path, method: &str, path: &str, json: &str) -> Result<T, Error> {
    let request = format!("{method} {path}");
    let failed = || Error::io(format!("ask naru for {request} over {}", socket.display()));
    let mut stream = UnixStream::connect(socket).map_err(failed())?;
    stream.set_read_timeout(Some(TIMEOUT)).map_err(failed())?;
    // HTTP/1.0: the answer ends with the connection and comes without chunks.
    let head = format!(
        "{request} HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        json.len()
    );
    stream.write_all(format!("{head}{json}").as_bytes()).map_err(failed())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(failed())?;
    let (status, body) = split(&answer);
    if !(200..300).contains(&status) {
        let body = String::from_utf8_lossy(body).into_owned();
        return Err(Error::Refused { request, status, body });
    }
    serde_json::from_slice(body).map_err(|source| Error::Unreadable { request, source })
}

/// Tells an answer's status and body; status 0 is no answer.
fn split(answer: &[u8]) -> (u16, &[u8]) {
    let end = memchr::memmem::find(answer, b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
    let status = answer.get(9..12).and_then(|s| std::str::from_utf8(s).ok()).and_then(|s| s.parse().ok());
    (status.unwrap_or(0), &answer[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_split_into_status_and_body() {
        assert_eq!(split(b"HTTP/1.0 202 Accepted\r\na: b\r\n\r\n{}"), (202, b"{}".as_slice()));
        assert_eq!(split(b""), (0, b"".as_slice()));
    }
}

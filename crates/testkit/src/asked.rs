//! Paths of the upstream that remember how often they were asked, and services that answer later.
//!
//! | path | what it does |
//! | --- | --- |
//! | `/fails/N/STATUS/...` | answers with STATUS the first N times that this very path is asked, then with the number of the time |
//! | `/times/...` | answers how often the path after `/times` was asked |
//! | `/later/MS` | 202, and a `Location` at which the result is in MS milliseconds |
//! | `/calls-back/MS` | 202, and in MS milliseconds it posts the result to the URL in `X-Reply-To` |

use std::collections::HashMap;
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

#[derive(Debug, Default)]
pub(crate) struct Asked(Mutex<HashMap<String, usize>>);

/// What is answered: status line, more header lines, body.
pub(crate) struct Said {
    pub(crate) status: String,
    pub(crate) fields: String,
    pub(crate) body: String,
}

fn said(status: &str, fields: String, body: String) -> Option<Said> {
    Some(Said { status: status.to_owned(), fields, body })
}

impl Asked {
    /// Answers a path of those above; `None` for any other.
    pub(crate) fn answer(&self, parts: &[&str], head: &str) -> Option<Said> {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = |text: &str| text.parse::<u64>().unwrap_or(0);
        match parts {
            ["fails", fails, status, ..] => {
                let time = times.entry(parts.join("/")).or_default();
                *time += 1;
                let status = if *time as u64 <= number(fails) {
                    format!("{status} not now")
                } else {
                    "200 OK".to_owned()
                };
                said(&status, String::new(), time.to_string())
            }
            ["times", path @ ..] => {
                let time = times.get(&path.join("/")).copied().unwrap_or_default();
                said("200 OK", String::new(), time.to_string())
            }
            ["later", ms] => {
                let due = now() + number(ms);
                said("202 Accepted", format!("location: /result/{due}\r\n"), String::new())
            }
            ["result", due] if now() < number(due) => said("202 Accepted", String::new(), String::new()),
            ["result", _] => said("200 OK", String::new(), "the result".to_owned()),
            ["calls-back", ms] => {
                let url = head.lines().find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("x-reply-to").then(|| value.trim().to_owned())
                });
                let wait = Duration::from_millis(number(ms));
                std::thread::spawn(move || {
                    std::thread::sleep(wait);
                    url.and_then(|url| post(&url))
                });
                said("202 Accepted", String::new(), String::new())
            }
            _ => None,
        }
    }
}

/// Milliseconds since 1970.
fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis() as u64)
}

/// Nobody may wait any more; that is for the test to see.
fn post(url: &str) -> Option<()> {
    let (host, path) = url.strip_prefix("http://")?.split_once('/')?;
    let mut stream = TcpStream::connect(host).ok()?;
    let body = "the reply";
    let request = format!(
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: text/x-reply\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    std::io::copy(&mut stream, &mut std::io::sink()).ok().map(drop)
}

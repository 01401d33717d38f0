//! Why ClickHouse could not be asked or told.

use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is no URL of an HTTP interface; write http://HOST:8123")]
    Url(String),
    #[error("the user or the password can't be sent in a header; it holds a control character")]
    Credentials,
    #[error("{host} can't be reached")]
    Connect {
        host: String,
        #[source]
        source: std::io::Error,
    },
    #[error("TLS can't be set up: {0}")]
    Tls(String),
    #[error("{host} did not answer")]
    Http {
        host: String,
        #[source]
        source: hyper::Error,
    },
    #[error("{host} did not answer within {}s", within.as_secs())]
    TimedOut { host: String, within: Duration },
    #[error("ClickHouse refused it ({status}): {said}")]
    Refused { status: u16, said: String },
    #[error("the answer is larger than {} MiB; ask for less", .0 >> 20)]
    TooLarge(usize),
    #[error("the answer is not what was asked for; is the table another's?")]
    Answer,
}

impl Error {
    /// The message with its cause, for a log line.
    pub fn whole(&self) -> String {
        match std::error::Error::source(self) {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }
}

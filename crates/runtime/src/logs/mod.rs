//! What instances print: written by their shims, read by `naru logs`.
//!
//! `LOGS/SERVICE/INSTANCE.log` has one line for each line printed, `2026-11-21T09:00:00.123456Z o text`: when it was read, `o` for
//! standard output, `e` for standard error, `n` for what naru itself has to say; a `+` after the letter when the line
//! was too long and goes on in the next one. Service, revision and instance follow from the file's name. At 16 MiB a
//! file becomes `INSTANCE.log.1`, that one `.2` and so on up to `.3`; what was `.3` is dropped.

mod follow;
mod prune;
mod read;
mod split;
mod write;

use std::path::{Path, PathBuf};

use naru_model::instance::InstanceId;
use naru_model::units::Timestamp;
use serde::{Deserialize, Serialize};

pub use follow::{Follower, tail};
pub(crate) use prune::prune;
pub(crate) use split::{Batch, Splitter};
pub(crate) use write::LogFile;

/// The longest text of one line, in bytes; what is longer goes on in the next line.
pub const MAX_LINE: usize = 16 << 10;
/// A file is put aside before it grows beyond this, in bytes.
pub const MAX_FILE: u64 = 16 << 20;
/// Files kept of one instance, with the one that is written to.
pub const FILES: usize = 4;

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    Out,
    Err,
    /// naru's own word about this log, such as how many lines a full disk has cost.
    Naru,
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub at: Timestamp,
    pub instance: InstanceId,
    pub stream: Stream,
    /// What is no UTF-8 is replaced by U+FFFD.
    pub text: String,
    /// The text goes on in this instance's next line of the same stream.
    pub continues: bool,
}

impl Stream {
    fn letter(self) -> u8 {
        match self {
            Stream::Out => b'o',
            Stream::Err => b'e',
            Stream::Naru => b'n',
        }
    }
}

/// Returns the file that an instance's lines are written to.
pub fn path(logs: &Path, instance: &InstanceId) -> PathBuf {
    logs.join(instance.service.as_str()).join(format!("{instance}.log"))
}

/// Returns the file that was put aside `n` rotations ago; 0 is the one written to.
fn generation(current: &Path, n: usize) -> PathBuf {
    let mut name = current.as_os_str().to_owned();
    if n > 0 {
        name.push(format!(".{n}"));
    }
    name.into()
}

/// Reads one line of a file; `None` for what no shim wrote.
fn parse(instance: &InstanceId, line: &[u8]) -> Option<Line> {
    let mut parts = line.splitn(3, |b| *b == b' ');
    let (at, mark, text) = (parts.next()?, parts.next()?, parts.next()?);
    let at: jiff::Timestamp = std::str::from_utf8(at).ok()?.parse().ok()?;
    let stream = match mark.first()? {
        b'o' => Stream::Out,
        b'e' => Stream::Err,
        b'n' => Stream::Naru,
        _ => return None,
    };
    Some(Line {
        at: Timestamp(u64::try_from(at.as_microsecond()).ok()?),
        instance: instance.clone(),
        stream,
        text: String::from_utf8_lossy(text).into_owned(),
        continues: mark.get(1) == Some(&b'+'),
    })
}

#[cfg(test)]
mod tests;

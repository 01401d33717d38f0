//! The combined format in one go, for most logs have it: a line that is written as nearly all are is cut where its parts must be,
//! without going through a pattern's steps. Any other line is left to these, which read both the same.

use super::super::line::{Line, bytes};
use super::super::time::{Clock, TimeFormat};
use super::{CLF_LENGTH, near};

/// Between address and time: no identity, and nobody has logged in.
const NOBODY: &[u8] = b"- - [";

/// Reads a line, and what is behind the agent. `None` when it has to be read step by step.
#[inline]
pub(super) fn read<'a>(line: &'a [u8], clock: &mut Clock) -> Option<(Line<'a>, &'a [u8])> {
    let (address, rest) = until_blank(line)?;
    let (time, rest) = rest.strip_prefix(NOBODY)?.split_at_checked(CLF_LENGTH)?;
    let (request, rest) = quoted(rest.strip_prefix(b"] ")?)?;
    let [b' ', status @ .., b' '] = rest.first_chunk::<5>()? else { return None };
    let (number, rest) = until_blank(&rest[5..])?;
    let (_, rest) = quoted(rest)?;
    let (agent, rest) = quoted(rest.strip_prefix(b" ")?)?;
    let mut read = Line { address, agent, bytes: bytes(number), ..Line::default() };
    read.request(request).ok()?;
    read.status(status).ok()?;
    // Last, for a clock remembers what it has read.
    read.at = clock.read(time, &TimeFormat::Clf)?;
    Some((read, rest))
}

#[inline]
fn until_blank(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = near(b' ', text)?;
    Some((&text[..at], &text[at + 1..]))
}

/// What stands in quotes, none of which is escaped, and what is behind them.
#[inline]
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.strip_prefix(b"\"")?;
    let at = memchr::memchr(b'"', text)?;
    let (inside, behind) = (&text[..at], &text[at + 1..]);
    // What is no end may be a part that holds a quote, as some servers write it.
    let ends = matches!(behind, [] | [b' ', ..]);
    (ends && inside.last() != Some(&b'\\')).then_some((inside, behind))
}

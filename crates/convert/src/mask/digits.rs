//! Finds runs of digits, in groups with one hyphen or blank between, and lets a format say which of them to mask.

use std::borrow::Cow;

/// Some digits that stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) start: usize,
    pub(super) end: usize,
    /// What stands before it and joins it to the group before: a hyphen or a blank. None for the first.
    pub(super) joined_by: Option<u8>,
}

impl Group {
    pub(super) fn len(&self) -> usize {
        self.end - self.start
    }
}

/// What of a run a format has recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// How many groups belong to it.
    pub(super) groups: usize,
    /// Its first and last digits that stay.
    pub(super) first: usize,
    pub(super) last: usize,
}

/// The most groups that any format looks at.
const LOOKED_AT: usize = 8;

/// Asks the format at each group; it sees the text and the groups from there to the end of the run, 8 at most.
pub(super) fn mask<'t>(text: &'t [u8], format: impl Fn(&[u8], &[Group]) -> Option<Found>) -> Cow<'t, [u8]> {
    let mut out: Option<Vec<u8>> = None;
    let mut run: Vec<Group> = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].iter().position(u8::is_ascii_digit) {
        at = read_run(text, at + next, &mut run);
        let mut first = 0;
        while first < run.len() {
            let seen = &run[first..run.len().min(first + LOOKED_AT)];
            let Some(found) = format(text, seen) else {
                first += 1;
                continue;
            };
            let out = out.get_or_insert_with(|| text.to_vec());
            hide(out, &seen[..found.groups], found);
            first += found.groups.max(1);
        }
    }
    out.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Reads the groups from a digit on; gives where the run ends.
fn read_run(text: &[u8], start: usize, run: &mut Vec<Group>) -> usize {
    run.clear();
    let (mut at, mut joined_by) = (start, None);
    loop {
        let length = text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        run.push(Group { start: at, end: at + length, joined_by });
        at += length;
        match (text.get(at), text.get(at + 1)) {
            (Some(&joint @ (b'-' | b' ')), Some(digit)) if digit.is_ascii_digit() => {
                joined_by = Some(joint);
                at += 1;
            }
            _ => return at,
        }
    }
}

fn hide(out: &mut [u8], groups: &[Group], found: Found) {
    let total: usize = groups.iter().map(Group::len).sum();
    let places = groups.iter().flat_map(|group| group.start..group.end);
    for place in places.take(total.saturating_sub(found.last)).skip(found.first) {
        out[place] = b'*';
    }
}

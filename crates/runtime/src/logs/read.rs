//! Reads the files of one instance's log from a place that is remembered, over any number of rotations in between.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use memchr::{memchr, memrchr};
use naru_model::instance::InstanceId;

use super::{FILES, Line, generation, parse};

/// How much is read of one file at a time, in bytes; larger than any line.
const STEP: u64 = 1 << 20;

/// Up to where an instance's log was read: this file, told by its inode, and this many bytes of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Position {
    inode: u64,
    offset: u64,
}

/// Opens the files of a log, newest first. A file that is rotated away meanwhile is in it once.
fn open_all(current: &Path) -> io::Result<Vec<(u64, File)>> {
    let mut files: Vec<(u64, File)> = Vec::new();
    for n in 0..FILES {
        match File::open(generation(current, n)) {
            Ok(file) => {
                let inode = file.metadata()?.ino();
                if files.iter().all(|(other, _)| *other != inode) {
                    files.push((inode, file));
                }
            }
            // Between two renames of a rotation there is a gap.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(files)
}

/// Returns the last `count` lines of a log in order, and the position after them.
pub(super) fn last(instance: &InstanceId, current: &Path, count: usize) -> io::Result<(Vec<Line>, Position)> {
    let files = open_all(current)?;
    let mut position = Position::default();
    let mut lines = Vec::new();
    for (n, (inode, file)) in files.iter().enumerate() {
        let end = whole_lines_end(file, file.metadata()?.len())?;
        if n == 0 {
            position = Position { inode: *inode, offset: end };
        }
        lines_backwards(instance, file, end, count, &mut lines)?;
        if lines.len() == count {
            break;
        }
    }
    lines.reverse();
    Ok((lines, position))
}

/// Returns the end of the last whole line before `end`: what follows is being written at this moment.
fn whole_lines_end(file: &File, end: u64) -> io::Result<u64> {
    let start = end.saturating_sub(STEP);
    let block = block(file, start, end)?;
    Ok(memrchr(b'\n', &block).map_or(0, |at| start + at as u64 + 1))
}

/// Adds the lines of the first `end` bytes, last first, until there are `count`.
fn lines_backwards(
    instance: &InstanceId,
    file: &File,
    mut end: u64,
    count: usize,
    lines: &mut Vec<Line>,
) -> io::Result<()> {
    while end > 0 && lines.len() < count {
        let start = end.saturating_sub(STEP.min(64 << 10));
        let block = block(file, start, end)?;
        // The block's first line may have begun before it; then it is read with the block before.
        let first = if start == 0 { 0 } else { memchr(b'\n', &block).map_or(block.len(), |at| at + 1) };
        if first == block.len() {
            return Ok(());
        }
        let whole = block[first..].strip_suffix(b"\n").unwrap_or(&block[first..]);
        let wanted = count - lines.len();
        lines.extend(whole.rsplit(|b| *b == b'\n').filter_map(|line| parse(instance, line)).take(wanted));
        end = start + first as u64;
    }
    Ok(())
}

/// Returns lines written after `position`, and moves it behind them; at most about 1 MiB of them at once.
pub(super) fn more(instance: &InstanceId, current: &Path, position: &mut Position) -> io::Result<Vec<Line>> {
    let mut files = open_all(current)?;
    // What is older than the file we were in has been read; if that one is gone, what is left is all new.
    if let Some(known) = files.iter().position(|(inode, _)| *inode == position.inode) {
        files.truncate(known + 1);
    }
    for (inode, file) in files.iter().rev() {
        if position.inode != *inode {
            *position = Position { inode: *inode, offset: 0 };
        }
        let end = file.metadata()?.len().min(position.offset + STEP);
        let block = block(file, position.offset, end)?;
        let Some(whole) = memrchr(b'\n', &block) else { continue };
        position.offset += whole as u64 + 1;
        return Ok(block[..whole].split(|b| *b == b'\n').filter_map(|line| parse(instance, line)).collect());
    }
    Ok(Vec::new())
}

fn block(file: &File, start: u64, end: u64) -> io::Result<Vec<u8>> {
    let mut block = vec![0; end.saturating_sub(start) as usize];
    let mut filled = 0;
    while filled < block.len() {
        match file.read_at(&mut block[filled..], start + filled as u64)? {
            0 => break,
            n => filled += n,
        }
    }
    block.truncate(filled);
    Ok(block)
}

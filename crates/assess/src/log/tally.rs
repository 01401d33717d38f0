//! All that is counted of each request. One per thread, added up at the end; what is large and keyed by time is told to the
//! others now and then. Nothing is allocated for a request whose path, address and agent have come before.

use std::sync::{Mutex, PoisonError};

use super::agent;
use super::histogram::Histogram;
use super::leaves::Leaves;
use super::line::Line;
use super::shape::{self, Kind};
use super::timeline::{Event, Local, Timeline};
use super::top::{Map, Top, Weight, hash};
use super::visits::{MAX_VISITS, Visit, Visits};

/// Texts in each table, of all threads together.
const MAX_TEXTS: usize = 1 << 19;
/// Shapes that a thread remembers the leaf of.
const MAX_SHAPES: usize = 1 << 16;

/// What all threads share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) leaves: Mutex<Leaves>,
    pub(super) timeline: Mutex<Timeline>,
    /// Added to UTC.
    pub(super) offset: i64,
    /// Paths differ by case: not on IIS.
    pub(super) fold_case: bool,
}

/// What is counted of a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path {
    leaf: u32,
    pub(super) kind: Kind,
    whole: bool,
    pub(super) requests: u64,
    pub(super) missing: u64,
    pub(super) failed: u64,
}

impl Default for Path {
    fn default() -> Path {
        Path { leaf: 0, kind: Kind::Page, whole: true, requests: 0, missing: 0, failed: 0 }
    }
}

impl Weight for Path {
    fn weight(&self) -> u64 {
        self.requests
    }

    fn merge(&mut self, other: &Path) {
        self.kind = other.kind;
        self.requests += other.requests;
        self.missing += other.missing;
        self.failed += other.failed;
    }
}

/// What is counted of an agent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Agent {
    pub(super) requests: u64,
    pub(super) is_robot: bool,
}

impl Weight for Agent {
    fn weight(&self) -> u64 {
        self.requests
    }

    fn merge(&mut self, other: &Agent) {
        self.requests += other.requests;
        self.is_robot |= other.is_robot;
    }
}

/// What is counted of a leaf.
#[derive(Debug, Clone, Default)]
pub(super) struct Stat {
    pub(super) requests: u64,
    pub(super) robots: u64,
    pub(super) writes: u64,
    pub(super) bytes: u64,
    pub(super) missing: u64,
    pub(super) client_errors: u64,
    pub(super) server_errors: u64,
    pub(super) times: Histogram,
}

impl Stat {
    pub(super) fn merge(&mut self, other: &Stat) {
        self.requests += other.requests;
        self.robots += other.robots;
        self.writes += other.writes;
        self.bytes += other.bytes;
        self.missing += other.missing;
        self.client_errors += other.client_errors;
        self.server_errors += other.server_errors;
        self.times.merge(&other.times);
    }
}

/// Hashes of a request's texts.
#[derive(Debug, Clone, Copy)]
struct Hashes {
    address: u64,
    agent: u64,
    path: u64,
}

#[derive(Debug)]
pub(super) struct Tally {
    /// From 100 on.
    pub(super) statuses: Vec<u64>,
    /// The first and the last time, UTC.
    pub(super) span: Option<(i64, i64)>,
    pub(super) paths: Top<Path>,
    pub(super) addresses: Top<u64>,
    pub(super) agents: Top<Agent>,
    /// By leaf.
    pub(super) stats: Vec<Stat>,
    pub(super) visits: Visits,
    /// Requests that were put to a leaf which is not their shape's own.
    pub(super) unseen: u64,
    local: Local,
    hashes: Vec<Hashes>,
    shapes: Map<u64, (u32, bool)>,
    shape: Vec<u8>,
    folded: Vec<u8>,
}

/// What makes one user of an address and an agent. An exclusive or, so that the address can be found again from both.
pub(super) fn user(address: u64, agent: u64) -> u64 {
    address ^ agent.rotate_left(23).wrapping_mul(0xff51_afd7_ed55_8ccd)
}

/// A request's path as it is told apart from others.
#[inline]
fn path_of<'a>(line: &Line<'a>, shared: &Shared, folded: &'a mut Vec<u8>) -> &'a [u8] {
    let path = shape::path(line.target);
    if !shared.fold_case {
        return path;
    }
    folded.clear();
    folded.extend(path.iter().map(u8::to_ascii_lowercase));
    folded
}

impl Tally {
    /// One of so many threads'.
    pub(super) fn new(threads: usize) -> Tally {
        let texts = MAX_TEXTS / threads.max(1);
        Tally {
            statuses: vec![0; 500],
            span: None,
            paths: Top::new(texts),
            addresses: Top::new(texts),
            agents: Top::new(texts / 4),
            stats: Vec::new(),
            visits: Visits::new(MAX_VISITS / threads.max(1)),
            unseen: 0,
            local: Local::default(),
            hashes: Vec::new(),
            shapes: Map::default(),
            shape: Vec::new(),
            folded: Vec::new(),
        }
    }

    /// Counts requests. Many at once, for there are so many different texts that nearly each is looked for in memory: see
    /// [`Top::expect`].
    pub(super) fn take(&mut self, lines: &[Line<'_>], shared: &Shared) {
        let mut hashes = std::mem::take(&mut self.hashes);
        hashes.clear();
        for line in lines {
            let path = hash(path_of(line, shared, &mut self.folded));
            hashes.push(Hashes { address: hash(line.address), agent: hash(line.agent), path });
        }
        self.addresses.expect(hashes.iter().map(|of| of.address));
        self.paths.expect(hashes.iter().map(|of| of.path));
        for (line, hashes) in lines.iter().zip(&hashes) {
            self.one(line, hashes, shared);
        }
        self.hashes = hashes;
        if self.local.is_full() {
            self.flush(shared);
        }
    }

    #[inline]
    fn one(&mut self, line: &Line<'_>, hashes: &Hashes, shared: &Shared) {
        let local = u32::try_from(line.at + shared.offset).unwrap_or_default();
        self.span = Some(
            self.span.map_or((line.at, line.at), |(first, last)| (first.min(line.at), last.max(line.at))),
        );
        if let Some(count) = self.statuses.get_mut(usize::from(line.status).wrapping_sub(100)) {
            *count += 1;
        }
        *self.addresses.entry(hashes.address, line.address, || 0) += 1;
        let agent = self
            .agents
            .entry(hashes.agent, line.agent, || Agent { requests: 0, is_robot: agent::is_robot(line.agent) });
        agent.requests += 1;
        let is_robot = agent.is_robot;
        let (leaf, kind) = self.path(line, hashes.path, shared);
        self.stat(leaf, line, is_robot);
        self.local.add(&Event {
            at: local,
            leaf,
            status: line.status,
            bytes: line.bytes,
            is_robot,
            micros: line.micros,
        });
        if !is_robot {
            let mut user = user(hashes.address, hashes.agent);
            if !line.user.is_empty() {
                user ^= hash(line.user);
            }
            self.visits.add(Visit::new(user, local, leaf, kind, line.status));
        }
    }

    /// Counts the path, and returns its leaf.
    #[inline]
    fn path(&mut self, line: &Line<'_>, hashed: u64, shared: &Shared) -> (u32, Kind) {
        let text = path_of(line, shared, &mut self.folded);
        let (shapes, shape) = (&mut self.shapes, &mut self.shape);
        let path = self.paths.entry(hashed, text, || {
            let kind = shape::kind(text);
            shape::write(text, kind, shape);
            let key = hash(shape);
            if shapes.len() >= MAX_SHAPES && !shapes.contains_key(&key) {
                shapes.clear();
            }
            let (leaf, whole) = *shapes.entry(key).or_insert_with(|| {
                shared.leaves.lock().unwrap_or_else(PoisonError::into_inner).leaf(shape, kind)
            });
            Path { leaf, kind, whole, ..Path::default() }
        });
        path.requests += 1;
        path.missing += u64::from(line.status == 404);
        path.failed += u64::from(line.status >= 500);
        self.unseen += u64::from(!path.whole);
        (path.leaf, path.kind)
    }

    #[inline]
    fn stat(&mut self, leaf: u32, line: &Line<'_>, is_robot: bool) {
        let index = leaf as usize;
        if index >= self.stats.len() {
            self.stats.resize_with(index + 1, Stat::default);
        }
        let stat = &mut self.stats[index];
        stat.requests += 1;
        stat.robots += u64::from(is_robot);
        stat.writes += u64::from(matches!(line.method, b"POST" | b"PUT" | b"PATCH" | b"DELETE"));
        stat.bytes += line.bytes;
        stat.missing += u64::from(line.status == 404);
        stat.client_errors += u64::from((400..500).contains(&line.status));
        stat.server_errors += u64::from(line.status >= 500);
        if let Some(micros) = line.micros {
            stat.times.add(micros);
        }
    }

    /// Tells the others what is keyed by time.
    pub(super) fn flush(&mut self, shared: &Shared) {
        self.local.flush(&mut shared.timeline.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Adds another thread's.
    pub(super) fn merge(&mut self, other: Tally) {
        self.statuses.iter_mut().zip(&other.statuses).for_each(|(mine, theirs)| *mine += theirs);
        self.span = match (self.span, other.span) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (mine, theirs) => mine.or(theirs),
        };
        self.paths.merge(&other.paths);
        self.addresses.merge(&other.addresses);
        self.agents.merge(&other.agents);
        if other.stats.len() > self.stats.len() {
            self.stats.resize_with(other.stats.len(), Stat::default);
        }
        self.stats.iter_mut().zip(&other.stats).for_each(|(mine, theirs)| mine.merge(theirs));
        self.visits.merge(other.visits);
        self.unseen += other.unseen;
    }
}

//! Waits until traces are complete, and decides which are kept. Pure: time is passed in, nothing is written.
//!
//! A trace is kept, whole, when a span of it failed, when the gateway saw it fail or take over 4 T of its function, when an
//! operation in it was among the slowest hundredth of its kind ([`Slow`]), or when it is in the fair sample ([`Budget`]). It
//! is complete when no span came for [`Limits::quiet`]; a trace that is long or large is decided with what there is, and
//! what comes later follows that decision. Edges are counted of every trace. Log lines that warn are kept at once, those of a
//! trace go with it, others while the day's bytes last.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use naru_model::span::{LogRecord, SpanKind, SpanRecord};
use naru_model::units::Timestamp;

use super::budget::{Bucket, Budget};
use super::held::Held;
use super::pile::{Pile, Shared};
use super::slow::Slow;
use crate::trace_ids::{TraceIds, hash};

/// From this severity on a line is kept: WARN. Source: OpenTelemetry's SeverityNumber.
const WARN: u8 = 13;
/// Decisions that are remembered for spans that come late; twice as many at most.
const REMEMBERED: usize = 64 << 10;

/// How long traces wait, and how much of them.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Without a new span, after which a trace is complete. Twice what the SDKs wait before they send (OpenTelemetry's
    /// `OTEL_BSP_SCHEDULE_DELAY`, 5 s), because each service sends its own part.
    pub quiet: Duration,
    /// After its first span a trace waits no longer.
    pub longest: Duration,
    /// All that waits, in bytes of memory; beyond it the oldest are decided on.
    pub waiting: usize,
    /// Of one trace.
    pub trace: usize,
    /// What a day may take on the disk, in bytes.
    pub traces_per_day: u64,
    pub logs_per_day: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            quiet: Duration::from_secs(10),
            longest: Duration::from_secs(120),
            waiting: 64 << 20,
            trace: 4 << 20,
            traces_per_day: 1 << 30,
            logs_per_day: 1 << 30,
        }
    }
}

/// Why a trace is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    Error,
    Slow,
    Sample,
    /// A part of it was before.
    Part,
}

/// What was decided on a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decided {
    pub(super) trace_id: [u8; 16],
    pub(super) kept: bool,
}

/// A trace that is not complete.
#[derive(Debug, Default)]
struct Waiting {
    spans: Pile,
    lines: Pile,
    /// When the first and the last of it came, in microseconds since 1970.
    since: u64,
    seen: u64,
    why: Option<Why>,
    /// A part of it was let go.
    gone: bool,
}

impl Waiting {
    fn size(&self) -> usize {
        self.spans.size() + self.lines.size()
    }
}

/// What became of spans and lines, for /metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) traces_kept: u64,
    pub(super) traces_sampled_out: u64,
    pub(super) spans_kept: u64,
    pub(super) spans_sampled_out: u64,
    pub(super) lines_kept: u64,
    pub(super) lines_sampled_out: u64,
}

pub(super) struct Collector {
    limits: Limits,
    waiting: HashMap<[u8; 16], Waiting>,
    /// In the order of their first span, or of the last look at them.
    queue: VecDeque<[u8; 16]>,
    size: usize,
    /// The last decisions, in two halves.
    recent: [HashMap<u64, bool>; 2],
    slow: Slow,
    budget: Budget,
    lines_budget: Bucket,
    /// Stored bytes per byte in memory, learned from files.
    packing: f64,
    passed: Timestamp,
    shared: Shared,
    ids: Arc<TraceIds>,
    own: HashSet<String>,
    pub(super) held: Held,
    pub(super) counts: Counts,
}

impl Collector {
    pub(super) fn new(limits: Limits, ids: Arc<TraceIds>, now: Timestamp) -> Collector {
        Collector {
            waiting: HashMap::new(),
            queue: VecDeque::new(),
            size: 0,
            recent: Default::default(),
            slow: Slow::default(),
            budget: Budget::new(limits.traces_per_day),
            lines_budget: Bucket::new(limits.logs_per_day),
            packing: 0.15,
            passed: now,
            shared: Shared::default(),
            ids,
            own: HashSet::new(),
            held: Held::default(),
            counts: Counts::default(),
            limits,
        }
    }

    /// Which services are naru's own.
    pub(super) fn set_own(&mut self, own: HashSet<String>) {
        self.own = own;
    }

    /// What a day may take from now on, in bytes.
    pub(super) fn set_budget(&mut self, traces_per_day: u64, logs_per_day: u64) {
        self.budget.set(traces_per_day);
        self.lines_budget.set(logs_per_day);
    }

    /// So many bytes in memory made so many in a file.
    pub(super) fn learn_packing(&mut self, memory: usize, file: u64) {
        if memory > 0 {
            self.packing = (file as f64 / memory as f64).clamp(0.01, 1.0);
        }
    }

    /// In how many of 65,536 traces the fair sample has it at this moment.
    pub(super) fn share(&self) -> u32 {
        self.budget.share()
    }

    /// Takes a batch of spans in. Of a broken one, what comes before the break.
    pub(super) fn take_spans(&mut self, mut batch: &[u8], now: Timestamp) {
        while !batch.is_empty() {
            let Ok(span) = SpanRecord::decode(&mut batch) else { return };
            let resource = self.shared.of(span.source.resource);
            let first_of_service =
                matches!(span.kind, SpanKind::Server | SpanKind::Consumer) || span.parent_id == [0; 8];
            let slow =
                first_of_service && self.slow.takes_long(span.source.service, span.name, span.duration_us);
            let waiting = self.waiting(span.trace_id, now);
            waiting.seen = now.0;
            if span.error {
                waiting.why = Some(Why::Error);
            } else if slow && waiting.why.is_none_or(|why| why == Why::Sample) {
                waiting.why = Some(Why::Slow);
            }
            let before = waiting.size();
            waiting.spans.add_span(&span, resource);
            self.size += waiting.size() - before;
        }
    }

    /// Takes a batch of log lines in. Of a broken one, what comes before the break.
    pub(super) fn take_lines(&mut self, mut batch: &[u8], now: Timestamp) {
        while !batch.is_empty() {
            let Ok(line) = LogRecord::decode(&mut batch) else { return };
            let resource = self.shared.of(line.source.resource);
            let mut pile = Pile::default();
            pile.add_line(&line, resource);
            let decided = (line.trace_id != [0; 16]).then(|| self.decided(&line.trace_id));
            match decided {
                Some(None) if line.severity < WARN => {
                    let waiting = self.waiting(line.trace_id, now);
                    let before = waiting.size();
                    waiting.lines.append(pile);
                    self.size += waiting.size() - before;
                }
                decided => {
                    let certain = line.severity >= WARN || decided == Some(Some(true));
                    self.keep_lines(pile, certain);
                }
            }
        }
    }

    /// Decides on the traces that are complete, and on the oldest when too much waits.
    pub(super) fn decide(&mut self, now: Timestamp) -> Vec<Decided> {
        let passed = now.since(self.passed);
        if passed >= Duration::from_secs(1) {
            self.budget.pass(passed);
            self.lines_budget.pass(passed);
            self.passed = now;
        }
        let mut decided = Vec::new();
        let (quiet, longest) = (self.limits.quiet.as_micros() as u64, self.limits.longest.as_micros() as u64);
        for _ in 0..self.queue.len() {
            let Some(trace_id) = self.queue.pop_front() else { break };
            let Some(waiting) = self.waiting.get(&trace_id) else { continue };
            let complete = now.0.saturating_sub(waiting.seen) >= quiet
                || now.0.saturating_sub(waiting.since) >= longest
                || waiting.size() >= self.limits.trace
                || self.size > self.limits.waiting;
            if complete {
                let kept = self.verdict(&trace_id);
                self.finish(Decided { trace_id, kept }, now);
                decided.push(Decided { trace_id, kept });
            } else {
                self.queue.push_back(trace_id);
            }
        }
        decided
    }

    /// Carries out what was decided, here or by a process before this one.
    pub(super) fn finish(&mut self, decided: Decided, now: Timestamp) {
        let Some(waiting) = self.waiting.remove(&decided.trace_id) else { return };
        self.size -= waiting.size();
        self.remember(decided);
        if waiting.spans.is_empty() {
            // Lines alone: nothing is known of their trace.
            return self.keep_lines(waiting.lines, decided.kept);
        }
        let spans: Vec<SpanRecord<'_>> = waiting.spans.spans().collect();
        let own = &self.own;
        self.held.edges.count(&spans, (now.0 / 1_000_000) as u32, |service| own.contains(service));
        let bytes = waiting.spans.size() as f64 * self.packing;
        let (traces, spans) =
            (u64::from(!matches!(waiting.why, Some(Why::Part)) && !waiting.gone), spans.len() as u64);
        match waiting.why {
            Some(Why::Error | Why::Slow | Why::Part) => self.budget.add_certain(bytes),
            Some(Why::Sample) | None => self.budget.add_offered(bytes, decided.kept),
        }
        if decided.kept {
            self.ids.keep(&decided.trace_id);
            self.counts.traces_kept += traces;
            self.counts.spans_kept += spans;
            self.held.add_trace(decided.trace_id, waiting.spans);
        } else {
            self.counts.traces_sampled_out += traces;
            self.counts.spans_sampled_out += spans;
        }
        self.keep_lines(waiting.lines, decided.kept);
    }

    /// Whether a trace that waits is sure to be kept, so that it may be shown already.
    fn verdict(&self, trace_id: &[u8; 16]) -> bool {
        let waiting = self.waiting.get(trace_id);
        // Half a trace is none: what comes after a part was let go is let go.
        waiting.filter(|waiting| !waiting.gone).is_some_and(|waiting| {
            let has_spans = !waiting.spans.is_empty();
            waiting.why.is_some_and(|why| has_spans || why == Why::Part)
                || (has_spans && self.ids.is_marked(trace_id))
        })
    }

    /// Traces that are not complete but will be kept.
    pub(super) fn sure(&self) -> impl Iterator<Item = (&[u8; 16], &Pile)> {
        self.waiting.iter().filter(|(id, _)| self.verdict(id)).map(|(id, waiting)| (id, &waiting.spans))
    }

    /// A trace that is not complete, kept or not.
    pub(super) fn incomplete(&self, trace_id: &[u8; 16]) -> Option<(&Pile, &Pile)> {
        self.waiting.get(trace_id).map(|waiting| (&waiting.spans, &waiting.lines))
    }

    /// All that waits: spans and lines.
    pub(super) fn waits(&self) -> impl Iterator<Item = (&Pile, &Pile)> {
        self.waiting.values().map(|waiting| (&waiting.spans, &waiting.lines))
    }

    /// Bytes of memory that wait to be decided on.
    pub(super) fn waiting_size(&self) -> usize {
        self.size
    }

    fn waiting(&mut self, trace_id: [u8; 16], now: Timestamp) -> &mut Waiting {
        let decided = if self.waiting.contains_key(&trace_id) { None } else { Some(self.decided(&trace_id)) };
        let Some(decided) = decided else { return self.waiting.entry(trace_id).or_default() };
        let sampled = ((hash(&trace_id) >> 48) as u32) < self.budget.share();
        let why = match decided {
            Some(true) => Some(Why::Part),
            Some(false) => None,
            None => sampled.then_some(Why::Sample),
        };
        self.queue.push_back(trace_id);
        let gone = decided == Some(false);
        let new = Waiting { since: now.0, seen: now.0, why, gone, ..Waiting::default() };
        self.waiting.entry(trace_id).or_insert(new)
    }

    fn decided(&self, trace_id: &[u8; 16]) -> Option<bool> {
        let hash = hash(trace_id);
        self.recent.iter().find_map(|half| half.get(&hash).copied())
    }

    fn remember(&mut self, decided: Decided) {
        if self.recent[0].len() >= REMEMBERED {
            self.recent.swap(0, 1);
            self.recent[0].clear();
        }
        self.recent[0].insert(hash(&decided.trace_id), decided.kept);
    }

    fn keep_lines(&mut self, lines: Pile, certain: bool) {
        let count = lines.len() as u64;
        let bytes = lines.size() as f64 * self.packing;
        if certain {
            self.lines_budget.spend(bytes);
        }
        if count > 0 && (certain || self.lines_budget.take(bytes)) {
            self.counts.lines_kept += count;
            self.held.add_lines(lines);
        } else {
            self.counts.lines_sampled_out += count;
        }
    }
}

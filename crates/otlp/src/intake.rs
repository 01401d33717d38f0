//! One request in: unpacked, read, handed on in pieces, counted, answered.
//!
//! What both receivers do the same way. It runs on one thread and waits for nothing, so that however many requests come at
//! once, only one of them takes the memory that reading needs.

use std::sync::Arc;

use naru_model::metric::MetricPoint;
use naru_model::units::Timestamp;

use crate::counters::{Count, Counters};
use crate::decode::json;
use crate::decode::logs::Logs;
use crate::decode::metrics::Metrics;
use crate::decode::spans::Spans;
use crate::decode::{Malformed, Refused};
use crate::inflate::{self, inflate};
use crate::sink::{Busy, Sink};

/// The largest request, packed or not, in bytes. Source: gRPC's own default.
pub const MAX_MESSAGE: usize = 4 << 20;
/// What has been read is handed on once it is this large, in bytes: a resource is repeated in each of its spans, and the whole
/// could be many times the request.
const PIECE: usize = 256 << 10;
/// Likewise for metrics, in points.
const PIECE_POINTS: usize = 2048;
/// How many times as large as a request what is read of it is taken to be at least: a resource stands once in the request, and
/// in each of its spans here. Java agents' spans grow to three to eight times.
const GROWS: usize = 8;
/// No more room than this is asked for at once, in bytes, or a request that grows without measure would never be taken.
const MOST_ASKED: usize = 16 << 20;

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Signal {
    Traces,
    Metrics,
    Logs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Protobuf,
    Json,
}

/// What became of a request that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Spans, points or lines.
    pub count: u64,
    /// Those that were not kept, for good: to send them again is of no use.
    pub refused: u64,
    /// Why, of the first one; empty when none was refused.
    pub why: &'static str,
}

/// Why nothing of a request was taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("no request of {} in protobuf: {}", .0.name(), .1)]
    Malformed(Signal, #[source] Malformed),
    #[error("no request of {} in JSON: {}", .0.name(), .1)]
    Json(Signal, #[source] json::Error),
    #[error("{0}")]
    Unpacking(#[source] inflate::Error),
    #[error("a request of more than {MAX_MESSAGE} bytes; send smaller batches")]
    TooLarge,
    #[error("naru can't take more right now; send it again in {RETRY_AFTER} second")]
    Busy,
}

/// After how many seconds somebody who came while we were busy may come again.
pub(crate) const RETRY_AFTER: i64 = 1;

impl Signal {
    /// As in the path of OTLP/HTTP.
    pub fn name(self) -> &'static str {
        match self {
            Signal::Traces => "traces",
            Signal::Metrics => "metrics",
            Signal::Logs => "logs",
        }
    }
}

/// Reads requests and hands on what is in them.
pub struct Intake {
    sink: Arc<dyn Sink>,
    counters: Arc<Counters>,
    spans: Spans,
    logs: Logs,
    metrics: Metrics,
    batch: Vec<u8>,
    points: Vec<MetricPoint>,
    unpacked: Vec<u8>,
    /// By how much the request grew that grew most.
    grew: usize,
}

impl Intake {
    pub fn new(sink: Arc<dyn Sink>, counters: Arc<Counters>) -> Intake {
        Intake {
            sink,
            counters,
            spans: Spans::default(),
            logs: Logs::default(),
            metrics: Metrics::default(),
            batch: Vec::with_capacity(2 * PIECE),
            points: Vec::new(),
            unpacked: Vec::new(),
            grew: GROWS,
        }
    }

    /// Takes one request's body, which came `packed` by gzip or not.
    ///
    /// # Errors
    /// Nothing was taken; of a request that turns out to be malformed, what comes before that may have been. Spans and lines
    /// are not even read when the sink has not room for all of them.
    pub fn take(
        &mut self,
        signal: Signal,
        encoding: Encoding,
        packed: bool,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Taken, Refusal> {
        let result = self.read(signal, encoding, packed, body, now);
        self.count(signal, &result);
        result
    }

    /// Counts what became of a request, also of one that was refused before it was read.
    pub fn count(&self, signal: Signal, result: &Result<Taken, Refusal>) {
        let add = |what, number| self.counters.add(signal, what, number);
        match result {
            Ok(taken) => {
                add(Count::Requests, 1);
                add(Count::Taken, taken.count);
                add(Count::Refused, taken.refused)
            }
            Err(Refusal::TooLarge) => add(Count::TooLarge, 1),
            Err(Refusal::Busy) => add(Count::Busy, 1),
            Err(_) => add(Count::Malformed, 1),
        };
    }

    fn read(
        &mut self,
        signal: Signal,
        encoding: Encoding,
        packed: bool,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Taken, Refusal> {
        let mut unpacked = std::mem::take(&mut self.unpacked);
        let result = (|| {
            let body = if packed {
                inflate(body, MAX_MESSAGE, &mut unpacked).map_err(|error| match error {
                    inflate::Error::TooLarge(_) => Refusal::TooLarge,
                    error => Refusal::Unpacking(error),
                })?;
                unpacked.as_slice()
            } else if body.len() > MAX_MESSAGE {
                return Err(Refusal::TooLarge);
            } else {
                body
            };
            match encoding {
                Encoding::Protobuf => self.protobuf(signal, body, now),
                Encoding::Json => {
                    let written =
                        json::to_protobuf(signal, body).map_err(|error| Refusal::Json(signal, error))?;
                    self.protobuf(signal, &written, now)
                }
            }
        })();
        self.unpacked = unpacked;
        result
    }

    fn protobuf(&mut self, signal: Signal, body: &[u8], now: Timestamp) -> Result<Taken, Refusal> {
        let sink = &*self.sink;
        let asked = body.len().saturating_mul(self.grew).min(MOST_ASKED);
        if signal != Signal::Metrics && !sink.has_room(asked) {
            return Err(Refusal::Busy);
        }
        let mut handed = Handed::default();
        let mut bytes = 0;
        self.batch.clear();
        self.points.clear();
        let read = match signal {
            Signal::Traces => self.spans.read(body, sink, &mut self.batch, |batch, count| {
                handed.hold(count);
                if batch.len() >= PIECE {
                    bytes += batch.len();
                    handed.on(sink.spans(batch));
                    batch.clear();
                }
            }),
            Signal::Logs => self
                .logs
                .read(body, sink, now, &mut self.batch, |batch, count| {
                    handed.hold(count);
                    if batch.len() >= PIECE {
                        bytes += batch.len();
                        handed.on(sink.logs(batch));
                        batch.clear();
                    }
                })
                .map(|()| Refused::default()),
            Signal::Metrics => self.metrics.read(body, sink, now, &mut self.points, |points, count| {
                handed.hold(count);
                if points.len() >= PIECE_POINTS {
                    handed.on(sink.metrics(std::mem::take(points)));
                }
            }),
        };
        let refused = read.map_err(|malformed| Refusal::Malformed(signal, malformed))?;
        self.grew = self.grew.max((bytes + self.batch.len()).div_ceil(body.len().max(1)));
        if handed.held > 0 {
            handed.on(match signal {
                Signal::Traces => sink.spans(&self.batch),
                Signal::Logs => sink.logs(&self.batch),
                Signal::Metrics => sink.metrics(std::mem::take(&mut self.points)),
            });
        }
        handed.outcome(refused)
    }
}

/// What of a request has been handed on so far.
#[derive(Default)]
struct Handed {
    /// Read, and neither taken nor lost yet.
    held: u64,
    taken: u64,
    lost: u64,
}

impl Handed {
    fn hold(&mut self, count: u64) {
        self.held += count;
    }

    fn on(&mut self, result: Result<(), Busy>) {
        let held = std::mem::take(&mut self.held);
        match result {
            Ok(()) => self.taken += held,
            Err(Busy) => self.lost += held,
        }
    }

    /// When nothing was taken the sender may send all of it again. When a part was, that part would come twice: the rest is
    /// refused for good.
    fn outcome(self, refused: Refused) -> Result<Taken, Refusal> {
        if self.lost > 0 && self.taken == 0 {
            return Err(Refusal::Busy);
        }
        let why = if self.lost > 0 { "naru could not take all of it at once" } else { "" };
        Ok(Taken { count: self.taken, refused: refused.count + self.lost, why: refused.why.unwrap_or(why) })
    }
}

//! Who calls whom, counted minute by minute from every trace before any is let go.
//!
//! A call is an edge when its span and the span above it are of two services, or when it leaves for something that sends no
//! spans: a database, a broker, a link, another host. What comes in from clients is counted by the gateway, see
//! [`crate::Telemetry::service_map`].

use std::collections::{BTreeMap, HashMap};

use naru_model::span::{Source, SpanKind, SpanRecord, Work};

use crate::sketch::{Bucket, Dense};

/// Different edges of a minute; more are counted as one.
const MOST: usize = 500;
/// Spans that begin longer ago, or later than now, count for this minute, in seconds: clocks may say anything.
const LATE: u32 = 3_600;
/// Where an edge leads that is one too many.
pub(crate) const OTHERS: &str = "outside:others";
const MINUTE: u32 = 60;

/// Calls along an edge within a minute.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sum {
    pub(crate) calls: u64,
    pub(crate) errors: u64,
    /// How long all of them took together, in microseconds.
    pub(crate) duration_us: u64,
    pub(crate) durations: Dense,
}

impl Sum {
    pub(crate) fn add(&mut self, other: &Sum) {
        self.calls += other.calls;
        self.errors += other.errors;
        self.duration_us = self.duration_us.saturating_add(other.duration_us);
        self.durations.add_dense(&other.durations);
    }
}

/// All edges, by minute (seconds since 1970) and by from and to with a zero byte between.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edges {
    minutes: BTreeMap<u32, HashMap<Box<str>, Sum>>,
    key: String,
}

impl Edges {
    /// Each edge of each minute: minute, from, to.
    pub(super) fn each(&self) -> impl Iterator<Item = (u32, &str, &str, &Sum)> {
        self.minutes.iter().flat_map(|(minute, edges)| {
            edges.iter().filter_map(|(key, sum)| {
                let (from, to) = key.split_once('\0')?;
                Some((*minute, from, to, sum))
            })
        })
    }

    /// Counts the calls of a trace, or of the part of it that is there. `own`: whether a service of this name is one of naru's;
    /// one whose instance is known is in any case, also when a journal is read before the names are known.
    pub(super) fn count(&mut self, spans: &[SpanRecord<'_>], now_second: u32, own: impl Fn(&str) -> bool) {
        let own = |source: &Source<'_>| source.revision > 0 || own(source.service);
        let places: HashMap<[u8; 8], usize> =
            spans.iter().enumerate().map(|(at, span)| (span.span_id, at)).collect();
        let above = |span: &SpanRecord<'_>| {
            places
                .get(&span.parent_id)
                .map(|at| (*at, &spans[*at]))
                .filter(|(_, above)| above.span_id != span.span_id)
        };
        // Calls whose other end sent a span.
        let mut answered = vec![false; spans.len()];
        for span in spans {
            if let Some((at, above)) =
                above(span).filter(|(_, above)| above.source.service != span.source.service)
            {
                answered[at] = true;
                if span.kind != SpanKind::Consumer {
                    let from = node(&above.source, own);
                    let call = if above.kind == SpanKind::Client { above } else { span };
                    self.add(&from, &node(&span.source, own), call, above.error || span.error, now_second);
                }
            }
        }
        for (span, answered) in spans.iter().zip(answered) {
            let here = || node(&span.source, own);
            match span.kind {
                SpanKind::Client | SpanKind::Producer if !answered || span.kind == SpanKind::Producer => {
                    if let Some(to) = target(span) {
                        self.add(&here(), &to, span, span.error, now_second);
                    }
                }
                SpanKind::Consumer => {
                    if let Some(from) = target(span) {
                        self.add(&from, &here(), span, span.error, now_second);
                    }
                }
                // What comes to naru's own services the gateway counts.
                SpanKind::Server if above(span).is_none() && !own(&span.source) => {
                    self.add("clients", &here(), span, span.error, now_second);
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, from: &str, to: &str, span: &SpanRecord<'_>, error: bool, now_second: u32) {
        let second = u32::try_from(span.start.0 / 1_000_000).unwrap_or(u32::MAX);
        let second = if (now_second.saturating_sub(LATE)..=now_second).contains(&second) {
            second
        } else {
            now_second
        };
        let edges = self.minutes.entry(second - second % MINUTE).or_default();
        let to = if edges.len() < MOST { to } else { OTHERS };
        self.key.clear();
        self.key.extend([from, "\0", to]);
        if !edges.contains_key(self.key.as_str()) {
            // Also of one too many, so that a flood of names makes two edges at most.
            let from = if edges.len() < MOST { from } else { OTHERS };
            self.key.clear();
            self.key.extend([from, "\0", to]);
            edges.entry(self.key.as_str().into()).or_default();
        }
        let Some(sum) = edges.get_mut(self.key.as_str()) else { return };
        sum.calls += 1;
        sum.errors += u64::from(error);
        sum.duration_us = sum.duration_us.saturating_add(span.duration_us);
        let micros = u32::try_from(span.duration_us).unwrap_or(u32::MAX);
        sum.durations.add(Bucket::of(micros), 1);
    }
}

fn node(source: &Source<'_>, own: impl Fn(&Source<'_>) -> bool) -> String {
    match source.service {
        "" => "outside:unnamed".to_owned(),
        service if own(source) => format!("service:{service}"),
        service => format!("outside:{service}"),
    }
}

/// Whom a span calls that sends no spans of its own; for a consumer, what it takes from.
fn target(span: &SpanRecord<'_>) -> Option<String> {
    let of = |kind: &str| {
        let system = if span.system.is_empty() { "unknown" } else { span.system };
        if span.peer.is_empty() {
            format!("{kind}:{system}")
        } else {
            format!("{kind}:{system}/{}", span.peer)
        }
    };
    match span.work {
        Work::Database => Some(of("database")),
        Work::Messaging => Some(of("messaging")),
        _ if span.peer.is_empty() => None,
        _ => {
            let host = span.peer.rsplit_once(':').map_or(span.peer, |(host, _)| host);
            let link = host.strip_suffix(".link.naru").map(|link| format!("link:{link}"));
            Some(link.unwrap_or_else(|| format!("outside:{}", span.peer)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use naru_model::span::Source;
    use naru_model::units::Timestamp;

    const NOW: u32 = 1_795_250_000;

    fn span(service: &'static str, id: u8, parent: u8, kind: SpanKind) -> SpanRecord<'static> {
        SpanRecord {
            source: Source { service, ..Source::default() },
            span_id: [id; 8],
            parent_id: [parent; 8],
            kind,
            start: Timestamp(u64::from(NOW) * 1_000_000),
            duration_us: 1_000 * u64::from(id),
            ..SpanRecord::default()
        }
    }

    fn edges(spans: &[SpanRecord<'_>]) -> Vec<(String, u64, u64, u64)> {
        let mut edges = Edges::default();
        edges.count(spans, NOW, |service| service != "elsewhere");
        let mut all: Vec<_> = edges
            .each()
            .map(|(_, from, to, sum)| (format!("{from} > {to}"), sum.calls, sum.errors, sum.duration_us))
            .collect();
        all.sort();
        all
    }

    #[test]
    fn calls_between_services_and_out_of_them_are_edges() {
        let database = SpanRecord {
            work: Work::Database,
            system: "postgresql",
            peer: "orders",
            error: true,
            ..span("stock", 4, 3, SpanKind::Client)
        };
        let link = SpanRecord {
            peer: "registry.link.naru:80",
            work: Work::Http,
            ..span("stock", 5, 3, SpanKind::Client)
        };
        let spans = [
            span("portal", 1, 0, SpanKind::Server),
            span("portal", 2, 1, SpanKind::Client),
            span("stock", 3, 2, SpanKind::Server),
            database,
            link,
            span("portal", 6, 1, SpanKind::Internal),
        ];
        let found = edges(&spans);
        let text = |text: &str| text.to_owned();
        assert_eq!(
            found,
            [
                (text("service:portal > service:stock"), 1, 0, 2_000),
                (text("service:stock > database:postgresql/orders"), 1, 1, 4_000),
                (text("service:stock > link:registry"), 1, 0, 5_000),
            ]
        );
    }

    #[test]
    fn messages_go_through_their_broker_and_strangers_come_from_clients() {
        let topic = |span| SpanRecord { work: Work::Messaging, system: "kafka", peer: "paid", ..span };
        let spans = [
            topic(span("portal", 1, 0, SpanKind::Producer)),
            topic(span("stock", 2, 1, SpanKind::Consumer)),
            span("elsewhere", 3, 0, SpanKind::Server),
        ];
        let found: Vec<String> = edges(&spans).into_iter().map(|edge| edge.0).collect();
        assert_eq!(
            found,
            [
                "clients > outside:elsewhere",
                "messaging:kafka/paid > service:stock",
                "service:portal > messaging:kafka/paid"
            ]
        );
    }

    #[test]
    fn a_service_whose_instance_is_known_is_naru_s_also_when_no_names_are_known() {
        let mut edges = Edges::default();
        let mut call = SpanRecord {
            work: Work::Database,
            system: "postgresql",
            peer: "orders",
            ..span("portal", 1, 0, SpanKind::Client)
        };
        call.source.revision = 3;
        edges.count(&[call], NOW, |_| false);
        let found: Vec<_> = edges.each().map(|(_, from, to, _)| (from, to)).collect();
        assert_eq!(found, [("service:portal", "database:postgresql/orders")]);
    }

    #[test]
    fn made_up_names_and_clocks_do_not_fill_memory() {
        let mut edges = Edges::default();
        for n in 0..5_000u64 {
            let peer = format!("host-{n}");
            let start = Timestamp(n * 60_000_000);
            let call = SpanRecord { peer: &peer, start, ..span("portal", 1, 0, SpanKind::Client) };
            edges.count(&[call], NOW, |_| true);
        }
        assert_eq!(edges.each().count(), MOST + 1);
        assert_eq!(edges.each().map(|(.., sum)| sum.calls).sum::<u64>(), 5_000);
    }
}

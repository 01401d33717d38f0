//! What databases were asked over a time, by statement: counted of the traces that are kept, ten seconds by ten. For explanations:
//! which statement became slow, failed or was asked more often.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use naru_model::name::ServiceName;
use naru_model::series::Period;
use naru_model::span::Work;
use naru_model::trace::{Statement, StatementSlot};

use super::files::Kind;
use super::search::in_memory;
use super::shelf::Shelf;
use super::sql;
use crate::archive::parallel;

type Id = [u8; 16];

/// The width of a slot, in seconds.
const SLOT: u32 = 10;
/// Different statements that are told apart; of more the first ones are. A service has some hundreds.
const MOST: usize = 2_000;
/// Different texts as they came whose shape is remembered.
const MOST_TEXTS: usize = 10_000;

/// One database call.
pub(super) struct Asked<'s> {
    pub(super) service: &'s str,
    pub(super) system: &'s str,
    pub(super) peer: &'s str,
    pub(super) name: &'s str,
    pub(super) detail: &'s str,
    /// In microseconds since 1970.
    pub(super) start: u64,
    pub(super) duration_us: u64,
    pub(super) error: bool,
}

/// Service, system, database and statement.
type Key = (String, String, String, String);

#[derive(Default)]
struct Counted {
    statements: BTreeMap<Key, BTreeMap<u32, StatementSlot>>,
    /// From texts as they came.
    shapes: HashMap<String, String>,
}

pub(super) fn find(shelf: &Shelf, services: &BTreeSet<ServiceName>, period: Period) -> Vec<Statement> {
    let micros = |second: u32| u64::from(second) * 1_000_000;
    let (from, to) = (micros(period.from), micros(period.to));
    let counted = Mutex::new(Counted::default());
    let count = |id: &Id, asked: &mut dyn Iterator<Item = Asked<'_>>| {
        let within = asked.filter(|one| (from..to).contains(&one.start));
        counted.lock().unwrap_or_else(PoisonError::into_inner).trace(id, within);
    };
    let is_wanted = |service: &str| services.iter().any(|wanted| wanted.as_str() == service);
    let view = in_memory(shelf, |id, spans| {
        if spans.iter().any(|span| is_wanted(span.source.service)) {
            let mut asked = spans.iter().filter(|span| span.work == Work::Database).map(|span| Asked {
                service: span.source.service,
                system: span.system,
                peer: span.peer,
                name: span.name,
                detail: span.detail,
                start: span.start.0,
                duration_us: span.duration_us,
                error: span.error,
            });
            count(id, &mut asked);
        }
    });
    parallel::each(&view.files(Kind::Spans, from, to), |file| {
        shelf.reading(file, |opened| {
            for group in 0..opened.groups() {
                if opened.ends(group).is_some_and(|(first, last)| last >= from && first < to) {
                    opened.asked(group, is_wanted, |id, asked| count(id, asked))?;
                }
            }
            Ok(())
        });
    });
    let statements = counted.into_inner().unwrap_or_else(PoisonError::into_inner).statements;
    let statement = |((service, system, peer, text), slots): (Key, BTreeMap<u32, StatementSlot>)| Statement {
        service,
        system,
        peer,
        text,
        slots: slots.into_values().collect(),
    };
    statements.into_iter().map(statement).collect()
}

impl Counted {
    /// Counts the calls of one trace; each of its statements where it was asked first.
    fn trace<'s>(&mut self, id: &Id, asked: impl Iterator<Item = Asked<'s>>) {
        let mut own: BTreeMap<Key, StatementSlot> = BTreeMap::new();
        for one in asked {
            let at = u32::try_from(one.start / 1_000_000).unwrap_or(u32::MAX);
            let seconds = one.duration_us as f64 / 1e6;
            let empty = StatementSlot {
                at: at - at % SLOT,
                traces: 1,
                calls: 0,
                errors: 0,
                seconds: 0.0,
                example: (*id, 0.0),
            };
            let (service, system, peer) =
                (one.service.to_owned(), one.system.to_owned(), one.peer.to_owned());
            let slot = own.entry((service, system, peer, self.text(&one))).or_insert(empty);
            slot.at = slot.at.min(empty.at);
            slot.calls += 1;
            slot.errors += u32::from(one.error);
            slot.seconds += seconds;
        }
        for (key, mut slot) in own {
            slot.example.1 = slot.seconds;
            if self.statements.len() >= MOST && !self.statements.contains_key(&key) {
                continue;
            }
            let slots = self.statements.entry(key).or_default();
            slots.entry(slot.at).and_modify(|known| add(known, &slot)).or_insert(slot);
        }
    }

    fn text(&mut self, asked: &Asked<'_>) -> String {
        // What is no SQL has its values all over; the name of its span has none, as the convention wants it.
        let text = if sql::is_sql(asked.detail) { asked.detail } else { asked.name };
        if let Some(known) = self.shapes.get(text) {
            return known.clone();
        }
        let shaped = sql::shape(text, matches!(asked.system, "mysql" | "mariadb"));
        if self.shapes.len() >= MOST_TEXTS {
            self.shapes.clear();
        }
        self.shapes.insert(text.to_owned(), shaped.clone());
        shaped
    }
}

fn add(known: &mut StatementSlot, more: &StatementSlot) {
    let better = (more.errors > 0, more.example.1) > (known.errors > 0, known.example.1);
    if better {
        known.example = more.example;
    }
    known.traces += more.traces;
    known.calls += more.calls;
    known.errors += more.errors;
    known.seconds += more.seconds;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(detail: &'static str, second: u64, milliseconds: u64, error: bool) -> Asked<'static> {
        Asked {
            service: "portal",
            system: "postgresql",
            peer: "orders",
            name: "SELECT",
            detail,
            start: second * 1_000_000,
            duration_us: milliseconds * 1000,
            error,
        }
    }

    #[test]
    fn the_same_statement_with_other_values_is_one_and_a_trace_is_counted_once() {
        let mut counted = Counted::default();
        let orders = (1..=3).map(|n| asked(["select 1", "select 2", "select 3"][n - 1], 1000, 10, false));
        counted.trace(&[1; 16], orders);
        counted.trace(&[2; 16], [asked("select 9", 1004, 500, false)].into_iter());
        counted.trace(
            &[3; 16],
            [asked("select 9", 1005, 2, true), asked("EXISTS user:7", 1019, 1, false)].into_iter(),
        );
        let told: Vec<(&str, Vec<StatementSlot>)> = counted
            .statements
            .iter()
            .map(|((.., text), slots)| (text.as_str(), slots.values().copied().collect()))
            .collect();
        let slot = |at, traces, calls, errors, seconds, example| StatementSlot {
            at,
            traces,
            calls,
            errors,
            seconds,
            example,
        };
        assert_eq!(told.len(), 2);
        // What is no SQL is called as its span is.
        assert_eq!(told[0], ("SELECT", vec![slot(1010, 1, 1, 0, 0.001, ([3; 16], 0.001))]));
        let (text, slots) = &told[1];
        assert_eq!((*text, slots.len()), ("select ?", 1));
        assert_eq!((slots[0].at, slots[0].traces, slots[0].calls, slots[0].errors), (1000, 3, 5, 1));
        assert!((slots[0].seconds - 0.532).abs() < 1e-9, "{slots:?}");
        // The one that failed shows it best, though another took longer.
        assert_eq!(slots[0].example.0, [3; 16]);
    }

    #[test]
    fn made_up_statements_do_not_fill_memory() {
        let mut counted = Counted::default();
        for n in 0..MOST + 500 {
            let table = format!("select * from t_{n}");
            let one = Asked { detail: &table, ..asked("", 1000, 1, false) };
            counted.trace(&[1; 16], [one].into_iter());
        }
        assert_eq!(counted.statements.len(), MOST);
    }
}

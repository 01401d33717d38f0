//! The figures that alerts and predictions live on, each ten seconds: of everything that was seen, as it was in the last whole ten
//! seconds; active users in the last five minutes.

use naru_model::metric::{Owner, Reading};
use naru_model::record::Fault;
use naru_model::units::Timestamp;

use crate::Telemetry;
use crate::cell::Counts;
use crate::gauge::Gauge;
use crate::keys::Key;
use crate::limits::{ACTIVE_SECONDS, COARSE_SECONDS};
use crate::query::gauge;
use crate::series::slot_of;
use crate::signals::settled;
use crate::store::{Store, second_of};

impl Telemetry {
    /// Every figure of [`naru_model::alert::FIGURES`] that is known here, of every owner: what the server alone knows
    /// (`workers`, `ready`, `down`, and `cpu` and `memory` of services and instances) it adds. What is unknown is not in
    /// it: of no request there is no response time. Links are among the services, by their name.
    pub fn readings(&self, now: Timestamp) -> Vec<Reading> {
        let names = self.live.names.load_full();
        let mut readings = Vec::new();
        {
            let mut store = self.store();
            store.advance(now);
            let to = slot_of(settled(now) + 1);
            let keys: Vec<Key> = store.keys().collect();
            for key in keys {
                let owner = match key {
                    Key::All => Some(Owner::Platform),
                    Key::Service(id) => names.service(id).cloned().map(Owner::Service),
                    Key::Function(id) => names.function(id).cloned().map(Owner::Function),
                    // One that is gone stays for an hour, and nobody tells of it any more.
                    Key::Instance(id, revision, ordinal) if gauge(&store, key, Gauge::InFlight).is_some() => {
                        names.instance(id, revision, ordinal).map(Owner::Instance)
                    }
                    _ => None,
                };
                if let Some(owner) = owner {
                    read(&store, key, to, |figure, value| {
                        readings.push(Reading { owner: owner.clone(), figure: figure.to_owned(), value });
                    });
                }
            }
        }
        readings.extend(self.metrics.figures(second_of(now)));
        readings
    }
}

/// Says every figure of a key that is known.
fn read(store: &Store, key: Key, to: u32, mut say: impl FnMut(&'static str, f64)) {
    let from = to.saturating_sub(COARSE_SECONDS);
    if matches!(key, Key::Instance(..)) {
        say_counts(&store.counts(key, from, to), &mut say);
    } else {
        let cell = store.sum(key, from, to);
        say_counts(&cell.counts, &mut say);
        if !cell.is_empty() {
            let [p95, p99] = cell.quantiles([0.95, 0.99]);
            say("p95", p95);
            say("p99", p99);
        }
        if let Some(apdex) = cell.counts.apdex.score() {
            say("apdex", apdex);
        }
        let users = store
            .series(key)
            .and_then(|series| series.count_users(slot_of(to.saturating_sub(ACTIVE_SECONDS)), to));
        users.into_iter().for_each(|users| say("active_users", users as f64));
        if !matches!(key, Key::Function(_)) {
            gauge(store, key, Gauge::Waiting).into_iter().for_each(|waiting| say("waiting", waiting.into()));
        }
    }
    gauge(store, key, Gauge::InFlight).into_iter().for_each(|in_flight| say("in_flight", in_flight.into()));
}

fn say_counts(counts: &Counts, say: &mut impl FnMut(&'static str, f64)) {
    let requests = counts.requests();
    say("requests", requests as f64 / f64::from(COARSE_SECONDS));
    if requests > 0 {
        let failed = counts.fault(Fault::Service) + counts.fault(Fault::Platform);
        say("error_ratio", failed as f64 / requests as f64);
        say("mean", counts.mean_seconds());
    }
}

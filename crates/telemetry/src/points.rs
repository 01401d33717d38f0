//! Figures over time: from memory for the last hour, from the archive for what is older, drawn into stretches of one length.

use naru_model::record::Fault;
use naru_model::series::{Period, Point, Subject};
use naru_model::units::Timestamp;

use crate::Telemetry;
use crate::gauge::Gauge;
use crate::keys::{Key, Kind};
use crate::limits::{ACTIVE_SECONDS, COARSE_SECONDS};
use crate::live::{Figures, MINUTE};
use crate::series::first_fine;
use crate::store::Store;
use crate::users::Users;

/// How long a stretch may be, in seconds; beyond the last, any number of hours.
const STEPS: [u32; 5] = [1, COARSE_SECONDS, MINUTE, 600, 3600];

/// Distinct users over a stretch.
pub(crate) struct Active {
    from: u32,
    to: u32,
    users: Users,
}

impl Active {
    pub(crate) fn begins_in(&self, period: Period) -> bool {
        (period.from..period.to).contains(&self.from)
    }

    pub(crate) fn users(&self) -> &Users {
        &self.users
    }
}

/// What an answer is made of.
pub(crate) struct Found {
    /// In the order of time.
    pub(crate) figures: Vec<Figures>,
    /// Also of the five minutes before.
    pub(crate) active: Vec<Active>,
}

impl Telemetry {
    /// Figures of something over a period, in stretches of 1 s, 10 s, 1 min, 10 min or some hours: as fine as there are and
    /// as make at most `max_points` (at least one). They are aligned to multiples of their length since 1970, so that
    /// the first may begin before the period; where naru's start or what is kept begins later, it is shorter, and so is the
    /// last one, which ends with the last whole second. Second by second there are the last five minutes, by ten seconds the last hour; where nothing was kept, and while naru was not
    /// running, there is no point.
    pub fn series(&self, subject: &Subject, period: Period, max_points: usize, now: Timestamp) -> Vec<Point> {
        let key = Key::of(subject, &self.live.names.load());
        let (border, to) = self.border(period.to, now);
        if to <= period.from {
            return Vec::new();
        }
        let minute = period.from - period.from % MINUTE;
        let mut found = self.archived(subject, Period { from: minute, to }, border);
        let (live, step) = {
            let store = self.store();
            let step =
                step(finest(period.from, found.figures.is_empty(), &store), period.from, to, max_points);
            let to = to.next_multiple_of(step).min(store.now());
            let from = (period.from - period.from % step).max(border.live_from);
            (live(&store, key, from, to, step), step)
        };
        let from = period.from - period.from % step;
        if from < minute {
            found = self.archived(subject, Period { from, to }, border);
        }
        found.figures.extend(live.figures);
        found.active.extend(live.active);
        points(key.kind(), &found, step)
    }

    /// Where memory takes over, and where a period that is to end at `to` ends.
    pub(crate) fn border(&self, to: u32, now: Timestamp) -> (Border, u32) {
        let mut store = self.store();
        store.advance(now);
        (Border::of(&store, self.archive.kept_until()), to.min(store.now()))
    }

    /// What the archive has, by minutes or longer; users also of the five minutes before.
    pub(crate) fn archived(&self, subject: &Subject, period: Period, border: Border) -> Found {
        let mut found = Found { figures: Vec::new(), active: Vec::new() };
        let period = Period { to: period.to.min(border.archive_to), ..period };
        if period.from >= period.to {
            return found;
        }
        let asked = Period { from: period.from.saturating_sub(ACTIVE_SECONDS), ..period };
        for mut figures in self.archived_figures(subject, asked) {
            if let Some((minute, since)) = border.shared.filter(|(minute, _)| *minute == figures.start) {
                figures.seconds = (since - minute).max(1);
            }
            if let Some(users) = figures.cell.users.take() {
                let (from, to) = (figures.start, figures.start + figures.seconds);
                found.active.push(Active { from, to, users });
            }
            if figures.start + figures.seconds > period.from {
                found.figures.push(figures);
            }
        }
        found
    }
}

/// Where memory takes over from the archive: at a whole minute, but for the minute of a start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Border {
    archive_to: u32,
    live_from: u32,
    /// The minute of a start, and the start: of what was before it the archive tells, of what came after it memory, until
    /// the archive has that as well.
    shared: Option<(u32, u32)>,
}

impl Border {
    pub(crate) fn live_from(self) -> u32 {
        self.live_from
    }

    fn of(store: &Store, kept_until: u32) -> Border {
        let (oldest, since) = (store.reaches_back_to(), store.since());
        let minute = since - since % MINUTE;
        if oldest == since && kept_until <= minute {
            return Border { archive_to: minute + MINUTE, live_from: minute, shared: Some((minute, since)) };
        }
        let border = oldest.next_multiple_of(MINUTE).max(minute + MINUTE);
        Border { archive_to: border, live_from: border, shared: None }
    }
}

/// The finest stretch of which there are figures from a second on; `live`: all of them are in memory.
fn finest(from: u32, live: bool, store: &Store) -> u32 {
    match from {
        _ if live && from.max(store.since()) >= first_fine(store.now()) => 1,
        _ if live => COARSE_SECONDS,
        _ => MINUTE,
    }
}

/// The shortest stretch from `finest` on of which at most so many cover the period.
fn step(finest: u32, from: u32, to: u32, max_points: usize) -> u32 {
    let count = |step: u32| (to.div_ceil(step) - from / step) as usize;
    let hours = (1..).map(|hours: u32| hours.saturating_mul(3600));
    let steps = STEPS.into_iter().filter(|step| *step >= finest).chain(hours);
    let fits = |step: &u32| count(*step) <= max_points.max(1) || *step == u32::MAX;
    steps.into_iter().find(fits).unwrap_or(u32::MAX)
}

/// What memory has from `from` on, which is aligned.
pub(crate) fn live(store: &Store, key: Key, from: u32, to: u32, step: u32) -> Found {
    let width = step.min(MINUTE);
    let starts = (from..to).step_by(width as usize);
    let figures = starts.filter_map(|start| {
        let mut figures = store.figures(key, start, (start + width).min(to));
        // What was before the server's start was not seen.
        figures.start = start.max(store.since());
        figures.seconds = (start + figures.seconds).saturating_sub(figures.start);
        (figures.seconds > 0).then_some(figures)
    });
    let slots = store.series(key).and_then(|series| series.users(from.saturating_sub(ACTIVE_SECONDS), to));
    let active = slots.into_iter().flatten();
    let active = active.map(|(from, users)| Active { from, to: from + COARSE_SECONDS, users });
    Found { figures: figures.collect(), active: active.collect() }
}

fn points(kind: Kind, found: &Found, step: u32) -> Vec<Point> {
    let mut stretches: Vec<Figures> = Vec::new();
    for figures in &found.figures {
        match stretches.last_mut().filter(|last| last.start / step == figures.start / step) {
            Some(last) => last.absorb(figures),
            None => stretches.push(figures.clone()),
        }
    }
    let mut counted = None;
    let point = |figures: &Figures| {
        let active = kind.keeps_users().then(|| {
            let end = figures.start + figures.seconds;
            let range = overlapping(&found.active, end.saturating_sub(ACTIVE_SECONDS), end);
            // Neighbouring seconds have the same.
            match counted {
                Some((same, count)) if same == range => count,
                _ => {
                    let count = count(&found.active[range.0..range.1]);
                    counted = Some((range, count));
                    count
                }
            }
        });
        point(kind, figures, active)
    };
    stretches.iter().map(point).collect()
}

/// The first of those that overlap with a stretch, and the one after the last.
fn overlapping(active: &[Active], from: u32, to: u32) -> (usize, usize) {
    let first = active.partition_point(|active| active.to <= from);
    (first, active.partition_point(|active| active.from < to).max(first))
}

fn count(active: &[Active]) -> u64 {
    let mut all = Users::default();
    active.iter().for_each(|active| all.merge(&active.users));
    all.count()
}

pub(crate) fn point(kind: Kind, figures: &Figures, active_users: Option<u64>) -> Point {
    let counts = &figures.cell.counts;
    let [p50_seconds, p95_seconds, p99_seconds] = figures.cell.quantiles([0.5, 0.95, 0.99]);
    let gauge = |gauge| figures.gauges.and_then(|said| said.get(gauge));
    let per_second = |bytes: u64| bytes as f64 / f64::from(figures.seconds.max(1));
    let (received_bytes, sent_bytes) = match kind {
        Kind::Host => (gauge(Gauge::Received).unwrap_or(0.0), gauge(Gauge::Sent).unwrap_or(0.0)),
        _ => (per_second(counts.bytes_in), per_second(counts.bytes_out)),
    };
    Point {
        at: figures.start,
        seconds: figures.seconds,
        requests: counts.requests(),
        client_errors: counts.fault(Fault::Client),
        service_errors: counts.fault(Fault::Service),
        platform_errors: counts.fault(Fault::Platform),
        mean_seconds: counts.mean_seconds(),
        p50_seconds,
        p95_seconds,
        p99_seconds,
        apdex: counts.apdex,
        active_users,
        in_flight: gauge(Gauge::InFlight),
        waiting: gauge(Gauge::Waiting),
        instances: gauge(Gauge::Ready).map(|ready| ready as u32),
        cpu_cores: gauge(Gauge::CpuCores),
        memory_bytes: gauge(Gauge::MemoryBytes).map(|bytes| bytes as u64),
        received_bytes,
        sent_bytes,
        disk_read_bytes: gauge(Gauge::DiskRead),
        disk_written_bytes: gauge(Gauge::DiskWritten),
    }
}

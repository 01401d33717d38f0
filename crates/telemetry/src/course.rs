//! All that was seen of something over a day, in a form that adds up: for reports on service levels. From the archive for what is
//! older than the last hour, from memory for the rest.

use naru_model::record::Fault;
use naru_model::series::{Period, Subject};
use naru_model::service_level::{Bucket, Course, Stretch};
use naru_model::units::Timestamp;

use crate::Telemetry;
use crate::gauge::Gauge;
use crate::keys::{Key, Kind};
use crate::live::{Figures, MINUTE};
use crate::points::live;
use crate::sketch::Dense;
use crate::users::Users;

const HOUR: u32 = 3600;

impl Telemetry {
    /// What was seen of something from `period.from` on, a whole minute, and before `period.to`. It reads files: some
    /// milliseconds for each hour.
    pub fn course(&self, subject: &Subject, period: Period, now: Timestamp) -> Course {
        let key = Key::of(subject, &self.live.names.load());
        let (border, to) = self.border(period.to, now);
        if to <= period.from {
            return Course::default();
        }
        let mut found = self.archived(subject, Period { to, ..period }, border);
        let from = period.from.max(border.live_from());
        if from < to {
            let store = self.store();
            let live = live(&store, key, from, to, MINUTE);
            found.figures.extend(live.figures);
            found.active.extend(live.active);
        }
        found.figures.retain(|figures| figures.start >= period.from && !figures.is_empty());
        let mut hours = vec![Dense::default(); (period.to - period.from).div_ceil(HOUR) as usize];
        for figures in &found.figures {
            if let Some(hour) = hours.get_mut(((figures.start - period.from) / HOUR) as usize) {
                hour.add_dense(&figures.cell.answered);
                hour.add_dense(&figures.cell.failed);
            }
        }
        // Of longer stretches the archive knows the users of the last five minutes alone.
        let whole = found.figures.iter().all(|figures| figures.seconds <= MINUTE);
        let users = (whole && key.kind().keeps_users()).then(|| {
            let mut all = Users::default();
            let within = found.active.iter().filter(|active| active.begins_in(period));
            within.for_each(|active| all.merge(active.users()));
            packed(&all)
        });
        Course {
            stretches: found.figures.iter().map(|figures| stretch(key.kind(), figures)).collect(),
            hours: hours.iter().map(buckets).collect(),
            users,
        }
    }
}

/// How many distinct users there were in several periods together, each as [`Course::users`] has it; `None`: one of them can't
/// be read.
pub fn distinct_users<'a>(periods: impl Iterator<Item = &'a [u8]>) -> Option<u64> {
    let mut all = Users::default();
    for mut packed in periods {
        all.add_packed(&mut packed).ok().filter(|()| packed.is_empty())?;
    }
    Some(all.count())
}

fn packed(users: &Users) -> Vec<u8> {
    let mut packed = Vec::new();
    users.pack(&mut packed);
    packed
}

fn buckets(sketch: &Dense) -> Vec<Bucket> {
    let middle = |(least, most): (u32, u32)| least + (most - least) / 2;
    sketch
        .buckets()
        .map(|(of, count)| Bucket { micros: middle(of.bounds()), requests: count.into() })
        .collect()
}

fn stretch(kind: Kind, figures: &Figures) -> Stretch {
    let (counts, gauges) = (&figures.cell.counts, &figures.gauges);
    let gauge = |of: Gauge| gauges.and_then(|said| said.get(of));
    // The host's bytes are no bodies.
    let (received_bytes, sent_bytes) = match kind {
        Kind::Host => (0, 0),
        _ => (counts.bytes_in, counts.bytes_out),
    };
    Stretch {
        at: figures.start,
        seconds: figures.seconds,
        observed: gauges.map_or(0, |said| said.said),
        requests: counts.requests(),
        client_errors: counts.fault(Fault::Client),
        service_errors: counts.fault(Fault::Service),
        platform_errors: counts.fault(Fault::Platform),
        latency_us: counts.latency_us,
        apdex: counts.apdex,
        received_bytes,
        sent_bytes,
        in_flight: gauge(Gauge::InFlight),
        instances: gauge(Gauge::Ready).map(|ready| ready as u32),
        cpu_cores: gauge(Gauge::CpuCores),
    }
}

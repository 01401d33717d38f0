//! One day of one thing, of what telemetry tells of it.

use naru_model::alert::Text;
use naru_model::apdex::Apdex;
use naru_model::name::ServiceName;
use naru_model::series::Subject;
use naru_model::service_level::{Course, Goal, Stretch};

use crate::day::{Hour, Seen, Users};
use crate::outages::outages;

const HOUR: u32 = 3600;

/// What telemetry does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    pub subject: Subject,
    pub title: Text,
    pub services: Vec<ServiceName>,
    pub goal: Goal,
    /// Of a service.
    pub places: Option<Places>,
}

/// How many requests may be under way together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    pub in_all: usize,
    pub per_instance: Option<u32>,
}

/// Adds a day up that began at `from`, in seconds since 1970.
pub fn seen(about: About, course: Course, from: u32) -> Seen {
    let Course { stretches, hours, users } = course;
    let sum = |of: fn(&Stretch) -> u64| stretches.iter().map(of).fold(0u64, u64::saturating_add);
    let mut apdex = Apdex::default();
    stretches.iter().for_each(|stretch| apdex.merge(stretch.apdex));
    let ready = || stretches.iter().filter_map(|stretch| stretch.instances);
    let (outages, down_minutes) = outages(&stretches);
    let places = about.places.and_then(|places| taken(&stretches, places));
    Seen {
        subject: about.subject,
        title: about.title,
        services: about.services,
        goal: about.goal,
        requests: sum(|one| one.requests),
        client_errors: sum(|one| one.client_errors),
        service_errors: sum(|one| one.service_errors),
        platform_errors: sum(|one| one.platform_errors),
        latency_us: sum(|one| one.latency_us),
        apdex,
        received_bytes: sum(|one| one.received_bytes),
        sent_bytes: sum(|one| one.sent_bytes),
        users: users.map(Users),
        first: stretches.first().map(|first| first.at),
        observed: stretches.iter().map(|one| one.observed).fold(0, u32::saturating_add),
        stretch: stretches.iter().map(|one| one.seconds).max().unwrap_or(0),
        down_minutes,
        outages,
        hours: of_hours(&stretches, hours, from),
        instances_least: ready().min(),
        instances_most: ready().max(),
        instance_seconds: weighted(&stretches, |one| one.instances.map(f64::from)),
        core_seconds: weighted(&stretches, |one| one.cpu_cores),
        places,
    }
}

/// A figure times the seconds in which somebody looked.
fn weighted(stretches: &[Stretch], of: impl Fn(&Stretch) -> Option<f64>) -> Option<f64> {
    let parts = stretches.iter().filter_map(|one| Some(of(one)? * f64::from(one.observed)));
    parts.fold(None, |sum, part| Some(sum.unwrap_or(0.0) + part))
}

/// The share of places taken, see [`Seen::places`].
fn taken(stretches: &[Stretch], places: Places) -> Option<(f64, f64, f64)> {
    let mut sum = None::<(f64, f64, f64)>;
    for one in stretches {
        let (Some(in_flight), Some(ready)) = (one.in_flight, one.instances) else { continue };
        let of_instances = places.per_instance.map(|each| f64::from(each) * f64::from(ready));
        let there = of_instances.unwrap_or(f64::INFINITY).min(places.in_all as f64);
        if there <= 0.0 {
            continue;
        }
        let (share, seconds) = ((in_flight / there).min(1.0), f64::from(one.observed));
        let (before, over, most) = sum.unwrap_or_default();
        sum = Some((before + share * seconds, over + seconds, most.max(share)));
    }
    sum
}

fn of_hours(
    stretches: &[Stretch],
    latencies: Vec<Vec<naru_model::service_level::Bucket>>,
    from: u32,
) -> Vec<Hour> {
    let mut hours: Vec<Hour> = (0u32..)
        .zip(latencies)
        .map(|(hour, latencies)| Hour { at: from + hour * HOUR, latencies, ..Hour::default() })
        .collect();
    for one in stretches.iter().filter(|one| one.at >= from) {
        let Some(hour) = hours.get_mut(((one.at - from) / HOUR) as usize) else { continue };
        hour.requests = hour.requests.saturating_add(one.requests);
        hour.failed = hour.failed.saturating_add(one.failed());
        hour.latency_us = hour.latency_us.saturating_add(one.latency_us);
        hour.instances = hour.instances.max(one.instances);
    }
    hours
}

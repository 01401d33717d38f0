//! A day as it is kept: of telemetry's figures, the state's alerts and events, and what the file promises.

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use naru_model::alert::{Alert, Severity, Text};
use naru_model::name::{FunctionName, ServiceName};
use naru_model::platform::{Function, Platform, Service};
use naru_model::series::{Period, Subject};
use naru_model::service_level::Goal;
use naru_model::units::Timestamp;
use naru_sla::{About, Alarm, Day, MOST_CHANGES, Places, VERSION, calendar};

use super::Source;

/// Alerts of a day that are read.
const MOST_ALERTS: u32 = 20_000;

impl Source {
    /// Adds a day up as far as it has gone.
    pub(super) async fn collect(
        &self,
        platform: &Platform,
        date: Date,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<Day> {
        let (from, to) = calendar::bounds(date, zone);
        let until = to.min((now.0 / 1_000_000) as u32);
        let (begin, end) = (at(from), at(until));
        let alerts =
            self.state.alerts_within(begin, end, MOST_ALERTS).await.context("can't read the alerts")?;
        let mut alarms: Vec<Alarm> = alerts.iter().filter(|alert| !alert.silenced).map(alarm).collect();
        let (changes, scaled, mut more) = self.happened(platform, begin, end).await?;
        more += keep_first(&mut alarms);
        let (telemetry, all) = (self.telemetry.clone(), abouts(platform));
        let seen = tokio::task::spawn_blocking(move || {
            let period = Period { from, to: until };
            let one = |about: About| {
                let course = telemetry.course(&about.subject, period, now);
                naru_sla::seen(about, course, from)
            };
            all.into_iter().map(one).collect()
        });
        Ok(Day {
            version: VERSION,
            platform: platform.name.clone(),
            date: date.to_string(),
            zone: calendar::zone_name(zone),
            from,
            to,
            until,
            made: now,
            seen: seen.await.context("can't read the figures")?,
            alarms,
            changes,
            scaled,
            more,
        })
    }
}

pub(super) fn at(seconds: u32) -> Timestamp {
    Timestamp(u64::from(seconds) * 1_000_000)
}

/// Cuts a list to what is kept of a day; returns how much that left out.
pub(super) fn keep_first<T>(list: &mut Vec<T>) -> u32 {
    let more = list.len().saturating_sub(MOST_CHANGES);
    list.truncate(MOST_CHANGES);
    more as u32
}

fn alarm(alert: &Alert) -> Alarm {
    let seconds = |at: Timestamp| u32::try_from(at.0 / 1_000_000).unwrap_or(u32::MAX);
    Alarm {
        id: alert.id,
        owner: alert.owner.clone(),
        figure: alert.figure.clone(),
        critical: alert.severity == Severity::Critical,
        since: seconds(alert.since),
        resolved: alert.resolved.map(seconds),
        value: alert.worst,
        threshold: alert.threshold,
        cause: alert.explanation.causes.first().map(|cause| cause.text.clone()),
    }
}

/// Everything that a report tells of.
fn abouts(platform: &Platform) -> Vec<About> {
    let everything = About {
        subject: Subject::All,
        title: Text { ko: "전체".to_owned(), en: "Everything".to_owned() },
        services: Vec::new(),
        goal: platform.reports.goal,
        places: None,
    };
    let functions = platform.functions.iter().map(|(name, function)| of_function(platform, name, function));
    let services = platform.services.iter().map(|(name, service)| of_service(name, service));
    std::iter::once(everything).chain(functions).chain(services).collect()
}

fn of_function(platform: &Platform, name: &FunctionName, function: &Function) -> About {
    let title = |language: &str| {
        let given = function.name.get(language).or_else(|| function.name.values().next());
        given.cloned().unwrap_or_else(|| name.to_string())
    };
    let routes = platform.routes.iter().filter(|route| route.function.as_ref() == Some(name));
    let mut services: Vec<ServiceName> =
        routes.flat_map(|route| &route.to).map(|target| target.service.clone()).collect();
    services.sort();
    services.dedup();
    About {
        subject: Subject::Function(name.clone()),
        title: Text { ko: title("ko"), en: title("en") },
        services,
        goal: function.goal.or(platform.reports.goal),
        places: None,
    }
}

fn of_service(name: &ServiceName, service: &Service) -> About {
    let places = Places { in_all: service.traffic.concurrency, per_instance: service.traffic.per_instance };
    About {
        subject: Subject::Service(name.clone()),
        title: Text::same(name.as_str()),
        services: Vec::new(),
        goal: Goal::default(),
        places: Some(places),
    }
}

//! The platform that is accepted, asked by the API's own client.

use std::path::Path;
use std::time::Duration;

use naru_api::client::Client;
use naru_api::message::{Api, DeployRequest, MakeToken, UpgradeRequest};
use naru_controller::calendar::Calendar;
use naru_model::access::Role;
use naru_model::name::ServiceName;
use naru_model::revision::Revision;
use naru_model::scaling::Schedule;
use naru_model::status::Status;
use naru_model::units::{Timestamp, parse_duration};
use naru_model::watch::NewSilence;
use naru_verify::acceptance::{FileEdit, PlannedScaling, Platform, Refused, Route};

use crate::commands::output;

/// Each question in a runtime of its own: they come from several threads, and seldom.
pub(super) struct Running {
    client: Client,
}

impl Running {
    pub(super) fn new(client: Client) -> Running {
        Running { client }
    }
}

fn ask<T>(question: impl Future<Output = Result<T, naru_api::client::Error>>) -> Result<T, Refused> {
    let answer = crate::commands::block_on(question).map_err(|error| Refused(error.to_string()))?;
    answer.map_err(|error| Refused(crate::explain(&error.into())))
}

impl Platform for Running {
    fn status(&self) -> Result<Status, Refused> {
        ask(self.client.status())
    }

    fn routes(&self) -> Result<Vec<Route>, Refused> {
        Ok(ask(self.client.apis())?.into_iter().filter(|api| !api.link).map(route).collect())
    }

    fn revisions(&self, service: &ServiceName) -> Result<Vec<Revision>, Refused> {
        ask(self.client.revisions(service))
    }

    fn schedules(&self, policies: &[String], at: Timestamp) -> Result<Vec<PlannedScaling>, Refused> {
        policies
            .iter()
            .filter_map(|text| schedule(text).map(|schedule| (text, schedule)))
            .map(|(text, schedule)| {
                let calendar = Calendar::new(&[schedule], &jiff::tz::TimeZone::system())
                    .map_err(|error| Refused(error.to_string()))?;
                let adds = calendar.windows(at).iter().map(|window| window.add).sum();
                Ok(PlannedScaling {
                    text: text.clone(),
                    adds,
                    next: calendar
                        .next_change(at)
                        .map(|at| output::time(at).split('.').next().unwrap_or_default().to_owned()),
                })
            })
            .collect()
    }

    fn schedule(&self, service: &ServiceName, from: Timestamp, lasts: Duration) -> Result<FileEdit, Refused> {
        let schedule = once(from, lasts).map_err(|error| Refused(error.to_string()))?;
        let file = self.status()?.server.file;
        FileEdit::new(&file, |text| naru_config::with_schedule(text, service, &schedule))
    }

    fn deploy(&self, running: &Revision) -> Result<u32, Refused> {
        let request = DeployRequest { env: running.spec.env.clone() };
        Ok(ask(self.client.deploy(&running.service, &request))?.revision)
    }

    fn rollback(&self, service: &ServiceName, to: u32) -> Result<u32, Refused> {
        Ok(ask(self.client.rollback(service, Some(to)))?.revision)
    }

    fn upgrade(&self, binary: &Path) -> Result<(), Refused> {
        ask(self.client.upgrade(&UpgradeRequest { binary: binary.to_owned() })).map(drop)
    }

    fn silence(&self, lasts: Duration, why: &str) -> Result<u64, Refused> {
        let seconds = u32::try_from(lasts.as_secs()).unwrap_or(u32::MAX);
        let silence = NewSilence { owner: None, item: None, seconds, why: why.to_owned() };
        Ok(ask(self.client.make_silence(&silence))?.id)
    }

    fn end_silence(&self, id: u64) -> Result<(), Refused> {
        ask(self.client.end_silence(id))
    }

    fn make_viewer(&self, name: &str) -> Result<(u64, String), Refused> {
        let request = MakeToken { name: name.to_owned(), role: Role::Viewer, expires_in_seconds: Some(3600) };
        let made = ask(self.client.make_token(&request))?;
        Ok((made.token.id, made.secret))
    }

    fn revoke(&self, id: u64) -> Result<(), Refused> {
        ask(self.client.revoke_token(id))
    }
}

fn route(api: Api) -> Route {
    let open = api.auth.open && api.patterns.is_none() && api.conversions.is_empty() && api.gone.is_none();
    Route {
        name: api.name,
        host: api.host,
        path: api.path,
        methods: api.methods,
        services: api.services,
        function: api.function,
        open,
        limits: api.limits,
    }
}

/// Reads what the policies of a service say of a schedule: `0 20 * * * Asia/Seoul for 2h: 2 more`.
fn schedule(text: &str) -> Option<Schedule> {
    let (times, rest) = text.split_once(" for ")?;
    let (lasts, add) = rest.strip_suffix(" more")?.split_once(": ")?;
    let words: Vec<&str> = times.split(' ').collect();
    let (fields, zone) = match words.len() {
        5 => (words.as_slice(), None),
        6 => (&words[..5], Some(words[5].to_owned())),
        _ => return None,
    };
    Some(Schedule { at: fields.join(" "), zone, lasts: parse_duration(lasts).ok()?, add: add.parse().ok()? })
}

/// A schedule of one instance more at this minute, which comes again in a year.
fn once(from: Timestamp, lasts: Duration) -> Result<Schedule, jiff::Error> {
    let at = jiff::Timestamp::from_microsecond(from.0 as i64)?.to_zoned(jiff::tz::TimeZone::UTC);
    let at = format!("{} {} {} {} *", at.minute(), at.hour(), at.day(), at.month());
    Ok(Schedule { at, zone: Some("UTC".to_owned()), lasts, add: 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_of_one_minute_is_open_from_it_on() {
        let from = Timestamp(1_790_000_040_000_000);
        let lasts = Duration::from_secs(600);
        let calendar = Calendar::new(&[once(from, lasts).unwrap()], &jiff::tz::TimeZone::UTC).unwrap();
        assert_eq!(calendar.windows(Timestamp(from.0 - 1)).len(), 0);
        let open = calendar.windows(from);
        assert_eq!((open[0].from, open[0].to, open[0].add), (from, from + lasts, 1));
        assert_eq!(calendar.windows(from + lasts).len(), 0);
    }

    #[test]
    fn a_schedule_is_read_back_from_its_words_and_nothing_else_is() {
        let read = |text: &str| schedule(text).map(|s| (s.at, s.zone, s.lasts.as_secs(), s.add));
        assert_eq!(read("0 20 * * * for 2h: 2 more"), Some(("0 20 * * *".to_owned(), None, 7200, 2)));
        assert_eq!(
            read("0 9 1 * 1-5 Asia/Seoul for 30m: 4 more"),
            Some(("0 9 1 * 1-5".to_owned(), Some("Asia/Seoul".to_owned()), 1800, 4))
        );
        assert_eq!(read("cpu > 50% for 5m: 2 more"), None);
        assert_eq!(read("cpu 60%"), None);
    }
}

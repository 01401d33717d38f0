//! Many causes, one message: what comes within a while for the same channel goes out together.
//!
//! In a storm the while grows: it doubles each time that more came than a message tells one by one, up to five minutes, and is
//! as before when it has calmed down.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use naru_model::alert::{Alert, Notice, NoticeState, Notices, Reason};
use naru_model::units::Timestamp;
use naru_model::watch::Outgoing;

use crate::compose::{Reader, WORST, by_badness, compose};
use crate::{Cause, Settings};

/// Under which name the owners of functions are told.
pub const OWNERS: &str = "owners";
/// The longest that causes are gathered.
const LONGEST: Duration = Duration::from_secs(300);
/// Alerts of one message that are told apart; of more only the number is known.
const MOST_CAUSES: usize = 10_000;

/// To whom: a channel, and the addresses of owners.
pub(crate) type Place = (String, Vec<String>);

/// What has come for one place since its last message.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) outgoing: Outgoing,
    causes: BTreeMap<u64, (Reason, Alert)>,
}

/// Gathers for all places.
#[derive(Debug, Default)]
pub(crate) struct Gatherer {
    open: BTreeMap<Place, Gathered>,
    /// How often the while has doubled, and when the last message was due.
    storms: BTreeMap<Place, (u32, Timestamp)>,
}

impl Gatherer {
    /// Takes causes in; returns the messages that have changed, to be kept.
    pub(crate) fn add(
        &mut self,
        causes: Vec<Cause>,
        settings: &Settings,
        now: Timestamp,
    ) -> Vec<&mut Gathered> {
        let mut changed: BTreeMap<Place, Vec<(Reason, Alert)>> = BTreeMap::new();
        for cause in causes {
            for place in places(&cause, &settings.notices) {
                changed.entry(place).or_default().push((cause.reason, cause.alert.clone()));
            }
        }
        for (place, causes) in &changed {
            let due = now + self.wait(place, &settings.notices, now);
            let gathered = self.open.entry(place.clone()).or_insert_with(|| Gathered::new(place, due, now));
            gathered.take(causes, settings, now);
        }
        self.open.iter_mut().filter(|(place, _)| changed.contains_key(*place)).map(|(_, one)| one).collect()
    }

    /// How long this place's next message gathers.
    fn wait(&self, place: &Place, notices: &Notices, now: Timestamp) -> Duration {
        let calm = |at: Timestamp| now.since(at) > LONGEST;
        let doubled = self.storms.get(place).filter(|(_, at)| !calm(*at)).map_or(0, |(doubled, _)| *doubled);
        notices.gather.saturating_mul(1 << doubled.min(8)).clamp(notices.gather, LONGEST.max(notices.gather))
    }

    /// Takes out what is due.
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<Outgoing> {
        let places: Vec<Place> = self
            .open
            .iter()
            .filter(|(_, one)| one.outgoing.due <= now)
            .map(|(place, _)| place.clone())
            .collect();
        let mut due = Vec::new();
        for place in places {
            let Some(gathered) = self.open.remove(&place) else { continue };
            let (doubled, _) = self.storms.get(&place).copied().unwrap_or_default();
            let many = gathered.causes.len() > WORST;
            self.storms.insert(place, (if many { doubled + 1 } else { 0 }, now));
            due.push(gathered.outgoing);
        }
        due
    }

    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.open.values().map(|one| one.outgoing.due).min()
    }
}

/// Where a cause is told.
fn places(cause: &Cause, notices: &Notices) -> Vec<Place> {
    let owned = matches!(cause.reason, Reason::Escalated | Reason::Resolved) && !cause.owners.is_empty();
    let owners = owned.then(|| (OWNERS.to_owned(), cause.owners.clone()));
    if cause.reason == Reason::Escalated {
        return owners.into_iter().collect();
    }
    let wanted = |name: &String| cause.channels.is_empty() || cause.channels.contains(name);
    let channels = notices.channels.iter();
    let of = channels.filter(|channel| wanted(&channel.name) && cause.alert.severity >= channel.severity);
    of.map(|channel| (channel.name.clone(), Vec::new())).chain(owners).collect()
}

impl Gathered {
    fn new((channel, to): &Place, due: Timestamp, now: Timestamp) -> Gathered {
        let notice = Notice {
            id: 0,
            at: now,
            channel: channel.clone(),
            reason: Reason::Resolved,
            alerts: Vec::new(),
            report: None,
            subject: String::new(),
            text: String::new(),
            state: NoticeState::Waiting,
            attempts: 0,
            error: None,
        };
        let outgoing = Outgoing { notice, due, to: to.clone(), worst: Vec::new() };
        Gathered { outgoing, causes: BTreeMap::new() }
    }

    fn take(&mut self, causes: &[(Reason, Alert)], settings: &Settings, now: Timestamp) {
        for (reason, alert) in causes {
            let known = self.causes.get(&alert.id).map(|(reason, _)| *reason);
            // What is told for the first time stays so when it has become worse meanwhile.
            let reason = match (known, reason) {
                (Some(Reason::First), Reason::Worse) => Reason::First,
                _ => *reason,
            };
            if known.is_some() || self.causes.len() < MOST_CAUSES {
                self.causes.insert(alert.id, (reason, alert.clone()));
            }
        }
        let mut sorted: Vec<(Reason, &Alert)> =
            self.causes.values().map(|(reason, alert)| (*reason, alert)).collect();
        by_badness(&mut sorted);
        let reader = Reader {
            platform: &settings.platform,
            korean: settings.notices.language == "ko",
            zone: &TimeZone::system(),
            now,
        };
        let texts = compose(&sorted, &reader);
        let reasons = [Reason::First, Reason::Worse, Reason::Escalated, Reason::Resolved];
        let reason = reasons.into_iter().find(|wanted| sorted.iter().any(|(reason, _)| reason == wanted));
        let notice = &mut self.outgoing.notice;
        notice.reason = reason.unwrap_or(Reason::Resolved);
        notice.alerts = sorted.iter().map(|(_, alert)| alert.id).collect();
        (notice.subject, notice.text) = (texts.subject, texts.text);
        self.outgoing.worst = sorted.iter().take(WORST).map(|(_, alert)| (*alert).clone()).collect();
    }
}

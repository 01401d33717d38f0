//! All items on all owners: each ten seconds the readings in, what has changed out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use naru_model::alert::{Alert, Ending, Explanation, Item, Severity, Side, Silence};
use naru_model::metric::{Owner, Reading};
use naru_model::units::Timestamp;

use crate::judge::{Foresight, SAME_TROUBLE, Standing, Track, distance, stand};
use crate::silence::is_silenced;

/// Series that are followed at once. More are not judged, and how many is said by [`Watcher::unjudged`].
const MOST_TRACKS: usize = 25_000;
/// How long an open alert goes on without readings of what still exists.
const UNMEASURED: Duration = Duration::from_secs(300);

/// What the watcher looks at.
pub struct Look<'a> {
    pub now: Timestamp,
    pub readings: &'a [Reading],
    pub silences: &'a [Silence],
    /// Of the maintenance that is under way: of what; `None` stands for everything.
    pub maintenance: &'a [Option<Owner>],
    pub foresight: &'a dyn Foresight,
    /// Whether there still is such an owner.
    pub exists: &'a dyn Fn(&Owner) -> bool,
    /// After how long without an acknowledgement a critical alert is escalated; `None`: never.
    pub escalate_after: Option<Duration>,
    /// The same of a warning.
    pub escalate_warnings_after: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Opened,
    /// So much worse that people are told again.
    Worse,
    Resolved,
    /// Nobody acknowledged it in time.
    Escalated,
    /// It lasts, and the silence over it has ended.
    Unsilenced,
}

/// What has changed about an alert, and the alert as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub kind: Kind,
    pub alert: Alert,
}

/// Item and owner.
type Key = (String, Owner);

/// Judges readings by items. It goes on after a restart with [`Watcher::resume`].
#[derive(Debug, Default)]
pub struct Watcher {
    items: Vec<Item>,
    by_figure: BTreeMap<String, Vec<usize>>,
    tracks: BTreeMap<Key, Track>,
    open: BTreeMap<Key, Alert>,
    last_id: u64,
    unjudged: u64,
}

impl Watcher {
    /// Goes on with what an earlier server left open. `last_id` is the greatest id that was ever given.
    pub fn resume(last_id: u64, open: Vec<Alert>, now: Timestamp) -> Watcher {
        let mut watcher = Watcher { last_id, ..Watcher::default() };
        for alert in open {
            let key = (alert.item.clone(), alert.owner.clone());
            let beyond = alert.threshold.map_or(0.0, |threshold| (alert.worst - threshold).abs());
            watcher.tracks.insert(key.clone(), Track::resumed(now, beyond));
            watcher.last_id = watcher.last_id.max(alert.id);
            watcher.open.insert(key, alert);
        }
        watcher
    }

    /// Watches these from now on. What is open of an item that is gone, or is another one now, ends at the next look.
    pub fn set_items(&mut self, items: Vec<Item>) {
        self.by_figure.clear();
        for (index, item) in items.iter().enumerate() {
            self.by_figure.entry(item.when.figure.clone()).or_default().push(index);
        }
        self.items = items;
    }

    pub fn items(&self) -> &[Item] {
        &self.items
    }

    pub fn open(&self) -> impl Iterator<Item = &Alert> {
        self.open.values()
    }

    /// Readings that were not judged because too many others are beyond their thresholds.
    pub fn unjudged(&self) -> u64 {
        self.unjudged
    }

    /// Somebody sees to it. `None`: no such alert is open.
    pub fn acknowledge(&mut self, id: u64, who: &str, now: Timestamp) -> Option<Alert> {
        let alert = self.open.values_mut().find(|alert| alert.id == id)?;
        alert.acknowledged.get_or_insert_with(|| (now, who.to_owned()));
        Some(alert.clone())
    }

    /// Says why an open alert is as it is.
    pub fn explain(&mut self, id: u64, explanation: Explanation) {
        if let Some(alert) = self.open.values_mut().find(|alert| alert.id == id) {
            alert.explanation = explanation;
        }
    }

    /// Takes in the readings of one moment.
    pub fn look(&mut self, look: &Look<'_>) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut seen = BTreeSet::new();
        for reading in look.readings.iter().filter(|reading| reading.value.is_finite()) {
            let of = self.by_figure.get(&reading.figure).cloned().unwrap_or_default();
            for index in of {
                if self.items[index].of.covers(&reading.owner) {
                    let key = (self.items[index].name.clone(), reading.owner.clone());
                    // Of one owner and figure there is one value; the first counts.
                    if seen.insert(key.clone()) {
                        self.judge(index, key, reading, look, &mut changes);
                    }
                }
            }
        }
        self.end_what_is_gone(look, &mut changes);
        self.mind_people(look, &mut changes);
        let kept = |track: &Track| track.ended.is_some_and(|ended| look.now.since(ended) < SAME_TROUBLE);
        let (open, now) = (&self.open, look.now);
        self.tracks.retain(|key, track| open.contains_key(key) || kept(track) || track.is_pending(now));
        changes
    }

    fn judge(&mut self, index: usize, key: Key, reading: &Reading, look: &Look<'_>, out: &mut Vec<Change>) {
        let item = &self.items[index];
        let is_open = self.open.contains_key(&key);
        let standing = stand(&item.when, reading, is_open, look.foresight, look.now);
        if !self.tracks.contains_key(&key) {
            if !standing.wrong {
                return;
            }
            if self.tracks.len() >= MOST_TRACKS {
                self.unjudged += 1;
                return;
            }
        }
        let track = self.tracks.entry(key.clone()).or_default();
        let away = distance(&item.when, reading.value);
        match self.open.get_mut(&key) {
            Some(alert) => {
                if let Some(kind) = go_on(alert, item, track, standing, away, reading, look.now) {
                    out.push(Change { kind, alert: alert.clone() });
                    if kind == Kind::Resolved {
                        self.open.remove(&key);
                    }
                }
            }
            None if track.opens(item.when.test, standing, look.now) => {
                track.opened(away, look.now);
                self.last_id += 1;
                let mut alert = alert(self.last_id, item, reading, standing, look.now);
                alert.silenced =
                    is_silenced(look.silences, look.maintenance, &alert.owner, &alert.item, look.now);
                out.push(Change { kind: Kind::Opened, alert: alert.clone() });
                self.open.insert(key, alert);
            }
            None => {}
        }
    }

    /// Ends alerts of what no longer exists, is no longer watched, or has not been measured for long.
    fn end_what_is_gone(&mut self, look: &Look<'_>, out: &mut Vec<Change>) {
        let (items, tracks) = (&self.items, &mut self.tracks);
        self.open.retain(|key, alert| {
            let (name, owner) = key;
            let watched = items.iter().any(|item| {
                item.name == *name && item.of.covers(owner) && item.when.to_string() == alert.when
            });
            let silent = tracks.get(key).is_none_or(|track| look.now.since(track.seen) > UNMEASURED);
            let ending = match (watched, (look.exists)(owner), silent) {
                (false, ..) => Ending::Unwatched,
                (_, false, _) => Ending::Gone,
                (.., true) => Ending::Unmeasured,
                _ => return true,
            };
            (alert.resolved, alert.ending, alert.ahead) = (Some(look.now), Some(ending), None);
            out.push(Change { kind: Kind::Resolved, alert: alert.clone() });
            // It does not come back as the same trouble.
            tracks.remove(key);
            false
        });
    }

    /// Silences that began or ended over open alerts, and those that nobody acknowledged.
    fn mind_people(&mut self, look: &Look<'_>, out: &mut Vec<Change>) {
        for alert in self.open.values_mut() {
            let silenced = is_silenced(look.silences, look.maintenance, &alert.owner, &alert.item, look.now);
            if alert.silenced && !silenced {
                alert.silenced = false;
                out.push(Change { kind: Kind::Unsilenced, alert: alert.clone() });
            }
            alert.silenced = silenced;
            let after = match alert.severity {
                Severity::Critical => look.escalate_after,
                Severity::Warning => look.escalate_warnings_after,
            };
            let overdue = after.is_some_and(|after| look.now.since(alert.since) >= after);
            let unseen = alert.acknowledged.is_none() && alert.escalated.is_none();
            if overdue && !silenced && unseen {
                alert.escalated = Some(look.now);
                out.push(Change { kind: Kind::Escalated, alert: alert.clone() });
            }
        }
    }
}

fn alert(id: u64, item: &Item, reading: &Reading, standing: Standing, now: Timestamp) -> Alert {
    Alert {
        id,
        item: item.name.clone(),
        owner: reading.owner.clone(),
        when: item.when.to_string(),
        figure: reading.figure.clone(),
        severity: item.severity,
        since: now,
        resolved: None,
        ending: None,
        acknowledged: None,
        escalated: None,
        silenced: false,
        value: reading.value,
        worst: reading.value,
        threshold: item.when.threshold().map(|(_, threshold)| threshold),
        ahead: standing.ahead,
        explanation: Explanation::default(),
    }
}

/// An alert that is open sees the next reading.
fn go_on(
    alert: &mut Alert,
    item: &Item,
    track: &mut Track,
    standing: Standing,
    away: f64,
    reading: &Reading,
    now: Timestamp,
) -> Option<Kind> {
    let side = item.when.threshold().map_or(Side::Above, |(side, _)| side);
    alert.value = reading.value;
    alert.worst = side.worse(alert.worst, reading.value);
    alert.ahead = standing.ahead;
    if track.ends(item.when.test, standing, now) {
        track.ended(now);
        (alert.resolved, alert.ending) = (Some(now), Some(Ending::Back));
        return Some(Kind::Resolved);
    }
    let threshold = alert.threshold?;
    track.worse(away, threshold, standing.arrived, now).then_some(Kind::Worse)
}

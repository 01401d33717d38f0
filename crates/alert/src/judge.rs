//! One item on one owner: from a reading that is beyond its threshold to an alert, and back. Never twice for the same trouble.
//!
//! ```text
//! quiet ─beyond→ pending ─for as long as the item says→ open ─back by a tenth, and staying so→ quiet
//! ```
//!
//! Three things keep it calm. What is open ends only when the figure is back by a tenth of the threshold; it must stay so for
//! a while; and that while doubles each time that the same trouble returns within an hour.

use std::time::Duration;

use naru_model::alert::{Ahead, Condition, Side, Test};
use naru_model::figure::{Unit, unit};
use naru_model::metric::{Owner, Reading};
use naru_model::units::Timestamp;

/// Of the threshold, how far a figure must be back.
const HYSTERESIS: f64 = 0.1;
/// How long it must be back at least, and at most before flapping doubles it.
const SETTLES_AT_LEAST: Duration = Duration::from_secs(30);
const SETTLES_AT_MOST: Duration = Duration::from_secs(300);
/// The same trouble within this is the same trouble.
pub(crate) const SAME_TROUBLE: Duration = Duration::from_secs(3600);
/// How often the time doubles: 30 s become 16 minutes.
const DOUBLINGS: u32 = 5;
/// A stretch without readings after which what was pending begins anew.
const FORGETS: Duration = Duration::from_secs(60);
/// Looks in a row that must foresee a crossing before it is said.
const FORESEEN: u32 = 2;
/// How long nothing may be foreseen, or be anomalous, until that is over.
const CALM: Duration = Duration::from_secs(600);
/// Surprise below which a series is as ever, in decimal digits: half of what is anomalous.
const AS_EVER: f32 = 1.1;
/// How soon it can be worse again.
const WORSE_AGAIN: Duration = Duration::from_secs(300);

/// What the forecasts say of one series.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Outlook {
    /// Whether its last point is not as it was, and not said before.
    pub anomalous: bool,
    /// How much rarer than usual its last point is, in decimal digits, 0 to 12.
    pub surprise: f32,
}

/// Knows the course of series. Implemented by the server with crate `forecast`.
pub trait Foresight {
    /// When the figure crosses the threshold if its course goes on, if that is likely enough to act on.
    fn ahead(
        &self,
        owner: &Owner,
        figure: &str,
        side: Side,
        threshold: f64,
        within: Duration,
        now: Timestamp,
    ) -> Option<Ahead>;

    fn outlook(&self, owner: &Owner, figure: &str) -> Outlook;
}

/// How a reading stands to its condition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Standing {
    /// Reason to open, if it lasts.
    pub(crate) wrong: bool,
    /// Reason to end, if it lasts. Never together with `wrong`; neither of them: between.
    pub(crate) back: bool,
    pub(crate) ahead: Option<Ahead>,
    /// It was to come, and it has.
    pub(crate) arrived: bool,
}

pub(crate) fn stand(
    condition: &Condition,
    reading: &Reading,
    open: bool,
    foresight: &dyn Foresight,
    now: Timestamp,
) -> Standing {
    let Reading { owner, figure, value } = reading;
    match condition.test {
        Test::Level { side, threshold, .. } => {
            let wrong = side.beyond(*value, threshold);
            let back = !wrong && is_back(unit(figure), side, *value, threshold);
            Standing { wrong, back, ahead: None, arrived: false }
        }
        Test::Ahead { side, threshold, within } => {
            let ahead = foresight.ahead(owner, figure, side, threshold, within, now);
            // What was foreseen and has come is no false alarm: it stays until the figure is back.
            let arrived = open && side.beyond(*value, threshold);
            let wrong = ahead.is_some() || arrived;
            Standing { wrong, back: !wrong && is_back(unit(figure), side, *value, threshold), ahead, arrived }
        }
        Test::Anomalous => {
            let outlook = foresight.outlook(owner, figure);
            let wrong = outlook.anomalous;
            Standing { wrong, back: !wrong && outlook.surprise < AS_EVER, ahead: None, arrived: false }
        }
    }
}

/// Whether a value is on the right side by a tenth of the threshold; of what can't be that far, half of the way to its bound;
/// of whole things, whole ones.
fn is_back(unit: Unit, side: Side, value: f64, threshold: f64) -> bool {
    let tenth = HYSTERESIS * threshold.abs();
    let margin = match (unit, side, unit.most()) {
        (Unit::Count, ..) => tenth.floor(),
        (_, Side::Below, Some(most)) => tenth.min((most - threshold).max(0.0) / 2.0),
        _ => tenth,
    };
    match side {
        Side::Above => value <= threshold - margin,
        Side::Below => value >= threshold + margin,
    }
}

/// What is remembered of one item on one owner.
#[derive(Debug, Clone, Default)]
pub(crate) struct Track {
    wrong_since: Option<Timestamp>,
    wrong_looks: u32,
    back_since: Option<Timestamp>,
    /// Of the last reading.
    pub(crate) seen: Timestamp,
    /// How often the trouble has come back within [`SAME_TROUBLE`].
    returns: u32,
    pub(crate) ended: Option<Timestamp>,
    /// How far beyond it was when it was last told, and when that was.
    told: Option<(f64, Timestamp)>,
}

impl Track {
    /// Goes on with an alert that an earlier server opened.
    pub(crate) fn resumed(seen: Timestamp, distance: f64) -> Track {
        Track { seen, told: Some((distance, seen)), ..Track::default() }
    }

    /// Whether there is anything to remember of it at `now` while nothing is open.
    pub(crate) fn is_pending(&self, now: Timestamp) -> bool {
        self.wrong_since.is_some() && now.since(self.seen) <= FORGETS
    }

    /// Whether there is reason to open now.
    pub(crate) fn opens(&mut self, test: Test, standing: Standing, now: Timestamp) -> bool {
        if now.since(self.seen) > FORGETS {
            (self.wrong_since, self.wrong_looks) = (None, 0);
        }
        self.seen = now;
        if !standing.wrong {
            (self.wrong_since, self.wrong_looks) = (None, 0);
            return false;
        }
        let since = *self.wrong_since.get_or_insert(now);
        self.wrong_looks += 1;
        match test {
            Test::Level { lasts, .. } => now.since(since) >= lasts,
            Test::Ahead { .. } => self.wrong_looks >= FORESEEN,
            Test::Anomalous => true,
        }
    }

    pub(crate) fn opened(&mut self, distance: f64, now: Timestamp) {
        let returned = self.ended.is_some_and(|ended| now.since(ended) < SAME_TROUBLE);
        self.returns = if returned { (self.returns + 1).min(DOUBLINGS) } else { 0 };
        (self.back_since, self.told) = (None, Some((distance, now)));
    }

    /// Whether an open alert is over.
    pub(crate) fn ends(&mut self, test: Test, standing: Standing, now: Timestamp) -> bool {
        self.seen = now;
        if !standing.back {
            self.back_since = None;
            return false;
        }
        let since = *self.back_since.get_or_insert(now);
        now.since(since) >= settles(test) * 2u32.pow(self.returns)
    }

    pub(crate) fn ended(&mut self, now: Timestamp) {
        *self = Track { seen: now, returns: self.returns, ended: Some(now), ..Track::default() };
    }

    /// Whether an open alert is so much worse than when it was last told that it is told again: twice as far beyond, and by a
    /// tenth of the threshold at least.
    pub(crate) fn worse(&mut self, distance: f64, threshold: f64, arrived: bool, now: Timestamp) -> bool {
        let Some((told, at)) = self.told else {
            self.told = Some((distance, now));
            return false;
        };
        // From what was only foreseen to what is there.
        let came = arrived && told < 0.0;
        let farther = distance > 2.0 * told.max(0.0) && distance - told >= HYSTERESIS * threshold.abs();
        if !came && (!farther || distance <= 0.0 || now.since(at) < WORSE_AGAIN) {
            return false;
        }
        self.told = Some((distance, now));
        true
    }
}

fn settles(test: Test) -> Duration {
    match test {
        Test::Level { lasts, .. } => (lasts / 2).clamp(SETTLES_AT_LEAST, SETTLES_AT_MOST),
        Test::Ahead { .. } | Test::Anomalous => CALM,
    }
}

/// How far a value is on the wrong side; below 0 on the right one.
pub(crate) fn distance(condition: &Condition, value: f64) -> f64 {
    match condition.threshold() {
        Some((Side::Above, threshold)) => value - threshold,
        Some((Side::Below, threshold)) => threshold - value,
        None => 0.0,
    }
}

//! The course of every watched figure: when it will cross, whether it is as it was, and what it was within the last half hour.
//!
//! Fed each ten seconds. What is learned (seasons, errors of earlier predictions) is written down now and then, so that a new
//! server does not begin anew; what is read back wrong is learned again.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use naru_alert::explain::Odd;
use naru_alert::{Foresight, Outlook};
use naru_forecast::anomaly::Detector;
use naru_forecast::crossing::{self, Course};
use naru_model::alert::{Ahead, Item, Side, Test};
use naru_model::metric::{Owner, Reading};
use naru_model::series::Period;
use naru_model::units::Timestamp;
use naru_model::watch::Forecast;
use serde::{Deserialize, Serialize};

/// Series that are followed at once.
const MOST: usize = 25_000;
/// Seconds of a step: what crate `forecast` was measured with.
const STEP: u32 = 300;
/// Readings kept as they came: half an hour of ten seconds.
const RECENT: usize = 180;
/// How long what is no longer read is remembered: an instance never comes back, everything else may.
const REMEMBERED: u32 = 7 * 86_400;
const REMEMBERED_OF_INSTANCES: u32 = 3600;

type Key = (Owner, String);

/// What is followed of one series.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Series {
    above: Option<Course>,
    below: Option<Course>,
    detector: Detector,
    /// Sum and number of the readings of the step that is under way.
    open: (u32, f64, u32),
    surprise: f32,
    anomalous: bool,
    /// When it was last anomalous.
    odd_at: u32,
    odd_by: f32,
    seen: u32,
    #[serde(skip)]
    value: f64,
    #[serde(skip)]
    recent: VecDeque<(u32, f32)>,
}

/// One line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    owner: Owner,
    figure: String,
    series: Series,
}

/// Every series that is followed.
#[derive(Debug, Default)]
pub(super) struct Forecasts {
    series: HashMap<Key, Series>,
    /// Readings of series that there was no room for.
    pub(super) unfollowed: u64,
}

impl Forecasts {
    /// Takes the readings of one moment in.
    pub(super) fn feed(&mut self, readings: &[Reading], items: &[Item], now: Timestamp) {
        let at = seconds(now);
        let mut sides: BTreeMap<&str, Vec<(&Item, Side)>> = BTreeMap::new();
        for item in items {
            if let Test::Ahead { side, .. } = item.when.test {
                sides.entry(&item.when.figure).or_default().push((item, side));
            }
        }
        self.unfollowed = 0;
        for reading in readings.iter().filter(|reading| reading.value.is_finite()) {
            let key = (reading.owner.clone(), reading.figure.clone());
            if self.series.len() >= MOST && !self.series.contains_key(&key) {
                self.unfollowed += 1;
                continue;
            }
            let series = self.series.entry(key).or_default();
            series.feed(at, reading.value);
            let asked = sides.get(reading.figure.as_str()).into_iter().flatten();
            for (_, side) in asked.filter(|(item, _)| item.of.covers(&reading.owner)) {
                series.course(*side).feed(i64::from(at), reading.value);
            }
        }
        if self.series.len() * 10 > MOST * 9 || at % 3600 < 10 {
            self.series.retain(|(owner, _), series| {
                let kept =
                    if matches!(owner, Owner::Instance(_)) { REMEMBERED_OF_INSTANCES } else { REMEMBERED };
                at.saturating_sub(series.seen) < kept
            });
        }
    }

    /// The readings of a figure within a time, as they came.
    pub(super) fn recent(&self, owner: &Owner, figure: &str, period: Period) -> Vec<(u32, f64)> {
        let series = self.series.get(&(owner.clone(), figure.to_owned()));
        let recent = series.into_iter().flat_map(|series| &series.recent);
        let within = recent.filter(|(at, _)| (period.from..period.to).contains(at));
        within.map(|(at, value)| (*at, f64::from(*value))).collect()
    }

    /// What was not as it was within a time.
    pub(super) fn odd(&self, period: Period) -> Vec<Odd> {
        let odd = self.series.iter().filter(|(_, series)| (period.from..period.to).contains(&series.odd_at));
        odd.map(|((owner, figure), series)| Odd {
            owner: owner.clone(),
            figure: figure.clone(),
            at: series.odd_at,
            surprise: series.odd_by,
        })
        .collect()
    }

    /// All of them, or those of one owner, by owner and figure.
    pub(super) fn list(&self, owner: Option<&Owner>, items: &[Item], now: Timestamp) -> Vec<Forecast> {
        let recent = seconds(now).saturating_sub(60);
        let wanted =
            |(of, _): &&Key, series: &Series| owner.is_none_or(|owner| owner == of) && series.seen >= recent;
        let mut found = Vec::new();
        for (key, series) in self.series.iter().filter(|(key, series)| wanted(key, series)) {
            let (owner, figure) = key;
            let forecast = Forecast {
                owner: owner.clone(),
                figure: figure.clone(),
                value: series.value,
                threshold: None,
                item: None,
                ahead: None,
                surprise: series.surprise,
            };
            let asks = items.iter().filter(|item| item.when.figure == *figure && item.of.covers(owner));
            let before = found.len();
            for item in asks {
                let Test::Ahead { side, threshold, within } = item.when.test else { continue };
                let ahead = self.ahead(owner, figure, side, threshold, within, now);
                let (item, threshold) = (Some(item.name.clone()), Some(threshold));
                found.push(Forecast { threshold, item, ahead, ..forecast.clone() });
            }
            if found.len() == before {
                found.push(forecast);
            }
        }
        found.sort_by(|one, other| {
            (&one.owner, &one.figure, &one.item).cmp(&(&other.owner, &other.figure, &other.item))
        });
        found
    }

    /// What is to be written down: a copy, so that nobody waits for the disk.
    pub(super) fn copy(&self) -> Learned {
        Learned(self.series.iter().map(|(key, series)| (key.clone(), series.learned())).collect())
    }

    /// Reads what an earlier server wrote; nothing when there is nothing, and without what can't be read.
    pub(super) fn read(path: &Path) -> io::Result<Forecasts> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Forecasts::default()),
            Err(error) => return Err(error),
        };
        let mut forecasts = Forecasts::default();
        for line in BufReader::new(zstd::Decoder::new(file)?).lines().take(MOST) {
            if let Ok(Line { owner, figure, series }) = serde_json::from_str(&line?) {
                forecasts.series.insert((owner, figure), series);
            }
        }
        Ok(forecasts)
    }
}

/// What was learned up to a moment.
pub(super) struct Learned(Vec<(Key, Series)>);

impl Learned {
    /// Writes it in place of what was there, whole or not at all.
    pub(super) fn write(self, path: &Path) -> io::Result<()> {
        let beside = path.with_extension("new");
        let mut lines = zstd::Encoder::new(BufWriter::new(File::create(&beside)?), 1)?;
        for ((owner, figure), series) in self.0 {
            serde_json::to_writer(&mut lines, &Line { owner, figure, series })?;
            lines.write_all(b"\n")?;
        }
        lines.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(beside, path)
    }
}

impl Series {
    fn feed(&mut self, at: u32, value: f64) {
        (self.seen, self.value) = (at, value);
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((at, value as f32));
        let step = at / STEP;
        let (open, sum, count) = self.open;
        if open == step && count > 0 {
            self.open = (step, sum + value, count + 1);
            return;
        }
        self.open = (step, value, 1);
        if count > 0 {
            let verdict = self.detector.feed(i64::from(open * STEP), sum / f64::from(count));
            (self.surprise, self.anomalous) = (verdict.surprise, verdict.anomalous);
            if verdict.anomalous {
                (self.odd_at, self.odd_by) = (at, verdict.surprise);
            }
        }
    }

    fn course(&mut self, side: Side) -> &mut Course {
        let (course, side) = match side {
            Side::Above => (&mut self.above, crossing::Side::Above),
            Side::Below => (&mut self.below, crossing::Side::Below),
        };
        course.get_or_insert_with(|| Course::new(STEP, side))
    }

    /// Without what is gone with the server.
    fn learned(&self) -> Series {
        Series {
            above: self.above.clone(),
            below: self.below.clone(),
            detector: self.detector.clone(),
            recent: VecDeque::new(),
            ..*self
        }
    }
}

impl Foresight for Forecasts {
    fn ahead(
        &self,
        owner: &Owner,
        figure: &str,
        side: Side,
        threshold: f64,
        within: Duration,
        now: Timestamp,
    ) -> Option<Ahead> {
        let series = self.series.get(&(owner.clone(), figure.to_owned()))?;
        let course = match side {
            Side::Above => series.above.as_ref()?,
            Side::Below => series.below.as_ref()?,
        };
        let found = course.ahead(threshold, i64::from(seconds(now)), within.as_secs() as i64)?;
        Some(Ahead { at: found.at, from: found.from, until: found.until, probability: found.probability })
    }

    fn outlook(&self, owner: &Owner, figure: &str) -> Outlook {
        let series = self.series.get(&(owner.clone(), figure.to_owned()));
        series.map_or(Outlook::default(), |series| Outlook {
            anomalous: series.anomalous,
            surprise: series.surprise,
        })
    }
}

pub(super) fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.0 / 1_000_000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use naru_alert::{Look, Watcher};

    use super::*;

    const NOON: u64 = 1_700_000_100;

    fn leak(at: u64) -> Reading {
        let value = 0.5 + (at - NOON) as f64 / 36_000.0 * 0.4;
        Reading { owner: Owner::Host, figure: "memory".to_owned(), value }
    }

    fn item() -> Item {
        let new = naru_model::watch::NewItem {
            name: "leak".to_owned(),
            of: "host".to_owned(),
            when: "memory will reach 90% within 1h".to_owned(),
            severity: naru_model::alert::Severity::Critical,
            notify: Vec::new(),
        };
        naru_config::alert_item(&new).expect("an item")
    }

    fn after(hours: f64) -> (Forecasts, Timestamp) {
        let (mut forecasts, items) = (Forecasts::default(), [item()]);
        let until = NOON + (hours * 3600.0) as u64;
        for at in (NOON..until).step_by(10) {
            forecasts.feed(&[leak(at)], &items, Timestamp(at * 1_000_000));
        }
        (forecasts, Timestamp(until * 1_000_000))
    }

    #[test]
    fn p5_a_leak_is_announced_before_it_crosses_also_over_a_restart() {
        let (forecasts, mut watcher) = (Forecasts::default(), Watcher::default());
        watcher.set_items(vec![item()]);
        let crosses = NOON + 36_000;
        let (mut forecasts, mut announced) = (forecasts, None);
        for at in (NOON..crosses).step_by(10) {
            if at == NOON + 25_200 {
                forecasts = restarted(&forecasts);
            }
            let (now, readings) = (Timestamp(at * 1_000_000), [leak(at)]);
            forecasts.feed(&readings, watcher.items(), now);
            let look = Look {
                now,
                readings: &readings,
                silences: &[],
                maintenance: &[],
                foresight: &forecasts,
                exists: &|_| true,
                escalate_after: None,
                escalate_warnings_after: None,
            };
            for change in watcher.look(&look) {
                assert_eq!(
                    (change.kind, announced),
                    (naru_alert::Kind::Opened, None),
                    "once, and no false alarm"
                );
                let ahead = change.alert.ahead.expect("it says when");
                assert!((ahead.at - crosses as i64).abs() < 1800, "{ahead:?}, and it crosses at {crosses}");
                announced = Some(at);
            }
        }
        let announced = announced.expect("nobody was told before it crossed");
        assert!(announced < crosses - 600, "told only {} s before", crosses - announced);
        let listed = forecasts.list(None, watcher.items(), Timestamp((crosses - 10) * 1_000_000));
        assert_eq!(
            (listed.len(), listed[0].item.as_deref(), listed[0].ahead.is_some()),
            (1, Some("leak"), true)
        );
    }

    /// What the next server knows.
    fn restarted(forecasts: &Forecasts) -> Forecasts {
        let folder = std::env::temp_dir().join(format!("naru-forecasts-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("forecasts.zst");
        forecasts.copy().write(&path).expect("it is written");
        let again = Forecasts::read(&path).expect("it is read");
        std::fs::remove_dir_all(&folder).expect("it goes");
        again
    }

    #[test]
    fn what_is_far_is_not_foreseen_and_the_last_half_hour_is_known() {
        let (forecasts, now) = after(3.0);
        let within = Duration::from_secs(3600);
        assert_eq!(forecasts.ahead(&Owner::Host, "memory", Side::Above, 0.9, within, now), None);
        let period = Period { from: 0, to: u32::MAX };
        assert_eq!(forecasts.recent(&Owner::Host, "memory", period).len(), RECENT);
        assert_eq!(Forecasts::read(Path::new("/nowhere/forecasts.zst")).expect("nothing").series.len(), 0);
    }
}

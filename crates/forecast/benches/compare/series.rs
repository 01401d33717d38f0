//! Seeded series like those that operators watch: seven kinds, each with parameters of its own, a value a minute for ten
//! days, a level of 90 that must not be reached. The same seed gives the same series anywhere.

use crate::nab::File;

/// One series and the level that matters.
pub(crate) struct Watched {
    pub(crate) kind: &'static str,
    pub(crate) at: Vec<i64>,
    pub(crate) values: Vec<f64>,
    pub(crate) threshold: f64,
    /// Seconds between looks ahead; also the step of [`naru_forecast::crossing::Course`].
    pub(crate) step: i64,
}

pub(crate) const KINDS: [&str; 7] = ["leak", "teeth", "season", "burst", "restart", "wander", "disk"];
const DAYS: usize = 10;
const MINUTES: usize = DAYS * 1440;
const THRESHOLD: f64 = 90.0;

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// From 0 to below 1.
    pub(crate) fn part(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.part() * (high - low)
    }

    /// Mean 0, standard deviation 1 (Box and Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.part()).ln()).sqrt() * (std::f64::consts::TAU * self.part()).cos()
    }
}

/// A file of the anomaly benchmark as a series to watch: the level is the one that 1 % of its values exceed, the step its
/// usual one, and five minutes at least.
pub(crate) fn of_file(file: &File) -> Watched {
    let mut values = file.values.clone();
    values.sort_by(f64::total_cmp);
    let mut apart: Vec<i64> = file.at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    apart.sort_unstable();
    let (threshold, step) = (values[values.len() * 99 / 100], apart[apart.len() / 2].max(300));
    Watched { kind: "file", at: file.at.clone(), values: file.values.clone(), threshold, step }
}

/// `each` series of every kind.
pub(crate) fn make(seed: u64, each: usize) -> Vec<Watched> {
    let mut all = Vec::new();
    for (number, kind) in KINDS.into_iter().enumerate() {
        for index in 0..each {
            let mut chance =
                Chance::new(seed.wrapping_mul(1_000_003).wrapping_add((number * 1000 + index) as u64));
            let values = match kind {
                "leak" => leak(&mut chance),
                "teeth" => teeth(&mut chance, index % 2 == 0),
                "season" => season(&mut chance),
                "burst" => burst(&mut chance),
                "restart" => restart(&mut chance),
                "wander" => wander(&mut chance),
                _ => disk(&mut chance),
            };
            // Monday, 6 January 2025.
            let at = (0..MINUTES as i64).map(|minute| 1_736_121_600 + minute * 60).collect();
            all.push(Watched { kind, at, values, threshold: THRESHOLD, step: 300 });
        }
    }
    all
}

fn hours(minute: usize) -> f64 {
    minute as f64 / 60.0
}

fn daily(minute: usize, phase: f64) -> f64 {
    (std::f64::consts::TAU * (hours(minute) / 24.0 + phase)).sin()
}

/// Grows evenly under noise and something of a day's course, and is restarted half an hour after it is full.
fn leak(chance: &mut Chance) -> Vec<f64> {
    let (base, noise) = (chance.between(25.0, 55.0), chance.between(0.2, 2.0));
    let (swing, phase) = (chance.between(0.0, 5.0), chance.part());
    let rate = (THRESHOLD - base) / (chance.between(5.0, 50.0) * 60.0);
    let (mut grown, mut full) = (0.0, 0);
    let one = |minute| {
        grown += rate * chance.between(0.5, 1.5);
        full = if base + grown > THRESHOLD + 1.0 { full + 1 } else { 0 };
        if full > 30 {
            grown = 0.0;
        }
        (base + grown + swing * daily(minute, phase) + noise * chance.normal()).min(100.0)
    };
    (0..MINUTES).map(one).collect()
}

/// A heap: fills and is collected; with a leak, what is left after each collection grows.
fn teeth(chance: &mut Chance, leaks: bool) -> Vec<f64> {
    let (floor, height) = (chance.between(20.0, 35.0), chance.between(12.0, 35.0));
    let (period, noise) = (chance.between(8.0, 90.0), chance.between(0.2, 1.5));
    let rate = if leaks { (THRESHOLD - floor - height) / (chance.between(12.0, 72.0) * 60.0) } else { 0.0 };
    let (mut left, mut tooth) = (floor, 0.0);
    let one = |_| {
        left += rate;
        tooth += height / period * chance.between(0.4, 1.6);
        if tooth > height {
            tooth = 0.0;
        }
        if left + height > 99.0 {
            (left, tooth) = (floor, 0.0);
        }
        left + tooth + noise * chance.normal()
    };
    (0..MINUTES).map(one).collect()
}

/// Day and week, each day of its own height: some days reach the level at their peak.
fn season(chance: &mut Chance) -> Vec<f64> {
    let (phase, noise, swing) = (chance.part(), chance.between(0.3, 2.0), chance.between(15.0, 30.0));
    let peak = chance.between(80.0, 92.0);
    let height: Vec<f64> = (0..=DAYS).map(|_| chance.between(-6.0, 6.0)).collect();
    let one = |minute: usize| {
        let (day, of_day) = (minute / 1440, (minute % 1440) as f64 / 1440.0);
        let weekend = if day % 7 >= 5 { -15.0 } else { 0.0 };
        let today = height[day] + (height[day + 1] - height[day]) * of_day;
        peak - swing + swing * daily(minute, phase) + today + weekend + noise * chance.normal()
    };
    (0..MINUTES).map(one).collect()
}

/// Level, with bursts of minutes that mostly end below the level.
fn burst(chance: &mut Chance) -> Vec<f64> {
    let (base, noise, a_day) =
        (chance.between(25.0, 45.0), chance.between(0.5, 3.0), chance.between(2.0, 12.0));
    let (mut height, mut left, mut now) = (0.0, 0, 0.0);
    let one = |_| {
        if left == 0 && chance.part() < a_day / 1440.0 {
            (height, left) = (chance.between(10.0, 52.0), chance.between(4.0, 50.0) as usize);
        }
        let towards = if left > 0 { height } else { 0.0 };
        left = left.saturating_sub(1);
        now += (towards - now) / 3.0;
        base + now + noise * chance.normal()
    };
    (0..MINUTES).map(one).collect()
}

/// Restarted again and again, and each time it fills towards a plateau below the level: caches, pools, warm code.
fn restart(chance: &mut Chance) -> Vec<f64> {
    let (start, plateau) = (chance.between(5.0, 20.0), chance.between(60.0, 82.0));
    let (every, fills) = (chance.between(4.0, 30.0) * 60.0, chance.between(20.0, 150.0));
    let noise = chance.between(0.3, 1.5);
    let mut now = start;
    let one = |_| {
        now += (plateau - now) / fills;
        if chance.part() < 1.0 / every {
            now = start;
        }
        now + noise * chance.normal()
    };
    (0..MINUTES).map(one).collect()
}

/// Wanders about a mean with a memory of an hour or so (AR(1)): now and then it reaches the level, by chance alone.
fn wander(chance: &mut Chance) -> Vec<f64> {
    let (mean, spread) = (chance.between(60.0, 75.0), chance.between(3.0, 6.0));
    let keep: f64 = (-1.0 / chance.between(30.0, 120.0)).exp();
    let mut now = 0.0;
    let one = |_| {
        now = keep * now + (1.0 - keep * keep).sqrt() * spread * chance.normal();
        mean + now
    };
    (0..MINUTES).map(one).collect()
}

/// Fills while people work and is cleaned at three in the morning, by more or less: some days it gets too full.
fn disk(chance: &mut Chance) -> Vec<f64> {
    let (base, growth) = (chance.between(45.0, 60.0), chance.between(18.0, 45.0));
    let mut now = base;
    let one = |minute: usize| {
        let hour = hours(minute) % 24.0;
        let busy = if (8.0..19.0).contains(&hour) { 2.0 } else { 0.2 };
        now += growth / 1440.0 * busy * chance.between(0.5, 1.5);
        if minute % 1440 == 180 || now > 97.0 {
            now = base + chance.between(-8.0, 8.0);
        }
        now + 0.1 * chance.normal()
    };
    (0..MINUTES).map(one).collect()
}

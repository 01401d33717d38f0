//! Anomaly detectors that the one in the crate was chosen from: each turns a file into a score per row, without knowing
//! what comes after it. Written from the papers named; parameters as there, where there are any.

use crate::nab::File;
use crate::series::Chance;

pub(crate) struct Candidate {
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
    pub(crate) score: fn(&File) -> Vec<f64>,
}

pub(crate) const ALL: [Candidate; 10] = [
    Candidate { name: "windowed Gaussian", source: "the benchmark's own baseline", score: windowed_gaussian },
    Candidate { name: "EWMA control chart", source: "Roberts 1959", score: ewma },
    Candidate { name: "median and MAD of a day", source: "Hampel 1974", score: robust },
    Candidate { name: "seasonal residual", source: "Winters 1960", score: seasonal },
    Candidate { name: "likelihood of the residual", source: "Lavin and Ahmad 2015", score: likelihood },
    Candidate { name: "relative entropy", source: "Wang et al. 2011", score: relative_entropy },
    Candidate { name: "Bayesian changepoint", source: "Adams and MacKay 2007", score: changepoint },
    Candidate { name: "spectral residual", source: "Ren et al. 2019", score: spectral },
    Candidate {
        name: "random cut isolation",
        source: "Liu, Ting and Zhou 2008; Guha et al. 2016",
        score: random_cuts,
    },
    Candidate { name: "nearest neighbours", source: "Burnaev and Ishimtsev 2016", score: neighbours },
];

/// Mean and standard deviation of the last values, kept as sums.
fn windowed_gaussian(file: &File) -> Vec<f64> {
    const WINDOW: usize = 6400;
    let (mut sum, mut squares) = (0.0, 0.0);
    let score = |(row, &value): (usize, &f64)| {
        let n = row.min(WINDOW) as f64;
        let (mean, score) = (sum / n.max(1.0), |deviation: f64| (value - sum / n.max(1.0)).abs() / deviation);
        let deviation = (squares / n.max(1.0) - mean * mean).max(0.0).sqrt();
        let result = if deviation > 0.0 { score(deviation) } else { 0.0 };
        (sum, squares) = (sum + value, squares + value * value);
        if row >= WINDOW {
            let old = file.values[row - WINDOW];
            (sum, squares) = (sum - old, squares - old * old);
        }
        result
    };
    file.values.iter().enumerate().map(score).collect()
}

fn ewma(file: &File) -> Vec<f64> {
    let (mut mean, mut variance) = (file.values[0], 0.0);
    let score = |&value: &f64| {
        let off: f64 = value - mean;
        let score = if variance > 0.0 { off.abs() / f64::sqrt(variance) } else { 0.0 };
        mean += 0.05 * off;
        variance = 0.95 * (variance + 0.05 * off * off);
        score
    };
    file.values.iter().map(score).collect()
}

fn median(numbers: &mut [f64]) -> f64 {
    let middle = numbers.len() / 2;
    *numbers.select_nth_unstable_by(middle, f64::total_cmp).1
}

fn robust(file: &File) -> Vec<f64> {
    const WINDOW: usize = 288;
    let (mut middle, mut deviation) = (file.values[0], 0.0);
    let score = |(row, &value): (usize, &f64)| {
        if row % 12 == 0 && row > 0 {
            let mut last = file.values[row.saturating_sub(WINDOW)..row].to_vec();
            middle = median(&mut last);
            last.iter_mut().for_each(|value| *value = (*value - middle).abs());
            deviation = 1.4826 * median(&mut last);
        }
        (value - middle).abs() / (deviation + 0.01 * middle.abs() + 1e-9)
    };
    file.values.iter().enumerate().map(score).collect()
}

/// Distance from the mean of this half hour of the day, and the deviation of such distances so far.
fn residuals(file: &File) -> Vec<(f64, f64)> {
    let (mut means, mut variance) = ([f64::NAN; 48], 0.0);
    let residual = |(&at, &value): (&i64, &f64)| {
        let mean = &mut means[(at.rem_euclid(86_400) / 1800) as usize];
        let off = if mean.is_nan() { 0.0 } else { value - *mean };
        *mean = if mean.is_nan() { value } else { *mean + 0.15 * off };
        let deviation = f64::sqrt(variance);
        variance += 0.005 * (off * off - variance);
        (off, deviation)
    };
    file.at.iter().zip(&file.values).map(residual).collect()
}

fn seasonal(file: &File) -> Vec<f64> {
    residuals(file)
        .into_iter()
        .map(|(off, deviation)| if deviation > 0.0 { off.abs() / deviation } else { 0.0 })
        .collect()
}

/// The mean of the last ten residuals against the distribution of the last 2,000.
fn likelihood(file: &File) -> Vec<f64> {
    let sizes: Vec<f64> = residuals(file).into_iter().map(|(off, _)| off.abs()).collect();
    let score = |row: usize| {
        let long = &sizes[row.saturating_sub(2000)..=row];
        let short = &sizes[row.saturating_sub(9)..=row];
        let mean = long.iter().sum::<f64>() / long.len() as f64;
        let variance = long.iter().map(|size| (size - mean).powi(2)).sum::<f64>() / long.len() as f64;
        let now = short.iter().sum::<f64>() / short.len() as f64;
        if variance > 0.0 { (now - mean) / variance.sqrt() } else { 0.0 }
    };
    (0..sizes.len()).map(score).collect()
}

/// Windows of 52 values in 7 bins of the range so far; how far the last is from the nearest kind seen before.
fn relative_entropy(file: &File) -> Vec<f64> {
    const WINDOW: usize = 52;
    const BINS: usize = 7;
    let mut kinds: Vec<[f64; BINS]> = Vec::new();
    let (mut low, mut high) = (f64::MAX, f64::MIN);
    let score = |(row, &value): (usize, &f64)| {
        (low, high) = (low.min(value), high.max(value));
        if row < WINDOW || high <= low {
            return 0.0;
        }
        let mut shares = [0.5 / (WINDOW + BINS / 2) as f64; BINS];
        for value in &file.values[row + 1 - WINDOW..=row] {
            shares[(((value - low) / (high - low) * BINS as f64) as usize).min(BINS - 1)] +=
                1.0 / WINDOW as f64;
        }
        let apart = |kind: &[f64; BINS]| {
            shares.iter().zip(kind).map(|(now, then)| now * (now / then).ln()).sum::<f64>()
        };
        let nearest = kinds.iter().map(apart).fold(f64::MAX, f64::min);
        // The quantile of χ² with six degrees of freedom for one in a hundred.
        if (2 * WINDOW) as f64 * nearest > 16.8 && row % WINDOW == 0 && kinds.len() < 100 {
            kinds.push(shares);
        }
        if nearest == f64::MAX { 0.0 } else { nearest.max(0.0) }
    };
    file.values.iter().enumerate().map(score).collect()
}

/// Run lengths up to 200, normal with unknown mean and variance; the score is how much the likeliest run shrank.
fn changepoint(file: &File) -> Vec<f64> {
    const LONGEST: usize = 200;
    const HAZARD: f64 = 1.0 / 250.0;
    let start = &file.values[..file.probation().max(10)];
    let mean = start.iter().sum::<f64>() / start.len() as f64;
    let spread =
        (start.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / start.len() as f64).max(1e-9);
    let prior = (mean, 1.0, 1.0, spread);
    let (mut runs, mut shares, mut before) = (vec![prior], vec![1.0], 0usize);
    // The constant of Student's t by its degrees of freedom: Γ((n+1)/2) / Γ(n/2) ≈ √(n/2 − 1/4).
    let density = |&(mean, kappa, alpha, beta): &(f64, f64, f64, f64), value: f64| {
        let scale = beta * (kappa + 1.0) / (alpha * kappa);
        let constant = (alpha - 0.25).sqrt() / (std::f64::consts::TAU * alpha * scale).sqrt();
        constant * (1.0 + (value - mean).powi(2) / (2.0 * alpha * scale)).powf(-alpha - 0.5)
    };
    let score = |&value: &f64| {
        let likely: Vec<f64> =
            runs.iter().zip(&shares).map(|(run, share)| density(run, value) * share).collect();
        let all = likely.iter().sum::<f64>().max(1e-300);
        let mut next = vec![HAZARD];
        next.extend(likely.iter().map(|likely| likely / all * (1.0 - HAZARD)));
        let mut grown = vec![prior];
        grown.extend(runs.iter().map(|&(mean, kappa, alpha, beta)| {
            let off = value - mean;
            (
                mean + off / (kappa + 1.0),
                kappa + 1.0,
                alpha + 0.5,
                beta + kappa * off * off / (2.0 * (kappa + 1.0)),
            )
        }));
        next.truncate(LONGEST);
        grown.truncate(LONGEST);
        (runs, shares) = (grown, next);
        let longest = (0..shares.len()).max_by(|&a, &b| shares[a].total_cmp(&shares[b])).unwrap_or(0);
        let shrank = (before + 1).saturating_sub(longest) as f64 / (before + 1) as f64;
        before = longest;
        shrank
    };
    file.values.iter().map(score).collect()
}

/// The saliency of the last of 64 values: what its spectrum has beyond its own smoothed logarithm.
fn spectral(file: &File) -> Vec<f64> {
    const WINDOW: usize = 64;
    let turn: Vec<(f64, f64)> =
        (0..WINDOW).map(|k| (std::f64::consts::TAU * k as f64 / WINDOW as f64).sin_cos()).collect();
    let score = |row: usize| {
        if row < WINDOW {
            return 0.0;
        }
        let window = &file.values[row + 1 - WINDOW..=row];
        let spectrum: Vec<(f64, f64)> = (0..WINDOW)
            .map(|k| {
                let add = |(re, im): (f64, f64), (n, value): (usize, &f64)| {
                    let (sin, cos) = turn[k * n % WINDOW];
                    (re + value * cos, im - value * sin)
                };
                window.iter().enumerate().fold((0.0, 0.0), add)
            })
            .collect();
        let logs: Vec<f64> = spectrum.iter().map(|(re, im)| (re.hypot(*im) + 1e-9).ln()).collect();
        let residual = |k: usize| {
            let near = &logs[k.saturating_sub(1)..(k + 2).min(WINDOW)];
            (logs[k] - near.iter().sum::<f64>() / near.len() as f64).exp() / logs[k].exp()
        };
        // Back in time, of the last value and of the five before it.
        let salient = |n: usize| {
            let add = |(re, im): (f64, f64), k: usize| {
                let (part, (sin, cos)) = (residual(k), turn[k * n % WINDOW]);
                let (a, b) = (spectrum[k].0 * part, spectrum[k].1 * part);
                (re + a * cos - b * sin, im + a * sin + b * cos)
            };
            let (re, im) = (0..WINDOW).step_by(1).fold((0.0, 0.0), add);
            re.hypot(im)
        };
        let before = (WINDOW - 6..WINDOW - 1).map(salient).sum::<f64>() / 5.0;
        salient(WINDOW - 1) / (before + 1e-9)
    };
    (0..file.values.len()).map(score).collect()
}

/// Four values in a row, placed in the range seen so far with a margin.
fn shingles(file: &File) -> Vec<[f64; 4]> {
    let start = &file.values[..file.probation().max(10)];
    let (low, high) = start.iter().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    let place = |value: f64| (value - low + (high - low) * 0.5) / ((high - low) * 2.0).max(1e-9);
    (0..file.values.len())
        .map(|row| std::array::from_fn(|back| place(file.values[row.saturating_sub(back)])))
        .collect()
}

/// Ten trees over samples of 64 earlier shingles, cut at random in proportion to the range; the score falls with the
/// depth at which the shingle is alone. Cut anew for each shingle, so that nothing is remembered but the samples.
fn random_cuts(file: &File) -> Vec<f64> {
    let (shingles, mut chance) = (shingles(file), Chance::new(7));
    let mut samples: Vec<Vec<usize>> = vec![Vec::new(); 10];
    let score = |row: usize| {
        let shingle = &shingles[row];
        let mut depths = 0.0;
        for sample in &mut samples {
            let (mut alive, mut depth) = (sample.clone(), 0.0);
            while !alive.is_empty() && depth < 16.0 {
                let side = (chance.part() * 4.0) as usize;
                let of = |&index: &usize| shingles[index][side];
                let (low, high) = alive
                    .iter()
                    .map(of)
                    .chain([shingle[side]])
                    .fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
                let cut = chance.between(low, high);
                alive.retain(|index| (of(index) < cut) == (shingle[side] < cut));
                depth += 1.0;
            }
            depths += depth;
            if sample.len() < 64 {
                sample.push(row);
            } else if chance.part() < 64.0 / 1024.0 {
                let place = (chance.part() * 64.0) as usize;
                sample[place] = row;
            }
        }
        -depths
    };
    (0..shingles.len()).map(score).collect()
}

/// Distance to the third nearest of the last 500 stretches of 24, as its rank among the last 500 such distances.
fn neighbours(file: &File) -> Vec<f64> {
    const LONG: usize = 24;
    let (values, mut distances) = (&file.values, Vec::with_capacity(file.values.len()));
    let score = |row: usize| {
        if row < 3 * LONG {
            distances.push(0.0);
            return 0.0;
        }
        let now = &values[row + 1 - LONG..=row];
        let mut nearest = [f64::MAX; 3];
        for end in row.saturating_sub(500).max(LONG)..row + 1 - LONG {
            let then = &values[end + 1 - LONG..=end];
            let square: f64 = then.iter().zip(now).map(|(then, now)| (then - now).powi(2)).sum();
            if square < nearest[2] {
                nearest[2] = square;
                nearest.sort_by(f64::total_cmp);
            }
        }
        let before = &distances[distances.len().saturating_sub(500)..];
        let score =
            before.iter().filter(|&&distance| distance < nearest[2]).count() as f64 / before.len() as f64;
        distances.push(nearest[2]);
        score
    };
    (0..values.len()).map(score).collect()
}

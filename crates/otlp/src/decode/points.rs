//! Single points of metrics: numbers, histograms of both kinds, summaries.

use naru_model::metric::MetricValue;
use naru_model::units::Timestamp;

use super::protobuf::{Fields, Malformed, Wire, varint};

/// More buckets of one histogram are refused.
const MAX_BUCKETS: usize = 1024;
/// More quantiles of one summary are left out.
const MAX_QUANTILES: usize = 32;
/// DataPointFlags: there is no value at this time.
const NO_RECORDED_VALUE: u64 = 1;
/// AggregationTemporality.
const CUMULATIVE: u64 = 2;

/// What the points of a metric are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Gauge,
    Sum { cumulative: bool, monotonic: bool },
    Histogram { cumulative: bool },
    Exponential { cumulative: bool },
    Summary,
}

impl Kind {
    /// Of the field of a Metric that holds its data; `None` for other fields.
    pub(crate) fn of(number: u32, data: &[u8]) -> Result<Option<Kind>, Malformed> {
        if !matches!(number, 5 | 7 | 9 | 10 | 11) {
            return Ok(None);
        }
        let (mut cumulative, mut monotonic) = (false, false);
        for field in Fields(data) {
            match field? {
                (2, Wire::Number(temporality)) => cumulative = temporality == CUMULATIVE,
                (3, Wire::Number(flag)) => monotonic = flag != 0,
                _ => {}
            }
        }
        Ok(Some(match number {
            5 => Kind::Gauge,
            7 => Kind::Sum { cumulative, monotonic },
            9 => Kind::Histogram { cumulative },
            10 => Kind::Exponential { cumulative },
            _ => Kind::Summary,
        }))
    }

    /// The number of the field that a point has its attributes in.
    pub(crate) fn attributes(self) -> u32 {
        match self {
            Kind::Gauge | Kind::Sum { .. } | Kind::Summary => 7,
            Kind::Histogram { .. } => 9,
            Kind::Exponential { .. } => 1,
        }
    }

    fn flags(self) -> u32 {
        match self {
            Kind::Gauge | Kind::Sum { .. } | Kind::Summary => 8,
            Kind::Histogram { .. } | Kind::Exponential { .. } => 10,
        }
    }
}

/// Whether a point only says that there is nothing to say.
pub(crate) fn says_nothing(point: &[u8], kind: Kind) -> Result<bool, Malformed> {
    for field in Fields(point) {
        if let (number, Wire::Number(flags)) = field?
            && number == kind.flags()
            && flags & NO_RECORDED_VALUE != 0
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads a point that is no summary; the inner error says why it is not kept.
pub(crate) fn value(
    point: &[u8],
    kind: Kind,
    since: Timestamp,
) -> Result<Result<MetricValue, &'static str>, Malformed> {
    match kind {
        Kind::Gauge => Ok(number(point)?.map(MetricValue::Gauge)),
        Kind::Sum { cumulative: true, monotonic } => {
            Ok(number(point)?.map(|value| MetricValue::Total { since, value, monotonic }))
        }
        Kind::Sum { .. } => Ok(number(point)?.map(MetricValue::Change)),
        Kind::Exponential { cumulative } => exponential(point, since, cumulative),
        _ => histogram(point, since, matches!(kind, Kind::Histogram { cumulative: true })),
    }
}

fn number(point: &[u8]) -> Result<Result<f64, &'static str>, Malformed> {
    let mut value = None;
    for field in Fields(point) {
        match field? {
            (4, Wire::Fixed64(bits)) => value = Some(f64::from_bits(bits)),
            (6, Wire::Fixed64(bits)) => value = Some(bits as i64 as f64),
            _ => {}
        }
    }
    Ok(value.filter(|value| value.is_finite()).ok_or("a point has no finite number"))
}

fn histogram(
    point: &[u8],
    since: Timestamp,
    cumulative: bool,
) -> Result<Result<MetricValue, &'static str>, Malformed> {
    let (mut count, mut sum) = (0, 0.0);
    let (mut counts, mut bounds): (Vec<u64>, Vec<f64>) = (Vec::new(), Vec::new());
    for field in Fields(point) {
        match field? {
            (4, Wire::Fixed64(number)) => count = number,
            (5, Wire::Fixed64(bits)) => sum = f64::from_bits(bits),
            (6, value) => fixed(value, &mut counts, |bits| bits)?,
            (7, value) => fixed(value, &mut bounds, f64::from_bits)?,
            _ => {}
        }
        if counts.len() > MAX_BUCKETS || bounds.len() > MAX_BUCKETS {
            return Ok(Err("a histogram has more than 1,024 buckets"));
        }
    }
    if counts.is_empty() && bounds.is_empty() {
        counts.push(count);
    }
    let rising = bounds.is_sorted_by(|a, b| a < b) && bounds.iter().all(|bound| bound.is_finite());
    if !rising || counts.len() != bounds.len() + 1 || !sum.is_finite() {
        return Ok(Err("a histogram's buckets and bounds do not fit together"));
    }
    Ok(Ok(MetricValue::Histogram { since, cumulative, count, sum, bounds, counts }))
}

/// Appends a fixed64 or double, alone or packed.
fn fixed<T>(value: Wire<'_>, into: &mut Vec<T>, of: impl Fn(u64) -> T) -> Result<(), Malformed> {
    match value {
        Wire::Fixed64(bits) => into.push(of(bits)),
        Wire::Bytes(packed) => {
            let (whole, rest) = packed.as_chunks::<8>();
            if !rest.is_empty() {
                return Err(Malformed("packed numbers end in the middle of one"));
            }
            // One more than is taken is enough to know that there are too many.
            into.extend(whole.iter().take(MAX_BUCKETS + 1).map(|bytes| of(u64::from_le_bytes(*bytes))));
        }
        _ => {}
    }
    Ok(())
}

/// One side of an exponential histogram.
#[derive(Default)]
struct Buckets {
    offset: i32,
    counts: Vec<u64>,
}

impl Buckets {
    fn read(message: &[u8]) -> Result<Buckets, Malformed> {
        let mut buckets = Buckets::default();
        for field in Fields(message) {
            match field? {
                (1, Wire::Number(number)) => buckets.offset = zigzag(number),
                (2, Wire::Number(count)) => buckets.counts.push(count),
                (2, Wire::Bytes(mut packed)) => {
                    while !packed.is_empty() && buckets.counts.len() <= MAX_BUCKETS {
                        buckets.counts.push(varint(&mut packed)?);
                    }
                }
                _ => {}
            }
        }
        Ok(buckets)
    }

    /// The bound above bucket `at`: base^(offset + at + 1), with base = 2^(2^-scale). Source: OpenTelemetry's metrics data
    /// model, "Exponential Scale".
    fn above(&self, at: usize, scale: i32) -> f64 {
        ((f64::from(self.offset) + at as f64 + 1.0) * f64::from(-scale).exp2()).exp2()
    }
}

fn zigzag(number: u64) -> i32 {
    let number = number as u32;
    (number >> 1) as i32 ^ -((number & 1) as i32)
}

/// Reads an exponential histogram as one with bounds.
fn exponential(
    point: &[u8],
    since: Timestamp,
    cumulative: bool,
) -> Result<Result<MetricValue, &'static str>, Malformed> {
    let (mut count, mut sum, mut scale, mut zeros) = (0, 0.0, 0, 0);
    let (mut positive, mut negative) = (Buckets::default(), Buckets::default());
    for field in Fields(point) {
        match field? {
            (4, Wire::Fixed64(number)) => count = number,
            (5, Wire::Fixed64(bits)) => sum = f64::from_bits(bits),
            (6, Wire::Number(number)) => scale = zigzag(number),
            (7, Wire::Fixed64(number)) => zeros = number,
            (8, Wire::Bytes(buckets)) => positive = Buckets::read(buckets)?,
            (9, Wire::Bytes(buckets)) => negative = Buckets::read(buckets)?,
            _ => {}
        }
    }
    if positive.counts.len() + negative.counts.len() > MAX_BUCKETS {
        return Ok(Err("a histogram has more than 1,024 buckets"));
    }
    let (mut bounds, mut counts) = (Vec::new(), Vec::new());
    for (at, count) in negative.counts.iter().enumerate().rev() {
        bounds.push(-negative.above(at, scale));
        // What is below the lowest bound is none; the bucket's own lies above it.
        if counts.is_empty() {
            counts.push(0);
        }
        counts.push(*count);
    }
    // The bound between zero and the first bucket is that bucket's lower one.
    let lower = |buckets: &Buckets| (f64::from(buckets.offset) * f64::from(-scale).exp2()).exp2();
    if !negative.counts.is_empty() {
        bounds.push(-lower(&negative));
    }
    counts.push(zeros);
    bounds.push(lower(&positive));
    for (at, count) in positive.counts.iter().enumerate() {
        bounds.push(positive.above(at, scale));
        counts.push(*count);
    }
    counts.push(0);
    let sound =
        bounds.iter().all(|bound| bound.is_finite()) && bounds.is_sorted_by(|a, b| a < b) && sum.is_finite();
    if !sound {
        return Ok(Err("a histogram's buckets are beyond what a number can hold"));
    }
    Ok(Ok(MetricValue::Histogram { since, cumulative, count, sum, bounds, counts }))
}

/// What a point of a summary says.
pub(crate) struct Summary {
    pub(crate) count: u64,
    pub(crate) sum: f64,
    /// Each with its value.
    pub(crate) quantiles: Vec<(f64, f64)>,
}

pub(crate) fn summary(point: &[u8]) -> Result<Summary, Malformed> {
    let (mut count, mut sum, mut quantiles) = (0, 0.0, Vec::new());
    for field in Fields(point) {
        match field? {
            (4, Wire::Fixed64(number)) => count = number,
            (5, Wire::Fixed64(bits)) => sum = f64::from_bits(bits),
            (6, Wire::Bytes(message)) if quantiles.len() < MAX_QUANTILES => {
                let (mut quantile, mut value) = (0.0, 0.0);
                for field in Fields(message) {
                    match field? {
                        (1, Wire::Fixed64(bits)) => quantile = f64::from_bits(bits),
                        (2, Wire::Fixed64(bits)) => value = f64::from_bits(bits),
                        _ => {}
                    }
                }
                quantiles.push((quantile, value));
            }
            _ => {}
        }
    }
    quantiles.retain(|(quantile, value)| quantile.is_finite() && value.is_finite());
    Ok(Summary { count, sum: if sum.is_finite() { sum } else { 0.0 }, quantiles })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zigzag_numbers_have_a_sign() {
        assert_eq!([0, 1, 2, 3, 4294967295].map(zigzag), [0, -1, 1, -2, i32::MIN]);
    }

    #[test]
    fn an_exponential_histogram_gets_bounds() {
        // scale 0, base 2; one zero; positive from 2^1: 3 in (2, 4], 4 in (4, 8]; negative from 2^0: 5 in [-2, -1)
        let point = [
            [0x21, 13, 0, 0, 0, 0, 0, 0, 0].as_slice(),
            &[0x30, 0, 0x39, 1, 0, 0, 0, 0, 0, 0, 0],
            &[0x42, 6, 0x08, 2, 0x12, 2, 3, 4],
            &[0x4a, 5, 0x08, 0, 0x12, 1, 5],
        ]
        .concat();
        let kind = Kind::Exponential { cumulative: true };
        let Ok(Ok(MetricValue::Histogram { count, bounds, counts, .. })) = value(&point, kind, Timestamp(0))
        else {
            panic!("no histogram")
        };
        assert_eq!((count, bounds, counts), (13, vec![-2.0, -1.0, 2.0, 4.0, 8.0], vec![0, 5, 1, 3, 4, 0]));
    }
}

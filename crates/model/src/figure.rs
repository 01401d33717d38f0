//! What a figure is measured in, and how its values and the conditions on it are written: in naru.yaml, in messages and in
//! the API alike.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::alert::{Condition, FIGURES, OwnerKind, Side, Test, Watched};
use crate::metric::Owner;
use crate::units::{Bytes, Percent, Rate, format_duration};

/// What a figure's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// 0 to 1; written in percent.
    Share,
    /// 0 to 1; written as it is.
    Apdex,
    Seconds,
    PerSecond,
    BytesPerSecond,
    /// Whole things: transactions, users, instances, threads.
    Count,
    /// Of a metric, whose unit is its own affair.
    Plain,
}

/// The unit of a figure; [`Unit::Plain`] for what is none of [`FIGURES`].
pub fn unit(figure: &str) -> Unit {
    match figure {
        "apdex" => Unit::Apdex,
        "error_ratio" | "workers" | "cpu" | "memory" | "swap" | "disk" | "heap" | "metaspace" | "gc"
        | "db_pool" => Unit::Share,
        "mean" | "p95" | "p99" | "db_time" => Unit::Seconds,
        "requests" | "network_errors" => Unit::PerSecond,
        "traffic" => Unit::BytesPerSecond,
        "active_users" | "in_flight" | "waiting" | "ready" | "restarts" | "threads" | "down" => Unit::Count,
        _ => Unit::Plain,
    }
}

/// What a figure can be of; `None` for the name of a metric, which anything may have.
pub fn owners(figure: &str) -> Option<&'static [OwnerKind]> {
    FIGURES.iter().find(|(name, _)| *name == figure).map(|(_, of)| *of)
}

impl Unit {
    /// The largest value there can be.
    pub fn most(self) -> Option<f64> {
        matches!(self, Unit::Share | Unit::Apdex).then_some(1.0)
    }

    /// As naru.yaml has it, to be read back.
    pub fn written(self, value: f64) -> String {
        let thousandths = || (value * 1000.0).round().max(0.0);
        match self {
            Unit::Share => Percent { thousandths: thousandths() as u32 }.to_string(),
            Unit::Seconds => format_duration(Duration::from_millis(thousandths() as u64)),
            Unit::PerSecond => Rate { per_1000_seconds: thousandths() as u64 }.to_string(),
            Unit::BytesPerSecond => format!("{}/s", Bytes(value.round().max(0.0) as u64)),
            Unit::Apdex | Unit::Count | Unit::Plain => value.to_string(),
        }
    }

    /// For people, to three digits or so.
    pub fn shown(self, value: f64) -> String {
        match self {
            Unit::Share => format!("{}%", digits(value * 100.0)),
            Unit::Apdex => format!("{value:.2}"),
            Unit::Seconds if value.abs() < 1.0 => format!("{}ms", digits(value * 1000.0)),
            Unit::Seconds => format!("{}s", digits(value)),
            Unit::PerSecond => format!("{}/s", digits(value)),
            Unit::BytesPerSecond => format!("{}/s", bytes(value)),
            Unit::Count => format!("{}", value.round()),
            Unit::Plain => digits(value),
        }
    }
}

fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
    .trim_end_matches(".0")
    .trim_end_matches(".00")
    .to_owned()
}

fn bytes(value: f64) -> String {
    let (mut value, mut unit) = (value, "B");
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if value.abs() < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, next);
    }
    format!("{} {unit}", digits(value))
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = unit(&self.figure);
        match self.test {
            Test::Level { side, threshold, lasts } => {
                let sign = if side == Side::Above { '>' } else { '<' };
                let value = unit.written(threshold);
                write!(f, "{} {sign} {value} for {}", self.figure, format_duration(lasts))
            }
            Test::Ahead { side, threshold, within } => {
                let goes = if side == Side::Above { "reach" } else { "fall to" };
                let value = unit.written(threshold);
                write!(f, "{} will {goes} {value} within {}", self.figure, format_duration(within))
            }
            Test::Anomalous => write!(f, "{} anomalous", self.figure),
        }
    }
}

impl Condition {
    /// The level and its wrong side; `None` where there is none.
    pub fn threshold(&self) -> Option<(Side, f64)> {
        match self.test {
            Test::Level { side, threshold, .. } | Test::Ahead { side, threshold, .. } => {
                Some((side, threshold))
            }
            Test::Anomalous => None,
        }
    }
}

impl Side {
    /// Whether a value is on the wrong side.
    pub fn beyond(self, value: f64, threshold: f64) -> bool {
        match self {
            Side::Above => value > threshold,
            Side::Below => value < threshold,
        }
    }

    /// The worse of two values.
    pub fn worse(self, one: f64, other: f64) -> f64 {
        match self {
            Side::Above => one.max(other),
            Side::Below => one.min(other),
        }
    }
}

impl OwnerKind {
    /// As owners of it begin.
    pub fn word(self) -> &'static str {
        match self {
            OwnerKind::Host => "host",
            OwnerKind::Platform => "platform",
            OwnerKind::Service => "service",
            OwnerKind::Instance => "instance",
            OwnerKind::Function => "function",
            OwnerKind::Link => "link",
            OwnerKind::Outside => "outside",
        }
    }
}

impl Owner {
    pub fn kind(&self) -> OwnerKind {
        match self {
            Owner::Host => OwnerKind::Host,
            Owner::Platform => OwnerKind::Platform,
            Owner::Service(_) => OwnerKind::Service,
            Owner::Instance(_) => OwnerKind::Instance,
            Owner::Function(_) => OwnerKind::Function,
            Owner::Link(_) => OwnerKind::Link,
            Owner::Outside(_) => OwnerKind::Outside,
        }
    }
}

impl Watched {
    pub fn covers(&self, owner: &Owner) -> bool {
        match self {
            Watched::Each(kind) => owner.kind() == *kind,
            Watched::One(one) => one == owner,
        }
    }

    pub fn kind(&self) -> OwnerKind {
        match self {
            Watched::Each(kind) => *kind,
            Watched::One(owner) => owner.kind(),
        }
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Watched::Each(kind @ (OwnerKind::Host | OwnerKind::Platform)) => f.write_str(kind.word()),
            Watched::Each(kind) => write!(f, "{}:*", kind.word()),
            Watched::One(owner) => owner.fmt(f),
        }
    }
}

/// What can't be watched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is nothing that can be watched; write host, platform, service:NAME, instance:SERVICE-REVISION-NUMBER, \
     function:NAME, link:NAME or outside:NAME, with * for each one"
)]
pub struct WatchedError(pub String);

impl FromStr for Watched {
    type Err = WatchedError;

    fn from_str(text: &str) -> Result<Self, WatchedError> {
        use OwnerKind::{Function, Instance, Link, Outside, Service};
        let each = text.strip_suffix(":*").map(|word| {
            [Service, Instance, Function, Link, Outside].into_iter().find(|kind| kind.word() == word)
        });
        let read = match each {
            Some(kind) => kind.map(Watched::Each),
            None => text.parse().ok().map(Watched::One),
        };
        read.ok_or_else(|| WatchedError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_watched_reads_back_as_it_is_written() {
        for text in
            ["host", "platform", "service:*", "instance:*", "link:registry", "function:*", "outside:*"]
        {
            assert_eq!(text.parse::<Watched>().map(|watched| watched.to_string()).as_deref(), Ok(text));
        }
        for bad in ["", "host:*", "service", "services:*", "*"] {
            assert!(bad.parse::<Watched>().is_err(), "{bad}");
        }
    }

    #[test]
    fn values_are_shown_in_their_units() {
        for (figure, value, shown) in [
            ("disk", 0.934, "93.4%"),
            ("apdex", 0.9, "0.90"),
            ("p95", 0.5321, "532ms"),
            ("p95", 12.0, "12s"),
            ("requests", 12.34, "12.3/s"),
            ("traffic", 3.0 * 1024.0 * 1024.0, "3 MiB/s"),
            ("waiting", 12.0, "12"),
        ] {
            assert_eq!(unit(figure).shown(value), shown);
        }
    }

    #[test]
    fn every_figure_has_a_unit() {
        assert!(FIGURES.iter().all(|(name, _)| unit(name) != Unit::Plain));
    }
}

//! What came of all replays, as a table for people and as JSON for scripts.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::outcome::Outcome;

/// The yardstick.
pub(super) const HPA: &str = "HPA 80%";

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// How often each trace was replayed before each scaler; figures are the mean of that.
    pub replays: u32,
    /// By start-up time, trace, scaler.
    pub rows: Vec<Row>,
}

/// One trace, or several together, before one scaler: the mean of the replays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub start_up_seconds: f64,
    /// `all`: the sum of all traces.
    pub trace: String,
    pub scaler: String,
    pub requests: f64,
    /// Requests that were given up: no place, or no worker in time.
    pub failed: f64,
    /// Minutes in which more than 5 % of the requests that came took over 500 ms or failed.
    pub violation_minutes: f64,
    /// From each instance's start to its end.
    pub instance_hours: f64,
    /// How often the wanted number changed.
    pub scalings: f64,
    /// The highest p95 of any minute of any replay.
    pub worst_p95_seconds: f64,
    /// The most instances wanted at once in any replay.
    pub most: u32,
}

impl Row {
    pub(super) fn add(&mut self, outcome: &Outcome) {
        self.requests += outcome.requests as f64;
        self.failed += outcome.failed as f64;
        self.violation_minutes += outcome.violated.len() as f64;
        self.instance_hours += outcome.instance_hours;
        self.scalings += f64::from(outcome.scalings);
        self.worst_p95_seconds = self.worst_p95_seconds.max(outcome.worst_p95_seconds);
        self.most = self.most.max(outcome.most);
    }

    pub(super) fn scale(&mut self, by: f64) {
        self.requests *= by;
        self.failed *= by;
        self.violation_minutes *= by;
        self.instance_hours *= by;
        self.scalings *= by;
    }

    fn merge(&mut self, other: &Row) {
        self.requests += other.requests;
        self.failed += other.failed;
        self.violation_minutes += other.violation_minutes;
        self.instance_hours += other.instance_hours;
        self.scalings += other.scalings;
        self.worst_p95_seconds = self.worst_p95_seconds.max(other.worst_p95_seconds);
        self.most = self.most.max(other.most);
    }
}

impl Report {
    /// The start-up times, in seconds.
    pub fn start_ups(&self) -> Vec<f64> {
        let mut all: Vec<f64> = self.rows.iter().map(|row| row.start_up_seconds).collect();
        all.dedup();
        all
    }

    /// Sums up all traces of a start-up time, by scaler in the order of the rows.
    pub fn totals(&self, start_up_seconds: f64) -> Vec<Row> {
        let mut totals: Vec<Row> = Vec::new();
        for row in self.rows.iter().filter(|row| row.start_up_seconds == start_up_seconds) {
            match totals.iter_mut().find(|total| total.scaler == row.scaler) {
                Some(total) => total.merge(row),
                None => totals.push(Row { trace: "all".to_owned(), ..row.clone() }),
            }
        }
        totals
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "mean of {} replays; a minute is in violation when over 5% of its requests took over 500 ms or failed",
            self.replays
        )?;
        for start_up in self.start_ups() {
            writeln!(f, "\ninstances take {start_up} s to start")?;
            let heads = ("violated", "instance", "worst");
            writeln!(
                f,
                "{:<12} {:<22} {:>8} {:>9} {:>8} {:>8} {:>7} {:>5}",
                "", "", heads.0, heads.1, "", heads.2, "", ""
            )?;
            let heads = ("trace", "scaler", "minutes", "hours", "scalings", "p95", "failed", "most");
            line(f, heads)?;
            let rows = self.rows.iter().filter(|row| row.start_up_seconds == start_up).cloned();
            for row in rows.chain(self.totals(start_up)) {
                let minutes = format!("{:.1}", row.violation_minutes);
                let hours = format!("{:.2}", row.instance_hours);
                let (scalings, failed) = (format!("{:.0}", row.scalings), format!("{:.0}", row.failed));
                let (p95, most) = (format!("{:.2} s", row.worst_p95_seconds), row.most.to_string());
                line(f, (&row.trace, &row.scaler, &minutes, &hours, &scalings, &p95, &failed, &most))?;
            }
        }
        Ok(())
    }
}

type Line<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, &'a str, &'a str, &'a str);

fn line(f: &mut fmt::Formatter<'_>, l: Line<'_>) -> fmt::Result {
    writeln!(f, "{:<12} {:<22} {:>8} {:>9} {:>8} {:>8} {:>7} {:>5}", l.0, l.1, l.2, l.3, l.4, l.5, l.6, l.7)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(trace: &str, minutes: f64) -> Row {
        Row {
            start_up_seconds: 10.0,
            trace: trace.to_owned(),
            scaler: HPA.to_owned(),
            requests: 3600.0,
            violation_minutes: minutes,
            instance_hours: 2.5,
            scalings: 4.0,
            worst_p95_seconds: minutes,
            most: 3,
            ..Row::default()
        }
    }

    #[test]
    fn traces_are_summed_up_and_json_reads_back() {
        let report = Report { replays: 1, rows: vec![row("calm", 0.0), row("wild", 1.5)] };
        let totals = report.totals(10.0);
        assert_eq!(totals.len(), 1);
        assert_eq!((totals[0].violation_minutes, totals[0].instance_hours, totals[0].most), (1.5, 5.0, 3));
        assert_eq!(totals[0].worst_p95_seconds, 1.5);
        let last = report.to_string().lines().last().map(str::to_owned);
        let cells: Vec<_> = last.iter().flat_map(|line| line.split_whitespace()).collect();
        assert_eq!(cells, ["all", "HPA", "80%", "1.5", "5.00", "8", "1.50", "s", "0", "3"]);
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    }
}

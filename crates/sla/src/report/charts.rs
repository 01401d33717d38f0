//! The course of a period: availability, response times, requests and instances, with incidents shaded and deployments marked.

use naru_model::report::{Axis, Chart, Mark, Series, Tone, Unit};
use naru_model::service_level::{Change, ChangeKind, Piece, Target};

use super::View;

/// Deployments that are marked, the latest: more would hide what is below them.
const MOST_MARKS: usize = 30;

impl View<'_> {
    pub(super) fn charts(&self) -> Vec<Chart> {
        let mut charts = vec![self.availability(), self.times(), self.volume()];
        charts.extend(self.instances());
        charts
    }

    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        let until = self.summary.until;
        self.of.pieces.iter().filter(move |piece| piece.at < until)
    }

    fn availability(&self) -> Chart {
        let share = |piece: &Piece| match piece.requests {
            0 => f64::NAN,
            all => 1.0 - piece.failed as f64 / all as f64,
        };
        let points = self.points(share);
        let goal = self.goal(Target::Availability);
        let seen = points.iter().map(|(_, y)| *y).filter(|y| y.is_finite());
        let least = seen.chain(goal).fold(1.0, f64::min);
        // Room below the lowest point, and never so little that a flawless day looks like a fall.
        let bottom = (1.0 - (1.0 - least).max(0.001) * 1.25).max(0.0);
        let mut series = vec![self.line(self.words.pick("가용률", "availability"), Tone::Plain, points)];
        series.extend(self.goal_line(goal));
        let caption = self.words.pick("가용률", "Availability");
        let y = Axis { from: Some(bottom), to: Some(1.0), ..Axis::new("", Unit::Share) };
        self.chart(caption, y, series)
    }

    fn times(&self) -> Chart {
        let mean = self.points(|piece| piece.mean_seconds.unwrap_or(f64::NAN));
        let p95 = self.points(|piece| piece.p95_seconds.unwrap_or(f64::NAN));
        let mut series = vec![
            self.line(self.words.pick("평균", "mean"), Tone::Plain, mean),
            self.line("p95", Tone::Warn, p95),
        ];
        series.extend(self.goal_line(self.goal(Target::P95)));
        let caption = self.words.pick("응답시간", "Response times");
        self.chart(caption, Axis { from: Some(0.0), ..Axis::new("", Unit::Duration) }, series)
    }

    fn volume(&self) -> Chart {
        let requests = self.points(|piece| piece.requests as f64);
        let failed = self.points(|piece| piece.failed as f64);
        let bars =
            |name: &str, tone, points| Series { name: name.to_owned(), mark: Mark::Bars, tone, points };
        let series = vec![
            bars(self.words.pick("요청", "requests"), Tone::Plain, requests),
            bars(self.words.pick("실패", "failed"), Tone::Bad, failed),
        ];
        let caption = match self.of.pieces.first().map_or(0, |piece| piece.seconds) {
            0..=3600 => self.words.pick("시간당 요청", "Requests per hour"),
            _ => self.words.pick("하루 요청", "Requests per day"),
        };
        self.chart(caption, Axis { from: Some(0.0), ..Axis::new("", Unit::Number) }, series)
    }

    /// `None`: of functions nobody counts them.
    fn instances(&self) -> Option<Chart> {
        self.of.now.instances_most?;
        let mut points = self.points(|piece| piece.instances.map_or(f64::NAN, f64::from));
        // How many there will be nobody knows.
        points.push((f64::from(self.summary.until), f64::NAN));
        let name = self.words.pick("인스턴스", "instances").to_owned();
        let series = vec![Series { name, mark: Mark::Step, tone: Tone::Plain, points }];
        let caption = self.words.pick("준비된 인스턴스(최대)", "Ready instances, the most");
        Some(self.chart(caption, Axis { from: Some(0.0), ..Axis::new("", Unit::Number) }, series))
    }

    fn points(&self, of: impl Fn(&Piece) -> f64) -> Vec<(f64, f64)> {
        self.pieces().map(|piece| (f64::from(piece.at), of(piece))).collect()
    }

    fn line(&self, name: &str, tone: Tone, points: Vec<(f64, f64)>) -> Series {
        Series { name: name.to_owned(), mark: Mark::Line, tone, points }
    }

    fn goal(&self, target: Target) -> Option<f64> {
        self.of.checks.iter().find(|check| check.target == target).map(|check| check.goal)
    }

    fn goal_line(&self, goal: Option<f64>) -> Option<Series> {
        let goal = goal?;
        let points = vec![(f64::from(self.summary.from), goal), (f64::from(self.summary.to), goal)];
        let name = self.words.pick("목표", "goal").to_owned();
        Some(Series { name, mark: Mark::Dashed, tone: Tone::Good, points })
    }

    fn chart(&self, caption: &str, y: Axis, series: Vec<Series>) -> Chart {
        let (from, to) = (f64::from(self.summary.from), f64::from(self.summary.to));
        let clock = self.words.clock(self.summary.from, self.summary.to);
        let x = Axis { from: Some(from), to: Some(to), ..Axis::new("", clock) };
        Chart { caption: caption.to_owned(), x, y, series, spans: self.spans(from, to) }
    }

    fn spans(&self, from: f64, to: f64) -> Vec<(f64, f64, String)> {
        let incident = self.words.pick("장애", "incident").to_owned();
        let seen = self.incidents();
        let shaded = seen.iter().filter(|one| one.failed > 0).map(|one| {
            let (begin, end) = (f64::from(one.from), f64::from(one.to.unwrap_or(self.summary.until)));
            (begin.max(from), end.min(to), incident.clone())
        });
        let changes: Vec<&Change> = self.changes().into_iter().filter(|one| is_marked(one.kind)).collect();
        let marked = changes.iter().rev().take(MOST_MARKS).map(|change| {
            let at = change.at.0 as f64 / 1e6;
            (at, at, self.words.change(change.kind).0.to_owned())
        });
        shaded.chain(marked).filter(|(begin, end, _)| begin <= end).collect()
    }
}

fn is_marked(kind: ChangeKind) -> bool {
    matches!(kind, ChangeKind::Deployment | ChangeKind::Failed | ChangeKind::Rollback)
}

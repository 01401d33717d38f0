//! The tables of a report.

use naru_model::language::Language;
use naru_model::report::{Cell, Report, Table, Tone};
use naru_model::series::Subject;
use naru_model::service_level::{Change, Figures, Incident, SubjectSummary, Target};

use super::View;
use crate::words::{
    NONE, bytes, count, difference, growth, hours, more, points, rough_share, score, share, time,
};

/// Rows of a list that are told; of more the number.
const MOST_ROWS: usize = 200;

/// One figure of the summary: what it is called, now, before, by how much it changed.
struct Row {
    name: String,
    target: Option<Target>,
    now: String,
    before: String,
    change: String,
}

impl View<'_> {
    /// What the period came to, beside the goal and the period before.
    pub(super) fn figures(&self) -> Table {
        let words = self.words;
        let mut table = Table::new([
            words.pick("지표", "Figure"),
            words.pick("이번 기간", "This period"),
            words.pick("목표", "Goal"),
            words.pick("판정", "Result"),
            words.before(self.summary.kind),
            words.pick("증감", "Change"),
        ]);
        (table.right, table.widths) = (vec![1, 2, 4, 5], vec![26, 18, 16, 10, 18, 14]);
        for row in self.rows() {
            let check = row.target.and_then(|target| self.of.checks.iter().find(|one| one.target == target));
            let goal = check.map_or_else(|| NONE.to_owned(), |check| words.goal(check));
            let (result, tone) = check.map_or((NONE, Tone::Plain), |check| words.outcome(check.result));
            table.row([
                Cell::from(row.name),
                row.now.into(),
                goal.into(),
                Cell::toned(result, tone),
                row.before.into(),
                row.change.into(),
            ]);
        }
        table
    }

    fn rows(&self) -> Vec<Row> {
        let (now, before) = (&self.of.now, self.of.before.as_ref());
        let row =
            |ko: &'static str, en: &'static str, target, of: &dyn Fn(&Figures) -> String, change: String| {
                Row {
                    name: self.words.pick(ko, en).to_owned(),
                    target,
                    now: of(now),
                    before: before.map_or_else(|| NONE.to_owned(), of),
                    change,
                }
            };
        let was = |of: fn(&Figures) -> Option<f64>| (of(now), before.and_then(of));
        let grown = |of: fn(&Figures) -> Option<f64>| {
            let (now, before) = was(of);
            growth(now, before)
        };
        let (available, apdex) = (was(|f| f.availability), was(|f| f.apdex.score()));
        let more = |of: fn(&Figures) -> u64| more(of(now), before.map(of));
        let minutes = |figures: &Figures| match self.words.language {
            Language::Ko => format!("{}분", count(figures.down_minutes.into())),
            Language::En => format!("{} min", count(figures.down_minutes.into())),
        };
        vec![
            row(
                "가용률",
                "Availability",
                Some(Target::Availability),
                &|f| share(f.availability),
                points(available.0, available.1),
            ),
            row("장애 시간", "Down minutes", None, &minutes, more(|f| f.down_minutes.into())),
            row("장애 건수", "Outages", None, &|f| count(f.outages.into()), more(|f| f.outages.into())),
            row(
                "Apdex",
                "Apdex",
                Some(Target::Apdex),
                &|f| score(f.apdex.score()),
                difference(apdex.0, apdex.1, 2),
            ),
            row(
                "평균 응답시간",
                "Mean response time",
                None,
                &|f| time(f.mean_seconds),
                grown(|f| f.mean_seconds),
            ),
            row(
                "p50 응답시간",
                "p50 response time",
                None,
                &|f| time(f.p50_seconds),
                grown(|f| f.p50_seconds),
            ),
            row(
                "p95 응답시간",
                "p95 response time",
                Some(Target::P95),
                &|f| time(f.p95_seconds),
                grown(|f| f.p95_seconds),
            ),
            row(
                "p99 응답시간",
                "p99 response time",
                None,
                &|f| time(f.p99_seconds),
                grown(|f| f.p99_seconds),
            ),
            row("요청", "Requests", None, &|f| count(f.requests), grown(|f| Some(f.requests as f64))),
            row(
                "실패: 서비스 책임",
                "Failed by the service",
                None,
                &|f| count(f.service_errors),
                more(|f| f.service_errors),
            ),
            row(
                "실패: naru·서버 책임",
                "Failed by naru or the machine",
                None,
                &|f| count(f.platform_errors),
                more(|f| f.platform_errors),
            ),
            row(
                "실패: 이용자 책임(4xx)",
                "Failed by the client (4xx)",
                None,
                &|f| count(f.client_errors),
                more(|f| f.client_errors),
            ),
            row(
                "이용자",
                "Users",
                None,
                &|f| f.users.map_or_else(|| NONE.to_owned(), count),
                grown(|f| f.users.map(|n| n as f64)),
            ),
            row(
                "받은 양",
                "Received",
                None,
                &|f| bytes(f.received_bytes),
                grown(|f| Some(f.received_bytes as f64)),
            ),
            row("보낸 양", "Sent", None, &|f| bytes(f.sent_bytes), grown(|f| Some(f.sent_bytes as f64))),
        ]
    }

    pub(super) fn by_function(&self) -> Table {
        self.by(|subject| matches!(subject, Subject::Function(_)), self.words.pick("업무", "Function"), true)
    }

    pub(super) fn by_service(&self) -> Table {
        let mine = |subject: &Subject| match (subject, &self.of.subject) {
            (Subject::Service(_), Subject::All) => true,
            (Subject::Service(name), _) => self.of.services.contains(name),
            _ => false,
        };
        self.by(mine, self.words.pick("서비스", "Service"), false)
    }

    fn by(&self, wanted: impl Fn(&Subject) -> bool, first: &str, judged: bool) -> Table {
        let words = self.words;
        let mut head = vec![
            first,
            words.pick("가용률", "Availability"),
            "Apdex",
            words.pick("평균", "Mean"),
            "p95",
            "p99",
            words.pick("요청", "Requests"),
            words.pick("실패", "Failed"),
            words.pick("장애 시간(분)", "Down minutes"),
        ];
        if judged {
            head.push(words.pick("판정", "Result"));
        }
        let mut table = Table::new(head);
        table.right = (1..=8).collect();
        for one in self.summary.subjects.iter().filter(|one| wanted(&one.subject)) {
            let (result, tone) = words.outcome(one.result);
            table.row([
                Cell::from(words.title(one)),
                self.judged_cell(one, Target::Availability, share(one.now.availability)),
                self.judged_cell(one, Target::Apdex, score(one.now.apdex.score())),
                time(one.now.mean_seconds).into(),
                self.judged_cell(one, Target::P95, time(one.now.p95_seconds)),
                time(one.now.p99_seconds).into(),
                count(one.now.requests).into(),
                count(one.now.failed()).into(),
                count(one.now.down_minutes.into()).into(),
                Cell::toned(result, tone),
            ]);
        }
        table
    }

    /// A figure with the tone of what became of its goal.
    fn judged_cell(&self, of: &SubjectSummary, target: Target, text: String) -> Cell {
        let check = of.checks.iter().find(|check| check.target == target);
        let tone = check.map_or(Tone::Plain, |check| self.words.outcome(check.result).1);
        Cell::toned(text, if tone == Tone::Bad { Tone::Bad } else { Tone::Plain })
    }

    pub(super) fn tell_incidents(&self, report: &mut Report) {
        let incidents = self.incidents();
        if incidents.is_empty() {
            report.paragraph(self.words.pick("장애 없음", "None"));
        } else {
            report.table(self.incident_table(&incidents));
        }
        self.tell_more(incidents.len(), report);
        if self.summary.warnings > 0 && self.of.subject == Subject::All {
            let warnings = count(self.summary.warnings.into());
            report.paragraph(match self.words.language {
                Language::Ko => format!("그 밖에 경고 경보 {warnings}건(이용자가 느낀 장애 없음)"),
                Language::En => format!("Besides {warnings} warnings without an outage"),
            });
        }
    }

    fn incident_table(&self, incidents: &[&Incident]) -> Table {
        let words = self.words;
        let mut table = Table::new([
            words.pick("시작", "Began"),
            words.pick("지속", "Lasted"),
            words.pick("대상", "About"),
            words.pick("실패한 요청", "Failed requests"),
            words.pick("내용과 원인", "What and why"),
        ]);
        (table.right, table.widths) = (vec![3], vec![14, 12, 18, 16, 40]);
        for one in incidents.iter().take(MOST_ROWS) {
            let lasted = match one.to {
                Some(to) => words.lasted(to.saturating_sub(one.from).into()),
                None => words.pick("진행 중", "goes on").to_owned(),
            };
            let failed = match one.failed {
                0 => NONE.to_owned(),
                failed => format!("{} / {}", count(failed), count(one.requests)),
            };
            table.row([
                Cell::from(words.moment(one.from)),
                lasted.into(),
                one.title.of(words.language).into(),
                Cell::toned(failed, if one.failed > 0 { Tone::Bad } else { Tone::Plain }),
                self.why(one).into(),
            ]);
        }
        table
    }

    fn why(&self, incident: &Incident) -> String {
        let of = |text: &Option<naru_model::alert::Text>| {
            text.as_ref().map(|text| text.of(self.words.language).to_owned())
        };
        let nobody = self.words.pick("원인 미확인", "cause not known").to_owned();
        let cause = of(&incident.cause).map_or(nobody, |cause| match self.words.language {
            Language::Ko => format!("원인: {cause}"),
            Language::En => format!("cause: {cause}"),
        });
        match of(&incident.what) {
            Some(what) => format!("{what}; {cause}"),
            None => cause,
        }
    }

    /// Changes that concern what the report is about, the earliest first.
    pub(super) fn changes(&self) -> Vec<&Change> {
        let mine = |change: &&Change| match (&self.of.subject, &change.service) {
            (Subject::All, _) | (_, None) => true,
            (Subject::Service(own), Some(name)) => own == name,
            (_, Some(name)) => self.of.services.contains(name),
        };
        self.summary.changes.iter().filter(mine).collect()
    }

    pub(super) fn tell_changes(&self, report: &mut Report) {
        let (words, changes) = (self.words, self.changes());
        if changes.is_empty() {
            return report.paragraph(words.pick("배포와 변경 없음", "None"));
        }
        let mut table = Table::new([
            words.pick("일시", "When"),
            words.pick("구분", "Kind"),
            words.pick("서비스", "Service"),
            words.pick("내용", "What"),
            words.pick("요청자", "By"),
        ]);
        table.widths = vec![14, 14, 14, 46, 12];
        for change in changes.iter().take(MOST_ROWS) {
            let (kind, tone) = words.change(change.kind);
            table.row([
                Cell::from(words.moment((change.at.0 / 1_000_000) as u32)),
                Cell::toned(kind, tone),
                change.service.as_ref().map_or_else(|| NONE.to_owned(), ToString::to_string).into(),
                change.what.of(words.language).into(),
                change.by.clone().into(),
            ]);
        }
        report.table(table);
        self.tell_more(changes.len(), report);
    }

    fn tell_more(&self, rows: usize, report: &mut Report) {
        let more = rows.saturating_sub(MOST_ROWS);
        if more > 0 {
            report.paragraph(match self.words.language {
                Language::Ko => format!("이 밖에 {}건", count(more as u64)),
                Language::En => format!("and {} more", count(more as u64)),
            });
        }
    }

    /// How often each service was scaled and why, and what it used.
    pub(super) fn capacity(&self) -> Table {
        let words = self.words;
        let mut table = Table::new([
            words.pick("서비스", "Service"),
            words.pick("인스턴스(최소~최대)", "Instances, least to most"),
            words.pick("증설", "Grown"),
            words.pick("감축", "Shrunk"),
            words.pick("사유", "Why"),
            words.pick("인스턴스·시간", "Instance hours"),
            words.pick("CPU 코어·시간", "Core hours"),
            words.pick("처리 자리 사용(평균/최대)", "Places taken, mean/most"),
        ]);
        table.right = vec![1, 2, 3, 5, 6, 7];
        for one in self.summary.subjects.iter().filter(|one| self.uses(one)) {
            let scaled = self
                .summary
                .scaled
                .iter()
                .find(|scaled| one.subject == Subject::Service(scaled.service.clone()));
            let why = scaled.map_or_else(String::new, |scaled| {
                let by = scaled.by.iter().map(|(by, times)| format!("{} {times}", words.by(*by)));
                by.collect::<Vec<_>>().join(", ")
            });
            let now = &one.now;
            let instances = match (now.instances_least, now.instances_most) {
                (Some(least), Some(most)) => format!("{least}~{most}"),
                _ => NONE.to_owned(),
            };
            table.row([
                Cell::from(words.title(one)),
                instances.into(),
                scaled.map_or(0, |scaled| scaled.grown).to_string().into(),
                scaled.map_or(0, |scaled| scaled.shrunk).to_string().into(),
                if why.is_empty() { NONE.to_owned() } else { why }.into(),
                hours(now.instance_hours).into(),
                hours(now.cpu_core_hours).into(),
                format!("{} / {}", rough_share(now.places_mean), rough_share(now.places_most)).into(),
            ]);
        }
        table
    }

    fn uses(&self, one: &SubjectSummary) -> bool {
        match (&one.subject, &self.of.subject) {
            (Subject::Service(_), Subject::All) => true,
            (Subject::Service(name), Subject::Function(_)) => self.of.services.contains(name),
            (one, own) => matches!(one, Subject::Service(_)) && one == own,
        }
    }
}

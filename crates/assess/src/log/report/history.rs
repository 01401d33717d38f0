//! What was read and could not be read, and what deployments and changes were followed by.

use naru_model::report::{Cell, Table};

use super::{Page, ROWS, number, percent, short, words};

impl Page<'_> {
    pub(super) fn sources(&mut self) {
        self.head("읽은 자료", "What was read");
        let sources = &self.findings.sources;
        let mut formats: Vec<String> =
            sources.files.iter().map(|file| format!("{} ({})", file.format, file.packing)).collect();
        formats.sort_unstable();
        formats.dedup();
        let mut rows: Vec<(&str, String)> =
            formats.into_iter().take(ROWS).map(|format| (self.pick("형식", "format"), format)).collect();
        if let Some(unit) = sources.files.iter().find_map(|file| file.time_unit.clone()) {
            rows.push((self.pick("응답시간 단위", "response times are in"), unit));
        }
        self.rows(rows);
        if sources.broken_by_reason.is_empty() {
            return;
        }
        self.report.heading(2, self.pick("해석하지 못한 줄", "Lines that could not be read"));
        let head = self.pick(["사유", "줄 수", "예 (파일:줄)"], ["why", "lines", "as in (file:line)"]);
        let mut table = Table { right: vec![1], widths: vec![5, 2, 10], ..Table::new(head) };
        for broken in &sources.broken_by_reason {
            let examples = broken.examples.iter().take(2);
            let examples: Vec<String> =
                examples.map(|line| format!("{}:{}  {}", line.file, line.line, short(&line.text))).collect();
            let why = words::broken(broken.reason, self.language).to_owned();
            table.row([why, number(broken.count), examples.join("\n")].map(Cell::from));
        }
        self.report.table(table);
    }

    pub(super) fn history(&mut self) {
        let Some(history) = &self.findings.history else { return };
        self.head("배포·변경 이력", "Deployments and changes");
        let per_month = history.deployments_per_month;
        let (deployments, minutes) = (number(history.deployments), history.within_seconds / 60);
        let (followed, of, share) =
            (history.followed, history.deployments_in_period, percent(history.followed_share));
        let mut rows = vec![
            (
                self.pick("배포", "deployments"),
                self.pick(
                    format!("{deployments}회 (월 {per_month:.1}회)"),
                    format!("{deployments} ({per_month:.1} a month)"),
                ),
            ),
            (
                self.pick("배포 뒤 장애", "followed by an outage"),
                self.pick(
                    format!("{of}회 중 {followed}회 ({share}, {minutes}분 이내)"),
                    format!("{followed} of {of} ({share}, within {minutes} min)"),
                ),
            ),
        ];
        if history.changes > 0 {
            let days = history.median_change_days;
            let days = days
                .map_or("-".to_owned(), |days| self.pick(format!("{days:.1}일"), format!("{days:.1} days")));
            let (changes, per_month) = (number(history.changes), history.changes_per_month);
            rows.push((
                self.pick("변경 요청", "change requests"),
                self.pick(
                    format!("{changes}건 (월 {per_month:.1}건, 처리 기간 중앙값 {days})"),
                    format!("{changes} ({per_month:.1} a month, median {days})"),
                ),
            ));
        }
        if history.broken_rows > 0 {
            rows.push((self.pick("시각이 없는 행", "rows without a time"), number(history.broken_rows)));
        }
        self.rows(rows);
        self.consequences(history);
    }

    fn consequences(&mut self, history: &super::super::findings::History) {
        if history.consequences.is_empty() {
            return;
        }
        let head = self
            .pick(["배포 시각", "내용", "장애 시작", "구분"], ["deployed", "what", "outage from", "kind"]);
        let mut table = Table { widths: vec![4, 6, 4, 4], ..Table::new(head) };
        for consequence in history.consequences.iter().take(ROWS) {
            let cells = [
                self.time(consequence.deployed),
                short(&consequence.what),
                self.time(consequence.from),
                words::window(consequence.kind, self.language).to_owned(),
            ];
            table.row(cells.map(Cell::from));
        }
        self.report.table(table);
    }
}

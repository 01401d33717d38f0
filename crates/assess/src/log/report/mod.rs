//! Findings as an orderer reads them: the figures that decide, and what each means, as a report with its charts.

mod charts;
mod history;
mod words;

use naru_model::language::Language;
use naru_model::report::{Cell, Report, Table, Tone};
use naru_model::units::Timestamp;

use super::findings::{
    Approximate, Counted, Findings, Function, Recurring, RecurringKind, Splitting, Window, WindowKind,
};
use super::time::civil;

/// Rows of each list.
const ROWS: usize = 10;
/// The longest path, user agent or line that is shown.
const LONGEST: usize = 90;

/// What is written to, with what all parts need.
struct Page<'a> {
    report: Report,
    findings: &'a Findings,
    language: Language,
    offset: i64,
}

/// Words them.
pub fn report(findings: &Findings, language: Language) -> Report {
    let offset = findings.period.as_ref().map_or(0, |period| i64::from(period.offset_seconds));
    let title = language.pick("접근 로그 분석 결과", "What the access logs tell");
    let mut page = Page { report: Report::new(language, title), findings, language, offset };
    page.about();
    if findings.period.is_some() {
        page.summary();
        page.load();
        page.users();
        page.windows();
        page.functions();
        page.robots();
        page.history();
        page.lists();
    }
    page.sources();
    page.approximations();
    page.report
}

/// A number with its thousands apart.
pub(crate) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn percent(share: f64) -> String {
    format!("{:.*} %", if share > 0.0 && share < 0.01 { 2 } else { 1 }, share * 100.0)
}

fn size(bytes: u64) -> String {
    let units = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3)];
    let (unit, divisor) = units.into_iter().find(|(_, least)| bytes as f64 >= *least).unwrap_or(("KB", 1e3));
    format!("{:.1} {unit}", bytes as f64 / divisor)
}

fn seconds(seconds: f64, language: Language) -> String {
    match seconds {
        ..1.0 => format!("{:.0} ms", seconds * 1000.0),
        ..120.0 => format!("{seconds:.1}{}", language.pick("초", " s")),
        _ => format!("{:.0}{}", seconds / 60.0, language.pick("분", " min")),
    }
}

fn short(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

impl Page<'_> {
    fn pick<T>(&self, korean: T, english: T) -> T {
        self.language.pick(korean, english)
    }

    fn head(&mut self, korean: &str, english: &str) {
        self.report.heading(1, self.language.pick(korean, english));
    }

    /// A table of names and what each is.
    fn rows(&mut self, rows: Vec<(&str, String)>) {
        let mut table =
            Table { widths: vec![3, 7], ..Table::new(self.pick(["항목", "내용"], ["what", "figure"])) };
        for (name, value) in rows {
            table.row([Cell::from(name), Cell::from(value)]);
        }
        self.report.table(table);
    }

    /// `2015-05-17 10:05`, in the log's zone.
    fn time(&self, at: Timestamp) -> String {
        let local = (at.0 / 1_000_000) as i64 + self.offset;
        let (year, month, day) = civil(local.div_euclid(86_400));
        let (hour, minute) = (local.rem_euclid(86_400) / 3600, local.rem_euclid(3600) / 60);
        format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}")
    }

    fn about(&mut self) {
        let findings = self.findings;
        let mut about = Vec::new();
        if let Some(period) = &findings.period {
            let sign = if period.offset_seconds < 0 { '-' } else { '+' };
            let offset = period.offset_seconds.abs();
            let zone = format!("UTC{sign}{:02}:{:02}", offset / 3600, offset % 3600 / 60);
            let (from, to, days) = (self.time(period.from), self.time(period.to), period.days);
            let text = self.pick(
                format!("{from} – {to} ({zone}, {days}일)"),
                format!("{from} – {to} ({zone}, {days} days)"),
            );
            about.push((self.pick("대상 기간", "period").to_owned(), text));
        }
        let sources = &findings.sources;
        let (files, lines) = (number(sources.files.len() as u64), number(sources.lines));
        let (read, broken) = (size(sources.bytes_read), number(sources.broken));
        let requests = number(findings.volume.requests);
        about.push((
            self.pick("분석 자료", "what was read").to_owned(),
            self.pick(
                format!(
                    "접근 로그 파일 {files}개, {lines}줄({read}) 중 요청 {requests}건, 해석 불가 {broken}줄"
                ),
                format!("{lines} lines of {files} files, {read}: {requests} requests, {broken} broken"),
            ),
        ));
        self.report.about = about;
    }

    /// What it comes to.
    fn summary(&mut self) {
        let findings = self.findings;
        let outages = findings.windows.len();
        let worth = findings.functions.iter().filter(|function| function.splitting == Splitting::Worth);
        let worth: Vec<&str> = worth.map(|function| function.name.as_str()).collect();
        let surge = self.surge();
        let none = self.pick("없음", "none");
        let names = if worth.is_empty() { none.to_owned() } else { worth.join(", ") };
        let text = self.pick(
            format!("폭주 배수 {surge}, 장애·지연 구간 {outages}건, 분리 권고 기능: {names}"),
            format!(
                "Surge {surge}; {outages} times of outage or slowness; functions worth splitting off: {names}"
            ),
        );
        self.report.result(if outages > 0 { Tone::Warn } else { Tone::Plain }, text);
        if self.offset == 0 && findings.sources.files.iter().any(|file| file.format == "w3c") {
            self.report.paragraph(self.pick(
                "IIS 로그는 시각을 UTC로 기록하므로 이 보고서의 시간·요일도 UTC 기준입니다. 한국 시각으로 보려면 --zone +09:00을 주십시오.",
                "IIS writes times in UTC, and hours and weekdays here are UTC too: for local hours say --zone, as in --zone +09:00.",
            ));
        }
    }

    /// How many times the usual the busiest hour is. Nothing to compare it with in a log of less than a working day's hours.
    fn surge(&self) -> String {
        match self.findings.peaks.surge_ratio {
            times if times > 0.0 => self.pick(format!("{times:.1}배"), format!("×{times:.1}")),
            _ => self.pick("알 수 없음", "unknown").to_owned(),
        }
    }

    fn load(&mut self) {
        self.head("부하", "Load");
        let (volume, peaks) = (&self.findings.volume, &self.findings.peaks);
        let share = |part: u64| {
            format!("{} ({})", number(part), percent(part as f64 / volume.requests.max(1) as f64))
        };
        let per_day = number(volume.requests_per_day as u64);
        let mut rows = vec![
            (
                self.pick("요청", "requests"),
                self.pick(
                    format!("{}건 (일평균 {per_day}건)", number(volume.requests)),
                    format!("{}, {per_day} a day", number(volume.requests)),
                ),
            ),
            (self.pick("전송량", "sent"), size(volume.bytes)),
            (self.pick("정적 파일 요청", "static files"), share(volume.assets)),
            (self.pick("서버 오류(5xx)", "failed (5xx)"), share(volume.server_errors)),
            (self.pick("클라이언트 오류(4xx)", "refused (4xx)"), share(volume.client_errors)),
        ];
        for (name, peak) in [
            (self.pick("최대 1시간", "busiest hour"), peaks.busiest_hour),
            (self.pick("최대 1분", "busiest minute"), peaks.busiest_minute),
            (self.pick("최대 1초", "busiest second"), peaks.busiest_second),
        ] {
            rows.push((name, format!("{} ({})", number(peak.requests), self.time(peak.at))));
        }
        let (surge, median) = (self.surge(), peaks.median_working_hour);
        rows.push((
            self.pick("폭주 배수", "surge"),
            self.pick(
                format!("{surge} (최대 1시간 ÷ 평일 시간당 중앙값 {median:.0}건)"),
                format!("{surge} (busiest hour over the median hour of working days, {median:.0})"),
            ),
        ));
        if let Some(latency) = self.findings.latency {
            let [p50, p95, p99] = [latency.p50, latency.p95, latency.p99].map(|s| seconds(s, self.language));
            rows.push((self.pick("응답시간", "response time"), format!("p50 {p50}, p95 {p95}, p99 {p99}")));
        }
        let again = self.recurring();
        if !again.is_empty() {
            rows.push((self.pick("반복되는 집중", "comes again"), again.join(", ")));
        }
        self.rows(rows);
        self.report.blocks.extend(charts::load(self.findings, self.language));
        self.report.blocks.extend(charts::rhythm(self.findings, self.language));
    }

    /// The hours, weekdays and days that have more than others again and again, with how many times the mean.
    fn recurring(&self) -> Vec<String> {
        let one = |again: &Recurring| {
            let what = match again.kind {
                RecurringKind::Hour => {
                    self.pick(format!("매일 {}시", again.at), format!("{}:00 every day", again.at))
                }
                RecurringKind::Weekday => words::weekday(again.at, self.language).to_owned(),
                RecurringKind::DayOfMonth => {
                    self.pick(format!("매월 {}일", again.at), format!("day {} of the month", again.at))
                }
            };
            let times = again.times;
            self.pick(format!("{what} (평균의 {times:.1}배)"), format!("{what} (×{times:.1})"))
        };
        self.findings.rhythm.recurring.iter().take(ROWS).map(one).collect()
    }

    fn users(&mut self) {
        self.head("사용자 (로봇 제외)", "People (robots left out)");
        let users = &self.findings.users;
        if !users.through.is_empty() {
            self.through();
            if users.distinct == 0 {
                return;
            }
        }
        let sessions = &users.sessions;
        let stayed = seconds(sessions.median_seconds, self.language);
        let (count, requests) = (number(sessions.count), sessions.median_requests);
        let busiest = |count: u64, at: Timestamp| match count {
            0 => number(0),
            _ => format!("{} ({})", number(count), self.time(at)),
        };
        let rows = vec![
            (self.pick("전체 사용자", "users"), number(users.distinct)),
            (self.pick("일일 사용자(중앙값)", "on a median day"), number(users.median_day)),
            (
                self.pick("최대 1시간 사용자", "within the busiest hour"),
                busiest(users.busiest_hour, users.busiest_hour_at),
            ),
            (
                self.pick("5분 동시 사용자 최대", "within five minutes"),
                busiest(users.busiest_five_minutes, users.busiest_five_minutes_at),
            ),
            (
                self.pick("방문 세션", "sessions"),
                self.pick(
                    format!("{count}개 (중앙값: 요청 {requests:.0}건, 체류 {stayed})"),
                    format!("{count}, median {requests:.0} requests and {stayed}"),
                ),
            ),
        ];
        self.rows(rows);
    }

    /// That users stand behind a load balancer, and what to do about it.
    fn through(&mut self) {
        let through = &self.findings.users.through;
        let all: u64 = through.iter().map(|counted| counted.requests).sum();
        let share = percent(all as f64 / self.findings.volume.requests.max(1) as f64);
        let names: Vec<&str> = through.iter().take(ROWS).map(|counted| counted.text.as_str()).collect();
        let (names, few) = (names.join(", "), through.len());
        let addresses = if few == 1 { "one address".to_owned() } else { format!("{few} addresses") };
        self.report.paragraph(self.pick(
            format!(
                "요청의 {share}가 주소 {few}개({names})에서 왔습니다. 부하분산기나 프록시의 주소로 보이며, 그 뒤의 사용자는 구분할 수 없어 사용자 수에서 빠져 있습니다. 실제 주소(X-Forwarded-For)를 로그에 남기고 --pattern으로 알려 주면 사용자를 셀 수 있습니다."
            ),
            format!(
                "{share} of the requests come from {addresses} ({names}): a load balancer's or a proxy's, it seems. Users behind it can't be told apart, and are missing in what is said of users. To count them, log the client's address (X-Forwarded-For), and say where it stands by --pattern."
            ),
        ));
    }

    fn windows(&mut self) {
        self.head("사용자가 겪은 장애·지연", "When users were not served");
        let windows = &self.findings.windows;
        if windows.is_empty() {
            return self.report.paragraph(self.pick(
                "오류·지연이 평소보다 뚜렷하게 늘거나 요청이 끊긴 구간 없음.",
                "There was no time with far more errors, slowness or silence than usual.",
            ));
        }
        let head = self.pick(
            ["시작", "지속", "구분", "관련 요청", "수치 (평소)"],
            ["from", "for", "what", "requests", "figure (usual)"],
        );
        let mut table = Table { right: vec![1, 3], widths: vec![16, 9, 20, 12, 23], ..Table::new(head) };
        for window in windows.iter().take(2 * ROWS) {
            let minutes = window.to.since(window.from).as_secs() / 60;
            table.row(
                [
                    self.time(window.from),
                    self.pick(format!("{minutes}분"), format!("{minutes} min")),
                    words::window(window.kind, self.language).to_owned(),
                    number(window.concerned),
                    self.figure(window),
                ]
                .map(Cell::from),
            );
        }
        self.report.table(table);
        let more = windows.len().saturating_sub(2 * ROWS);
        if more > 0 {
            self.report.paragraph(self.pick(
                format!("이 밖에 {more}건 더 있음 (전체: --format json)."),
                format!("There are {more} more (all of them: --format json)."),
            ));
        }
    }

    fn figure(&self, window: &Window) -> String {
        let told = |seconds_of: f64| seconds(seconds_of, self.language);
        match window.kind {
            WindowKind::Errors => format!("{} ({})", percent(window.value), percent(window.usual)),
            WindowKind::Slow => format!("p95 {} ({})", told(window.value), told(window.usual)),
            WindowKind::Silence => self
                .pick(format!("0 (분당 {:.1}건)", window.usual), format!("0 ({:.1} a minute)", window.usual)),
        }
    }

    fn functions(&mut self) {
        self.head("기능별 분석과 분리 판단", "Functions, and which are worth running by themselves");
        let head = self.pick(
            ["기능", "비중", "5xx", "p95", "최대 시간", "폭주", "판단"],
            ["function", "share", "5xx", "p95", "peak", "surge", "verdict"],
        );
        let mut table =
            Table { right: vec![1, 2, 3, 4, 5], widths: vec![16, 9, 9, 10, 10, 9, 15], ..Table::new(head) };
        for function in &self.findings.functions {
            let none = || "-".to_owned();
            let tone = match function.splitting {
                Splitting::Worth => Tone::Good,
                Splitting::Look => Tone::Warn,
                Splitting::Keep | Splitting::Cache => Tone::Plain,
            };
            let surge = function.surge_ratio;
            let cells = [
                function.name.clone(),
                percent(function.share),
                percent(function.server_errors as f64 / function.requests.max(1) as f64),
                function.latency.map_or_else(none, |latency| seconds(latency.p95, self.language)),
                format!("{:02}:00", function.peak_hour),
                if surge > 0.0 { format!("×{surge:.1}") } else { none() },
            ];
            let verdict = Cell::toned(words::splitting(function.splitting, self.language), tone);
            table.row(cells.map(Cell::from).into_iter().chain([verdict]));
        }
        self.report.table(table);
        self.report.blocks.extend(charts::functions(self.findings, self.language));
        self.reasons();
    }

    /// What each function consists of, and why it is judged so.
    fn reasons(&mut self) {
        self.report.heading(2, self.pick("기능별 경로와 판단 근거", "Their paths, and why"));
        let head = self.pick(["기능", "경로", "판단 근거"], ["function", "paths", "why"]);
        let mut table = Table { widths: vec![4, 8, 10], ..Table::new(head) };
        for function in &self.findings.functions {
            let mut why: Vec<String> =
                function.reasons.iter().map(|reason| words::reason(reason, self.language)).collect();
            why.extend(self.used_with(function));
            let paths = function.templates.iter().take(4).map(|template| short(&template.path));
            let mut paths: Vec<String> = paths.collect();
            let more = (function.templates_total as usize).saturating_sub(paths.len());
            if more > 0 {
                paths.push(self.pick(format!("외 {more}개"), format!("and {more} more")));
            }
            table.row([function.name.clone(), paths.join("\n"), why.join("\n")].map(Cell::from));
        }
        self.report.table(table);
    }

    fn used_with(&self, function: &Function) -> Option<String> {
        let with = function.used_with.iter().take(3);
        let with: Vec<String> =
            with.map(|with| format!("{} {:.0} %", with.function, with.share * 100.0)).collect();
        let name = self.pick("같은 세션에서 함께 쓰는 기능", "in its sessions also");
        (!with.is_empty()).then(|| format!("{name}: {}", with.join(", ")))
    }

    fn robots(&mut self) {
        self.head("로봇", "Robots");
        let robots = &self.findings.robots;
        let all = self.findings.volume.requests.max(1) as f64;
        let share = |part: u64| format!("{} ({})", number(part), percent(part as f64 / all));
        let rows = vec![
            (self.pick("스스로 밝힌 로봇", "say so themselves"), share(robots.declared_requests)),
            (self.pick("행동으로 추정한 로봇", "by how they behave"), share(robots.suspected_requests)),
        ];
        self.rows(rows);
        if !robots.declared.is_empty() {
            self.list(
                self.pick("스스로 밝힌 로봇", "Those that say so"),
                self.pick("사용자 에이전트", "user agent"),
                &robots.declared,
                5,
            );
        }
        if robots.suspected.is_empty() {
            return;
        }
        self.report.heading(2, self.pick("로봇으로 추정한 주소", "Those that behave so"));
        let head = self.pick(["주소", "요청", "근거"], ["address", "requests", "why"]);
        let mut table = Table { right: vec![1], widths: vec![5, 3, 10], ..Table::new(head) };
        for suspect in robots.suspected.iter().take(5) {
            let signs: Vec<&str> =
                suspect.signs.iter().map(|sign| words::sign(*sign, self.language)).collect();
            let address = if suspect.address.is_empty() { "-" } else { &suspect.address };
            table.row([address.to_owned(), number(suspect.requests), signs.join(", ")].map(Cell::from));
        }
        self.report.table(table);
    }

    fn lists(&mut self) {
        let tables = &self.findings.tables;
        let lists = [
            (self.pick("요청이 많은 경로", "Most asked"), &tables.paths),
            (self.pick("없는 경로(404)", "Not found"), &tables.not_found),
            (self.pick("오류가 난 경로(5xx)", "Failed"), &tables.failed),
        ];
        if lists.iter().all(|(_, rows)| rows.is_empty()) {
            return;
        }
        self.head("경로별 목록", "Lists of paths");
        for (name, rows) in lists.into_iter().filter(|(_, rows)| !rows.is_empty()) {
            self.list(name, self.pick("경로", "path"), rows, ROWS);
        }
    }

    fn list(&mut self, name: &str, what: &str, rows: &[Counted], most: usize) {
        self.report.heading(2, name);
        let mut table = Table {
            right: vec![1],
            widths: vec![15, 3],
            ..Table::new([what, self.pick("요청", "requests")])
        };
        for row in rows.iter().take(most) {
            table.row([short(&row.text), number(row.requests)].map(Cell::from));
        }
        self.report.table(table);
    }

    fn approximations(&mut self) {
        if self.findings.approximations.is_empty() {
            return;
        }
        self.head("근사값", "Not exact");
        let told = |approximation: &super::findings::Approximation| {
            let by = match approximation.what {
                Approximate::Users => percent(approximation.by),
                _ => number(approximation.by as u64),
            };
            format!("{}: {by}", words::approximate(approximation.what, self.language))
        };
        self.report.list(self.findings.approximations.iter().map(told).collect());
    }
}

#[cfg(test)]
mod tests;

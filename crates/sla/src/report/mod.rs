//! A period as a report that people hand on.

mod charts;
mod tables;

use naru_model::language::Language;
use naru_model::report::{Report, Tone};
use naru_model::series::Subject;
use naru_model::service_level::{Check, Incident, Outcome, SubjectSummary, Summary};
use naru_model::units::Timestamp;

use crate::calendar;
use crate::words::{Words, count, score, share};

/// Writes the report of everything, or of one function or service. Of what was not seen at all it says that.
pub fn report(summary: &Summary, language: Language, focus: Option<&Subject>, made: Timestamp) -> Report {
    let words = Words::of(summary, language);
    let wanted = focus.unwrap_or(&Subject::All);
    let Some(of) = summary.of(wanted) else { return empty(summary, &words, focus, made) };
    let view = View { summary, words: &words, of };
    let mut report = Report::new(language, view.title());
    report.about = about(summary, &words, Some(of), made);
    report.result(view.tone(), view.verdict());
    report.list(notes(summary, &words));
    let mut number = 0;
    let mut heading = |report: &mut Report, ko: &str, en: &str| {
        number += 1;
        report.heading(1, format!("{number}. {}", language.pick(ko, en)));
    };
    heading(&mut report, "요약", "Summary");
    report.table(view.figures());
    heading(&mut report, "추이", "Course");
    if of.now.requests == 0 {
        report.paragraph(
            words.pick("요청이 없어 표시할 추이 없음", "No requests, so there is nothing to draw"),
        );
    } else {
        view.charts().into_iter().for_each(|chart| report.chart(chart));
    }
    if *wanted == Subject::All
        && summary.subjects.iter().any(|one| matches!(one.subject, Subject::Function(_)))
    {
        heading(&mut report, "업무별 현황", "By function");
        report.table(view.by_function());
    }
    if !matches!(wanted, Subject::Service(_)) {
        heading(&mut report, "서비스별 현황", "By service");
        report.table(view.by_service());
    }
    heading(&mut report, "장애", "Incidents");
    view.tell_incidents(&mut report);
    heading(&mut report, "배포와 변경", "Deployments and changes");
    view.tell_changes(&mut report);
    heading(&mut report, "확장과 자원 사용", "Scaling and capacity");
    report.table(view.capacity());
    heading(&mut report, "산정 기준", "How this is counted");
    report.list(definitions(summary, &words));
    report
}

/// What the parts of a report are written of.
struct View<'a> {
    summary: &'a Summary,
    words: &'a Words,
    of: &'a SubjectSummary,
}

impl View<'_> {
    fn title(&self) -> String {
        let of = (self.of.subject != Subject::All).then(|| self.words.title(self.of));
        title(self.summary, self.words, of)
    }

    /// Everything whose goals count here.
    fn judged(&self) -> Vec<&SubjectSummary> {
        match self.of.subject {
            Subject::All => {
                let others = |one: &&SubjectSummary| !matches!(one.subject, Subject::Service(_));
                self.summary.subjects.iter().filter(others).collect()
            }
            _ => vec![self.of],
        }
    }

    fn result(&self) -> Outcome {
        if self.of.subject == Subject::All { self.summary.result } else { self.of.result }
    }

    fn tone(&self) -> Tone {
        self.words.outcome(self.result()).1
    }

    fn verdict(&self) -> String {
        let figures = key_figures(self.of, self.words);
        match self.result() {
            Outcome::Missed => {
                let missed = missed(&self.judged(), self.words).join(", ");
                match self.words.language {
                    Language::Ko => format!("목표 미달: {missed}"),
                    Language::En => format!("Missed: {missed}"),
                }
            }
            Outcome::Met => format!("{} · {figures}", self.words.pick("목표 모두 달성", "All goals met")),
            Outcome::NoGoal => {
                format!("{} · {figures}", self.words.pick("정한 목표 없음", "No goals are set"))
            }
            Outcome::NoData => self.words.pick("요청이 없어 판정 불가", "No requests to judge by").to_owned(),
        }
    }

    /// Incidents that concern what the report is about.
    fn incidents(&self) -> Vec<&Incident> {
        let mine = |incident: &&Incident| match &self.of.subject {
            Subject::All => true,
            own => self.concerns(own, &incident.subject),
        };
        self.summary.incidents.iter().filter(mine).collect()
    }

    fn concerns(&self, own: &Subject, other: &Subject) -> bool {
        match other {
            Subject::All | Subject::Host => true,
            Subject::Service(name) => own == other || self.of.services.contains(name),
            Subject::Instance(id) => {
                *own == Subject::Service(id.service.clone()) || self.of.services.contains(&id.service)
            }
            _ => own == other,
        }
    }
}

fn title(summary: &Summary, words: &Words, of: Option<&str>) -> String {
    let kind = words.kind(summary.kind);
    let title = match words.language {
        Language::Ko => format!("서비스 수준 보고서({kind})"),
        Language::En => format!("Service level report, {kind}"),
    };
    of.map_or_else(|| title.clone(), |of| format!("{title}: {of}"))
}

/// Each goal that was missed, with what it came to.
pub(crate) fn missed(judged: &[&SubjectSummary], words: &Words) -> Vec<String> {
    let one = |of: &SubjectSummary, check: &Check| {
        let (value, goal) = (words.value(check.target, check.value), words.goal(check));
        let (title, target) = (words.title(of), words.target(check.target));
        match words.language {
            Language::Ko => format!("{title} {target} {value}(목표 {goal})"),
            Language::En => format!("{title}: {target} {value} (goal: {goal})"),
        }
    };
    let missed = |of: &&SubjectSummary| -> Vec<String> {
        of.checks.iter().filter(|check| check.result == Outcome::Missed).map(|check| one(of, check)).collect()
    };
    judged.iter().flat_map(missed).collect()
}

pub(crate) fn key_figures(of: &SubjectSummary, words: &Words) -> String {
    let (availability, apdex) = (share(of.now.availability), score(of.now.apdex.score()));
    let requests = count(of.now.requests);
    match words.language {
        Language::Ko => format!("가용률 {availability}, Apdex {apdex}, 요청 {requests}건"),
        Language::En => format!("availability {availability}, Apdex {apdex}, {requests} requests"),
    }
}

fn about(
    summary: &Summary,
    words: &Words,
    of: Option<&SubjectSummary>,
    made: Timestamp,
) -> Vec<(String, String)> {
    let period = format!(
        "{} ~ {} ({})",
        words.whole_moment(summary.from),
        words.whole_moment(summary.to),
        summary.zone
    );
    let so_far = u64::from(summary.until.saturating_sub(summary.from));
    let (all, seen) = (words.lasted(so_far), words.lasted(summary.observed_seconds.min(so_far)));
    let measured = match words.language {
        Language::Ko => format!("{all} 중 {seen}"),
        Language::En => format!("{seen} of {all}"),
    };
    let row = |ko: &'static str, en: &'static str, value: String| (words.pick(ko, en).to_owned(), value);
    let subject = of.filter(|of| of.subject != Subject::All);
    let mut about = vec![row("플랫폼", "Platform", summary.platform.clone())];
    about.extend(subject.map(|of| row("대상", "About", words.title(of).to_owned())));
    about.push(row("대상 기간", "Period", period));
    about.push(row("측정 시간", "Measured", measured));
    about.push(row("작성 일시", "Made", words.whole_moment((made.0 / 1_000_000) as u32)));
    about
}

/// What must be known before the figures are read.
pub(crate) fn notes(summary: &Summary, words: &Words) -> Vec<String> {
    let ko = words.language == Language::Ko;
    let mut notes = Vec::new();
    if summary.until < summary.to && summary.until > summary.from {
        let until = words.whole_moment(summary.until);
        notes.push(match ko {
            true => format!("기간 미종료: {until}까지의 중간 집계"),
            false => format!("The period is not over: figures up to {until}"),
        });
    }
    if let Some(from) = summary.seen_from {
        let from = words.whole_moment(from);
        notes.push(match ko {
            true => format!("자료 시작: {from}부터(그 이전은 측정 자료 없음)"),
            false => format!("Data from {from} on; nothing is known of the time before"),
        });
    }
    if !summary.missing.is_empty() {
        let days = ranges(&summary.missing);
        notes.push(match ko {
            true => format!("자료 없는 날: {days}(집계에서 제외)"),
            false => format!("Days without data, not counted: {days}"),
        });
    }
    if !summary.missing_before.is_empty() {
        let days = ranges(&summary.missing_before);
        notes.push(match ko {
            true => format!("비교 기간에 자료 없는 날: {days}(증감은 그만큼 어긋남)"),
            false => format!("Days of the period before without data: {days}; changes are off by as much"),
        });
    }
    if summary.stretch_seconds > 60 {
        let stretch = words.lasted(summary.stretch_seconds.into());
        notes.push(match ko {
            true => format!("일부 날짜는 늦게 집계되어 장애 시간을 {stretch} 단위로 산정"),
            false => format!("Some days were added up late: their outages are told to {stretch}"),
        });
    }
    if summary.more > 0 {
        let more = count(summary.more.into());
        notes.push(match ko {
            true => format!("하루 보관 한도를 넘은 이력 {more}건은 목록에서 생략"),
            false => format!("{more} changes and alerts beyond what is kept of a day are not listed"),
        });
    }
    notes
}

/// Days in their order, those that follow each other as one: `2026-11-01 ~ 2026-11-16, 2026-11-20`.
fn ranges(days: &[String]) -> String {
    let mut found = Vec::<(&str, &str)>::new();
    for day in days {
        let follows = |last: &str| {
            let next = calendar::date(last).ok().and_then(|last| last.tomorrow().ok());
            next.is_some_and(|next| next.to_string() == *day)
        };
        match found.last_mut().filter(|(_, last)| follows(last)) {
            Some((_, last)) => *last = day,
            None => found.push((day, day)),
        }
    }
    let told = found
        .iter()
        .map(|(first, last)| if first == last { (*first).to_owned() } else { format!("{first} ~ {last}") });
    told.collect::<Vec<_>>().join(", ")
}

fn definitions(summary: &Summary, words: &Words) -> Vec<String> {
    let [availability, down, outage, apdex, times, users] = [
        (
            "가용률: 전체 요청 가운데 서비스·naru·서버의 책임으로 실패하지 않은 요청의 비율. 이용자 책임의 실패(4xx, 연결 끊음)는 응답한 것으로 보고 따로 셈",
            "Availability: the share of requests that did not fail by the fault of the service, naru or the machine. What failed by the client's fault (4xx, or it was gone) counts as answered and is told apart",
        ),
        (
            "장애 시간: 한 분의 요청 중 5% 이상이면서 5건 이상, 또는 절반 이상이면서 2건 이상이 위의 책임으로 실패한 분의 수. 요청이 없던 분은 세지 않음",
            "Down minutes: those in which at least 5 % and at least 5 of the requests, or at least half and at least 2, failed by that fault. Minutes without requests do not count",
        ),
        (
            "장애: 3분 안에 이어진 장애 시간을 한 건으로 봄. 심각 경보는 이용자가 느낀 실패가 없어도 표시",
            "Incidents: down minutes less than three minutes apart are one. Critical alerts are listed even if users saw nothing of them",
        ),
        (
            "Apdex: 목표 응답시간 T 이내 만족, 4T 이내 허용, 그 밖과 위의 책임으로 실패한 요청은 불만(Apdex 규격 1.1)",
            "Apdex: satisfied within T, tolerating within 4 T, frustrated beyond it and for what failed by that fault (Apdex specification 1.1)",
        ),
        (
            "응답시간: 게이트웨이가 요청의 첫 바이트를 받은 때부터 응답의 마지막 바이트를 보낸 때까지, 분위수 오차 1% 이내",
            "Response times: from a request's first byte at the gateway to its response's last; quantiles within 1 %",
        ),
        (
            "이용자 수: 서로 다른 이용자의 추정치(오차 5% 이내). 기간에 자료 없는 날이 있으면 적지 않음",
            "Users: different ones, within 5 %; not told of a period with a day missing",
        ),
    ];
    let all = [availability, down, outage, apdex, times, users];
    let mut told: Vec<String> = all.into_iter().map(|(ko, en)| words.pick(ko, en).to_owned()).collect();
    let zone = &summary.zone;
    told.push(match words.language {
        Language::Ko => format!("하루의 경계: {zone} 기준 0시. 주는 월요일에 시작"),
        Language::En => format!("Days begin at midnight in {zone}, weeks on Monday"),
    });
    told
}

/// Of a period in which nothing was seen.
fn empty(summary: &Summary, words: &Words, focus: Option<&Subject>, made: Timestamp) -> Report {
    let of = focus.map(ToString::to_string);
    let mut report = Report::new(words.language, title(summary, words, of.as_deref()));
    report.about = about(summary, words, None, made);
    let nothing = words.pick("이 기간의 측정 자료 없음", "Nothing is kept of this period");
    report.result(Tone::Warn, nothing);
    report.list(notes(summary, words));
    report
}

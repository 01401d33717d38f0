//! The causes that the data support, each with its numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use naru_model::alert::{Cause, Text};
use naru_model::event::{Event, Kind};
use naru_model::figure::{Unit, unit};
use naru_model::instance::InstanceId;
use naru_model::metric::Owner;
use naru_model::series::Period;
use naru_model::units::Timestamp;
use naru_model::wording;

use super::figures::{self, Made};
use super::meaning::text;
use super::moved::{Moved, Sample, around, moved};
use super::{COURSE, Found, FoundKind, History, POINTS, Part, PartKind, statements};

/// Of the whole difference, what a part must account for to be told.
pub(super) const LEAST_SHARE: f64 = 0.2;
/// Requests after which half of what a part shows is believed.
const FEW: f64 = 10.0;
/// How much earlier one must have moved than the whole to be first, in seconds.
pub(super) const FIRST: u32 = 20;
/// What is done this long before it moved may have moved it.
const JUST_BEFORE: Duration = Duration::from_secs(900);
/// What moves together does so within so many seconds.
const TOGETHER: u32 = 120;

/// Figures of the same owner that move others, with how well each explains a slower or failing service.
const BESIDE: &[(&str, f32)] = &[
    ("waiting", 0.45),
    ("db_pool", 0.6),
    ("db_time", 0.6),
    ("gc", 0.55),
    ("heap", 0.5),
    ("cpu", 0.4),
    ("memory", 0.3),
    ("threads", 0.3),
];

pub(super) fn find(owner: &Owner, figure: &str, now: u32, history: &dyn History) -> Vec<Found> {
    let period = Period { from: now.saturating_sub(COURSE), to: now };
    let of_parts = made(owner, figure);
    let whole = match of_parts {
        Made::Apart => figures::course(owner, figure, period, POINTS, history),
        _ => figures::samples(&figures::subject(owner), figure, period, POINTS, history),
    };
    // What crept up has no step; then the last five minutes are compared with what was before.
    let change = moved(&whole).or_else(|| around(&whole, now.saturating_sub(300)));
    let at = change.map_or(now, |change| change.at);
    let mut found = Vec::new();
    if let Some(change) = change.filter(|_| of_parts != Made::Apart) {
        found.extend(parts(owner, figure, period, change, &whole, history));
    }
    found.extend(statements::find(owner, figure, period, at, history));
    found.extend(load(owner, figure, period, at, history));
    found.extend(beside(owner, figure, period, at, history));
    found.extend(happened(owner, at, now, history));
    found.extend(odd(owner, figure, at, history));
    found
}

/// The host's own processor and memory are not those of its parts' points.
fn made(owner: &Owner, figure: &str) -> Made {
    match (owner, figures::made(figure)) {
        (Owner::Instance(_) | Owner::Outside(_), _) => Made::Apart,
        (_, made) => made,
    }
}

/// Who accounts for more of the difference than for its part of the work.
fn parts(
    owner: &Owner,
    figure: &str,
    period: Period,
    whole: Moved,
    of_whole: &[Sample],
    history: &dyn History,
) -> Vec<Found> {
    let mut kinds: BTreeMap<PartKind, Vec<(Part, Vec<Sample>)>> = BTreeMap::new();
    for part in history.parts(owner) {
        let samples = figures::samples(&part.subject, figure, period, POINTS, history);
        kinds.entry(part.kind).or_default().push((part, samples));
    }
    let whole_work = work(of_whole, whole.at);
    let all = excess(whole, whole_work, figure);
    let mut found = Vec::new();
    for (kind, parts) in kinds {
        // One of one explains nothing; a link is not a part, but what is waited for.
        if parts.len() < 2 && kind != PartKind::Link || all == 0.0 {
            continue;
        }
        let looked: Vec<_> = parts
            .iter()
            .filter_map(|(part, samples)| {
                let change = around(samples, whole.at)?;
                let work = work(samples, whole.at);
                Some((part, samples, change, work, excess(change, work, figure) * all.signum()))
            })
            .collect();
        let sum: f64 = looked.iter().map(|(.., more)| more.max(0.0)).sum();
        let before: f64 = looked.iter().map(|(_, _, change, work, _)| expected(*change, *work, figure)).sum();
        let total = if kind == PartKind::Link { all.abs() } else { sum };
        for (part, samples, change, work, more) in looked {
            let share = (more / total.max(f64::MIN_POSITIVE)).min(1.0);
            if share < LEAST_SHARE || change.by() * all.signum() <= 0.0 || is_alone(part, &parts) {
                continue;
            }
            let usual = match kind {
                PartKind::Link => 0.3,
                _ => expected(change, work, figure) / before.max(f64::MIN_POSITIVE),
            };
            let more_than_usual = ((share - usual) / (1.0 - usual).max(0.05)).clamp(0.0, 1.0);
            let believed =
                if figures::made(figure) == Made::OfRequests { work.after / (work.after + FEW) } else { 1.0 };
            let own = moved(samples).map_or(whole.at, |own| own.at);
            let first = if own.saturating_add(FIRST) <= whole.at { 0.08 } else { 0.0 };
            let support = (0.92 * more_than_usual * believed + first) as f32;
            if support > 0.1 {
                found.push(of_part(part, figure, change, share, support, own));
            }
        }
    }
    found
}

/// The only instance or revision of its service is no more than the service, which is told instead.
fn is_alone(part: &Part, of_kind: &[(Part, Vec<Sample>)]) -> bool {
    let service = |part: &Part| {
        let name = part.subject.split_once(':')?.1;
        match part.kind {
            PartKind::Instance => Some(name.parse::<InstanceId>().ok()?.service.to_string()),
            PartKind::Revision => Some(name.split_once('/')?.0.to_owned()),
            _ => None,
        }
    };
    let own = service(part);
    own.is_some() && of_kind.iter().filter(|(other, _)| service(other) == own).count() == 1
}

/// Requests, or points, before and after.
#[derive(Clone, Copy)]
struct Work {
    before: f64,
    after: f64,
}

fn work(samples: &[Sample], at: u32) -> Work {
    let sum = |later: bool| samples.iter().filter(|one| (one.at >= at) == later).map(|one| one.weight).sum();
    Work { before: sum(false), after: sum(true) }
}

/// What is there after that was not before: by as many requests as there are, or as an amount.
fn excess(change: Moved, work: Work, figure: &str) -> f64 {
    match figures::made(figure) {
        Made::OfRequests => change.by() * work.after,
        _ => change.by(),
    }
}

/// What a part accounts for when nothing is wrong.
fn expected(change: Moved, work: Work, figure: &str) -> f64 {
    match figures::made(figure) {
        Made::OfRequests => work.before.max(work.after * 0.01),
        _ => change.before.abs(),
    }
}

fn of_part(part: &Part, figure: &str, change: Moved, share: f64, support: f32, moved_at: u32) -> Found {
    let (ko_kind, en_kind) = kind_names(part.kind);
    let name = part.subject.split_once(':').map_or(part.subject.as_str(), |(_, name)| name);
    let (ko_figure, en_figure) = wording::figure(figure);
    let (before, after) = shown(figure, change);
    let percent = (share * 100.0).round();
    let words = text(
        format!("{ko_kind} {name}: {ko_figure} {before} → {after} (변화의 {percent}%가 여기서 생김)"),
        format!(
            "{en_kind} {name}: {en_figure} {before} → {after} ({percent}% of the change comes from here)"
        ),
    );
    let cause = Cause { text: words, subject: part.subject.clone(), support, moved_at: Some(moved_at) };
    Found { kind: FoundKind::Part(part.kind), cause }
}

fn kind_names(kind: PartKind) -> (&'static str, &'static str) {
    match kind {
        PartKind::Instance => ("인스턴스", "instance"),
        PartKind::Revision => ("리비전", "revision"),
        PartKind::Route => ("경로", "route"),
        PartKind::Link => ("연계 시스템", "link"),
        PartKind::Service => ("서비스", "service"),
        PartKind::Function => ("업무", "function"),
        PartKind::Caller => ("클라이언트", "client"),
    }
}

/// Before and after, as people know the figure.
fn shown(figure: &str, change: Moved) -> (String, String) {
    let unit = match figure {
        "cpu" => return (format!("{:.2} cores", change.before), format!("{:.2} cores", change.after)),
        "memory" => Unit::BytesPerSecond,
        figure => unit(figure),
    };
    let show = |value: f64| {
        let value = if figure == "apdex" { 1.0 - value } else { value };
        unit.shown(value).trim_end_matches(if figure == "memory" { "/s" } else { "" }).to_owned()
    };
    (show(change.before), show(change.after))
}

/// More requests than before, at about the same time.
fn load(owner: &Owner, figure: &str, period: Period, at: u32, history: &dyn History) -> Option<Found> {
    if matches!(figure, "requests" | "active_users" | "ready" | "down" | "disk") {
        return None;
    }
    let subject = figures::subject(owner);
    let change = moved(&figures::samples(&subject, "requests", period, POINTS, history))?;
    let more = change.after / change.before.max(0.01);
    if more < 1.3 || change.at > at.saturating_add(TOGETHER) || change.at.saturating_add(900) < at {
        return None;
    }
    let (before, after) = shown("requests", change);
    let words = text(
        format!("요청량이 {before}에서 {after}로 {more:.1}배 늘었습니다"),
        format!("requests rose from {before} to {after}, {more:.1} times as many"),
    );
    let support = (0.65 * (1.0 - 1.0 / more)) as f32 + 0.1;
    Some(Found {
        kind: FoundKind::Load,
        cause: Cause { text: words, subject, support, moved_at: Some(change.at) },
    })
}

/// Other figures of the same owner that rose before it did, or with it.
fn beside(owner: &Owner, figure: &str, period: Period, at: u32, history: &dyn History) -> Vec<Found> {
    let others = BESIDE.iter().filter(|(other, _)| *other != figure);
    let cause = |(other, weight): &(&str, f32)| {
        let change = moved(&figures::course(owner, other, period, POINTS, history))?;
        if change.by() <= 0.0 || change.at > at.saturating_add(30) || change.at.saturating_add(900) < at {
            return None;
        }
        let (ko, en) = wording::figure(other);
        let unit = unit(other);
        let (before, after) = (unit.shown(change.before), unit.shown(change.after));
        let words = text(
            format!("{ko}: {before} → {after}{}", lead(change.at, at).ko),
            format!("{en}: {before} → {after}{}", lead(change.at, at).en),
        );
        let cause = Cause {
            text: words,
            subject: figures::subject(owner),
            support: *weight,
            moved_at: Some(change.at),
        };
        Some(Found { kind: FoundKind::Beside, cause })
    };
    others.filter_map(cause).collect()
}

fn long(seconds: u32) -> (String, String) {
    wording::lasted(Duration::from_secs(seconds.into()))
}

/// How much earlier than the figure itself.
fn lead(moved_at: u32, at: u32) -> Text {
    match at.saturating_sub(moved_at) {
        0..FIRST => text("", ""),
        earlier => {
            let (ko, en) = long(earlier);
            text(format!(" ({ko} 먼저 움직임)"), format!(" ({en} earlier)"))
        }
    }
}

/// What was done or ended just before it moved.
fn happened(owner: &Owner, at: u32, now: u32, history: &dyn History) -> Vec<Found> {
    let time = |seconds: u32| Timestamp(u64::from(seconds) * 1_000_000);
    let from = Timestamp(time(at).0.saturating_sub(JUST_BEFORE.as_micros() as u64));
    // A step is found within a point or two of where it is.
    let events = history.events(owner, from, time(at.saturating_add(30).min(now)));
    let mut found: Vec<Found> = events.iter().rev().filter_map(|event| of_event(event, at)).collect();
    found.truncate(5);
    found
}

fn of_event(event: &Event, at: u32) -> Option<Found> {
    let (ko, weight) = match event.kind {
        Kind::RolloutStarted => ("배포 시작", 0.8),
        Kind::RolloutFinished => ("배포 완료", 0.75),
        Kind::RolledBack | Kind::RolloutFailed => ("되돌림", 0.5),
        Kind::ConfigApplied => ("설정 변경", 0.6),
        Kind::Scaled => ("인스턴스 수 변경", 0.45),
        Kind::InstanceExited | Kind::InstanceUnhealthy | Kind::CrashLoop => ("인스턴스 장애", 0.6),
        Kind::InstanceReplaced | Kind::InstanceRemoved => ("인스턴스 교체", 0.4),
        Kind::GatewayLost | Kind::GatewayStarted | Kind::Upgraded => ("게이트웨이 교체", 0.35),
        Kind::NoRoom => ("자원 부족", 0.55),
        _ => return None,
    };
    let when = super::seconds(event.at);
    let earlier = at.saturating_sub(when);
    let support = weight * (1.0 - 0.7 * earlier as f32 / JUST_BEFORE.as_secs() as f32).max(0.2);
    let (long_ko, long_en) = long(earlier);
    // What happened is told in English; in Korean, of what it was.
    let of = match (event.kind, &event.service) {
        (Kind::ConfigApplied, _) => format!(": {}", wording::file_changes(&event.message)),
        (_, Some(service)) => format!("(서비스 {service})"),
        (_, None) => String::new(),
    };
    let words = text(format!("{long_ko} 전 {ko}{of}"), format!("{long_en} before: {}", event.message));
    let kind = match event.kind {
        Kind::RolloutStarted | Kind::RolloutFinished => FoundKind::Deployed,
        _ => FoundKind::Happened,
    };
    let subject =
        event.service.as_ref().map_or_else(|| "platform".to_owned(), |name| format!("service:{name}"));
    Some(Found { kind, cause: Cause { text: words, subject, support, moved_at: Some(when) } })
}

/// Other series that were not as they were, within the minutes before.
fn odd(owner: &Owner, figure: &str, at: u32, history: &dyn History) -> Vec<Found> {
    let period = Period { from: at.saturating_sub(900), to: at.saturating_add(TOGETHER) };
    let mut odd = history.odd(period);
    odd.retain(|one| one.owner != *owner || one.figure != figure);
    odd.sort_by(|one, other| other.surprise.total_cmp(&one.surprise));
    odd.truncate(3);
    let found = |one: &super::Odd| {
        let (ko, en) = wording::figure(&one.figure);
        let (owner_ko, owner_en) = wording::owner(&one.owner);
        let words = text(
            format!("{owner_ko}의 {ko}도 평소와 다릅니다"),
            format!("{en} of {owner_en} is not as usual either"),
        );
        let support = (one.surprise / 12.0).clamp(0.1, 0.4);
        let cause = Cause { text: words, subject: one.owner.to_string(), support, moved_at: Some(one.at) };
        Found { kind: FoundKind::Odd, cause }
    };
    odd.iter().map(found).collect()
}

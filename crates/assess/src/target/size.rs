//! How many instances, how many requests at a time, how long a queue, and when ahead of time: from rates and response times by
//! Little's law (requests in flight = rate × response time; J. D. C. Little, Operations Research 9(3), 1961).

use std::time::Duration;

use super::ahead::{self, Usual};
use super::{Link, Service, Target};
use crate::log::findings::{Findings, Function, Splitting};
use crate::questionnaire::{Figure, Questionnaire, number};
use naru_model::language::Language;

/// Requests that one instance carries at a time when nobody knows better: half of Tomcat's usual pool would be 100; a pool of
/// database connections of 10 to 20 is full before.
pub const AT_A_TIME: u32 = 20;
/// How full an instance may be in the plan.
pub const UTILISATION: f64 = 0.6;
/// The most instances that a plan asks for; more is for a person to decide.
pub const MAX_INSTANCES: u32 = 1_000;
/// How much more than the log's or the questionnaire's highest rate is planned for.
const HEADROOM: f64 = 1.5;
/// Response time when nobody knows: what users still take for immediate.
const USUAL: f64 = 0.5;
/// Requests of one user a day when only users are known. Source: our own assumption, said so in the file.
const REQUESTS_A_USER: f64 = 20.0;
/// Share of a day's requests in its busiest hour when only users are known, likewise.
const BUSY_HOUR: f64 = 0.2;
/// A surge is surged for when it is given and no rate is.
const USUAL_SURGE: f64 = 3.0;
/// The longest queue of a service, of naru.yaml's own default.
const LONGEST_QUEUE: f64 = 100_000.0;

/// What a service must carry.
struct Load {
    /// Requests a second at its busiest.
    peak: f64,
    /// And usually.
    usual: f64,
    /// Requests of the hour 0 to 23, mean per day; zeros where no log tells.
    by_hour: [f64; 24],
    /// Mean response time, seconds.
    response: f64,
    /// Nobody knows the response time: it is [`USUAL`].
    assumed: bool,
    why: String,
}

pub(super) fn of(q: &Questionnaire, log: Option<&Findings>) -> Target {
    let mut notes = Vec::new();
    let services = match (q.functions.is_empty(), log) {
        (true, Some(log)) => by_log(q, log, &mut notes),
        _ => by_functions(q, log),
    };
    let links = q
        .links
        .iter()
        .map(|link| Link { name: link.name.as_str().to_owned(), url: link.url.clone() })
        .collect();
    if q.links.is_empty()
        && let Some(count) = q.figure(Figure::LinkedSystems).filter(|count| *count > 0.0)
    {
        let n = number(count);
        notes.push(q.language.pick(
            format!("연계 시스템 {n}개의 주소를 links 에 적으면 연계마다 따로 격리됨"),
            format!(
                "put the addresses of the {n} linked systems into links, so that each is isolated by itself"
            ),
        ));
    }
    Target { platform: q.name.as_str().to_owned(), system: q.system.clone(), services, links, notes }
}

/// The functions that the log shows to behave by themselves, and one service for all the rest.
fn by_log(q: &Questionnaire, log: &Findings, notes: &mut Vec<String>) -> Vec<Service> {
    let language = q.language;
    let apart: Vec<&Function> = log
        .functions
        .iter()
        .filter(|f| f.splitting == Splitting::Worth && f.prefixes.iter().any(|prefix| is_route(prefix)))
        .collect();
    let mut services: Vec<Service> = Vec::new();
    for f in &apart {
        let name = unused(&service_name(&f.name), &services);
        let taken = |path: &String| services.iter().any(|service| service.paths.contains(path));
        let mut paths: Vec<String> =
            f.prefixes.iter().filter(|p| is_route(p)).map(|p| below(p)).filter(|path| !taken(path)).collect();
        paths.sort();
        paths.dedup();
        if paths.is_empty() {
            continue;
        }
        let why = language.pick(
            format!("로그상 따로 움직임: 전체 요청의 {}%, 가장 바쁜 때 {}시", percent(f.share), f.peak_hour),
            format!(
                "behaves by itself in the log: {} % of all requests, busiest at {}:00",
                percent(f.share),
                f.peak_hour
            ),
        );
        services.push(service(language, &name, &name, paths, &why, &load_of(language, log, f), Some(log)));
    }
    let looked: Vec<&str> =
        log.functions.iter().filter(|f| f.splitting == Splitting::Look).map(|f| f.name.as_str()).collect();
    if !looked.is_empty() {
        let names = looked.join(", ");
        notes.push(language.pick(
            format!("{names}: 다르게 움직이나 다른 업무와 함께 쓰여 나누지 않음. 데이터를 함께 쓰는지 먼저 확인"),
            format!("{names}: behave differently but are used together with others, so not split; see first whether they share data"),
        ));
    }
    let mut rest = whole_load(q, Some(log));
    if services.is_empty() {
        let why = language.pick(
            "로그에 따로 움직이는 업무가 없어 하나로 시작",
            "one to begin with: the log shows nothing that behaves by itself",
        );
        return vec![service(language, q.name.as_str(), &q.system, everything(), why, &rest, Some(log))];
    }
    let split: f64 = apart.iter().map(|f| f.share).sum();
    let left = (1.0 - split).clamp(0.01, 1.0);
    rest.peak *= left;
    rest.usual *= left;
    for of in &apart {
        rest.by_hour = std::array::from_fn(|hour| (rest.by_hour[hour] - course(&of.by_hour)[hour]).max(0.0));
    }
    rest.why = language.pick(
        format!("{} 가운데 나머지 {}%", rest.why, percent(left)),
        format!("the other {} % of {}", percent(left), rest.why),
    );
    let why = language.pick("나머지 업무 전체", "all other work");
    let main = unused(q.name.as_str(), &services);
    services.push(service(language, &main, &q.system, everything(), why, &rest, Some(log)));
    services
}

/// The functions of the questionnaire, sharing the load evenly where the log does not tell; one for all when there are none.
fn by_functions(q: &Questionnaire, log: Option<&Findings>) -> Vec<Service> {
    let language = q.language;
    let whole = whole_load(q, log);
    if q.functions.is_empty() {
        let why = language.pick(
            "나눌 근거가 없어 하나로 시작 (접근 로그가 있으면 나눌 업무를 찾음)",
            "one to begin with: nothing shows what to split (an access log would)",
        );
        return vec![service(language, q.name.as_str(), &q.system, everything(), why, &whole, log)];
    }
    let share = 1.0 / q.functions.len() as f64;
    let one = |f: &crate::questionnaire::Function| {
        let seen = log.and_then(|log| {
            let prefix = f.path.trim_end_matches("**").trim_end_matches('/');
            let found = log
                .functions
                .iter()
                .find(|seen| seen.prefixes.iter().any(|p| p.trim_end_matches('/') == prefix));
            found.map(|found| load_of(language, log, found))
        });
        let load = seen.unwrap_or_else(|| Load {
            peak: whole.peak * share,
            usual: whole.usual * share,
            by_hour: whole.by_hour.map(|requests| requests * share),
            response: whole.response,
            assumed: whole.assumed,
            why: language.pick(
                format!("{}를 업무 {}개로 고르게 나눔", whole.why, q.functions.len()),
                format!("{}, shared evenly by {} functions", whole.why, q.functions.len()),
            ),
        });
        let why = language.pick("질문지에 적은 업무", "a function of the questionnaire");
        let paths = vec![f.path.clone()];
        let service = service(language, f.name.as_str(), &f.title, paths, why, &load, log);
        Service { owner: f.owner.clone(), ..service }
    };
    q.functions.iter().map(one).collect()
}

/// The load of the whole system: of the log, else as given, else from its users.
fn whole_load(q: &Questionnaire, log: Option<&Findings>) -> Load {
    let language = q.language;
    let known = log
        .and_then(|log| log.latency.map(|latency| latency.mean))
        .or(q.figure(Figure::ResponseTime).map(|ms| ms / 1000.0));
    let (response, assumed) = (known.unwrap_or(USUAL).max(0.001), known.is_none());
    let surge = q.figure(Figure::SurgeTimes).unwrap_or(USUAL_SURGE).max(1.0);
    if let Some(log) = log.filter(|log| log.volume.requests > 0) {
        let peak = log.peaks.busiest_second.requests as f64;
        let why = language.pick(
            format!("로그의 최대 초당 {}건", number(peak)),
            format!("the log's busiest second, {} requests", number(peak)),
        );
        let usual = log.peaks.median_working_hour / 3600.0;
        return Load { peak, usual, by_hour: course(&log.rhythm.by_hour), response, assumed, why };
    }
    if let Some(peak) = q.figure(Figure::PeakRate) {
        let why = language.pick(
            format!("질문지의 최대 초당 {}건", number(peak)),
            format!("the questionnaire's {} requests/s", number(peak)),
        );
        let usual = peak / surge;
        return Load { peak, usual, by_hour: [0.0; 24], response, assumed, why };
    }
    let users = q.figure(Figure::UsersADay).unwrap_or(1000.0);
    let usual = users * REQUESTS_A_USER * BUSY_HOUR / 3600.0;
    let why = language.pick(
        format!("하루 {}명 × 요청 20건(가정), 바쁜 시간에 20%(가정), 몰릴 때 {}배", number(users), number(surge)),
        format!("{} users a day × 20 requests (assumed), 20 % in the busy hour (assumed), {} times that in a surge", number(users), number(surge)),
    );
    Load { peak: usual * surge, usual, by_hour: [0.0; 24], response, assumed, why }
}

/// Of each hour; zeros where the findings have none.
fn course(by_hour: &[f64]) -> [f64; 24] {
    std::array::from_fn(|hour| by_hour.get(hour).copied().unwrap_or(0.0))
}

/// The load of one function: the share of the busiest second that its busiest hour has of the busiest hour.
fn load_of(language: Language, log: &Findings, f: &Function) -> Load {
    let all = log.peaks.busiest_hour.requests.max(1) as f64;
    let of_peak = (f.busiest_hour.requests as f64 / all).clamp(0.0, 1.0);
    let peak =
        (log.peaks.busiest_second.requests as f64 * of_peak).max(f.busiest_hour.requests as f64 / 3600.0);
    let days = log.period.as_ref().map_or(1, |period| period.days.max(1));
    let mean = f.requests as f64 / f64::from(days) / 86_400.0;
    let known = f.latency.or(log.latency);
    let response = known.map_or(USUAL, |latency| latency.mean).max(0.001);
    let rate = number((peak * 10.0).round() / 10.0);
    let why = language.pick(
        format!("로그로 본 이 업무의 최대 초당 {rate}건"),
        format!("its busiest {rate} requests/s by the log"),
    );
    // Most of a day's requests come in its working half.
    Load {
        peak,
        usual: (2.0 * mean).min(peak),
        by_hour: course(&f.by_hour),
        response,
        assumed: known.is_none(),
        why,
    }
}

fn everything() -> Vec<String> {
    vec!["/**".to_owned()]
}

/// Instances that carry so many requests a second of so many seconds each, [`UTILISATION`] full.
pub(super) fn takes(rate: f64, response: f64, per_instance: u32) -> u32 {
    let carried = f64::from(per_instance) * UTILISATION / response;
    ((rate / carried).ceil().max(1.0) as u32).min(MAX_INSTANCES)
}

fn service(
    language: Language,
    name: &str,
    title: &str,
    paths: Vec<String>,
    why: &str,
    load: &Load,
    log: Option<&Findings>,
) -> Service {
    let min = takes(load.usual, load.response, AT_A_TIME).clamp(2, MAX_INSTANCES - 1);
    let max = takes(load.peak * HEADROOM, load.response, AT_A_TIME).max(min + 1);
    let usual = Usual { by_hour: load.by_hour, response: load.response, per_instance: AT_A_TIME };
    let ms = number((load.response * 1000.0).round().max(1.0));
    let (mark, twice) = if load.assumed {
        (
            language.pick("(가정)", " (assumed)"),
            language.pick("가정한 평균 응답시간", "the mean response time that was assumed"),
        )
    } else {
        ("", language.pick("현재 평균 응답시간", "the mean response time of today"))
    };
    let sized_by = language.pick(
        format!("{}, 평균 응답 {ms}ms{mark}, 인스턴스 하나가 동시에 {AT_A_TIME}건을 60%까지 처리, 여유 1.5배. min은 한 대가 죽어도 남도록 2 이상", load.why),
        format!("{}, {ms} ms mean response time{mark}, an instance carries {AT_A_TIME} at a time and is 60 % full, with half as much again to spare; min is at least 2, so that one may die", load.why),
    );
    let queue = (load.peak * HEADROOM * 10.0).ceil().clamp(100.0, LONGEST_QUEUE) as u32;
    let apdex_t =
        Duration::from_millis(((load.response * 2000.0 / 100.0).ceil() * 100.0).clamp(500.0, 5000.0) as u64);
    Service {
        name: name.to_owned(),
        title: title.to_owned(),
        owner: String::new(),
        paths,
        why: why.to_owned(),
        min,
        max,
        sized_by,
        per_instance: AT_A_TIME,
        queue,
        queue_why: language.pick(
            "가장 바쁠 때 10초 동안 들어오는 요청".to_owned(),
            "what comes in ten seconds at the busiest time".to_owned(),
        ),
        apdex_t,
        apdex_why: language.pick(
            format!("{twice}({ms}ms)의 두 배, 최소 500ms"),
            format!("twice {twice} ({ms} ms), at least 500 ms"),
        ),
        p95: apdex_t * 2,
        schedules: log.map_or_else(Vec::new, |log| ahead::schedules(language, log, &usual, (min, max))),
    }
}

fn percent(share: f64) -> String {
    number((share * 1000.0).round() / 10.0)
}

/// `/booking/` is a route's path; what has a wildcard or a space in it is none, and the root belongs to the rest.
fn is_route(prefix: &str) -> bool {
    let inner = prefix.trim_end_matches('/');
    inner.len() > 1
        && inner.starts_with('/')
        && !inner.contains("//")
        && inner.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.~".contains(&b))
        && !inner.split('/').any(|part| part == "." || part == "..")
}

fn below(prefix: &str) -> String {
    format!("{}/**", prefix.trim_end_matches('/'))
}

/// A function's name as a service's: at most 40 characters of a-z, 0-9 and single hyphens.
fn service_name(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' })
        .take(36)
        .collect();
    let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
    let joined = parts.join("-");
    if joined.starts_with(|c: char| c.is_ascii_lowercase()) {
        joined
    } else {
        format!("f-{joined}").trim_end_matches('-').to_owned()
    }
}

/// The name, or it with a number when a service has it.
fn unused(name: &str, services: &[Service]) -> String {
    let free = |name: &String| services.iter().all(|service| service.name != *name);
    let short: String = name.chars().take(34).collect();
    let numbered = (2..).map(|n| format!("{}-{n}", short.trim_end_matches('-')));
    std::iter::once(name.to_owned()).chain(numbered).find(free).unwrap_or_default()
}

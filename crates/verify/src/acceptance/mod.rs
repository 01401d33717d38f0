//! `naru verify all`: acceptance of a platform that runs, with somebody's services behind it.
//!
//! It stands outside the loop, as an inspector does: it asks the gateway as users do and the API as operators do, and
//! writes down what was done, wanted and found. What could do harm needs somebody's word, is watched, and is taken back.
//!
//! ```text
//! Platform ─status, routes→ Plan ─cases→ [Planned] ─guard→ [Case] → Acceptance → text · JSON · JUnit · report
//! ```

mod ask;
mod attack;
mod cases;
mod change;
mod failure;
mod file;
mod guard;
mod hostile;
mod junit;
mod outcome;
mod performance;
mod plan;
mod plan_text;
mod platform;
mod report;
mod restored;
mod scaling;
mod schedule;
mod security;
mod tls;
mod traffic;
mod words;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use naru_model::language::Language;
use naru_model::status::Status;
use rustls::pki_types::ServerName;

pub use cases::{ALL as CASES, Definition, Needs};
pub use file::FileEdit;
pub use outcome::{Acceptance, Case, Counts, NoPart, Part, Verdict};
pub use plan::{Asked, Error as PlanError, Plan};
pub use platform::{Planned as PlannedScaling, Platform, Refused, Route};

use ask::{Came, Door};
use cases::{Finding, Planned};
use guard::{Guard, Stop};

/// How an acceptance is carried out.
#[derive(Debug, Clone)]
pub struct Options {
    pub plan: Plan,
    /// In the order in which they run; what was not named is not touched.
    pub parts: Vec<Part>,
    /// Requests a second that may be sent, over all routes together.
    pub allow_load: Option<f64>,
    pub allow_destructive: bool,
    /// The platform's processes are on this machine.
    pub local: bool,
    pub language: Language,
    /// Who runs it, and where.
    pub by: String,
    pub machine: String,
    /// Becomes true when somebody wants it to end.
    pub interrupted: Arc<AtomicBool>,
}

/// Why an acceptance can't begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the platform does not answer")]
    Platform(#[from] Refused),
    #[error("the plan can't be carried out")]
    Plan(#[from] PlanError),
    #[error("{0:?} is no address; write HOST:PORT")]
    Address(String),
    #[error(
        "the gateway listens on {0}, which says nothing to other machines; name it with --gateway HOST:PORT"
    )]
    NameGateway(SocketAddr),
    #[error("no gateway answers on {0}; is it the right address?")]
    NoGateway(String),
}

/// The listeners of the gateway.
#[derive(Debug)]
struct Doors {
    /// The one that users come to: TLS where there is any.
    users: Door,
    plain: Option<Door>,
    tls: Option<Door>,
}

/// What cases are made with.
struct Context<'a> {
    platform: &'a dyn Platform,
    /// As it was when it all began.
    before: &'a Status,
    /// The platform's processes are on this machine.
    local: bool,
    plan: &'a Plan,
    language: Language,
    guard: &'a Guard,
    doors: &'a Doors,
    /// Where the API and the console are asked, and what `Host` says there.
    console: Option<(Door, String)>,
    routes: &'a [Route],
    /// Routes that nobody asks, and why.
    skipped: &'a [(String, String)],
    /// Requests a second.
    allowed: f64,
}

impl Context<'_> {
    fn say(&self, korean: &str, english: &str) -> String {
        self.language.pick(korean, english).to_owned()
    }

    fn lasts(&self, duration: Duration) -> String {
        words::lasts(self.language, duration)
    }

    /// Why nothing can be done to what lies on the platform's own machine.
    fn elsewhere(&self) -> Option<String> {
        (!self.local).then(|| {
            self.say(
                "플랫폼이 있는 서버에서 --state 로 실행 필요",
                "needs to be run on the platform's own machine, with --state",
            )
        })
    }

    fn users_door(&self) -> &Door {
        &self.doors.users
    }

    /// A GET as anybody would send it.
    fn plain_get(&self, path: &str) -> Vec<u8> {
        let host = self.plan.routes.iter().find_map(|asked| asked.host.clone());
        let host = host.unwrap_or_else(|| self.users_door().address.to_string());
        format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: naru-verify\r\n\r\n").into_bytes()
    }
}

/// An acceptance that can begin: everything that is needed for it is known, and nothing has been changed.
pub struct Prepared {
    platform: Arc<dyn Platform>,
    options: Options,
    plan: Plan,
    before: Status,
    doors: Doors,
    console: Option<(Door, String)>,
    routes: Vec<Route>,
    skipped: Vec<(String, String)>,
    guard: Guard,
}

impl Prepared {
    /// Looks at the platform, and finds out what of it can be asked.
    ///
    /// # Errors
    /// When the platform does not answer, or the plan makes no sense for it.
    pub fn new(platform: Arc<dyn Platform>, options: Options) -> Result<Prepared, Error> {
        options.plan.check()?;
        let (before, routes) = (platform.status()?, platform.routes()?);
        let mut plan = options.plan.clone();
        let doors = doors(&plan, &before, &routes, options.local)?;
        let console = plan.console.as_deref().map(console).transpose()?;
        let guard =
            Guard::start(platform.clone(), plan.floor.clone(), options.language, options.interrupted.clone());
        let mut prepared = Prepared {
            platform,
            options,
            plan: Plan::default(),
            before,
            doors,
            console,
            routes,
            skipped: Vec::new(),
            guard,
        };
        if plan.routes.is_empty() {
            let (asked, skipped) = prepared.find_routes();
            plan.routes = asked;
            prepared.skipped = skipped;
        }
        prepared.plan = plan;
        Ok(prepared)
    }

    /// The plan with what was found out, as a file that people go on with.
    pub fn plan_text(&self) -> String {
        plan_text::write(&self.plan, self.options.language)
    }

    /// Asks each open route once; those that answer well are asked again later.
    fn find_routes(&self) -> (Vec<Asked>, Vec<(String, String)>) {
        let cx = self.context();
        let (mut found, mut skipped) = (Vec::new(), Vec::new());
        for route in &self.routes {
            let Some(asked) = Asked::of(route, &self.before) else {
                let why = cx.say(
                    "인증·방식이 필요한 경로: 계획서 routes에 요청을 적을 것",
                    "it wants more than a GET of anybody: write a request for it into the plan (routes)",
                );
                skipped.push((route.name.clone(), why));
                continue;
            };
            let door = cx.users_door();
            match door.answer(&asked.request(&door.address.to_string())) {
                Ok(answer) if asked.expected().contains(&answer.status) => found.push(asked),
                came => {
                    let said =
                        came.map_or_else(|error| error.to_string(), |answer| answer.status.to_string());
                    skipped.push((
                        route.name.clone(),
                        self.options.language.pick(
                            format!("GET {} 응답 {said}: 계획서 routes에 경로를 적을 것", asked.path),
                            format!(
                                "GET {} is answered {said}: write a path for it into the plan (routes)",
                                asked.path
                            ),
                        ),
                    ));
                }
            }
        }
        (found, skipped)
    }

    fn context(&self) -> Context<'_> {
        Context {
            platform: self.platform.as_ref(),
            before: &self.before,
            local: self.options.local,
            plan: &self.plan,
            language: self.options.language,
            guard: &self.guard,
            doors: &self.doors,
            console: self.console.clone(),
            routes: &self.routes,
            skipped: &self.skipped,
            allowed: self.plan.allowed(self.options.allow_load),
        }
    }

    /// What it will do, to what, at what load, and what it will not do and why: a line each.
    pub fn announcement(&self) -> Vec<String> {
        let cx = self.context();
        let services: Vec<&str> = self.before.services.iter().map(|service| service.name.as_str()).collect();
        let mut lines = vec![cx.language.pick(
            format!(
                "대상: {} (게이트웨이 {}), 서비스 {}, 부하 초당 {}건 이하, Apdex {:.2} 미만이면 스스로 중단",
                self.before.platform, cx.users_door().address, services.join(", "), cx.allowed, self.plan.floor.apdex
            ),
            format!(
                "{} (gateway {}), services {}; at most {} requests/s; stops by itself when Apdex falls below {:.2}",
                self.before.platform, cx.users_door().address, services.join(", "), cx.allowed, self.plan.floor.apdex
            ),
        )];
        for planned in self.cases(&cx) {
            let id = planned.id();
            lines.push(match &planned.ready {
                Ok(_) => format!("  {id}: {}", planned.will),
                Err(why) => {
                    cx.language.pick(format!("  {id}: 미실시 - {why}"), format!("  {id}: not run: {why}"))
                }
            });
        }
        lines
    }

    /// Whether anything of it needs somebody's word.
    pub fn does_harm(&self) -> bool {
        let cx = self.context();
        self.cases(&cx)
            .iter()
            .any(|planned| planned.definition.needs != Needs::Nothing && planned.ready.is_ok())
    }

    fn cases<'a>(&self, cx: &'a Context<'a>) -> Vec<Planned<'a>> {
        let mut all = Vec::new();
        for part in &self.options.parts {
            all.extend(match part {
                Part::Security => security::plan(cx),
                Part::Performance => performance::plan(cx),
                Part::Scaling => scaling::plan(cx),
                Part::Change => change::plan(cx),
                Part::Failure => failure::plan(cx),
                Part::Restored => Vec::new(),
            });
        }
        for planned in &mut all {
            let missing = match planned.definition.needs {
                Needs::Load if self.options.allow_load.is_none() => "--allow-load",
                Needs::Destruction if !self.options.allow_destructive => "--allow-destructive",
                _ => continue,
            };
            if planned.ready.is_ok() {
                planned.ready = Err(cx.language.pick(format!("{missing} 필요"), format!("needs {missing}")));
            }
        }
        all
    }

    /// Carries it out; `tell` hears of each case when it is over.
    pub fn run(&self, tell: &mut dyn FnMut(&Case)) -> Acceptance {
        let cx = self.context();
        let (began, at) = (Instant::now(), SystemTime::now());
        let mut stopped: Option<Stop> = None;
        let mut cases = Vec::new();
        let silence = if self.does_harm() { restored::silence(&cx) } else { None };
        for planned in self.cases(&cx) {
            let (case, stop) = carry_out(&cx, planned, stopped.as_ref());
            tell(&case);
            cases.push(case);
            stopped = stopped.or(stop);
        }
        drop(silence);
        let (case, _) = carry_out(&cx, restored::plan(&cx), None);
        tell(&case);
        cases.push(case);
        let mut acceptance = Acceptance {
            language: cx.language,
            platform: self.before.platform.clone(),
            version: self.before.server.version.clone(),
            gateway: cx.users_door().address.to_string(),
            services: self.before.services.iter().map(|s| (s.name.to_string(), s.revision)).collect(),
            began: at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            took: began.elapsed(),
            by: self.options.by.clone(),
            machine: self.options.machine.clone(),
            allowed_load: cx.allowed,
            destructive: self.options.allow_destructive,
            parts: self.options.parts.clone(),
            cases,
            broken_off: stopped.map(|stop| why(&cx, &stop)),
            accepted: false,
        };
        acceptance.judge();
        acceptance
    }
}

/// Runs one case, unless everything has been stopped; and tells what stops the rest.
fn carry_out(cx: &Context<'_>, planned: Planned<'_>, stopped: Option<&Stop>) -> (Case, Option<Stop>) {
    let began = Instant::now();
    let (mut finding, id, definition) = (Finding::default(), planned.id(), planned.definition);
    let ended = match (planned.ready, stopped) {
        (Err(why), _) => Err(Stop::NotRun(why)),
        (Ok(_), Some(stop)) => Err(Stop::NotRun(why(cx, stop))),
        // Whether everything is as it was is looked at also when somebody wanted it all to end.
        (Ok(run), None) if definition.part == Part::Restored => run(&mut finding),
        (Ok(run), None) => cx.guard.check().and_then(|()| run(&mut finding)),
    };
    let (verdict, stop) = match ended {
        Ok(()) if finding.failed => (Verdict::Fail, None),
        Ok(()) => (Verdict::Pass, None),
        Err(Stop::NotRun(why)) => {
            finding.found = why;
            (Verdict::NotRun, None)
        }
        Err(stop) => {
            finding.found = why(cx, &stop);
            match stop {
                Stop::Refused(_) => (Verdict::Fail, None),
                Stop::Interrupted => (Verdict::NotRun, Some(stop)),
                _ => (Verdict::Fail, Some(stop)),
            }
        }
    };
    let case = Case {
        id,
        part: definition.part,
        title: definition.title.of(cx.language).to_owned(),
        requirements: definition.requirements,
        verdict,
        done: finding.done,
        wanted: finding.wanted,
        found: finding.found,
        evidence: finding.evidence,
        took: if verdict == Verdict::NotRun { Duration::ZERO } else { began.elapsed() },
        charts: finding.charts,
    };
    (case, stop)
}

fn why(cx: &Context<'_>, stop: &Stop) -> String {
    match stop {
        Stop::Interrupted => cx.say("사용자 중단(Ctrl-C)", "interrupted (Ctrl-C)"),
        Stop::Fallen(why) => {
            cx.language.pick(format!("보호 중단: {why}"), format!("stopped to protect users: {why}"))
        }
        Stop::NotRun(why) => why.clone(),
        Stop::Refused(refused) => cx.language.pick(format!("플랫폼 응답: {refused}"), refused.to_string()),
    }
}

/// The addresses of the gateway, each asked for what it speaks.
fn doors(plan: &Plan, status: &Status, routes: &[Route], local: bool) -> Result<Doors, Error> {
    let addresses = match &plan.gateway {
        Some(named) => vec![resolve(named)?],
        None => {
            let reached = |listen: &SocketAddr| match listen.ip().is_unspecified() {
                true if local => Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), listen.port())),
                true => Err(Error::NameGateway(*listen)),
                false => Ok(*listen),
            };
            status.gateway.listen.iter().map(reached).collect::<Result<_, _>>()?
        }
    };
    let (mut plain, mut secured) = (None, None);
    let host = plan.security.name.clone().or(routes.iter().find_map(|route| route.host.clone()));
    for address in &addresses {
        let door = Door { address: *address, tls: None };
        let hello = format!("GET / HTTP/1.1\r\nhost: {address}\r\n\r\n");
        // Who speaks TLS answers this with an alert, or hangs up.
        if matches!(door.ask(hello.as_bytes()), Ok(Came::Answer(_))) {
            plain = plain.or(Some(door));
            continue;
        }
        let named = host.clone().and_then(|host| ServerName::try_from(host).ok());
        let door = Door { tls: Some(named.unwrap_or(ServerName::from(address.ip()))), ..door };
        if tls::hello(&door).is_ok() {
            secured = secured.or(Some(door));
        }
    }
    let all = || addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let users = secured.clone().or_else(|| plain.clone()).ok_or_else(|| Error::NoGateway(all()))?;
    Ok(Doors { users, plain, tls: secured })
}

fn resolve(named: &str) -> Result<SocketAddr, Error> {
    let bad = || Error::Address(named.to_owned());
    named.to_socket_addrs().map_err(|_| bad())?.next().ok_or_else(bad)
}

/// `http://HOST:PORT`, and what its `Host` is.
fn console(url: &str) -> Result<(Door, String), Error> {
    let bad = || Error::Address(url.to_owned());
    let (secured, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return Err(bad()),
    };
    let authority = rest.trim_end_matches('/');
    let port = if secured { 443 } else { 80 };
    let address = resolve(authority).or_else(|_| resolve(&format!("{authority}:{port}")))?;
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host).trim_matches(['[', ']']);
    let tls = if secured { Some(ServerName::try_from(host.to_owned()).map_err(|_| bad())?) } else { None };
    Ok((Door { address, tls }, authority.to_owned()))
}

#[cfg(test)]
mod tests;

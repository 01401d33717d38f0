//! What is asked of a platform and what is wanted of it: a file that people write down before the acceptance, or, without
//! one, what follows from the platform itself.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use naru_model::name::{LinkName, ServiceName};
use naru_model::status::Status;
use naru_model::units::{Percent, parse_duration};
use serde::{Deserialize, Deserializer};

use super::platform::Route;

/// A function's response time that satisfies, where the file has no function. Source: the default of `apdex_t`.
const APDEX_T: Duration = Duration::from_millis(500);
/// Requests a second of one route that nobody gave a rate.
const ROUTE_RATE: f64 = 2.0;

/// The file. Every key has a default.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Plan {
    /// `HOST:PORT` of the gateway. Default: where the status says that it listens.
    pub gateway: Option<String>,
    /// `http://HOST:PORT` of the API and the console. Default: what `--server` names.
    pub console: Option<String>,
    /// Default: each open route of naru.yaml that answers a GET.
    pub routes: Vec<Asked>,
    pub load: Load,
    pub floor: Floor,
    pub scaling: Scaling,
    pub change: Change,
    pub failure: Failure,
    pub security: Security,
}

/// A request that is made of a route, and what is wanted of its answers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// As reports name it.
    pub name: String,
    /// The service behind it.
    pub service: Option<ServiceName>,
    #[serde(default = "get")]
    pub method: String,
    /// Default: the gateway's own address.
    pub host: Option<String>,
    pub path: String,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub body: String,
    /// The lowest and the highest status that is right.
    #[serde(default = "well")]
    pub expect: (u16, u16),
    /// Requests a second at which the goals hold.
    #[serde(default = "route_rate")]
    pub rate: f64,
    /// Default: 95 % within the function's `apdex_t`, 99 % within four times that.
    #[serde(default, deserialize_with = "some_duration")]
    pub p95: Option<Duration>,
    #[serde(default, deserialize_with = "some_duration")]
    pub p99: Option<Duration>,
    /// The share of requests that may fail.
    #[serde(default, deserialize_with = "share")]
    pub errors: f64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Load {
    /// Requests a second, over all routes together, that go on while something is done to the platform, and that are allowed
    /// without a flag.
    pub low: f64,
    /// However much `--allow-load` allows, there is never more than this.
    pub most: f64,
    /// How long each route is measured.
    #[serde(deserialize_with = "duration")]
    pub lasts: Duration,
    /// From when a request is due to the end of its answer.
    #[serde(deserialize_with = "duration")]
    pub timeout: Duration,
}

/// Where everything stops by itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Floor {
    /// Of the users of any function, or service where there are no functions, over ten seconds.
    pub apdex: f64,
    /// With fewer requests in ten seconds it says nothing.
    pub samples: u64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scaling {
    /// Default: every service that scales by itself and has a route here.
    pub services: Vec<ServiceName>,
    /// Shares of the allowed load, one after the other.
    #[serde(deserialize_with = "shares")]
    pub steps: Vec<f64>,
    #[serde(deserialize_with = "duration")]
    pub step_lasts: Duration,
    #[serde(deserialize_with = "duration")]
    pub surge_lasts: Duration,
    /// From the end of the load until there are no more instances than before.
    #[serde(deserialize_with = "duration")]
    pub down_within: Duration,
    /// Puts a schedule of its own into naru.yaml and takes it out again, where destruction is allowed.
    pub own_schedule: bool,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Change {
    /// Default: all.
    pub services: Vec<ServiceName>,
    /// How long one rollout may take.
    #[serde(deserialize_with = "duration")]
    pub within: Duration,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Failure {
    /// Default: all.
    pub services: Vec<ServiceName>,
    /// From the failure until everything is there again.
    #[serde(deserialize_with = "duration")]
    pub recovers_within: Duration,
    /// How long something is frozen.
    #[serde(deserialize_with = "duration")]
    pub frozen: Duration,
    /// From the end of a gateway until the next answer.
    #[serde(deserialize_with = "duration")]
    pub gateway_within: Duration,
    pub links: BTreeMap<LinkName, CutLink>,
}

/// How a link is cut and mended: commands that the tester brings, for the system at its other end is somebody else's.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutLink {
    pub cut: Vec<String>,
    pub mend: Vec<String>,
    /// Services that can do nothing without it: what their users feel is not judged meanwhile.
    #[serde(default)]
    pub affects: Vec<ServiceName>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Security {
    /// The name in the certificate. Default: the first route's host.
    pub name: Option<String>,
    /// Whose certificates are trusted (PEM). Default: this machine's.
    pub ca: Option<PathBuf>,
    /// For how many days more the certificate must be good.
    pub certificate_days: u64,
    /// Plain HTTP must lead to https.
    pub redirect: bool,
    /// Headers that every answer must have.
    pub headers: Vec<String>,
    /// When who sends a request's head too slowly must have been cut off.
    #[serde(deserialize_with = "duration")]
    pub slow_within: Duration,
}

impl Default for Load {
    fn default() -> Load {
        let (lasts, timeout) = (Duration::from_secs(10), Duration::from_secs(10));
        Load { low: 10.0, most: 1e6, lasts, timeout }
    }
}

impl Default for Floor {
    fn default() -> Floor {
        Floor { apdex: 0.5, samples: 20 }
    }
}

impl Default for Scaling {
    fn default() -> Scaling {
        let second = Duration::from_secs;
        Scaling {
            services: Vec::new(),
            steps: vec![0.25, 0.5, 1.0],
            step_lasts: second(20),
            surge_lasts: second(30),
            down_within: second(300),
            own_schedule: true,
        }
    }
}

impl Default for Change {
    fn default() -> Change {
        Change { services: Vec::new(), within: Duration::from_secs(180) }
    }
}

impl Default for Failure {
    fn default() -> Failure {
        let second = Duration::from_secs;
        Failure {
            services: Vec::new(),
            recovers_within: second(60),
            frozen: second(5),
            gateway_within: second(2),
            links: BTreeMap::new(),
        }
    }
}

impl Default for Security {
    fn default() -> Security {
        Security {
            name: None,
            ca: None,
            certificate_days: 14,
            redirect: false,
            headers: Vec::new(),
            slow_within: Duration::from_secs(30),
        }
    }
}

fn get() -> String {
    "GET".to_owned()
}

fn well() -> (u16, u16) {
    (200, 399)
}

fn route_rate() -> f64 {
    ROUTE_RATE
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    parse_duration(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

fn some_duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    duration(from).map(Some)
}

fn as_share<E: serde::de::Error>(text: &str) -> Result<f64, E> {
    text.parse().map(|percent: Percent| percent.ratio()).map_err(E::custom)
}

fn share<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    as_share(&String::deserialize(from)?)
}

fn shares<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
    Vec::<String>::deserialize(from)?.iter().map(|text| as_share(text)).collect()
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("routes: {name:?} is there twice; give each a name of its own")]
    Twice { name: String },
    #[error("routes: {name:?}: {what}")]
    Route { name: String, what: String },
    #[error("{key}: {what}")]
    Value { key: &'static str, what: String },
}

impl Plan {
    /// # Errors
    /// The first thing in it that can't be.
    pub fn check(&self) -> Result<(), Error> {
        for (index, asked) in self.routes.iter().enumerate() {
            if self.routes[..index].iter().any(|other| other.name == asked.name) {
                return Err(Error::Twice { name: asked.name.clone() });
            }
            asked.check().map_err(|what| Error::Route { name: asked.name.clone(), what })?;
        }
        let bad = |key, what: &str| Err(Error::Value { key, what: what.to_owned() });
        let steps_fit = |share: &f64| *share > 0.0 && *share <= 1.0;
        if !(self.load.low > 0.0 && self.load.low <= 1000.0) {
            return bad("load.low", "a low load is over 0 and at most 1000 requests a second");
        }
        if !(self.load.most > 0.0 && self.load.most <= 1e6) {
            return bad("load.most", "give a rate over 0 and at most 1000000 requests a second");
        }
        if self.load.lasts < Duration::from_secs(1) || self.load.lasts > Duration::from_secs(3600) {
            return bad("load.lasts", "give from 1s to 1h");
        }
        if !(0.0..=1.0).contains(&self.floor.apdex) {
            return bad("floor.apdex", "an Apdex is from 0 to 1");
        }
        if self.scaling.steps.is_empty() || !self.scaling.steps.iter().all(steps_fit) {
            return bad("scaling.steps", "give shares of the allowed load, over 0% and at most 100%");
        }
        if self.failure.links.values().any(|link| link.cut.is_empty() || link.mend.is_empty()) {
            return bad("failure.links", "give each the command that cuts it and the one that mends it");
        }
        Ok(())
    }

    /// Requests a second that may be sent, by what was allowed on the command line.
    pub(super) fn allowed(&self, flag: Option<f64>) -> f64 {
        flag.unwrap_or(self.load.low).min(self.load.most)
    }

    /// The first route of each service, of those that a list names; of all where it is empty.
    pub(super) fn one_each(&self, services: &[ServiceName]) -> Vec<&Asked> {
        let mut known: Vec<&ServiceName> = Vec::new();
        let wanted = |service: &ServiceName| services.is_empty() || services.contains(service);
        self.routes
            .iter()
            .filter(|asked| match &asked.service {
                Some(service) if wanted(service) && !known.contains(&service) => {
                    known.push(service);
                    true
                }
                _ => false,
            })
            .collect()
    }
}

impl Asked {
    /// A GET of a route that nobody wrote down.
    pub(super) fn of(route: &Route, status: &Status) -> Option<Asked> {
        let get = route.methods.is_empty() || route.methods.iter().any(|method| method == "GET");
        let [service] = route.services.as_slice() else { return None };
        if !route.open || !get {
            return None;
        }
        let function = status.functions.iter().find(|f| Some(&f.name) == route.function.as_ref());
        let satisfies = function.map_or(APDEX_T, |f| Duration::from_secs_f64(f.apdex_t_seconds));
        Some(Asked {
            name: route.name.clone(),
            service: Some(service.clone()),
            method: "GET".to_owned(),
            host: route.host.as_ref().map(|host| host.replace('*', "www")),
            path: concrete(route.path.as_deref().unwrap_or("/**")),
            headers: BTreeMap::new(),
            body: String::new(),
            expect: well(),
            rate: ROUTE_RATE,
            p95: Some(satisfies),
            p99: Some(satisfies * 4),
            errors: 0.0,
        })
    }

    /// Its goals: 95 % and 99 %.
    pub(super) fn goals(&self) -> (Duration, Duration) {
        let p95 = self.p95.unwrap_or(APDEX_T);
        (p95, self.p99.unwrap_or(p95 * 4))
    }

    pub(super) fn expected(&self) -> RangeInclusive<u16> {
        self.expect.0..=self.expect.1
    }

    fn check(&self) -> Result<(), String> {
        let token =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let printable = |text: &str| !text.contains(['\r', '\n', '\0']);
        if !token(&self.method) {
            return Err(format!("{:?} is no method", self.method));
        }
        if !self.path.starts_with('/') || !self.path.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(format!(
                "path {:?}: begin it with / and escape what is not visible ASCII",
                self.path
            ));
        }
        if !self.host.as_deref().is_none_or(|host| printable(host) && !host.contains(' ')) {
            return Err("host: write a name, without spaces".to_owned());
        }
        if let Some((name, _)) = self.headers.iter().find(|(name, value)| !token(name) || !printable(value)) {
            return Err(format!("headers: {name:?} is no header of one line"));
        }
        if !(self.rate > 0.0 && self.rate <= 1e6) {
            return Err("rate: give requests a second, over 0 and at most 1000000".to_owned());
        }
        if !(100..=599).contains(&self.expect.0) || self.expect.1 < self.expect.0 || self.expect.1 > 599 {
            return Err("expect: give the lowest and the highest status, [200, 399]".to_owned());
        }
        Ok(())
    }

    /// What is sent, to a gateway at this address.
    pub(super) fn request(&self, gateway: &str) -> Vec<u8> {
        let host = self.host.as_deref().unwrap_or(gateway);
        let mut head =
            format!("{} {} HTTP/1.1\r\nhost: {host}\r\nuser-agent: naru-verify\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        format!("{head}\r\n{}", self.body).into_bytes()
    }
}

/// A path that a pattern matches: what is any is left out at its end and `1` within.
fn concrete(pattern: &str) -> String {
    let kept = pattern.trim_end_matches("/**").trim_end_matches("**");
    let parts = kept.split('/').map(|part| if part.contains(['*', '{']) { "1" } else { part });
    let path = parts.collect::<Vec<_>>().join("/");
    if path.is_empty() { "/".to_owned() } else { path }
}

#[cfg(test)]
mod tests;

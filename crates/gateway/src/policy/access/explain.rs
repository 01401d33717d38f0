//! `naru explain`: what would become of a call, and which rule would decide, by the code that decides.

use std::net::IpAddr;

use naru_model::name::ClientName;
use naru_model::platform::Match;
use naru_model::policy::Proof;
use naru_model::snapshot::{self, Caller, RouteId, Routing, ServiceId};
use naru_model::units::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::callers::Directory;
use super::identity::Who;
use super::kinds::Kinds;
use super::rules::{Call, Rules, Trail};
use crate::route::{RequestView, Router};

/// A call that nobody has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Upper case.
    pub method: String,
    /// `https://api.example.go.kr/orders?x=1`, or `/orders` for any host.
    pub url: String,
    /// Who calls; `None`: somebody who shows nothing.
    pub client: Option<ClientName>,
    /// From where.
    pub address: IpAddr,
    /// When.
    pub at: Timestamp,
}

/// What would become of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The route that it takes, as named in naru.yaml; `None`: none matches.
    pub route: Option<String>,
    pub route_id: RouteId,
    /// What the client was taken to show: of what the route asks for, the first that the client has.
    pub shown: Option<Proof>,
    /// The rules in the order they were looked at; the last one decided.
    pub steps: Vec<Step>,
    pub allowed: bool,
    /// 401, 403, or 404 without a route; 0 when it is allowed, for the service answers then.
    pub status: u16,
    /// Why, in a sentence.
    pub because: String,
}

/// A rule that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// As its key is called below the route's `auth`; `client.` before those of the client, `default_deny` for the platform's.
    pub rule: String,
    pub holds: bool,
    pub why: String,
}

/// Says what would become of a call. Routes that look at header fields are taken to see none; a token is taken to be good,
/// with all scopes that its client may have and the claims that the route asks for.
pub fn explain(routing: &Routing, callers: &snapshot::Callers, question: Question) -> Explanation {
    let Some(route) = find(routing, &question) else {
        return Explanation {
            route: None,
            route_id: RouteId::default(),
            shown: None,
            steps: Vec::new(),
            allowed: false,
            status: 404,
            because: "no route matches".to_owned(),
        };
    };
    let rules = Rules::new(route);
    let directory = Directory::new(callers);
    let mut steps = Vec::new();
    let (shown, judged) = match (assumed(&rules, &directory, callers, &question), &question.client) {
        (None, Some(name)) => {
            let why = format!("no client is called {name}");
            steps.step("client", false, || why.clone());
            (None, Err((401, why)))
        }
        (who, _) => {
            let who = who.unwrap_or_default();
            let call =
                Call { who: &who, method: &question.method, address: question.address, now: question.at };
            let judged = rules.judge(directory.default_deny, call, &mut steps);
            (who.proof, judged.map_err(|denied| (denied.status, denied.detail)))
        }
    };
    let (allowed, (status, because)) = match judged {
        Ok(()) => (true, (0, "every rule of the route holds".to_owned())),
        Err(denied) => (false, denied),
    };
    let name = if route.name.is_empty() { format!("route {}", route.id.0) } else { route.name.clone() };
    Explanation { route: Some(name), route_id: route.id, shown, steps, allowed, status, because }
}

impl Trail for Vec<Step> {
    fn step(&mut self, rule: &'static str, holds: bool, why: impl FnOnce() -> String) {
        self.push(Step { rule: rule.to_owned(), holds, why: why() });
    }
}

/// The caller as it would be recognised if what it shows is good; `None`: no such client, or none at all.
fn assumed(
    rules: &Rules,
    directory: &Directory,
    callers: &snapshot::Callers,
    question: &Question,
) -> Option<Who> {
    let name = question.client.as_ref()?;
    let registered = directory.client(name)?;
    let caller = callers.clients.iter().find(|caller| caller.name == *name)?;
    let terms = rules.terms(&question.method);
    let wanted = terms.map_or(Kinds::ALL, |terms| terms.any_of);
    let wanted = if wanted.is_empty() { Kinds::ALL } else { wanted };
    let proof = wanted.iter().find(|proof| has(caller, callers, *proof, question.at));
    // One that has nothing of what counts still is who it is, so that what decides is what it lacks.
    let Some(proof) = proof else {
        return Some(Who { proof: None, ..Who::registered(registered, Proof::Jwt, Vec::new()) });
    };
    let mut who = Who::registered(registered, proof, registered.scopes.clone());
    if proof == Proof::Jwt {
        let claims = terms.map(|terms| terms.claims.iter()).into_iter().flatten();
        let first = |(name, values): &(String, Vec<String>)| {
            Some((name.clone(), Value::String(values.first()?.clone())))
        };
        who.claims = claims.filter_map(first).collect::<Map<_, _>>();
    }
    Some(who)
}

/// Tells whether a client has something to show of this kind.
fn has(caller: &Caller, callers: &snapshot::Callers, proof: Proof, at: Timestamp) -> bool {
    let client = &caller.client;
    match proof {
        Proof::ApiKey => client.keys.iter().any(|key| key.is_good(at)),
        Proof::Mtls => !client.certificates.is_empty() && callers.client_ca.is_some(),
        // Of our own issuer it needs a secret or a key to get one; of an outside issuer that is not known here.
        Proof::Jwt => {
            let own = !client.secrets.is_empty() || client.jwks.is_some();
            own || callers.issuers.iter().any(|issuer| !issuer.own)
        }
    }
}

/// The route a call takes, as the gateway finds it: without links, and without routes that lead nowhere.
fn find<'r>(routing: &'r Routing, question: &Question) -> Option<&'r snapshot::Route> {
    let exists = |id: ServiceId| routing.services.iter().any(|service| service.id == id);
    let leads = |route: &snapshot::Route| {
        route.link.is_none() && route.to.iter().any(|(service, weight)| *weight > 0 && exists(*service))
    };
    let routes = routing.routes.iter().filter(|route| leads(route));
    let entry = |route: &'r snapshot::Route| -> (Match, RouteId, &'r snapshot::Route) {
        (route.matches.clone(), route.id, route)
    };
    Router::new(routes.map(entry)).find(&View::new(question)).copied()
}

/// A question as a router sees it.
struct View<'q> {
    method: &'q str,
    host: String,
    path: &'q str,
    query: Option<&'q str>,
}

impl<'q> View<'q> {
    fn new(question: &'q Question) -> Self {
        let url = question.url.split('#').next().unwrap_or_default();
        let (host, target) = match url.split_once("://") {
            Some((_, rest)) => rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())),
            None => ("", url),
        };
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        // Of `[::1]:80` the colons within the brackets stay.
        let port = host.rfind(':').filter(|colon| host[*colon..].find(']').is_none());
        let host = host[..port.unwrap_or(host.len())].trim_end_matches('.').to_ascii_lowercase();
        View { method: &question.method, host, path: if path.is_empty() { "/" } else { path }, query }
    }
}

impl RequestView for View<'_> {
    fn method(&self) -> &str {
        self.method
    }

    fn host(&self) -> &str {
        &self.host
    }

    fn path(&self) -> &str {
        self.path
    }

    fn query(&self) -> Option<&str> {
        self.query
    }

    fn header(&self, _: &str) -> Option<&[u8]> {
        None
    }
}

#[cfg(test)]
mod tests;

//! Whether a caller may: a route's terms, made ready once per table.
//!
//! The order in which they are looked at is the one in which [`Rules::judge`] is written, and what `naru explain` shows:
//! the client itself, then what is denied, then what must be proved and held. The first that says no decides.

use std::net::IpAddr;

use ipnet::IpNet;
use naru_model::name::ClientName;
use naru_model::policy::{Auth, Deny, Proof};
use naru_model::snapshot::Route;
use naru_model::units::Timestamp;
use serde_json::Value;

use super::Denied;
use super::challenge::Challenge;
use super::identity::Who;
use super::kinds::Kinds;
use super::times::Times;

/// Who may call one route.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// `None`: the route says nothing of it.
    terms: Option<Terms>,
    /// Other terms for single methods.
    methods: Vec<(String, Terms)>,
    /// Denied whatever the method.
    deny: Deny,
    /// Of a link, which only services of this machine reach: closing the platform by default does not mean it.
    link: bool,
}

#[derive(Debug)]
pub(super) struct Terms {
    /// Empty: any caller, known or not.
    pub(super) any_of: Kinds,
    scopes: Vec<String>,
    clients: Vec<ClientName>,
    groups: Vec<String>,
    pub(super) claims: Vec<(String, Vec<String>)>,
    networks: Vec<IpNet>,
    times: Option<Times>,
    /// Of these terms alone.
    deny: Deny,
}

/// What is looked at of what a request shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) kinds: Kinds,
    /// Whether what is bad is refused too that naru has not given out itself, rather than left to the service.
    pub(super) strictly: bool,
}

impl Look {
    /// Tells whether a certificate is named among what counts.
    pub(super) fn asks_for_certificate(self) -> bool {
        self.strictly && self.kinds != Kinds::ALL && self.kinds.has(Proof::Mtls)
    }
}

/// Told of each rule that is looked at.
pub(super) trait Trail {
    /// `why` is said of a rule that holds as of one that does not.
    fn step(&mut self, rule: &'static str, holds: bool, why: impl FnOnce() -> String);
}

/// Nobody wants to know.
impl Trail for () {
    fn step(&mut self, _: &'static str, _: bool, _: impl FnOnce() -> String) {}
}

/// Who calls, from where, how and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'c> {
    pub(super) who: &'c Who,
    pub(super) method: &'c str,
    pub(super) address: IpAddr,
    pub(super) now: Timestamp,
}

impl Rules {
    pub(crate) fn new(route: &Route) -> Rules {
        let auth = route.policy.auth.as_ref();
        let methods = auth.into_iter().flat_map(|auth| &auth.methods);
        Rules {
            terms: auth.map(Terms::new),
            methods: methods.map(|(method, auth)| (method.clone(), Terms::new(auth))).collect(),
            deny: auth.map(|auth| auth.deny.clone()).unwrap_or_default(),
            link: route.link.is_some(),
        }
    }

    /// The terms that hold for a method. HEAD asks for what GET does (RFC 9110 §9.3.2) and has its terms.
    pub(super) fn terms(&self, method: &str) -> Option<&Terms> {
        let of = |method: &str| self.methods.iter().find(|(m, _)| m == method).map(|(_, terms)| terms);
        of(method).or_else(|| of((method == "HEAD").then_some("GET")?)).or(self.terms.as_ref())
    }

    pub(super) fn look(&self, method: &str) -> Look {
        match self.terms(method) {
            // What is shown to a linked system is meant for that.
            None if self.link => Look { kinds: Kinds::of(&[]), strictly: false },
            None => Look { kinds: Kinds::ALL, strictly: false },
            Some(terms) if terms.any_of.is_empty() => Look { kinds: Kinds::ALL, strictly: true },
            Some(terms) => Look { kinds: terms.any_of, strictly: true },
        }
    }

    /// Decides whether the caller may.
    ///
    /// # Errors
    /// It may not.
    pub(super) fn judge(
        &self,
        default_deny: bool,
        call: Call<'_>,
        trail: &mut impl Trail,
    ) -> Result<(), Denied> {
        judge_client(call, trail)?;
        let Some(terms) = self.terms(call.method) else {
            let why = || "the platform is closed by default, and this route has no auth".to_owned();
            let open = !default_deny || self.link;
            let told = || if open { "the route is open to anybody".to_owned() } else { why() };
            trail.step("default_deny", open, told);
            return if open { Ok(()) } else { Err(Denied::forbidden("route-closed", why())) };
        };
        judge_denied(&self.deny, call, trail)?;
        // For a method without terms of its own, both are the same.
        if !self.methods.is_empty() {
            judge_denied(&terms.deny, call, trail)?;
        }
        terms.judge_proof(call, trail)?;
        terms.judge_client(call, trail)?;
        terms.judge_granted(call, trail)?;
        terms.judge_circumstances(call, trail)
    }
}

/// One rule: it holds, or decides.
fn require(
    trail: &mut impl Trail,
    rule: &'static str,
    holds: bool,
    why: impl Fn() -> String,
    denied: impl FnOnce(String) -> Denied,
) -> Result<(), Denied> {
    trail.step(rule, holds, &why);
    if holds { Ok(()) } else { Err(denied(why())) }
}

/// What is registered of the client itself, whatever the route.
fn judge_client(call: Call<'_>, trail: &mut impl Trail) -> Result<(), Denied> {
    let Some(client) = &call.who.client else { return Ok(()) };
    let name = &client.name;
    let why = || format!("client {name} is {}", if client.blocked { "shut out" } else { "not shut out" });
    require(trail, "client.blocked", !client.blocked, why, |why| Denied::forbidden("client-blocked", why))?;
    if client.networks.is_empty() {
        return Ok(());
    }
    let holds = contains(&client.networks, call.address);
    let why = || {
        let whether = if holds { "may" } else { "may not" };
        format!("client {name} {whether} call from {}", call.address)
    };
    require(trail, "client.networks", holds, why, |why| Denied::forbidden("client-network", why))
}

fn judge_denied(deny: &Deny, call: Call<'_>, trail: &mut impl Trail) -> Result<(), Denied> {
    let who = call.who;
    let forbidden = |why| Denied::forbidden("denied", why);
    let denied_here = |denied| if denied { "is denied here" } else { "is not denied here" };
    if !deny.networks.is_empty() {
        let denied = contains(&deny.networks, call.address);
        let why = || format!("{} {}", call.address, denied_here(denied));
        require(trail, "deny.networks", !denied, why, forbidden)?;
    }
    if !deny.clients.is_empty() {
        let denied = who.client.as_ref().is_some_and(|client| deny.clients.contains(&client.name));
        let why = || format!("{} {}", who.title(), denied_here(denied));
        require(trail, "deny.clients", !denied, why, forbidden)?;
    }
    if !deny.groups.is_empty() {
        let denied = share(&deny.groups, &who.groups);
        let why = || format!("{} {} by its groups", who.title(), denied_here(denied));
        require(trail, "deny.groups", !denied, why, forbidden)?;
    }
    Ok(())
}

impl Terms {
    fn new(auth: &Auth) -> Terms {
        Terms {
            any_of: Kinds::of(&auth.any_of),
            scopes: auth.scopes.clone(),
            clients: auth.clients.clone(),
            groups: auth.groups.clone(),
            claims: auth.claims.iter().map(|(name, values)| (name.clone(), values.clone())).collect(),
            networks: auth.networks.clone(),
            times: Times::new(&auth.times),
            deny: auth.deny.clone(),
        }
    }

    /// What has to be shown: one of `any_of`, or whatever there is when something else can't be judged without.
    fn judge_proof(&self, call: Call<'_>, trail: &mut impl Trail) -> Result<(), Denied> {
        let asks_for_somebody = !(self.clients.is_empty()
            && self.groups.is_empty()
            && self.scopes.is_empty()
            && self.claims.is_empty());
        let kinds = match self.any_of.is_empty() {
            true if !asks_for_somebody => return Ok(()),
            true => Kinds::ALL,
            false => self.any_of,
        };
        let shown = call.who.proof;
        let holds = shown.is_some_and(|proof| kinds.has(proof));
        let why = || match shown {
            Some(proof) => format!("{} was shown, {kinds} is asked for", Kinds::of(&[proof])),
            None => format!("nothing was shown, {kinds} is asked for"),
        };
        let denied = |why| Denied::unauthorized("credentials-missing", why, Challenge::asking(kinds));
        require(trail, "any_of", holds, why, denied)
    }

    /// Who it must be.
    fn judge_client(&self, call: Call<'_>, trail: &mut impl Trail) -> Result<(), Denied> {
        let who = call.who;
        if !self.clients.is_empty() {
            let holds = who.client.as_ref().is_some_and(|client| self.clients.contains(&client.name));
            let why = || format!("{} is {} the clients of this route", who.title(), among(holds));
            require(trail, "clients", holds, why, |why| Denied::forbidden("client-not-allowed", why))?;
        }
        if !self.groups.is_empty() {
            let holds = share(&self.groups, &who.groups);
            let why = || format!("{} is {} the groups of this route", who.title(), among(holds));
            require(trail, "groups", holds, why, |why| Denied::forbidden("group-not-allowed", why))?;
        }
        Ok(())
    }

    /// What must have been granted to it.
    fn judge_granted(&self, call: Call<'_>, trail: &mut impl Trail) -> Result<(), Denied> {
        let who = call.who;
        if !self.scopes.is_empty() {
            let missing: Option<&String> = self.scopes.iter().find(|scope| !who.scopes.contains(scope));
            let why = || match missing {
                Some(scope) => format!("{} has not been granted scope {scope}", who.title()),
                None => format!("{} has been granted {}", who.title(), self.scopes.join(" ")),
            };
            let denied = |why| {
                let challenge = Challenge::insufficient_scope(who.proof, &self.scopes);
                Denied { www_authenticate: challenge, ..Denied::forbidden("insufficient-scope", why) }
            };
            require(trail, "scopes", missing.is_none(), why, denied)?;
        }
        for (name, values) in &self.claims {
            let holds = who.claims.get(name).is_some_and(|claim| has_value(claim, values));
            let why = || {
                let whether = if holds { "is" } else { "is not" };
                format!("the token's claim {name} {whether} {}", values.join(" or "))
            };
            require(trail, "claims", holds, why, |why| Denied::forbidden("claim-not-allowed", why))?;
        }
        Ok(())
    }

    /// From where and when.
    fn judge_circumstances(&self, call: Call<'_>, trail: &mut impl Trail) -> Result<(), Denied> {
        if !self.networks.is_empty() {
            let holds = contains(&self.networks, call.address);
            let why = || format!("{} is {} the networks of this route", call.address, among(holds));
            require(trail, "networks", holds, why, |why| Denied::forbidden("network-not-allowed", why))?;
        }
        if let Some(times) = &self.times {
            let holds = times.is_open(call.now);
            let why = || format!("it is {} the times of this route", among(holds));
            require(trail, "times", holds, why, |why| Denied::forbidden("time-not-allowed", why))?;
        }
        Ok(())
    }
}

fn among(holds: bool) -> &'static str {
    if holds { "among" } else { "not among" }
}

/// IPv4 addresses also when they come as IPv6's.
fn contains(networks: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address))
}

fn share(one: &[String], other: &[String]) -> bool {
    one.iter().any(|item| other.contains(item))
}

/// Tells whether a claim, or one item of it, is one of `values`; numbers and truth values as JSON writes them.
fn has_value(claim: &Value, values: &[String]) -> bool {
    let is = |claim: &Value| match claim {
        Value::String(text) => values.contains(text),
        Value::Number(_) | Value::Bool(_) => {
            let text = claim.to_string();
            values.contains(&text)
        }
        _ => false,
    };
    match claim {
        Value::Array(items) => items.iter().any(is),
        one => is(one),
    }
}

impl Who {
    /// For messages.
    fn title(&self) -> String {
        match (&self.name, self.proof) {
            (Some(name), _) => format!("client {name}"),
            (None, _) => "an unknown caller".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;

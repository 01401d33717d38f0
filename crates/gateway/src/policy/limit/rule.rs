//! A limit of the file, made ready to be asked once per request.

use std::fmt::Write;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use naru_model::policy::{Limit, Per, Period, Quantity};
use naru_model::snapshot::{CallerId, RouteId, ServiceId};

use super::Counted;
use super::counter::Kind;
use super::counters::Key;
use super::rate::Terms;

/// Whose limit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    Route(RouteId),
    Service(ServiceId),
    Client(CallerId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Amount {
    Calls(Terms),
    Quota { most: u64, period: Period },
    Bytes { most: u64, period: Period },
    Bandwidth { per_second: u64 },
    Concurrency { most: u32 },
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) amount: Amount,
    owner: Owner,
    owner_name: Arc<str>,
    nth: u8,
    /// One bit for each of [`Per`].
    per: u8,
    /// Of its item of `RateLimit`, all before the number that is left.
    pub(super) left: String,
    /// Its item of `RateLimit-Policy`; empty: it has none.
    pub(super) policy: String,
    /// What it allows, for people.
    pub(super) says: String,
}

/// What those who are counted are called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'n> {
    /// Empty: not a registered client.
    pub(super) client: &'n str,
    pub(super) route: &'n str,
    pub(super) service: &'n str,
}

impl Rule {
    /// Makes an owner's limits ready, in their order.
    pub(super) fn compile(limits: &[Limit], owner: Owner, owner_name: &Arc<str>) -> Vec<Rule> {
        let mut rules: Vec<Rule> = Vec::with_capacity(limits.len());
        for limit in limits {
            let amount = Amount::of(&limit.of);
            let per = limit.per.iter().fold(0, |set, per| set | bit(*per));
            let alike = |rule: &&Rule| rule.amount.kind() == amount.kind() && rule.per == per;
            let nth = u8::try_from(rules.iter().filter(alike).count()).unwrap_or(u8::MAX);
            let label = label(owner, amount, nth);
            let policy = policy(&label, amount);
            let says = says(&limit.of, &limit.per, owner);
            let owner_name = owner_name.clone();
            let left = format!("\"{label}\";r=");
            rules.push(Rule { amount, owner, owner_name, nth, per, left, policy, says });
        }
        rules
    }

    /// Whether several gateways may count it together.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self.amount, Amount::Calls(_) | Amount::Quota { .. } | Amount::Bytes { .. })
    }

    /// What its counter for `who` is found by.
    pub(super) fn key(&self, who: &Counted) -> Key {
        let counts = |per| self.per & bit(per) != 0;
        let unknown = who.caller == CallerId::default();
        let by_address = counts(Per::Address) || counts(Per::Client) && unknown;
        Key {
            owner: self.owner,
            kind: self.amount.kind(),
            nth: self.nth,
            per: self.per,
            caller: if counts(Per::Client) { who.caller } else { CallerId::default() },
            address: by_address.then(|| neighbourhood(who.address)),
            route: if counts(Per::Route) { who.route } else { RouteId::default() },
            service: if counts(Per::Service) { who.service } else { ServiceId::default() },
        }
    }

    /// What its counter for `who` is called, in every gateway alike: `route www.example.kr/** quota-day 0 client mobile`.
    pub(super) fn name(&self, key: &Key, names: Names<'_>) -> String {
        let (kind, nth) = (self.amount.word(), self.nth);
        let owner = match self.owner {
            Owner::Route(_) => "route",
            Owner::Service(_) => "service",
            Owner::Client(_) => "client",
        };
        let mut name = format!("{owner} {} {kind} {nth}", self.owner_name);
        let mut by = |what: &str, value: &dyn std::fmt::Display| {
            // Writing to a string does not fail.
            let _ = write!(name, " {what} {value}");
        };
        if key.caller != CallerId::default() {
            by("client", &names.client);
        }
        if let Some(address) = key.address {
            by("address", &address);
        }
        if key.route != RouteId::default() {
            by("route", &names.route);
        }
        if key.service != ServiceId::default() {
            by("service", &names.service);
        }
        name
    }
}

impl Amount {
    fn of(quantity: &Quantity) -> Self {
        match quantity {
            Quantity::Calls { rate, burst } => Amount::Calls(Terms::of(*rate, *burst)),
            Quantity::Quota { calls, period } => Amount::Quota { most: *calls, period: *period },
            Quantity::Bytes { bytes, period } => Amount::Bytes { most: bytes.0, period: *period },
            Quantity::Bandwidth { per_second } => Amount::Bandwidth { per_second: per_second.0.max(1) },
            Quantity::Concurrency { calls } => Amount::Concurrency { most: *calls },
        }
    }

    fn kind(self) -> Kind {
        match self {
            Amount::Calls(_) => Kind::Calls,
            Amount::Quota { period, .. } => Kind::Quota(period),
            Amount::Bytes { period, .. } => Kind::Bytes(period),
            Amount::Bandwidth { .. } => Kind::Bandwidth,
            Amount::Concurrency { .. } => Kind::Concurrency,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Amount::Calls(_) => "calls",
            Amount::Quota { period: Period::Day, .. } => "quota-day",
            Amount::Quota { period: Period::Month, .. } => "quota-month",
            Amount::Bytes { period: Period::Day, .. } => "bytes-day",
            Amount::Bytes { period: Period::Month, .. } => "bytes-month",
            Amount::Bandwidth { .. } => "bandwidth",
            Amount::Concurrency { .. } => "concurrency",
        }
    }
}

fn bit(per: Per) -> u8 {
    match per {
        Per::Client => 1,
        Per::Address => 2,
        Per::Route => 4,
        Per::Service => 8,
    }
}

/// The address, or the /64 that it is in: one who has an IPv6 address has all of those (RFC 6177 §2).
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

fn label(owner: Owner, amount: Amount, nth: u8) -> String {
    let owner = match owner {
        Owner::Route(_) => "route",
        Owner::Service(_) => "service",
        Owner::Client(_) => "client",
    };
    let word = amount.word();
    if nth == 0 { format!("{owner}-{word}") } else { format!("{owner}-{word}-{}", u32::from(nth) + 1) }
}

/// Source: draft-ietf-httpapi-ratelimit-headers-09 §3. A month is told without a window: none is as long as the next.
fn policy(label: &str, amount: Amount) -> String {
    match amount {
        Amount::Calls(terms) => {
            let (quota, window) = terms.as_quota();
            format!("\"{label}\";q={};w={window}", integer(quota))
        }
        Amount::Quota { most, period: Period::Day } => format!("\"{label}\";q={};w=86400", integer(most)),
        Amount::Quota { most, .. } => format!("\"{label}\";q={}", integer(most)),
        Amount::Bytes { most, period: Period::Day } => {
            format!("\"{label}\";q={};qu=\"content-bytes\";w=86400", integer(most))
        }
        Amount::Bytes { most, .. } => format!("\"{label}\";q={};qu=\"content-bytes\"", integer(most)),
        Amount::Concurrency { most } => format!("\"{label}\";q={most};qu=\"concurrent-requests\""),
        Amount::Bandwidth { .. } => String::new(),
    }
}

/// The largest that a structured field holds. Source: RFC 9651 §3.3.1.
pub(super) fn integer(number: u64) -> u64 {
    number.min(999_999_999_999_999)
}

fn says(quantity: &Quantity, per: &[Per], owner: Owner) -> String {
    let period = |period: &Period| if *period == Period::Day { "a day" } else { "a month" };
    let mut text = match quantity {
        Quantity::Calls { rate, .. } => format!("{rate} calls"),
        Quantity::Quota { calls, period: p } => format!("{calls} calls {}", period(p)),
        Quantity::Bytes { bytes, period: p } => format!("{bytes} bytes {}", period(p)),
        Quantity::Bandwidth { per_second } => format!("{per_second} bytes a second"),
        Quantity::Concurrency { calls } => format!("{calls} calls at once"),
    };
    text.push_str(match owner {
        Owner::Route(_) => " of this route",
        Owner::Service(_) => " of this service",
        Owner::Client(_) => " of this client",
    });
    for per in per {
        text.push_str(match per {
            Per::Client => ", per client",
            Per::Address => ", per address",
            Per::Route => ", per route",
            Per::Service => ", per service",
        });
    }
    text
}

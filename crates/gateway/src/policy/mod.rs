//! What a route does beside passing on: its policies, made ready once per table so that a request only looks.
//!
//! Each phase of a request's life that a policy stands for has its module here; when each has its turn is written once, in
//! `exchange::phases`. A route whose policy says nothing has no [`Policies`] at all, and costs one branch.

pub(crate) mod access;
pub(crate) mod cache;
mod change;
mod compress;
mod cors;
pub(crate) mod limit;
pub(crate) mod path_change;
mod refused;
mod sunset;

pub(crate) use compress::{Coder, compress};
pub(crate) use cors::{Cors, Preflight};
pub(crate) use refused::Refused;

use access::Rules;
use cache::Cache;
use change::Change;
use path_change::PathChange;
use sunset::Sunset;

use std::collections::HashMap;
use std::sync::Arc;

use naru_model::message::Shape;
use naru_model::platform::Match;
use naru_model::policy::Policy;
use naru_model::snapshot::{Route, RouteId, Routing};

use crate::log;

/// Makes the conversions of a policy, `None` when it has none. Called when a table is made, never while a request waits.
///
/// # Errors
/// They can't be made, and why: the route then answers 503.
pub type MakeShape = fn(&Policy) -> Result<Option<Arc<dyn Shape>>, String>;

/// One route's policies.
#[derive(Debug)]
pub(crate) struct Policies {
    pub(crate) policy: Policy,
    /// How the route is called in messages and for the own service.
    pub(crate) name: String,
    /// Who may.
    pub(crate) access: Rules,
    pub(crate) shape: Option<Arc<dyn Shape>>,
    pub(crate) cors: Option<Cors>,
    pub(crate) sunset: Option<Sunset>,
    pub(crate) path: Option<PathChange>,
    pub(crate) cache: Option<Arc<Cache>>,
    /// Caches, its own among them, of what its requests may change.
    pub(crate) invalidates: Vec<Arc<Cache>>,
    pub(crate) request: Change,
    pub(crate) response: Change,
    /// Those that the route takes; empty: all.
    methods: Vec<String>,
    /// The host that a link's requests are sent on with.
    pub(crate) link: Option<String>,
    /// The route can't do what its policy asks for, and answers 503.
    pub(crate) broken: bool,
    /// Nothing before admission waits, no answer is made here, and of answers no more is changed than their heads.
    pub(crate) go_straight: bool,
}

impl Policies {
    fn new(route: &Route, caches: &Caches, make_shape: MakeShape) -> Policies {
        let shape = make_shape(&route.policy).inspect_err(|error| {
            log::line(format_args!(
                "route {} answers 503: its conversion can't be made: {error}",
                route.name
            ));
        });
        let policy = &route.policy;
        let (cache, invalidates) = (caches.of(route), caches.changed_by(route));
        Policies {
            go_straight: policy.cors.is_none()
                && policy.fallback.is_none()
                && !policy.problems
                && cache.is_none()
                && invalidates.is_empty()
                && matches!(shape, Ok(None)),
            cors: policy.cors.as_ref().map(|cors| Cors::new(cors, &route.matches.methods)),
            sunset: policy.sunset.as_ref().map(Sunset::new),
            path: policy.path.as_ref().map(PathChange::new),
            cache,
            invalidates,
            request: Change::new(&policy.request),
            response: Change::new(&policy.response),
            methods: route.matches.methods.clone(),
            link: route.link.clone(),
            policy: policy.clone(),
            name: route.name.clone(),
            access: Rules::new(route),
            broken: shape.is_err(),
            shape: shape.ok().flatten(),
        }
    }

    /// Those of a route that has none of its own, where a platform is closed by default.
    pub(crate) fn unwritten() -> Policies {
        Policies::new(&Route::default(), &Caches::default(), |_| Ok(None))
    }
}

/// The caches of all routes that have one, and which routes' requests may change what is in them.
#[derive(Debug, Default)]
struct Caches(Vec<(RouteId, Match, Arc<Cache>)>);

impl Caches {
    /// Those that stay the same are kept with all that is in them.
    fn of_routes(routing: &Routing, kept: &HashMap<RouteId, Arc<Policies>>) -> Self {
        let caches = routing.routes.iter().filter_map(|route| {
            let policy = route.policy.cache.as_ref()?;
            let known = kept.get(&route.id).and_then(|known| known.cache.clone());
            let same = known.filter(|known| known.policy == *policy);
            Some((route.id, route.matches.clone(), same.unwrap_or_else(|| Arc::new(Cache::new(policy)))))
        });
        Caches(caches.collect())
    }

    fn of(&self, route: &Route) -> Option<Arc<Cache>> {
        self.0.iter().find(|(id, _, _)| *id == route.id).map(|(_, _, cache)| cache.clone())
    }

    fn changed_by(&self, route: &Route) -> Vec<Arc<Cache>> {
        let safe = ["GET", "HEAD", "OPTIONS", "TRACE"];
        let methods = &route.matches.methods;
        if !methods.is_empty() && methods.iter().all(|method| safe.contains(&&**method)) {
            return Vec::new();
        }
        let meets = |other: &&(RouteId, Match, Arc<Cache>)| overlap(&route.matches, &other.1);
        self.0.iter().filter(meets).map(|(_, _, cache)| cache.clone()).collect()
    }

    fn are_those_of(&self, policies: &Policies, route: &Route) -> bool {
        let same = |one: &Arc<Cache>, other: &Arc<Cache>| Arc::ptr_eq(one, other);
        let own = match (&policies.cache, self.of(route)) {
            (Some(known), Some(now)) => same(known, &now),
            (known, now) => known.is_none() && now.is_none(),
        };
        let changed = self.changed_by(route);
        own && changed.len() == policies.invalidates.len()
            && changed.iter().zip(&policies.invalidates).all(|(one, other)| same(one, other))
    }
}

/// Tells whether the same request line may come to both, one way of asking or another. May say so of some that never meet.
fn overlap(one: &Match, other: &Match) -> bool {
    let hosts = match (one.host.as_deref(), other.host.as_deref()) {
        (Some(one), Some(other)) if !one.starts_with("*.") && !other.starts_with("*.") => one == other,
        _ => true,
    };
    let fixed = |path: &Option<String>| {
        let path = path.as_deref().unwrap_or("/**");
        path.split('*').next().unwrap_or_default().trim_end_matches('/').to_owned()
    };
    let (one, other) = (fixed(&one.path), fixed(&other.path));
    hosts && (one.starts_with(&other) || other.starts_with(&one))
}

/// Makes policies ready, and keeps those that stay the same from one table to the next, with all they remember.
#[derive(Debug)]
pub(crate) struct Maker {
    make_shape: MakeShape,
    kept: HashMap<RouteId, Arc<Policies>>,
}

impl Maker {
    pub(crate) fn new(make_shape: MakeShape) -> Self {
        Maker { make_shape, kept: HashMap::new() }
    }

    /// The policies of all routes that have any. Links always do: what closes a platform by default is not for them.
    pub(crate) fn make(&mut self, routing: &Routing) -> HashMap<RouteId, Arc<Policies>> {
        let caches = Caches::of_routes(routing, &self.kept);
        let with_policy = routing.routes.iter().filter(|route| {
            route.link.is_some() || route.policy != Policy::default() || !caches.changed_by(route).is_empty()
        });
        let made = with_policy.map(|route| {
            let same = |kept: &&Arc<Policies>| {
                kept.policy == route.policy
                    && kept.name == route.name
                    && kept.link == route.link
                    && kept.methods == route.matches.methods
                    && caches.are_those_of(kept, route)
            };
            let policies = match self.kept.get(&route.id).filter(same) {
                Some(kept) => kept.clone(),
                None => Arc::new(Policies::new(route, &caches, self.make_shape)),
            };
            (route.id, policies)
        });
        self.kept = made.collect();
        self.kept.clone()
    }
}

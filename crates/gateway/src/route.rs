//! Which route a request takes: the most specific one that matches, whatever the order in the file.
//!
//! Specific means, in this order:
//! 1. Host: `www.example.kr` before `*.example.kr` before `*.kr` before any.
//! 2. Path: one without `**` before one with it; of two with `**` the one with more segments; of two alike, the one that
//!    has a literal segment where the other has `*`, at the first segment that differs from the left.
//! 3. More conditions on method (all methods of a route are one condition), headers and query.
//! 4. The smaller route id, so that the answer is always the same.
//!
//! A route whose conditions do not hold gives way to the next in this order. `/a/**` is `/a` and all below it; `*` is one
//! segment that is not empty. Paths are compared byte by byte as the view gives them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use naru_model::platform::Match;
use naru_model::snapshot::{FunctionId, RouteId};

use crate::flight::Flight;
use crate::policy::Policies;
use crate::policy::limit::Limits;
use crate::random::Random;
use crate::service::Service;

/// What a router asks of a request.
pub(crate) trait RequestView {
    fn method(&self) -> &str;
    /// Lower case, without port.
    fn host(&self) -> &str;
    /// Without query; begins with `/`, or is `*`.
    fn path(&self) -> &str;
    /// Without the `?`.
    fn query(&self) -> Option<&str>;
    /// The first field of this name, which is in lower case.
    fn header(&self, lower_name: &str) -> Option<&[u8]>;
}

#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) id: RouteId,
    pub(crate) function: FunctionId,
    /// From the request's first byte to the response's last.
    pub(crate) timeout: Option<Duration>,
    /// Its requests under way, over table changes.
    pub(crate) flight: Arc<Flight>,
    /// `None`: there are none.
    pub(crate) policies: Option<Arc<Policies>>,
    /// Looked at only where there are policies.
    pub(crate) limits: Option<Arc<Limits>>,
    /// Each with the sum of the weights up to and with its own; none with weight 0. Never empty.
    to: Vec<(u64, Arc<Service>)>,
}

impl Route {
    /// `None`: there is no service to send anything to.
    pub(crate) fn new(
        id: RouteId,
        function: FunctionId,
        timeout: Option<Duration>,
        flight: Arc<Flight>,
        to: impl IntoIterator<Item = (Arc<Service>, u32)>,
    ) -> Option<Self> {
        let mut sum = 0;
        let to: Vec<_> = to
            .into_iter()
            .filter(|(_, weight)| *weight > 0)
            .map(|(service, weight)| {
                sum += u64::from(weight);
                (sum, service)
            })
            .collect();
        (!to.is_empty()).then_some(Route { id, function, timeout, flight, policies: None, limits: None, to })
    }

    /// Chooses one of its services by weight.
    pub(crate) fn choose(&self) -> &Arc<Service> {
        let last = &self.to[self.to.len() - 1];
        if self.to.len() == 1 {
            return &last.1;
        }
        let drawn = Random::with(|random| random.below(last.0 as usize)) as u64;
        self.to.iter().find(|(sum, _)| drawn < *sum).map_or(&last.1, |(_, service)| service)
    }
}

/// All routes, by host and then by path.
#[derive(Debug)]
pub(crate) struct Router<T> {
    exact: HashMap<String, Paths<T>>,
    /// `example.kr` of `*.example.kr`.
    below: HashMap<String, Paths<T>>,
    any: Paths<T>,
}

impl<T> Default for Router<T> {
    fn default() -> Self {
        Router { exact: HashMap::new(), below: HashMap::new(), any: Paths::default() }
    }
}

impl<T> Router<T> {
    /// Makes one of routes in any order.
    pub(crate) fn new(routes: impl IntoIterator<Item = (Match, RouteId, T)>) -> Self {
        let mut router = Router::default();
        for (matches, id, target) in routes {
            let paths = match matches.host.as_deref() {
                None => &mut router.any,
                Some(host) => match host.strip_prefix("*.") {
                    Some(suffix) => router.below.entry(suffix.to_owned()).or_default(),
                    None => router.exact.entry(host.to_owned()).or_default(),
                },
            };
            paths.insert(matches.path.as_deref(), Entry::new(&matches, id, target));
        }
        router
    }

    pub(crate) fn find(&self, request: &impl RequestView) -> Option<&T> {
        let host = request.host();
        let exact = || self.exact.get(host)?.find(request);
        let below = || {
            let suffixes =
                host.match_indices('.').filter(|(dot, _)| *dot > 0).map(|(dot, _)| &host[dot + 1..]);
            suffixes.filter_map(|suffix| self.below.get(suffix)).find_map(|paths| paths.find(request))
        };
        let below = || if self.below.is_empty() { None } else { below() };
        exact().or_else(below).or_else(|| self.any.find(request))
    }
}

/// The routes of one host as a tree of segments.
#[derive(Debug)]
struct Paths<T> {
    root: Node<T>,
}

#[derive(Debug)]
struct Node<T> {
    /// By segment, sorted.
    literal: Vec<(Box<str>, Node<T>)>,
    star: Option<Box<Node<T>>>,
    /// Routes of the path that ends here, and of all below; most conditions first.
    exact: Vec<Entry<T>>,
    below: Vec<Entry<T>>,
}

impl<T> Default for Paths<T> {
    fn default() -> Self {
        Paths { root: Node::default() }
    }
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Node { literal: Vec::new(), star: None, exact: Vec::new(), below: Vec::new() }
    }
}

/// A route that ends at a node, with what must hold beside.
#[derive(Debug)]
struct Entry<T> {
    methods: Vec<String>,
    headers: Vec<(String, Option<String>)>,
    query: Vec<(String, Option<String>)>,
    id: RouteId,
    target: T,
}

/// The best route found so far whose path ends with `**`, and its number of segments.
struct Best<'t, T>(Option<(usize, &'t T)>);

impl<T> Paths<T> {
    fn insert(&mut self, path: Option<&str>, entry: Entry<T>) {
        let path = path.unwrap_or("/**");
        let (path, all_below) = match path.strip_suffix("/**") {
            Some(prefix) => (prefix, true),
            None => (path, false),
        };
        let mut node = &mut self.root;
        for segment in path.split('/').skip(1) {
            node = node.child(segment);
        }
        let entries = if all_below { &mut node.below } else { &mut node.exact };
        let rank = |e: &Entry<T>| (std::cmp::Reverse(e.conditions()), e.id);
        let place = entries.partition_point(|other| rank(other) <= rank(&entry));
        entries.insert(place, entry);
    }

    fn find(&self, request: &impl RequestView) -> Option<&T> {
        let mut best = Best(None);
        // "*" (OPTIONS) has no segments and is below the root.
        let rest = request.path().strip_prefix('/');
        self.root.find(rest, 0, request, &mut best).or(best.0.map(|(_, target)| target))
    }
}

impl<T> Node<T> {
    fn child(&mut self, segment: &str) -> &mut Node<T> {
        if segment == "*" {
            return self.star.get_or_insert_default();
        }
        let place = match self.literal.binary_search_by(|(literal, _)| (**literal).cmp(segment)) {
            Ok(place) => place,
            Err(place) => {
                self.literal.insert(place, (segment.into(), Node::default()));
                place
            }
        };
        &mut self.literal[place].1
    }

    /// Returns the first match that ends here or deeper without `**`; those with it go to `best`. Literal segments are
    /// followed before `*`, so of two alike the first found is the more specific.
    fn find<'t>(
        &'t self,
        rest: Option<&str>,
        depth: usize,
        request: &impl RequestView,
        best: &mut Best<'t, T>,
    ) -> Option<&'t T> {
        if best.0.is_none_or(|(deepest, _)| deepest < depth)
            && let Some(entry) = self.below.iter().find(|e| e.holds(request))
        {
            best.0 = Some((depth, &entry.target));
        }
        let Some(rest) = rest else {
            return self.exact.iter().find(|e| e.holds(request)).map(|e| &e.target);
        };
        let (segment, rest) = match memchr::memchr(b'/', rest.as_bytes()) {
            Some(slash) => (&rest[..slash], Some(&rest[slash + 1..])),
            None => (rest, None),
        };
        let literal = self.literal.binary_search_by(|(literal, _)| (**literal).cmp(segment));
        let literal = literal.ok().and_then(|i| self.literal[i].1.find(rest, depth + 1, request, best));
        literal.or_else(|| match &self.star {
            Some(star) if !segment.is_empty() => star.find(rest, depth + 1, request, best),
            _ => None,
        })
    }
}

impl<T> Entry<T> {
    fn new(matches: &Match, id: RouteId, target: T) -> Self {
        Entry {
            methods: matches.methods.clone(),
            headers: matches.headers.clone(),
            query: matches.query.clone(),
            id,
            target,
        }
    }

    fn conditions(&self) -> usize {
        usize::from(!self.methods.is_empty()) + self.headers.len() + self.query.len()
    }

    fn holds(&self, request: &impl RequestView) -> bool {
        let header = |(name, value): &(String, Option<String>)| match (request.header(name), value) {
            (Some(got), Some(wanted)) => got == wanted.as_bytes(),
            (got, None) => got.is_some(),
            (None, Some(_)) => false,
        };
        (self.methods.is_empty() || self.methods.iter().any(|m| m == request.method()))
            && self.headers.iter().all(header)
            && self.query.iter().all(|(name, value)| has_parameter(request.query(), name, value.as_deref()))
    }
}

/// Tells whether the query has the parameter, with the value if one is wanted.
fn has_parameter(query: Option<&str>, name: &str, value: Option<&str>) -> bool {
    query.unwrap_or_default().split('&').any(|pair| {
        let (got_name, got_value) = pair.split_once('=').unwrap_or((pair, ""));
        !pair.is_empty()
            && decoded(got_name).eq(name.bytes())
            && value.is_none_or(|value| decoded(got_value).eq(value.bytes()))
    })
}

/// Undoes percent-encoding and `+`. Source: WHATWG URL, `application/x-www-form-urlencoded` parsing.
pub(crate) fn decoded(text: &str) -> impl Iterator<Item = u8> {
    let mut rest = text.as_bytes();
    std::iter::from_fn(move || {
        let hex = |b: u8| (b as char).to_digit(16).map(|d| d as u8);
        let (byte, tail) = match rest {
            [] => return None,
            [b'+', tail @ ..] => (b' ', tail),
            [b'%', high, low, tail @ ..] if hex(*high).is_some() && hex(*low).is_some() => {
                (hex(*high).unwrap_or(0) << 4 | hex(*low).unwrap_or(0), tail)
            }
            [byte, tail @ ..] => (*byte, tail),
        };
        rest = tail;
        Some(byte)
    })
}

#[cfg(test)]
mod tests;

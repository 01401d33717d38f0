//! Which endpoint gets the next request: the cheaper one of two drawn at random.
//!
//! Cost is expected latency times requests in flight, the new one included. Of two random choices the better one is
//! nearly as good as the best of all, and no herd runs to the same. An endpoint that turns slow is drawn as often as
//! ever but loses each comparison, until its estimate has faded so far that it is worth a try.
//!
//! Source: Mitzenmacher, "The power of two choices in randomized load balancing" (2001); Finagle, `P2C` and `PeakEwma`.

use std::sync::Arc;
use std::time::Duration;

use naru_model::units::Timestamp;

use crate::endpoint::{Endpoint, InstanceKey};
use crate::random::Random;

/// Draws before one that will do is looked for in order.
const DRAWS: usize = 8;

/// What a choice is made by, beside the endpoints themselves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conditions<'a> {
    /// Endpoints to be avoided if there is any other, because this request has failed there.
    pub(crate) not: &'a [InstanceKey],
    pub(crate) warm_up: Duration,
    /// Requests in flight that one endpoint may have; one that has so many is passed over.
    pub(crate) most: Option<u32>,
    /// Whether one that is ill is tried when all are.
    pub(crate) last_resort: bool,
    /// The service's mean latency, in microseconds.
    pub(crate) average: f32,
    pub(crate) now: Timestamp,
}

/// How much is asked of an endpoint. The next is tried when no endpoint meets the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Demand {
    /// Healthy, not ejected, and not one of `not`.
    Good,
    /// Healthy and not ejected.
    Tried,
    /// Somebody may answer there: when all are ill it is better to try than to fail.
    Any,
}

/// Returns the endpoint for the next request; `None` when all of `routed` are down or full, or there is none.
pub(crate) fn choose<'e>(
    routed: &'e [Arc<Endpoint>],
    by: Conditions<'_>,
    random: &mut Random,
) -> Option<&'e Arc<Endpoint>> {
    let demands = [Demand::Good, Demand::Tried, Demand::Any];
    for demand in demands.into_iter().filter(|demand| by.last_resort || *demand != Demand::Any) {
        if let Some(first) = draw(routed, by, demand, None, random) {
            let second = draw(routed, by, demand, Some(first), random);
            let cheaper = second.filter(|second| cost(&routed[*second], by) < cost(&routed[first], by));
            return Some(&routed[cheaper.unwrap_or(first)]);
        }
        // Those that would do are only full: better to wait for one of them than to go to one that is ill.
        if by.most.is_some() && routed.iter().any(|endpoint| would_do(endpoint, by, demand)) {
            return None;
        }
    }
    None
}

/// Tells whether a request could go to any of them, or could but for too many others.
pub(crate) fn any_would_do(routed: &[Arc<Endpoint>], by: Conditions<'_>) -> bool {
    let demand = if by.last_resort { Demand::Any } else { Demand::Tried };
    routed.iter().any(|endpoint| would_do(endpoint, by, demand))
}

/// Draws one that meets the demand and is not `other`. One that warms up is passed over in proportion.
fn draw(
    routed: &[Arc<Endpoint>],
    by: Conditions<'_>,
    demand: Demand,
    other: Option<usize>,
    random: &mut Random,
) -> Option<usize> {
    if routed.len() <= usize::from(other.is_some()) {
        return None;
    }
    let fits = |i: usize| Some(i) != other && meets(&routed[i], by, demand);
    for _ in 0..DRAWS {
        let i = random.below(routed.len());
        if fits(i) {
            let warmth = routed[i].warmth(by.warm_up, by.now);
            if warmth >= 1.0 || random.share() < warmth {
                return Some(i);
            }
        }
    }
    let start = random.below(routed.len());
    let fitting = || (start..routed.len()).chain(0..start).filter(|i| fits(*i));
    let warm = fitting().find(|i| routed[*i].warmth(by.warm_up, by.now) >= 1.0);
    // A second one that is still cold would get more than its share by being drawn for want of another.
    warm.or_else(|| if other.is_none() { fitting().next() } else { None })
}

fn meets(endpoint: &Endpoint, by: Conditions<'_>, demand: Demand) -> bool {
    let full = by.most.is_some_and(|most| endpoint.in_flight() >= most);
    !full && would_do(endpoint, by, demand)
}

fn would_do(endpoint: &Endpoint, by: Conditions<'_>, demand: Demand) -> bool {
    let well = || !endpoint.is_unhealthy() && !endpoint.ejection.is_ejected(by.now);
    !endpoint.is_down()
        && match demand {
            Demand::Good => well() && !by.not.contains(&endpoint.key()),
            Demand::Tried => well(),
            Demand::Any => true,
        }
        && (by.last_resort || !is_being_proven(endpoint))
}

/// Whether a request finds out right now if it is well again.
fn is_being_proven(endpoint: &Endpoint) -> bool {
    endpoint.ejection.is_unproven() && endpoint.in_flight() > 0
}

fn cost(endpoint: &Endpoint, by: Conditions<'_>) -> f32 {
    endpoint.latency.micros(by.average, by.now) * (endpoint.in_flight() + 1) as f32
}

#[cfg(test)]
mod tests;

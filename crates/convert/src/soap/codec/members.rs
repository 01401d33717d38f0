//! The members of a JSON object, and how much of them has gone into elements.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::soap::schema::{ANY, Particle, Place, Term};

pub(super) struct Members<'v> {
    object: &'v Map<String, Value>,
    /// How many values of each member were there, and how many were taken.
    taken: HashMap<&'v str, (usize, usize)>,
    /// Values taken in all.
    pub(super) count: usize,
}

impl<'v> Members<'v> {
    pub(super) fn new(object: &'v Map<String, Value>) -> Members<'v> {
        Members { object, taken: HashMap::new(), count: 0 }
    }

    /// A member that is one value; it counts as taken.
    pub(super) fn single(&mut self, key: &str) -> Option<&'v Value> {
        let (key, value) = self.object.get_key_value(key)?;
        self.take(key, 1, 1);
        (!value.is_null()).then_some(value)
    }

    /// The values of a place that were not taken yet.
    pub(super) fn left(&self, place: &Place) -> &'v [Value] {
        let all = match self.object.get(&place.key) {
            None => &[],
            Some(Value::Array(items)) if place.list => items.as_slice(),
            Some(Value::Null) if !place.element.nillable => &[],
            Some(value) => std::slice::from_ref(value),
        };
        let taken = self.taken.get(place.key.as_str()).map_or(0, |(_, taken)| *taken);
        &all[taken.min(all.len())..]
    }

    /// The values of a member that is a list of its own, `#items` or `#any`.
    pub(super) fn listed(&self, key: &str) -> &'v [Value] {
        let all = match self.object.get(key) {
            None | Some(Value::Null) => &[],
            Some(Value::Array(items)) => items.as_slice(),
            Some(value) => std::slice::from_ref(value),
        };
        let taken = self.taken.get(key).map_or(0, |(_, taken)| *taken);
        &all[taken.min(all.len())..]
    }

    /// Takes `count` more values of a member of which `left` were left.
    pub(super) fn take(&mut self, key: &str, left: usize, count: usize) {
        let Some((key, _)) = self.object.get_key_value(key) else { return };
        let entry = self.taken.entry(key.as_str()).or_insert((left, 0));
        entry.1 += count;
        self.count += count;
    }

    /// Whether something is left that a part of the model would take; how many different members.
    pub(super) fn present(&self, particle: &Particle) -> usize {
        match &particle.term {
            Term::Element(place) => usize::from(!self.left(place).is_empty()),
            Term::Any => usize::from(!self.listed(ANY).is_empty()),
            Term::Group(group) => match &group.items {
                Some(key) => usize::from(!self.listed(key).is_empty()),
                None => group.particles.iter().map(|particle| self.present(particle)).sum(),
            },
        }
    }

    /// A member that nobody took, or of which something is left.
    pub(super) fn leftover(&self) -> Option<&'v str> {
        let left = self.object.iter().find(|(key, value)| match self.taken.get(key.as_str()) {
            Some((all, taken)) => taken < all,
            None => !(value.is_null() || value.as_array().is_some_and(Vec::is_empty)),
        });
        left.map(|(key, _)| key.as_str())
    }
}

//! Gives each place of a content model its member of the JSON object.
//!
//! An element's member is its local name (with its namespace, `{namespace}local`, where two in one object would be the same),
//! a list when the model lets the element come more than once. A sequence or choice of several that is repeated becomes a
//! list of objects, so that the order among its elements is kept.

use std::collections::BTreeMap;

use super::{ANY, Group, Order, Particle, QName, Term};

/// The member that stands for a repeated group: the first of an object; the others are `#items2` and so on.
const ITEMS: &str = "#items";

/// A content model whose places all know their members.
pub(in crate::soap) fn arranged(mut particle: Particle) -> Particle {
    object(&mut particle);
    particle
}

/// Arranges everything that stands in one JSON object.
fn object(particle: &mut Particle) {
    let mut groups = 0;
    split(particle, &mut groups);
    let counts = counts(particle);
    let mut locals: BTreeMap<&str, usize> = BTreeMap::new();
    for name in counts.keys() {
        *locals.entry(&name.local).or_default() += 1;
    }
    let members: BTreeMap<QName, (String, bool)> = counts
        .iter()
        .map(|(name, count)| {
            let alone = locals[name.local.as_str()] == 1;
            let key = if alone { name.local.clone() } else { name.to_string() };
            (name.clone(), (key, *count > 1))
        })
        .collect();
    name(particle, &members);
}

/// Finds the groups that need a list of objects, and arranges those objects.
fn split(particle: &mut Particle, groups: &mut usize) {
    let Term::Group(group) = &mut particle.term else { return };
    if particle.max != Some(1) && kinds(group) > 1 {
        *groups += 1;
        group.items = Some(match *groups {
            1 => ITEMS.to_owned(),
            n => format!("{ITEMS}{n}"),
        });
        let mut once =
            Particle { min: 1, max: Some(1), term: Term::Group(Group { items: None, ..group.clone() }) };
        object(&mut once);
        if let Term::Group(inner) = once.term {
            group.particles = inner.particles;
        }
        return;
    }
    for particle in &mut group.particles {
        split(particle, groups);
    }
}

/// How many different elements a group is made of; `xs:any` is one of them.
fn kinds(group: &Group) -> usize {
    fn collect<'p>(group: &'p Group, names: &mut BTreeMap<Option<&'p QName>, ()>) {
        for particle in &group.particles {
            match &particle.term {
                Term::Element(place) => {
                    names.insert(Some(&place.element.name), ());
                }
                Term::Any => {
                    names.insert(None, ());
                }
                Term::Group(group) => collect(group, names),
            }
        }
    }
    let mut names = BTreeMap::new();
    collect(group, &mut names);
    names.len()
}

/// How often each element can come in one object: 2 stands for all that is more than once.
fn counts(particle: &Particle) -> BTreeMap<QName, usize> {
    let mut counts = match &particle.term {
        Term::Element(place) => BTreeMap::from([(place.element.name.clone(), 1)]),
        Term::Any => BTreeMap::new(),
        Term::Group(Group { items: Some(_), .. }) => return BTreeMap::new(),
        Term::Group(group) => {
            let mut all: BTreeMap<QName, usize> = BTreeMap::new();
            for (name, count) in group.particles.iter().flat_map(counts) {
                let sum = all.entry(name).or_default();
                *sum = match group.order {
                    Order::Choice => count.max(*sum),
                    Order::Sequence | Order::All => (count + *sum).min(2),
                };
            }
            all
        }
    };
    if particle.max != Some(1) {
        counts.values_mut().for_each(|count| *count = 2);
    }
    counts
}

fn name(particle: &mut Particle, members: &BTreeMap<QName, (String, bool)>) {
    match &mut particle.term {
        Term::Element(place) => {
            if let Some((key, list)) = members.get(&place.element.name) {
                place.key.clone_from(key);
                place.list = *list;
            }
        }
        Term::Group(Group { items: Some(_), .. }) | Term::Any => {}
        Term::Group(group) => group.particles.iter_mut().for_each(|particle| name(particle, members)),
    }
}

impl Particle {
    /// Whether it is satisfied with nothing.
    pub(in crate::soap) fn may_be_empty(&self) -> bool {
        self.min == 0
            || match &self.term {
                Term::Element(_) | Term::Any => false,
                Term::Group(group) => group.may_be_empty(),
            }
    }

    /// Whether it may begin with this element.
    pub(in crate::soap) fn starts_with(&self, name: &QName) -> bool {
        match &self.term {
            Term::Element(place) => place.element.name == *name,
            Term::Any => true,
            Term::Group(group) => group.starts_with(name),
        }
    }

    /// The members it has in the object around it, in their order.
    pub(in crate::soap) fn members(&self) -> Vec<&str> {
        let mut all = Vec::new();
        self.each_member(&mut |key| {
            if !all.contains(&key) {
                all.push(key);
            }
        });
        all
    }

    pub(in crate::soap) fn each_member<'p>(&'p self, visit: &mut impl FnMut(&'p str)) {
        match &self.term {
            Term::Element(place) => visit(&place.key),
            Term::Any => visit(ANY),
            Term::Group(Group { items: Some(key), .. }) => visit(key),
            Term::Group(group) => group.particles.iter().for_each(|particle| particle.each_member(visit)),
        }
    }
}

impl Group {
    pub(in crate::soap) fn may_be_empty(&self) -> bool {
        match self.order {
            Order::Choice => self.particles.is_empty() || self.particles.iter().any(Particle::may_be_empty),
            Order::Sequence | Order::All => self.particles.iter().all(Particle::may_be_empty),
        }
    }

    pub(in crate::soap) fn starts_with(&self, name: &QName) -> bool {
        for particle in &self.particles {
            if particle.starts_with(name) {
                return true;
            }
            if self.order == Order::Sequence && !particle.may_be_empty() {
                return false;
            }
        }
        false
    }
}

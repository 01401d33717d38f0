//! Who gets how much of the pool.
//!
//! First on paper: each service is granted a number of instances, from what is wanted alone, so that the answer does not
//! change while instances come and go. Minimums first, by priority; then the rest, by priority and by how much of the
//! wanted is still missing. What is over the grant is taken out like anything superfluous. Then in fact: an instance
//! starts when what all others reserve, the leaving ones too, leaves room for it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use naru_model::event::{Kind, Severity};
use naru_model::instance::InstanceId;
use naru_model::plan::Action;
use naru_model::platform::{InstanceSize, Pool};

use crate::work::{Round, Work};

/// Why an instance is asked for: the first have the first word on the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Minimum,
    Wanted,
    /// One more than wanted, for a while.
    Added,
}

/// A wish for one more instance.
#[derive(Debug)]
pub(crate) struct Request {
    /// Whose: a place in the list of works.
    pub(crate) work: usize,
    pub(crate) revision: u32,
    pub(crate) class: Class,
    pub(crate) priority: i32,
    /// How many the service has before it.
    pub(crate) place: usize,
}

/// What is reserved, and of how much.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Totals {
    millicores: u64,
    bytes: u64,
    pool: Pool,
}

impl Totals {
    fn none(pool: &Pool) -> Self {
        Totals { millicores: 0, bytes: 0, pool: *pool }
    }

    fn add(&mut self, size: InstanceSize, count: usize) {
        let count = count as u64;
        self.millicores += size.cpu.map_or(0, |cpu| cpu.millicores) * count;
        self.bytes += size.memory.map_or(0, |memory| memory.0) * count;
    }

    fn fit(&self) -> bool {
        self.millicores <= self.pool.cpu.millicores && self.bytes <= self.pool.memory.0
    }

    /// Whether there is room for one more. What reserves nothing always fits.
    pub(crate) fn fit_one_more(&self, size: InstanceSize) -> bool {
        let mut with = *self;
        with.add(size, 1);
        let fits = |before, after, limit| after == before || after <= limit;
        fits(self.millicores, with.millicores, self.pool.cpu.millicores)
            && fits(self.bytes, with.bytes, self.pool.memory.0)
    }
}

/// Lowers each service's wanted number to what the pool can hold, and says so once. Returns what is granted.
pub(crate) fn grant(works: &mut [Work<'_>], pool: &Pool, round: &mut Round<'_>) -> Totals {
    let sizes: Vec<_> = works.iter().map(largest).collect();
    let mut totals = Totals::none(pool);
    for (work, size) in works.iter().zip(&sizes) {
        totals.add(*size, work.wanted);
    }
    if !totals.fit() {
        totals = ration(works, &sizes, pool);
    }
    for (work, size) in works.iter_mut().zip(sizes) {
        let short = work.wanted < work.asked;
        if short == work.memory.get().no_room {
            continue;
        }
        work.memory.edit().no_room = short;
        if short {
            let message = no_room(work, size, pool);
            round.say(work, Kind::NoRoom, Severity::Warning, None, message);
        }
    }
    totals
}

/// Per dimension the most that one of its instances reserves, those on their way out of it included.
fn largest(work: &Work<'_>) -> InstanceSize {
    let mut size = work.needs(work.memory.get().target).size;
    let mut revision = 0;
    for member in work.members.iter().filter(|member| member.seen.id.revision != work.memory.get().target) {
        if member.seen.id.revision != revision {
            revision = member.seen.id.revision;
            let other = work.needs(revision).size;
            size = InstanceSize { cpu: size.cpu.max(other.cpu), memory: size.memory.max(other.memory) };
        }
    }
    size
}

/// Hands out the pool instance by instance.
fn ration(works: &mut [Work<'_>], sizes: &[InstanceSize], pool: &Pool) -> Totals {
    let mut totals = Totals::none(pool);
    // The greatest is served next: what is below a minimum, then the priority, then who has the least of what it wants.
    let key = |work: &Work<'_>, granted: usize, index: usize| {
        let scale = &work.desired?.service.scale;
        let below_minimum = granted < scale.min as usize;
        let share = granted * 1000 / work.asked.max(1);
        (granted < work.asked).then_some((below_minimum, scale.priority, Reverse(share), Reverse(index)))
    };
    let mut heap = BinaryHeap::new();
    for (index, work) in works.iter_mut().enumerate() {
        work.wanted = 0;
        heap.extend(key(work, 0, index));
    }
    while let Some((.., Reverse(index))) = heap.pop() {
        if totals.fit_one_more(sizes[index]) {
            totals.add(sizes[index], 1);
            works[index].wanted += 1;
            heap.extend(key(&works[index], works[index].wanted, index));
        }
    }
    totals
}

fn no_room(work: &Work<'_>, size: InstanceSize, pool: &Pool) -> String {
    let mut each = Vec::new();
    each.extend(size.cpu.map(|cpu| format!("{cpu} cpu")));
    each.extend(size.memory.map(|memory| format!("{memory} memory")));
    format!(
        "no room for {} instances of {} at {} each: the pool of {} cpu and {} memory has room for {}; lower counts or \
         sizes, or enlarge the pool",
        work.asked,
        work.name,
        each.join(" and "),
        pool.cpu,
        pool.memory,
        work.wanted
    )
}

/// Starts who was asked for, as far as there is room at this moment.
pub(crate) fn start(works: &mut [Work<'_>], mut requests: Vec<Request>, pool: &Pool, round: &mut Round<'_>) {
    if requests.is_empty() {
        return;
    }
    let mut used = Totals::none(pool);
    for work in works.iter() {
        for member in &work.members {
            used.add(work.needs(member.seen.id.revision).size, 1);
        }
    }
    requests.sort_by_key(|request| {
        let share = request.place * 1000 / works[request.work].wanted.max(1);
        (request.class, Reverse(request.priority), share, request.work)
    });
    let mut short = false;
    for request in requests {
        let work = &mut works[request.work];
        let needs = work.needs(request.revision);
        let held =
            |port| work.members.iter().any(|member| work.needs(member.seen.id.revision).port == Some(port));
        if needs.port.is_some_and(held) {
            continue;
        }
        // What is only added for a while must not take the room that somebody waits for.
        if !used.fit_one_more(needs.size) || (short && request.class == Class::Added) {
            short |= request.class != Class::Added;
            continue;
        }
        used.add(needs.size, 1);
        let id = next_id(work, request.revision);
        let why = match request.class {
            Class::Minimum | Class::Wanted => {
                format!("{} of {} wanted are there", request.place, work.wanted)
            }
            Class::Added if work.memory.get().target == request.revision && work.rolling_out() => {
                format!("it is to take the place of another revision's, {} are there", request.place)
            }
            Class::Added => format!("one of the {} that are there is to be replaced", request.place),
        };
        round.act(Action::Start(id.clone()));
        let message = format!("starting {id}: {why}");
        round.say(work, Kind::InstanceStarted, Severity::Info, Some(&id), message);
    }
}

/// Revisions whose last number is remembered one by one.
const KEPT_ORDINALS: usize = 100;

/// Gives out the revision's next number.
fn next_id(work: &mut Work<'_>, revision: u32) -> InstanceId {
    let ordinals = &mut work.memory.edit().ordinals;
    let floor = ordinals.get(&0).copied().unwrap_or(0);
    let last = ordinals.entry(revision).or_insert(floor);
    *last += 1;
    let ordinal = *last;
    // One more than the floor itself.
    while ordinals.len() > KEPT_ORDINALS + 1 {
        let Some((&oldest, &used)) =
            ordinals.iter().find(|(number, _)| **number != 0 && **number != revision)
        else {
            break;
        };
        ordinals.remove(&oldest);
        let floor = ordinals.entry(0).or_insert(0);
        *floor = used.max(*floor);
    }
    InstanceId { service: work.name.clone(), revision, ordinal }
}

//! Who uses the system: users told apart by address and agent, their sessions, how many there are at once, what they use together,
//! and those among them that behave like robots.

use std::collections::BTreeMap;

use naru_model::units::Timestamp;

use super::findings::{Counted, Robots, Sessions, Sign, Suspect, Users};
use super::functions::Group;
use super::leaves::Leaves;
use super::load::{Load, median};
use super::scan::shown;
use super::tally::{Tally, user};
use super::top::Map;
use super::visits::{Visit, Visits};

/// A pause longer than this ends a session, in seconds.
const PAUSE: u32 = 30 * 60;
/// Rows of a table.
const ROWS: usize = 20;
/// Addresses of this share of all requests, and together of the larger one, are those of load balancers; in a log of some length.
const THROUGH_EACH: f64 = 0.1;
const THROUGH_ALL: f64 = 0.5;
const THROUGH_REQUESTS: u64 = 10_000;
/// Pages in a minute that no person reads, and how many times more than hardly any user (one in a hundred) does.
const MIN_RATE: u32 = 60;
const RATE_TIMES: u32 = 3;
/// Pages without one asset that are a sign, where most users with a few pages fetch assets.
const MIN_BARE_PAGES: u64 = 30;
const FEW_PAGES: u64 = 5;
/// Hours of one day in which a person would have slept.
const MIN_HOURS_OF_DAY: u32 = 20;
/// Requests most of which led nowhere.
const MIN_MISSING: u64 = 20;
const MISSING_SHARE: f64 = 0.7;

/// What one user did.
#[derive(Debug, Default)]
struct Behaviour {
    requests: u64,
    pages: u64,
    assets: u64,
    missing: u64,
    robots_txt: bool,
    /// Pages of the busiest minute.
    rate: u32,
    /// Hours with a page on the day that has most.
    hours_of_day: u32,
}

/// All that users did, in figures; counts are those of the sample.
#[derive(Debug)]
pub(super) struct Visited {
    scale: f64,
    sampled_users: u64,
    users: u64,
    by_day: BTreeMap<u32, u64>,
    by_hour: BTreeMap<u32, u64>,
    by_five_minutes: BTreeMap<u32, u64>,
    session_requests: Vec<u32>,
    session_seconds: Vec<u32>,
    /// Sessions that use each group, and each two groups.
    of: Vec<u64>,
    of_both: Vec<Vec<u64>>,
    suspects: Vec<(u64, Behaviour, Vec<Sign>)>,
    /// Who was only counted.
    heavy: Vec<(u64, u64)>,
}

fn behaviour(visits: &[Visit]) -> Behaviour {
    let mut seen = Behaviour { requests: visits.len() as u64, ..Behaviour::default() };
    let (mut minute, mut in_minute, mut day, mut hour, mut in_day) = (0, 0, 0, 0, 0);
    for visit in visits {
        seen.missing += u64::from(visit.is_missing());
        seen.robots_txt |= visit.is_robots_txt();
        if visit.is_asset() {
            seen.assets += 1;
            continue;
        }
        seen.pages += 1;
        if visit.at / 60 != minute {
            (minute, in_minute) = (visit.at / 60, 0);
        }
        in_minute += 1;
        if visit.at / 86_400 != day {
            (day, in_day, hour) = (visit.at / 86_400, 0, u32::MAX);
        }
        if visit.at / 3600 != hour {
            (hour, in_day) = (visit.at / 3600, in_day + 1);
        }
        seen.rate = seen.rate.max(in_minute);
        seen.hours_of_day = seen.hours_of_day.max(in_day);
    }
    seen
}

/// What most users do, against which one is held.
struct Usual {
    rate: u32,
    fetch_assets: bool,
}

impl Usual {
    fn of(behaviours: &[Behaviour]) -> Usual {
        let mut rates: Vec<u32> = behaviours.iter().map(|seen| seen.rate).collect();
        rates.sort_unstable();
        let rate = rates.get(rates.len() * 99 / 100).copied().unwrap_or(0);
        let some: Vec<bool> =
            behaviours.iter().filter(|seen| seen.pages >= FEW_PAGES).map(|seen| seen.assets > 0).collect();
        let fetch_assets = some.iter().filter(|has| **has).count() * 2 > some.len();
        Usual { rate, fetch_assets }
    }

    fn signs(&self, seen: &Behaviour) -> Vec<Sign> {
        let rate = MIN_RATE.max(self.rate.saturating_mul(RATE_TIMES).min(10 * MIN_RATE));
        let signs = [
            (Sign::RobotsTxt, seen.robots_txt),
            (Sign::Rate, seen.rate >= rate),
            (Sign::NoAssets, self.fetch_assets && seen.pages >= MIN_BARE_PAGES && seen.assets == 0),
            (Sign::NoNight, seen.hours_of_day >= MIN_HOURS_OF_DAY),
            (
                Sign::NotFound,
                seen.missing >= MIN_MISSING && seen.missing as f64 >= seen.requests as f64 * MISSING_SHARE,
            ),
        ];
        signs.into_iter().filter(|(_, is)| *is).map(|(sign, _)| sign).collect()
    }
}

impl Visited {
    /// Sorts what was kept by user and time, and looks at one user after another.
    pub(super) fn new(visits: &mut Visits, leaves: &Leaves, groups: &[Group]) -> Visited {
        let mut owners = vec![None; leaves.list.len()];
        for (index, group) in groups.iter().enumerate() {
            group.leaves().for_each(|leaf| owners[*leaf as usize] = Some(index));
        }
        let (scale, heavy) = (visits.scale(), visits.heavy().to_vec());
        let users = visits.users();
        let behaviours: Vec<Behaviour> = users.clone().map(behaviour).collect();
        let usual = Usual::of(&behaviours);
        let mut visited = Visited {
            scale,
            sampled_users: behaviours.len() as u64,
            users: 0,
            by_day: BTreeMap::new(),
            by_hour: BTreeMap::new(),
            by_five_minutes: BTreeMap::new(),
            session_requests: Vec::new(),
            session_seconds: Vec::new(),
            of: vec![0; groups.len()],
            of_both: vec![vec![0; groups.len()]; groups.len()],
            suspects: Vec::new(),
            heavy,
        };
        // Counted by number first: users come one after the other, and not in the order of time.
        let mut active: Map<u64, u64> = Map::default();
        for (visits, seen) in users.zip(behaviours) {
            let signs = usual.signs(&seen);
            if signs.is_empty() {
                visited.person(visits, &owners, &mut active);
            } else {
                visited.suspects.push((visits[0].user, seen, signs));
            }
        }
        for (key, users) in active {
            [&mut visited.by_day, &mut visited.by_hour, &mut visited.by_five_minutes][(key >> 32) as usize]
                .insert(key as u32, users);
        }
        visited
    }

    fn person(&mut self, visits: &[Visit], owners: &[Option<usize>], active: &mut Map<u64, u64>) {
        self.users += 1;
        for (kind, seconds) in [(0_u64, 86_400), (1, 3600), (2, 300)] {
            let mut last = None;
            for visit in visits {
                let at = visit.at / seconds;
                if last.replace(at) != Some(at) {
                    *active.entry(kind << 32 | u64::from(at)).or_default() += 1;
                }
            }
        }
        for session in visits.chunk_by(|a, b| b.at - a.at <= PAUSE) {
            self.session(session, owners);
        }
    }

    fn session(&mut self, visits: &[Visit], owners: &[Option<usize>]) {
        let pages = visits.iter().filter(|visit| !visit.is_asset()).count();
        if pages == 0 {
            return;
        }
        self.session_requests.push(pages as u32);
        if visits.len() > 1 {
            self.session_seconds.push(visits[visits.len() - 1].at - visits[0].at);
        }
        // At most 26 groups.
        let used = visits
            .iter()
            .filter_map(|visit| owners.get(visit.leaf() as usize).copied().flatten())
            .fold(0_u64, |used, group| used | 1 << group.min(63));
        for one in 0..self.of.len() {
            if used >> one & 1 == 0 {
                continue;
            }
            self.of[one] += 1;
            (0..self.of.len())
                .filter(|other| used >> other & 1 == 1)
                .for_each(|other| self.of_both[one][other] += 1);
        }
    }

    fn scaled(&self, count: u64) -> u64 {
        (count as f64 * self.scale).round() as u64
    }

    /// Sessions with a page.
    pub(super) fn sessions(&self) -> u64 {
        self.scaled(self.session_requests.len() as u64)
    }

    pub(super) fn sessions_of(&self, group: usize) -> u64 {
        self.scaled(self.of[group])
    }

    pub(super) fn sessions_of_both(&self, one: usize, other: usize) -> u64 {
        self.scaled(self.of_both[one][other])
    }

    /// The standard error of figures of users, as a share; 0 when all users are there.
    pub(super) fn error(&self) -> f64 {
        if self.scale > 1.0 { 1.0 / (self.sampled_users.max(1) as f64).sqrt() } else { 0.0 }
    }

    /// The figures of people, and robots apart.
    pub(super) fn told(
        &self,
        tally: &Tally,
        load: &Load<'_>,
        at: &dyn Fn(i64) -> Timestamp,
    ) -> (Users, Robots) {
        let most = |of: &BTreeMap<u32, u64>| {
            of.iter().fold((0, 0), |best, (at, users)| if *users > best.1 { (*at, *users) } else { best })
        };
        let (hour, five) = (most(&self.by_hour), most(&self.by_five_minutes));
        let sessions = Sessions {
            count: self.sessions(),
            per_day: self.sessions() as f64 / f64::from(load.days().max(1)),
            median_requests: median(self.session_requests.clone()),
            median_seconds: median(self.session_seconds.clone()),
            p95_seconds: {
                let mut seconds = self.session_seconds.clone();
                seconds.sort_unstable();
                seconds.get(seconds.len() * 95 / 100).copied().map_or(0.0, f64::from)
            },
        };
        let users = Users {
            distinct: self.scaled(self.users),
            median_day: self.scaled(median(self.by_day.values().map(|users| *users as f64).collect()) as u64),
            busiest_day: self.scaled(most(&self.by_day).1),
            busiest_hour: self.scaled(hour.1),
            busiest_hour_at: at(i64::from(hour.0) * 3600),
            busiest_five_minutes: self.scaled(five.1),
            busiest_five_minutes_at: at(i64::from(five.0) * 300),
            sessions,
            through: through(tally),
        };
        let robots = self.robots(tally, &users.through);
        (users, robots)
    }

    fn robots(&self, tally: &Tally, through: &[Counted]) -> Robots {
        let told = |(user, seen, signs): &(u64, Behaviour, Vec<Sign>)| {
            let (address, agent) = who(*user, tally);
            Suspect {
                address,
                agent,
                requests: seen.requests,
                most_per_minute: seen.rate,
                signs: signs.clone(),
            }
        };
        let heavy_one = |(user, requests): &(u64, u64)| {
            told(&(*user, Behaviour { requests: *requests, ..Behaviour::default() }, vec![Sign::Heavy]))
        };
        // What a load balancer does is what all behind it do.
        let is_one = |suspect: &Suspect| !through.iter().any(|counted| counted.text == suspect.address);
        let sampled: Vec<Suspect> = self.suspects.iter().map(told).filter(is_one).collect();
        let heavy: Vec<Suspect> = self.heavy.iter().map(heavy_one).filter(is_one).collect();
        let requests = |of: &[Suspect]| of.iter().map(|suspect| suspect.requests).sum::<u64>();
        let suspected_users = self.scaled(sampled.len() as u64) + heavy.len() as u64;
        let suspected_requests = self.scaled(requests(&sampled)) + requests(&heavy);
        let mut suspected = [heavy, sampled].concat();
        suspected.sort_by(|a, b| {
            b.requests.cmp(&a.requests).then_with(|| (&a.address, &a.agent).cmp(&(&b.address, &b.agent)))
        });
        suspected.truncate(ROWS);
        let declared = tally.agents.heaviest(ROWS, |agent| if agent.is_robot { agent.requests } else { 0 });
        Robots {
            declared_requests: tally.stats.iter().map(|stat| stat.robots).sum(),
            declared: declared.into_iter().map(|(text, requests)| Counted { text, requests }).collect(),
            suspected_users,
            suspected_requests,
            suspected,
        }
    }
}

/// The addresses of load balancers and proxies: few ones that most requests come from. Of robots that say so there are none.
fn through(tally: &Tally) -> Vec<Counted> {
    let sum = |of: fn(&super::tally::Stat) -> u64| tally.stats.iter().map(of).sum::<u64>();
    let (requests, robots) = (sum(|stat| stat.requests), sum(|stat| stat.robots));
    let share = |part: u64| part as f64 / requests.max(1) as f64;
    let rows = tally.addresses.heaviest(ROWS, |requests| *requests).into_iter();
    let few: Vec<Counted> = rows
        .filter(|(_, requests)| share(*requests) >= THROUGH_EACH)
        .map(|(text, requests)| Counted { text, requests })
        .collect();
    let all = share(few.iter().map(|counted| counted.requests).sum());
    let is_so = requests >= THROUGH_REQUESTS && all >= THROUGH_ALL && share(robots) < THROUGH_ALL;
    if is_so { few } else { Vec::new() }
}

/// Address and agent of a user; empty when they are not in the tables. See [`user`].
fn who(of: u64, tally: &Tally) -> (String, String) {
    let found = tally
        .agents
        .iter()
        .find_map(|(agent, text, _)| Some((tally.addresses.text(of ^ user(0, agent))?, text)));
    found.map_or_else(Default::default, |(address, agent)| (shown(address), shown(agent)))
}

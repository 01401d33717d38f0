//! Clients that call unlike they did at the same time of the days before.

use std::net::IpAddr;

use naru_model::calls::{Habit, Unusual};

use super::habit::{LEAST_PAST, unusual_count, unusual_share};
use super::known::{DAY, HOUR, Known, Past, Stretch};
use super::sums::SLOT_US;

/// How many clients are told of.
const MOST: usize = 10;
/// Fewer calls have no share of errors that says anything.
const LEAST_CALLS: f64 = 20.0;
/// Days, or longer stretches, that are looked back.
const MOST_PAST: u32 = 31;
const DAY_US: u64 = DAY as u64 * SLOT_US;

pub(super) fn unusual(known: &Known, stretch: &Stretch) -> Vec<Unusual> {
    let mut found = Vec::new();
    for (caller, past) in &known.callers {
        let view = View { known, caller, past };
        let told = [view.calls(stretch), view.hours(stretch), view.errors(stretch), view.addresses(stretch)];
        found.extend(told.into_iter().flatten());
    }
    // What is furthest off comes first; the kinds do not compare, but calls do with calls.
    found.sort_by(|a, b| (b.now - b.usual).abs().total_cmp(&(a.now - a.usual).abs()));
    found.truncate(MOST);
    found
}

/// One client.
struct View<'k> {
    known: &'k Known,
    caller: &'k str,
    past: &'k Past,
}

impl View<'_> {
    fn told(&self, what: Habit, usual: f64, now: f64, why: String) -> Unusual {
        Unusual { caller: self.caller.to_owned(), what, usual, now, why }
    }

    /// The same stretch of the days before, of a longer stretch so many days earlier, as long as the client was known.
    fn before(&self, stretch: &Stretch, days: u32) -> Vec<Stretch> {
        let earlier = (1..=MOST_PAST).map_while(|times| stretch.earlier(times * days * DAY));
        let was_known = |stretch: &Stretch| u64::from(stretch.first) >= self.past.first / SLOT_US;
        earlier.take_while(was_known).filter(|stretch| self.known.is_busy(stretch)).collect()
    }

    fn calls(&self, stretch: &Stretch) -> Option<Unusual> {
        let now = self.past.whole(stretch).calls;
        let before = self.before(stretch, days(stretch));
        let past: Vec<f64> = before.iter().map(|before| self.past.count(before).calls).collect();
        let usual = unusual_count(now, &past)?;
        if past.iter().all(|calls| *calls == 0.0) {
            return (stretch.length() <= HOUR + 1).then(|| self.at_an_hour(stretch, now, past.len()));
        }
        let why = format!("{now:.0} calls, where {usual:.0} are usual at this time");
        Some(self.told(Habit::Calls, usual, now, why))
    }

    /// Of a stretch longer than an hour, the hour that is most unlike the others of its time.
    fn hours(&self, stretch: &Stretch) -> Option<Unusual> {
        if stretch.length() <= HOUR + 1 {
            return None;
        }
        let hours = (stretch.first..stretch.end).step_by(HOUR as usize).filter_map(|first| {
            let hour = Stretch { first, end: (first + HOUR).min(stretch.end), share: 1.0 };
            let now = self.past.whole(&hour).calls;
            let before = self.before(&hour, days(stretch));
            let past: Vec<f64> = before.iter().map(|before| self.past.whole(before).calls).collect();
            let never = past.iter().all(|calls| *calls == 0.0);
            unusual_count(now, &past).filter(|_| never).map(|_| (hour, now, past.len()))
        });
        let (hour, now, days) = hours.max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(self.at_an_hour(&hour, now, days))
    }

    fn at_an_hour(&self, stretch: &Stretch, now: f64, days: usize) -> Unusual {
        let (hour, minute) = (stretch.first % DAY / HOUR, stretch.first % HOUR * 10);
        let why = format!(
            "{now:.0} calls from {hour:02}:{minute:02} UTC on, when it made none in {days} days before"
        );
        self.told(Habit::Hours, 0.0, now, why)
    }

    fn errors(&self, stretch: &Stretch) -> Option<Unusual> {
        let share = |stretch: &Stretch| {
            let count = self.past.whole(stretch);
            (count.calls >= LEAST_CALLS).then(|| (count.bad / count.calls, count.calls))
        };
        let (now, calls) = share(stretch)?;
        let before = self.before(stretch, days(stretch));
        let past: Vec<f64> = before.iter().filter_map(share).map(|(bad, _)| bad).collect();
        let usual = unusual_share(now, calls, &past)?;
        let why = format!(
            "{:.1} % of its calls failed or were refused, where {:.1} % are usual",
            now * 100.0,
            usual * 100.0
        );
        Some(self.told(Habit::Errors, usual, now, why))
    }

    /// A client that has kept to its addresses calls from another one.
    fn addresses(&self, stretch: &Stretch) -> Option<Unusual> {
        let (start, end) = (stretch.start_us(), u64::from(stretch.end) * SLOT_US);
        let known_for = start.saturating_sub(self.past.first);
        if self.past.more_addresses || known_for < LEAST_PAST as u64 * DAY_US {
            return None;
        }
        let since = |from: u64, to: u64| -> Vec<IpAddr> {
            let found = self.past.addresses.iter().filter(|(_, first)| (from..to).contains(*first));
            found.map(|(address, _)| *address).collect()
        };
        let (known, new) = (since(0, start), since(start, end));
        // One that had new addresses more than once since its first day has them by habit.
        let changes = since(self.past.first + DAY_US, start).len();
        let first = new.first().filter(|_| changes <= 1 && !known.is_empty())?;
        let more = if new.len() > 1 { format!(" and {} more", new.len() - 1) } else { String::new() };
        let why = format!("called from {first}{more}, never seen in {} days", known_for / DAY_US);
        Some(self.told(Habit::Addresses, known.len() as f64, new.len() as f64, why))
    }
}

/// How many days earlier the same stretch was: one, or as many as it lasts.
fn days(stretch: &Stretch) -> u32 {
    stretch.length().div_ceil(DAY).max(1)
}

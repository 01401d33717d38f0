//! Whether waiting before a service has become long for all, so that the less important need not begin to wait.
//!
//! A queue that is emptied now and then only evens out bursts; one in which even the luckiest have waited for longer than a
//! target, over a whole interval, stands, and whoever is added to it makes it no better. It is told by the least waiting
//! time, which bursts do not raise. Source: controlled delay, RFC 8289 §3.2. What then goes is told by importance, one
//! class more at each interval, as in DAGOR (Zhou and others, "Overload Control for Scaling WeChat Microservices", SoCC
//! 2018, §4.2), which also gives the target; but never the most important class that is let in at all.

use std::time::Duration;

use naru_model::policy::Priority;
use naru_model::units::Timestamp;

/// Waiting that is no overload yet.
pub(crate) const TARGET: Duration = Duration::from_millis(20);
/// How long the least waiting time must be above it.
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub(crate) struct Patience {
    began: Timestamp,
    /// Of those let in since then, the least waiting time, and the most important one.
    least: Option<(Duration, Priority)>,
    /// Classes that are refused, from the least important up.
    refused: u8,
}

impl Patience {
    /// Somebody was let in who had waited.
    pub(crate) fn let_in(&mut self, priority: Priority, waited: Duration) {
        let (least, best) = self.least.unwrap_or((waited, priority));
        self.least = Some((least.min(waited), best.min(priority)));
    }

    /// The queue is empty: whoever comes now need not wait for others.
    pub(crate) fn nobody_waits(&mut self) {
        if let Some((least, _)) = &mut self.least {
            *least = Duration::ZERO;
        }
    }

    /// The queue was empty, or waiting says nothing: begins anew.
    pub(crate) fn reset(&mut self, now: Timestamp) {
        *self = Patience { began: now, ..Patience::default() };
    }

    /// Decides anew when an interval is over. `first`: who will be let in next, and has waited for how long.
    pub(crate) fn turn(&mut self, first: (Priority, Duration), now: Timestamp) {
        if now.since(self.began) < INTERVAL {
            return;
        }
        let (least, best) = self.least.take().unwrap_or((first.1, first.0));
        self.began = now;
        let most = Priority::Low as u8 - best as u8;
        let wanted = if least > TARGET { self.refused + 1 } else { self.refused.saturating_sub(1) };
        self.refused = wanted.min(most);
    }

    pub(crate) fn refuses(&self, priority: Priority) -> bool {
        priority as u8 + self.refused > Priority::Low as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Priority::{Critical, High, Low, Normal};

    const START: Timestamp = Timestamp(1_790_000_000_000_000);

    fn refused(patience: &Patience) -> Vec<Priority> {
        [Critical, High, Normal, Low].into_iter().filter(|class| patience.refuses(*class)).collect()
    }

    /// One interval in which the given were let in.
    fn interval(patience: &mut Patience, number: u32, let_in: &[(Priority, u64)]) {
        for (priority, millis) in let_in {
            patience.let_in(*priority, Duration::from_millis(*millis));
        }
        patience.turn((Low, Duration::from_millis(500)), START + INTERVAL * number);
    }

    #[test]
    fn while_the_important_ones_wait_one_class_more_is_refused_at_each_interval() {
        let mut patience = Patience::default();
        patience.reset(START);
        let late = [(Critical, 30), (Normal, 300)];
        let mut seen = Vec::new();
        for number in 1..=4 {
            interval(&mut patience, number, &late);
            seen.push(refused(&patience));
        }
        assert_eq!(seen, [vec![Low], vec![Normal, Low], vec![High, Normal, Low], vec![High, Normal, Low]]);
        interval(&mut patience, 5, &[(Critical, 19)]);
        assert_eq!(refused(&patience), [Normal, Low], "and taken back one by one");
    }

    #[test]
    fn alike_ones_wait_for_each_other_and_none_is_refused() {
        let mut patience = Patience::default();
        patience.reset(START);
        for number in 1..=10 {
            interval(&mut patience, number, &[(Normal, 1000)]);
        }
        assert_eq!(refused(&patience), [Low]);
    }

    #[test]
    fn one_who_hardly_waited_or_an_empty_queue_show_that_it_does_not_stand() {
        let mut patience = Patience::default();
        patience.reset(START);
        interval(&mut patience, 1, &[(High, 200), (High, 5), (High, 200)]);
        assert!(refused(&patience).is_empty());
        patience.let_in(High, Duration::from_millis(200));
        patience.nobody_waits();
        interval(&mut patience, 2, &[]);
        assert!(refused(&patience).is_empty());
        interval(&mut patience, 3, &[(High, 200)]);
        assert_eq!(refused(&patience), [Low]);
        patience.reset(START + INTERVAL * 4);
        assert!(refused(&patience).is_empty());
    }

    #[test]
    fn where_nobody_was_let_in_the_age_of_the_first_one_tells() {
        let mut patience = Patience::default();
        patience.reset(START);
        patience.turn((High, Duration::from_millis(99)), START + INTERVAL);
        assert_eq!(refused(&patience), [Low]);
        patience.turn((High, Duration::from_millis(99)), START + INTERVAL * 3 / 2);
        assert_eq!(refused(&patience), [Low], "within an interval nothing is decided");
    }
}

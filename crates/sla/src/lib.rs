//! Service levels, told each day, week and month: what was seen, beside the period before and what was promised.
//!
//! `telemetry ─Course→ Day (a file) ─→ Summary ─→ Report, message`
//!
//! A [`Day`] is everything that is kept of one day, so that a month can be told when its transactions are long gone; days add up
//! to the [`Summary`](naru_model::service_level::Summary) of a period, and reports and messages are written from that. Pure: no
//! clock, no files. The server makes days, keeps them and sends what is due.
//!
//! # Definitions
//!
//! *Availability* is the share of requests that did not fail by our fault: the service's, naru's or the machine's. What failed by
//! the client's fault (4xx, or a client that was gone) counts as answered and is told apart. A *down minute* is one in which at
//! least 5 % of the requests and at least 5, or at least half and at least 2, failed by our fault; down minutes less than three
//! minutes apart are one *outage*.

pub mod calendar;
mod day;
mod incidents;
mod judge;
mod latencies;
mod merge;
pub mod message;
mod outages;
mod report;
mod seen;
mod summary;
mod words;

pub use day::{Alarm, Day, Hour, MOST_CHANGES, Outage, ScaledOnce, Seen, Users, VERSION};
pub use merge::CountUsers;
pub use report::report;
pub use seen::{About, Places, seen};
pub use summary::{Known, listed, summary};

#[cfg(test)]
mod tests;

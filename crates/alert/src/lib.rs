//! What is wrong, since when, and why: judges the readings of each ten seconds by the items that are watched.
//!
//! `telemetry ─Reading→ alert ─Change→ notify, events, console`
//!
//! [`Watcher`] remembers what is beyond its threshold and says what has changed; [`items`] are those that every platform has
//! on its first day; [`explain`] makes sentences with numbers of what the data show. All of it is pure: the time is passed
//! in, forecasts come through [`Foresight`] and figures of the past through [`explain::History`].

pub mod explain;
pub mod items;
mod judge;
mod silence;
mod watcher;

pub use judge::{Foresight, Outlook};
pub use silence::{covered, is_silenced};
pub use watcher::{Change, Kind, Look, Watcher};

#[cfg(test)]
mod tests;

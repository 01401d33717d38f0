//! Telemetry as those who feed and ask it find it.

mod course;
mod hour;
mod metrics;
mod over_time;
mod records;
mod signals;
mod users;

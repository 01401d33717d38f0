//! Asks instances for the metrics that they show to Prometheus, each by itself, and tells what they say as points.
//!
//! `service ─text→ scrape ─MetricPoint→ telemetry`
//!
//! [`page`] reads the two text formats, [`points`] makes points of what was read, [`scraper`] asks.

pub mod page;
pub mod points;
pub mod scraper;

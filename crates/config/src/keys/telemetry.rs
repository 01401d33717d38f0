//! The keys below `telemetry`.

use std::time::Duration;

use naru_model::platform::Telemetry;
use naru_model::units::Percent;

use crate::shape::{Key, Kind};

pub(super) fn keys() -> Vec<Key> {
    let d = Telemetry::default();
    let an_hour = || Kind::Duration { least: Duration::from_secs(3600) };
    vec![
        Key::new(
            "transactions",
            an_hour(),
            d.transactions,
            "How long every transaction is kept, for the T-Map and for any tool that reads Parquet.",
        ),
        Key::new(
            "disk",
            Kind::Percent { least: Percent { thousandths: 10 } },
            d.disk,
            "The most of the whole disk that transactions may take; the oldest go first.",
        ),
        Key::new(
            "figures",
            an_hour(),
            d.figures,
            "How long rates, times and the like are kept, at falling resolution.",
        ),
    ]
}

//! The machine's own series, from what is measured of it each second.

use std::collections::BTreeMap;

use naru_model::metric::{MetricPoint, MetricValue, Owner, SeriesKey};
use naru_model::status::HostStatus;
use naru_model::units::Timestamp;

/// Names that figures are made of.
pub(super) const CORES: &str = "host.cpu.cores";
pub(super) const CPU_USED: &str = "host.cpu.used";
pub(super) const MEMORY: &str = "host.memory.total";
pub(super) const MEMORY_USED: &str = "host.memory.used";
pub(super) const SWAP: &str = "host.swap.total";
pub(super) const SWAP_USED: &str = "host.swap.used";
pub(super) const DISK: &str = "host.disk.total";
pub(super) const DISK_USED: &str = "host.disk.used";
pub(super) const RECEIVED: &str = "host.network.received";
pub(super) const SENT: &str = "host.network.sent";
pub(super) const ERRORS: &str = "host.network.errors";
pub(super) const DROPS: &str = "host.network.drops";

/// The points of a second; none before the machine was measured.
pub(super) fn points(host: &HostStatus, at: Timestamp) -> Vec<MetricPoint> {
    if host.cores == 0 {
        return Vec::new();
    }
    let bytes = |bytes: u64| bytes as f64;
    let mut points: Vec<MetricPoint> = [
        (CORES, "{cpu}", f64::from(host.cores)),
        (CPU_USED, "{cpu}", host.cpu_cores),
        ("host.cpu.user", "{cpu}", host.cpu.user),
        ("host.cpu.system", "{cpu}", host.cpu.system),
        ("host.cpu.iowait", "{cpu}", host.cpu.iowait),
        ("host.cpu.steal", "{cpu}", host.cpu.steal),
        ("host.load.1m", "1", host.load[0]),
        ("host.load.5m", "1", host.load[1]),
        ("host.load.15m", "1", host.load[2]),
        (MEMORY, "By", bytes(host.memory_bytes)),
        (MEMORY_USED, "By", bytes(host.memory_used_bytes)),
        (SWAP, "By", bytes(host.swap_bytes)),
        (SWAP_USED, "By", bytes(host.swap_used_bytes)),
        ("host.disk.read", "By/s", host.disk_read_bytes),
        ("host.disk.written", "By/s", host.disk_written_bytes),
        (RECEIVED, "By/s", host.received_bytes),
        (SENT, "By/s", host.sent_bytes),
        ("host.files.open", "{file}", bytes(host.open_files)),
    ]
    .map(|(name, unit, value)| point(name, unit, value, at, []))
    .into();
    let disks = [
        ("state", host.disk_bytes, host.disk_free_bytes),
        ("root", host.root_disk_bytes, host.root_disk_free_bytes),
    ];
    for (disk, total, free) in disks.into_iter().filter(|(_, total, _)| *total > 0) {
        points.push(point(DISK, "By", bytes(total), at, [("disk", disk)]));
        points.push(point(DISK_USED, "By", bytes(total.saturating_sub(free)), at, [("disk", disk)]));
    }
    for interface in &host.interfaces {
        let of = [
            (ERRORS, "receive", interface.received_errors),
            (ERRORS, "transmit", interface.sent_errors),
            (DROPS, "receive", interface.received_drops),
            (DROPS, "transmit", interface.sent_drops),
        ];
        points.extend(of.map(|(name, direction, value)| {
            point(name, "1/s", value, at, [("interface", interface.name.as_str()), ("direction", direction)])
        }));
    }
    points
}

fn point<const N: usize>(
    name: &str,
    unit: &str,
    value: f64,
    at: Timestamp,
    labels: [(&str, &str); N],
) -> MetricPoint {
    let labels: BTreeMap<String, String> =
        labels.into_iter().map(|(label, value)| (label.to_owned(), value.to_owned())).collect();
    let key = SeriesKey { owner: Owner::Host, name: name.to_owned(), labels };
    MetricPoint { key, unit: unit.to_owned(), at, value: MetricValue::Gauge(value) }
}

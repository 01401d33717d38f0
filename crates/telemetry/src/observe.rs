//! Takes in what gauges say once a second: beside the cells, and for the controller's signals.

use std::collections::HashMap;

use naru_model::units::Timestamp;

use crate::Telemetry;
use crate::gauge::{Gauge, Gauges, InstanceGauge, Reading};
use crate::keys::Key;
use crate::signals::{REMEMBERED, settled};
use crate::store::Store;

impl Telemetry {
    /// Takes in what is under way and what is used, as of the newest second that is told of now: to be called once a second,
    /// a quarter of a second after its end or later. Called twice for a second, the later word holds.
    pub fn observe(&self, gauges: &Gauges, now: Timestamp) {
        self.store().observe(gauges, now);
        if let Some(host) = &gauges.host {
            self.metrics.observe_host(host, now);
        }
    }
}

impl Store {
    pub(crate) fn observe(&mut self, gauges: &Gauges, now: Timestamp) {
        self.advance(now);
        let second = settled(now);
        for (key, reading) in readings(gauges, second) {
            if let Some(series) = self.series_mut(key) {
                series.observe(reading);
            }
        }
        for gauge in &gauges.services {
            self.watches.entry(gauge.service).or_default();
            if let Some(watch) = self.watch(gauge.service, second) {
                watch.tell(second, gauge);
            }
        }
        self.watches.retain(|_, watch| watch.told() + REMEMBERED as u32 > second);
    }
}

/// What each thing's gauges say, those that are sums of others' included.
fn readings(gauges: &Gauges, second: u32) -> HashMap<Key, Reading> {
    let mut readings = HashMap::new();
    let mut say = |key: Key, gauge: Gauge, value: Option<f64>| {
        readings.entry(key).or_insert_with(|| Reading::at(second)).add(gauge, value);
    };
    for service in &gauges.services {
        for key in [Key::All, Key::Service(service.service)] {
            say(key, Gauge::InFlight, service.in_flight.map(f64::from));
            say(key, Gauge::Waiting, service.waiting.map(f64::from));
            say(key, Gauge::Ready, Some(service.ready.into()));
        }
    }
    for route in &gauges.routes {
        say(Key::Route(route.route), Gauge::InFlight, Some(route.in_flight.into()));
        if route.function.0 > 0 {
            say(Key::Function(route.function), Gauge::InFlight, Some(route.in_flight.into()));
        }
    }
    for instance in &gauges.instances {
        let InstanceGauge { service, revision, ordinal, .. } = *instance;
        let own = Key::Instance(service, revision, ordinal);
        for key in [own, Key::Revision(service, revision)] {
            say(key, Gauge::InFlight, instance.in_flight.map(f64::from));
        }
        for key in [own, Key::Revision(service, revision), Key::Service(service)] {
            say(key, Gauge::CpuCores, instance.cpu_cores);
            say(key, Gauge::MemoryBytes, instance.memory_bytes.map(|bytes| bytes as f64));
            say(key, Gauge::DiskRead, instance.disk_read_bytes);
            say(key, Gauge::DiskWritten, instance.disk_written_bytes);
        }
    }
    if let Some(host) = &gauges.host {
        say(Key::Host, Gauge::CpuCores, Some(host.cpu_cores));
        say(Key::Host, Gauge::MemoryBytes, Some(host.memory_used_bytes as f64));
        say(Key::Host, Gauge::Received, Some(host.received_bytes));
        say(Key::Host, Gauge::Sent, Some(host.sent_bytes));
        say(Key::Host, Gauge::DiskRead, Some(host.disk_read_bytes));
        say(Key::Host, Gauge::DiskWritten, Some(host.disk_written_bytes));
    }
    readings
}

//! What is told once a second instead of counted: what is under way, and what is used.

use std::collections::VecDeque;

use naru_model::scaling::CpuUse;
use naru_model::snapshot::{FunctionId, RouteId, ServiceId};
use naru_model::status::HostStatus;

use crate::packing::{Broken, take_below, take_bytes};
use crate::series::slot_of;

/// Everything that is not in records. What nobody said is `None`, or not in the list; it is never taken for 0.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gauges {
    /// `None`: not measured.
    pub host: Option<HostStatus>,
    pub services: Vec<ServiceGauge>,
    pub routes: Vec<RouteGauge>,
    pub instances: Vec<InstanceGauge>,
}

/// The first three are the gateway's word, and `None` while there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ServiceGauge {
    pub service: ServiceId,
    /// Requests in flight to its instances.
    pub in_flight: Option<u32>,
    /// Requests that wait for a place or a ready instance.
    pub waiting: Option<u32>,
    /// Requests that came since the gateway started. Less than before: another gateway has begun at 0.
    pub begun: Option<u64>,
    /// Ready instances.
    pub ready: u32,
    /// Of the ready instances that are warm. `None`: not measured.
    pub cpu: Option<CpuUse>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RouteGauge {
    pub route: RouteId,
    /// 0: it has none.
    pub function: FunctionId,
    /// Requests begun and not ended, waiting ones included.
    pub in_flight: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct InstanceGauge {
    pub service: ServiceId,
    pub revision: u32,
    pub ordinal: u32,
    pub in_flight: Option<u32>,
    pub cpu_cores: Option<f64>,
    pub memory_bytes: Option<u64>,
    /// Bytes per second.
    pub disk_read_bytes: Option<f64>,
    pub disk_written_bytes: Option<f64>,
}

/// What a reading may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gauge {
    InFlight,
    Waiting,
    Ready,
    CpuCores,
    MemoryBytes,
    /// Of the host's network, in bytes per second, as the disk's.
    Received,
    Sent,
    DiskRead,
    DiskWritten,
}

const GAUGES: [Gauge; 9] = [
    Gauge::InFlight,
    Gauge::Waiting,
    Gauge::Ready,
    Gauge::CpuCores,
    Gauge::MemoryBytes,
    Gauge::Received,
    Gauge::Sent,
    Gauge::DiskRead,
    Gauge::DiskWritten,
];

/// What gauges said of one thing over a stretch of time: means, but of what was ready and of memory the last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reading {
    /// Since 1970, in seconds.
    pub(crate) start: u32,
    /// Seconds of which something was said.
    pub(crate) said: u32,
    /// By [`Gauge`]; NaN where nothing was said. 24 bits are enough for what is drawn.
    pub(crate) values: [f32; GAUGES.len()],
}

impl Reading {
    /// Nothing said yet.
    pub(crate) fn at(start: u32) -> Reading {
        Reading { start, said: 1, values: [f32::NAN; GAUGES.len()] }
    }

    pub(crate) fn get(&self, gauge: Gauge) -> Option<f64> {
        let value = self.values[gauge as usize];
        (!value.is_nan()).then_some(f64::from(value))
    }

    /// Adds to what was said of the same second: a function's in flight are those of its routes.
    pub(crate) fn add(&mut self, gauge: Gauge, value: Option<f64>) {
        if let Some(value) = value {
            self.values[gauge as usize] = (self.get(gauge).unwrap_or(0.0) + value) as f32;
        }
    }

    /// Takes in what was said afterwards.
    pub(crate) fn absorb(&mut self, later: &Reading) {
        let (before, after) = (f64::from(self.said), f64::from(later.said));
        for gauge in GAUGES {
            let value = match (self.get(gauge), later.get(gauge)) {
                (Some(_), Some(last)) if matches!(gauge, Gauge::Ready | Gauge::MemoryBytes) => last,
                (Some(mean), Some(other)) => (mean * before + other * after) / (before + after),
                (Some(only), None) | (None, Some(only)) => only,
                (None, None) => continue,
            };
            self.values[gauge as usize] = value as f32;
        }
        self.said = self.said.saturating_add(later.said);
    }

    /// Appends it without its start: the seconds it is over, which gauges it has, and each as an `f32`.
    pub(crate) fn pack(&self, packed: &mut Vec<u8>) {
        let has = GAUGES.iter().filter(|gauge| self.get(**gauge).is_some());
        let mask = has.fold(0u16, |mask, gauge| mask | 1 << *gauge as u16);
        crate::packing::pack_number(packed, self.said.into());
        packed.extend_from_slice(&mask.to_le_bytes());
        let values = self.values.iter().filter(|value| !value.is_nan());
        values.for_each(|value| packed.extend_from_slice(&value.to_le_bytes()));
    }

    /// Reads one back.
    ///
    /// # Errors
    /// The bytes are no packed reading.
    pub(crate) fn unpack(start: u32, mut packed: &[u8]) -> Result<Reading, Broken> {
        let said = take_below(&mut packed, u64::from(u32::MAX) + 1)? as u32;
        let mask = u16::from_le_bytes(take_bytes(&mut packed)?);
        if said == 0 || mask >> GAUGES.len() != 0 {
            return Err(Broken::Range);
        }
        let mut reading = Reading { said, ..Reading::at(start) };
        for gauge in GAUGES.into_iter().filter(|gauge| mask & 1 << *gauge as u16 != 0) {
            let value = f32::from_le_bytes(take_bytes(&mut packed)?);
            if !value.is_finite() {
                return Err(Broken::Range);
            }
            reading.values[gauge as usize] = value;
        }
        if packed.is_empty() { Ok(reading) } else { Err(Broken::Long) }
    }
}

/// The last hour of readings: each second, then each ten.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    fine: VecDeque<Reading>,
    coarse: VecDeque<Reading>,
}

impl Readings {
    /// What is said of a second that was told of already takes its place; what is older than the last is not taken.
    pub(crate) fn add(&mut self, reading: Reading) {
        match self.fine.back_mut() {
            Some(last) if last.start == reading.start => *last = reading,
            Some(last) if last.start > reading.start => {}
            _ => self.fine.push_back(reading),
        }
    }

    /// Makes one reading of each ten seconds before `second`, the beginning of ten.
    pub(crate) fn coarsen(&mut self, second: u32) {
        while let Some(fine) = self.fine.pop_front_if(|fine| fine.start < second) {
            let slot = slot_of(fine.start);
            match self.coarse.back_mut().filter(|last| last.start == slot) {
                Some(last) => last.absorb(&fine),
                None => self.coarse.push_back(Reading { start: slot, ..fine }),
            }
        }
    }

    pub(crate) fn forget_before(&mut self, second: u32) {
        for queue in [&mut self.coarse, &mut self.fine] {
            while queue.pop_front_if(|reading| reading.start < second).is_some() {}
        }
    }

    /// What was said from `from` on and before `to`, together; `None`: nothing.
    pub(crate) fn sum(&self, from: u32, to: u32) -> Option<Reading> {
        let queues = [&self.coarse, &self.fine].into_iter();
        let readings = queues.flat_map(|queue| {
            let first = queue.partition_point(|reading| reading.start < from);
            queue.range(first..).take_while(|reading| reading.start < to)
        });
        readings.fold(None, |sum: Option<Reading>, reading| match sum {
            Some(mut sum) => {
                sum.absorb(reading);
                Some(sum)
            }
            None => Some(*reading),
        })
    }

    pub(crate) fn last(&self) -> Option<&Reading> {
        self.fine.back()
    }

    pub(crate) fn oldest(&self) -> Option<u32> {
        self.coarse.front().or(self.fine.front()).map(|reading| reading.start)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fine.is_empty() && self.coarse.is_empty()
    }

    pub(crate) fn bytes(&self) -> usize {
        (self.fine.len() + self.coarse.len()) * size_of::<Reading>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reading(start: u32, in_flight: Option<f64>, memory: Option<f64>) -> Reading {
        let mut reading = Reading::at(start);
        reading.add(Gauge::InFlight, in_flight);
        reading.add(Gauge::MemoryBytes, memory);
        reading
    }

    #[test]
    fn ten_seconds_are_the_mean_but_the_last_of_memory_and_what_nobody_said_is_not_zero() {
        let mut readings = Readings::default();
        for second in 100..110 {
            readings.add(reading(second, Some(f64::from(second)), Some(f64::from(second))));
        }
        readings.add(reading(110, None, Some(7.0)));
        readings.coarsen(120);
        let ten = readings.sum(100, 110).unwrap();
        assert_eq!((ten.get(Gauge::InFlight), ten.get(Gauge::MemoryBytes)), (Some(104.5), Some(109.0)));
        let next = readings.sum(110, 120).unwrap();
        assert_eq!((next.get(Gauge::InFlight), next.get(Gauge::Waiting)), (None, None));
        assert_eq!(readings.sum(120, 130), None);
        assert_eq!(readings.oldest(), Some(100));
    }

    #[test]
    fn a_second_told_of_twice_is_as_told_last() {
        let mut readings = Readings::default();
        readings.add(reading(100, Some(1.0), None));
        readings.add(reading(100, Some(3.0), None));
        readings.add(reading(99, Some(9.0), None));
        assert_eq!(readings.sum(0, 200).and_then(|sum| sum.get(Gauge::InFlight)), Some(3.0));
    }

    proptest! {
        #[test]
        fn a_packed_reading_is_the_same_and_garbage_never_panics(
            values in proptest::collection::vec(proptest::option::of(0.0f64..1e12), GAUGES.len()),
            garbage in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            let mut reading = Reading::at(5);
            GAUGES.into_iter().zip(values).for_each(|(gauge, value)| reading.add(gauge, value));
            let mut packed = Vec::new();
            reading.pack(&mut packed);
            let read = Reading::unpack(5, &packed).unwrap();
            prop_assert!(GAUGES.iter().all(|gauge| read.get(*gauge) == reading.get(*gauge)));
            let _ = Reading::unpack(5, &garbage);
        }
    }
}

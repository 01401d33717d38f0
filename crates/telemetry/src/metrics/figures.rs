//! The figures of [`naru_model::alert::FIGURES`] that series tell: what is inside processes, the machine, restarts.

use std::collections::BTreeMap;

use naru_model::metric::{Owner, Reading};

use super::State;
use super::host::{
    CORES, CPU_USED, DISK, DISK_USED, DROPS, ERRORS, MEMORY, MEMORY_USED, RECEIVED, SENT, SWAP, SWAP_USED,
};
use super::jvm::{Inside, Told, label, part};
use super::lane::SLOT;

/// Ends of a service's instances that nobody asked for, as the server counts them.
pub(super) const RESTARTS: &str = "naru.restarts";
/// Over how long they are told, in seconds.
pub(super) const RESTARTS_OVER: u32 = 600;

impl State {
    /// The figures of processes, of the machine, and restarts. A service's are those of its instance that is worst off.
    pub(super) fn figures(&self, now: u32) -> Vec<Reading> {
        let mut inside: BTreeMap<&Owner, Inside> = BTreeMap::new();
        let mut found: BTreeMap<(Owner, &'static str), f64> = BTreeMap::new();
        let mut host = Host::default();
        for source in self.fresh(now) {
            if let Some(part) = part(&source.key.name) {
                let of = inside.entry(&source.key.owner).or_default();
                source.told().into_iter().for_each(|told| of.take(part, &told));
            } else if source.key.owner == Owner::Host {
                source.told().into_iter().for_each(|told| host.take(&told));
            } else if source.key.name == RESTARTS {
                let from = now.saturating_sub(RESTARTS_OVER);
                let added =
                    source.lanes[0].stretches(from, now).map(|one| f64::from(one.mean) * f64::from(SLOT));
                // Rates are kept with 24 bits, and restarts are whole.
                found.insert((source.key.owner.clone(), "restarts"), added.sum::<f64>().round());
            }
        }
        for (owner, inside) in inside {
            for (figure, value) in inside.figures() {
                let Some(value) = value else { continue };
                let service = match owner {
                    Owner::Instance(id) => Some(Owner::Service(id.service.clone())),
                    _ => None,
                };
                for owner in [Some(owner.clone()), service].into_iter().flatten() {
                    let worst = found.entry((owner, figure)).or_insert(value);
                    *worst = worst.max(value);
                }
            }
        }
        let of_host = host.figures().into_iter().filter_map(|(figure, value)| Some((figure, value?)));
        found.extend(of_host.map(|(figure, value)| ((Owner::Host, figure), value)));
        let reading = |((owner, figure), value): ((Owner, &str), f64)| Reading {
            owner,
            figure: figure.to_owned(),
            value,
        };
        found.into_iter().map(reading).collect()
    }
}

/// What the machine told.
#[derive(Debug, Default)]
pub(super) struct Host {
    values: BTreeMap<&'static str, f64>,
    /// Used and total of each file system.
    disks: BTreeMap<String, (f64, f64)>,
}

impl Host {
    pub(super) fn take(&mut self, told: &Told<'_>) {
        let (name, value) = (told.key.name.as_str(), told.value);
        let single = [CORES, CPU_USED, MEMORY, MEMORY_USED, SWAP, SWAP_USED, RECEIVED, SENT];
        if let Some(known) = single.into_iter().find(|known| *known == name) {
            self.values.insert(known, value);
        } else if name == DISK || name == DISK_USED {
            let (used, total) = self.disks.entry(label(told.key, &["disk"]).to_owned()).or_default();
            *(if name == DISK { total } else { used }) = value;
        } else if name == ERRORS || name == DROPS {
            *self.values.entry(ERRORS).or_default() += value;
        }
    }

    fn share(&self, used: &str, total: &str) -> Option<f64> {
        let total = self.values.get(total).copied().filter(|total| *total > 0.0)?;
        Some(self.values.get(used)? / total)
    }

    pub(super) fn figures(&self) -> [(&'static str, Option<f64>); 6] {
        let disks = self.disks.values().filter(|(_, total)| *total > 0.0);
        let traffic = self.values.get(RECEIVED).zip(self.values.get(SENT));
        [
            ("cpu", self.share(CPU_USED, CORES)),
            ("memory", self.share(MEMORY_USED, MEMORY)),
            ("swap", self.share(SWAP_USED, SWAP)),
            ("disk", disks.map(|(used, total)| used / total).reduce(f64::max)),
            ("traffic", traffic.map(|(received, sent)| received + sent)),
            ("network_errors", self.values.get(ERRORS).copied()),
        ]
    }
}

//! Falling resolution: the older figures are, the longer the stretches that they are kept by.

use std::collections::BTreeMap;

use super::entry::Entry;
use crate::limits::ACTIVE_SECONDS;
use crate::live::Figures;

pub(super) const DAY: u32 = 86_400;

/// By minutes, ten minutes and hours: the length of the stretches, and from which age on they are made of the ones before.
pub(super) const LEVELS: [(u32, u32); 3] = [(60, 0), (600, 2 * DAY), (3600, 10 * DAY)];

/// Adds figures up into longer stretches. What can't be read is left out; returns how much that was.
pub(super) fn merge(entries: Vec<Entry>, width: u32, merged: &mut Merged) -> usize {
    let mut broken = 0;
    for entry in entries {
        let Ok(mut figures) = entry.unpack() else {
            broken += 1;
            continue;
        };
        let start = entry.start - entry.start % width;
        // Of users, those of the stretch's last five minutes are wanted.
        if figures.start.saturating_add(figures.seconds) <= (start + width).saturating_sub(ACTIVE_SECONDS) {
            figures.cell.users = None;
        }
        let mut stretch = Figures { start, ..figures };
        if let Some(gauges) = &mut stretch.gauges {
            gauges.start = start;
        }
        match merged.0.entry((entry.kind, entry.name, start)) {
            std::collections::btree_map::Entry::Vacant(place) => drop(place.insert(stretch)),
            std::collections::btree_map::Entry::Occupied(mut place) => {
                let sum = place.get_mut();
                sum.absorb(&stretch);
                // A minute in which naru was started again is in two parts.
                sum.seconds = sum.seconds.min(width);
            }
        }
    }
    broken
}

/// Longer stretches so far, by what they are of.
#[derive(Default)]
pub(super) struct Merged(BTreeMap<(String, String, u32), Figures>);

impl Merged {
    pub(super) fn into_entries(self) -> Vec<Entry> {
        let entries = self.0.into_iter().map(|((kind, name, start), figures)| {
            let (mut cell, mut gauges) = (Vec::new(), Vec::new());
            figures.cell.pack(&mut cell);
            if let Some(reading) = &figures.gauges {
                reading.pack(&mut gauges);
            }
            Entry { kind, name, start, seconds: figures.seconds, cell, gauges }
        });
        entries.collect()
    }
}

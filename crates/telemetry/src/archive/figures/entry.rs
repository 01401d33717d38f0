//! Figures at rest: of what, of when, and two packed pieces of bytes.

use naru_model::series::{Period, Subject};

use crate::cell::Cell;
use crate::gauge::Reading;
use crate::keys::Kind;
use crate::live::Figures;
use crate::packing::{Broken, pack_number, take_number};

/// What one thing was seen to do in one stretch of time, packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// As the file has it: `service`, `route`...
    pub(super) kind: String,
    /// Empty for everything and for the host.
    pub(super) name: String,
    /// Since 1970, in seconds.
    pub(super) start: u32,
    pub(super) seconds: u32,
    /// [`Cell::pack`].
    pub(super) cell: Vec<u8>,
    /// [`Reading::pack`]; empty without gauges.
    pub(super) gauges: Vec<u8>,
}

impl Entry {
    pub(super) fn of(subject: &Subject, figures: &Figures) -> Entry {
        let (kind, name) = key(subject);
        let (mut cell, mut gauges) = (Vec::new(), Vec::new());
        figures.cell.pack(&mut cell);
        if let Some(reading) = &figures.gauges {
            reading.pack(&mut gauges);
        }
        let (start, seconds) = (figures.start, figures.seconds);
        Entry { kind: kind.to_owned(), name, start, seconds, cell, gauges }
    }

    pub(super) fn unpack(&self) -> Result<Figures, Broken> {
        let mut cell = Cell::default();
        cell.add_packed(&self.cell)?;
        let gauges = (!self.gauges.is_empty()).then(|| Reading::unpack(self.start, &self.gauges));
        Ok(Figures { start: self.start, seconds: self.seconds, cell, gauges: gauges.transpose()? })
    }

    pub(super) fn overlaps(&self, period: Period) -> bool {
        self.start < period.to && self.start.saturating_add(self.seconds) > period.from
    }

    /// The memory it takes, about.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Entry>() + self.kind.len() + self.name.len() + self.cell.len() + self.gauges.len()
    }

    /// Appends it as the journal has it: each piece behind its length.
    pub(super) fn pack(&self, packed: &mut Vec<u8>) {
        pack_number(packed, self.start.into());
        pack_number(packed, self.seconds.into());
        for piece in [self.kind.as_bytes(), self.name.as_bytes(), &self.cell, &self.gauges] {
            pack_number(packed, piece.len() as u64);
            packed.extend_from_slice(piece);
        }
    }

    /// Takes one off the front.
    pub(super) fn take(packed: &mut &[u8]) -> Result<Entry, Broken> {
        let mut second = || u32::try_from(take_number(packed)?).map_err(|_| Broken::Range);
        let (start, seconds) = (second()?, second()?);
        let mut piece = || {
            let len = usize::try_from(take_number(packed)?).map_err(|_| Broken::Range)?;
            let (head, rest) = packed.split_at_checked(len).ok_or(Broken::Short)?;
            *packed = rest;
            Ok(head.to_vec())
        };
        let mut text = || String::from_utf8(piece()?).map_err(|_| Broken::Range);
        let (kind, name) = (text()?, text()?);
        Ok(Entry { kind, name, start, seconds, cell: piece()?, gauges: piece()? })
    }
}

/// What a file calls a subject.
pub(super) fn key(subject: &Subject) -> (&'static str, String) {
    match subject {
        Subject::All => ("all", String::new()),
        Subject::Host => ("host", String::new()),
        Subject::Service(name) => ("service", name.to_string()),
        Subject::Revision(name, revision) => ("revision", format!("{name}-{revision}")),
        Subject::Route(name) => ("route", name.clone()),
        Subject::Function(name) => ("function", name.to_string()),
        Subject::Instance(id) => ("instance", id.to_string()),
        Subject::Caller(name) => ("caller", name.to_string()),
    }
}

/// What its figures hold, by what a file calls it.
pub(super) fn kind(name: &str) -> Kind {
    match name {
        "host" => Kind::Host,
        "service" => Kind::Service,
        "revision" => Kind::Revision,
        "route" => Kind::Route,
        "function" => Kind::Function,
        "instance" => Kind::Instance,
        "caller" => Kind::Caller,
        _ => Kind::All,
    }
}

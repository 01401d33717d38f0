//! Finds traces in a file of spans: by the columns that decide, each different text looked at once, then what is wanted of
//! those found.

use std::ops::Range;

use naru_model::span::{SpanKind, Work};
use naru_model::trace::Span;
use naru_model::units::Timestamp;
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};
use parquet::errors::ParquetError;

use super::spans::Column;
use super::{Opened, both, text};
use crate::archive::rows::hexadecimal;
use crate::traces::search::{Brief, Wanted};
use crate::traces::shown::{self, instance};
use crate::traces::statements::Asked;

type Id = [u8; 16];

/// A trace in a row group: its id, and where its spans are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::traces) struct Run {
    pub(in crate::traces) trace_id: Id,
    pub(in crate::traces) rows: Range<usize>,
}

impl Opened {
    /// The traces of a row group that have a span which is wanted.
    pub(in crate::traces) fn find(
        &self,
        group: usize,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<Run>, ParquetError> {
        let (from, to) = (wanted.from, wanted.to);
        if self.ends(group).is_some_and(|(first, last)| last < from || first >= to) {
            return Ok(Vec::new());
        }
        let rows = 0..self.rows(group);
        let starts = self.times(group, Column::Start as usize, rows.clone())?;
        let mut found: Vec<bool> = starts.iter().map(|start| (from..to).contains(start)).collect();
        if let Some(service) = wanted.service {
            both(&mut found, &self.matching(group, Column::Service as usize, |text| text == service)?);
        }
        if let Some(work) = wanted.work {
            both(&mut found, &self.matching(group, Column::Work as usize, |text| text == work.as_str())?);
        }
        if wanted.errors {
            both(&mut found, &self.truths(group, Column::Error as usize, rows.clone())?);
        }
        if wanted.text.is_some() && found.contains(&true) {
            let mut named = self.matching(group, Column::Name as usize, |text| wanted.has_text(text))?;
            let detailed = self.matching(group, Column::Detail as usize, |text| wanted.has_text(text))?;
            named.iter_mut().zip(detailed).for_each(|(named, detailed)| *named |= detailed);
            both(&mut found, &named);
        }
        if wanted.attribute.is_some() && found.contains(&true) {
            let mut has =
                self.matching(group, Column::Attributes as usize, |json| wanted.has_attribute(json))?;
            let source =
                self.matching(group, Column::Resource as usize, |json| wanted.has_attribute(json))?;
            has.iter_mut().zip(source).for_each(|(has, source)| *has |= source);
            both(&mut found, &has);
        }
        if !found.contains(&true) {
            return Ok(Vec::new());
        }
        Ok(self.runs(group)?.into_iter().filter(|run| found[run.rows.clone()].contains(&true)).collect())
    }

    /// Where the spans of these traces are, in a row group.
    pub(in crate::traces) fn runs_of(
        &self,
        group: usize,
        is_wanted: impl Fn(&Id) -> bool,
        ids: &[Id],
    ) -> Result<Vec<Run>, ParquetError> {
        let mut may = false;
        for id in ids {
            may |= self.may_have(group, Column::Trace as usize, id)?;
        }
        if !may {
            return Ok(Vec::new());
        }
        Ok(self.runs(group)?.into_iter().filter(|run| is_wanted(&run.trace_id)).collect())
    }

    /// All traces of a row group.
    pub(in crate::traces) fn runs(&self, group: usize) -> Result<Vec<Run>, ParquetError> {
        let mut ids: Vec<FixedLenByteArray> = Vec::new();
        let rows = self.rows(group);
        self.cursor::<FixedLenByteArrayType>(group, Column::Trace as usize)?.read(0..rows, &mut ids)?;
        let mut runs: Vec<Run> = Vec::new();
        for (row, id) in ids.iter().enumerate() {
            match runs.last_mut() {
                Some(run) if run.trace_id == id.data() => run.rows.end = row + 1,
                _ => {
                    let trace_id = id.data().try_into().unwrap_or_default();
                    runs.push(Run { trace_id, rows: row..row + 1 });
                }
            }
        }
        Ok(runs)
    }

    /// What a list says of traces of a row group, which are in ascending order.
    pub(in crate::traces) fn briefs(&self, group: usize, runs: &[Run]) -> Result<Vec<Brief>, ParquetError> {
        let mut starts = self.cursor::<Int64Type>(group, Column::Start as usize)?;
        let mut durations = self.cursor::<Int64Type>(group, Column::Duration as usize)?;
        let mut parents = self.cursor::<Int64Type>(group, Column::Parent as usize)?;
        let mut services = self.cursor::<ByteArrayType>(group, Column::Service as usize)?;
        let mut names = self.cursor::<ByteArrayType>(group, Column::Name as usize)?;
        let mut errors = self.cursor::<BoolType>(group, Column::Error as usize)?;
        let (mut start, mut duration, mut parent) = (Vec::new(), Vec::new(), Vec::new());
        let (mut service, mut name, mut error) = (Vec::new(), Vec::new(), Vec::new());
        let mut briefs = Vec::with_capacity(runs.len());
        for run in runs {
            starts.read(run.rows.clone(), &mut start)?;
            durations.read(run.rows.clone(), &mut duration)?;
            parents.read(run.rows.clone(), &mut parent)?;
            services.read(run.rows.clone(), &mut service)?;
            names.read(run.rows.clone(), &mut name)?;
            errors.read(run.rows.clone(), &mut error)?;
            let mut brief = Brief::of(run.trace_id);
            for at in 0..run.rows.len() {
                let root = parent[at] == 0;
                let (from, took) = (start[at] as u64, duration[at] as u64);
                brief.add(from, took, text(&service[at]), text(&name[at]), error[at], root);
            }
            briefs.push(brief);
        }
        Ok(briefs)
    }

    /// Gives the database calls of each trace of a row group that one of the wanted services has a part in.
    pub(in crate::traces) fn asked(
        &self,
        group: usize,
        is_wanted: impl Fn(&str) -> bool,
        mut each: impl FnMut(&Id, &mut dyn Iterator<Item = Asked<'_>>),
    ) -> Result<(), ParquetError> {
        let calls = self.matching(group, Column::Work as usize, |text| text == Work::Database.as_str())?;
        let own = self.matching(group, Column::Service as usize, is_wanted)?;
        let wanted =
            |run: &Run| calls[run.rows.clone()].contains(&true) && own[run.rows.clone()].contains(&true);
        let runs: Vec<Run> = self.runs(group)?.into_iter().filter(wanted).collect();
        let mut starts = self.cursor::<Int64Type>(group, Column::Start as usize)?;
        let mut durations = self.cursor::<Int64Type>(group, Column::Duration as usize)?;
        let mut errors = self.cursor::<BoolType>(group, Column::Error as usize)?;
        let texts = |column: Column| self.cursor::<ByteArrayType>(group, column as usize);
        let mut columns = [
            texts(Column::Service)?,
            texts(Column::System)?,
            texts(Column::Peer)?,
            texts(Column::Name)?,
            texts(Column::Detail)?,
        ];
        for run in runs {
            let rows = || run.rows.clone();
            let (mut start, mut duration, mut error) = (Vec::new(), Vec::new(), Vec::new());
            starts.read(rows(), &mut start)?;
            durations.read(rows(), &mut duration)?;
            errors.read(rows(), &mut error)?;
            let mut read: [Vec<ByteArray>; 5] = Default::default();
            for (column, values) in columns.iter_mut().zip(&mut read) {
                column.read(rows(), values)?;
            }
            let [services, systems, peers, names, details] = &read;
            let asked = |at: usize| Asked {
                service: text(&services[at]),
                system: text(&systems[at]),
                peer: text(&peers[at]),
                name: text(&names[at]),
                detail: text(&details[at]),
                start: start[at] as u64,
                duration_us: duration[at] as u64,
                error: error[at],
            };
            let mut of_run = (0..run.rows.len()).filter(|at| calls[run.rows.start + at]).map(asked);
            each(&run.trace_id, &mut of_run);
        }
        Ok(())
    }

    /// All of a trace's spans in a row group.
    pub(in crate::traces) fn spans(&self, group: usize, run: &Run) -> Result<Vec<Span>, ParquetError> {
        let rows = || run.rows.clone();
        let texts = |column: Column| self.texts(group, column as usize, rows());
        let numbers = |column: Column| self.numbers(group, column as usize, rows());
        let mut ids: Vec<FixedLenByteArray> = Vec::new();
        self.cursor::<FixedLenByteArrayType>(group, Column::Id as usize)?.read(rows(), &mut ids)?;
        let mut above = Vec::new();
        self.cursor::<Int64Type>(group, Column::Parent as usize)?.read(rows(), &mut above)?;
        let elsewhere =
            self.cursor::<FixedLenByteArrayType>(group, Column::ParentId as usize)?.options(rows())?;
        let (starts, durations) = (
            self.times(group, Column::Start as usize, rows())?,
            self.times(group, Column::Duration as usize, rows())?,
        );
        let errors = self.truths(group, Column::Error as usize, rows())?;
        let (services, names, kinds, works) =
            (texts(Column::Service)?, texts(Column::Name)?, texts(Column::Kind)?, texts(Column::Work)?);
        let (revisions, ordinals, statuses) =
            (numbers(Column::Revision)?, numbers(Column::Ordinal)?, numbers(Column::Status)?);
        let (scopes, systems, peers) = (texts(Column::Scope)?, texts(Column::System)?, texts(Column::Peer)?);
        let (details, messages) = (texts(Column::Detail)?, texts(Column::Message)?);
        let (attributes, events, resources) =
            (texts(Column::Attributes)?, texts(Column::Events)?, texts(Column::Resource)?);
        let span = |at: usize| {
            let parent = usize::try_from(at as i64 - above[at]).ok().filter(|_| above[at] != 0);
            let parent = parent.and_then(|parent| ids.get(parent)).or(elsewhere[at].as_ref());
            Span {
                span_id: hexadecimal(ids[at].data()),
                parent_id: parent.map(|id| hexadecimal(id.data())).unwrap_or_default(),
                service: text(&services[at]).to_owned(),
                instance: instance(text(&services[at]), revisions[at], ordinals[at]),
                name: text(&names[at]).to_owned(),
                kind: SpanKind::from_name(text(&kinds[at])).unwrap_or_default(),
                work: Work::from_name(text(&works[at])).unwrap_or_default(),
                start: Timestamp(starts[at]),
                seconds: durations[at] as f64 / 1e6,
                error: errors[at],
                status: statuses[at] as u16,
                scope: text(&scopes[at]).to_owned(),
                system: text(&systems[at]).to_owned(),
                peer: text(&peers[at]).to_owned(),
                detail: text(&details[at]).to_owned(),
                message: text(&messages[at]).to_owned(),
                attributes: shown::json(text(&attributes[at])),
                resource: shown::json(text(&resources[at])),
                events: shown::events(text(&events[at])),
            }
        };
        Ok((0..run.rows.len()).map(span).collect())
    }
}

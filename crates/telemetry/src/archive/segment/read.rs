//! Finds transactions in a segment: by the index of its pages, then by the columns that decide, then the rest of the
//! columns for those found.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use naru_model::instance::InstanceId;
use naru_model::record::{Fault, Method};
use naru_model::series::{Filter, Subject, Transaction};
use naru_model::units::Timestamp;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, FixedLenByteArrayType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMask, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;
use serde::Deserialize;

use super::Segment;
use super::filter::Others;
use super::footer;
use super::schema::{CALLS, Column, GROUPS, PAGE_ROWS, schema};
use crate::archive::calls::Sums;
use crate::archive::cursor::Cursor;
use crate::archive::error::Error;
use crate::archive::layout;
use crate::archive::rows::{Group, belongs, hexadecimal, is_named, seconds};
use crate::archive::source::Source;

/// Which transactions are wanted.
#[derive(Debug, Clone)]
pub(in crate::archive) struct Choice<'s> {
    pub(in crate::archive) subject: &'s Subject,
    /// When they ended, from and before, in microseconds since 1970.
    pub(in crate::archive) from: u64,
    pub(in crate::archive) to: u64,
    /// The response time, both included.
    pub(in crate::archive) at_least_us: u32,
    pub(in crate::archive) at_most_us: u32,
    /// Only those that failed by the service's or the platform's fault.
    pub(in crate::archive) errors: bool,
    /// What else they must be.
    pub(in crate::archive) filter: Option<&'s Filter>,
}

/// What tells a found transaction from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::archive) struct Part {
    pub(in crate::archive) row: u32,
    pub(in crate::archive) end: u64,
    pub(in crate::archive) response_us: u32,
    /// By the service's or the platform's fault.
    pub(in crate::archive) error: bool,
}

/// Which columns beside those that are always read.
#[derive(Debug, Clone, Copy)]
pub(in crate::archive) struct Wants {
    pub(in crate::archive) addresses: bool,
    pub(in crate::archive) methods: bool,
    pub(in crate::archive) statuses: bool,
}

/// Columns of rows that were asked for; those not wanted are empty.
#[derive(Debug, Default)]
pub(in crate::archive) struct Traits {
    pub(in crate::archive) groups: Vec<i32>,
    pub(in crate::archive) faults: Vec<i32>,
    pub(in crate::archive) received: Vec<i64>,
    pub(in crate::archive) sent: Vec<i64>,
    pub(in crate::archive) addresses: Vec<ByteArray>,
    pub(in crate::archive) methods: Vec<ByteArray>,
    pub(in crate::archive) statuses: Vec<i32>,
}

/// A segment whose footer was read.
pub(in crate::archive) struct Opened {
    path: PathBuf,
    pub(super) source: Arc<Source>,
    pub(super) metadata: ParquetMetaData,
    groups: Vec<Group>,
}

impl Segment {
    /// Reads what a segment's footer tells of it.
    ///
    /// # Errors
    /// The file is cut short, or none of naru's.
    pub(in crate::archive) fn find(path: &Path, number: u64) -> Result<Segment, Error> {
        let opened = Opened::read(path, false)?;
        let (first, last) = opened.ends()?;
        Ok(Segment {
            path: path.to_owned(),
            number,
            first,
            last,
            rows: opened.rows() as u64,
            bytes: parquet::file::reader::Length::len(&*opened.source),
            broken: AtomicBool::new(false),
        })
    }
}

impl Opened {
    pub(in crate::archive) fn open(path: &Path) -> Result<Opened, Error> {
        Opened::read(path, true)
    }

    fn read(path: &Path, pages: bool) -> Result<Opened, Error> {
        let source = Arc::new(Source::open(path)?);
        let policy = if pages { PageIndexPolicy::Required } else { PageIndexPolicy::Skip };
        let metadata = ParquetMetaDataReader::new()
            .with_page_index_policy(policy)
            .with_column_index_mask(ColumnChunkMask::columns([
                Column::End as usize,
                Column::Response as usize,
            ]))
            .parse_and_finish(&*source)
            .map_err(Error::parquet("read", path))?;
        let foreign = |reason: &str| Error::Foreign { path: path.to_owned(), reason: reason.to_owned() };
        let wanted = schema().map_err(Error::parquet("read", path))?;
        let has_callers = metadata.file_metadata().schema().get_fields().len() == Column::ALL.len();
        let wanted = &wanted.get_fields()[..Column::ALL.len() - usize::from(!has_callers)];
        if metadata.num_row_groups() != 1 || !layout::is_of(&metadata, wanted) {
            return Err(foreign("it has other columns; move it out of the folder"));
        }
        let keys = metadata.file_metadata().key_value_metadata();
        let groups =
            keys.into_iter().flatten().find(|entry| entry.key == GROUPS).and_then(|e| e.value.as_deref());
        let groups: Option<Vec<Written>> = groups.and_then(|text| footer::unpack(text).ok());
        let groups = groups.ok_or_else(|| foreign("it does not say what its groups are; remove it"))?;
        let groups = groups.into_iter().map(Written::group).collect();
        Ok(Opened { path: path.to_owned(), source, metadata, groups })
    }

    pub(in crate::archive) fn rows(&self) -> usize {
        usize::try_from(self.metadata.row_group(0).num_rows()).unwrap_or(0)
    }

    /// When the first and the last transaction ended.
    fn ends(&self) -> Result<(u64, u64), Error> {
        match self.metadata.row_group(0).column(Column::End as usize).statistics() {
            Some(Statistics::Int64(ends)) => ends.min_opt().copied().zip(ends.max_opt().copied()),
            _ => None,
        }
        .map(|(first, last)| (first as u64, last as u64))
        .ok_or_else(|| Error::Foreign {
            path: self.path.clone(),
            reason: "it does not say when its transactions ended; remove it".to_owned(),
        })
    }

    /// Gives each transaction that is wanted, in the order of the file.
    pub(in crate::archive) fn scan(&self, choice: &Choice<'_>, each: impl FnMut(Part)) -> Result<(), Error> {
        self.scan_pages(choice, each).map_err(Error::parquet("read", &self.path))
    }

    fn scan_pages(&self, choice: &Choice<'_>, mut each: impl FnMut(Part)) -> Result<(), ParquetError> {
        let wanted = |group: &Group| {
            may_belong(choice.subject, group) && choice.filter.is_none_or(|filter| is_named(filter, group))
        };
        let of_subject: Vec<bool> = self.groups.iter().map(wanted).collect();
        if !of_subject.contains(&true) || !self.may_have_trace(choice)? {
            return Ok(());
        }
        let every_group = !of_subject.contains(&false);
        let mut responses = self.cursor::<Int32Type>(Column::Response)?;
        let mut groups = self.cursor::<Int32Type>(Column::Group)?;
        let mut ordinals = self.cursor::<Int32Type>(Column::Ordinal)?;
        let mut faults = self.cursor::<Int32Type>(Column::Fault)?;
        let mut ends = self.cursor::<Int64Type>(Column::End)?;
        let mut others = Others::default();
        let (mut values, mut times, mut parts) = (Vec::new(), Vec::new(), Vec::<Part>::new());
        for page in self.pages(choice) {
            parts.clear();
            responses.read(page.clone(), &mut values)?;
            let found = page.clone().zip(&values).map(|(row, value)| (row, *value as u32));
            let wanted = found.filter(|(_, us)| (choice.at_least_us..=choice.at_most_us).contains(us));
            parts.extend(wanted.map(|(row, response_us)| Part {
                row: row as u32,
                end: 0,
                response_us,
                error: false,
            }));
            if !every_group {
                keep(&mut groups, &mut parts, &mut values, |group| {
                    of_subject.get(group as usize).copied().unwrap_or(false)
                })?;
            }
            if let Some(filter) = choice.filter {
                others.keep(self, filter, &mut parts)?;
            }
            if let Subject::Instance(id) = choice.subject {
                keep(&mut ordinals, &mut parts, &mut values, |ordinal| ordinal as u32 == id.ordinal)?;
            }
            faults.read_of(&page, &parts, &mut values)?;
            for (part, fault) in parts.iter_mut().zip(&values) {
                part.error = *fault == Fault::Service as i32 || *fault == Fault::Platform as i32;
            }
            if choice.errors {
                parts.retain(|part| part.error);
            }
            ends.read_of(&page, &parts, &mut times)?;
            for (part, end) in parts.iter_mut().zip(&times) {
                part.end = *end as u64;
                if (choice.from..choice.to).contains(&part.end) {
                    each(*part);
                }
            }
        }
        Ok(())
    }

    /// The rows of the pages in which something wanted may be.
    fn pages(&self, choice: &Choice<'_>) -> Vec<std::ops::Range<usize>> {
        let rows = self.rows();
        let index = self.metadata.page_index_for_row_group(0);
        let starts = |column: Column| -> Vec<usize> {
            let pages = index.page_locations(column as usize);
            pages
                .into_iter()
                .flatten()
                .map(|page| usize::try_from(page.first_row_index).unwrap_or(0))
                .collect()
        };
        let starts_of_ends = starts(Column::End);
        let same = starts_of_ends == starts(Column::Response) && starts_of_ends.first() == Some(&0);
        let (Some(ColumnIndexMetaData::INT64(ends)), Some(ColumnIndexMetaData::INT32(responses)), true) =
            (index.column_index(Column::End as usize), index.column_index(Column::Response as usize), same)
        else {
            // Written by another hand: everything is looked at.
            let starts = (0..rows).step_by(PAGE_ROWS);
            return starts.map(|start| start..(start + PAGE_ROWS).min(rows)).collect();
        };
        let stops = starts_of_ends.iter().skip(1).copied().chain([rows]);
        let pages = starts_of_ends.iter().copied().zip(stops).enumerate();
        pages
            .filter(|(at, _)| {
                let within = |low: Option<u64>, high: Option<u64>, from: u64, to: u64| {
                    low.is_none_or(|low| low <= to) && high.is_none_or(|high| high >= from)
                };
                let time = |value: Option<&i64>| value.map(|value| *value as u64);
                let response = |value: Option<&i32>| value.map(|value| u64::from(*value as u32));
                within(
                    time(ends.min_value(*at)),
                    time(ends.max_value(*at)),
                    choice.from,
                    choice.to.saturating_sub(1),
                ) && within(
                    response(responses.min_value(*at)),
                    response(responses.max_value(*at)),
                    choice.at_least_us.into(),
                    choice.at_most_us.into(),
                )
            })
            .map(|(_, (start, stop))| start..stop)
            .collect()
    }

    /// What those of these rows are added up by, which are in ascending order.
    pub(in crate::archive) fn traits(&self, parts: &[Part], wants: Wants) -> Result<Traits, Error> {
        self.gather_traits(parts, wants).map_err(Error::parquet("read", &self.path))
    }

    fn gather_traits(&self, parts: &[Part], wants: Wants) -> Result<Traits, ParquetError> {
        let mut traits = Traits::default();
        let rows = || rows_of(parts);
        self.cursor::<Int32Type>(Column::Group)?.gather(rows(), &mut traits.groups)?;
        self.cursor::<Int32Type>(Column::Fault)?.gather(rows(), &mut traits.faults)?;
        self.cursor::<Int64Type>(Column::Received)?.gather(rows(), &mut traits.received)?;
        self.cursor::<Int64Type>(Column::Sent)?.gather(rows(), &mut traits.sent)?;
        if wants.addresses {
            self.cursor::<ByteArrayType>(Column::Client)?.gather(rows(), &mut traits.addresses)?;
        }
        if wants.methods {
            self.cursor::<ByteArrayType>(Column::Method)?.gather(rows(), &mut traits.methods)?;
        }
        if wants.statuses {
            self.cursor::<Int32Type>(Column::Status)?.gather(rows(), &mut traits.statuses)?;
        }
        Ok(traits)
    }

    /// Its calls added up; `None` of a segment that an earlier naru wrote.
    pub(in crate::archive) fn sums(&self) -> Option<Sums> {
        let keys = self.metadata.file_metadata().key_value_metadata();
        let text = keys?.iter().find(|entry| entry.key == CALLS)?.value.as_deref()?;
        footer::unpack(text).ok()
    }

    pub(in crate::archive) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// All of a range of rows, in the order of the file.
    pub(in crate::archive) fn range(&self, rows: std::ops::Range<usize>) -> Result<Vec<Transaction>, Error> {
        let (mut ends, mut responses) = (Vec::new(), Vec::new());
        let mut read = || {
            self.cursor::<Int64Type>(Column::End)?.read(rows.clone(), &mut ends)?;
            self.cursor::<Int32Type>(Column::Response)?.read(rows.clone(), &mut responses)
        };
        read().map_err(Error::parquet("read", &self.path))?;
        let part = |((row, end), response): ((usize, i64), i32)| Part {
            row: row as u32,
            end: end as u64,
            response_us: response as u32,
            error: false,
        };
        self.transactions(&rows.zip(ends).zip(responses).map(part).collect::<Vec<Part>>())
    }

    /// All of these rows, which are in ascending order.
    pub(in crate::archive) fn transactions(&self, parts: &[Part]) -> Result<Vec<Transaction>, Error> {
        self.gather(parts).map_err(Error::parquet("read", &self.path))
    }

    fn gather(&self, parts: &[Part]) -> Result<Vec<Transaction>, ParquetError> {
        let numbers = |column| -> Result<Vec<i32>, ParquetError> {
            let mut values = Vec::new();
            self.cursor::<Int32Type>(column)?.gather(rows_of(parts), &mut values)?;
            Ok(values)
        };
        let large = |column| -> Result<Vec<i64>, ParquetError> {
            let mut values = Vec::new();
            self.cursor::<Int64Type>(column)?.gather(rows_of(parts), &mut values)?;
            Ok(values)
        };
        let texts = |column| -> Result<Vec<ByteArray>, ParquetError> {
            let mut values = Vec::new();
            self.cursor::<ByteArrayType>(column)?.gather(rows_of(parts), &mut values)?;
            Ok(values)
        };
        let (waiting, connecting) = (numbers(Column::Waiting)?, numbers(Column::Connecting)?);
        let (other, groups, ordinals) =
            (large(Column::Other)?, numbers(Column::Group)?, numbers(Column::Ordinal)?);
        let (clients, methods, paths) =
            (texts(Column::Client)?, texts(Column::Method)?, texts(Column::Path)?);
        let (statuses, faults, attempts) =
            (numbers(Column::Status)?, numbers(Column::Fault)?, numbers(Column::Attempts)?);
        let (received, sent) = (large(Column::Received)?, large(Column::Sent)?);
        let traces = self.traces(parts)?;
        let no_group = Group::default();
        let transactions = parts.iter().zip(traces).enumerate().map(|(at, (part, trace_id))| {
            let Group { service, revision, function, route, caller } =
                self.groups.get(groups[at] as usize).unwrap_or(&no_group);
            let parts_us = i64::from(waiting[at] as u32) + i64::from(connecting[at] as u32) + other[at];
            let upstream_us = i64::from(part.response_us) - parts_us;
            let service = service.parse().ok();
            let instance = service.clone().filter(|_| *revision > 0).map(|service| InstanceId {
                service,
                revision: *revision,
                ordinal: ordinals[at] as u32,
            });
            Transaction {
                end: Timestamp(part.end),
                response_seconds: seconds(part.response_us),
                waiting_seconds: seconds(waiting[at] as u32),
                upstream_seconds: seconds(u32::try_from(upstream_us).unwrap_or(0)),
                route: route.clone(),
                function: function.parse().ok(),
                service,
                instance,
                caller: caller.parse().ok(),
                client: text(&clients[at]).parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
                method: Method::from_name(text(&methods[at]).as_bytes()),
                status: statuses[at] as u16,
                fault: fault(faults[at]),
                attempts: attempts[at] as u8,
                received_bytes: received[at] as u64,
                sent_bytes: sent[at] as u64,
                path: text(&paths[at]).to_owned(),
                trace_id,
            }
        });
        Ok(transactions.collect())
    }

    fn traces(&self, parts: &[Part]) -> Result<Vec<String>, ParquetError> {
        let mut cursor = self.cursor::<FixedLenByteArrayType>(Column::Trace)?;
        let trace = |part: &Part| {
            Ok(cursor.optional(part.row)?.map(|trace| hexadecimal(trace.data())).unwrap_or_default())
        };
        parts.iter().map(trace).collect()
    }

    pub(super) fn cursor<T: DataType>(&self, column: Column) -> Result<Cursor<T>, ParquetError> {
        Cursor::new(&self.source, &self.metadata, 0, column as usize)
    }
}

/// Leaves those out whose value is not wanted.
pub(super) fn keep(
    cursor: &mut Cursor<Int32Type>,
    parts: &mut Vec<Part>,
    values: &mut Vec<i32>,
    wanted: impl Fn(i32) -> bool,
) -> Result<(), ParquetError> {
    cursor.gather(rows_of(parts), values)?;
    let mut values = values.iter();
    parts.retain(|_| values.next().is_some_and(|value| wanted(*value)));
    Ok(())
}

impl<T: DataType> Cursor<T> {
    /// The values of these rows of a page: at once when they are all of it.
    fn read_of(
        &mut self,
        page: &std::ops::Range<usize>,
        parts: &[Part],
        values: &mut Vec<T::T>,
    ) -> Result<(), ParquetError> {
        if parts.len() == page.len() {
            self.read(page.clone(), values)
        } else {
            self.gather(rows_of(parts), values)
        }
    }
}

pub(super) fn rows_of(parts: &[Part]) -> impl Iterator<Item = u32> {
    parts.iter().map(|part| part.row)
}

/// Whether any transaction of the group may be the subject's. Of an instance, the ordinal decides.
fn may_belong(subject: &Subject, group: &Group) -> bool {
    let ordinal = if let Subject::Instance(id) = subject { id.ordinal } else { 0 };
    belongs(subject, group, ordinal)
}

/// A group as a segment has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Now(Group),
    /// Before there were clients: service, revision, function, route.
    Before(String, u32, String, String),
}

impl Written {
    fn group(self) -> Group {
        match self {
            Written::Now(group) => group,
            Written::Before(service, revision, function, route) => {
                Group { service, revision, function, route, caller: String::new() }
            }
        }
    }
}

fn text(value: &ByteArray) -> &str {
    value.as_utf8().unwrap_or_default()
}

pub(in crate::archive) fn fault(number: i32) -> Fault {
    [Fault::None, Fault::Client, Fault::Service, Fault::Platform]
        .get(number as usize)
        .copied()
        .unwrap_or_default()
}

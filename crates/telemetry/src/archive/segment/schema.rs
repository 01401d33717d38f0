//! The columns of a segment, and how each is packed.
//!
//! Times and sizes are split into byte streams (BYTE_STREAM_SPLIT), so that zstd sees the bytes that hardly change apart
//! from those that are noise; what repeats is in dictionaries. Measured on the load of `bench/telemetry`, see there.

use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::{ColumnPath, TypePtr};

use crate::archive::layout::{self, Field, Packing, Shape};

/// Columns in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    End,
    Response,
    Waiting,
    Connecting,
    Other,
    Group,
    Service,
    Revision,
    Ordinal,
    Function,
    Route,
    Client,
    Method,
    Protocol,
    Status,
    Fault,
    Attempts,
    Received,
    Sent,
    Path,
    Trace,
    /// Not in segments of before there were clients.
    Caller,
}

impl Column {
    pub(super) const ALL: [Column; 22] = [
        Column::End,
        Column::Response,
        Column::Waiting,
        Column::Connecting,
        Column::Other,
        Column::Group,
        Column::Service,
        Column::Revision,
        Column::Ordinal,
        Column::Function,
        Column::Route,
        Column::Client,
        Column::Method,
        Column::Protocol,
        Column::Status,
        Column::Fault,
        Column::Attempts,
        Column::Received,
        Column::Sent,
        Column::Path,
        Column::Trace,
        Column::Caller,
    ];

    const fn field(self) -> Field {
        use Packing::{Dictionary, Plain, Split};
        use Shape::{MaybeIdentifier, Signed, Text, Time, Unsigned};
        match self {
            Column::End => Field::new("end", Time, Split).with_pages(),
            Column::Response => Field::new("response_us", Unsigned(32), Split).with_pages(),
            Column::Waiting => Field::new("waiting_us", Unsigned(32), Split),
            Column::Connecting => Field::new("connecting_us", Unsigned(32), Split),
            Column::Other => Field::new("other_us", Signed, Split),
            Column::Group => Field::new("group", Unsigned(32), Dictionary),
            Column::Service => Field::new("service", Text, Dictionary),
            Column::Revision => Field::new("revision", Unsigned(32), Dictionary),
            Column::Ordinal => Field::new("ordinal", Unsigned(32), Dictionary),
            Column::Function => Field::new("function", Text, Dictionary),
            Column::Route => Field::new("route", Text, Dictionary),
            Column::Client => Field::new("client", Text, Dictionary),
            Column::Method => Field::new("method", Text, Dictionary),
            Column::Protocol => Field::new("protocol", Unsigned(8), Dictionary),
            Column::Status => Field::new("status", Unsigned(16), Dictionary),
            Column::Fault => Field::new("fault", Unsigned(8), Dictionary),
            Column::Attempts => Field::new("attempts", Unsigned(8), Dictionary),
            Column::Received => Field::new("received_bytes", Signed, Split),
            Column::Sent => Field::new("sent_bytes", Signed, Split),
            Column::Path => Field::new("path", Text, Dictionary),
            Column::Trace => Field::new("trace_id", MaybeIdentifier(16), Plain),
            Column::Caller => Field::new("caller", Text, Dictionary),
        }
    }
}

/// Rows of a page: what is read at once to show one transaction.
pub(super) const PAGE_ROWS: usize = 8192;
/// Rows of a slice: they are sorted by their end from slice to slice, and by what they are of within one. A multiple of
/// [`PAGE_ROWS`].
pub(in crate::archive) const SLICE_ROWS: usize = 64 << 10;
/// Under this key of the file's metadata: what each number of the column `group` stands for.
pub(super) const GROUPS: &str = "naru.groups";
/// Under this one: the calls added up, see [`crate::archive::calls`].
pub(super) const CALLS: &str = "naru.calls";

/// Of the filter that tells which trace ids a segment has: how many it may hold, and how often it may be wrong.
const FILTERED: (u64, f64) = (1 << 20, 0.01);

pub(super) fn schema() -> Result<TypePtr, ParquetError> {
    layout::schema("transactions", &Column::ALL.map(Column::field))
}

pub(super) fn properties() -> WriterProperties {
    let traces = ColumnPath::from(Column::Trace.field().name);
    layout::properties(&Column::ALL.map(Column::field), PAGE_ROWS)
        .set_column_bloom_filter_enabled(traces.clone(), true)
        .set_column_bloom_filter_max_ndv(traces.clone(), FILTERED.0)
        .set_column_bloom_filter_fpp(traces, FILTERED.1)
        .build()
}

//! How much the series of metrics take at most.
//!
//! A series takes 1.7 KB for its values and some 0.5 KB for its names: 55 MB for all. A histogram is five series. On the disk a
//! minute of one takes some 5 bytes. What is over a bound is dropped, counted and said once.

/// All series together.
pub const SERIES: usize = 25_000;
/// Of one owner: an instance that makes labels of what its users type does not take the others' places.
pub const SERIES_OF_ONE: usize = 5_000;
/// Of a metric, in bytes. Source: OpenTelemetry, "Metrics API", "Instrument name syntax" (255 characters).
pub const MAX_NAME: usize = 255;
/// Of one series. Source: OpenTelemetry, "Common concepts", "Attribute limits" (128).
pub const MAX_LABELS: usize = 128;
/// Names and values of all labels of one series together, in bytes.
pub const MAX_LABEL_BYTES: usize = 4096;
/// Of one histogram. Source: OpenTelemetry's exponential histograms have 160 by default.
pub const MAX_BUCKETS: usize = 512;
/// How old a point may be when it comes, in seconds.
pub const MAX_LATE: u32 = 600;
/// In memory after its last point, in seconds.
pub const FORGOTTEN_AFTER: u32 = 3600;
/// Points that wait to be written, in bytes of the journal: some 300,000.
pub const MAX_PENDING: usize = 8 << 20;
/// What a start may have to read, in bytes; then a new journal is begun.
pub const MAX_JOURNAL: u64 = 256 << 20;
/// All files of metrics together, in bytes: the oldest go first.
pub const ALL_BYTES: u64 = 1 << 30;
/// The most series in one answer.
pub const MAX_FOUND: usize = 500;

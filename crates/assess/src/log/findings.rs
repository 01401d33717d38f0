//! What an access log says of a system: plain figures, each with its unit, as `naru assess logs --json` prints them and as
//! verdict, target model and the tender's rows are made from. Nothing in here is worded.
//!
//! Hours, days and weekdays are those of [`Period::offset_seconds`], the zone that the log was written in.

mod people;

use naru_model::units::Timestamp;
use serde::{Deserialize, Serialize};

pub use people::{Robots, Sessions, Sign, Suspect, Users};

/// All that was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    pub sources: Sources,
    /// Absent when no line could be read.
    pub period: Option<Period>,
    pub volume: Volume,
    pub users: Users,
    /// Every hour of the period in order, those without a request included. At most 1,000,000.
    pub hours: Vec<Hour>,
    pub peaks: Peaks,
    pub rhythm: Rhythm,
    /// Outages and slowness as users saw them, by time. At most 1,000.
    pub windows: Vec<Window>,
    /// Of all requests; absent when the log has no response times.
    pub latency: Option<Latency>,
    /// By share of requests, the largest first.
    pub functions: Vec<Function>,
    pub robots: Robots,
    pub tables: Tables,
    /// Absent when no history was given.
    pub history: Option<History>,
    /// What is not exact, and how far off it may be. Empty when every figure is exact.
    pub approximations: Vec<Approximation>,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sources {
    /// In the order given.
    pub files: Vec<SourceFile>,
    /// Before decompression.
    pub bytes_stored: u64,
    /// As text.
    pub bytes_read: u64,
    /// `requests + broken + remarks`.
    pub lines: u64,
    /// Lines that are no requests and are meant to be none: empty ones, `#` directives of W3C logs.
    pub remarks: u64,
    pub broken: u64,
    /// By count, the most frequent reason first.
    pub broken_by_reason: Vec<Broken>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceFile {
    /// As given; `-` is standard input.
    pub name: String,
    /// The format that was found or given, as a pattern or `w3c`, `json`.
    pub format: String,
    /// `plain`, `gzip` or `zstd`.
    pub packing: String,
    /// What a response time without a unit was taken for: `s`, `ms`, `us`. Absent when the format has none.
    pub time_unit: Option<String>,
    pub lines: u64,
}

/// Lines that could not be read, by why.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Broken {
    pub reason: BrokenReason,
    pub count: u64,
    /// The first by file and line, at most 5.
    pub examples: Vec<BrokenLine>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BrokenReason {
    /// The line ends before its format does.
    #[default]
    Truncated,
    /// What stands between two fields is not what the format says.
    Format,
    /// No time, or none between 1990 and 2100.
    Time,
    /// No method and target: what attackers and TLS clients on a plain port leave behind.
    Request,
    /// No number from 100 to 599.
    Status,
    /// Longer than 1 MiB.
    TooLong,
    /// The compressed file ends early or is damaged from here on.
    Damaged,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BrokenLine {
    pub file: String,
    /// From 1.
    pub line: u64,
    /// Its first 200 bytes, what is no UTF-8 or no printable character replaced.
    pub text: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Period {
    /// Of the first request.
    pub from: Timestamp,
    /// Of the last one.
    pub to: Timestamp,
    /// East of UTC: 32,400 in Korea.
    pub offset_seconds: i32,
    /// Calendar days with at least one request.
    pub days: u32,
}

/// Of all requests, robots among them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    pub requests: u64,
    /// Sent to clients, as logged.
    pub bytes: u64,
    /// Pictures, scripts, styles, fonts and the like, by their endings.
    pub assets: u64,
    /// POST, PUT, PATCH, DELETE.
    pub writes: u64,
    /// Each status with its count, by status.
    pub statuses: Vec<(u16, u64)>,
    /// 4xx.
    pub client_errors: u64,
    /// 5xx.
    pub server_errors: u64,
    /// Of robots that say that they are some.
    pub robots: u64,
    /// Mean of the days in the period that are whole; of all days when none is.
    pub requests_per_day: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Hour {
    pub at: Timestamp,
    pub requests: u64,
    pub robots: u64,
    pub bytes: u64,
    pub client_errors: u64,
    pub server_errors: u64,
    /// Absent without response times.
    pub p95_seconds: Option<f64>,
}

/// A number of requests within some time from `at` on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    pub at: Timestamp,
    pub requests: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Peaks {
    pub busiest_day: Peak,
    pub busiest_hour: Peak,
    pub busiest_minute: Peak,
    pub busiest_second: Peak,
    /// Requests of the median hour of working days: all 24 hours of Monday to Friday between the log's first and last whole
    /// hour; of all days when there is no whole hour of a working day. 0 when there is no whole hour.
    pub median_working_hour: f64,
    /// Requests of the busiest hour over `median_working_hour`; 0 when that is 0.
    pub surge_ratio: f64,
    /// Requests of the busiest minute over the mean minute of the whole period.
    pub minute_ratio: f64,
    /// The five busiest hours, no two of one day.
    pub top_hours: Vec<Peak>,
}

/// When requests come: means over what the period has of each, robots among them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rhythm {
    /// Requests in the hour 0 to 23.
    pub by_hour: Vec<f64>,
    /// Requests of a day, Monday first; 0 when the period has no such day.
    pub by_weekday: Vec<f64>,
    /// Requests of the day 1 to 31 of the month; 0 when the period has no such day.
    pub by_day_of_month: Vec<f64>,
    /// What comes again: parts with at least half as much more as the mean, seen at least twice.
    pub recurring: Vec<Recurring>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Recurring {
    pub kind: RecurringKind,
    /// Hour 0 to 23, weekday 1 (Monday) to 7, day of the month 1 to 31.
    pub at: u8,
    /// Its mean over the mean of all.
    pub times: f64,
    /// How many such hours or days the period has.
    pub seen: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecurringKind {
    #[default]
    Hour,
    Weekday,
    DayOfMonth,
}

/// A time in which users were not served as usual.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Window {
    pub kind: WindowKind,
    pub from: Timestamp,
    /// Exclusive.
    pub to: Timestamp,
    /// Within it.
    pub requests: u64,
    /// Requests concerned: failed ones, those slower than usual's 95th percentile, or those that would have come.
    pub concerned: u64,
    /// Share of 5xx; 95th percentile of the response time in seconds; 0 for silence.
    pub value: f64,
    /// The same at other times; for silence, requests that were expected per minute.
    pub usual: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WindowKind {
    /// 5xx far above the usual share.
    #[default]
    Errors,
    /// Response times far above the usual.
    Slow,
    /// No request while many were expected: nobody got through, or the log of that time is missing.
    Silence,
}

/// Response times in seconds, each within 5 % of the true one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Requests that had one.
    pub count: u64,
    pub mean: f64,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

/// URLs that belong together and could run by themselves: a natural function of the system.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// From its path: `orders`, `board`; `home` for the entrance, `static` for assets, `other` for what is too little. Unique;
    /// lower-case letters, digits and hyphens, begins with a letter.
    pub name: String,
    /// By requests, at most 20: `/orders/{n}`.
    pub templates: Vec<Template>,
    /// How many templates there are.
    pub templates_total: u32,
    /// Path prefixes that lead to it, as routes could name them: `/orders`.
    pub prefixes: Vec<String>,
    pub requests: u64,
    /// Of all requests, 0 to 1.
    pub share: f64,
    pub robots: u64,
    pub writes: u64,
    pub bytes: u64,
    pub client_errors: u64,
    pub server_errors: u64,
    pub latency: Option<Latency>,
    /// The hour of the day, 0 to 23, in which most requests come.
    pub peak_hour: u8,
    /// Requests of the hour 0 to 23, mean per day.
    pub by_hour: Vec<f64>,
    pub busiest_hour: Peak,
    /// As [`Peaks::surge_ratio`], of this function alone.
    pub surge_ratio: f64,
    /// How alike its hours are to those of all other functions together, -1 to 1 (Pearson's correlation over the hours of the
    /// period).
    pub correlation: f64,
    /// Sessions in which it is used.
    pub sessions: u64,
    /// With which functions, the most frequent first, at most 5.
    pub used_with: Vec<UsedWith>,
    pub splitting: Splitting,
    /// Why: the weightiest first.
    pub reasons: Vec<Reason>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Template {
    pub path: String,
    pub requests: u64,
    pub server_errors: u64,
    pub p95_seconds: Option<f64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UsedWith {
    pub function: String,
    /// Of this function's sessions, how many use that one too, 0 to 1.
    pub share: f64,
    /// How many times as often as chance would have it.
    pub lift: f64,
}

/// Is it worth running by itself?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Splitting {
    /// Yes: it behaves differently, and is not bound to another one.
    Worth,
    /// It differs, but is nearly always used together with another one: first see whether they share data.
    Look,
    /// No: it behaves as the rest does, or is too small.
    #[default]
    Keep,
    /// Static files: a cache or a web server carries them.
    Cache,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Reason {
    /// It surges more than all other functions together do.
    OwnSurge { ratio: f64, others: f64 },
    /// Its peak is at another time of the day.
    OwnPeak { hour: u8, others: u8, correlation: f64 },
    /// It fails more often (share of 5xx).
    Fails { share: f64, others: f64 },
    /// It takes longer (95th percentile, seconds).
    Slow { p95_seconds: f64, others: f64 },
    /// It makes up so much of the load that it should scale by itself.
    Large { share: f64 },
    /// Hardly anybody who uses another one uses it.
    Apart { share: f64 },
    /// It is nearly always used with another one.
    Bound { function: String, share: f64 },
    /// It behaves as the rest does.
    Alike { correlation: f64 },
    /// Too few requests to tell or to be worth it.
    Small { share: f64 },
    /// Files that do not change from request to request.
    Static { share: f64 },
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    pub text: String,
    pub requests: u64,
}

/// The usual lists of a log's analysis, each by requests, at most 20.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tables {
    /// Paths without query, not assets.
    pub paths: Vec<Counted>,
    pub assets: Vec<Counted>,
    /// 404.
    pub not_found: Vec<Counted>,
    /// Paths that were answered 5xx.
    pub failed: Vec<Counted>,
    pub addresses: Vec<Counted>,
    pub agents: Vec<Counted>,
}

/// Deployments and change requests, joined with the windows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// How long after a deployment a window counts as its consequence, in seconds.
    pub within_seconds: u64,
    /// All that were given.
    pub deployments: u64,
    /// Those within the log's period, among which `followed` are.
    pub deployments_in_period: u64,
    pub deployments_per_month: f64,
    pub median_days_between: Option<f64>,
    /// Deployments in the period after which a window began within that time.
    pub followed: u64,
    /// `followed` over `deployments_in_period`.
    pub followed_share: f64,
    pub changes: u64,
    pub changes_per_month: f64,
    /// From request to completion, of those that have both.
    pub median_change_days: Option<f64>,
    /// Changes that are not completed.
    pub open_changes: u64,
    /// Those that were followed, by time, at most 100.
    pub consequences: Vec<Consequence>,
    /// Rows of the files that could not be read.
    pub broken_rows: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Consequence {
    pub deployed: Timestamp,
    pub what: String,
    pub kind: WindowKind,
    pub from: Timestamp,
    pub concerned: u64,
}

/// A figure that is not exact.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Approximation {
    pub what: Approximate,
    /// How far off: a share of the figure (standard error) for a sample, requests for a table, requests left out for time.
    pub by: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approximate {
    /// Users, sessions, co-use and suspected robots are those of a sample of users, scaled; standard error as a share.
    #[default]
    Users,
    /// A path may have up to so many requests more than the table says.
    Paths,
    Addresses,
    Agents,
    /// So many requests are in their hour but in no minute or second.
    Minutes,
    /// So many requests are in their function but not in its hours.
    FunctionHours,
    /// So many requests went to paths that were put into a template unseen, for there were too many.
    Templates,
}

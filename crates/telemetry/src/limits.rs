//! How much memory the last hour takes at most.
//!
//! A series (one service, one instance...) costs, for each second in which it had requests, some 60 bytes and two or
//! three for each of its sketch's buckets in use, and nothing for an idle second. After five minutes ten such cells become
//! one. Measured over an hour: 45 KB at one request a second, 0.15 MB at 20, 0.5 MB at 500, 0.8 MB at 5,000, with response
//! times that spread widely (half as much when they do not). All closed cells together never take more than
//! [`CELL_BYTES`]: the oldest are forgotten first, and answers then reach back less than an hour. On top of it come the
//! seconds still open, about 2 KB each (4 KB with failures): [`OPEN_SECONDS`] for every series that has requests in them.
//!
//! Distinct users are kept of everything together, of services, routes and functions, in sets of ten seconds. A set of the
//! last five minutes takes 6 to 11 bytes for each user in it, later two or three; from 384 users on it takes 4 KiB and no
//! more. So an hour costs 20 KB with 10 users at a time, 0.1 MB with 100, and at most 1.5 MB. Gauges take 44 bytes for each
//! second of the last five minutes and each ten before: 28 KB an hour for each thing that has any. Both count among
//! [`CELL_BYTES`].
//!
//! What the controller is told takes about 110 bytes a second and service, for the last ten minutes: 66 KB a service.

/// What is kept, in seconds.
pub const KEPT_SECONDS: u32 = 3600;
/// How long it is kept second by second.
pub const FINE_SECONDS: u32 = 300;
/// The width of the older cells, in seconds; also that of the sets of distinct users.
pub const COARSE_SECONDS: u32 = 10;
/// How late a record may be and still count in the second in which its request ended; a later one counts in the oldest
/// of these. A gateway that was without a server for a while sends what it has kept.
pub const OPEN_SECONDS: u32 = 8;

/// Over how long a user is active, in seconds.
pub const ACTIVE_SECONDS: u32 = 300;

/// All closed cells together, in bytes.
pub const CELL_BYTES: usize = 256 << 20;

/// Series of each kind. Over it the one that was idle longest gives way if it was idle for [`IDLE_SECONDS`]; else all
/// further ones of the kind count in one that is shown as `other`.
pub const SERVICES: usize = 1024;
pub const REVISIONS: usize = 2048;
pub const ROUTES: usize = 2048;
pub const FUNCTIONS: usize = 1024;
pub const INSTANCES: usize = 4096;
pub const CALLERS: usize = 4096;
pub const IDLE_SECONDS: u32 = 60;

/// Combinations of service, route and function that are counted for Prometheus from the server's start on; further ones
/// count as `other`. 1.2 KB each.
pub const TOTALS: usize = 4096;
/// Remembered combinations of service, revision, instance, route, function and client: where their records go. 64 bytes
/// each.
pub const PATHS: usize = 32_768;

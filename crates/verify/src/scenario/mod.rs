//! `naru verify NAME`: acceptance of the real product on the machine it stands on.
//!
//! Each scenario starts a platform of its own in a temporary folder, on a free port, loads it as clients would, breaks
//! something, and reports figures, each with what was wanted of it. Nothing else on the machine is touched.

mod api;
mod deploys;
mod faults;
mod figures;
mod isolation;
mod jobs;
mod platform;
pub(crate) mod processes;
mod slow_instance;
mod surge;
mod surge_shift;
mod watch;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::load;
pub use figures::{Figure, Report, Wanted};
pub use jobs::{Broker, BrokerKind};

/// How a scenario is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Fewer faults and shorter loads; the same is wanted of them.
    pub quick: bool,
    /// Says nothing while it runs.
    pub json: bool,
    /// How many times the usual requests come, in `surge`. Default: 3.1, 17 and 46, one after the other.
    pub times: Option<f64>,
    /// The broker of `jobs`. Default: NATS.
    pub broker: Option<BrokerKind>,
    /// The `naru` to prove.
    pub naru: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0:?} is no scenario; there are {all}", all = Name::ALL.map(Name::as_str).join(", "))]
    NoSuchScenario(String),
    #[error("a surge of {0} times the usual load is none; give a number over 1 and at most 100")]
    NoSurge(f64),
    #[error("can't {doing}")]
    Io {
        doing: String,
        #[source]
        source: io::Error,
    },
    #[error("naru ended by itself; the end of its output:\n{0}")]
    Ended(String),
    #[error("{what} did not happen within {} s; the end of naru's output:\n{output}", within.as_secs())]
    TooLate { what: String, within: Duration, output: String },
    #[error("naru's API answered {status} to {request}: {body}")]
    Refused { request: String, status: u16, body: String },
    #[error("naru's API answered {request} with what can't be read")]
    Unreadable {
        request: String,
        #[source]
        source: serde_json::Error,
    },
    #[error(
        "{program} is not installed; install it (Debian: apt-get install {package}), or leave brokers out: --broker none"
    )]
    NotInstalled { program: &'static str, package: String },
    #[error("{what} does not come up: {why}")]
    Broker { what: String, why: String },
    #[error(transparent)]
    Load(#[from] load::Error),
}

impl Error {
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
        let doing = doing.into();
        move |source| Error::Io { doing, source }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Deploys,
    Faults,
    SlowInstance,
    Isolation,
    SurgeShift,
    Surge,
    Jobs,
}

impl Name {
    const ALL: [Name; 7] = [
        Name::Deploys,
        Name::Faults,
        Name::SlowInstance,
        Name::Isolation,
        Name::SurgeShift,
        Name::Surge,
        Name::Jobs,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Name::Deploys => "deploys",
            Name::Faults => "faults",
            Name::SlowInstance => "slow-instance",
            Name::Isolation => "isolation",
            Name::SurgeShift => "surge-shift",
            Name::Surge => "surge",
            Name::Jobs => "jobs",
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Name {
    type Err = Error;

    fn from_str(text: &str) -> Result<Name, Error> {
        let named = Name::ALL.into_iter().find(|name| name.as_str() == text);
        named.ok_or_else(|| Error::NoSuchScenario(text.to_owned()))
    }
}

/// Runs the scenario of this name: `deploys`, `faults`, `slow-instance`, `isolation`, `surge-shift`, `surge` or `jobs`. It
/// takes minutes, and says on standard error how far it is.
///
/// # Errors
/// When there is no such scenario, or it could not be carried out. A platform that does badly is no error but a report
/// that has not passed.
pub fn run(name: &str, options: &Options) -> Result<Report, Error> {
    let name: Name = name.parse()?;
    match name {
        Name::Deploys => deploys::run(options),
        Name::Faults => faults::run(options),
        Name::SlowInstance => slow_instance::run(options),
        Name::Isolation => isolation::run(options),
        Name::SurgeShift => surge_shift::run(options),
        Name::Surge => surge::run(options),
        Name::Jobs => jobs::run(options),
    }
}

impl Options {
    fn say(&self, progress: &str) {
        if !self.json {
            eprintln!("verify: {progress}");
        }
    }
}

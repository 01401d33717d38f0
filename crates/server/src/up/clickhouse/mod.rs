//! The larger store: sends telemetry's finished files to the ClickHouse of the file, and asks it for what is kept here no longer.
//!
//! `telemetry ─finished files→ ship → clickhouse`, `API → ask → telemetry and clickhouse → one answer`
//!
//! The files here are the buffer: what ClickHouse has not taken yet is sent later, for as long as it is kept. Nothing of the
//! platform waits for it.

mod ask;
mod ledger;
mod page;
mod ship;

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use naru_clickhouse::{Client, Settings};
use naru_model::platform::{ClickHouse, Platform};
use naru_telemetry::Telemetry;
use tokio::sync::watch;

use self::page::Counts;
use crate::clock::Clock;

/// What ships and asks, for the loop and for the API. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Larger {
    telemetry: Arc<Telemetry>,
    clock: Clock,
    client: Arc<ArcSwapOption<Client>>,
    counts: Arc<Counts>,
    /// What was last asked for, and how often that has changed.
    wanted: watch::Sender<Option<(ClickHouse, String)>>,
    /// What tells this naru's files from others'.
    store: Arc<str>,
}

impl Larger {
    /// Begins to ship as soon as a file names a ClickHouse, and ends with the runtime.
    pub(crate) fn start(telemetry: Arc<Telemetry>, clock: Clock, state_dir: &Path) -> Larger {
        let folder = state_dir.join("telemetry");
        let ledger = ledger::Ledger::read(&folder);
        let larger = Larger {
            telemetry,
            clock,
            client: Arc::default(),
            counts: Arc::default(),
            wanted: watch::Sender::new(None),
            store: ledger.store().into(),
        };
        larger.counts.count_lost(ledger.lost());
        tokio::spawn(ship::run(larger.clone(), ledger));
        larger
    }

    /// Follows the file.
    pub(crate) fn follow(&self, platform: &Platform) {
        let wanted = platform.clickhouse.clone().map(|clickhouse| (clickhouse, platform.name.clone()));
        if *self.wanted.borrow() == wanted {
            return;
        }
        let client = wanted.as_ref().and_then(|(clickhouse, name)| client(clickhouse, name));
        self.telemetry.finish_within(client.as_ref().and(platform.clickhouse.as_ref()).map(|of| of.every));
        self.client.store(client.map(Arc::new));
        self.wanted.send_replace(wanted);
    }
}

/// `None`: it can't be asked, which is said.
fn client(of: &ClickHouse, platform: &str) -> Option<Client> {
    let password = match &of.password_env {
        None => String::new(),
        Some(name) => match std::env::var(name) {
            Ok(password) => password,
            Err(_) => {
                eprintln!(
                    "naru: nothing goes to ClickHouse: telemetry.clickhouse.password_env names {name}, which is not in \
                     naru's environment; set it and start naru again"
                );
                return None;
            }
        },
    };
    let settings = Settings {
        url: of.url.clone(),
        database: of.database.clone(),
        user: of.user.clone(),
        password,
        platform: platform.to_owned(),
    };
    Client::new(settings)
        .inspect_err(|error| eprintln!("naru: nothing goes to ClickHouse: telemetry.clickhouse: {error}"))
        .ok()
}

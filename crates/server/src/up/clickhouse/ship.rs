//! Sends finished files, the oldest first, each until ClickHouse has all of it.
//!
//! What fails is said once and tried again, ever more rarely. Between pieces it rests as long as reading one took: it takes half a
//! core at most, whatever there is to catch up on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use naru_clickhouse::Client;
use naru_model::stored::{File, Piece};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::Larger;
use super::ledger::{Ledger, Rows};

/// How often it looks for finished files.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What failed is tried again after that, and each time after twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

pub(super) async fn run(larger: Larger, mut ledger: Ledger) {
    let mut wanted = larger.wanted.subscribe();
    let mut prepared: Option<Arc<Client>> = None;
    let mut wait = FIRST_WAIT;
    loop {
        let Some(client) = larger.client.load_full() else {
            larger.counts.rest();
            if wanted.changed().await.is_err() {
                return;
            }
            continue;
        };
        let done = round(&larger, &client, &mut prepared, &mut ledger).await;
        larger.counts.count_waiting(ledger.waiting());
        let rest = match done {
            Ok(()) => {
                if larger.counts.come_up() {
                    eprintln!("naru: ClickHouse takes what was seen again; what waited here is sent");
                }
                wait = FIRST_WAIT;
                LOOK_EVERY
            }
            Err(error) => {
                if larger.counts.go_down() {
                    eprintln!(
                        "naru: ClickHouse takes nothing: {error:#}; what was seen is kept here as long as the file says, and \
                         sent when it can be"
                    );
                }
                let rest = wait;
                wait = (2 * wait).min(LONGEST_WAIT);
                rest
            }
        };
        if tokio::time::timeout(rest, wanted.changed()).await.is_ok_and(|changed| changed.is_err()) {
            return;
        }
    }
}

/// Sends everything that waits, and returns when nothing does.
async fn round(
    larger: &Larger,
    client: &Arc<Client>,
    prepared: &mut Option<Arc<Client>>,
    ledger: &mut Ledger,
) -> Result<()> {
    let telemetry = larger.telemetry.clone();
    let files = spawn_blocking(move || telemetry.finished()).await?;
    ledger.follow(&client.target());
    let (gone, changed) = ledger.look(&files);
    if !gone.is_empty() {
        larger.counts.count_lost(ledger.lost());
        eprintln!("naru: {} went from here before ClickHouse took them", listed(&gone));
    }
    if changed {
        write(ledger).await?;
    }
    if prepared.as_ref().is_none_or(|before| !Arc::ptr_eq(before, client)) {
        client.prepare().await.map_err(anyhow::Error::new)?;
        *prepared = Some(client.clone());
    }
    let wanted = larger.wanted.subscribe();
    for file in files.iter().filter(|file| ledger.is_waiting(file)).cloned().collect::<Vec<_>>() {
        if is_changed(&wanted) {
            return Ok(());
        }
        if ship(larger, client, &file).await? {
            ledger.ship(&file);
            write(ledger).await?;
            larger.counts.count_waiting(ledger.waiting());
        }
    }
    Ok(())
}

fn is_changed<T>(of: &watch::Receiver<T>) -> bool {
    of.has_changed().unwrap_or(true)
}

/// Sends a file. `false`: it can't be read (any more), which is said where it was found out.
async fn ship(larger: &Larger, client: &Client, file: &File) -> Result<bool> {
    let mut next = Some(0);
    while let Some(first) = next {
        let began = Instant::now();
        let (telemetry, of) = (larger.telemetry.clone(), file.clone());
        let piece: Option<Piece> = spawn_blocking(move || telemetry.piece(&of, first)).await?;
        let Some(piece) = piece.filter(|piece| !piece.rows.is_empty()) else { return Ok(false) };
        let rest = began.elapsed();
        let sent = client.put(&larger.store, file, &piece).await?;
        larger.counts.count_shipped(file.kind, sent);
        let after = first.saturating_add(u32::try_from(piece.rows.len()).unwrap_or(u32::MAX));
        next = piece.more.then_some(after);
        if next.is_some() {
            tokio::time::sleep(rest).await;
        }
    }
    Ok(true)
}

async fn write(ledger: &Ledger) -> Result<()> {
    let ledger = ledger.clone();
    let written = spawn_blocking(move || ledger.write()).await?;
    written.context("what was sent can't be written down, in STATE/telemetry/clickhouse.json")
}

/// `12 transactions, 3 spans`
fn listed(rows: &Rows) -> String {
    let each: Vec<String> = rows.iter().map(|(kind, rows)| format!("{rows} {}", kind.as_str())).collect();
    each.join(", ")
}

//! Takes the room from a process that keeps transactions, and gives it back: nothing stops, what could not be kept is
//! counted and said once, and what comes afterwards is kept.
//!
//! Its own `main`, because what is full is a process: this program again.

#![expect(clippy::unwrap_used, reason = "a test without the harness, of which clippy does not know")]

mod filling;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use naru_model::platform;
use naru_model::record::{Fault, Method, RequestRecord};
use naru_model::series::{Search, Subject};
use naru_model::snapshot::{CallerId, FunctionId, RouteId, ServiceId};
use naru_model::units::{Percent, Timestamp};
use naru_telemetry::Names;
use naru_telemetry::archive::{Archive, Limits};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const START: Timestamp = Timestamp(1_795_250_000_000_000);

fn main() {
    filling::run(fill);
}

fn fill(folder: &Path) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::new({
        let said = said.clone();
        move |line: &str| said.lock().unwrap().push(line.to_owned())
    });
    let retention =
        platform::Telemetry { disk: Percent { thousandths: 1000 }, ..platform::Telemetry::default() };
    let names = Arc::new(ArcSwap::from_pointee(Names::default()));
    let archive = Archive::open(folder, Limits::default(), retention, names, START, log).unwrap();

    offer(&archive, 0, 100);
    filling::until("the first to be kept", || found(&archive) == 100);
    let room = getrlimit(Resource::Fsize);
    // In the middle of the next batch.
    setrlimit(Resource::Fsize, Rlimit { current: Some(16_000), ..room }).unwrap();
    for n in 1..4 {
        offer(&archive, n * 100, 100);
        filling::until("the drop to be counted", || archive.dropped() == n * 100);
    }
    assert_eq!(found(&archive), 100);
    assert_eq!(said.lock().unwrap().len(), 1, "{:?}", said.lock().unwrap());

    setrlimit(Resource::Fsize, room).unwrap();
    offer(&archive, 400, 100);
    filling::until("the last to be kept", || found(&archive) == 200);
    let lines = said.lock().unwrap().clone();
    assert!(lines.len() == 2 && lines[1].contains("300 were dropped"), "{lines:?}");
    drop(archive);

    // The part that the full disk took is not in the journal's way.
    let names = Arc::new(ArcSwap::from_pointee(Names::default()));
    let quiet = Arc::new(|line: &str| panic!("{line}"));
    let archive = Archive::open(folder, Limits::default(), retention, names, START, quiet).unwrap();
    filling::until("the start", || found(&archive) == 200);
}

/// Some 100 bytes each in the journal.
fn offer(archive: &Archive, first: u64, count: u64) {
    let mut batch = Vec::new();
    for number in first..first + count {
        let record = RequestRecord {
            start: Timestamp(START.0 + number),
            route: RouteId(0),
            function: FunctionId(0),
            service: ServiceId(0),
            revision: 0,
            ordinal: 0,
            client: std::net::Ipv4Addr::LOCALHOST.into(),
            user: 0,
            caller: CallerId::default(),
            method: Method::Get,
            protocol: 11,
            status: 404,
            fault: Fault::Client,
            attempts: 0,
            bytes_in: 0,
            bytes_out: 0,
            waiting_us: 0,
            connecting_us: 0,
            upstream_us: 0,
            whole_us: 10,
            trace_id: [0; 16],
            target: "/",
        };
        record.encode(&mut batch);
    }
    archive.offer(&batch);
}

fn found(archive: &Archive) -> u64 {
    let search = Search {
        subject: Subject::All,
        from: Timestamp(0),
        to: Timestamp(u64::MAX),
        at_least: Duration::ZERO,
        at_most: None,
        errors: false,
        filter: Default::default(),
        limit: 1000,
    };
    archive.search(&search).transactions.len() as u64
}

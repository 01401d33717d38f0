//! What one record costs: prints nanoseconds per record of taking batches in. 70,000 records a second must cost less than
//! a tenth of a core, which is 1,430 ns each.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use naru_model::access_log::LogFormat;
use naru_model::record::{Fault, Method, RequestRecord};
use naru_model::snapshot::{CallerId, FunctionId, RouteId, ServiceId};
use naru_model::units::Timestamp;
use naru_telemetry::Telemetry;
use rustix::time::{ClockId, clock_gettime};

const PER_SECOND: u64 = 70_000;
const SECONDS: u64 = 20;
const BATCH: u64 = 500;
const START: Timestamp = Timestamp(1_790_000_000_000_000);

fn main() {
    println!("access log and its thread: {} ns/line", measure_log());
    for (services, instances) in [(2, 4), (20, 10), (200, 10)] {
        for log in [false, true] {
            let cost = measure(Load { services, instances, ..Load::default() }, log);
            println!(
                "{services:>3} services of {instances:>2} instances, access log {}: {cost:>4} ns/record",
                if log { "on " } else { "off" }
            );
        }
    }
    // What each thing costs: nobody's, few and many users; all well, and half failed.
    for (users, failed) in [(0, 0), (300, 0), (100_000, 0), (0, 500), (100_000, 500)] {
        let cost = measure(Load { services: 20, instances: 10, users, failed }, false);
        println!("{users:>6} users, {failed:>3} of 1000 failed: {cost:>4} ns/record");
    }
}

#[derive(Clone, Copy)]
struct Load {
    services: u32,
    instances: u32,
    /// 0: nobody knows whose a request is.
    users: u64,
    /// Of a thousand.
    failed: u64,
}

impl Default for Load {
    fn default() -> Self {
        Load { services: 20, instances: 10, users: 20_000, failed: 1 }
    }
}

/// Ingests as if in real time, second after second, and returns the processor time that `ingest` took for each record. With the log
/// on, that is without its own thread's work.
fn measure(load: Load, log: bool) -> u128 {
    let folder = tempfile::tempdir().expect("a folder for the log");
    let telemetry =
        Telemetry::open(folder.path(), Default::default(), START, Arc::new(|_| {})).expect("a thread");
    telemetry.set_access_log(log, LogFormat::Json);
    let mut random = 1u64;
    let mut spent = Duration::ZERO;
    for batch in 0..PER_SECOND * SECONDS / BATCH {
        let mut bytes = Vec::new();
        let now = START + Duration::from_micros(batch * BATCH * 1_000_000 / PER_SECOND);
        for _ in 0..BATCH {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            record(random, load, now).encode(&mut bytes);
        }
        let begin = cpu_time(ClockId::ThreadCPUTime);
        telemetry.ingest(black_box(&bytes), now);
        spent += cpu_time(ClockId::ThreadCPUTime) - begin;
    }
    spent.as_nanos() / u128::from(PER_SECOND * SECONDS)
}

/// Hands the log as much as may wait, and returns the processor time of each line until all were
/// written, its record's counting included.
fn measure_log() -> u128 {
    const LINES: u64 = 200_000;
    let folder = tempfile::tempdir().expect("a folder for the log");
    let telemetry =
        Telemetry::open(folder.path(), Default::default(), START, Arc::new(|_| {})).expect("a thread");
    let mut bytes = Vec::new();
    (0..LINES).for_each(|n| record(n * 7919, Load::default(), START).encode(&mut bytes));
    let begin = cpu_time(ClockId::ProcessCPUTime);
    telemetry.ingest(&bytes, START);
    drop(telemetry);
    (cpu_time(ClockId::ProcessCPUTime) - begin).as_nanos() / u128::from(LINES)
}

fn record(random: u64, load: Load, now: Timestamp) -> RequestRecord<'static> {
    let service = (random >> 20) as u32 % load.services + 1;
    let failed = random % 1000 < load.failed;
    // Between 1 ms and 17 ms, with a tail to 0.5 s.
    let whole_us = 1000
        + (random >> 32) as u32 % 16_000
        + if random.is_multiple_of(100) { (random >> 40) as u32 % 500_000 } else { 0 };
    RequestRecord {
        start: Timestamp(now.0 - u64::from(whole_us)),
        route: RouteId(service),
        function: FunctionId(service),
        service: ServiceId(service),
        revision: 1,
        ordinal: (random >> 8) as u32 % load.instances + 1,
        client: IpAddr::V4(Ipv4Addr::new(192, 0, 2, random as u8)),
        user: (random >> 24).checked_rem(load.users).map_or(0, |user| user + 1),
        caller: CallerId::default(),
        method: Method::Get,
        protocol: 11,
        status: if failed { 503 } else { 200 },
        fault: if failed { Fault::Service } else { Fault::None },
        attempts: 1,
        bytes_in: 0,
        bytes_out: 1500,
        waiting_us: 0,
        connecting_us: 0,
        upstream_us: whole_us,
        whole_us,
        trace_id: [7; 16],
        target: "/booking/rooms?page=2",
    }
}

/// Processor time, so that what else the machine does is left out.
fn cpu_time(clock: ClockId) -> Duration {
    clock_gettime(clock).try_into().expect("no clock is before its start")
}

//! A day of requests to a public portal.
//!
//! 10 services with 6 instances each, 50 routes, 20 functions, 500 paths of which a tenth carry one of 20,000 numbers,
//! 50,000 clients; paths, numbers and clients by Zipf's law (exponent 1). Response times are lognormal around each
//! path's own median. Ends are a Poisson process whose rate follows the day. The same at every run.

use std::net::Ipv4Addr;
use std::time::Duration;

use naru_model::record::{Fault, Method, RequestRecord};
use naru_model::snapshot::{CallerId, FunctionId, RouteId, ServiceId};
use naru_model::units::Timestamp;
use naru_telemetry::Names;

pub(super) const DAY_SECONDS: u32 = 86_400;
/// 2026-11-20T00:00:00Z.
pub(super) const MIDNIGHT: Timestamp = Timestamp(1_795_132_800_000_000);

const SERVICES: u32 = 10;
const INSTANCES: u32 = 6;
const ROUTES: u32 = 50;
const FUNCTIONS: u32 = 20;
const PATHS: u32 = 500;
const CLIENTS: u32 = 50_000;
const NUMBERS: u32 = 20_000;

struct Path {
    text: String,
    has_number: bool,
    has_query: bool,
    route: u32,
    method: Method,
    /// Of the service's time, in microseconds.
    median_us: f64,
    /// Of the answer, in bytes; always the same for what is static.
    median_bytes: f64,
    is_static: bool,
}

pub(super) struct Load {
    random: Random,
    paths: Vec<Path>,
    path_shares: Zipf,
    client_shares: Zipf,
    number_shares: Zipf,
    clients: Vec<(Ipv4Addr, u8)>,
    /// Registered clients, to which every third address belongs; 0: none.
    callers: u32,
    /// In seconds of the day.
    now: f64,
    per_second: f64,
    target: String,
}

impl Load {
    pub(super) fn new(transactions: u64, callers: u32) -> Load {
        let mut random = Random(0x6e61_7275);
        let paths = (0..PATHS).map(|number| a_path(&mut random, number)).collect();
        let clients = (0..CLIENTS).map(|_| {
            let protocol = if random.share() < 0.7 { 20 } else { 11 };
            (Ipv4Addr::from(random.next() as u32 | 0x0100_0000), protocol)
        });
        Load {
            clients: clients.collect(),
            callers,
            paths,
            path_shares: Zipf::new(PATHS),
            client_shares: Zipf::new(CLIENTS),
            number_shares: Zipf::new(NUMBERS),
            random,
            now: 0.0,
            per_second: transactions as f64 / f64::from(DAY_SECONDS),
            target: String::new(),
        }
    }

    pub(super) fn names(&self) -> Names {
        Names {
            services: (1..=SERVICES)
                .map(|n| (ServiceId(n), format!("service-{n}").parse().unwrap()))
                .collect(),
            routes: (1..=ROUTES).map(|n| (RouteId(n), format!("www.example.go.kr/section-{n}/**"))).collect(),
            functions: (1..=FUNCTIONS)
                .map(|n| (FunctionId(n), format!("function-{n}").parse().unwrap()))
                .collect(),
            callers: (1..=self.callers)
                .map(|n| (CallerId(n), format!("client-{n}").parse().unwrap()))
                .collect(),
            ..Names::default()
        }
    }

    /// Appends the next record. The last of a day ends about midnight.
    pub(super) fn next(&mut self, batch: &mut Vec<u8>) {
        let random = &mut self.random;
        // Four at night for each twenty-eight in the early afternoon.
        let day = (self.now / f64::from(DAY_SECONDS) - 0.35) * std::f64::consts::TAU;
        self.now -= (1.0 - random.share()).ln() / (self.per_second * (1.0 + 0.75 * day.sin()));
        let path = &self.paths[self.path_shares.pick(random.share()) as usize];
        let address = self.client_shares.pick(random.share());
        let (client, protocol) = self.clients[address as usize];
        let registered = self.callers > 0 && address.is_multiple_of(3);
        let caller = if registered { address / 3 % self.callers + 1 } else { 0 };
        self.target.clear();
        self.target.push_str(&path.text);
        if path.has_number {
            self.target.push_str(&self.number_shares.pick(random.share()).to_string());
        }
        if path.has_query {
            self.target.push_str(&format!("?page={}&q={:x}", random.next() % 20, random.next() % 100_000));
        }
        // One in 2,000 takes twenty times as long.
        let slow = if random.share() < 0.0005 { 20.0 } else { 1.0 };
        let upstream_us = random.lognormal(path.median_us * slow, 0.6);
        // Who gets a place at once has waited for 0 by the gateway's word.
        let waiting_us = if random.share() < 0.02 { random.lognormal(5_000.0, 1.0) } else { 0 };
        let connecting_us = if random.share() < 0.03 { random.lognormal(300.0, 0.5) } else { 0 };
        let bytes_out =
            if path.is_static { path.median_bytes as u64 } else { random.lognormal(path.median_bytes, 0.5) };
        // The gateway's own, and 100 MB/s for the answer.
        let other_us = random.lognormal(120.0, 0.4) + bytes_out / 100;
        let whole_us = waiting_us + connecting_us + upstream_us + other_us;
        let (status, fault) = outcome(random, path.method);
        let has_body = matches!(path.method, Method::Post | Method::Put);
        let end = MIDNIGHT + Duration::from_secs_f64(self.now);
        let [a, b] = [random.next(), random.next()];
        let record = RequestRecord {
            start: Timestamp(end.0 - whole_us),
            route: RouteId(path.route + 1),
            function: FunctionId(path.route % FUNCTIONS + 1),
            service: ServiceId(path.route % SERVICES + 1),
            revision: 1 + u32::from(self.now > 36_000.0),
            ordinal: (a >> 40) as u32 % INSTANCES + 1,
            client: client.into(),
            user: u64::from(u32::from(client)),
            caller: CallerId(caller),
            method: path.method,
            protocol,
            status,
            fault,
            attempts: if random.share() < 0.003 { 2 } else { 1 },
            bytes_in: if has_body { random.lognormal(500.0, 0.6) } else { 0 },
            bytes_out: if fault == Fault::None { bytes_out } else { 200 },
            waiting_us: waiting_us as u32,
            connecting_us: connecting_us as u32,
            upstream_us: upstream_us as u32,
            whole_us: whole_us as u32,
            trace_id: (u128::from(a) << 64 | u128::from(b)).to_le_bytes(),
            target: &self.target,
        };
        record.encode(batch);
    }
}

/// 0.5 % fail by the service's or the platform's fault, 1.5 % by the client's.
fn outcome(random: &mut Random, method: Method) -> (u16, Fault) {
    match random.share() {
        share if share < 0.003 => (500, Fault::Service),
        share if share < 0.004 => (502, Fault::Service),
        share if share < 0.005 => (503, Fault::Platform),
        share if share < 0.015 => (404, Fault::Client),
        share if share < 0.02 => (400, Fault::Client),
        share if share < 0.1 && method == Method::Get => (304, Fault::None),
        share if share < 0.2 && method == Method::Post => (201, Fault::None),
        _ => (200, Fault::None),
    }
}

fn a_path(random: &mut Random, number: u32) -> Path {
    let route = random.next() as u32 % ROUTES;
    let is_static = random.share() < 0.4;
    let has_number = !is_static && random.share() < 0.17;
    let method = match random.share() {
        _ if is_static => Method::Get,
        share if share < 0.7 => Method::Get,
        share if share < 0.93 => Method::Post,
        _ => Method::Put,
    };
    Path {
        text: format!(
            "/section-{}/page-{number}{}",
            route + 1,
            if has_number { "/items/" } else { "/view.do" }
        ),
        has_number,
        has_query: !is_static && random.share() < 0.6,
        route,
        method,
        // 1 ms for what is static, else 4 to 400 ms.
        median_us: if is_static { 1_000.0 } else { 4_000.0 * 100f64.powf(random.share()) },
        median_bytes: 300.0 * 200f64.powf(random.share()),
        is_static,
    }
}

/// Numbers from 0 on, the first the most likely.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(count: u32) -> Zipf {
        let mut sum = 0.0;
        let mut shares: Vec<f64> = (1..=count)
            .map(|rank| {
                sum += 1.0 / f64::from(rank);
                sum
            })
            .collect();
        shares.iter_mut().for_each(|share| *share /= sum);
        Zipf(shares)
    }

    fn pick(&self, share: f64) -> u32 {
        self.0.partition_point(|below| *below < share).min(self.0.len() - 1) as u32
    }
}

/// SplitMix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Source: Box and Muller, "A note on the generation of random normal deviates" (1958).
    fn lognormal(&mut self, median: f64, sigma: f64) -> u64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        (median * (sigma * radius * (self.share() * std::f64::consts::TAU).cos()).exp()) as u64
    }
}

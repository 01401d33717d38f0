//! Kills the process that keeps jobs, and brokers, with SIGKILL at random moments, and counts what is left.
//!
//! Its own `main`, because it starts programs and prints figures. By itself it proves a smaller number of jobs;
//! `tests/peers/brokers/run` proves 10,000 of each, with brokers: `NARU_PROVE=jobs,nats,amqp NARU_PROVE_COUNT=10000`.

#![expect(clippy::unwrap_used, reason = "a test without the harness, of which clippy does not know")]

mod broker;
mod process;
mod prove;
#[path = "../world/mod.rs"]
mod world;

fn main() {
    let what = std::env::var("NARU_PROVE").unwrap_or("jobs".to_owned());
    let count = std::env::var("NARU_PROVE_COUNT").map_or(1000, |count| count.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for what in what.split(',') {
        match what {
            "jobs" => runtime.block_on(prove::jobs(count)),
            "nats" | "amqp" => runtime.block_on(prove::broker(what, count)),
            other => panic!("{other} is nothing to prove; write jobs, nats, amqp"),
        }
    }
}

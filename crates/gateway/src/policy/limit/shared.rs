//! Counters that several gateways share, in Redis or Valkey: rates and quotas of all of them together.
//!
//! No request ever waits for them. Each gateway counts for itself, and every 50 ms tells what it let through and hears what
//! all have, in one round trip. What was let through too much meanwhile is paid back: the shared word runs ahead by it, and
//! nobody gets anything until time has caught up. So a rate holds on the average whatever the number of gateways; in any
//! one stretch of time there may be more by what the others let through in 50 ms, which over ten seconds is below 1 % for
//! each other gateway, at any rate at which they notice.
//!
//! When they can't be reached, counting goes on as the file says, from what was known last.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use naru_model::platform;
use naru_model::policy::Period;
use naru_model::units::Timestamp;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::calendar;
use super::counter::{Calls, Count, Counter, Quota};
use super::counters::{Counters, Standing};
use crate::log;

/// Between two round trips.
const ROUND: Duration = Duration::from_millis(50);
/// A connection, or an answer, that takes longer than this is none.
const CONNECT: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_millis(500);
/// Between two attempts to reach them.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(2);
/// A counter that was not used for so long is no longer asked about.
const IN_USE: Duration = Duration::from_secs(1);
/// While there is nothing to ask, whether they are still there.
const IDLE: Duration = Duration::from_secs(1);
/// Counters in one round trip.
const BATCH: usize = 1000;

/// Moves the arrival time of a rate on by so many calls (ARGV 1) of so many microseconds (ARGV 2), by the clock of the
/// shared counters, and returns how far ahead of now it is, in microseconds.
const RATE: &str = "
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local at = tonumber(redis.call('GET', KEYS[1]) or 0)
if at < now then at = now end
if tonumber(ARGV[1]) > 0 then
  at = at + ARGV[1] * ARGV[2]
  redis.call('SET', KEYS[1], string.format('%.2f', at), 'PX', math.ceil((at - now) / 1000) + 1000)
end
return math.floor(at - now)";

/// Adds to the count of a quota (ARGV 1), which is at least what somebody has heard it was (ARGV 2): a Redis that has
/// forgotten is told. Kept for so many seconds (ARGV 3). Returns the sum.
const QUOTA: &str = "
local known = tonumber(redis.call('GET', KEYS[1]) or 0)
local sum = math.max(known, tonumber(ARGV[2])) + ARGV[1]
if sum > known then redis.call('SET', KEYS[1], string.format('%.0f', sum), 'EX', ARGV[3]) end
return sum";

/// What a round trip has told of a counter: so many, of this period.
struct Told {
    counter: Arc<Counter>,
    period: u16,
    amount: u64,
}

/// Follows the shared counters that the routing names, for as long as the process runs.
pub(crate) async fn keep_shared(counters: Arc<Counters>) {
    let mut wanted = counters.wanted.subscribe();
    loop {
        let Some(config) = wanted.borrow_and_update().clone() else {
            counters.stand(Standing::Alone);
            if wanted.changed().await.is_err() {
                return;
            }
            continue;
        };
        tokio::select! {
            () = keep_to(&counters, &config) => {}
            _ = wanted.changed() => {}
        }
    }
}

/// Tries again and again to reach the counters of `config`.
async fn keep_to(counters: &Arc<Counters>, config: &platform::Counters) {
    let mut pause = FIRST_PAUSE;
    let mut gone = false;
    loop {
        let reached = |counters: &Counters| {
            // What rates let through meanwhile is past; what quotas did is not.
            counters.each(catch_up);
            counters.stand(Standing::Shared);
        };
        let connected = connect(&config.redis).await;
        let error = match connected {
            Ok((mut connection, scripts)) => {
                if std::mem::take(&mut gone) {
                    log::line(format_args!("the shared counters are there again"));
                }
                pause = FIRST_PAUSE;
                reached(counters);
                go_round(counters, &mut connection, &scripts).await
            }
            Err(error) => error,
        };
        counters.stand(Standing::Gone(config.when_gone));
        if !std::mem::replace(&mut gone, true) {
            let meanwhile = match config.when_gone {
                platform::WhenGone::Local => "each gateway counts for itself",
                platform::WhenGone::Open => "rates and quotas are not limited",
                platform::WhenGone::Closed => "requests with rates or quotas are answered 503",
            };
            log::line(format_args!("no shared counters, {meanwhile} until they are there again: {error}"));
        }
        sleep(pause).await;
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

/// Returns whether the counter has to be told of.
fn catch_up(counter: &Counter) -> bool {
    match &counter.count {
        Count::Calls(calls) => {
            calls.shared.store(calls.made.load(Relaxed), Relaxed);
            false
        }
        Count::Quota(quota) => quota.untold(&quota.shared).1 > 0,
        Count::Lines(_) | Count::Places(_) => false,
    }
}

/// The names under which Redis knows the two scripts.
struct Scripts {
    rate: String,
    quota: String,
}

async fn connect(url: &str) -> Result<(MultiplexedConnection, Scripts), RedisError> {
    let config =
        AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT)).set_response_timeout(Some(ANSWER));
    let mut connection = Client::open(url)?.get_multiplexed_async_connection_with_config(&config).await?;
    let mut load = redis::pipe();
    load.cmd("SCRIPT").arg("LOAD").arg(RATE).cmd("SCRIPT").arg("LOAD").arg(QUOTA);
    let (rate, quota) = load.query_async(&mut connection).await?;
    Ok((connection, Scripts { rate, quota }))
}

/// Goes round until it fails, and returns why.
async fn go_round(
    counters: &Counters,
    connection: &mut MultiplexedConnection,
    scripts: &Scripts,
) -> RedisError {
    let mut ticks = interval(ROUND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard_at = Instant::now();
    loop {
        let now = ticks.tick().await;
        let batch = counters.followed().clone();
        if batch.is_empty() && now.duration_since(heard_at) < IDLE {
            continue;
        }
        heard_at = now;
        let told = if batch.is_empty() {
            redis::cmd("PING").query_async::<()>(connection).await
        } else {
            tell_all(counters, connection, scripts, &batch).await
        };
        if let Err(error) = told {
            return error;
        }
        let now = counters.now();
        counters.followed().retain(|counter| {
            let stays = now.since(counter.used_at()) < IN_USE || has_news(counter);
            if !stays {
                counter.followed.store(false, Relaxed);
            }
            stays
        });
    }
}

fn has_news(counter: &Counter) -> bool {
    match &counter.count {
        Count::Calls(calls) => calls.made.load(Relaxed) != calls.shared.load(Relaxed),
        Count::Quota(quota) => quota.untold(&quota.shared).1 > 0,
        Count::Lines(_) | Count::Places(_) => false,
    }
}

async fn tell_all(
    counters: &Counters,
    connection: &mut MultiplexedConnection,
    scripts: &Scripts,
    batch: &[Arc<Counter>],
) -> Result<(), RedisError> {
    for some in batch.chunks(BATCH) {
        let mut pipe = redis::pipe();
        let told: Vec<Told> = some.iter().filter_map(|counter| ask(&mut pipe, scripts, counter)).collect();
        if told.is_empty() {
            continue;
        }
        let answers: Vec<i64> = pipe.query_async(connection).await?;
        let now = counters.now();
        for (told, answer) in told.iter().zip(answers) {
            hear(told, answer.max(0).unsigned_abs(), now);
        }
    }
    Ok(())
}

/// Adds what is to be said of a counter to the round trip.
fn ask(pipe: &mut redis::Pipeline, scripts: &Scripts, counter: &Arc<Counter>) -> Option<Told> {
    match &counter.count {
        Count::Calls(calls) => {
            let amount = untold(calls);
            let micros = calls.interval.load(Relaxed) as f64 / 1000.0;
            pipe.cmd("EVALSHA").arg(&scripts.rate).arg(1).arg(format!("naru:{}", counter.name));
            pipe.arg(amount).arg(micros);
            Some(Told { counter: counter.clone(), period: 0, amount })
        }
        Count::Quota(quota) => {
            let (period, amount) = quota.untold(&quota.shared);
            let name = calendar::name(quota.period, period);
            // Past the end of the period, whatever the time zone.
            let seconds = if quota.period == Period::Day { 2 * 86_400 } else { 33 * 86_400 };
            pipe.cmd("EVALSHA").arg(&scripts.quota).arg(1).arg(format!("naru:{}:{name}", counter.name));
            pipe.arg(amount).arg(quota.heard.used(period)).arg(seconds);
            Some(Told { counter: counter.clone(), period, amount })
        }
        Count::Lines(_) | Count::Places(_) => None,
    }
}

fn hear(told: &Told, answer: u64, now: Timestamp) {
    match &told.counter.count {
        Count::Calls(calls) => {
            calls.shared.fetch_add(told.amount, Relaxed);
            let interval = calls.interval.load(Relaxed);
            calls.arrivals.follow(interval, now, answer.saturating_mul(1000), || untold(calls));
        }
        Count::Quota(quota) => hear_quota(quota, told, answer),
        Count::Lines(_) | Count::Places(_) => {}
    }
}

fn hear_quota(quota: &Quota, told: &Told, answer: u64) {
    quota.shared.add(told.period, told.amount);
    quota.heard.raise(told.period, answer);
    let (period, untold) = quota.untold(&quota.shared);
    if period == told.period {
        quota.total.raise(period, answer.saturating_add(untold));
    }
}

/// Calls that the shared counters do not know of.
fn untold(calls: &Calls) -> u64 {
    calls.made.load(Relaxed).saturating_sub(calls.shared.load(Relaxed))
}

#[cfg(test)]
mod tests;

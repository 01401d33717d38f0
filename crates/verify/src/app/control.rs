//! The paths under `/_app/`: how a scenario tells one instance to misbehave, on the instance's own port.
//!
//! | path | from then on |
//! | --- | --- |
//! | `/_app/slow?time=2s` | requests take this long; health checks are answered at once |
//! | `/_app/hang` | requests are never answered; health checks are |
//! | `/_app/freeze` | nothing is answered, health checks neither |
//! | `/_app/err?ratio=50%` | this share of the requests is answered with 500; default all |
//! | `/_app/close` | connections are closed instead of an answer |
//! | `/_app/crash` | the process aborts |
//! | `/_app/ok` | it behaves |
//!
//! Each but the last two takes `for=30s`; without it, it lasts. Through a gateway they are refused, so that nobody
//! outside can break a demonstration.

use std::time::{Duration, Instant};

use naru_model::units::{Percent, parse_duration};

use super::mood::{Behaviour, Mood};

pub(crate) const PREFIX: &str = "/_app/";
pub(crate) const HEALTH: &str = "/healthz";

/// Tells whether a request that starts with these bytes is one for the control line: a health check, or told apart by
/// [`PREFIX`].
pub(crate) fn is_control(start: &[u8]) -> bool {
    let target = start.splitn(2, |b| *b == b' ').nth(1).unwrap_or_default();
    let path_end = target.iter().position(|b| matches!(b, b' ' | b'?')).unwrap_or(target.len());
    target.starts_with(PREFIX.as_bytes()) || &target[..path_end] == HEALTH.as_bytes()
}

/// What `/_app/...` asks for.
pub(crate) enum Order {
    Feel(Mood),
    Crash,
}

/// Reads a target such as `/_app/slow?time=2s&for=30s`. The error is for the caller's eyes.
pub(crate) fn read(target: &str, now: Instant) -> Result<Order, String> {
    let order = target.strip_prefix(PREFIX).unwrap_or_default();
    let (name, query) = order.split_once('?').unwrap_or((order, ""));
    let parameter = |wanted: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.replace("%25", "%"))
    };
    let duration = |name: &str| -> Result<Option<Duration>, String> {
        parameter(name).map(|text| parse_duration(&text)).transpose().map_err(|e| e.to_string())
    };
    let how = match name {
        "slow" => Behaviour::Slow(duration("time")?.unwrap_or(Duration::from_secs(2))),
        "hang" => Behaviour::Hang,
        "freeze" => Behaviour::Freeze,
        "err" => {
            let ratio: Percent =
                parameter("ratio").as_deref().unwrap_or("100%").parse().map_err(|e| format!("{e}"))?;
            Behaviour::Err(ratio)
        }
        "close" => Behaviour::Close,
        "crash" => return Ok(Order::Crash),
        "ok" => return Ok(Order::Feel(Mood::default())),
        other => {
            return Err(format!("{other:?} is no order; slow, hang, freeze, err, close, crash and ok are"));
        }
    };
    Ok(Order::Feel(Mood::new(how, now, duration("for")?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_checks_and_orders_are_for_the_control_line() {
        for yes in ["GET /healthz HTTP/1.1\r\n", "GET /healthz?x HTTP/1.1", "POST /_app/hang HTTP/1.1"] {
            assert!(is_control(yes.as_bytes()), "{yes}");
        }
        for no in ["", "GET", "GET / HTTP/1.1", "GET /healthzz HTTP/1.1", "GET /x/_app/hang HTTP/1.1"] {
            assert!(!is_control(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn an_order_is_read_with_its_numbers() {
        let now = Instant::now();
        let mood = |target: &str| match read(target, now) {
            Ok(Order::Feel(mood)) => mood,
            _ => panic!("{target} is no mood"),
        };
        let slow = Mood::new(Behaviour::Slow(Duration::from_secs(3)), now, Some(Duration::from_secs(30)));
        assert_eq!(mood("/_app/slow?time=3s&for=30s"), slow);
        let half = Percent { thousandths: 500 };
        assert_eq!(mood("/_app/err?ratio=50%25"), Mood::new(Behaviour::Err(half), now, None));
        assert_eq!(mood("/_app/ok"), Mood::default());
        assert!(matches!(read("/_app/crash", now), Ok(Order::Crash)));
        assert!(read("/_app/sing", now).is_err());
        assert!(read("/_app/slow?time=3", now).is_err());
    }
}

//! So much in such a time, as limits have it: calls and bytes in a day or month, bytes a second.

use naru_model::policy::Period;
use naru_model::units::Bytes;

use super::bytes;
use crate::item::Value;
use crate::report::{Refusal, shown};

/// A quota above it is a slip of the pen, and sums of such must not overflow.
const MAX_CALLS: u64 = 1_000_000_000_000;

/// Reads `10000/day`.
pub(super) fn quota(text: &str) -> Result<Value, Refusal> {
    let (amount, period) = by_period(text, "quota", "10000")?;
    let good = !amount.is_empty() && amount.bytes().all(|b| b.is_ascii_digit());
    match amount.parse::<u64>().ok().filter(|_| good) {
        Some(0) => {
            Err(Refusal::new("no call at all", "write at least 1, or shut the client out with blocked"))
        }
        Some(calls) if calls <= MAX_CALLS => Ok(Value::Quota(calls, period)),
        Some(_) => Err(Refusal::new(format!("{amount} is more than {MAX_CALLS}"), "leave the quota out")),
        None => {
            let what = format!("{} is no number of calls", shown(amount));
            Err(Refusal::new(what, format!("write digits alone: 10000/{}", word(period))))
        }
    }
}

/// Reads `1Gi/day`.
pub(super) fn volume(text: &str) -> Result<Value, Refusal> {
    let (amount, period) = by_period(text, "number of bytes", "1Gi")?;
    Ok(Value::Volume(amount_of(amount, &format!("/{}", word(period)))?, period))
}

/// Reads `1Mi/s`.
pub(super) fn bandwidth(text: &str) -> Result<Value, Refusal> {
    let Some((amount, unit)) = text.split_once('/') else {
        let amount = if text.is_empty() { "1Mi" } else { text };
        return Err(Refusal::new(
            format!("{} does not say per what", shown(text)),
            format!("write {amount}/s"),
        ));
    };
    if unit != "s" {
        let what = format!("{} is no bandwidth", shown(text));
        return Err(Refusal::new(
            what,
            "write bytes a second (1Mi/s); bytes in a day or month go below bytes",
        ));
    }
    amount_of(amount, "/s").map(Value::Bytes)
}

pub(crate) fn word(period: Period) -> &'static str {
    match period {
        Period::Day => "day",
        Period::Month => "month",
    }
}

fn by_period<'t>(text: &'t str, noun: &str, example: &str) -> Result<(&'t str, Period), Refusal> {
    let what = |problem: &str| format!("{} {problem}", shown(text));
    let Some((amount, unit)) = text.split_once('/') else {
        let amount = if text.is_empty() { example } else { text };
        return Err(Refusal::new(
            what("does not say per what"),
            format!("write {amount}/day or {amount}/month"),
        ));
    };
    match unit {
        "day" => Ok((amount, Period::Day)),
        "month" => Ok((amount, Period::Month)),
        "d" | "24h" | "days" | "일" => {
            Err(Refusal::new(what("has no period"), format!("did you mean {amount}/day")))
        }
        "mo" | "M" | "30d" | "months" | "월" => {
            Err(Refusal::new(what("has no period"), format!("did you mean {amount}/month")))
        }
        _ => {
            let help = format!(
                "a {noun} is per day or month: {example}/day; shorter times are for rate: 50/s, 30/m"
            );
            Err(Refusal::new(what("has no period"), help))
        }
    }
}

/// Reads the bytes before the slash; what is wrong with them is said of the whole.
fn amount_of(amount: &str, rest: &str) -> Result<Bytes, Refusal> {
    match bytes(amount, Bytes(1)) {
        Ok(Value::Bytes(amount)) => Ok(amount),
        Ok(_) => Ok(Bytes::default()),
        Err(refusal) => {
            let help = refusal.help.map(|help| match help.strip_prefix("did you mean ") {
                Some(meant) => format!("did you mean {meant}{rest}"),
                None => help,
            });
            Err(Refusal { what: refusal.what, help })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_say_per_what() {
        assert!(matches!(quota("10000/day"), Ok(Value::Quota(10_000, Period::Day))));
        assert!(matches!(quota("1/month"), Ok(Value::Quota(1, Period::Month))));
        assert!(matches!(volume("1.5Gi/day"), Ok(Value::Volume(Bytes(n), Period::Day)) if n == 3 << 29));
        assert!(matches!(bandwidth("1Mi/s"), Ok(Value::Bytes(Bytes(n))) if n == 1 << 20));
        assert!(matches!(bandwidth("1000000/s"), Ok(Value::Bytes(Bytes(1_000_000)))));
    }

    #[test]
    fn what_is_no_amount_is_refused_with_help() {
        type Read = fn(&str) -> Result<Value, Refusal>;
        let bad: [(Read, &[&str]); 3] = [
            (
                quota,
                &[
                    "",
                    "10000",
                    "10000/d",
                    "10k/day",
                    "0/day",
                    "-1/day",
                    "5/hour",
                    "9999999999999/day",
                    "/day",
                ],
            ),
            (volume, &["", "1Gi", "1GB/day", "0/day", "1Gi/s", "Gi/month", "1Gi/30d"]),
            (bandwidth, &["", "1Mi", "1MB/s", "0/s", "8Mbit/s", "1Mi/day"]),
        ];
        for (read, texts) in bad {
            for text in texts {
                let refusal = read(text).expect_err(text);
                assert!(refusal.help.is_some(), "{text}: nobody says what would be right");
            }
        }
        assert_eq!(bandwidth("1MB/s").unwrap_err().help.as_deref(), Some("did you mean 1Mi/s"));
    }
}

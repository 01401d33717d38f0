//! How a decision is said: ends, spans of time and counts in words.

use std::time::Duration;

use naru_model::units::format_duration;

/// How a process ended.
pub(crate) fn end(code: Option<i32>, signal: Option<i32>) -> String {
    match (code, signal) {
        (_, Some(signal)) => match signal_name(signal) {
            Some(name) => format!("was killed by {name}"),
            None => format!("was killed by signal {signal}"),
        },
        (Some(code), None) => format!("exited with code {code}"),
        (None, None) => "ended while nobody watched".to_owned(),
    }
}

/// Source: signal(7), the numbers that all Linux architectures share.
fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL (from outside, or for want of memory)",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        _ => return None,
    })
}

/// A span no finer than a person cares for: milliseconds below ten seconds, whole seconds above.
pub(crate) fn span(duration: Duration) -> String {
    let coarse =
        if duration < Duration::from_secs(10) { duration } else { Duration::from_secs(duration.as_secs()) };
    format_duration(coarse)
}

/// `1st`, `2nd`, `3rd`, `11th`.
pub(crate) fn nth(n: usize) -> String {
    let ending = match (n % 10, n % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

/// A ratio as a percentage with one place: `12.5%`.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "0%".to_owned() } else { format!("{:.1}%", 100.0 * part as f64 / whole as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_said_in_words() {
        assert_eq!(end(Some(1), None), "exited with code 1");
        assert_eq!(end(None, Some(11)), "was killed by SIGSEGV");
        assert_eq!(end(None, Some(63)), "was killed by signal 63");
        assert_eq!(end(None, None), "ended while nobody watched");
    }

    #[test]
    fn counts_and_spans_read_as_people_say_them() {
        let said: Vec<_> = [1, 2, 3, 4, 11, 12, 13, 21, 112].into_iter().map(nth).collect();
        assert_eq!(said, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th"]);
        assert_eq!(span(Duration::from_millis(1_234)), "1s234ms");
        assert_eq!(span(Duration::from_millis(61_234)), "1m1s");
        assert_eq!(percent(1, 8), "12.5%");
    }
}

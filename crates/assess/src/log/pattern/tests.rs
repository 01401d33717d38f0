use proptest::prelude::*;

use super::*;

const LINE: &[u8] = br#"83.149.9.216 - kim lee [17/May/2015:10:05:03 +0000] "GET /a/b?c=d HTTP/1.1" 200 203023 "http://x/" "Mozilla/5.0 (\"quoted\")""#;

fn read<'a>(pattern: &str, line: &'a [u8]) -> Result<Line<'a>, BrokenReason> {
    Pattern::new(pattern).expect("a pattern").read(line, &mut Clock::new(0))
}

#[test]
fn the_usual_formats_are_read() {
    let line = read("combined", LINE).expect("a line");
    assert_eq!(
        (line.address, line.user, line.target, line.status),
        (&b"83.149.9.216"[..], &b"kim lee"[..], &b"/a/b?c=d"[..], 200)
    );
    assert_eq!((line.method, line.bytes, line.at, line.micros), (&b"GET"[..], 203_023, 1_431_857_103, None));
    assert_eq!(line.agent, br#"Mozilla/5.0 (\"quoted\")"#);
    let nginx = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for" $request_time $upstream_response_time"#;
    let line = [LINE, br#" "10.0.0.1, 10.9.9.9" 0.250 0.100, 0.140"#].concat();
    let line = read(nginx, &line).expect("a line");
    assert_eq!((line.address, line.micros), (&b"10.0.0.1"[..], Some(250_000)));
    let tomcat = r#"%h %l %u %t "%r" %s %b %D %F"#;
    let line = read(tomcat, br#"::1 - - [17/May/2015:10:05:03 +0000] "POST /x HTTP/1.1" 503 - 1500 12"#)
        .expect("a line");
    assert_eq!((line.bytes, line.micros), (0, Some(1500)));
    let own = r#"%{%Y-%m-%d %H:%M:%S}t|%m|%U%q|%>s|%{ms}T|%{User-Agent}i"#;
    let line = read(own, b"2015-05-17 10:05:03|GET|/a?b|404|12|curl").expect("a line");
    assert_eq!(
        (line.at, line.target, line.status, line.micros, line.agent),
        (1_431_857_103, &b"/a?b"[..], 404, Some(12_000), &b"curl"[..])
    );
}

#[test]
fn columns_of_w3c_logs_are_read() {
    let pattern = Pattern::w3c(" date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus time-taken").expect("columns");
    let line = pattern.read(b"2015-05-17 10:05:03 10.0.0.1 GET /Default.aspx id=1 443 - 10.2.3.4 Mozilla/5.0+(Windows) 200 0 187", &mut Clock::new(0)).expect("a line");
    assert_eq!(
        (line.at, line.target, line.address, line.micros),
        (1_431_857_103, &b"/Default.aspx"[..], &b"10.2.3.4"[..], Some(187_000))
    );
    assert!(Pattern::w3c("date time cs-method").is_err());
}

#[test]
fn broken_lines_say_why() {
    let with = |from: &str, to: &str| String::from_utf8_lossy(LINE).replace(from, to);
    for (line, expected) in [
        (with("Mozilla/5.0 (\\\"quoted\\\")\"", "Mozilla"), BrokenReason::Truncated),
        (with("17/May", "17/Mai"), BrokenReason::Time),
        (with("GET /a/b?c=d HTTP/1.1", "\\x16\\x03\\x01"), BrokenReason::Request),
        (with("GET /a/b?c=d HTTP/1.1", "-"), BrokenReason::Request),
        (with(" 200 ", " 20 "), BrokenReason::Status),
        (with("quoted\\\")\"", "quoted\\\")\"1.2.3.4 - - ["), BrokenReason::Format),
    ] {
        assert_eq!(read("combined", line.as_bytes()).err(), Some(expected), "{line}");
    }
}

#[test]
fn patterns_that_cannot_be_read_say_why() {
    assert_eq!(Pattern::new("%h %t").err(), Some(Error::Incomplete("%h %t".to_owned())));
    assert_eq!(Pattern::new("%h %J").err(), Some(Error::Unknown("%J".to_owned())));
    assert_eq!(Pattern::new("%h%u %t \"%r\" %s").err(), Some(Error::Adjacent("%u".to_owned())));
    assert!(matches!(Pattern::new("$").err(), Some(Error::Unknown(_))));
}

proptest! {
    #[test]
    fn no_line_makes_it_panic(at in 0..LINE.len(), cut in 0..LINE.len(), bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
        let mut line = LINE.to_vec();
        line.splice(at..(at + bytes.len() / 2).min(LINE.len()), bytes);
        line.truncate(line.len().saturating_sub(cut % 40));
        for pattern in ["combined", "common", r#"%h %l %u %t "%r" %>s %b %D"#, "%t|%r|%s|%{User-Agent}i"] {
            if let Ok(read) = read(pattern, &line) {
                prop_assert!((100..600).contains(&read.status) && !read.target.is_empty());
            }
        }
    }

    #[test]
    fn no_pattern_makes_it_panic(text in "[ -~]{0,40}", line in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(pattern) = Pattern::new(&text) {
            let _ = pattern.read(&line, &mut Clock::new(0));
        }
    }
}

proptest! {
    /// What is read in one go is what is read step by step.
    #[test]
    fn combined_lines_are_read_the_same_in_one_go(
        parts in proptest::collection::vec(prop_oneof![
            Just("203.0.113.9"), Just(" "), Just("- - "), Just("kim"), Just("["), Just("17/May/2015:10:05:03 +0000"), Just("] "),
            Just("\""), Just("\\"), Just("GET /a?b=\"c HTTP/1.1"), Just("POST /x HTTP/1.1"), Just(" 200 "), Just("-"), Just("99999"),
            Just("\" \""), Just("Mozilla/5.0"), Just("\"- - [\""),
            Just("203.0.113.9 - - [17/May/2015:10:05:03 +0000] \"GET /a HTTP/1.1\" 200 5 \""),
        ], 1..14)
    ) {
        let pattern = Pattern::new(COMBINED).expect("a pattern");
        let line = parts.concat();
        let (mut one, mut other) = (Clock::new(0), Clock::new(0));
        if let Some(read) = combined::read(line.as_bytes(), &mut one) {
            prop_assert_eq!(Ok(read), pattern.steps(line.as_bytes(), &mut other));
        }
    }
}

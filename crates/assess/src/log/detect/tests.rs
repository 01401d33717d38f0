use super::*;

const COMMON_LINE: &str = r#"10.1.2.3 - - [17/May/2015:10:05:03 +0900] "GET /a HTTP/1.1" 200 15"#;
const COMBINED_LINE: &str = r#"10.1.2.3 - - [17/May/2015:10:05:03 +0900] "GET /a HTTP/1.1" 200 15 "-" "x y""#;

/// The format's pattern, and the response time that it reads from the lines' first.
fn found(lines: &[String]) -> (String, Option<u64>, Option<i32>) {
    let head = lines.join("\n") + "\n";
    let keys = Keys::new(&[]).expect("keys");
    let found = detect(head.as_bytes(), &keys, &Clock::new(0)).expect("a format");
    let micros = match &found.format {
        Format::Text(pattern) => {
            pattern.read(lines[0].as_bytes(), &mut Clock::new(0)).expect("a line").micros
        }
        _ => None,
    };
    (found.format.name(), micros, found.offset)
}

#[test]
fn formats_are_found_with_what_stands_behind_them() {
    let of = |line: &str, tails: [&str; 3]| found(&tails.map(|tail| format!("{line}{tail}")));
    assert_eq!(of(COMMON_LINE, ["", "", ""]), (COMMON.to_owned(), None, Some(32_400)));
    assert_eq!(of(COMBINED_LINE, ["", "", ""]), (COMBINED.to_owned(), None, Some(32_400)));
    assert_eq!(of(COMBINED_LINE, [" 0.120", " 0.001", " 1.000"]).1, Some(120_000));
    assert_eq!(
        of(COMBINED_LINE, [r#" "1.2.3.4" 0.120 0.119"#, r#" "-" 0.001 -"#, r#" "-" 0.3 0.1, 0.2"#]).1,
        Some(120_000)
    );
    assert_eq!(
        of(COMBINED_LINE, [" rt=0.120 uct=0.1", " rt=0.001 uct=0.1", " rt=3.000 uct=0.1"]).1,
        Some(120_000)
    );
    assert_eq!(
        of(COMMON_LINE, [" 12", " 7", " 130"]).1,
        Some(12_000),
        "whole numbers of this size are milliseconds"
    );
    assert_eq!(
        of(COMMON_LINE, [" 12345", " 734512", " 9130"]).1,
        Some(12_345),
        "larger ones are microseconds"
    );
    assert_eq!(of(COMMON_LINE, [" 0", " 0", " 0"]).1, Some(0), "zeros are whole seconds");
    let virtual_host = format!("www.example.kr:443 {COMBINED_LINE}");
    assert!(found(&[virtual_host.clone(), virtual_host]).0.starts_with("%v "));
}

#[test]
fn what_syslog_puts_in_front_is_passed_over() {
    let relayed = |line: &str| {
        let line = format!("Feb  6 12:14:14 web1 nginx[12]: {line}");
        found(&[line.clone(), line])
    };
    assert_eq!(relayed(COMBINED_LINE), (format!("%o: {COMBINED}"), None, Some(32_400)));
    let pattern = Pattern::new(&relayed(COMMON_LINE).0).expect("a pattern");
    let line = format!("<190>Feb 16 12:14:14 web1 nginx: {COMMON_LINE}");
    assert_eq!(pattern.read(line.as_bytes(), &mut Clock::new(0)).expect("a line").address, b"10.1.2.3");
}

#[test]
fn load_balancers_logs_are_read() {
    let of = |line: &str| {
        let (pattern, micros, _) = found(&[line.to_owned(), line.to_owned()]);
        let pattern = Pattern::new(&pattern).expect("a pattern");
        let mut clock = Clock::new(0);
        let read = pattern.read(line.as_bytes(), &mut clock).expect("a line");
        let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
        (text(read.address), text(read.target), read.status, read.at, micros)
    };
    assert_eq!(
        of(
            r#"Feb  6 12:14:14 lb1 haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {kr} {} "GET /index.html HTTP/1.1""#
        ),
        ("10.0.1.2".to_owned(), "/index.html".to_owned(), 200, 1_233_922_454, Some(109_000))
    );
    let (address, target, status, at, micros) = of(
        r#"h2 2018-07-02T22:23:00.186641Z app/my/50dc6c 10.0.1.2:2817 10.0.0.1:80 0.000 0.048 0.037 502 200 34 366 "GET https://www.example.kr:443/orders/7 HTTP/2.0" "curl/7.46.0" ECDHE TLSv1.2 arn:aws "Root=1" "www.example.kr" "arn" 1 2018-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-""#,
    );
    assert!(target.ends_with("/orders/7"), "{target}");
    assert_eq!((address.as_str(), status, at, micros), ("10.0.1.2", 502, 1_530_570_180, Some(48_000)));
}

#[test]
fn one_broken_line_among_the_first_misleads_nobody() {
    let lines = [
        "garbage".to_owned(),
        COMBINED_LINE.to_owned(),
        COMBINED_LINE[..60].to_owned(),
        COMBINED_LINE.to_owned(),
    ];
    let head = lines.join("\n");
    let found = detect(head.as_bytes(), &Keys::default(), &Clock::new(0)).expect("a format");
    assert_eq!(found.format.name(), COMBINED);
}

#[test]
fn what_is_no_log_is_not_taken_for_one() {
    for text in ["hello\nworld\n", "\u{0}\u{1}\u{2}", "{\"a\":1}\n{\"b\":2}\n", "127.0.0.1 - -\n"] {
        assert!(detect(text.as_bytes(), &Keys::default(), &Clock::new(0)).is_none(), "{text:?}");
    }
}

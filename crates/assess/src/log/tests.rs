use std::fmt::Write as _;
use std::io::Write as _;

use naru_model::language::Language;
use naru_model::report::Block;
use proptest::prelude::*;

use super::findings::{BrokenReason, Findings, Sign, Splitting, WindowKind};
use super::*;

const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0) Chrome/120";

fn analysed(files: &[(&str, Vec<u8>)], threads: usize) -> Findings {
    let folder = tempfile::tempdir().expect("a folder");
    let paths: Vec<PathBuf> = files
        .iter()
        .map(|(name, content)| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).expect("a file");
            path
        })
        .collect();
    let mut findings =
        analyse(&Options { files: paths, threads, ..Options::default() }, &Arc::new(Progress::default()))
            .expect("findings");
    // The folder differs from run to run.
    findings
        .sources
        .files
        .iter_mut()
        .for_each(|file| file.name = file.name.rsplit('/').next().unwrap_or_default().to_owned());
    let examples = findings.sources.broken_by_reason.iter_mut().flat_map(|broken| &mut broken.examples);
    examples
        .for_each(|example| example.file = example.file.rsplit('/').next().unwrap_or_default().to_owned());
    findings
}

/// A line of a Monday in January 2024 and the days after it.
fn line(second: u64, address: &str, request: &str, status: u16, agent: &str, seconds: f64) -> String {
    let (day, second) = (8 + second / 86_400, second % 86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!(
        "{address} - - [{day:02}/Jan/2024:{hour:02}:{minute:02}:{second:02} +0900] \"{request} HTTP/1.1\" {status} 100 \"-\" \"{agent}\" {seconds:.3}\n"
    )
}

/// Three days of people who look at the board and order: nobody fails but in an hour of the second day, in which orders do.
fn three_days() -> Vec<String> {
    let mut lines = Vec::new();
    for second in (0..3 * 86_400).step_by(5) {
        let user = format!("10.0.{}.{}", second / 5 % 7, second / 35 % 250);
        let (is_bad, hour) = ((86_400 + 36_000..86_400 + 39_600).contains(&second), second / 3600 % 24);
        lines.push(line(second, &user, &format!("GET /board/{}", second % 1000), 200, CHROME, 0.05));
        lines.push(line(second, &user, "GET /css/main.css", 200, CHROME, 0.001));
        if hour == 20 || second % 40 == 0 {
            let status = if is_bad { 503 } else { 200 };
            lines.push(line(
                second,
                &user,
                "POST /orders/new",
                status,
                CHROME,
                if is_bad { 3.0 } else { 0.4 },
            ));
        }
        if second % 50 == 0 {
            lines.push(line(second, "66.249.1.1", "GET /board/list", 200, "Googlebot/2.1", 0.02));
        }
    }
    lines
}

fn text(lines: &[String]) -> Vec<u8> {
    lines.concat().into_bytes()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text).expect("packed");
    packed.finish().expect("packed")
}

#[test]
fn load_users_failures_and_functions_are_found() {
    let findings = analysed(&[("a.log", text(&three_days()))], 2);
    assert_eq!(findings.sources.broken, 0);
    let period = findings.period.as_ref().expect("a period");
    assert_eq!((period.offset_seconds, period.days), (32_400, 3));
    assert_eq!(findings.volume.robots, 3 * 86_400 / 50);
    let peaks = &findings.peaks;
    assert_eq!(peaks.busiest_hour.requests, 720 * 3 + 72);
    assert!(peaks.surge_ratio > 1.3 && peaks.surge_ratio < 1.5, "{peaks:?}");
    assert!(findings.users.distinct > 1000 && findings.users.sessions.count > findings.users.distinct);
    let bad: Vec<_> = findings.windows.iter().filter(|window| window.kind == WindowKind::Errors).collect();
    assert_eq!(bad.len(), 1, "{:?}", findings.windows);
    assert_eq!((bad[0].from.0 / 1_000_000 + 32_400) % 86_400 / 3600, 10);
    assert_eq!(bad[0].concerned, 90);
    let orders = findings.functions.iter().find(|function| function.name == "orders").expect("orders");
    assert_eq!((orders.peak_hour, orders.prefixes.as_slice()), (20, &["/orders".to_owned()][..]));
    assert_eq!(
        orders.splitting,
        Splitting::Look,
        "it surges by itself, and is used with the board: {:?}",
        orders.reasons
    );
    let assets = findings.functions.iter().find(|function| function.name == "static").expect("assets");
    assert_eq!(assets.splitting, Splitting::Cache);
    assert!(
        findings
            .functions
            .iter()
            .any(|function| function.templates.iter().any(|template| template.path == "/board/{n}"))
    );
    let latency = findings.latency.expect("response times");
    assert!((latency.p99 - 0.4).abs() < 0.03, "{latency:?}");
}

#[test]
fn files_in_any_order_and_packing_and_number_of_threads_tell_the_same() {
    let lines = three_days();
    let whole = analysed(&[("a.log", text(&lines))], 1);
    let (mut odd, mut even) = (Vec::new(), Vec::new());
    lines
        .iter()
        .enumerate()
        .for_each(|(index, line)| if index % 2 == 0 { &mut even } else { &mut odd }.push(line.clone()));
    odd.reverse();
    let packed = zstd::encode_all(&text(&even)[..], 1).expect("packed");
    for threads in [1, 3] {
        let mut parts = analysed(&[("b.log.gz", gzip(&text(&odd))), ("a.log.zst", packed.clone())], threads);
        assert_eq!(
            (parts.sources.lines, parts.sources.bytes_read),
            (whole.sources.lines, whole.sources.bytes_read)
        );
        assert_eq!(parts.sources.files[0].packing, "gzip");
        parts.sources = whole.sources.clone();
        assert!(parts == whole, "{threads} threads tell something else");
    }
}

#[test]
fn lines_over_the_ends_of_pieces_are_read_once() {
    let mut content = Vec::new();
    let (mut count, mut broken) = (0, Vec::new());
    while content.len() < 3 * source::PIECE as usize + 1000 {
        count += 1;
        // Longer and longer, so that pieces end anywhere in a line.
        let request = format!("GET /x/{}", "y".repeat(count % 700));
        content.extend(line(count as u64, "10.0.0.1", &request, 200, CHROME, 0.1).into_bytes());
        if count % 1000 == 0 {
            count += 1;
            content.extend(b"torn\n");
            broken.push(count as u64);
        }
    }
    for threads in [1, 2] {
        let findings = analysed(&[("a.log", content.clone())], threads);
        assert_eq!(findings.sources.lines, count as u64);
        assert_eq!(findings.sources.bytes_read, content.len() as u64);
        assert_eq!(findings.volume.requests + findings.sources.broken, count as u64);
        let places: Vec<u64> =
            findings.sources.broken_by_reason[0].examples.iter().map(|example| example.line).collect();
        assert_eq!(places, broken[..places.len()], "line numbers are those of the file");
    }
}

#[test]
fn every_line_is_accounted_for() {
    let mut content = text(&three_days()[..1000]);
    content.extend(b"\n\xff\xfe garbage\n\"\n");
    content.extend(line(5, "10.0.0.1", "\\x16\\x03", 400, "-", 0.0).into_bytes());
    content.extend(line(5, "10.0.0.1", "GET /", 999, "-", 0.0).into_bytes());
    let long = vec![b'x'; 3 << 20];
    content.extend(&long);
    content.extend(b"\n");
    let last = line(6, "10.0.0.1", "GET /end", 200, CHROME, 0.1);
    content.extend(last.trim_end().bytes());
    for packed in [content.clone(), gzip(&content)] {
        let findings = analysed(&[("a.log", packed)], 2);
        let sources = &findings.sources;
        assert_eq!(sources.lines, findings.volume.requests + sources.broken + sources.remarks);
        assert_eq!((findings.volume.requests, sources.broken, sources.remarks), (1001, 5, 1));
        let count = |reason: BrokenReason| {
            sources
                .broken_by_reason
                .iter()
                .find(|broken| broken.reason == reason)
                .map_or(0, |broken| broken.count)
        };
        assert_eq!(
            (count(BrokenReason::Request), count(BrokenReason::Status), count(BrokenReason::TooLong)),
            (1, 1, 1)
        );
    }
}

#[test]
fn a_damaged_file_costs_its_rest_alone() {
    let good = gzip(&text(&three_days()));
    let findings =
        analysed(&[("a.log.gz", good[..good.len() / 2].to_vec()), ("b.log", text(&three_days()[..100]))], 2);
    let damaged = &findings
        .sources
        .broken_by_reason
        .iter()
        .find(|broken| broken.reason == BrokenReason::Damaged)
        .expect("damage");
    assert_eq!((damaged.count, damaged.examples[0].file.as_str()), (1, "a.log.gz"));
    assert!(findings.sources.files[0].lines > 1000 && findings.sources.files[1].lines == 100);
}

#[test]
fn silence_and_slowness_are_found_and_nights_are_not() {
    let mut lines = Vec::new();
    for second in 0..6 * 86_400_u64 {
        let (hour, of_day) = (second / 3600 % 24, second % 86_400);
        let is_night = hour < 6;
        let is_out = second / 86_400 == 3 && (50_000..51_800).contains(&of_day);
        let is_slow = second / 86_400 == 2 && (60_000..60_600).contains(&of_day);
        if !is_night && !is_out && second % 3 == 0 {
            lines.push(line(
                second,
                &format!("10.1.{}.1", second % 200),
                "GET /a",
                200,
                CHROME,
                if is_slow { 4.0 } else { 0.1 },
            ));
        }
    }
    let findings = analysed(&[("a.log", text(&lines))], 2);
    let told: Vec<(WindowKind, u64)> = findings
        .windows
        .iter()
        .map(|window| (window.kind, window.to.since(window.from).as_secs() / 60))
        .collect();
    assert_eq!(told, [(WindowKind::Slow, 10), (WindowKind::Silence, 29)], "{:?}", findings.windows);
}

#[test]
fn robots_are_found_by_what_they_do() {
    let mut lines = three_days();
    for second in 0..200 {
        lines.push(line(
            40_000 + second / 4,
            "9.9.9.9",
            &format!("GET /board/{second}"),
            200,
            "Mozilla/5.0 (X11)",
            0.1,
        ));
        lines.push(line(
            50_000 + second * 60,
            "8.8.8.8",
            &format!("GET /wp/{second}.php"),
            404,
            "Mozilla/5.0 (X11)",
            0.1,
        ));
    }
    lines.push(line(10, "7.7.7.7", "GET /robots.txt", 200, "Mozilla/5.0 (X11)", 0.1));
    let robots = analysed(&[("a.log", text(&lines))], 2).robots;
    let signs = |address: &str| {
        robots
            .suspected
            .iter()
            .find(|suspect| suspect.address == address)
            .map(|suspect| suspect.signs.clone())
            .unwrap_or_default()
    };
    assert!(signs("9.9.9.9").contains(&Sign::Rate), "{robots:?}");
    assert!(signs("8.8.8.8").contains(&Sign::NotFound), "{robots:?}");
    assert_eq!(signs("7.7.7.7"), [Sign::RobotsTxt]);
    assert_eq!(robots.suspected_users, 3);
}

#[test]
fn a_load_balancers_address_is_no_user_and_no_robot() {
    let mut lines = three_days();
    lines.truncate(20_000);
    for second in (0..86_400).step_by(6) {
        lines.push(line(second, "10.9.9.1", &format!("GET /board/{}", second % 50), 200, CHROME, 0.1));
        lines.push(line(second, "10.9.9.2", "GET /style.css", 200, CHROME, 0.1));
    }
    let findings = analysed(&[("a.log", text(&lines))], 2);
    let through: Vec<&str> = findings.users.through.iter().map(|counted| counted.text.as_str()).collect();
    assert_eq!(through, ["10.9.9.1", "10.9.9.2"]);
    assert_eq!((findings.robots.suspected_users, findings.users.a_day()), (0, None));
    for (language, said) in [(Language::Ko, "부하분산기"), (Language::En, "load balancer")] {
        let told = report(&findings, language);
        let is_said = |block: &Block| matches!(block, Block::Paragraph(text) if text.contains(said));
        assert!(told.blocks.iter().any(is_said), "{:?}", told.blocks);
    }
}

#[test]
fn w3c_and_json_logs_are_read_beside_each_other() {
    let mut w3c = String::from(
        "#Software: Microsoft Internet Information Services 10.0\r\n#Fields: date time cs-method cs-uri-stem c-ip sc-status time-taken\r\n",
    );
    let mut json = String::new();
    for minute in 0..50 {
        let _ = write!(w3c, "2024-01-08 01:{minute:02}:00 GET /Default.aspx 10.0.0.{minute} 200 15\r\n");
        let _ = writeln!(
            json,
            r#"{{"time":"2024-01-08T10:{minute:02}:00+09:00","remote_addr":"10.0.0.{minute}","request":"GET /b HTTP/1.1","status":200}}"#
        );
    }
    // Columns change in the middle of a file when IIS starts anew.
    w3c.push_str("#Fields: date time c-ip cs-method cs-uri-stem sc-status\r\n2024-01-08 01:59:00 10.0.0.1 GET /other 404\r\n");
    let findings = analysed(&[("u_ex.log", w3c.into_bytes()), ("a.json", json.into_bytes())], 2);
    assert_eq!((findings.volume.requests, findings.sources.remarks, findings.sources.broken), (101, 3, 0));
    assert_eq!(findings.peaks.busiest_hour.requests, 101, "both are of the same hour");
    assert_eq!(
        findings.sources.files.iter().map(|file| file.format.as_str()).collect::<Vec<_>>(),
        ["w3c", "json"]
    );
}

#[test]
fn what_cannot_be_read_is_said_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = |files: &[PathBuf]| Options { files: files.to_vec(), ..Options::default() };
    let failed = |files: &[PathBuf]| {
        analyse(&options(files), &Arc::new(Progress::default())).expect_err("no findings").to_string()
    };
    let nonsense = folder.path().join("nonsense");
    std::fs::write(&nonsense, "hello\nworld\n").expect("a file");
    let said = failed(std::slice::from_ref(&nonsense));
    assert!(said.contains("It begins with: hello") && said.contains("--pattern"), "{said}");
    for (content, expected) in [
        (&b"\xff\xfe2\x000\x003\x00\n\x00"[..], "UTF-16"),
        (b"\x00\x01\x02\n", "it is no text"),
        (b"[Fri May 17 09:00:00.1 2024] [core:error] [pid 5] File does not exist\n", "log of errors"),
        (b"2024-05-17 00:00:00 10.0.0.5 GET /a - 443 - 10.0.0.9 Mozilla 200 0 0 5\n", "#Fields"),
    ] {
        std::fs::write(&nonsense, content).expect("a file");
        let said = failed(std::slice::from_ref(&nonsense));
        assert!(said.contains(expected), "{said}");
    }
    assert!(failed(&[folder.path().to_owned()]).contains("is a folder"));
    assert!(failed(&[folder.path().join("absent")]).starts_with("cannot read"));
    assert!(failed(&[]).contains("no log was given"));
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "").expect("a file");
    assert_eq!(analyse(&options(&[empty]), &Arc::new(Progress::default())).expect("findings").period, None);
}

#[test]
fn users_behind_proxies_are_told_apart() {
    let behind = |n: u64| {
        let one = line(n, "203.0.113.1", "GET /a", 200, CHROME, 0.1);
        one.replacen("203.0.113.1", &format!("203.0.113.{}, 10.0.0.1, 10.0.0.2", n % 7), 1)
    };
    let json = |n: u64| {
        let address = if n.is_multiple_of(2) {
            format!("[2001:db8::{}]:{n}", n % 7)
        } else {
            format!("192.0.2.{}:{n}", n % 7)
        };
        format!(
            r#"{{"ClientAddr":"{address}","DownstreamStatus":200,"RequestMethod":"GET","RequestPath":"/a","StartUTC":"2024-05-17T00:00:00Z"}}"#
        )
    };
    let content = |of: &dyn Fn(u64) -> String| -> Vec<u8> {
        (0..210).flat_map(|n| format!("{}\n", of(n).trim_end()).into_bytes()).collect()
    };
    for (name, content, users) in [("list", content(&behind), 7), ("json", content(&json), 14)] {
        let findings = analysed(&[("a.log", content)], 1);
        assert_eq!((findings.volume.requests, findings.users.distinct), (210, users), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn no_file_makes_it_panic(mutations in proptest::collection::vec((0..100_000_usize, any::<u8>()), 0..400)) {
        let mut content = text(&three_days()[..900]);
        for (at, byte) in mutations {
            let at = at % content.len();
            content[at] = byte;
        }
        let findings = analysed(&[("a.log", content)], 1);
        let sources = &findings.sources;
        prop_assert_eq!(sources.lines, findings.volume.requests + sources.broken + sources.remarks);
        let by_function: u64 = findings.functions.iter().map(|function| function.requests).sum();
        prop_assert_eq!(by_function, findings.volume.requests);
        for language in [Language::En, Language::Ko] {
            let told = naru_report::render(&report(&findings, language), naru_report::Format::Html).unwrap();
            prop_assert!(!told.is_empty());
        }
    }
}

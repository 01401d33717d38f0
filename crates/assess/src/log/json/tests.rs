use proptest::prelude::*;

use super::*;

const NGINX: &str = r#"{"time_local":"17/May/2015:10:05:03 +0000","remote_addr":"10.1.2.3","request":"GET \/a\/b HTTP\/1.1","status":"200","body_bytes_sent":"15","http_user_agent":"x \"y\"","request_time":"0.012"}"#;
const CADDY: &str = r#"{"level":"info","ts":1431857103.25,"logger":"http.log.access","request":{"remote_ip":"10.1.2.3","method":"GET","uri":"/a/b","headers":{"User-Agent":["x \"y\"","z"]}},"duration":0.012,"size":15,"status":200}"#;
const ELASTIC: &str = r#"{"@timestamp":"2015-05-17T10:05:03.000Z","log":{"file":{"path":"/var/log/x"}},"source":{"address":"10.1.2.3"},"http":{"request":{"method":"GET"},"response":{"status_code":200,"body":{"bytes":15}}},"url":{"path":"/a/b"},"user_agent":{"original":"x \"y\""},"event":{"duration":12000000}}"#;
const OWN: &str = r#"{"when":1431857103123,"who":"10.1.2.3","what":"/a/b","how":"x \"y\"","elapsed_ms":12,"n":15,"code":200,"verb":"GET"}"#;

fn own() -> Vec<(String, String)> {
    [("time", "when"), ("address", "who"), ("target", "what"), ("agent", "how"), ("bytes", "n")]
        .map(|(what, key)| (what.to_owned(), key.to_owned()))
        .to_vec()
}

#[test]
fn the_usual_names_are_known_and_others_can_be_given() {
    for (text, given) in [(NGINX, vec![]), (CADDY, vec![]), (ELASTIC, vec![]), (OWN, own())] {
        let mut reader = Reader::new(Keys::new(&given).expect("keys"));
        let line = reader.read(text.as_bytes(), &mut Clock::new(0)).expect(text);
        assert_eq!(
            (line.at, line.address, line.method, line.target),
            (1_431_857_103, &b"10.1.2.3"[..], &b"GET"[..], &b"/a/b"[..]),
            "{text}"
        );
        assert_eq!(
            (line.status, line.bytes, line.agent, line.micros),
            (200, 15, &b"x \"y\""[..], Some(12_000)),
            "{text}"
        );
    }
    assert_eq!(Keys::new(&[("colour".to_owned(), "x".to_owned())]).err(), Some("colour".to_owned()));
}

#[test]
fn broken_lines_say_why() {
    let mut reader = Reader::new(Keys::new(&[]).expect("keys"));
    for (text, expected) in [
        (r#"{"time":"x"#, BrokenReason::Truncated),
        ("nothing", BrokenReason::Format),
        (r#"{"status":200,"uri":"/"}"#, BrokenReason::Time),
        (r#"{"time":1431857103,"status":200}"#, BrokenReason::Request),
        (r#"{"time":1431857103,"uri":"/","status":0}"#, BrokenReason::Status),
    ] {
        assert_eq!(reader.read(text.as_bytes(), &mut Clock::new(0)).err(), Some(expected), "{text}");
    }
}

proptest! {
    #[test]
    fn no_line_makes_it_panic(at in 0..CADDY.len(), bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
        let mut reader = Reader::new(Keys::new(&[]).expect("keys"));
        for text in [NGINX, CADDY, ELASTIC] {
            let mut line = text.as_bytes().to_vec();
            let from = at.min(line.len());
            line.splice(from..(from + bytes.len() / 2).min(line.len()), bytes.clone());
            if let Ok(read) = reader.read(&line, &mut Clock::new(0)) {
                prop_assert!((100..600).contains(&read.status) && !read.target.is_empty());
            }
        }
    }
}

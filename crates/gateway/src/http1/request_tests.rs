use super::*;
use crate::http1::scan::Scan;
use proptest::prelude::*;

const BOUNDS: Bounds = Bounds { line: 8192, fields: 32768, count: 100 };

fn read(input: &[u8]) -> Result<RequestHead, Malformed> {
    let end = Scan::default().find_end(input, &BOUNDS)?.ok_or(Malformed::Syntax("no end"))?;
    let mut head = RequestHead::default();
    parse(&input[..end], &BOUNDS, &mut head).map(|()| head)
}

#[test]
fn a_request_is_taken_apart() {
    let head = read(
        b"POST /a/b?x=1 HTTP/1.1\r\nHost: Www.Example.kr.:8080\r\nContent-Length: 12\r\nTE: trailers\r\n\r\n",
    );
    let head = head.unwrap();
    assert_eq!((head.method, head.method_name()), (Method::Post, "POST"));
    assert_eq!((head.path(), head.query(), head.target()), ("/a/b", Some("x=1"), "/a/b?x=1"));
    assert_eq!((head.host(), head.authority()), ("www.example.kr", "Www.Example.kr.:8080"));
    assert_eq!((head.body, head.protocol, head.keep_alive), (Body::Sized(12), 11, true));
    assert!(head.takes_trailers);
}

#[test]
fn targets_come_in_three_forms() {
    let target = |line: &str| {
        let text = format!("{line} HTTP/1.1\r\nHost: a:1\r\n\r\n");
        read(text.as_bytes())
            .map(|h| (h.path().to_owned(), h.query().map(str::to_owned), h.target().to_owned()))
    };
    let is = |path: &str, query: Option<&str>, whole: &str| {
        Ok((path.to_owned(), query.map(str::to_owned), whole.to_owned()))
    };
    assert_eq!(target("GET /"), is("/", None, "/"));
    assert_eq!(target("GET /?"), is("/", Some(""), "/?"));
    assert_eq!(target("GET /예약?a"), is("/예약", Some("a"), "/예약?a"));
    assert_eq!(target("OPTIONS *"), is("*", None, "*"));
    assert_eq!(target("GET http://a:1/b?c"), is("/b", Some("c"), "/b?c"));
    assert_eq!(target("GET HTTP://A:1"), is("/", None, "/"));
    assert_eq!(target("GET http://a:1?q"), is("/", Some("q"), "/?q"));
    for bad in
        ["GET *", "GET a", "GET http://", "GET http://b/", "GET http://u@a:1/", "GET /#a", "CONNECT a:1"]
    {
        assert!(target(bad).is_err(), "{bad}");
    }
}

#[test]
fn http_1_0_closes_unless_it_asks_not_to() {
    let keep_alive = |text: &str| read(text.as_bytes()).map(|h| (h.protocol, h.keep_alive));
    assert_eq!(keep_alive("GET / HTTP/1.0\r\n\r\n"), Ok((10, false)));
    assert_eq!(keep_alive("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), Ok((10, true)));
    assert_eq!(keep_alive("GET / HTTP/1.1\r\nHost: a\r\nConnection: a, close\r\n\r\n"), Ok((11, false)));
}

#[test]
fn an_upgrade_needs_both_fields() {
    let upgrade = |fields: &str| {
        let text = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        read(text.as_bytes()).map(|h| h.upgrade)
    };
    assert_eq!(upgrade("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"), Ok(true));
    assert_eq!(upgrade("Upgrade: websocket\r\n"), Ok(false));
    assert_eq!(upgrade("Connection: Upgrade\r\n"), Ok(false));
}

/// One row per trick known to make two programs read one stream differently, or one program do too much.
#[test]
fn smuggling_and_nonsense_are_refused() {
    let host = "POST / HTTP/1.1\r\nHost: a\r\n";
    let rows: &[(&str, String)] = &[
        ("both lengths", format!("{host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n")),
        (
            "both lengths, other order",
            format!("{host}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"),
        ),
        ("two different lengths", format!("{host}Content-Length: 3\r\nContent-Length: 4\r\n\r\n")),
        ("two equal lengths", format!("{host}Content-Length: 3\r\nContent-Length: 3\r\n\r\n")),
        ("a list of lengths", format!("{host}Content-Length: 3, 3\r\n\r\n")),
        ("a signed length", format!("{host}Content-Length: +3\r\n\r\n")),
        ("a negative length", format!("{host}Content-Length: -3\r\n\r\n")),
        ("a hexadecimal length", format!("{host}Content-Length: 0x3\r\n\r\n")),
        ("an empty length", format!("{host}Content-Length:\r\n\r\n")),
        ("a length that overflows", format!("{host}Content-Length: 99999999999999999999\r\n\r\n")),
        ("a length with a blank", format!("{host}Content-Length: 3 3\r\n\r\n")),
        ("a coding before chunked", format!("{host}Transfer-Encoding: gzip, chunked\r\n\r\n")),
        ("a coding after chunked", format!("{host}Transfer-Encoding: chunked, identity\r\n\r\n")),
        ("identity", format!("{host}Transfer-Encoding: identity\r\n\r\n")),
        ("an unknown coding", format!("{host}Transfer-Encoding: xchunked\r\n\r\n")),
        ("chunked twice", format!("{host}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n")),
        ("a quoted coding", format!("{host}Transfer-Encoding: \"chunked\"\r\n\r\n")),
        ("a vertical tab in the coding", format!("{host}Transfer-Encoding: \u{b}chunked\r\n\r\n")),
        ("an empty coding", format!("{host}Transfer-Encoding:\r\n\r\n")),
        ("chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n".into()),
        ("a blank before the colon", format!("{host}Content-Length : 3\r\n\r\n")),
        ("a tab before the colon", format!("{host}Transfer-Encoding\t: chunked\r\n\r\n")),
        ("obs-fold", format!("{host}X: a\r\n b\r\n\r\n")),
        ("a first field that is folded", "GET / HTTP/1.1\r\n Host: a\r\n\r\n".into()),
        ("a bare LF", "GET / HTTP/1.1\nHost: a\r\n\r\n".into()),
        ("a bare LF in a field", format!("{host}X: a\nY: b\r\n\r\n")),
        ("a bare CR in a field", format!("{host}X: a\rY: b\r\n\r\n")),
        ("a bare CR in the line", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n".into()),
        ("two CR", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n".into()),
        ("NUL in a value", format!("{host}X: a\0b\r\n\r\n")),
        ("NUL in a name", format!("{host}X\0: a\r\n\r\n")),
        ("NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n".into()),
        ("no name", format!("{host}: a\r\n\r\n")),
        ("no colon", format!("{host}X\r\n\r\n")),
        ("a name with brackets", format!("{host}X[]: a\r\n\r\n")),
        ("no host", "GET / HTTP/1.1\r\n\r\n".into()),
        ("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n".into()),
        ("a list of hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n".into()),
        ("a host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n".into()),
        ("a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n".into()),
        ("a host with a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n".into()),
        ("a port that is none", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n".into()),
        ("two ports", "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n".into()),
        ("a bracket left open", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n".into()),
        ("another host in the target", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n".into()),
        ("HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n".into()),
        ("HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n".into()),
        ("HTTP/01.1", "GET / HTTP/01.1\r\nHost: a\r\n\r\n".into()),
        ("HTTP/0.9", "GET /\r\n\r\n".into()),
        ("lower-case http", "GET / http/1.1\r\nHost: a\r\n\r\n".into()),
        ("blanks in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n".into()),
        ("two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n".into()),
        ("a tab for a blank", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n".into()),
        ("a blank in front", " GET / HTTP/1.1\r\nHost: a\r\n\r\n".into()),
        ("a blank behind", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n".into()),
        ("a method that is no token", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n".into()),
        ("an unknown expectation", format!("{host}Expect: 200-ok\r\n\r\n")),
        ("CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n".into()),
    ];
    for (trick, text) in rows {
        assert!(read(text.as_bytes()).is_err(), "{trick}: {text:?}");
    }
}

#[test]
fn a_target_that_is_not_utf_8_is_refused() {
    assert!(read(b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n").is_err());
    assert!(read(b"GET / HTTP/1.1\r\nHost: a\r\nX: \xff\r\n\r\n").is_ok());
}

#[test]
fn more_fields_than_usual_are_read_when_the_limit_allows() {
    let bounds = Bounds { count: 300, ..BOUNDS };
    let text = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "b: c\r\n".repeat(250));
    let mut head = RequestHead::default();
    assert_eq!(parse(text.as_bytes(), &bounds, &mut head), Ok(()));
    assert_eq!(head.fields.len(), 251);
    assert_eq!(parse(text.as_bytes(), &BOUNDS, &mut head), Err(Malformed::TooManyFields));
}

proptest! {
    #[test]
    fn whatever_passes_is_written_as_it_was_read(
        names in proptest::collection::vec("[A-Za-z][A-Za-z-]{0,8}[a-z]", 0..8),
        value in "[!-~]{0,20}",
        path in "/[a-z0-9/%._-]{0,20}",
    ) {
        let lines: String = names.iter().map(|n| format!("X-{n}: {value}\r\n")).collect();
        let text = format!("GET {path} HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
        let head = read(text.as_bytes()).unwrap();
        prop_assert_eq!(head.path(), path.as_str());
        let mut out = Vec::new();
        head.fields.write_lines(&mut out);
        prop_assert_eq!(out, format!("Host: a\r\n{lines}").into_bytes());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
        let _ = read(&[b"GET / HTTP/1.1\r\nHost: a\r\n".as_slice(), &bytes, b"\r\n\r\n"].concat());
    }
}

use super::*;
use crate::http1::scan::Scan;

fn read_for(method: Method, input: &str) -> Result<ResponseHead, Malformed> {
    let input = input.as_bytes();
    let end = Scan::default().find_end(input, &BOUNDS)?.ok_or(Malformed::Syntax("no end"))?;
    let mut head = ResponseHead::default();
    parse(&input[..end], method, &mut head).map(|()| head)
}

fn read(input: &str) -> Result<ResponseHead, Malformed> {
    read_for(Method::Get, input)
}

#[test]
fn the_body_is_as_long_as_the_head_says() {
    let body = |text: &str| read(text).map(|h| (h.body, h.keep_alive));
    assert_eq!(body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), Ok((Body::Sized(5), true)));
    assert_eq!(body("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), Ok((Body::Empty, true)));
    assert_eq!(body("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"), Ok((Body::Streamed, true)));
    assert_eq!(body("HTTP/1.1 200 OK\r\n\r\n"), Ok((Body::UntilClose, false)));
    assert_eq!(body("HTTP/1.1 204 \r\n\r\n"), Ok((Body::Empty, true)));
    assert_eq!(body("HTTP/1.1 304 N\r\nContent-Length: 5\r\n\r\n"), Ok((Body::Empty, true)));
    assert_eq!(body("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n"), Ok((Body::Sized(5), false)));
    assert_eq!(
        body("HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n"),
        Ok((Body::Sized(5), true))
    );
    let head = read_for(Method::Head, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").unwrap();
    assert_eq!((head.body, head.content_length), (Body::Empty, Some(5)));
}

#[test]
fn how_long_the_connection_stays_is_read() {
    let head = read("HTTP/1.1 204 x\r\nKeep-Alive: timeout=20, max=9\r\n\r\n").unwrap();
    assert_eq!(head.keep_alive_seconds, Some(20));
    let head = read("HTTP/1.1 204 x\r\nConnection: close\r\n\r\n").unwrap();
    assert!(!head.keep_alive);
}

#[test]
fn answers_that_could_be_read_in_two_ways_are_refused() {
    let ok = "HTTP/1.1 200 OK\r\n";
    for bad in [
        format!("{ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
        format!("{ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\n"),
        format!("{ok}Content-Length: 5\r\nContent-Length: 5\r\n\r\n"),
        format!("{ok}Content-Length: 5, 5\r\n\r\n"),
        format!("{ok}Content-Length: x\r\n\r\n"),
        format!("{ok}Transfer-Encoding: gzip, chunked\r\n\r\n"),
        format!("{ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
        format!("{ok}Content-Length : 5\r\n\r\n"),
        format!("{ok}X: a\r\n b\r\n\r\n"),
        format!("{ok}X: a\nY: b\r\n\r\n"),
        format!("{ok}X: a\rb\r\n\r\n"),
        format!("{ok}X: a\0\r\n\r\n"),
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".into(),
        "HTTP/2.0 200 OK\r\n\r\n".into(),
        "HTTP/1.1 20 OK\r\n\r\n".into(),
        "HTTP/1.1 099 OK\r\n\r\n".into(),
        "HTTP/1.1 2000 OK\r\n\r\n".into(),
        "HTTP/1.1  200 OK\r\n\r\n".into(),
        "ICY 200 OK\r\n\r\n".into(),
        "\r\nHTTP/1.1 200 OK\r\n\r\n".into(),
    ] {
        assert!(read(&bad).is_err(), "{bad:?}");
    }
}

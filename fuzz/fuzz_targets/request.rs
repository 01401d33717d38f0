//! A request's head: no panic; what passes is written again as a head that passes and means the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use naru_gateway::head::{Body, Known, RequestHead};
use naru_gateway::http1::request::parse;
use naru_gateway::http1::scan::{Bounds, Scan};

const BOUNDS: Bounds = Bounds { line: 512, fields: 2048, count: 120 };

fn read(input: &[u8]) -> Option<RequestHead> {
    let end = Scan::default().find_end(input, &BOUNDS).ok()??;
    let mut head = RequestHead::default();
    parse(&input[..end], &BOUNDS, &mut head).ok().map(|()| head)
}

fn written(head: &RequestHead) -> Vec<u8> {
    let version = if head.protocol == 10 { "1.0" } else { "1.1" };
    let mut out = format!("{} {} HTTP/{version}\r\n", head.method_name(), head.target()).into_bytes();
    head.fields.write_lines(&mut out);
    out.extend_from_slice(b"\r\n");
    out
}

fuzz_target!(|input: &[u8]| {
    // As a whole and by bytes, the end is in the same place.
    let mut scan = Scan::default();
    let by_bytes = (1..=input.len()).find_map(|n| scan.find_end(&input[..n], &BOUNDS).transpose());
    let whole = Scan::default().find_end(input, &BOUNDS);
    if let Ok(Some(end)) = whole {
        assert_eq!(by_bytes, Some(Ok(end)));
    }
    let Some(head) = read(input) else { return };
    let lengths = head.fields.values(Known::ContentLength).count();
    let codings = head.fields.values(Known::TransferEncoding).count();
    assert!(lengths + codings <= 1);
    assert_eq!(head.body == Body::Streamed, codings == 1);
    assert!(head.fields.values(Known::Host).count() <= 1);
    let out = written(&head);
    assert!(!out.contains(&0));
    assert_eq!(whole_lines(&out), out.iter().filter(|b| **b == b'\n').count());
    let again = read(&out).expect("what passed once passes again");
    assert_eq!((again.body, again.keep_alive, again.upgrade), (head.body, head.keep_alive, head.upgrade));
    assert_eq!((again.path(), again.query(), again.method_name()), (head.path(), head.query(), head.method_name()));
    assert_eq!(again.fields.len(), head.fields.len());
    assert_eq!(written(&again), out);
});

/// Lines that end as they should.
fn whole_lines(text: &[u8]) -> usize {
    text.windows(2).filter(|pair| pair == b"\r\n").count()
}

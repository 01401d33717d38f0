//! A response's head: no panic; one length at most, and none beside a coding.

#![no_main]

use libfuzzer_sys::fuzz_target;
use naru_gateway::head::{Body, Known, ResponseHead};
use naru_gateway::http1::response::{BOUNDS, parse};
use naru_gateway::http1::scan::Scan;
use naru_model::record::Method;

fuzz_target!(|input: &[u8]| {
    let Ok(Some(end)) = Scan::default().find_end(input, &BOUNDS) else { return };
    let mut head = ResponseHead::default();
    for method in [Method::Get, Method::Head] {
        if parse(&input[..end], method, &mut head).is_err() {
            continue;
        }
        let lengths = head.fields.values(Known::ContentLength).count();
        let codings = head.fields.values(Known::TransferEncoding).count();
        assert!(lengths + codings <= 1);
        assert_eq!(head.content_length.is_some(), lengths == 1);
        match head.body {
            Body::Empty => {}
            Body::Sized(length) => assert_eq!(head.content_length, Some(length)),
            Body::Streamed => assert_eq!(codings, 1),
            Body::UntilClose => assert!(!head.keep_alive && lengths + codings == 0),
        }
        if method == Method::Head {
            assert_eq!(head.body, Body::Empty);
        }
        let mut out = Vec::new();
        head.fields.write_lines(&mut out);
        let ends = out.windows(2).filter(|pair| pair == b"\r\n").count();
        assert_eq!(ends, out.iter().filter(|b| **b == b'\n').count());
        assert_eq!(ends, head.fields.len());
    }
});

//! A chunked body: no panic; however it is cut, the same data, the same end or the same refusal; and where both pass it,
//! httparse reads the same data.

#![no_main]

use libfuzzer_sys::fuzz_target;
use naru_gateway::http1::chunked::{Decoder, Next};

/// Decodes `input` in pieces of `step` bytes: the data, and how much of the input was the body when it ended.
fn decode(input: &[u8], step: usize) -> Option<(Vec<u8>, Option<usize>)> {
    let mut decoder = Decoder::default();
    let (mut data, mut at, mut here) = (Vec::new(), 0, 0);
    loop {
        let (framing, next) = decoder.next(&input[at..here]).ok()?;
        assert!(framing <= here - at);
        at += framing;
        match next {
            Next::Data(length) => {
                assert!(length > 0 && length <= here - at);
                assert_eq!(decoder.available(here - at), length);
                data.extend_from_slice(&input[at..at + length]);
                decoder.took(length);
                at += length;
            }
            Next::End => return Some((data, Some(at))),
            Next::Input if here == input.len() => return Some((data, None)),
            Next::Input => here = here.saturating_add(step).min(input.len()),
        }
    }
}

/// The same with httparse's reading of sizes, for bodies without trailers. `None`: it would refuse, or there is more to it.
fn by_httparse(mut input: &[u8]) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    loop {
        let httparse::Status::Complete((line, size)) = httparse::parse_chunk_size(input).ok()? else { return None };
        input = &input[line..];
        if size == 0 {
            return input.starts_with(b"\r\n").then_some(data);
        }
        let size = usize::try_from(size).ok()?;
        data.extend_from_slice(input.get(..size)?);
        input = input[size..].strip_prefix(b"\r\n")?;
    }
}

fuzz_target!(|input: &[u8]| {
    let whole = decode(input, usize::MAX);
    for step in [1, 2, 7] {
        assert_eq!(decode(input, step), whole, "in pieces of {step}");
    }
    if let (Some((data, Some(_))), Some(other)) = (&whole, by_httparse(input)) {
        assert_eq!(*data, other);
    }
});

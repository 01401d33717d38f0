//! Lines of access logs, and patterns of them: no panic; what is read is a request, and a format that was found can be asked for.

#![no_main]

use libfuzzer_sys::fuzz_target;
use naru_assess::log::{Clock, EntryKind, JsonReader, Keys, Pattern, format_of, read_history};

fuzz_target!(|input: &[u8]| {
    let _ = format_of(input);
    let mut clock = Clock::new(0);
    // The first line is a pattern, the others are read by it.
    let (first, lines) = input.split_at(input.iter().position(|b| *b == b'\n').unwrap_or(input.len()));
    let given = std::str::from_utf8(first).ok().and_then(|text| Pattern::new(text).ok());
    let known = ["common", "combined", "%t|%r|%s|%{User-Agent}i", "[$time_local] $request $status $request_time"];
    for pattern in known.iter().filter_map(|text| Pattern::new(text).ok()).chain(given) {
        for line in lines.split(|b| *b == b'\n') {
            if let Ok(read) = pattern.read(line, &mut clock) {
                assert!((100..600).contains(&read.status) && !read.target.is_empty() && read.at > 0);
            }
        }
    }
    let mut reader = JsonReader::new(Keys::new(&[]).expect("keys"));
    for line in input.split(|b| *b == b'\n') {
        if let Ok(read) = reader.read(line, &mut clock) {
            assert!((100..600).contains(&read.status) && !read.target.is_empty() && read.at > 0);
        }
    }
    if let Ok(text) = std::str::from_utf8(input) {
        let _ = read_history(text, EntryKind::Deployment);
    }
});

//! Any text given as naru.yaml is read or refused with a report that can be printed; nothing else happens.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use naru_config::{Machine, parse};
use naru_model::units::Bytes;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let machine = Machine { cores: 4, memory: Bytes(8 << 30) };
    match parse("naru.yaml", text, Path::new("/srv"), machine) {
        Ok(platform) => assert!(!platform.services.is_empty()),
        Err(report) => assert!(!report.problems.is_empty() && !report.to_string().is_empty()),
    }
});

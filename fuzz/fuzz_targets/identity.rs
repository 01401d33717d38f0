//! `Forwarded`, `X-Forwarded-For` and `traceparent`: no panic; an address that is written reads back; a trace id that is
//! taken stands in the field.

#![no_main]

use std::net::{IpAddr, Ipv4Addr};

use libfuzzer_sys::fuzz_target;
use naru_gateway::forwarded::{client, forwarded_node, node_text, plain_node};
use naru_gateway::trace::trace_id;

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fuzz_target!(|input: &[u8]| {
    let trusts = |address: IpAddr| address.is_loopback();
    for node in [forwarded_node, plain_node] {
        let values: Vec<&[u8]> = input.split(|b| *b == b'\n').collect();
        let found = client(values.into_iter(), node, PEER, trusts);
        let element = format!("for={}", node_text(found));
        assert_eq!(forwarded_node(element.as_bytes()), Some(found));
    }
    if let Some(id) = trace_id(input) {
        let digits: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(&input[3..35], digits.as_bytes());
        assert_ne!(id, [0; 16]);
    }
});

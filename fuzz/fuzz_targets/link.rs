//! The frames of the link between server and gateway: whatever comes, decoding ends without a panic, takes no more than
//! was there, and what it accepts it would have written the same way.
#![no_main]

use libfuzzer_sys::fuzz_target;
use naru_model::link::{Frame, ToGateway, ToServer};
use naru_model::record::RequestRecord;

fuzz_target!(|received: &[u8]| {
    let mut rest = received;
    loop {
        let before = rest;
        let Ok(Some(frame)) = Frame::decode(&mut rest) else { return };
        let mut again = Vec::new();
        frame.encode(&mut again).expect("what was decoded is not too long");
        assert_eq!(again, before[..before.len() - rest.len()]);
        match frame {
            Frame::Message(json) => {
                let _ = serde_json::from_slice::<ToGateway>(json);
                let _ = serde_json::from_slice::<ToServer>(json);
            }
            Frame::Records(mut batch) => while RequestRecord::decode(&mut batch).is_ok() && !batch.is_empty() {},
        }
    }
});

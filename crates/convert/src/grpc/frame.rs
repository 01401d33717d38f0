//! Messages on the wire: a byte of flags, four of length, the message.
//!
//! Source: `Length-Prefixed-Message` of PROTOCOL-HTTP2.md.

use naru_model::message::Refusal;

use crate::body::refused;

/// What gRPC's own libraries take of one message by default, in bytes. Source: `GRPC_DEFAULT_MAX_RECV_MESSAGE_LENGTH`.
pub(super) const LARGEST: usize = 4 << 20;
const HEAD: usize = 5;

/// One message in its frame.
pub(super) fn framed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEAD + message.len());
    put(0, message, &mut out);
    out
}

/// Appends a frame. No content is longer than four bytes can tell: a request's is bounded, and trailers are a head's.
pub(super) fn put(flags: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(flags);
    out.extend_from_slice(&u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(content);
}

/// Takes frames apart, in whatever pieces they come.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// Of a frame that is not complete: at most [`LARGEST`] and a piece.
    held: Vec<u8>,
}

impl Frames {
    /// Gives each message that is complete now to `each`.
    ///
    /// # Errors
    /// A message is compressed, though nobody said that it may be, or too large; or `each` refuses it.
    pub(super) fn push(
        &mut self,
        data: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        self.held.extend_from_slice(data);
        let mut at = 0;
        while let Some(length) = length(&self.held[at..])? {
            let Some(message) = self.held.get(at + HEAD..at + HEAD + length) else { break };
            each(message)?;
            at += HEAD + length;
        }
        self.held.drain(..at);
        Ok(())
    }

    /// Tells whether what came ended with a whole message.
    pub(super) fn are_complete(&self) -> bool {
        self.held.is_empty()
    }
}

/// How long the message is whose frame begins here; `None`: its head has not come.
fn length(frame: &[u8]) -> Result<Option<usize>, Refusal> {
    let Some(&[flags, a, b, c, d]) = frame.first_chunk::<HEAD>() else { return Ok(None) };
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    match flags {
        0 if length <= LARGEST => Ok(Some(length)),
        0 => {
            let detail = format!("the service sent a message of {length} bytes; at most {LARGEST} are taken");
            Err(refused(502, detail))
        }
        1 => Err(refused(502, "the service sent a compressed message, which nobody asked for")),
        _ => Err(refused(502, "the service sent what is no gRPC message")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn messages(frames: &mut Frames, data: &[u8]) -> Result<Vec<Vec<u8>>, Refusal> {
        let mut all = Vec::new();
        frames.push(data, |message| {
            all.push(message.to_vec());
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn what_is_no_message_of_ours_is_refused() {
        let too_long = u32::try_from(LARGEST + 1).unwrap().to_be_bytes();
        for (frame, told) in [
            ([&[0][..], &too_long].concat(), "of 4194305 bytes"),
            (vec![1, 0, 0, 0, 1, 7], "compressed"),
            (b"HTTP/1.1 200 OK".to_vec(), "no gRPC message"),
        ] {
            let refusal = messages(&mut Frames::default(), &frame).unwrap_err();
            assert_eq!(refusal.status, 502);
            assert!(refusal.detail.contains(told), "{}", refusal.detail);
        }
        let mut frames = Frames::default();
        assert_eq!(messages(&mut frames, &[0, 0, 0]).unwrap(), Vec::<Vec<u8>>::new());
        assert!(!frames.are_complete());
    }

    proptest! {
        #[test]
        fn messages_come_out_as_they_went_in_however_they_are_cut(
            sent in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6),
            piece in 1usize..50,
        ) {
            let wire: Vec<u8> = sent.iter().flat_map(|message| framed(message)).collect();
            let mut frames = Frames::default();
            let mut got = Vec::new();
            for piece in wire.chunks(piece) {
                got.extend(messages(&mut frames, piece).unwrap());
            }
            prop_assert_eq!(got, sent);
            prop_assert!(frames.are_complete());
        }

        #[test]
        fn whatever_comes_nothing_panics_and_little_is_held(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..64), 0..8),
        ) {
            let mut frames = Frames::default();
            for piece in pieces {
                if messages(&mut frames, &piece).is_err() {
                    break;
                }
                prop_assert!(frames.held.len() <= LARGEST + HEAD + 64);
            }
        }
    }
}

//! HTTP/2 on both sides, on the `h2` crate: `serve` for clients, `upstream` to endpoints, `stream` for the bodies of
//! both, `head` between its heads and ours.

mod head;
pub(crate) mod serve;
mod stream;
pub(crate) mod upstream;

use h2::Reason;

/// Tells of a stream that the other side has certainly not looked at (RFC 9113 §8.7): refused, or above the last one a
/// GOAWAY speaks of.
pub(crate) fn is_unseen(error: &h2::Error) -> bool {
    error.is_remote() && (error.is_go_away() || error.reason() == Some(Reason::REFUSED_STREAM))
}

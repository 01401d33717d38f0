//! What naru keeps of a segment in its footer: JSON, compressed, as text, because a footer's values are text.
//!
//! Every reader of a segment reads the whole footer, so that what is not needed for the question must be small.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// zstd's default: the fastest that packs well.
const LEVEL: i32 = 3;
/// What one value may be when it is unpacked, in bytes: some ten times what ten thousand combinations of route and client take.
const MOST: u64 = 256 << 20;
/// What an earlier naru wrote begins like JSON.
const PLAIN: [char; 2] = ['{', '['];

/// # Errors
/// The value has no form in JSON, or zstd has no memory.
pub(super) fn pack<T: Serialize>(value: &T) -> std::io::Result<String> {
    let mut packed = zstd::stream::write::Encoder::new(Vec::new(), LEVEL)?;
    serde_json::to_writer(&mut packed, value)?;
    Ok(STANDARD.encode(packed.finish()?))
}

/// # Errors
/// It is no such value, cut short, or larger than anything that naru writes.
pub(super) fn unpack<T: DeserializeOwned>(text: &str) -> std::io::Result<T> {
    if text.starts_with(PLAIN) {
        return Ok(serde_json::from_str(text)?);
    }
    let packed = STANDARD.decode(text).map_err(std::io::Error::other)?;
    let mut json = Vec::new();
    zstd::stream::read::Decoder::new(packed.as_slice())?.take(MOST).read_to_end(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_and_so_is_what_an_earlier_naru_wrote() {
        let value = vec!["나루".to_owned(); 1000];
        let packed = pack(&value).unwrap();
        assert!(packed.len() < 200 && packed.is_ascii());
        assert_eq!(unpack::<Vec<String>>(&packed).unwrap(), value);
        assert_eq!(unpack::<Vec<u32>>("[1,2]").unwrap(), [1, 2]);
        for broken in ["", "x", "KLUv", &packed[..20], "{"] {
            assert!(unpack::<Vec<String>>(broken).is_err(), "{broken}");
        }
    }
}

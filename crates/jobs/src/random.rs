//! What nobody can guess: ids of jobs and of callbacks, and the noise that keeps retries from coming all at once.

use rustix::rand::{GetRandomFlags, getrandom};

/// Bytes of randomness in an id.
const ID_BYTES: usize = 16;

/// An id of 128 bits from the kernel, as 32 lower-case hexadecimal digits.
///
/// # Errors
/// The kernel has no randomness to give.
pub(crate) fn id() -> std::io::Result<String> {
    let mut bytes = [0; ID_BYTES];
    fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// A number from 0 to 1, below 1. Without randomness from the kernel it is 0.5: retries lose their jitter and nothing else.
pub(crate) fn unit() -> f64 {
    let mut bytes = [0; 4];
    match fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0),
        Err(_) => 0.5,
    }
}

/// Whether `text` has the form of an id; whatever else a stranger sends is not even looked up.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == 2 * ID_BYTES && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn fill(bytes: &mut [u8]) -> std::io::Result<()> {
    let got = getrandom(&mut *bytes, GetRandomFlags::empty())?;
    if got == bytes.len() { Ok(()) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_have_their_form() {
        let (one, other) = (id().unwrap(), id().unwrap());
        assert!(is_id(&one) && is_id(&other) && one != other);
        assert!(!is_id("../../../../../../etc/passwd00000") && !is_id(&one.to_uppercase().replace('0', "A")));
    }
}

//! Masks the target of a request, for logs: also what is there in percent-encoding.

use super::Masks;

/// What parts of a target are between, and what no masked number holds.
const BETWEEN: &[u8] = b"/?&=;#";

impl Masks {
    /// A request's target (or `Referer`) with everything masked; `None` when there was nothing to mask. What `%` hides is
    /// looked at between the delimiters of a URL, and `+` as the space that it is in a form.
    /// Source: RFC 3986 §2; the URL standard, application/x-www-form-urlencoded.
    pub fn target(&self, target: &[u8]) -> Option<Vec<u8>> {
        let plain = self.bytes(target);
        let mut masked = Vec::with_capacity(plain.len());
        let mut changed = matches!(plain, std::borrow::Cow::Owned(_));
        for part in plain.split_inclusive(|byte| BETWEEN.contains(byte)) {
            let (text, end) = match part.split_last() {
                Some((last, text)) if BETWEEN.contains(last) => (text, Some(*last)),
                _ => (part, None),
            };
            match self.hidden(text) {
                Some(found) => {
                    changed = true;
                    encode(&found, &mut masked);
                }
                None => masked.extend_from_slice(text),
            }
            masked.extend(end);
        }
        changed.then_some(masked)
    }

    /// The decoded text masked, when there is anything to mask that only shows when it is decoded.
    fn hidden(&self, text: &[u8]) -> Option<Vec<u8>> {
        if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
            return None;
        }
        match self.bytes(&decode(text)) {
            std::borrow::Cow::Owned(masked) => Some(masked),
            std::borrow::Cow::Borrowed(_) => None,
        }
    }
}

/// What is no escape stays as it is.
fn decode(text: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut decoded = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match (byte, digit(text.get(at + 1)), digit(text.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 2;
            }
            (b'+', ..) => decoded.push(b' '),
            _ => decoded.push(*byte),
        }
        at += 1;
    }
    decoded
}

/// Letters, digits and what means nothing else in a URL as they are. Source: RFC 3986 §2.2 and §2.3.
fn encode(text: &[u8], encoded: &mut Vec<u8>) {
    for byte in text {
        if byte.is_ascii_alphanumeric() || b"-._~*@:!$'(),".contains(byte) {
            encoded.push(*byte);
        } else {
            encoded.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use naru_model::policy::Mask;
    use proptest::prelude::*;

    fn masked(target: &str) -> Option<String> {
        let kinds = [Mask::ResidentNumber, Mask::Card, Mask::Phone, Mask::Account, Mask::Email];
        let masks = Masks::new(&kinds).unwrap();
        masks.target(target.as_bytes()).map(|masked| String::from_utf8(masked).unwrap())
    }

    #[test]
    fn what_percent_hides_is_masked_too() {
        for (target, expected) in [
            ("/people/900101-1234567?a=1", "/people/900101-1******?a=1"),
            ("/people?rrn=900101%2D1234567&a=%20b", "/people?rrn=900101-1******&a=%20b"),
            ("/send?to=010%2d1234%2d5678", "/send?to=010-****-5678"),
            ("/send?to=010+1234+5678", "/send?to=010%20****%205678"),
            ("/mail?to=hong%40example.com&x=1#y", "/mail?to=h***@example.com&x=1#y"),
        ] {
            assert_eq!(masked(target).as_deref().unwrap_or(target), expected, "{target}");
        }
        assert_eq!(masked("/plain?a=%EA%B0%80&b=c+d&%zz=1%"), None);
    }

    proptest! {
        /// A number shows in no form that a client may have escaped it to.
        #[test]
        fn however_it_is_escaped_it_is_found(escaped in proptest::collection::vec(any::<bool>(), 14)) {
            let masks = Masks::new(&[Mask::ResidentNumber]).unwrap();
            let written: String = "900101-1234567".bytes().zip(&escaped).map(|(byte, escaped)| {
                if *escaped { format!("%{byte:02x}") } else { char::from(byte).to_string() }
            }).collect();
            let masked = masks.target(format!("/people?rrn={written}&a=1").as_bytes());
            let shown = decode(&masked.unwrap_or_default());
            prop_assert!(!shown.windows(7).any(|window| window == b"1234567"), "{:?}", shown);
            prop_assert!(shown.ends_with(b"******&a=1"), "{:?}", shown);
        }

        #[test]
        fn whatever_comes_is_no_harm(target in proptest::collection::vec(any::<u8>(), 0..200)) {
            let masks = Masks::new(&[Mask::Phone, Mask::Email, Mask::Card]).unwrap();
            let once = masks.target(&target);
            prop_assert!(once.is_none_or(|masked| masked.len() <= 3 * target.len()));
        }
    }
}

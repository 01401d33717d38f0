//! In which encoding a document is, and its text: UTF-8, or EUC-KR with its extension CP949, in which older Korean systems
//! speak. What says two things is refused, for two programs could read it in two ways.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, EUC_KR, Encoding, UTF_8};
use quick_xml::Reader;
use quick_xml::events::Event;

use super::Fault;
use super::attribute::shortened;

/// The encoding of that name, if documents in it are read. What EUC-KR is, is a superset here: CP949, under each of its names.
/// Source: WHATWG Encoding, 4.2; the others are those of Java, Python and Oracle.
fn named(name: &str) -> Option<&'static Encoding> {
    const OTHER_NAMES: [&str; 7] = ["cp949", "cp-949", "ms949", "uhc", "x-windows-949", "euckr", "euc_kr"];
    if OTHER_NAMES.iter().any(|other| other.eq_ignore_ascii_case(name)) {
        return Some(EUC_KR);
    }
    // ASCII is a part of UTF-8; WHATWG takes it for Latin-1.
    if name.eq_ignore_ascii_case("us-ascii") {
        return Some(UTF_8);
    }
    Encoding::for_label(name.as_bytes()).filter(|encoding| *encoding == UTF_8 || *encoding == EUC_KR)
}

/// Whether documents in a charset of that name are read.
pub(crate) fn is_known(name: &str) -> bool {
    named(name).is_some()
}

/// The text of a document, without its byte order mark; `charset` is what its content type says.
///
/// # Errors
/// It is in another encoding, says two, or is not in the one it says; with the bytes before the fault.
pub(super) fn text<'d>(document: &'d [u8], charset: Option<&str>) -> Result<Cow<'d, str>, (usize, Fault)> {
    // Byte order marks, and the beginnings of documents without. Source: XML 1.0, appendix F.
    let utf16 = [&b"\xFE\xFF"[..], b"\xFF\xFE", b"\0<", b"<\0"];
    if utf16.iter().any(|start| document.starts_with(start)) {
        return Err((0, Fault::Encoding("UTF-16 or UTF-32".to_owned())));
    }
    let plain = document.strip_prefix(b"\xEF\xBB\xBF");
    let mark = plain.is_some().then(|| "UTF-8".to_owned());
    let plain = plain.unwrap_or(document);
    let said = [mark, charset.map(shortened), declared(plain)];
    let mut encoding: Option<(&'static Encoding, &String)> = None;
    for name in said.iter().flatten() {
        let this = named(name).ok_or_else(|| (0, Fault::Encoding(name.clone())))?;
        match encoding {
            Some((before, first)) if before != this => {
                return Err((0, Fault::TwoEncodings(first.clone(), name.clone())));
            }
            _ => encoding = Some((this, name)),
        }
    }
    match encoding {
        Some((encoding, _)) if encoding == EUC_KR => decoded(plain).map(Cow::Owned),
        _ => match str::from_utf8(plain) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => Err((error.valid_up_to(), Fault::NotUtf8)),
        },
    }
}

/// What the XML declaration says. It is in ASCII, whatever follows.
fn declared(document: &[u8]) -> Option<String> {
    let end =
        document.starts_with(b"<?xml").then(|| document.windows(2).position(|pair| pair == b"?>"))??;
    match Reader::from_str(str::from_utf8(&document[..end + 2]).ok()?).read_event() {
        Ok(Event::Decl(declaration)) => Some(shortened(&declaration.encoding()?.ok()?)),
        _ => None,
    }
}

/// What is no character is refused and not replaced: nobody knows what was meant.
fn decoded(document: &[u8]) -> Result<String, (usize, Fault)> {
    let mut decoder = EUC_KR.new_decoder_without_bom_handling();
    let most = decoder.max_utf8_buffer_length_without_replacement(document.len());
    let mut text = String::with_capacity(most.unwrap_or_default());
    match decoder.decode_to_string_without_replacement(document, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(text),
        (DecoderResult::Malformed(bytes, after), read) => {
            Err((read.saturating_sub(usize::from(bytes) + usize::from(after)), Fault::NotEucKr))
        }
        (DecoderResult::OutputFull, read) => Err((read, Fault::NotEucKr)),
    }
}

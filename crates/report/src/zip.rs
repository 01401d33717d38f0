//! Packs the few small files of a DOCX into one ZIP. Source: PKWARE APPNOTE 6.3.10, §4.3.
//!
//! Only what such a package needs: deflated entries below 4 GiB with names in ASCII, without dates, so that the same report is the
//! same bytes.

use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// 1980-01-01, the first day that the format can tell.
const DATE: u16 = 0x0021;
const VERSION: u16 = 20;
const DEFLATED: u16 = 8;

struct Entry {
    name: &'static str,
    crc: u32,
    packed: u32,
    plain: u32,
    offset: u32,
}

/// The archive of these files, in this order.
///
/// # Errors
/// A file of 4 GiB or more, or too many of them.
pub(crate) fn pack(files: &[(&'static str, &[u8])]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut entries = Vec::new();
    for (name, content) in files {
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
        deflate.write_all(content)?;
        let packed = deflate.finish()?;
        let mut crc = Crc::new();
        crc.update(content);
        let entry = Entry {
            name,
            crc: crc.sum(),
            packed: small(packed.len())?,
            plain: small(content.len())?,
            offset: small(out.len())?,
        };
        out.extend(b"PK\x03\x04");
        entry.describe(&mut out);
        out.extend(name.as_bytes());
        out.extend(packed);
        entries.push(entry);
    }
    directory(&entries, &mut out)?;
    Ok(out)
}

impl Entry {
    /// What stands both before a file and in the directory: version, flags, method, date, sum, sizes, lengths of name and extra.
    fn describe(&self, out: &mut Vec<u8>) {
        for half in [VERSION, 0, DEFLATED, 0, DATE] {
            out.extend(half.to_le_bytes());
        }
        for word in [self.crc, self.packed, self.plain] {
            out.extend(word.to_le_bytes());
        }
        // Names are ours and short.
        out.extend((self.name.len() as u16).to_le_bytes());
        out.extend(0_u16.to_le_bytes());
    }
}

fn directory(entries: &[Entry], out: &mut Vec<u8>) -> io::Result<()> {
    let start = small(out.len())?;
    for entry in entries {
        out.extend(b"PK\x01\x02");
        out.extend(VERSION.to_le_bytes());
        entry.describe(out);
        // No comment, first disk, no attributes.
        out.extend([0; 10]);
        out.extend(entry.offset.to_le_bytes());
        out.extend(entry.name.as_bytes());
    }
    let size = small(out.len())? - start;
    let count = u16::try_from(entries.len()).map_err(io::Error::other)?;
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    Ok(())
}

fn small(length: usize) -> io::Result<u32> {
    u32::try_from(length).map_err(io::Error::other)
}

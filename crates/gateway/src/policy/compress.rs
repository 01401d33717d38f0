//! Compression of answers that are worth it, for clients that take it (RFC 9110 §12.5.3, RFC 8878, RFC 1952).

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use naru_model::record::Method;

use crate::exchange::weighed;
use crate::head::{Body, Fields, Known, RequestHead, ResponseHead};
use crate::http1::request::list;

/// Less than this, in bytes, fits a packet anyway.
const SMALLEST: u64 = 1024;
/// Fast ones: a gateway has to keep up with all its services.
const GZIP_LEVEL: u32 = 4;
const ZSTD_LEVEL: i32 = 1;
/// What one answer may look back on, as a power of two in bytes, and so about what it holds in memory.
const ZSTD_WINDOW: u32 = 17;

/// Codes one body.
pub(crate) enum Coder {
    Gzip(Box<GzEncoder<Vec<u8>>>),
    Zstd(Box<zstd::stream::write::Encoder<'static, Vec<u8>>>),
}

/// What a client prefers of what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Zstd,
}

/// Decides whether an answer is coded, and has its head say so. Answers that could be say that it depends on the client.
pub(crate) fn compress(request: &RequestHead, response: &mut ResponseHead) -> Option<Coder> {
    if !is_worth_it(response) {
        return None;
    }
    response.fields.push(b"vary", b"accept-encoding");
    if request.method == Method::Head || response.body == Body::Empty {
        return None;
    }
    let coder = preferred(&request.fields)?.coder().ok()?;
    let name: &[u8] = match coder {
        Coder::Gzip(_) => b"gzip",
        Coder::Zstd(_) => b"zstd",
    };
    // The same answer in other bytes is no longer the same to the byte (RFC 9110 §8.8.1).
    let tag = response.fields.get("etag").filter(|tag| !tag.starts_with(b"W/")).map(<[u8]>::to_vec);
    response.fields.drop_where(|known, name| {
        known == Known::ContentLength
            || name.eq_ignore_ascii_case(b"accept-ranges")
            || name.eq_ignore_ascii_case(b"content-md5")
            || (tag.is_some() && name.eq_ignore_ascii_case(b"etag"))
    });
    if let Some(tag) = tag {
        response.fields.push(b"etag", &[b"W/", &tag[..]].concat());
    }
    response.fields.push(b"content-encoding", name);
    response.content_length = None;
    response.body = Body::Streamed;
    Some(coder)
}

fn is_worth_it(response: &ResponseHead) -> bool {
    let fields = &response.fields;
    let transformable = || {
        let cache_control = fields.iter().filter(|(_, name, _)| name.eq_ignore_ascii_case(b"cache-control"));
        !cache_control
            .flat_map(|(_, _, value)| list(value))
            .any(|directive| directive.eq_ignore_ascii_case(b"no-transform"))
    };
    matches!(response.status, 200..=203 | 400..=599)
        && response.content_length.is_none_or(|length| length >= SMALLEST)
        && fields.get("content-encoding").is_none()
        && fields.get("content-range").is_none()
        && fields.get("content-type").is_some_and(is_compressible)
        && transformable()
}

/// Text in the widest sense; events of `text/event-stream` are not held back for anything.
fn is_compressible(content_type: &[u8]) -> bool {
    let bare =
        content_type.split(|b| *b == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
    let plain: [&[u8]; 7] = [
        b"application/json",
        b"application/xml",
        b"application/javascript",
        b"application/x-ndjson",
        b"application/wasm",
        b"application/graphql",
        b"image/bmp",
    ];
    bare != b"text/event-stream"
        && (bare.starts_with(b"text/")
            || bare.ends_with(b"+json")
            || bare.ends_with(b"+xml")
            || plain.contains(&&bare[..]))
}

/// The coding with the larger weight; of two alike the denser one. `None`: none is wanted, or the bare answer is wanted
/// more.
fn preferred(request: &Fields) -> Option<Coding> {
    let (mut gzip, mut zstd, mut identity, mut any) = (None, None, None, None);
    let accepts = request.iter().filter(|(_, name, _)| name.eq_ignore_ascii_case(b"accept-encoding"));
    for element in accepts.flat_map(|(_, _, value)| list(value)) {
        let (name, weight) = weighed(element);
        let place = match &name.to_ascii_lowercase()[..] {
            b"gzip" | b"x-gzip" => &mut gzip,
            b"zstd" => &mut zstd,
            b"identity" => &mut identity,
            b"*" => &mut any,
            _ => continue,
        };
        *place = Some(weight);
    }
    let weight = |named: Option<u32>| named.or(any).unwrap_or(0);
    let (coding, best) = match (weight(gzip), weight(zstd)) {
        (gzip, zstd) if zstd >= gzip => (Coding::Zstd, zstd),
        (gzip, _) => (Coding::Gzip, gzip),
    };
    (best > 0 && best >= identity.unwrap_or(0)).then_some(coding)
}

impl Coding {
    fn coder(self) -> io::Result<Coder> {
        match self {
            Coding::Gzip => {
                Ok(Coder::Gzip(Box::new(GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL)))))
            }
            Coding::Zstd => {
                let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
                encoder.window_log(ZSTD_WINDOW)?;
                Ok(Coder::Zstd(Box::new(encoder)))
            }
        }
    }
}

impl Coder {
    /// Codes `data`, and appends what came of it.
    pub(crate) fn write(&mut self, data: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Coder::Gzip(gzip) => gzip.write_all(data)?,
            Coder::Zstd(zstd) => zstd.write_all(data)?,
        }
        self.give(out);
        Ok(())
    }

    /// Appends what was written and not coded yet, so that it can be read.
    pub(crate) fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Coder::Gzip(gzip) => gzip.flush()?,
            Coder::Zstd(zstd) => zstd.flush()?,
        }
        self.give(out);
        Ok(())
    }

    /// Appends the end.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Coder::Gzip(gzip) => gzip.try_finish()?,
            Coder::Zstd(zstd) => zstd.do_finish()?,
        }
        self.give(out);
        Ok(())
    }

    fn give(&mut self, out: &mut Vec<u8>) {
        match self {
            Coder::Gzip(gzip) => out.append(gzip.get_mut()),
            Coder::Zstd(zstd) => out.append(zstd.get_mut()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        pairs.iter().for_each(|(name, value)| fields.push(name.as_bytes(), value.as_bytes()));
        fields
    }

    fn response(pairs: &[(&str, &str)]) -> ResponseHead {
        let mut head = ResponseHead { status: 200, body: Body::Sized(5000), ..ResponseHead::default() };
        head.content_length = Some(5000);
        head.fields = fields(pairs);
        head
    }

    #[test]
    fn the_client_s_weights_decide() {
        let wanted = |accept: &str| preferred(&fields(&[("accept-encoding", accept)]));
        assert_eq!(wanted("gzip, deflate, br, zstd"), Some(Coding::Zstd));
        assert_eq!(wanted("gzip;q=1.0, zstd;q=0.5"), Some(Coding::Gzip));
        assert_eq!(wanted("*"), Some(Coding::Zstd));
        assert_eq!(wanted("*;q=0.5, zstd;q=0"), Some(Coding::Gzip));
        assert_eq!(wanted("gzip;q=0.5, identity"), None);
        for none in ["identity", "br", "gzip;q=0", "", "gzip;q=x"] {
            assert_eq!(wanted(none), None, "{none}");
        }
        assert_eq!(preferred(&Fields::default()), None);
    }

    #[test]
    fn an_answer_that_is_coded_says_so_and_no_length() {
        let mut request = RequestHead { method: Method::Get, ..RequestHead::default() };
        request.fields = fields(&[("accept-encoding", "gzip")]);
        let mut head =
            response(&[("content-type", "text/plain"), ("content-length", "5000"), ("ETag", "\"1\"")]);
        assert!(compress(&request, &mut head).is_some());
        assert_eq!(head.fields.get("etag"), Some(&b"W/\"1\""[..]));
        assert_eq!((head.fields.get("content-length"), head.body), (None, Body::Streamed));
        assert_eq!(head.fields.get("vary"), Some(&b"accept-encoding"[..]));
    }

    #[test]
    fn what_is_coded_or_small_or_must_stay_as_it_is_stays() {
        let json = ("content-type", "application/json");
        let kept: [&[(&str, &str)]; 6] = [
            &[json, ("content-encoding", "br")],
            &[json, ("cache-control", "max-age=1, No-Transform")],
            &[json, ("content-range", "bytes 0-1/2")],
            &[("content-type", "text/event-stream; charset=utf-8")],
            &[("content-type", "image/png")],
            &[],
        ];
        for pairs in kept {
            assert!(!is_worth_it(&response(pairs)), "{pairs:?}");
        }
        assert!(is_worth_it(&response(&[json])));
        assert!(!is_worth_it(&ResponseHead { content_length: Some(1023), ..response(&[json]) }));
        assert!(!is_worth_it(&ResponseHead { status: 206, ..response(&[json]) }));
    }

    #[test]
    fn what_was_flushed_can_be_read_before_the_end() {
        for coding in [Coding::Gzip, Coding::Zstd] {
            let mut coder = coding.coder().unwrap();
            let mut out = Vec::new();
            coder.write(b"first ", &mut out).unwrap();
            coder.flush(&mut out).unwrap();
            let mut begun = [0; 6];
            let mut reader: Box<dyn Read + '_> = match coding {
                Coding::Gzip => Box::new(flate2::read::GzDecoder::new(&out[..])),
                Coding::Zstd => Box::new(zstd::stream::read::Decoder::new(&out[..]).unwrap()),
            };
            reader.read_exact(&mut begun).unwrap();
            assert_eq!(&begun, b"first ");
            drop(reader);
            coder.write(b"second", &mut out).unwrap();
            coder.finish(&mut out).unwrap();
            let mut whole = String::new();
            match coding {
                Coding::Gzip => flate2::read::GzDecoder::new(&out[..]).read_to_string(&mut whole).unwrap(),
                Coding::Zstd => {
                    zstd::stream::read::Decoder::new(&out[..]).unwrap().read_to_string(&mut whole).unwrap()
                }
            };
            assert_eq!(whole, "first second");
        }
    }
}

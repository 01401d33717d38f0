//! Client certificates: what of one says whose it is, read once per connection.
//!
//! rustls has checked by then that it leads to one of the authorities in `client_ca` and that the client has its key.
//! Source: RFC 5280 §4.1 and §4.2.1.6.

mod der;
mod name;

use std::collections::HashMap;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use naru_model::client::Certificate;
use naru_model::units::Timestamp;

use super::hash::{self, Sha256};
use der::{Der, GENERALIZED_TIME, INTEGER, OID, SEQUENCE, UTC_TIME};

/// The certificate of a connection's client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PeerCertificate {
    /// As RFC 4514 writes it, evened out.
    subject: String,
    /// DNS names in lower case, URIs and e-mail addresses.
    names: Vec<String>,
    pub(crate) fingerprint: Sha256,
    /// It holds from the first up to and with the second.
    valid: (Timestamp, Timestamp),
}

impl PeerCertificate {
    /// Reads it from DER; `None` for what is no certificate.
    pub(crate) fn read(der: &[u8]) -> Option<PeerCertificate> {
        let mut fields = Der(der).enter(SEQUENCE)?.enter(SEQUENCE)?;
        // The version, which is not there in the first.
        let _ = fields.one(0xa0);
        fields.one(INTEGER)?;
        fields.one(SEQUENCE)?;
        fields.one(SEQUENCE)?;
        let mut validity = fields.enter(SEQUENCE)?;
        let valid = (moment(&mut validity)?, moment(&mut validity)?);
        let subject = name::of_certificate(fields.enter(SEQUENCE)?)?;
        fields.one(SEQUENCE)?;
        let extensions = fields.find(|field| field.tag == 0xa3);
        let names = extensions.and_then(|field| alternative_names(Der(field.content).enter(SEQUENCE)?));
        Some(PeerCertificate {
            subject,
            names: names.unwrap_or_default(),
            fingerprint: hash::sha256(der),
            valid,
        })
    }

    /// Connections may live longer than the certificate that began them.
    pub(crate) fn is_valid(&self, now: Timestamp) -> bool {
        self.valid.0 <= now && now <= self.valid.1
    }
}

/// `None`: there are none.
fn alternative_names(extensions: Der<'_>) -> Option<Vec<String>> {
    /// 2.5.29.17
    const SUBJECT_ALT_NAME: [u8; 3] = [0x55, 0x1d, 0x11];
    for extension in extensions {
        let mut extension = Der(extension.content);
        if extension.one(OID)?.content != SUBJECT_ALT_NAME {
            continue;
        }
        let value = extension.last()?;
        let names = Der(value.content).enter(SEQUENCE)?;
        let text = |name: der::Element<'_>| {
            let text = std::str::from_utf8(name.content).ok()?;
            match name.tag {
                // rfc822Name and uniformResourceIdentifier, dNSName.
                0x81 | 0x86 => Some(text.to_owned()),
                0x82 => Some(text.to_ascii_lowercase()),
                _ => None,
            }
        };
        return Some(names.filter_map(text).collect());
    }
    None
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`. Source: RFC 5280 §4.1.2.5.
fn moment(validity: &mut Der<'_>) -> Option<Timestamp> {
    let element = validity.next()?;
    let text = std::str::from_utf8(element.content).ok()?.strip_suffix('Z')?;
    let (year, rest) = match element.tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i16 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let part = |i: usize| rest.get(2 * i..2 * i + 2)?.parse::<i8>().ok();
    let civil = DateTime::new(year, part(0)?, part(1)?, part(2)?, part(3)?, part(4)?, 0).ok()?;
    let at = civil.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(Timestamp(0) + Duration::from_micros(u64::try_from(at.as_microsecond()).unwrap_or(0)))
}

/// Which client's a certificate is: found by the most telling of what each is registered with.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    by_fingerprint: HashMap<Sha256, Vec<(usize, Mark)>>,
    by_subject: HashMap<String, Vec<(usize, Mark)>>,
    by_name: HashMap<String, Vec<(usize, Mark)>>,
}

/// All that is there must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    subject: Option<String>,
    name: Option<String>,
    fingerprint: Option<Sha256>,
}

impl Marks {
    /// Adds what `client` (a number of the caller's) is known by. Returns `false` for what can't be read: nothing is known
    /// by that.
    pub(crate) fn add(&mut self, client: usize, wanted: &Certificate) -> bool {
        let Some(mark) = Mark::read(wanted) else { return false };
        let entry = (client, mark.clone());
        match mark {
            Mark { fingerprint: Some(fingerprint), .. } => {
                self.by_fingerprint.entry(fingerprint).or_default().push(entry);
            }
            Mark { subject: Some(subject), .. } => self.by_subject.entry(subject).or_default().push(entry),
            Mark { name: Some(name), .. } => self.by_name.entry(name).or_default().push(entry),
            // It would be everybody's.
            Mark { .. } => return false,
        }
        true
    }

    /// Returns the first client that is known by this certificate: by fingerprint, else by subject, else by another name.
    pub(crate) fn find(&self, peer: &PeerCertificate) -> Option<usize> {
        let among = |entries: Option<&Vec<(usize, Mark)>>| {
            entries?.iter().find(|(_, mark)| mark.fits(peer)).map(|(client, _)| *client)
        };
        among(self.by_fingerprint.get(&peer.fingerprint))
            .or_else(|| among(self.by_subject.get(&peer.subject)))
            .or_else(|| peer.names.iter().find_map(|name| among(self.by_name.get(name))))
    }
}

impl Mark {
    fn read(wanted: &Certificate) -> Option<Mark> {
        let fingerprint = match &wanted.fingerprint {
            Some(text) => Some(hash::read_hex(text)?),
            None => None,
        };
        let subject = match &wanted.subject {
            Some(text) => Some(name::canonical(text)?),
            None => None,
        };
        // The case of a DNS name means nothing; that of a URI or an e-mail address may.
        let is_dns = |name: &String| !name.contains(['@', ':']);
        let name =
            wanted.san.clone().map(|name| if is_dns(&name) { name.to_ascii_lowercase() } else { name });
        Some(Mark { subject, name, fingerprint })
    }

    fn fits(&self, peer: &PeerCertificate) -> bool {
        self.fingerprint.is_none_or(|wanted| wanted == peer.fingerprint)
            && self.subject.as_ref().is_none_or(|wanted| *wanted == peer.subject)
            && self.name.as_ref().is_none_or(|wanted| peer.names.contains(wanted))
    }
}

#[cfg(test)]
mod tests;

//! TLS as an inspector looks at it: which versions and suites a listener takes, and whether its certificate is good, for how
//! long, and for this name.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use naru_model::alert::Text;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConnection, ProtocolVersion, RootCertStore};

use super::ask::{Door, lenient, provider};

/// Where systems keep the issuers that they trust.
const TRUSTED: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// A hello that nobody should answer any more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weak {
    pub(super) name: &'static str,
    /// As in the protocol: 0x0301 is TLS 1.0.
    version: u16,
    suites: &'static [u16],
}

/// Sources: RFC 8996 (TLS 1.0 and 1.1), RFC 7568 (SSL 3.0), RFC 7465 (RC4), RFC 9325 §4.1 (NULL, export, 3DES); numbers from
/// IANA's registry of TLS cipher suites.
pub(super) const WEAK: [Weak; 6] = [
    Weak { name: "SSL 3.0", version: 0x0300, suites: &[0x0035, 0x002f, 0x000a, 0x0005] },
    Weak { name: "TLS 1.0", version: 0x0301, suites: &[0xc014, 0xc013, 0xc00a, 0xc009, 0x0035, 0x002f] },
    Weak { name: "TLS 1.1", version: 0x0302, suites: &[0xc014, 0xc013, 0xc00a, 0xc009, 0x0035, 0x002f] },
    Weak { name: "RC4", version: 0x0303, suites: &[0xc011, 0xc007, 0x0005, 0x0004] },
    Weak { name: "3DES", version: 0x0303, suites: &[0xc012, 0xc008, 0x000a] },
    Weak {
        name: "NULL/EXPORT",
        version: 0x0303,
        suites: &[0xc010, 0x003b, 0x0002, 0x0001, 0x0003, 0x0008, 0x0014],
    },
];

/// The version that is agreed upon when all good ones are offered, and the certificates that are shown.
pub(super) fn hello(door: &Door) -> io::Result<(Option<ProtocolVersion>, Vec<CertificateDer<'static>>)> {
    let name = door.tls.clone().ok_or(io::ErrorKind::InvalidInput)?;
    let mut tcp = door.open_tcp()?;
    let mut session = ClientConnection::new(lenient(), name).map_err(io::Error::other)?;
    while session.is_handshaking() {
        session.complete_io(&mut tcp)?;
    }
    let shown = session.peer_certificates().unwrap_or_default();
    Ok((session.protocol_version(), shown.iter().map(|c| c.clone().into_owned()).collect()))
}

/// Tells whether the listener goes on with a hello that it should refuse.
pub(super) fn takes(door: &Door, weak: &Weak) -> io::Result<bool> {
    let mut tcp = door.open_tcp()?;
    let name = match &door.tls {
        Some(ServerName::DnsName(name)) => Some(name.as_ref().to_owned()),
        _ => None,
    };
    tcp.write_all(&client_hello(weak, name.as_deref()))?;
    let mut start = [0; 6];
    let mut read = 0;
    while read < start.len() {
        match tcp.read(&mut start[read..]) {
            Ok(0) | Err(_) => break,
            Ok(some) => read += some,
        }
    }
    // A record of the kind handshake (22) that holds a ServerHello (2). Source: RFC 5246 §6.2.1, §7.4.
    Ok(read == start.len() && start[0] == 22 && start[5] == 2)
}

/// Source: RFC 5246 §7.4.1.2; extensions RFC 6066 §3 (server_name), RFC 8422 §5.1 (groups, point formats).
fn client_hello(weak: &Weak, name: Option<&str>) -> Vec<u8> {
    let mut body = weak.version.to_be_bytes().to_vec();
    // What is random need not be: nothing is ever agreed upon by it.
    body.extend_from_slice(&[0x6e; 32]);
    body.push(0);
    body.extend_from_slice(&length16(weak.suites.len() * 2));
    body.extend(weak.suites.iter().flat_map(|suite| suite.to_be_bytes()));
    body.extend_from_slice(&[1, 0]);
    // SSL 3.0 knew no extensions.
    if weak.version > 0x0300 {
        let mut extensions = Vec::new();
        if let Some(name) = name {
            let entry = [&[0][..], &length16(name.len()), name.as_bytes()].concat();
            extensions.extend(extension(0, &[&length16(entry.len())[..], &entry].concat()));
        }
        extensions.extend(extension(10, &[0, 4, 0, 23, 0, 24]));
        extensions.extend(extension(11, &[1, 0]));
        extensions.extend(extension(13, &[0, 8, 4, 1, 4, 3, 2, 1, 2, 3]));
        body.extend_from_slice(&length16(extensions.len()));
        body.extend(extensions);
    }
    let length = (body.len() as u32).to_be_bytes();
    let handshake = [&[1][..], &length[1..], &body].concat();
    let record = weak.version.min(0x0301).to_be_bytes();
    [&[22][..], &record, &length16(handshake.len()), &handshake].concat()
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &length16(content.len()), content].concat()
}

fn length16(length: usize) -> [u8; 2] {
    (length as u16).to_be_bytes()
}

/// Why a certificate is not good for this name at this time; nothing when it is.
pub(super) fn fault(
    shown: &[CertificateDer<'_>],
    name: &ServerName<'_>,
    roots: RootCertStore,
    at: UnixTime,
) -> Option<rustls::Error> {
    let Some((own, issuers)) = shown.split_first() else {
        return Some(rustls::Error::NoCertificatesPresented);
    };
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build();
    let verified = match verifier {
        Ok(verifier) => verifier.verify_server_cert(own, issuers, name, &[], at).map(drop),
        Err(error) => return Some(rustls::Error::General(error.to_string())),
    };
    verified.err()
}

/// What a certificate lacks, for whoever has to get a better one.
pub(super) fn words(fault: &rustls::Error) -> Text {
    use rustls::CertificateError as Why;
    let same = |ko: &str, en: &str| Text { ko: ko.to_owned(), en: en.to_owned() };
    match fault {
        rustls::Error::NoCertificatesPresented => same("제시된 인증서 없음", "no certificate is shown"),
        rustls::Error::InvalidCertificate(why) => match why {
            Why::Expired | Why::ExpiredContext { .. } => same("유효 기간 만료", "it has expired"),
            Why::NotValidYet | Why::NotValidYetContext { .. } => {
                same("유효 기간 시작 전", "it is not valid yet")
            }
            Why::UnknownIssuer => same("신뢰하는 기관이 발급하지 않음", "no trusted issuer vouches for it"),
            Why::NotValidForName | Why::NotValidForNameContext { .. } => {
                same("다른 이름의 인증서", "it is for another name")
            }
            other => Text { ko: format!("인증서 오류({other})"), en: other.to_string() },
        },
        other => Text { ko: format!("TLS 오류({other})"), en: other.to_string() },
    }
}

pub(super) fn in_days(days: u64) -> UnixTime {
    let now = UnixTime::now().as_secs();
    UnixTime::since_unix_epoch(Duration::from_secs(now + days * 86_400))
}

/// The issuers in this file, or those that the machine trusts.
pub(super) fn roots(file: Option<&Path>) -> io::Result<RootCertStore> {
    let none = || {
        io::Error::new(
            io::ErrorKind::NotFound,
            "this machine has no file of trusted issuers; name one as security.ca",
        )
    };
    let known = || TRUSTED.iter().map(PathBuf::from).find(|path| path.exists());
    let path = file.map(Path::to_owned).or_else(known).ok_or_else(none)?;
    let mut roots = RootCertStore::empty();
    // One that can't be read is an issuer not trusted; the rest still are.
    for certificate in CertificateDer::pem_file_iter(path).map_err(io::Error::other)?.flatten() {
        let _ = roots.add(certificate);
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_has_the_lengths_that_it_says() {
        for weak in &WEAK {
            let hello = client_hello(weak, Some("www.example.go.kr"));
            let length = |at: usize| usize::from(u16::from_be_bytes([hello[at], hello[at + 1]]));
            assert_eq!(length(3), hello.len() - 5, "{}", weak.name);
            assert_eq!(length(7), hello.len() - 9, "{}", weak.name);
            assert_eq!(u16::from_be_bytes([hello[9], hello[10]]), weak.version);
        }
    }

    #[test]
    fn nobody_vouches_for_no_certificate() {
        let name = ServerName::try_from("a.example").unwrap();
        assert!(fault(&[], &name, RootCertStore::empty(), in_days(0)).is_some());
    }
}

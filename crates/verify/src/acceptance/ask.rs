//! Asks the gateway or the console byte by byte, as an attacker or a careful inspector would: what is sent is sent as it is, and
//! what comes back is told whole.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};

/// How long anything that is asked may take to begin or to go on.
const PATIENCE: Duration = Duration::from_secs(5);
/// What is read of an answer at most.
const MOST: usize = 1 << 20;

/// Where one listener of the gateway, or the console, is asked.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub(super) address: SocketAddr,
    /// The name that TLS asks for; plain HTTP without.
    pub(super) tls: Option<ServerName<'static>>,
}

/// An answer, or its beginning.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// What came of a request.
#[derive(Debug)]
pub(super) enum Came {
    Answer(Answer),
    /// The connection was ended without an answer.
    Closed,
    /// Neither an answer nor an end in time.
    Nothing,
}

pub(super) trait Line: Read + Write + Send {}
impl<T: Read + Write + Send> Line for T {}

impl Door {
    pub(super) fn open(&self) -> io::Result<Box<dyn Line>> {
        let tcp = self.open_tcp()?;
        let Some(name) = &self.tls else { return Ok(Box::new(tcp)) };
        let session = ClientConnection::new(lenient(), name.clone()).map_err(io::Error::other)?;
        Ok(Box::new(StreamOwned::new(session, tcp)))
    }

    pub(super) fn open_tcp(&self) -> io::Result<TcpStream> {
        let tcp = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        tcp.set_write_timeout(Some(PATIENCE))?;
        tcp.set_nodelay(true)?;
        Ok(tcp)
    }

    /// A connection on which nobody waits for anything.
    pub(super) fn open_impatient(&self) -> io::Result<Box<dyn Line>> {
        let mut tcp = self.open_tcp()?;
        let impatience = Some(Duration::from_millis(1));
        let Some(name) = &self.tls else {
            tcp.set_read_timeout(impatience)?;
            return Ok(Box::new(tcp));
        };
        let mut session = ClientConnection::new(lenient(), name.clone()).map_err(io::Error::other)?;
        while session.is_handshaking() {
            session.complete_io(&mut tcp)?;
        }
        tcp.set_read_timeout(impatience)?;
        Ok(Box::new(StreamOwned::new(session, tcp)))
    }

    /// Sends as many times, each on a connection of its own, before any answer is read.
    pub(super) fn ask_at_once(&self, request: &[u8], times: u32) -> io::Result<Vec<Came>> {
        let mut lines = Vec::new();
        for _ in 0..times {
            let mut line = self.open()?;
            line.write_all(request).and_then(|()| line.flush())?;
            lines.push(line);
        }
        lines.iter_mut().map(|line| receive(line.as_mut())).collect()
    }

    /// Sends on a connection of its own.
    pub(super) fn ask(&self, request: &[u8]) -> io::Result<Came> {
        let mut line = self.open()?;
        // Who refuses early may not have read all; the answer counts.
        let sent = line.write_all(request).and_then(|()| line.flush());
        match receive(line.as_mut()) {
            Ok(came) => Ok(came),
            Err(error) => match sent {
                Ok(()) => Err(error),
                Err(_) => Ok(Came::Closed),
            },
        }
    }

    /// As [`Door::ask`] for one whose answer must come.
    pub(super) fn answer(&self, request: &[u8]) -> io::Result<Answer> {
        match self.ask(request)? {
            Came::Answer(answer) => Ok(answer),
            Came::Closed => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "closed without an answer")),
            Came::Nothing => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

fn receive(line: &mut dyn Line) -> io::Result<Came> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 8192]);
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = whole(&bytes) {
            return Ok(Came::Answer(answer));
        }
        if bytes.len() > MOST || Instant::now() > until {
            return Ok(beginning(&bytes).map_or(Came::Nothing, Came::Answer));
        }
        match line.read(&mut chunk) {
            Ok(0) => return Ok(beginning(&bytes).map_or(Came::Closed, Came::Answer)),
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                return Ok(beginning(&bytes).map_or(Came::Nothing, Came::Answer));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A reset, or TLS that ended without saying so, is an end like any other.
            Err(_) => return Ok(beginning(&bytes).map_or(Came::Closed, Came::Answer)),
        }
    }
}

/// The answer whose head and, where its length is told, body are there.
fn whole(bytes: &[u8]) -> Option<Answer> {
    let answer = beginning(bytes)?;
    if answer.status < 200 {
        return None;
    }
    let chunked = answer.header("transfer-encoding").is_some();
    let length = answer.header("content-length").and_then(|length| length.parse::<usize>().ok());
    match length {
        _ if matches!(answer.status, 204 | 304) => Some(answer),
        Some(length) if answer.body.len() >= length => Some(answer),
        None if chunked && answer.body.ends_with(b"0\r\n\r\n") => Some(answer),
        _ => None,
    }
}

fn beginning(bytes: &[u8]) -> Option<Answer> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(used) = head.parse(bytes).ok()? else { return None };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = head.headers.iter().map(|h| (h.name.to_ascii_lowercase(), text(h.value))).collect();
    let answer = Answer { status: head.code?, headers, body: bytes[used..].to_vec() };
    // An interim answer is not what was asked for.
    if answer.status < 200 { beginning(&bytes[used..]).or(Some(answer)) } else { Some(answer) }
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Speaks with whoever answers: whether the certificate is right is looked at by itself.
pub(super) fn lenient() -> Arc<ClientConfig> {
    let provider = provider();
    let verifier = Arc::new(Anyone(provider.clone()));
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12]);
    // Both versions are in every provider of rustls that has TLS 1.2 compiled in, as this one has.
    #[allow(clippy::expect_used, reason = "it depends on nothing but how this program was built")]
    let config = config.expect("TLS 1.2 and 1.3");
    Arc::new(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is() {
        assert!(whole(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab").is_none());
        let answer = whole(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc").unwrap();
        assert_eq!((answer.status, answer.header("content-length")), (200, Some("3")));
        assert!(whole(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n").is_none());
        assert!(whole(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n").is_some());
        let after = whole(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n").unwrap();
        assert_eq!(after.status, 204);
        assert!(whole(b"no HTTP at all\r\n\r\n").is_none());
    }
}

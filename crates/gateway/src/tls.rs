//! The certificates of the TLS listeners: chosen by the name a client asks for, read again when their files change; and the
//! authorities whose client certificates are asked for. A client without one is served all the same; what a route makes of
//! that is its policy's affair.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use std::{fs, io};

use arc_swap::ArcSwapOption;
use naru_model::platform::Certificate;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{
    ClientHello, ProducesTickets, ResolvesServerCert, VerifierBuilderError, WebPkiClientVerifier,
};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig, crypto::CryptoProvider};
use tokio_rustls::TlsAcceptor;

use crate::log;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("can't read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} is no PEM file of the kind it should be: {source}")]
    Pem { path: PathBuf, source: pem::Error },
    #[error("{path} has no certificate")]
    NoCertificate { path: PathBuf },
    #[error("{cert} and {key} make no usable certificate: {source}")]
    Unusable { cert: PathBuf, key: PathBuf, source: rustls::Error },
    #[error("{path} has no authority whose client certificates could be checked: {source}")]
    NoAuthority { path: PathBuf, source: VerifierBuilderError },
    #[error("TLS can't be set up: {0}")]
    Setup(#[from] rustls::Error),
}

/// What all threads serve TLS with.
pub(crate) struct Certificates {
    config: ArcSwapOption<ServerConfig>,
    /// What the configuration was made of, or failed to be.
    seen: Mutex<Seen>,
    provider: Arc<CryptoProvider>,
}

/// What was looked at, and when it was last changed.
#[derive(Default)]
struct Seen {
    certificates: Vec<(Certificate, [Option<SystemTime>; 2])>,
    client_ca: Option<(PathBuf, Option<SystemTime>)>,
    /// One for all threads and all certificates, so that a client may come back to any; another when the authorities change,
    /// because who comes back is not asked for a certificate again.
    tickets: Option<Arc<dyn ProducesTickets>>,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").finish_non_exhaustive()
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Certificates {
            config: ArcSwapOption::empty(),
            seen: Mutex::default(),
            provider: Arc::new(ring::default_provider()),
        }
    }
}

impl Certificates {
    /// Takes a connection to TLS; `None` while no certificate could be read.
    pub(crate) fn acceptor(&self) -> Option<TlsAcceptor> {
        self.config.load_full().map(TlsAcceptor::from)
    }

    /// Reads the files if others are wanted or one has changed. What can't be used is logged, once, and changes nothing.
    /// Any thread may call this at any time; others wait for the one that reads.
    pub(crate) fn refresh(&self, wanted: &[Certificate], client_ca: Option<&Path>) {
        let mut seen = self.seen.lock().unwrap_or_else(|e| e.into_inner());
        let certificates: Vec<_> =
            wanted.iter().map(|c| (c.clone(), [changed(&c.cert), changed(&c.key)])).collect();
        let client_ca = client_ca.map(|path| (path.to_owned(), changed(path)));
        if certificates == seen.certificates && client_ca == seen.client_ca {
            return;
        }
        if client_ca != seen.client_ca || seen.tickets.is_none() {
            seen.tickets = ring::Ticketer::new().ok();
        }
        (seen.certificates, seen.client_ca) = (certificates, client_ca);
        if wanted.is_empty() {
            self.config.store(None);
            return;
        }
        match self.load(wanted, &seen) {
            Ok(config) => self.config.store(Some(Arc::new(config))),
            Err(error) => log::line(format_args!("certificates stay as they were: {error}")),
        }
    }

    fn load(&self, wanted: &[Certificate], seen: &Seen) -> Result<ServerConfig, Error> {
        let verifier = match self.verifier(seen) {
            // Better no client certificates than no TLS; routes that ask for them stay closed.
            Err(error) if self.config.load().is_none() => {
                log::line(format_args!("no client certificates are asked for: {error}"));
                WebPkiClientVerifier::no_client_auth()
            }
            verifier => verifier?,
        };
        let keys = wanted.iter().map(|certificate| self.read(certificate)).collect::<Result<Vec<_>, _>>()?;
        let mut config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(ByName(keys)));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        if let Some(tickets) = &seen.tickets {
            config.ticketer = tickets.clone();
        }
        Ok(config)
    }

    /// Checks client certificates, of those who show one; asks for none without authorities.
    fn verifier(&self, seen: &Seen) -> Result<Arc<dyn ClientCertVerifier>, Error> {
        let Some((path, _)) = &seen.client_ca else { return Ok(WebPkiClientVerifier::no_client_auth()) };
        let mut authorities = RootCertStore::empty();
        authorities.add_parsable_certificates(read_chain(path)?);
        WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), self.provider.clone())
            .allow_unauthenticated()
            .build()
            .map_err(|source| Error::NoAuthority { path: path.clone(), source })
    }

    fn read(&self, files: &Certificate) -> Result<Named, Error> {
        let chain = read_chain(&files.cert)?;
        if chain.is_empty() {
            return Err(Error::NoCertificate { path: files.cert.clone() });
        }
        let key =
            PrivateKeyDer::from_pem_slice(&read(&files.key)?).map_err(|error| broken(&files.key, error))?;
        let certified = CertifiedKey::from_der(chain, key, &self.provider);
        let certified = certified.map_err(|source| Error::Unusable {
            cert: files.cert.clone(),
            key: files.key.clone(),
            source,
        })?;
        Ok(Named(Arc::new(certified)))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    CertificateDer::pem_slice_iter(&read(path)?)
        .collect::<Result<_, _>>()
        .map_err(|error| broken(path, error))
}

fn broken(path: &Path, source: pem::Error) -> Error {
    Error::Pem { path: path.to_owned(), source }
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

#[derive(Debug)]
struct Named(Arc<CertifiedKey>);

impl Named {
    /// Tells whether the certificate is for `name`; rustls checks that as a client would.
    fn is_for(&self, name: &str) -> bool {
        let Ok(name) = rustls::pki_types::ServerName::try_from(name) else { return false };
        let Some(end) = self.0.cert.first() else { return false };
        rustls::server::ParsedCertificate::try_from(end)
            .and_then(|certificate| rustls::client::verify_server_name(&certificate, &name))
            .is_ok()
    }
}

/// The first certificate for the name asked for; the first of all for who asks for none or another.
#[derive(Debug)]
struct ByName(Vec<Named>);

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = match hello.server_name() {
            Some(name) if self.0.len() > 1 => self.0.iter().find(|named| named.is_for(name)),
            _ => None,
        };
        named.or(self.0.first()).map(|named| named.0.clone())
    }
}

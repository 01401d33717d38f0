//! The certificates of the TLS listeners: chosen by the name a client asks for, read again when their files change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use std::{fs, io};

use arc_swap::ArcSwapOption;
use naru_model::platform::Certificate;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ProducesTickets, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, crypto::CryptoProvider};
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
    #[error("TLS can't be set up: {0}")]
    Setup(#[from] rustls::Error),
}

/// What all threads serve TLS with.
pub(crate) struct Certificates {
    config: ArcSwapOption<ServerConfig>,
    /// What the configuration was made of, or failed to be.
    seen: Mutex<Vec<Seen>>,
    provider: Arc<CryptoProvider>,
    /// One for all threads and all certificates, so that a client may come back to any.
    tickets: Option<Arc<dyn ProducesTickets>>,
}

/// A certificate's files and when they were last changed.
type Seen = (Certificate, [Option<SystemTime>; 2]);

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
            tickets: ring::Ticketer::new().ok(),
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
    pub(crate) fn refresh(&self, wanted: &[Certificate]) {
        let mut seen = self.seen.lock().unwrap_or_else(|e| e.into_inner());
        let now: Vec<Seen> =
            wanted.iter().map(|c| (c.clone(), [changed(&c.cert), changed(&c.key)])).collect();
        if now == *seen {
            return;
        }
        *seen = now;
        if wanted.is_empty() {
            self.config.store(None);
            return;
        }
        match self.load(wanted) {
            Ok(config) => self.config.store(Some(Arc::new(config))),
            Err(error) => log::line(format_args!("certificates stay as they were: {error}")),
        }
    }

    fn load(&self, wanted: &[Certificate]) -> Result<ServerConfig, Error> {
        let keys = wanted.iter().map(|certificate| self.read(certificate)).collect::<Result<Vec<_>, _>>()?;
        let mut config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(ByName(keys)));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        if let Some(tickets) = &self.tickets {
            config.ticketer = tickets.clone();
        }
        Ok(config)
    }

    fn read(&self, files: &Certificate) -> Result<Named, Error> {
        let broken = |path: &Path, source| Error::Pem { path: path.to_owned(), source };
        let chain = CertificateDer::pem_slice_iter(&read(&files.cert)?)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| broken(&files.cert, error))?;
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

//! The certificate of the TCP listener: read at the start, and again when its files change.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::listen::Log;

/// The files are looked at when a connection comes, at most this often.
const LOOK_EVERY: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not read {}: {source}; name a PEM file with --console-tls CERT,KEY", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} is no PEM file of the kind it should be: {source}; --console-tls takes CERT,KEY in that order", path.display())]
    Pem {
        path: PathBuf,
        #[source]
        source: pem::Error,
    },
    #[error("{} holds no certificate; --console-tls takes CERT,KEY in that order", path.display())]
    Empty { path: PathBuf },
    #[error("{} and {} make no usable certificate: {source}", cert.display(), key.display())]
    Unusable {
        cert: PathBuf,
        key: PathBuf,
        #[source]
        source: rustls::Error,
    },
}

/// A certificate with its chain and its private key, in two PEM files.
#[derive(Debug)]
pub struct Certificate {
    cert: PathBuf,
    key: PathBuf,
    loaded: Mutex<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    config: Arc<ServerConfig>,
    /// When the two files were last changed.
    changed: [Option<SystemTime>; 2],
    looked_at: Instant,
}

impl Certificate {
    /// Reads both files.
    ///
    /// # Errors
    /// A file is missing, no PEM, or they do not belong together.
    pub fn load(cert: &Path, key: &Path) -> Result<Certificate, Error> {
        let changed = [changed(cert), changed(key)];
        let loaded = Loaded { config: Arc::new(read(cert, key)?), changed, looked_at: Instant::now() };
        Ok(Certificate { cert: cert.to_owned(), key: key.to_owned(), loaded: Mutex::new(loaded) })
    }

    /// Takes a connection to TLS. Files that have changed are read again; when they can't be used, that is said and the
    /// certificate stays as it was.
    pub(crate) fn acceptor(&self, log: &Log) -> TlsAcceptor {
        let mut loaded = self.loaded.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let now = Instant::now();
        if now.duration_since(loaded.looked_at) >= LOOK_EVERY {
            loaded.looked_at = now;
            let changed = [changed(&self.cert), changed(&self.key)];
            if changed != loaded.changed {
                loaded.changed = changed;
                match read(&self.cert, &self.key) {
                    Ok(config) => loaded.config = Arc::new(config),
                    Err(error) => log(&format!("api: the certificate stays as it was: {error}")),
                }
            }
        }
        TlsAcceptor::from(loaded.config.clone())
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

fn read(cert: &Path, key: &Path) -> Result<ServerConfig, Error> {
    let bytes =
        |path: &Path| std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source });
    let broken = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Pem { path, source }
    };
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(&bytes(cert)?).collect::<Result<_, _>>().map_err(broken(cert))?;
    if chain.is_empty() {
        return Err(Error::Empty { path: cert.to_owned() });
    }
    let private = PrivateKeyDer::from_pem_slice(&bytes(key)?).map_err(broken(key))?;
    let unusable = |source| Error::Unusable { cert: cert.to_owned(), key: key.to_owned(), source };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

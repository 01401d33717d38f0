//! Whose certificates are believed of linked systems: the authorities that the machine trusts.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, io};

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

/// Where distributions keep them in one PEM file: Debian, Fedora, openSUSE, Alpine. `SSL_CERT_FILE` goes first.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("no file of trusted authorities; install ca-certificates, or say where it is by SSL_CERT_FILE")]
    NoBundle,
    #[error("{path} has no usable certificate of an authority")]
    Empty { path: PathBuf },
    #[error("TLS can't be set up: {0}")]
    Setup(#[from] rustls::Error),
}

/// Read when the first linked system is met that needs it; one for each thread.
#[derive(Default)]
pub(crate) struct Trust(OnceCell<TlsConnector>);

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").finish_non_exhaustive()
    }
}

impl Trust {
    /// # Errors
    /// There are no authorities to trust.
    pub(crate) fn connector(&self) -> io::Result<&TlsConnector> {
        if let Some(connector) = self.0.get() {
            return Ok(connector);
        }
        let config = config(&bundle().map_err(io::Error::other)?).map_err(io::Error::other)?;
        Ok(self.0.get_or_init(|| TlsConnector::from(Arc::new(config))))
    }
}

fn bundle() -> Result<PathBuf, Error> {
    let named = env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let usual = || BUNDLES.iter().map(PathBuf::from).find(|path| path.exists());
    named.or_else(usual).ok_or(Error::NoBundle)
}

fn config(bundle: &Path) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    // A bundle may hold some that are of no use any more.
    let certificates = CertificateDer::pem_file_iter(bundle).into_iter().flatten().flatten();
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() {
        return Err(Error::Empty { path: bundle.to_owned() });
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

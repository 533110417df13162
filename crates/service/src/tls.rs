//! TLS of the service's own: rustls, with a certificate and a key from PEM files.
//!
//! Without them the service speaks plain HTTP, for loopback and for a proxy that ends TLS. An
//! error names the file and what is wrong with it, and never what is in it.

use rustls::{
    ClientConfig, InconsistentKeys, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio_rustls::TlsAcceptor;

/// Where the certificate and its key lie, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The service's certificate, and after it those that lead to a known authority.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the {what} {path} cannot be read: {source}")]
    Unreadable { what: &'static str, path: PathBuf, source: io::Error },
    #[error("the file {path} holds no {what} in PEM form")]
    NotPem { what: &'static str, path: PathBuf },
    #[error("the key {key} is not the one of the certificate {certificate}")]
    NotAPair { certificate: PathBuf, key: PathBuf },
    #[error("the certificate {certificate} with the key {key} cannot be used: {source}")]
    Unusable { certificate: PathBuf, key: PathBuf, source: rustls::Error },
    #[error("this system has no certificate of an authority that can be read")]
    NoRoots,
    #[error("no version of TLS can be spoken: {0}")]
    Versions(rustls::Error),
    #[error("no connection can be made: {0}")]
    Client(reqwest::Error),
}

/// What this service trusts where it is the client: the certificates of the system.
///
/// # Errors
/// [`TlsError::NoRoots`].
pub(crate) fn outgoing() -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    let (added, _) =
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if added == 0 {
        return Err(TlsError::NoRoots);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Versions)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// What greets a client with TLS.
///
/// # Errors
/// See [`TlsError`].
pub(crate) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
    let TlsFiles { certificate, key } = files;
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| problem("certificate", certificate, error))?;
    if chain.is_empty() {
        return Err(problem("certificate", certificate, pem::Error::NoItemsFound));
    }
    let secret =
        PrivateKeyDer::from_pem_file(key).map_err(|error| problem("private key", key, error))?;
    let unusable = |source| match source {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            TlsError::NotAPair { certificate: certificate.clone(), key: key.clone() }
        }
        source => TlsError::Unusable { certificate: certificate.clone(), key: key.clone(), source },
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// A problem of the PEM reader may quote the file, so only its kind is told.
fn problem(what: &'static str, path: &Path, error: pem::Error) -> TlsError {
    let path = path.to_owned();
    match error {
        pem::Error::Io(source) => TlsError::Unreadable { what, path, source },
        _ => TlsError::NotPem { what, path },
    }
}

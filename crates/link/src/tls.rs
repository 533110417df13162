//! TLS as the connectors use it: rustls with ring, the operating system's certificates, no way
//! around the check of the other side's name (reliability.md S8).

use bellhop_model::view::LinkProblem;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

/// Reads the operating system's certificates; blocks on files for some milliseconds.
pub(crate) fn native() -> Result<Arc<ClientConfig>, LinkProblem> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, ignored) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let why = found.errors.first().map_or_else(String::new, |error| format!(": {error}"));
        return Err(unusable(&format!("this system has no certificate that can be read{why}")));
    }
    tracing::debug!(added, ignored, "certificates of the system read");
    with_roots(roots)
}

/// A configuration that trusts exactly these.
pub(crate) fn with_roots(roots: RootCertStore) -> Result<Arc<ClientConfig>, LinkProblem> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn unusable(detail: &str) -> LinkProblem {
    LinkProblem::Unreachable { detail: format!("no secure connection: {detail}") }
}

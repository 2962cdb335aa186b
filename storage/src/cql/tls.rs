//! How nodes are known to be the cluster's: by certificates of its authorities, which name their addresses.
//! Only in builds with the feature `cql-tls`.

use scylla::client::session_builder::SessionBuilder;

use crate::cql::OpenError;

/// Speaks TLS with nodes of these authorities (PEM).
#[cfg(feature = "cql-tls")]
pub(super) fn over(
    builder: SessionBuilder,
    authorities: &str,
) -> Result<SessionBuilder, OpenError> {
    use std::sync::Arc;

    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::pki_types::CertificateDer;
    use tokio_rustls::rustls::pki_types::pem::PemObject as _;
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};

    let unusable = |source| OpenError::Authorities(source);
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
        let certificate = certificate.map_err(|error| unusable(error.into()))?;
        roots.add(certificate).map_err(|error| unusable(error.into()))?;
    }
    if roots.is_empty() {
        return Err(unusable("expected certificates in PEM".into()));
    }
    // Named here: the driver brings another library, and TLS would not choose between them.
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.into()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(builder.tls_context(Some(Arc::new(config))))
}

/// Refuses: whoever names authorities must not be spoken to in the clear.
#[cfg(not(feature = "cql-tls"))]
pub(super) fn over(_: SessionBuilder, _: &str) -> Result<SessionBuilder, OpenError> {
    Err(OpenError::Authorities("this build lacks the feature cql-tls".into()))
}

//! A client that speaks TLS.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{
    ClientConfig, DEFAULT_VERSIONS, RootCertStore, SupportedProtocolVersion,
};

/// One of the certificates and keys of tests.
pub(super) fn pem(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/tls").join(name)
}

pub(super) struct Client(TlsConnector);

impl Client {
    /// Trusts only the certificates of these names.
    pub(super) fn trusting(names: &[&str]) -> Self {
        Self::with(names, DEFAULT_VERSIONS, &["http/1.1"])
    }

    /// The same, which speaks these versions and offers these protocols.
    pub(super) fn with(
        names: &[&str],
        versions: &[&'static SupportedProtocolVersion],
        offers: &[&str],
    ) -> Self {
        let mut roots = RootCertStore::empty();
        for name in names {
            let file = pem(&format!("{name}.pem"));
            roots.add(CertificateDer::from_pem_file(file).unwrap()).unwrap();
        }
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = offers.iter().map(|offer| offer.as_bytes().to_vec()).collect();
        Self(TlsConnector::from(Arc::new(config)))
    }

    pub(super) async fn connect(&self, address: &str) -> io::Result<TlsStream<TcpStream>> {
        let connection = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = self.0.connect(name, connection).await?;
        // What the server makes of ours is known only with what it says next.
        stream.flush().await?;
        Ok(stream)
    }
}

/// What is answered to a request by this connection, its last.
pub(super) async fn said(mut stream: TlsStream<TcpStream>, path: &str, headers: &str) -> String {
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

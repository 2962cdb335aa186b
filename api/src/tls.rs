//! TLS at the door: handshakes, within bounds, and the certificate they show. Knows no HTTP.

mod certificate;
mod watch;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::NoServerSessionStorage;
use tokio_rustls::server::TlsStream;

use self::certificate::{Certificate, Texts};
pub use self::certificate::{CertificateError, CertificateFiles};
use self::watch::{Shown, Watch};

/// How long a handshake may take, the wait for its turn included: mobile networks need some seconds, and
/// whoever needs more takes a turn from others.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// Handshakes in progress. Each may hold some 40 KB of what was said so far; the others wait for their
/// turn as sockets that cost nothing yet.
const HANDSHAKES_AT_ONCE: usize = 1_024;
/// The only protocol that is spoken here.
const HTTP_11: &[u8] = b"http/1.1";

const HANDSHAKES: &str = "cartstream_tls_handshakes_total";
const ENDS: &str = "cartstream_tls_certificate_ends_timestamp_seconds";

/// What a listener makes of its connections, if they are to be secret. Clones share one certificate.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
    turns: Arc<Semaphore>,
    files: Arc<CertificateFiles>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Tls {
    /// TLS 1.2 or 1.3 by the certificate in these files. One whose time is over is shown all the same,
    /// and warned of: callers say better than we whether they take it.
    ///
    /// # Errors
    /// The files cannot be used; says which and why.
    pub fn open(files: CertificateFiles) -> Result<Self, CertificateError> {
        describe_counter!(HANDSHAKES, "TLS handshakes, by what became of them");
        describe_gauge!(ENDS, "When the certificate that is shown ends, in seconds since 1970");
        let texts = Texts::read(&files)?;
        let certificate = Certificate::of(&files, &texts)?;
        let shown = Arc::new(Shown::new(&certificate, &texts));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(CertificateError::Provider)?
            .with_no_client_auth()
            .with_cert_resolver(shown.clone());
        config.alpn_protocols = vec![HTTP_11.to_vec()];
        // Who resumes a session is not shown the certificate again, and so would keep to one that was
        // taken back; it would save a signature, not a round trip.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            shown,
            turns: Arc::new(Semaphore::new(HANDSHAKES_AT_ONCE)),
            files: Arc::new(files),
        })
    }

    /// The connection once its handshake is done; `None` if it is not, or not in time.
    pub(crate) async fn handshake(&self, connection: TcpStream) -> Option<TlsStream<TcpStream>> {
        let shaken = timeout(HANDSHAKE_WITHIN, self.in_turn(connection)).await;
        let outcome = match &shaken {
            Ok(Ok(_)) => "done",
            Ok(Err(error)) => {
                tracing::debug!(%error, "a handshake failed");
                "failed"
            }
            Err(_) => "late",
        };
        counter!(HANDSHAKES, "outcome" => outcome).increment(1);
        shaken.ok()?.ok()
    }

    async fn in_turn(&self, connection: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let mut first = [0];
        // Who says nothing takes no turn.
        connection.peek(&mut first).await?;
        let turn = self.turns.acquire().await.map_err(io::Error::other)?;
        let shaken = self.acceptor.accept(connection).await;
        drop(turn);
        shaken
    }

    /// Shows what the files hold from now on, whenever they change. Never ends.
    pub(crate) async fn follow_files(&self) {
        Watch::new(&self.files, &self.shown).run().await;
    }
}

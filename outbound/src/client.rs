//! Sends a request: to an address of the host that was looked at, with a certificate that was checked, and no
//! further. Nothing in the request or in the answer can make it wait or read on. A connection each: whoever
//! asks often asks in larger portions.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{HOST, RETRY_AFTER, USER_AGENT};
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use crate::destination::{Destination, Reach};
use crate::network::is_public;

/// How long one address may take to be connected to, so that there is time for another.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// How many addresses of a name are tried.
const ADDRESSES_TRIED: usize = 4;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// By which method.
    pub method: Method,
    /// With which headers, beside those that say where it goes and who asks.
    pub headers: Vec<(&'static str, String)>,
    /// With which body.
    pub body: Bytes,
}

/// How long and how much.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How long it may take, whatever it waits for.
    pub within: Duration,
    /// The most bytes of an answer.
    pub answer_max: usize,
}

/// What was answered, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// A request was not answered.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// It took too long.
    #[error("it takes longer than {0:?}")]
    Late(Duration),
    /// There is no such host.
    #[error("its name cannot be resolved")]
    Resolve(#[source] io::Error),
    /// The host is of some inside.
    #[error("its name means {0}, an address of a private network, which must be allowed")]
    Private(IpAddr),
    /// Nobody listens there.
    #[error("it cannot be connected to")]
    Connect(#[source] io::Error),
    /// The host is not known to be itself.
    #[error("its certificate or its TLS is not taken")]
    Tls(#[source] io::Error),
    /// A header or the path is none.
    #[error("it cannot be asked for")]
    Request(#[source] hyper::http::Error),
    /// It does not speak HTTP, or breaks off.
    #[error("it does not speak HTTP as expected")]
    Http(#[source] hyper::Error),
    /// The answer is longer than allowed.
    #[error("it is larger than {0} bytes")]
    Size(usize),
    /// The answer breaks off.
    #[error("it breaks off")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// There is nobody to know hosts by.
#[derive(Debug, thiserror::Error)]
pub enum BadAuthorities {
    /// The text has no certificates of authorities.
    #[error("expected certificates of authorities that hosts are known by")]
    None,
    /// TLS cannot be set up by the library's own defaults.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
}

/// Sends requests. Clones share what it knows hosts by.
#[derive(Clone)]
pub struct Client {
    tls: Arc<ClientConfig>,
    authorities: usize,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    /// Believes the certificates these authorities (PEM) or else the machine's have signed.
    ///
    /// # Errors
    /// The text names none, or TLS cannot be set up.
    pub fn new(authorities: Option<&str>) -> Result<Self, BadAuthorities> {
        let roots = roots(authorities)?;
        let authorities = roots.len();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(BadAuthorities::Tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: Arc::new(config), authorities })
    }

    /// Whether it knows nobody by a certificate: the machine trusts none.
    #[must_use]
    pub const fn knows_nobody(&self) -> bool {
        self.authorities == 0
    }

    /// Sends a request; any answer is one.
    ///
    /// # Errors
    /// See [`OutboundError`].
    pub async fn send(
        &self,
        to: &Destination,
        outgoing: Outgoing,
        bounds: Bounds,
    ) -> Result<Answer, OutboundError> {
        let sent = self.sent(to, outgoing, bounds.answer_max);
        timeout(bounds.within, sent).await.unwrap_or(Err(OutboundError::Late(bounds.within)))
    }

    async fn sent(
        &self,
        to: &Destination,
        outgoing: Outgoing,
        answer_max: usize,
    ) -> Result<Answer, OutboundError> {
        let connection = connected(&addresses(to).await?).await?;
        let request = request(to, outgoing)?;
        let Some(name) = to.name.clone() else {
            return asked(connection, request, answer_max).await;
        };
        let secret = TlsConnector::from(Arc::clone(&self.tls)).connect(name, connection).await;
        asked(secret.map_err(OutboundError::Tls)?, request, answer_max).await
    }
}

impl Answer {
    /// How long whoever answered asks to be left alone (`Retry-After`, in seconds); `None` if it does not say, or
    /// names a date.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let said = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        said.parse().ok().map(Duration::from_secs)
    }
}

impl Outgoing {
    /// Asks for what is there.
    #[must_use]
    pub fn get(headers: Vec<(&'static str, String)>) -> Self {
        Self { method: Method::GET, headers, body: Bytes::new() }
    }

    /// Says something.
    #[must_use]
    pub fn post(headers: Vec<(&'static str, String)>, body: impl Into<Bytes>) -> Self {
        Self { method: Method::POST, headers, body: body.into() }
    }
}

fn roots(authorities: Option<&str>) -> Result<RootCertStore, BadAuthorities> {
    let mut roots = RootCertStore::empty();
    let certificates = match authorities {
        Some(pem) => CertificateDer::pem_slice_iter(pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| BadAuthorities::None)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    roots.add_parsable_certificates(certificates);
    if authorities.is_some() && roots.is_empty() {
        return Err(BadAuthorities::None);
    }
    Ok(roots)
}

/// Where it may be connected to; nowhere if one of the addresses may not.
async fn addresses(to: &Destination) -> Result<Vec<SocketAddr>, OutboundError> {
    let found = lookup_host((to.host.as_str(), to.port)).await;
    let found: Vec<_> = found.map_err(OutboundError::Resolve)?.collect();
    let private = found.iter().map(SocketAddr::ip).find(|address| !is_public(*address));
    match (to.reach, private) {
        (Reach::World, Some(address)) => Err(OutboundError::Private(address)),
        (Reach::World | Reach::Inside, _) => Ok(found),
    }
}

async fn connected(addresses: &[SocketAddr]) -> Result<TcpStream, OutboundError> {
    let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses.iter().take(ADDRESSES_TRIED) {
        match timeout(CONNECT_WITHIN, TcpStream::connect(address)).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => failed = error,
            Err(elapsed) => failed = elapsed.into(),
        }
    }
    Err(OutboundError::Connect(failed))
}

fn request(to: &Destination, outgoing: Outgoing) -> Result<Request<Full<Bytes>>, OutboundError> {
    let mut request = Request::builder()
        .method(outgoing.method)
        .uri(&to.path)
        .header(HOST, &to.authority)
        .header(USER_AGENT, "cartstream");
    for (name, value) in outgoing.headers {
        request = request.header(name, value);
    }
    request.body(Full::new(outgoing.body)).map_err(OutboundError::Request)
}

async fn asked<C>(
    connection: C,
    request: Request<Full<Bytes>>,
    answer_max: usize,
) -> Result<Answer, OutboundError>
where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, driven) =
        http1::handshake(TokioIo::new(connection)).await.map_err(OutboundError::Http)?;
    let asking = async {
        let response = sender.send_request(request).await.map_err(OutboundError::Http)?;
        let (head, body) = response.into_parts();
        let body = whole(body, answer_max).await?;
        Ok(Answer { status: head.status, headers: head.headers, body })
    };
    // How the connection ends shows in what was asked of it.
    let driving = async {
        drop(driven.await);
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        answer = asking => answer,
        never = driving => match never {},
    }
}

async fn whole(body: Incoming, most: usize) -> Result<Bytes, OutboundError> {
    let collected = Limited::new(body, most).collect().await;
    collected.map(http_body_util::Collected::to_bytes).map_err(|error| {
        if error.is::<LengthLimitError>() {
            OutboundError::Size(most)
        } else {
            OutboundError::Body(error)
        }
    })
}

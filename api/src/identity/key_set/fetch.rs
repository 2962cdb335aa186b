//! One fetch of a key set, within bounds: of time, of size, of whom it may come from. Keeps nothing.
//!
//! A name is resolved here, each of its addresses is judged, and a connection is made to one that was
//! judged: a name that means another address a moment later leads nowhere else.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jsonwebtoken::jwk::JwkSet;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::reach::is_public;
use super::url::{KeySetUrl, Reach};
use crate::identity::access::BadAccess;

/// How long a fetch may take, whatever it waits for: an issuer that needs longer is as good as away.
const FETCH_WITHIN: Duration = Duration::from_secs(5);
/// How long one address may take to be connected to, so that there is time for another.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// How many addresses of a name are tried.
const ADDRESSES_TRIED: usize = 4;
/// The most bytes of a set: thirty-two keys of 4096 bits, with a chain of certificates each, have fewer.
const SET_MAX: usize = 256 * 1024;

/// What was fetched.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) set: JwkSet,
    /// What its `Cache-Control` says.
    pub(super) cache_control: Option<String>,
}

/// A fetch did not bring a set.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("it takes longer than {FETCH_WITHIN:?}")]
    Late,
    #[error("its name cannot be resolved")]
    Resolve(#[source] io::Error),
    #[error(
        "its name means {0}, an address of a private network: --jwks-allow-private allows that"
    )]
    Private(IpAddr),
    #[error("it cannot be connected to")]
    Connect(#[source] io::Error),
    #[error("its certificate or its TLS is not taken")]
    Tls(#[source] io::Error),
    #[error("it cannot be asked for")]
    Request(#[source] axum::http::Error),
    #[error("it does not speak HTTP as expected")]
    Http(#[source] hyper::Error),
    #[error("it answers {0}; redirects are not followed")]
    Status(StatusCode),
    #[error("it is larger than {SET_MAX} bytes")]
    Size,
    #[error("it breaks off")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("it is no JSON Web Key Set (RFC 7517)")]
    Json(#[source] serde_json::Error),
}

/// Fetches one key set.
pub(crate) struct Fetcher {
    url: KeySetUrl,
    /// `None` where it comes in the clear.
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Fetcher {
    /// Fetches from here, and believes the certificates these authorities (PEM) or else the machine's have
    /// signed.
    pub(crate) fn new(url: &KeySetUrl, authorities: Option<&str>) -> Result<Self, BadAccess> {
        let url = url.clone();
        if !url.is_secret {
            return Ok(Self { url, tls: None });
        }
        let name = ServerName::try_from(url.host.clone()).map_err(|_| BadAccess::KeySetHost)?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(BadAccess::Tls)?
            .with_root_certificates(roots(authorities)?)
            .with_no_client_auth();
        Ok(Self { url, tls: Some((TlsConnector::from(Arc::new(config)), name)) })
    }

    /// Where from.
    pub(super) const fn url(&self) -> &KeySetUrl {
        &self.url
    }

    /// The set as it is now.
    pub(super) async fn fetch(&self) -> Result<Answer, FetchError> {
        timeout(FETCH_WITHIN, self.fetched()).await.unwrap_or(Err(FetchError::Late))
    }

    async fn fetched(&self) -> Result<Answer, FetchError> {
        let connection = connected(&self.addresses().await?).await?;
        match &self.tls {
            None => asked(connection, &self.url).await,
            Some((connector, name)) => {
                let secret = connector.connect(name.clone(), connection).await;
                asked(secret.map_err(FetchError::Tls)?, &self.url).await
            }
        }
    }

    /// Where it may be connected to; nowhere if one of the addresses may not.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, FetchError> {
        let found = lookup_host((self.url.host.as_str(), self.url.port)).await;
        let found: Vec<_> = found.map_err(FetchError::Resolve)?.collect();
        let private = found.iter().map(SocketAddr::ip).find(|address| !is_public(*address));
        match (self.url.reach, private) {
            (Reach::World, Some(address)) => Err(FetchError::Private(address)),
            (Reach::World | Reach::Inside, _) => Ok(found),
        }
    }
}

fn roots(authorities: Option<&str>) -> Result<RootCertStore, BadAccess> {
    let mut roots = RootCertStore::empty();
    let certificates = match authorities {
        Some(pem) => CertificateDer::pem_slice_iter(pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| BadAccess::Authorities)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() { Err(BadAccess::Authorities) } else { Ok(roots) }
}

async fn connected(addresses: &[SocketAddr]) -> Result<TcpStream, FetchError> {
    let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses.iter().take(ADDRESSES_TRIED) {
        match timeout(CONNECT_WITHIN, TcpStream::connect(address)).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => failed = error,
            Err(elapsed) => failed = elapsed.into(),
        }
    }
    Err(FetchError::Connect(failed))
}

async fn asked<C>(connection: C, url: &KeySetUrl) -> Result<Answer, FetchError>
where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, driven) =
        http1::handshake(TokioIo::new(connection)).await.map_err(FetchError::Http)?;
    let asking = async {
        let request = Request::get(&url.path)
            .header(header::HOST, &url.authority)
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, "cartstream")
            .body(Empty::<Bytes>::new())
            .map_err(FetchError::Request)?;
        let response = sender.send_request(request).await.map_err(FetchError::Http)?;
        let (head, body) = response.into_parts();
        if head.status != StatusCode::OK {
            return Err(FetchError::Status(head.status));
        }
        let said = head.headers.get(header::CACHE_CONTROL);
        let cache_control = said.and_then(|said| said.to_str().ok()).map(str::to_owned);
        let set = serde_json::from_slice(&whole(body).await?).map_err(FetchError::Json)?;
        Ok(Answer { set, cache_control })
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

async fn whole(body: Incoming) -> Result<Bytes, FetchError> {
    let collected = Limited::new(body, SET_MAX).collect().await;
    collected.map(http_body_util::Collected::to_bytes).map_err(|error| {
        if error.is::<LengthLimitError>() { FetchError::Size } else { FetchError::Body(error) }
    })
}

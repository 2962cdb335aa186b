//! Fetches a key set. Knows no keys, and not when.

use std::time::Duration;

use axum::http::{StatusCode, header};
use cart_outbound::{BadAuthorities, Bounds, Client, Destination, OutboundError, Outgoing};
use jsonwebtoken::jwk::JwkSet;

use crate::identity::access::BadAccess;

/// How long a fetch may take, whatever it waits for: an issuer that needs longer is as good as away. And the
/// most bytes of a set: thirty-two keys of 4096 bits, with a chain of certificates each, have fewer.
const BOUNDS: Bounds = Bounds { within: Duration::from_secs(5), answer_max: 256 * 1024 };

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
    #[error("{0} (--jwks-allow-private allows a private network)")]
    Private(#[source] OutboundError),
    #[error("{0}")]
    Unanswered(#[source] OutboundError),
    #[error("it answers {0}; redirects are not followed")]
    Status(StatusCode),
    #[error("it is no JSON Web Key Set (RFC 7517)")]
    Json(#[source] serde_json::Error),
}

/// Fetches one key set.
pub(crate) struct Fetcher {
    url: Destination,
    client: Client,
}

impl Fetcher {
    /// Fetches from here, and believes the certificates these authorities (PEM) or else the machine's have
    /// signed.
    pub(crate) fn new(url: &Destination, authorities: Option<&str>) -> Result<Self, BadAccess> {
        let client = Client::new(authorities).map_err(|error| match error {
            BadAuthorities::None => BadAccess::Authorities,
            BadAuthorities::Tls(error) => BadAccess::Tls(error),
        })?;
        if url.is_secret() && client.knows_nobody() {
            return Err(BadAccess::Authorities);
        }
        Ok(Self { url: url.clone(), client })
    }

    /// Where from.
    pub(super) const fn url(&self) -> &Destination {
        &self.url
    }

    /// The set as it is now.
    pub(super) async fn fetch(&self) -> Result<Answer, FetchError> {
        let outgoing = Outgoing::get(vec![("accept", "application/json".to_owned())]);
        let answer = self.client.send(&self.url, outgoing, BOUNDS).await.map_err(unanswered)?;
        if answer.status != StatusCode::OK {
            return Err(FetchError::Status(answer.status));
        }
        let said = answer.headers.get(header::CACHE_CONTROL);
        let cache_control = said.and_then(|said| said.to_str().ok()).map(str::to_owned);
        let set = serde_json::from_slice(&answer.body).map_err(FetchError::Json)?;
        Ok(Answer { set, cache_control })
    }
}

fn unanswered(error: OutboundError) -> FetchError {
    match error {
        OutboundError::Private(_) => FetchError::Private(error),
        OutboundError::Late(_)
        | OutboundError::Resolve(_)
        | OutboundError::Connect(_)
        | OutboundError::Tls(_)
        | OutboundError::Request(_)
        | OutboundError::Http(_)
        | OutboundError::Size(_)
        | OutboundError::Body(_) => FetchError::Unanswered(error),
    }
}

//! What an operator may set about the edge. Knows nothing of where settings come from.

use std::num::NonZeroU32;

use axum::http::{HeaderMap, HeaderValue, header};
use cart_analytics::webhooks::Links;
use cart_outbound::Reach;

use crate::identity::Access;
use crate::limits::Allowances;
use crate::share::{LiveUrl, Share};
use crate::stock_secrets::StockSecrets;

/// The settings of one instance of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Origins whose pages may call the API from a browser, as `https://shop.example`, or `*` for
    /// every one. None by default.
    pub cors_origins: Vec<String>,
    /// Sockets open at a time; one more is answered 503.
    pub max_sockets: usize,
    /// What each shop's inventory service signs its deliveries with; a shop without one has no such route.
    pub stock_secrets: StockSecrets,
    /// Whose sockets this instance has.
    pub share: Share,
    /// Where the sockets of each share are, for those who ask.
    pub live_url: Option<LiveUrl>,
    /// Who may call.
    pub access: Access,
    /// How much each may ask.
    pub allowances: Allowances,
    /// What callers speak to this instance.
    pub transport: Transport,
    /// What is done with traces.
    pub traces: Traces,
    /// Where shops' webhooks may be, and how links lead back.
    pub webhooks: Webhooks,
}

/// What an operator says of webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhooks {
    /// Where they may be.
    pub reach: Reach,
    /// Knows recovery links again; without it none leads anywhere.
    pub links: Option<Links>,
}

/// What callers speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// HTTP. What is before it may speak TLS, and then says so itself.
    Plain,
    /// TLS, and nothing else on this name: browsers are told to come back by it only.
    Tls,
}

/// What an instance does with the traces requests belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traces {
    /// They go on as they came; those that begin here are not sampled.
    PassedOn,
    /// Hops of sampled traces are told; of those that begin here, one in so many is sampled.
    Told {
        /// How many.
        one_in: NonZeroU32,
    },
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cors_origins: Vec::new(),
            max_sockets: 20_000,
            stock_secrets: StockSecrets::default(),
            share: Share::WHOLE,
            live_url: None,
            access: Access::Open,
            allowances: Allowances::default(),
            transport: Transport::Plain,
            traces: Traces::PassedOn,
            webhooks: Webhooks { reach: Reach::World, links: None },
        }
    }
}

/// Whom the CORS layer lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origins {
    Any,
    Only(Vec<HeaderValue>),
}

impl Origins {
    /// Whether a page may open a socket here. Browsers ask nobody before they open one, so it must be
    /// ours, or of an origin that is let in; who is no browser names none.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        let host = headers.get(header::HOST);
        let after_scheme = |origin: &HeaderValue| {
            let text = origin.to_str().ok()?;
            text.split_once("://").map(|(_, host)| host.to_owned())
        };
        let is_ours = after_scheme(origin).is_some_and(|theirs| {
            host.is_some_and(|host| host.as_bytes().eq_ignore_ascii_case(theirs.as_bytes()))
        });
        match self {
            Self::Any => true,
            Self::Only(named) => is_ours || named.contains(origin),
        }
    }
}

/// The text is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an origin such as https://shop.example, or *, not {0:?}")]
pub struct InvalidOrigin(String);

impl Settings {
    pub(crate) fn origins(&self) -> Result<Origins, InvalidOrigin> {
        if self.cors_origins.iter().any(|origin| origin == "*") {
            return Ok(Origins::Any);
        }
        self.cors_origins
            .iter()
            .map(|text| origin(text))
            .collect::<Result<_, _>>()
            .map(Origins::Only)
    }
}

/// An origin is a scheme, a host and maybe a port; a browser sends it without a path.
fn origin(text: &str) -> Result<HeaderValue, InvalidOrigin> {
    let invalid = || InvalidOrigin(text.to_owned());
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |host: &str| {
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
    };
    match host {
        Some(host) if plain(host) => HeaderValue::from_str(text).map_err(|_| invalid()),
        Some(_) | None => Err(invalid()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(texts: &[&str]) -> Result<Origins, InvalidOrigin> {
        let cors_origins = texts.iter().map(ToString::to_string).collect();
        Settings { cors_origins, ..Settings::default() }.origins()
    }

    #[test]
    fn a_page_opens_sockets_of_its_own_host_and_where_its_origin_is_named() {
        let admits = |named: &[&str], origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("shop.example:8443"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            origins(named).unwrap().admit(&headers)
        };

        assert!(admits(&[], None) && admits(&[], Some("https://shop.example:8443")));
        assert!(admits(&["https://a.example"], Some("https://a.example")));
        assert!(admits(&["*"], Some("https://b.example")));
        for foreign in ["https://b.example", "null", "https://shop.example", "https://"] {
            assert!(!admits(&["https://a.example"], Some(foreign)), "{foreign}");
        }
    }

    #[test]
    fn origins_are_a_scheme_and_a_host() {
        assert!(origins(&["https://shop.example", "http://localhost:5173"]).is_ok());
        assert_eq!(origins(&["https://a.example", "*"]), Ok(Origins::Any));
        for text in ["shop.example", "https://", "https://shop.example/", "ftp://a", "null"] {
            assert!(origins(&[text]).is_err(), "{text}");
        }
    }
}

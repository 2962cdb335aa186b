//! Where a collector listens. Knows nothing of what it is sent.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use hyper::http::uri::Scheme;

/// The port collectors listen on for OTLP over HTTP.
const PORT: u16 = 4318;
/// Where they take spans.
const SPANS: &str = "/v1/traces";

/// The address of a collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Collector {
    host: String,
    port: u16,
    path: String,
}

/// The text is no address of a collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected http:// and a host, as in http://collector:4318; what speaks TLS stands behind one"
)]
pub(crate) struct InvalidCollector;

impl Collector {
    /// What to connect to.
    pub(super) fn at(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// The path of spans.
    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

impl FromStr for Collector {
    type Err = InvalidCollector;

    fn from_str(text: &str) -> Result<Self, InvalidCollector> {
        let uri: Uri = text.parse().map_err(|_| InvalidCollector)?;
        let authority = uri.authority().ok_or(InvalidCollector)?;
        let is_plain = uri.scheme() == Some(&Scheme::HTTP) && uri.query().is_none();
        if !is_plain || authority.as_str().contains('@') {
            return Err(InvalidCollector);
        }
        // An address of IPv6 is in brackets in a URL only.
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let path = format!("{}{SPANS}", uri.path().trim_end_matches('/'));
        Ok(Self { host, port: authority.port_u16().unwrap_or(PORT), path })
    }
}

impl fmt::Display for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        write!(f, "{host}:{}", self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_a_host_and_perhaps_a_port_and_a_path() {
        let at = |text: &str| {
            let collector: Collector = text.parse().unwrap();
            (collector.to_string(), collector.path)
        };

        assert_eq!(at("http://collector"), ("collector:4318".to_owned(), "/v1/traces".to_owned()));
        assert_eq!(at("http://[::1]:80/").0, "[::1]:80");
        assert_eq!(at("http://a:1/otlp/"), ("a:1".to_owned(), "/otlp/v1/traces".to_owned()));
    }

    #[test]
    fn what_is_no_plain_address_is_refused() {
        for text in
            ["", "collector:4318", "https://a", "http://u:p@a", "http://a?b", "grpc://a", "/"]
        {
            assert_eq!(text.parse::<Collector>(), Err(InvalidCollector), "{text}");
        }
    }
}

//! Where a request goes. Resolves nothing.

use std::fmt;
use std::net::IpAddr;

use hyper::Uri;
use hyper::http::uri::{Authority, Scheme};
use tokio_rustls::rustls::pki_types::ServerName;

use crate::network::is_public;

/// Whose hosts may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Hosts whose every address is the world's.
    World,
    /// Also hosts of a private network, and plain HTTP on one's own machine.
    Inside,
}

/// A URL that may be asked, as far as can be told without resolving its name.
#[derive(Clone, PartialEq, Eq)]
pub struct Destination {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// What the header `Host` says.
    pub(crate) authority: String,
    /// The path, and the query if there is one.
    pub(crate) path: String,
    /// What its certificate must be of; `None` where everything goes in the clear.
    pub(crate) name: Option<ServerName<'static>>,
    pub(crate) reach: Reach,
}

/// The text is no URL that may be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDestination {
    /// It is none at all, or has parts that are of no use here.
    #[error("expected a URL such as https://id.shop.example/path, without a user or a fragment")]
    Form,
    /// It is not of a scheme that keeps what is said from being read and changed on its way.
    #[error(
        "expected https://; http:// goes to one's own machine only, and where private hosts are allowed"
    )]
    Scheme,
    /// Its host is an address of some inside.
    #[error("{0} is an address of a private network, which must be allowed")]
    Private(IpAddr),
}

impl Destination {
    /// Whether what goes there is read by nobody on its way.
    #[must_use]
    pub const fn is_secret(&self) -> bool {
        self.name.is_some()
    }

    /// Reads it, as far as hosts may be reached.
    ///
    /// # Errors
    /// It is no URL of HTTP, or one that may not be asked.
    pub fn parse(text: &str, reach: Reach) -> Result<Self, InvalidDestination> {
        let uri: Uri = text.parse().map_err(|_| InvalidDestination::Form)?;
        let scheme = uri.scheme().ok_or(InvalidDestination::Form)?;
        let authority = uri.authority().ok_or(InvalidDestination::Form)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if !is_host_and_port(authority) || text.contains('#') || !is_visible(text) {
            return Err(InvalidDestination::Form);
        }
        let address = host.parse::<IpAddr>().ok();
        let is_local = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        let is_secret = *scheme == Scheme::HTTPS;
        let is_plain = *scheme == Scheme::HTTP && reach == Reach::Inside && is_local;
        if !is_secret && !is_plain {
            return Err(InvalidDestination::Scheme);
        }
        match address {
            Some(address) if reach == Reach::World && !is_public(address) => {
                return Err(InvalidDestination::Private(address));
            }
            Some(_) | None => {}
        }
        let name = is_secret.then(|| ServerName::try_from(host.clone()));
        let name = name.transpose().map_err(|_| InvalidDestination::Form)?;
        let port = authority.port_u16().unwrap_or(if is_secret { 443 } else { 80 });
        let path = match uri.path_and_query().map_or("", |path| path.as_str()) {
            path if path.starts_with('/') => path.to_owned(),
            query => format!("/{query}"),
        };
        Ok(Self { host, port, authority: authority.as_str().to_owned(), path, name, reach })
    }
}

/// Whether an authority is a host, and perhaps a port, and nothing else: the parser lets more pass, and has no port
/// then.
fn is_host_and_port(authority: &Authority) -> bool {
    let host = authority.host();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    let is_host = host.starts_with('[') || (!host.is_empty() && host.bytes().all(is_plain));
    let rest = authority.as_str().strip_prefix(host);
    is_host && rest.is_some_and(|rest| rest.is_empty() || authority.port_u16().is_some())
}

fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Without the path and its query, which may hold what is nobody's business.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_secret() { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority)
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Destination({self}, {:?})", self.reach)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, reach: Reach) -> Result<(String, u16, String), InvalidDestination> {
        Destination::parse(text, reach).map(|url| (url.host, url.port, url.path))
    }

    #[test]
    fn a_url_is_a_host_a_port_and_a_path() {
        let is = |host: &str, port, path: &str| Ok((host.to_owned(), port, path.to_owned()));
        for (text, expected) in [
            ("https://id.example/keys.json", is("id.example", 443, "/keys.json")),
            ("https://id.example:8443/a?b=c", is("id.example", 8443, "/a?b=c")),
            ("https://id.example", is("id.example", 443, "/")),
            ("https://id.example?b=c", is("id.example", 443, "/?b=c")),
            ("https://[2606:4700:4700::1111]:9/a", is("2606:4700:4700::1111", 9, "/a")),
        ] {
            assert_eq!(parsed(text, Reach::World), expected, "{text}");
        }
    }

    #[test]
    fn nothing_goes_in_the_clear_but_on_ones_own_machine() {
        for text in ["http://localhost:1/a", "http://127.0.0.1:1/a", "http://[::1]:1/a"] {
            assert_eq!(parsed(text, Reach::World), Err(InvalidDestination::Scheme), "{text}");
            assert!(parsed(text, Reach::Inside).is_ok(), "{text}");
        }
        for text in ["http://id.example/a", "http://10.0.0.1/a", "ftp://localhost/a"] {
            assert_eq!(parsed(text, Reach::Inside), Err(InvalidDestination::Scheme), "{text}");
        }
    }

    #[test]
    fn an_address_of_the_inside_must_be_allowed() {
        for text in
            ["https://10.0.0.1/a", "https://[::ffff:127.0.0.1]/a", "https://169.254.169.254"]
        {
            let refused = matches!(parsed(text, Reach::World), Err(InvalidDestination::Private(_)));
            assert!(refused && parsed(text, Reach::Inside).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_url_of_a_host_is_refused() {
        for text in [
            "",
            "keys.json",
            "/keys.json",
            "https://",
            "https://u:p@a/",
            "https://a/#b",
            "https://a b/",
            "https://a:29*",
            "https://a:29*/b",
            "https://a:",
            "https://a:65536",
            "https://a*b/",
            "https://a/é",
        ] {
            assert_eq!(parsed(text, Reach::Inside), Err(InvalidDestination::Form), "{text}");
        }
    }
}

//! Where a shop is: what `--shop` says. Opens no connection.

use std::net::SocketAddr;
use std::str::FromStr;

use hyper::Uri;
use hyper::header::HeaderValue;

/// The port of a URL that names none.
const HTTP: u16 = 80;

/// A shop's base URL. Clones are cheap enough to have one per connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Host and port, as they are connected to.
    address: String,
    /// What the `Host` header says.
    host: HeaderValue,
    /// Stands before every path; empty, or begins with a slash and does not end with one.
    prefix: String,
}

/// Nobody can be asked at what was given.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TargetError {
    /// It is `https://`.
    #[error(
        "the load speaks plain HTTP only: name the address behind whatever ends TLS, or run a \
         proxy here that speaks TLS to the shop and name the proxy"
    )]
    Tls,
    /// It is no such URL.
    #[error("expected http://host:port, perhaps with a path, or host:port")]
    Url,
}

impl Target {
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn host(&self) -> HeaderValue {
        self.host.clone()
    }

    /// What is asked for a path of the shop, if not just that.
    pub(super) fn rerouted(&self, path: &str) -> Option<Uri> {
        let prefixed = (!self.prefix.is_empty()).then(|| self.prefixed(path));
        prefixed.and_then(|path| path.parse().ok())
    }

    fn prefixed(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// The URL of a socket's path.
    pub(super) fn socket(&self, path: &str) -> String {
        format!("ws://{}{}", self.address, self.prefixed(path))
    }
}

impl From<SocketAddr> for Target {
    fn from(address: SocketAddr) -> Self {
        let address = address.to_string();
        let host = HeaderValue::try_from(&address);
        let host = host.unwrap_or(HeaderValue::from_static("shop"));
        Self { address, host, prefix: String::new() }
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let rest = match text.split_once("://") {
            None => text,
            Some(("http", rest)) => rest,
            Some(("https", _)) => return Err(TargetError::Tls),
            Some(_) => return Err(TargetError::Url),
        };
        let uri: Uri = format!("http://{rest}").parse().map_err(|_| TargetError::Url)?;
        let (host, prefix) = (uri.host().unwrap_or_default(), uri.path().trim_end_matches('/'));
        let named = uri.authority().filter(|authority| !authority.as_str().contains('@'));
        let authority = named.ok_or(TargetError::Url)?;
        if host.is_empty() || uri.query().is_some() {
            return Err(TargetError::Url);
        }
        Ok(Self {
            address: format!("{host}:{}", uri.port_u16().unwrap_or(HTTP)),
            host: HeaderValue::from_str(authority.as_str()).map_err(|_| TargetError::Url)?,
            prefix: prefix.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Result<String, TargetError> {
        text.parse().map(|target: Target| target.address)
    }

    #[test]
    fn a_shop_is_named_by_its_url_or_by_host_and_port() {
        assert_eq!(address("127.0.0.1:8080").unwrap(), "127.0.0.1:8080");
        assert_eq!(address("http://127.0.0.1:8080").unwrap(), "127.0.0.1:8080");
        assert_eq!(address("http://shop.example/").unwrap(), "shop.example:80");
        assert_eq!(address("http://[::1]:8080").unwrap(), "[::1]:8080");
    }

    #[test]
    fn a_path_of_the_url_stands_before_every_path() {
        let behind: Target = "http://gateway:9000/eu/shop/".parse().unwrap();

        assert_eq!(behind.rerouted("/readyz").unwrap().path(), "/eu/shop/readyz");
        assert_eq!("gateway:9000".parse::<Target>().unwrap().rerouted("/readyz"), None);
        assert_eq!(behind.socket("/ws/cart/a"), "ws://gateway:9000/eu/shop/ws/cart/a");
        assert_eq!(behind.host(), "gateway:9000");
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        assert_eq!(address("https://shop.example"), Err(TargetError::Tls));
        for text in ["ftp://shop", "", "http://", "http://a b", "http://u:p@shop", "shop?x=1"] {
            assert_eq!(address(text), Err(TargetError::Url), "{text:?}");
        }
    }
}

//! Where callers come in: a listener, and TLS if their connections are to be secret. Knows no HTTP.

use std::io;
use std::net::SocketAddr;

use tokio::io::AsyncBufReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::server::TlsStream;

use crate::tls::Tls;

/// Where callers come in.
#[derive(Debug)]
pub struct Door {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<Tls>,
}

impl Door {
    /// A door whose connections speak TLS, if there is any, and are plain otherwise.
    #[must_use]
    pub const fn new(listener: TcpListener, tls: Option<Tls>) -> Self {
        Self { listener, tls }
    }

    /// Where it is.
    ///
    /// # Errors
    /// The listener does not know.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Whether connections speak TLS.
    #[must_use]
    pub const fn is_secret(&self) -> bool {
        self.tls.is_some()
    }
}

/// A plain one.
impl From<TcpListener> for Door {
    fn from(listener: TcpListener) -> Self {
        Self::new(listener, None)
    }
}

/// A connection that can be waited on without anything being taken from it.
pub(crate) trait Waiting {
    /// Waits until something was said; `false` at its end.
    async fn speaks(&mut self) -> io::Result<bool>;
}

impl Waiting for TcpStream {
    async fn speaks(&mut self) -> io::Result<bool> {
        let mut first = [0];
        Ok(self.peek(&mut first).await? == 1)
    }
}

impl Waiting for TlsStream<TcpStream> {
    async fn speaks(&mut self) -> io::Result<bool> {
        Ok(!self.fill_buf().await?.is_empty())
    }
}

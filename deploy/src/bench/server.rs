//! What the shop's process uses, as its `/metrics` tell.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;

use super::connection::{AskError, Connection};
use crate::exit::Failure;

/// The process behind an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Server(SocketAddr);

/// What it has used so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usage {
    pub(super) cpu: Duration,
    /// Bytes resident.
    pub(super) memory: u64,
}

impl Usage {
    /// What was used since then.
    pub(super) const fn since(self, before: Self) -> Duration {
        self.cpu.saturating_sub(before.cpu)
    }
}

impl Server {
    /// The server at an address, if it is ready.
    pub(super) async fn at(address: SocketAddr) -> Result<Self, Failure> {
        let server = Self(address);
        server
            .get("/readyz")
            .await
            .map_err(|source| Failure::failed(format!("there is no shop at {address}"), source))?;
        Ok(server)
    }

    /// What it has used so far.
    pub(super) async fn usage(&self) -> Result<Usage, Failure> {
        let text = self.get("/metrics").await;
        let text = text.map_err(|source| Failure::failed("/metrics does not answer", source))?;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|value| value.parse::<f64>().ok()).unwrap_or_default()
        };
        let cpu = Duration::try_from_secs_f64(value("process_cpu_seconds_total"));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bytes are whole"
        )]
        let memory = value("process_resident_memory_bytes") as u64;
        Ok(Usage { cpu: cpu.unwrap_or_default(), memory })
    }

    async fn get(&self, path: &str) -> Result<String, AskError> {
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.uri_mut() = path.parse().unwrap_or_default();
        let host = hyper::header::HeaderValue::from_static("shop");
        request.headers_mut().insert("host", host);
        let (_, body) = Connection::to(self.0).ask(request).await?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

//! What the shop's process uses, as its `/metrics` tell.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;

use super::connection::{AskError, Connection};
use crate::exit::Failure;

/// The CPU time of the process, in seconds with fractions.
const CPU: &str = "process_cpu_seconds_total";
/// Its resident bytes.
const MEMORY: &str = "process_resident_memory_bytes";

/// The process behind an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Server(SocketAddr);

/// What it has used so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) cpu: Duration,
    /// Bytes resident.
    pub(super) memory: u64,
}

/// `/metrics` do not tell this.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("/metrics do not tell {0}")]
pub(super) struct Untold(&'static str);

impl Usage {
    /// Reads the metrics of a process.
    fn told_by(metrics: &str) -> Result<Self, Untold> {
        let value = |name: &'static str| {
            let mut lines = metrics.lines();
            let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            value.and_then(|value| value.parse::<f64>().ok()).ok_or(Untold(name))
        };
        let cpu = Duration::try_from_secs_f64(value(CPU)?).map_err(|_| Untold(CPU))?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bytes are whole"
        )]
        let memory = value(MEMORY)? as u64;
        Ok(Self { cpu, memory })
    }

    /// The CPU time used since then.
    pub(super) const fn since(self, before: Self) -> Duration {
        self.cpu.saturating_sub(before.cpu)
    }
}

impl Server {
    /// The server at an address, if it is ready.
    pub(super) async fn at(address: SocketAddr) -> Result<Self, Failure> {
        let server = Self(address);
        let ready = server.get("/readyz").await;
        ready
            .map_err(|source| Failure::failed(format!("no shop is ready at {address}"), source))?;
        Ok(server)
    }

    pub(super) const fn address(self) -> SocketAddr {
        self.0
    }

    /// What it has used so far.
    pub(super) async fn usage(self) -> Result<Usage, Failure> {
        let unread = "what the server uses cannot be read";
        let text = self.get("/metrics").await;
        let text = text.map_err(|source| Failure::failed(unread, source))?;
        Usage::told_by(&text).map_err(|source| Failure::failed(unread, source))
    }

    async fn get(self, path: &str) -> Result<String, AskError> {
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.uri_mut() = path.parse().unwrap_or_default();
        let host = hyper::header::HeaderValue::from_static("shop");
        request.headers_mut().insert("host", host);
        let body = Connection::to(self.0).succeed(request).await?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(cpu: &str) -> String {
        format!("# TYPE {CPU} gauge\n{CPU} {cpu}\n\n{MEMORY}_max 9\n{MEMORY} 1048576\n")
    }

    #[test]
    fn a_use_is_the_difference_of_two_readings_to_the_hundredth_of_a_second() {
        let before = Usage::told_by(&metrics("1.25")).unwrap();
        let after = Usage::told_by(&metrics("1.5")).unwrap();

        assert_eq!(after.since(before), Duration::from_millis(250));
        assert_eq!(after.memory, 1_048_576);
    }

    #[test]
    fn a_metric_that_is_not_told_is_not_zero() {
        let memory = format!("{MEMORY} 1");

        assert_eq!(Usage::told_by(&memory), Err(Untold(CPU)));
        assert_eq!(Usage::told_by(&metrics("NaN")), Err(Untold(CPU)));
        assert_eq!(Usage::told_by(&format!("{CPU} 1")), Err(Untold(MEMORY)));
    }
}

//! What the shop's process tells of itself in its `/metrics`.

use std::time::Duration;

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use serde::Serialize;

use super::connection::{AskError, Connection};
use super::histogram::Histograms;
use super::target::Target;
use crate::exit::Failure;

/// The CPU time of the process, in seconds with fractions.
const CPU: &str = "process_cpu_seconds_total ";
/// Its resident bytes.
const MEMORY: &str = "process_resident_memory_bytes ";
/// What was built from what, and which engines it has.
const INFO: &str = "cartstream_info{";

/// The server of a shop. Where several processes serve it, the one that is asked.
#[derive(Debug, Clone)]
pub(super) struct Server(Target);

/// What it tells at one moment. A gateway may keep some of it back.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) cpu: Option<Duration>,
    /// Bytes resident.
    pub(super) memory: Option<u64>,
    pub(super) latencies: Histograms,
    pub(super) build: Option<Build>,
}

/// What serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Build {
    version: String,
    commit: String,
    engine: String,
    roles: String,
}

impl Reading {
    /// Reads the metrics of a process.
    fn told_by(metrics: &str) -> Self {
        let value = |name: &str| {
            let told = metrics.lines().find_map(|line| line.strip_prefix(name));
            told.and_then(|value| value.parse::<f64>().ok())
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bytes are whole"
        )]
        let memory = value(MEMORY).map(|bytes| bytes as u64);
        Self {
            cpu: value(CPU).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            memory,
            latencies: Histograms::told_by(metrics),
            build: metrics.lines().find_map(|line| Build::told_by(line.strip_prefix(INFO)?)),
        }
    }

    /// The CPU time used since then, if both tell.
    pub(super) fn cpu_since(&self, before: &Self) -> Option<Duration> {
        self.cpu.zip(before.cpu).and_then(|(now, then)| now.checked_sub(then))
    }
}

impl Build {
    fn told_by(labels: &str) -> Option<Self> {
        let value = |name: &str| {
            let (_, after) = labels.split_once(&format!("{name}=\""))?;
            after.split_once('"').map(|(value, _)| value.to_owned())
        };
        Some(Self {
            version: value("version")?,
            commit: value("commit")?,
            engine: value("engine")?,
            roles: value("roles")?,
        })
    }
}

impl Server {
    /// The server of a shop, if it is ready.
    pub(super) async fn at(target: Target) -> Result<Self, Failure> {
        let server = Self(target);
        let ready = server.get("/readyz").await;
        let what = || format!("no shop is ready at {}", server.0.address());
        ready.map_err(|source| Failure::failed(what(), source))?;
        Ok(server)
    }

    pub(super) fn target(&self) -> Target {
        self.0.clone()
    }

    /// What it tells now; a server that is not there tells nothing.
    pub(super) async fn reading(&self) -> Reading {
        let told = self.get("/metrics").await;
        told.map_or_else(|_| Reading::default(), |text| Reading::told_by(&text))
    }

    /// Whether it still answers.
    pub(super) async fn lives(&self) -> Result<(), AskError> {
        self.get("/livez").await.map(|_| ())
    }

    async fn get(&self, path: &str) -> Result<String, AskError> {
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.uri_mut() = path.parse().unwrap_or_default();
        let body = Connection::to(self.0.clone()).succeed(request).await?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(cpu: &str) -> String {
        format!("# TYPE {CPU}gauge\n{CPU}{cpu}\n\nprocess_threads 9\n{MEMORY}1048576\n")
    }

    #[test]
    fn a_use_is_the_difference_of_two_readings_to_the_hundredth_of_a_second() {
        let before = Reading::told_by(&metrics("1.25"));
        let after = Reading::told_by(&metrics("1.5"));

        assert_eq!(after.cpu_since(&before), Some(Duration::from_millis(250)));
        assert_eq!(after.memory, Some(1_048_576));
        assert_eq!(before.cpu_since(&after), None, "it was started anew");
    }

    #[test]
    fn a_metric_that_is_not_told_is_not_zero() {
        assert_eq!(Reading::told_by(&metrics("NaN")).cpu, None);
        assert_eq!(Reading::told_by("").memory, None);
    }

    #[test]
    fn a_server_tells_what_it_was_built_from() {
        let text =
            "cartstream_info{version=\"1\",commit=\"abc\",engine=\"kafka\",roles=\"api\"} 1\n";

        let build = Reading::told_by(text).build.unwrap();

        assert_eq!((build.version.as_str(), build.commit.as_str()), ("1", "abc"));
        assert_eq!((build.engine.as_str(), build.roles.as_str()), ("kafka", "api"));
    }
}

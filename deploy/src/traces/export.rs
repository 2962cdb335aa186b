//! Sends the spans that wait to the collector, in batches. A batch it does not take is dropped: traces are
//! worth no memory, and the next batch tells whether it is back.

use std::io;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::collector::Collector;
use super::hops::dropped;
use super::otlp::{Span, body};

/// Spans sent at once: about 300 KiB of JSON, far below what collectors take.
const BATCH_MAX: usize = 1_024;
/// How long a span waits for others.
const BATCH_EVERY: Duration = Duration::from_secs(1);
/// How long the collector may take. With what waits meanwhile, the end of the process is late by this
/// at most twice.
const SENT_WITHIN: Duration = Duration::from_secs(2);

/// The way to a collector.
#[derive(Debug)]
pub(crate) struct Export {
    collector: Collector,
    waiting: mpsc::Receiver<Span>,
    /// Whether the last batch was taken; its trouble is told once.
    is_well: bool,
}

/// A batch was not taken.
#[derive(Debug, thiserror::Error)]
enum Unsent {
    #[error("it cannot be connected to")]
    Connect(#[source] io::Error),
    #[error("the request cannot be made")]
    Request(#[source] hyper::http::Error),
    #[error("the connection broke")]
    Http(#[source] hyper::Error),
    #[error("it answered {0}")]
    Refused(StatusCode),
    #[error("it did not answer in time")]
    Late,
}

impl Export {
    pub(super) const fn new(collector: Collector, waiting: mpsc::Receiver<Span>) -> Self {
        Self { collector, waiting, is_well: true }
    }

    /// Sends until `stop`, and then what still waits.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut ticks = interval(BATCH_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                _ = ticks.tick() => {}
            }
            self.send_all().await;
        }
    }

    /// Sends what waits, until it is less than a batch or the collector does not take it.
    async fn send_all(&mut self) {
        loop {
            let batch: Vec<_> =
                std::iter::from_fn(|| self.waiting.try_recv().ok()).take(BATCH_MAX).collect();
            if batch.is_empty() {
                return;
            }
            let sent = timeout(SENT_WITHIN, send(&self.collector, body(&batch))).await;
            let sent = sent.unwrap_or(Err(Unsent::Late));
            let was_well = std::mem::replace(&mut self.is_well, sent.is_ok());
            if let Err(error) = sent {
                dropped(u64::try_from(batch.len()).unwrap_or_default());
                if was_well {
                    tracing::warn!(collector = %self.collector, %error, "traces are dropped");
                }
                return;
            }
            if batch.len() < BATCH_MAX {
                return;
            }
        }
    }
}

async fn send(collector: &Collector, body: Vec<u8>) -> Result<(), Unsent> {
    let connection = TcpStream::connect(collector.at()).await.map_err(Unsent::Connect)?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(connection)).await.map_err(Unsent::Http)?;
    let request = Request::post(collector.path())
        .header(header::HOST, collector.to_string())
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))
        .map_err(Unsent::Request)?;
    let answer = tokio::select! {
        answer = sender.send_request(request) => answer.map_err(Unsent::Http)?,
        broken = connection => return Err(broken.err().map_or(Unsent::Late, Unsent::Http)),
    };
    if answer.status().is_success() { Ok(()) } else { Err(Unsent::Refused(answer.status())) }
}

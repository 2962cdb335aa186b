//! How long a change spends in the hops this crate sees, of `cartstream_hop_seconds`, and the hops of
//! traces. Installs no recorder; a handle is kept for each.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cart_schemas::timestamp::Timestamp;
use cart_schemas::traceparent::{HOP, Traceparent};
use metrics::{Histogram, histogram};

/// The hops of a change that is sent.
pub(crate) struct Sending {
    /// From the request until its command is acknowledged: enriched, encoded, appended.
    pub(crate) log: Histogram,
    /// From there until its caller is woken with the outcome.
    pub(crate) outcome: Histogram,
}

impl Sending {
    pub(crate) fn new() -> Self {
        Self {
            log: histogram!("cartstream_hop_seconds", "hop" => "log"),
            outcome: histogram!("cartstream_hop_seconds", "hop" => "outcome"),
        }
    }
}

impl std::fmt::Debug for Sending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}

/// The hop of replies: from the log's append time until whoever waits is woken.
pub(crate) fn reply() -> Histogram {
    histogram!("cartstream_hop_seconds", "hop" => "reply")
}

/// Tells that something took so long until now, if it belongs to a sampled trace. Nobody may listen.
pub fn tell(hop: &'static str, trace: Traceparent, took: Duration) {
    if trace.is_sampled() {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let (trace, parent) = (trace.trace(), trace.parent());
        tracing::trace!(target: HOP, hop, %trace, %parent, took_us);
    }
}

/// How long ago the log appended something. Its clock is another machine's perhaps, and Kafka's
/// stamps are whole milliseconds: half of one too early, on average.
#[expect(clippy::disallowed_methods, reason = "only measured; nothing depends on it")]
pub(crate) fn since(appended: Timestamp) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let micros = u64::try_from(appended.micros()).unwrap_or_default();
    now.saturating_sub(Duration::from_micros(micros))
}

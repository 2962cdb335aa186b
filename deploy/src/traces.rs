//! The hops of sampled traces, on their way to a collector: what crates tell under one target becomes
//! spans, which are sent in batches (OTLP over HTTP, as JSON). Nobody ever waits for it: what the collector
//! cannot take is dropped and counted.
//!
//! Written by hand: OpenTelemetry's crates took two minutes of a processor to build and would be behind a
//! feature that nobody's binary has, and their bridge to `tracing` wants each crate to know it, for a span's
//! parent is another process's, and begins each span when it is told.

mod collector;
mod export;
mod hops;
mod otlp;

use tokio::sync::mpsc;

pub(crate) use self::collector::Collector;
pub(crate) use self::export::Export;
pub(crate) use self::hops::Hops;

/// Spans that wait to be sent: two seconds of a thousand changes a second, at 200 bytes each.
const WAITING_MAX: usize = 16 * 1024;

/// What hears the hops, and what sends them to the collector.
pub(crate) fn to(collector: Collector) -> (Hops, Export) {
    let (spans, waiting) = mpsc::channel(WAITING_MAX);
    (Hops::new(spans), Export::new(collector, waiting))
}

//! The figures, as a table for people and as JSON for whatever renders them.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::BenchArgs;
use super::tally::Tally;

/// What one load came to.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) tally: Tally,
    /// CPU of the server's process meanwhile.
    pub(super) usage: Duration,
    /// Its resident bytes at the end.
    pub(super) memory: u64,
}

/// The figures of a run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    rate: Option<u32>,
    seconds: u32,
    users: u32,
    connections: u32,
    cores: usize,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    what: &'static str,
    per_second: f64,
    changes: Latency,
    reads: Latency,
    definite_percent: f64,
    done: u64,
    refused: u64,
    pending: u64,
    failed: u64,
    cpu_micros_per_request: f64,
    memory_mib: f64,
}

/// Milliseconds.
#[derive(Debug, Serialize)]
struct Latency {
    p50: f64,
    p99: f64,
    p999: f64,
    max: f64,
}

impl Report {
    pub(super) fn new(args: &BenchArgs, shop: Figures, ceiling: Option<Figures>) -> Self {
        let rows = [("shop", Some(shop)), ("HTTP alone", ceiling)];
        let rows = rows.into_iter().filter_map(|(what, figures)| Some(row(what, &figures?)));
        Self {
            rate: args.rate,
            seconds: args.seconds,
            users: args.users,
            connections: args.connections,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            rows: rows.collect(),
        }
    }

    pub(super) fn json(&self) -> String {
        // Plain structs of numbers have no way to fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

#[expect(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "only to be read")]
fn row(what: &'static str, figures: &Figures) -> Row {
    let Figures { tally, usage, memory } = figures;
    let all = tally.all().max(1) as f64;
    Row {
        what,
        per_second: all / tally.took.as_secs_f64(),
        changes: latency(&tally.changes),
        reads: latency(&tally.reads),
        definite_percent: 100.0 * tally.definite as f64 / all,
        done: tally.done,
        refused: tally.refused,
        pending: tally.pending,
        failed: tally.failed,
        cpu_micros_per_request: usage.as_secs_f64() * 1_000_000.0 / all,
        memory_mib: *memory as f64 / (1024.0 * 1024.0),
    }
}

#[expect(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "only to be read")]
fn latency(histogram: &Histogram<u64>) -> Latency {
    let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1_000.0;
    Latency { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1.0) }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.rate.map_or_else(|| "saturation".to_owned(), |rate| format!("{rate}/s"));
        writeln!(
            f,
            "{rate} for {} s, {} users, {} connections, {} cores (load included)\n",
            self.seconds, self.users, self.connections, self.cores
        )?;
        writeln!(
            f,
            "| | requests/s | changes p50/p99/p99.9 ms | reads p50/p99 ms | definite | done/refused/202/failed | CPU µs | MiB |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|")?;
        for row in &self.rows {
            writeln!(
                f,
                "| {} | {:.0} | {:.1}/{:.1}/{:.1} | {:.1}/{:.1} | {:.3} % | {}/{}/{}/{} | {:.0} | {:.0} |",
                row.what,
                row.per_second,
                row.changes.p50,
                row.changes.p99,
                row.changes.p999,
                row.reads.p50,
                row.reads.p99,
                row.definite_percent,
                row.done,
                row.refused,
                row.pending,
                row.failed,
                row.cpu_micros_per_request,
                row.memory_mib,
            )?;
        }
        Ok(())
    }
}

//! The figures of a run, as JSON has them. What nobody was answered has no figure, rather than a
//! good one.

#![expect(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "only to be read")]

mod table;

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::BenchArgs;
use super::histogram::Histograms;
use super::hops::{Hop, hops};
use super::machine::Machine;
use super::mix::Skew;
use super::pushes::Met;
use super::server::Build;
use super::tally::Tally;
use super::windows::Window;
use crate::version;
pub(super) use table::{or_none, whole};

const MIB: f64 = 1024.0 * 1024.0;

/// What one load came to.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) tally: Tally,
    /// CPU of the server's process meanwhile, where it tells.
    pub(super) cpu: Option<Duration>,
    /// Its resident bytes at the end.
    pub(super) memory: Option<u64>,
    /// What its latencies added.
    pub(super) latencies: Histograms,
    pub(super) build: Option<Build>,
    pub(super) pushes: Option<Met>,
    pub(super) windows: Vec<Window>,
}

/// The figures of a run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// What whoever ran it calls it.
    name: Option<String>,
    /// The version and commit of the load.
    version: &'static str,
    commit: Option<&'static str>,
    /// What served, if it tells.
    shop: Option<Build>,
    machine: Machine,
    /// Requests a second (open loop); none means a closed loop.
    rate: Option<u32>,
    seconds: u32,
    users: u32,
    /// The exponent of Zipf's law that says how much busier some of them are.
    skew: Skew,
    connections: u32,
    /// Lines every cart has and keeps; none means that they come and go.
    lines: Option<u32>,
    /// Whether every cart held something before.
    filled: bool,
    sockets: u32,
    rows: Vec<Row>,
}

/// What one server did.
#[derive(Debug, Serialize)]
struct Row {
    what: &'static str,
    /// Requests done or refused, which the figures without another word are about.
    per_second: f64,
    changes: Option<Latency>,
    reads: Option<Latency>,
    /// Done or refused within 2 s, of all that were asked.
    definite_percent: f64,
    done: u64,
    refused: u64,
    pending: u64,
    failed: u64,
    cpu_micros_per_request: Option<f64>,
    /// Resident at the end.
    memory_mib: Option<f64>,
    hops: Vec<Hop>,
    pushes: Option<Pushed>,
    windows: Vec<WindowRow>,
}

/// Milliseconds from the moment a request was meant to begin.
#[derive(Debug, Serialize)]
pub(super) struct Latency {
    pub(super) mean: f64,
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) p999: f64,
    pub(super) max: f64,
}

/// What arrived at the sockets.
#[derive(Debug, Serialize)]
struct Pushed {
    count: u64,
    latency: Option<Latency>,
    lost: u64,
    /// Events that did not follow the one before.
    gaps: u64,
    resyncs: u64,
}

/// A part of a long run.
#[derive(Debug, Serialize)]
pub(super) struct WindowRow {
    per_second: f64,
    changes: Option<Latency>,
    reads: Option<Latency>,
    failed: u64,
    memory_mib: Option<f64>,
}

impl Report {
    pub(super) fn new(args: &BenchArgs, shop: &Figures, ceiling: Option<&Figures>) -> Self {
        let rows = [("shop", Some(shop)), ("HTTP alone", ceiling)];
        let rows = rows.into_iter().filter_map(|(what, figures)| Some(row(what, figures?)));
        Self {
            name: args.name.clone(),
            version: env!("CARGO_PKG_VERSION"),
            commit: version::COMMIT,
            shop: shop.build.clone(),
            machine: Machine::this(),
            rate: args.rate,
            seconds: args.seconds,
            users: args.users,
            skew: args.skew,
            connections: args.connections,
            lines: args.lines,
            filled: args.fill || args.lines.is_some(),
            sockets: args.watched(),
            rows: rows.collect(),
        }
    }

    pub(super) fn json(&self) -> String {
        // Plain structs of numbers have no way to fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

fn row(what: &'static str, figures: &Figures) -> Row {
    let Figures { tally, cpu, memory, .. } = figures;
    let answered = tally.answered() as f64;
    let cpu = cpu.filter(|_| tally.answered() > 0);
    Row {
        what,
        per_second: per_second(tally.answered(), tally.took),
        changes: latency(&tally.changes),
        reads: latency(&tally.reads),
        definite_percent: 100.0 * tally.definite as f64 / tally.all().max(1) as f64,
        done: tally.done,
        refused: tally.refused,
        pending: tally.pending,
        failed: tally.failed,
        cpu_micros_per_request: cpu.map(|cpu| cpu.as_secs_f64() * 1_000_000.0 / answered),
        memory_mib: memory.map(mib),
        hops: hops(&figures.latencies, tally.changes.mean() / 1_000.0),
        pushes: figures.pushes.as_ref().map(pushed),
        windows: figures.windows.iter().map(WindowRow::of).collect(),
    }
}

impl WindowRow {
    pub(super) fn of(window: &Window) -> Self {
        let Window { tally, memory } = window;
        Self {
            per_second: per_second(tally.answered(), tally.took),
            changes: latency(&tally.changes),
            reads: latency(&tally.reads),
            failed: tally.failed,
            memory_mib: memory.map(mib),
        }
    }
}

fn pushed(met: &Met) -> Pushed {
    let Met { latencies, resyncs, gaps, repeats, lost } = met;
    let (count, latency) = (latencies.len(), latency(latencies));
    Pushed { count, latency, lost: *lost, gaps: gaps + repeats, resyncs: *resyncs }
}

pub(super) fn per_second(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

pub(super) fn mib(bytes: u64) -> f64 {
    bytes as f64 / MIB
}

pub(super) fn latency(histogram: &Histogram<u64>) -> Option<Latency> {
    let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1_000.0;
    let mean = histogram.mean() / 1_000.0;
    let latency = || Latency { mean, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1.0) };
    (!histogram.is_empty()).then(latency)
}

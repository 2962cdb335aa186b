//! The figures of a run with many sockets, as JSON has them. What nobody was told has no figure.

#![expect(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "only to be read")]

mod storm;
mod table;

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::super::machine::Machine;
use super::super::report::{Latency, latency, mib, per_second};
use super::super::server::Build;
use super::changes::Ran;
use super::files::OpenFiles;
use super::line::slope;
use super::opening::{Crowd, Point, Process};
use super::roll::Reasons;
use super::{CrowdArgs, Then};
use crate::version;
use storm::Stormed;

/// The figures of a run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// What whoever ran it calls it.
    name: Option<String>,
    /// The version and commit of the load.
    version: &'static str,
    commit: Option<&'static str>,
    machine: Machine,
    /// Sockets wanted.
    connections: u32,
    /// How many of them do not read.
    slow: u32,
    first_user: u32,
    /// Whether the carts held their lines already.
    filled: bool,
    /// Changes a second; none means that there were none.
    rate: Option<u32>,
    seconds: u32,
    senders: u32,
    open_files: OpenFiles,
    opening: Opening,
    shops: Vec<Shop>,
    changes: Option<Changes>,
    storm: Option<Stormed>,
    /// Sockets that were closed after they were shown their cart, by reason.
    closed: Reasons,
}

/// How the sockets were opened.
#[derive(Debug, Serialize)]
struct Opening {
    /// How many were shown their cart.
    opened: usize,
    seconds: f64,
    per_second: f64,
    /// How many were not, by reason.
    failed: Reasons,
    handshake: Option<Spread>,
    /// From the same moment until the first cart was read.
    first_cart: Option<Spread>,
}

/// What a shop's process took for its sockets.
#[derive(Debug, Serialize)]
struct Shop {
    shop: String,
    build: Option<Build>,
    /// Resident before the first.
    memory_mib_before: Option<f64>,
    /// The slope of the line nearest to the steps.
    bytes_per_socket: Option<f64>,
    steps: Vec<Step>,
    /// While the carts were changed.
    cpu_seconds: Option<f64>,
}

/// Resident bytes with so many sockets.
#[derive(Debug, Serialize)]
struct Step {
    sockets: u64,
    memory_bytes: u64,
}

/// What became of the changes.
#[derive(Debug, Serialize)]
struct Changes {
    /// Done or refused.
    per_second: f64,
    done: u64,
    refused: u64,
    pending: u64,
    failed: u64,
    cpu_micros_per_change: Option<f64>,
    /// Until the answer over HTTP.
    answer: Option<Spread>,
    /// Until the event was read at the socket of the cart.
    push: Option<Spread>,
    lost: u64,
    gaps: u64,
    repeats: u64,
    /// Carts sent anew.
    resyncs: u64,
}

/// Milliseconds.
#[derive(Debug, Serialize)]
struct Spread {
    count: u64,
    #[serde(flatten)]
    latency: Latency,
    p90: f64,
}

impl Report {
    pub(super) fn new(args: &CrowdArgs, open_files: OpenFiles, crowd: &Crowd, then: &Then) -> Self {
        let (ran, storm) = match then {
            Then::Nothing => (None, None),
            Then::Changed(ran) => (Some(ran.as_ref()), None),
            Then::Stormed(storm) => (None, Some(storm.as_ref())),
        };
        let cpu = |place: usize| ran.and_then(|ran| *ran.cpu.get(place)?);
        let shops = args.shop.iter().zip(&crowd.processes).enumerate();
        let shops =
            shops.map(|(place, (target, process))| Shop::of(target.address(), process, cpu(place)));
        Self {
            name: args.name.clone(),
            version: env!("CARGO_PKG_VERSION"),
            commit: version::COMMIT,
            machine: Machine::this(),
            connections: args.connections,
            slow: args.slow,
            first_user: args.first_user,
            filled: args.filled,
            rate: args.rate,
            seconds: args.seconds,
            senders: args.senders,
            open_files,
            opening: Opening::of(crowd),
            shops: shops.collect(),
            changes: ran.map(Changes::of),
            storm: storm.map(|storm| Stormed::of(storm, crowd.plan())),
            closed: crowd.roll.closed.clone(),
        }
    }

    pub(super) fn json(&self) -> String {
        // Plain structs of numbers have no way to fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

impl Opening {
    fn of(crowd: &Crowd) -> Self {
        let (opened, seconds) = (crowd.roll.opened.len(), crowd.took.as_secs_f64());
        Self {
            opened,
            seconds,
            per_second: opened as f64 / seconds,
            failed: crowd.roll.failed.clone(),
            handshake: Spread::of(&crowd.roll.handshakes),
            first_cart: Spread::of(&crowd.roll.carts),
        }
    }
}

impl Shop {
    fn of(shop: &str, process: &Process, cpu: Option<Duration>) -> Self {
        let point = |point: &Point| (point.sockets as f64, point.bytes as f64);
        let points: Vec<(f64, f64)> = process.steps.iter().map(point).collect();
        let step = |point: &Point| Step { sockets: point.sockets, memory_bytes: point.bytes };
        Self {
            shop: shop.to_owned(),
            build: process.build.clone(),
            memory_mib_before: process.before.map(mib),
            bytes_per_socket: slope(&points),
            steps: process.steps.iter().map(step).collect(),
            cpu_seconds: cpu.map(|cpu| cpu.as_secs_f64()),
        }
    }
}

impl Changes {
    fn of(ran: &Ran) -> Self {
        let Ran { tally, met, cpu } = ran;
        let cpu: Option<Duration> = cpu.iter().copied().sum();
        let cpu = cpu.filter(|_| tally.answered() > 0);
        Self {
            per_second: per_second(tally.answered(), tally.took),
            done: tally.done,
            refused: tally.refused,
            pending: tally.pending,
            failed: tally.failed,
            cpu_micros_per_change: cpu
                .map(|cpu| cpu.as_secs_f64() * 1_000_000.0 / tally.answered() as f64),
            answer: Spread::of(&tally.changes),
            push: Spread::of(&met.latencies),
            lost: met.lost,
            gaps: met.gaps,
            repeats: met.repeats,
            resyncs: met.resyncs,
        }
    }
}

impl Spread {
    fn of(histogram: &Histogram<u64>) -> Option<Self> {
        let p90 = histogram.value_at_quantile(0.9) as f64 / 1_000.0;
        latency(histogram).map(|latency| Self { count: histogram.len(), latency, p90 })
    }
}

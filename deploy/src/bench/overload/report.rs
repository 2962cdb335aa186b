//! The figures of an overload, as JSON has them and for people.

#![expect(clippy::float_arithmetic, reason = "only to be read")]

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::super::BenchArgs;
use super::super::machine::Machine;
use super::super::report::{Latency, latency, mib, or_none, per_second, whole};
use super::super::shopper::READS_OF_100;
use super::Course;
use crate::version;

/// What an overload came to.
#[derive(Debug, Serialize)]
pub(in crate::bench) struct Overloaded {
    name: Option<String>,
    version: &'static str,
    commit: Option<&'static str>,
    machine: Machine,
    seconds: u32,
    /// Requests a second that the shop can do, and that it was asked.
    capacity: u32,
    offered: u32,
    /// Requests that were never asked, since no connection was free in time: of more than a few it was the
    /// load that was too slow, or answers that were not prompt.
    left_out: u64,
    /// Answered as they should be.
    changes: Goodput,
    reads: Goodput,
    /// 429.
    limited: TurnedAway,
    /// 503.
    shed: TurnedAway,
    /// 202: nobody knows yet.
    pending: u64,
    /// Any other failure, and no answer.
    failed: u64,
    memory_mib_before: Option<f64>,
    memory_mib_most: Option<f64>,
    /// Since the overload ended until the last was turned away; none if some were for as long as it was
    /// watched.
    recovery_seconds: Option<f64>,
}

/// Requests of a kind that were answered as they should be.
#[derive(Debug, Serialize)]
struct Goodput {
    /// So many a second, and of a hundred that the shop can do beside the other kind.
    rate: f64,
    percent: f64,
    /// In milliseconds since they were sent.
    latency: Option<Latency>,
}

impl Goodput {
    fn of(answered: &Histogram<u64>, took: Duration, capacity: u32) -> Self {
        let rate = per_second(answered.len(), took);
        Self {
            rate,
            percent: 100.0 * rate / f64::from(capacity.max(1)),
            latency: latency(answered),
        }
    }
}

impl fmt::Display for Goodput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rate, percent, latency } = self;
        write!(f, "{rate:.0}/s, {percent:.0} % | {}", or_none(latency.as_ref()))
    }
}

/// Those who were told to come back.
#[derive(Debug, Serialize)]
struct TurnedAway {
    count: u64,
    latency: Option<Latency>,
}

impl TurnedAway {
    fn of(histogram: &Histogram<u64>) -> Self {
        Self { count: histogram.len(), latency: latency(histogram) }
    }
}

impl Overloaded {
    pub(super) fn of(args: &BenchArgs, course: &Course) -> Self {
        let Course { capacity, offered, tally, memory, recovery } = course;
        let could_read = capacity.saturating_mul(READS_OF_100) / 100;
        let (limited, shed) = (TurnedAway::of(&tally.limited), TurnedAway::of(&tally.shed));
        Self {
            name: args.name.clone(),
            version: env!("CARGO_PKG_VERSION"),
            commit: version::COMMIT,
            machine: Machine::this(),
            seconds: args.seconds,
            capacity: *capacity,
            offered: *offered,
            left_out: tally.left_out,
            changes: Goodput::of(&tally.changes, tally.took, capacity - could_read),
            reads: Goodput::of(&tally.reads, tally.took, could_read),
            failed: tally.failed - limited.count - shed.count,
            limited,
            shed,
            pending: tally.pending,
            memory_mib_before: memory.map(|(before, _)| mib(before)),
            memory_mib_most: memory.map(|(_, most)| mib(most)),
            recovery_seconds: recovery.map(|recovery| recovery.as_secs_f64()),
        }
    }

    pub(in crate::bench) fn json(&self) -> String {
        // Plain structs of numbers have no way to fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

impl fmt::Display for Overloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seconds, capacity, offered, machine, .. } = self;
        let cores = machine.cores;
        writeln!(
            f,
            "overload: {offered} requests/s where {capacity} are possible, {seconds} s, {cores} cores (load included)\n"
        )?;
        writeln!(f, "| answered | count or rate | p50/p99/p99.9 ms |\n|---|---|---|")?;
        writeln!(f, "| changes | {} |\n| reads | {} |", self.changes, self.reads)?;
        for (status, away) in [(429, &self.limited), (503, &self.shed)] {
            let TurnedAway { count, latency } = away;
            writeln!(f, "| {status} | {count} | {} |", or_none(latency.as_ref()))?;
        }
        writeln!(f, "| 202 | {} | |\n| otherwise | {} | |", self.pending, self.failed)?;
        writeln!(f, "| never asked | {} | |\n", self.left_out)?;
        let (before, most) = (whole(self.memory_mib_before), whole(self.memory_mib_most));
        let recovery = or_none(self.recovery_seconds.map(|seconds| format!("{seconds:.1}")));
        writeln!(
            f,
            "memory MiB: {before} before, {most} at most; seconds until nobody was turned away any more: {recovery}"
        )
    }
}

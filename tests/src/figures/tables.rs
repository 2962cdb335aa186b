//! The tables of figures, in Markdown. Knows no file.

use std::collections::BTreeSet;
use std::str::FromStr;

use anyhow::bail;

use super::run::{Hop, Latency, Row, Run, Window};
use crate::reference::table;

/// A kind of table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Rates, and how the shop did at each; the HTTP layer alone where it was measured.
    Loads,
    /// Where the time of a change goes, of one run.
    Hops,
    /// What more carts and longer ones cost.
    Sizes,
    /// How a long run did, window by window.
    Windows,
}

impl FromStr for Kind {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self, anyhow::Error> {
        match name {
            "loads" => Ok(Self::Loads),
            "hops" => Ok(Self::Hops),
            "sizes" => Ok(Self::Sizes),
            "windows" => Ok(Self::Windows),
            _ => bail!("there is no table {name}; there are loads, hops, sizes and windows"),
        }
    }
}

impl Kind {
    pub(super) fn render(self, runs: &[&Run]) -> String {
        let table = match self {
            Self::Loads => loads(runs),
            Self::Hops => hops(runs),
            Self::Sizes => sizes(runs),
            Self::Windows => windows(runs),
        };
        format!("{table}\n{}", source(runs))
    }
}

/// What the figures were measured on.
fn source(runs: &[&Run]) -> String {
    let told = |run: &&Run| {
        let memory = run.machine.memory_mib.map_or_else(String::new, |mib| {
            let gib = (mib + 512) / 1024;
            format!(", {gib} GiB")
        });
        let (cores, commit) = (run.machine.cores, run.built_from());
        format!("{cores} cores{memory}, commit {commit}")
    };
    let machines: BTreeSet<String> = runs.iter().map(told).collect();
    let machines: Vec<String> = machines.into_iter().collect();
    let seconds: BTreeSet<u32> = runs.iter().map(|run| run.seconds).collect();
    let seconds: Vec<String> = seconds.into_iter().map(|seconds| seconds.to_string()).collect();
    format!("{}; {} s each; load included.", machines.join("; "), seconds.join(" or "))
}

fn loads(runs: &[&Run]) -> String {
    let head = [
        "",
        "requests/s",
        "changes p50 / p99 / p99.9 ms",
        "reads p50 / p99 ms",
        "push p50 / p99 ms",
        "definite",
        "CPU µs per request",
        "MiB",
    ];
    let rows = runs.iter().flat_map(|run| run.rows.iter().map(|row| load(run, row)));
    table(head, rows)
}

fn load(run: &Run, row: &Row) -> [String; 8] {
    let asked = run.rate.map_or_else(
        || format!("saturation, {} connections", run.connections),
        |rate| format!("{}/s", grouped(u64::from(rate))),
    );
    let what = if row.what == "shop" { asked } else { format!("*{}*, {asked}", row.what) };
    let pushes = row.pushes.as_ref().and_then(|pushes| pushes.latency.as_ref());
    [
        what,
        whole(Some(row.per_second)),
        row.changes.as_ref().map_or_else(none, |of| format!("{} / {:.1}", pair(of), of.p999)),
        row.reads.as_ref().map_or_else(none, pair),
        pushes.map_or_else(none, pair),
        format!("{:.3} %", row.definite_percent),
        whole(row.cpu_micros_per_request),
        whole(row.memory_mib),
    ]
}

fn hops(runs: &[&Run]) -> String {
    let rows = runs.iter().filter_map(|run| run.shop_row());
    let cells = rows.flat_map(|row| {
        let mean = row.changes.as_ref().map(|latency| latency.mean);
        let whole = ["*a change*".to_owned(), none(), none(), none(), none(), millis(mean)];
        row.hops.iter().map(hop).chain([whole])
    });
    table(["hop", "times", "mean ms", "p50 ms", "p99 ms", "of a mean change, ms"], cells)
}

fn hop(hop: &Hop) -> [String; 6] {
    let count = hop.count.map_or_else(none, grouped);
    let (mean, p50, p99) = (millis(hop.mean), millis(hop.p50), millis(hop.p99));
    [hop.hop.clone(), count, mean, p50, p99, millis(hop.of_a_change)]
}

fn sizes(runs: &[&Run]) -> String {
    let head = [
        "carts",
        "lines each",
        "requests/s",
        "changes p50 / p99 ms",
        "reads p50 / p99 ms",
        "CPU µs per request",
        "MiB",
    ];
    let rows = runs.iter().filter_map(|run| Some((run, run.shop_row()?)));
    table(head, rows.map(|(run, row)| size(run, row)))
}

fn size(run: &Run, row: &Row) -> [String; 7] {
    [
        grouped(u64::from(run.users)),
        run.lines.map_or_else(|| "a few".to_owned(), |lines| lines.to_string()),
        whole(Some(row.per_second)),
        row.changes.as_ref().map_or_else(none, pair),
        row.reads.as_ref().map_or_else(none, pair),
        whole(row.cpu_micros_per_request),
        whole(row.memory_mib),
    ]
}

fn windows(runs: &[&Run]) -> String {
    let head = ["window", "requests/s", "changes p50 / p99 ms", "failed", "MiB"];
    let rows = runs.iter().filter_map(|run| run.shop_row());
    table(head, rows.flat_map(|row| row.windows.iter().zip(1..).map(window)))
}

fn window((window, number): (&Window, u32)) -> [String; 5] {
    [
        number.to_string(),
        whole(Some(window.per_second)),
        window.changes.as_ref().map_or_else(none, pair),
        window.failed.to_string(),
        whole(window.memory_mib),
    ]
}

fn pair(latency: &Latency) -> String {
    format!("{:.1} / {:.1}", latency.p50, latency.p99)
}

fn millis(millis: Option<f64>) -> String {
    millis.map_or_else(none, |millis| format!("{millis:.2}"))
}

/// A figure nobody told is not zero.
fn none() -> String {
    "–".to_owned()
}

fn whole(figure: Option<f64>) -> String {
    let digits = figure.and_then(|figure| format!("{figure:.0}").parse().ok());
    digits.map_or_else(none, grouped)
}

/// With a comma between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (left, digit) in (0..digits.len()).rev().zip(digits.chars()) {
        grouped.push(digit);
        if left > 0 && left % 3 == 0 {
            grouped.push(',');
        }
    }
    grouped
}

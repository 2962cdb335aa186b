//! The figures, as a table for people and as JSON for whatever renders them. What nobody was
//! answered has no figure, rather than a good one.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::BenchArgs;
use super::machine::Machine;
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
    /// The commit this program was built from, if whoever built it said so.
    commit: Option<&'static str>,
    machine: Machine,
    /// Requests a second (open loop); none means a closed loop.
    rate: Option<u32>,
    seconds: u32,
    users: u32,
    connections: u32,
    /// Whether every cart held something before.
    filled: bool,
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
    memory_mib: f64,
}

/// Milliseconds from the moment a request was meant to begin.
#[derive(Debug, Serialize)]
struct Latency {
    p50: f64,
    p99: f64,
    p999: f64,
    max: f64,
}

impl Report {
    pub(super) fn new(args: &BenchArgs, shop: &Figures, ceiling: Option<&Figures>) -> Self {
        let rows = [("shop", Some(shop)), ("HTTP alone", ceiling)];
        let rows = rows.into_iter().filter_map(|(what, figures)| Some(row(what, figures?)));
        Self {
            commit: option_env!("CARTSTREAM_COMMIT"),
            machine: Machine::this(),
            rate: args.rate,
            seconds: args.seconds,
            users: args.users,
            connections: args.connections,
            filled: args.fill,
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
    let answered = tally.answered() as f64;
    let cpu = usage.as_secs_f64() * 1_000_000.0 / answered;
    Row {
        what,
        per_second: answered / tally.took.as_secs_f64(),
        changes: latency(&tally.changes),
        reads: latency(&tally.reads),
        definite_percent: 100.0 * tally.definite as f64 / tally.all().max(1) as f64,
        done: tally.done,
        refused: tally.refused,
        pending: tally.pending,
        failed: tally.failed,
        cpu_micros_per_request: (tally.answered() > 0).then_some(cpu),
        memory_mib: *memory as f64 / (1024.0 * 1024.0),
    }
}

#[expect(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "only to be read")]
fn latency(histogram: &Histogram<u64>) -> Option<Latency> {
    let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1_000.0;
    let latency = || Latency { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1.0) };
    (!histogram.is_empty()).then(latency)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let load = self.rate.map_or_else(
            || "closed loop".to_owned(),
            |rate| format!("open loop, {rate} requests/s"),
        );
        writeln!(
            f,
            "{load}, {} s, {} users, {} connections, {} cores (load included)\n",
            self.seconds, self.users, self.connections, self.machine.cores
        )?;
        if self.rate.is_none() {
            writeln!(
                f,
                "Closed loop: a stall keeps back the requests it would have delayed, so the \
                 latencies flatter; --rate measures them.\n"
            )?;
        }
        writeln!(
            f,
            "| | requests/s | changes p50/p99/p99.9 ms | reads p50/p99/p99.9 ms | definite | done/refused/202/failed | CPU µs | MiB |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|")?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "| {} | {:.0} | {} | {} | {:.3} % | {}/{}/{}/{} | {} | {:.0} |",
            self.what,
            self.per_second,
            or_none(self.changes.as_ref()),
            or_none(self.reads.as_ref()),
            self.definite_percent,
            self.done,
            self.refused,
            self.pending,
            self.failed,
            or_none(self.cpu_micros_per_request.map(|cpu| format!("{cpu:.0}"))),
            self.memory_mib,
        )
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}/{:.1}/{:.1}", self.p50, self.p99, self.p999)
    }
}

fn or_none(figure: Option<impl fmt::Display>) -> String {
    figure.map_or_else(|| "none".to_owned(), |figure| figure.to_string())
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::super::shopper::Kind;
    use super::*;

    fn row_of(answers: &[StatusCode]) -> Row {
        let mut tally = Tally::new().unwrap();
        for status in answers {
            tally.count(Kind::Change, &Ok(*status), Duration::from_millis(5));
        }
        tally.took = Duration::from_secs(2);
        row("shop", &Figures { tally, usage: Duration::from_millis(1), memory: 1 << 20 })
    }

    #[test]
    fn failures_raise_neither_the_rate_nor_lower_what_a_request_costs() {
        let good = row_of(&[StatusCode::OK, StatusCode::CONFLICT]).to_string();
        let failing = [StatusCode::OK, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE];
        let failing = row_of(&failing).to_string();

        let figures = "| shop | 1 | 5.0/5.0/5.0 | none | ";
        assert_eq!(good, format!("{figures}100.000 % | 1/1/0/0 | 500 | 1 |"));
        assert_eq!(failing, format!("{figures}66.667 % | 1/1/0/1 | 500 | 1 |"));
    }

    #[test]
    fn a_shop_that_answers_nothing_has_no_figures() {
        let row = row_of(&[StatusCode::SERVICE_UNAVAILABLE]).to_string();

        assert_eq!(row, "| shop | 0 | none | none | 0.000 % | 0/0/0/1 | none | 1 |");
    }
}

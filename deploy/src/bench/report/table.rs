//! The figures for people: a table of the servers, and what else was measured of the shop.

use std::fmt;

use super::{Hop, Latency, Pushed, Report, Row, WindowRow};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let load = self.rate.map_or_else(
            || "closed loop".to_owned(),
            |rate| format!("open loop, {rate} requests/s"),
        );
        let lines = self.lines.map_or_else(String::new, |lines| format!(", lines each: {lines}"));
        writeln!(
            f,
            "{load}, {} s, {} users{lines}, {} connections, {} cores (load included)\n",
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
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))?;
        self.rows.iter().try_for_each(|row| write_details(row, f))
    }
}

fn write_details(row: &Row, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(pushes) = &row.pushes {
        writeln!(f, "\n{pushes}")?;
    }
    if row.hops.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n| hop | times | mean ms | p50 ms | p99 ms | of a change, ms |")?;
    writeln!(f, "|---|---|---|---|---|---|")?;
    row.hops.iter().try_for_each(|hop| writeln!(f, "{hop}"))?;
    let changes = row.changes.as_ref();
    writeln!(f, "| a change |  |  |  |  | {} |", millis(changes.map(|latency| latency.mean)))
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "| {} | {:.0} | {} | {} | {:.3} % | {}/{}/{}/{} | {} | {} |",
            self.what,
            self.per_second,
            or_none(self.changes.as_ref()),
            or_none(self.reads.as_ref()),
            self.definite_percent,
            self.done,
            self.refused,
            self.pending,
            self.failed,
            whole(self.cpu_micros_per_request),
            whole(self.memory_mib),
        )
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}/{:.1}/{:.1}", self.p50, self.p99, self.p999)
    }
}

impl fmt::Display for Pushed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, latency, lost, gaps, resyncs } = self;
        let latency = or_none(latency.as_ref());
        write!(
            f,
            "push, from the change's start: {count} events, p50/p99/p99.9 {latency} ms, \
             {lost} lost, {gaps} gaps, {resyncs} carts sent anew"
        )
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hop, count, mean, p50, p99, of_a_change } = self;
        let count = count.map_or_else(String::new, |count| count.to_string());
        let (mean, p50, p99) = (millis(*mean), millis(*p50), millis(*p99));
        write!(f, "| {hop} | {count} | {mean} | {p50} | {p99} | {} |", millis(*of_a_change))
    }
}

impl fmt::Display for WindowRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { per_second, changes, reads, failed, memory_mib } = self;
        let (changes, reads) = (or_none(changes.as_ref()), or_none(reads.as_ref()));
        let memory = whole(*memory_mib);
        write!(
            f,
            "{per_second:.0}/s, changes {changes} ms, reads {reads} ms, {failed} failed, \
             {memory} MiB"
        )
    }
}

/// To a hundredth of a millisecond; nothing where there is nothing to say.
fn millis(millis: Option<f64>) -> String {
    millis.map_or_else(String::new, |millis| format!("{millis:.2}"))
}

pub(in crate::bench) fn whole(figure: Option<f64>) -> String {
    or_none(figure.map(|figure| format!("{figure:.0}")))
}

pub(in crate::bench) fn or_none(figure: Option<impl fmt::Display>) -> String {
    figure.map_or_else(|| "none".to_owned(), |figure| figure.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hyper::StatusCode;

    use super::super::{Figures, row};
    use super::*;
    use crate::bench::histogram::Histograms;
    use crate::bench::shopper::Kind;
    use crate::bench::tally::Tally;

    fn row_of(answers: &[StatusCode]) -> Row {
        let mut tally = Tally::new().unwrap();
        for status in answers {
            tally.count(Kind::Change, &Ok(*status), Duration::from_millis(5));
        }
        tally.took = Duration::from_secs(2);
        row(
            "shop",
            &Figures {
                tally,
                cpu: Some(Duration::from_millis(1)),
                memory: Some(1 << 20),
                latencies: Histograms::default(),
                build: None,
                pushes: None,
                windows: Vec::new(),
            },
        )
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

    #[test]
    fn a_server_that_does_not_tell_what_it_uses_has_none_of_it() {
        let row = Row { cpu_micros_per_request: None, memory_mib: None, ..row_of(&[]) };

        assert!(row.to_string().ends_with("| none | none |"), "{row}");
    }
}

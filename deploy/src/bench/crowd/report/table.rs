//! The figures of many sockets for people: how they were opened, what they cost, how they were told.

use std::fmt;

use super::super::super::report::{mib, or_none, whole};
use super::{Changes, Opening, Reasons, Report, Shop, Spread, Step};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, slow, machine, open_files, .. } = self;
        let cores = machine.cores;
        writeln!(f, "{connections} sockets ({slow} slow), {cores} cores (load included)")?;
        writeln!(f, "{open_files}\n")?;
        writeln!(f, "{}\n", self.opening)?;
        writeln!(f, "| shop | MiB before | bytes per socket | CPU s of the changes |")?;
        writeln!(f, "|---|---|---|---|")?;
        self.shops.iter().try_for_each(|shop| writeln!(f, "{shop}"))?;
        self.shops.iter().try_for_each(|shop| write_steps(shop, f))?;
        if let (Some(rate), Some(changes)) = (self.rate, &self.changes) {
            let seconds = self.seconds;
            writeln!(f, "\nopen loop, {rate} changes/s, {seconds} s, from their start:\n")?;
            writeln!(f, "{changes}")?;
        }
        if let Some(storm) = &self.storm {
            writeln!(f, "\n{storm}")?;
        }
        writeln!(f, "closed: {}", Told(&self.closed))
    }
}

fn write_steps(shop: &Shop, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let steps: Vec<String> = shop.steps.iter().map(Step::to_string).collect();
    let steps = Some(steps.join(", ")).filter(|steps| !steps.is_empty());
    writeln!(f, "\nMiB of {} with so many sockets: {}", shop.shop, or_none(steps))
}

impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { opened, seconds, per_second, failed, handshake, first_cart } = self;
        writeln!(f, "opened: {opened} in {seconds:.1} s ({per_second:.0}/s)")?;
        writeln!(f, "not opened: {}\n", Told(failed))?;
        writeln!(f, "{HEADS}")?;
        writeln!(f, "| handshake | {} |", or_no(handshake.as_ref()))?;
        write!(f, "| first cart | {} |", or_no(first_cart.as_ref()))
    }
}

impl fmt::Display for Shop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shop, memory_mib_before, bytes_per_socket, cpu_seconds, .. } = self;
        let (before, bytes) = (whole(*memory_mib_before), whole(*bytes_per_socket));
        let cpu = or_none(cpu_seconds.map(|seconds| format!("{seconds:.1}")));
        write!(f, "| {shop} | {before} | {bytes} | {cpu} |")
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:.1}", self.sockets, mib(self.memory_bytes))
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { done, refused, pending, failed, lost, gaps, repeats, resyncs, .. } = self;
        writeln!(f, "{HEADS}")?;
        writeln!(f, "| answer read | {} |", or_no(self.answer.as_ref()))?;
        writeln!(f, "| push read | {} |\n", or_no(self.push.as_ref()))?;
        let (rate, cpu) = (self.per_second, whole(self.cpu_micros_per_change));
        writeln!(
            f,
            "{rate:.0}/s, done/refused/202/failed {done}/{refused}/{pending}/{failed}, CPU µs {cpu}"
        )?;
        write!(f, "{lost} lost, {gaps} gaps, {repeats} repeats, {resyncs} carts sent anew")
    }
}

pub(super) const HEADS: &str = "\
| | count | p50 ms | p90 ms | p99 ms | p99.9 ms | max ms |
|---|---|---|---|---|---|---|";

pub(super) fn or_no(spread: Option<&Spread>) -> String {
    let row = |spread: &Spread| {
        let Spread { count, latency, p90 } = spread;
        let (p50, p99, p999, max) = (latency.p50, latency.p99, latency.p999, latency.max);
        format!("{count} | {p50:.1} | {p90:.1} | {p99:.1} | {p999:.1} | {max:.1}")
    };
    spread.map_or_else(|| "0 | | | | | ".to_owned(), row)
}

/// Reasons and how often each was told.
pub(super) struct Told<'a>(pub(super) &'a Reasons);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: u64 = self.0.values().sum();
        let reasons: Vec<String> =
            self.0.iter().map(|(why, count)| format!("{count} × {why}")).collect();
        if reasons.is_empty() {
            write!(f, "{all}")
        } else {
            write!(f, "{all} ({})", reasons.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_with_how_often_each_was_the_case() {
        let reasons = Reasons::from([("HTTP 503".to_owned(), 2), ("ended".to_owned(), 1)]);

        assert_eq!(Told(&reasons).to_string(), "3 (2 × HTTP 503, 1 × ended)");
        assert_eq!(Told(&Reasons::new()).to_string(), "0");
    }

    #[test]
    fn what_was_not_measured_has_no_figures() {
        assert_eq!(or_no(None), "0 | | | | | ");
        let steps = Vec::new();
        let shop = Shop {
            shop: "a:1".to_owned(),
            build: None,
            memory_mib_before: None,
            bytes_per_socket: None,
            steps,
            cpu_seconds: None,
        };
        assert_eq!(shop.to_string(), "| a:1 | none | none | none |");
    }
}

//! The histograms of a server as its `/metrics` tell them, and what lies between two readings.
//! Knows none of their names.

#![expect(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "only to be read")]

use std::collections::BTreeMap;

/// What the names of the product's metrics begin with.
const OURS: &str = "cartstream_";
/// What those of its latencies end with.
const LATENCY: &str = "_seconds";

/// Latencies by name: `hop edge` is `cartstream_hop_seconds{hop="edge"}`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Histograms(BTreeMap<String, Histogram>);

/// How often something took how long.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Histogram {
    pub(super) count: u64,
    /// All of them together.
    pub(super) seconds: f64,
    /// Upper bounds in seconds, and how many were no longer.
    bounds: Vec<(f64, u64)>,
}

/// A sample line.
struct Sample<'a> {
    name: &'a str,
    labels: &'a str,
    value: &'a str,
}

impl<'a> Sample<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let (series, value) = line.strip_prefix(OURS)?.rsplit_once(' ')?;
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        Some(Self { name, labels: labels.trim_end_matches('}'), value })
    }

    /// The values of its labels but for the bound, and the bound.
    fn labels(&self) -> (Vec<&'a str>, Option<f64>) {
        let (mut values, mut bound) = (Vec::new(), None);
        for label in self.labels.split(',').filter(|label| !label.is_empty()) {
            match label.split_once('=').map(|(name, value)| (name, value.trim_matches('"'))) {
                Some(("le", value)) => bound = value.parse().ok(),
                Some((_, value)) => values.push(value),
                None => {}
            }
        }
        (values, bound)
    }
}

impl Histograms {
    /// Reads the metrics of a process; what is no latency of ours is passed over.
    pub(super) fn told_by(metrics: &str) -> Self {
        let mut all = Self::default();
        for sample in metrics.lines().filter_map(Sample::read) {
            all.add(&sample);
        }
        all
    }

    fn add(&mut self, sample: &Sample<'_>) {
        let Some((metric, part)) = sample.name.rsplit_once('_') else { return };
        let Some(metric) = metric.strip_suffix(LATENCY) else { return };
        let (labels, bound) = sample.labels();
        let name: Vec<&str> = [metric].into_iter().chain(labels).collect();
        let histogram = self.0.entry(name.join(" ")).or_default();
        match (part, bound) {
            ("sum", _) => histogram.seconds = sample.value.parse().unwrap_or_default(),
            ("count", _) => histogram.count = sample.value.parse().unwrap_or_default(),
            ("bucket", Some(bound)) => {
                histogram.bounds.push((bound, sample.value.parse().unwrap_or_default()));
            }
            (_, _) => {}
        }
    }

    /// What was added since then. A process that was started anew meanwhile counts from its start.
    pub(super) fn since(&self, before: &Self) -> Self {
        let added = |(name, now): (&String, &Histogram)| {
            (name.clone(), before.get(name).map_or_else(|| now.clone(), |then| now.since(then)))
        };
        Self(self.0.iter().map(added).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&Histogram> {
        self.0.get(name)
    }

    /// Those of one metric, by their labels.
    pub(super) fn of<'a>(
        &'a self,
        metric: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Histogram)> {
        let named = move |name: &'a str| name.strip_prefix(metric)?.strip_prefix(' ');
        self.0.iter().filter_map(move |(name, histogram)| Some((named(name)?, histogram)))
    }
}

impl Histogram {
    fn since(&self, before: &Self) -> Self {
        if before.count > self.count {
            return self.clone();
        }
        let then = |bound: f64| before.bounds.iter().find(|(of, _)| *of == bound);
        let bounds = self.bounds.iter().map(|(bound, count)| {
            (*bound, count.saturating_sub(then(*bound).map_or(0, |(_, count)| *count)))
        });
        Self {
            count: self.count - before.count,
            seconds: self.seconds - before.seconds,
            bounds: bounds.collect(),
        }
    }

    /// The mean, in seconds.
    pub(super) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.seconds / self.count as f64)
    }

    /// A quantile in seconds, evenly spread within its bucket; beyond the last bound, that bound.
    pub(super) fn quantile(&self, quantile: f64) -> Option<f64> {
        let rank = quantile * self.count as f64;
        let (mut low, mut below) = (0.0, 0);
        for (bound, count) in &self.bounds {
            if bound.is_infinite() {
                break;
            }
            if *count as f64 >= rank && *count > below {
                let share = (rank - below as f64) / (*count - below) as f64;
                return (self.count > 0).then(|| low + (bound - low) * share.max(0.0));
            }
            (low, below) = (*bound, *count);
        }
        (self.count > 0).then_some(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(counts: [u64; 3], sum: f64) -> String {
        let [a, b, c] = counts;
        format!(
            "# TYPE cartstream_hop_seconds histogram\n\
             cartstream_hop_seconds_bucket{{hop=\"log\",le=\"0.001\"}} {a}\n\
             cartstream_hop_seconds_bucket{{hop=\"log\",le=\"0.002\"}} {b}\n\
             cartstream_hop_seconds_bucket{{hop=\"log\",le=\"+Inf\"}} {c}\n\
             cartstream_hop_seconds_sum{{hop=\"log\"}} {sum}\n\
             cartstream_hop_seconds_count{{hop=\"log\"}} {c}\n\
             cartstream_lag_records{{partition=\"0\"}} 7\n\
             cartstream_embedded_commit_seconds_sum 0.5\n"
        )
    }

    #[test]
    fn a_hop_is_what_lies_between_two_readings() {
        let before = Histograms::told_by(&told([5, 10, 10], 0.01));
        let after = Histograms::told_by(&told([5, 20, 22], 0.04));

        let hops = after.since(&before);

        let log = hops.get("hop log").unwrap();
        assert_eq!(log.count, 12);
        assert!((log.mean().unwrap() - 0.0025).abs() < 1e-9, "{log:?}");
        assert!((log.quantile(0.5).unwrap() - 0.0016).abs() < 1e-9, "{log:?}");
        assert_eq!(log.quantile(0.99), Some(0.002), "beyond the last bound nothing is known");
        assert_eq!(hops.of("hop").map(|(name, _)| name).collect::<Vec<_>>(), ["log"]);
        assert!(hops.get("embedded_commit").is_some());
    }

    #[test]
    fn what_did_not_happen_has_no_latency() {
        let reading = Histograms::told_by(&told([5, 10, 10], 0.01));

        let log = reading.since(&reading).get("hop log").unwrap().clone();

        assert_eq!((log.mean(), log.quantile(0.99)), (None, None));
    }

    #[test]
    fn a_process_that_was_started_anew_counts_from_its_start() {
        let before = Histograms::told_by(&told([50, 100, 100], 9.0));
        let after = Histograms::told_by(&told([5, 10, 10], 0.01));

        assert_eq!(after.since(&before).get("hop log"), after.get("hop log"));
    }
}

//! Where the time of a change goes, hop by hop, as the server measured it. `docs/performance.md`
//! says what each hop is.

#![expect(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "only to be read")]

use serde::Serialize;

use super::histogram::{Histogram, Histograms};

/// The hops a customer waits for at the edge, in their order.
const EDGE: [&str; 2] = ["edge", "log"];
/// Those of the processor and the way back, which the edge sees as one: `outcome`.
const OUTCOME: [&str; 7] = ["queue", "load", "decide", "arm", "store", "mark", "reply"];
/// Those nobody waits for before being answered.
const ASIDE: [&str; 2] = ["emit", "push"];

/// One hop of the changes of a run, in milliseconds.
#[derive(Debug, Serialize)]
pub(super) struct Hop {
    pub(super) hop: String,
    pub(super) count: Option<u64>,
    pub(super) mean: Option<f64>,
    pub(super) p50: Option<f64>,
    pub(super) p99: Option<f64>,
    /// Its share of the mean change: not every change takes every hop.
    pub(super) of_a_change: Option<f64>,
}

impl Hop {
    fn measured(hop: &str, histogram: &Histogram) -> Self {
        let millis = |seconds: Option<f64>| seconds.map(|seconds| seconds * 1_000.0);
        Self {
            hop: hop.to_owned(),
            count: Some(histogram.count),
            mean: millis(histogram.mean()),
            p50: millis(histogram.quantile(0.5)),
            p99: millis(histogram.quantile(0.99)),
            of_a_change: None,
        }
    }

    /// What is left when everything measured is taken away.
    fn rest(hop: &str, of_a_change: f64) -> Self {
        let of_a_change = Some(of_a_change);
        Self { hop: hop.to_owned(), count: None, mean: None, p50: None, p99: None, of_a_change }
    }
}

/// The hops of changes whose customers waited `mean` milliseconds on average. None, if the server
/// tells of no changes.
pub(super) fn hops(added: &Histograms, mean: f64) -> Vec<Hop> {
    let Some(change) = added.get("change").filter(|change| change.count > 0) else {
        return Vec::new();
    };
    let share = |of: &Histogram| of.seconds * 1_000.0 / change.count as f64;
    let shared = |name: &&str| {
        let histogram = added.get(&format!("hop {name}"))?;
        Some(Hop { of_a_change: Some(share(histogram)), ..Hop::measured(name, histogram) })
    };
    let known = |name: &&str| Some(Hop::measured(name, added.get(&format!("hop {name}"))?));
    let within: Vec<Hop> = OUTCOME.iter().filter_map(shared).collect();
    let told: f64 = within.iter().filter_map(|hop| hop.of_a_change).sum();
    let outcome = added.get("hop outcome").map_or(0.0, share);

    let mut hops: Vec<Hop> = EDGE.iter().filter_map(shared).chain(within).collect();
    hops.push(Hop::rest("between", outcome - told));
    let told_of: f64 = hops.iter().filter_map(|hop| hop.of_a_change).sum();
    hops.push(Hop::rest("HTTP", mean - told_of));
    hops.extend(ASIDE.iter().filter_map(known));
    let commit = added.get("embedded_commit").map(|commit| Hop::measured("commit", commit));
    let stores = added.of("store").map(|(op, store)| Hop::measured(&format!("store {op}"), store));
    hops.extend(stores.chain(commit));
    hops.retain(|hop| hop.count != Some(0));
    hops
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(series: &str, labels: &str, (count, sum): (u64, f64)) -> String {
        format!("{series}_sum{labels} {sum}\n{series}_count{labels} {count}\n")
    }

    fn hop(name: &str, of: (u64, f64)) -> String {
        told("cartstream_hop_seconds", &format!("{{hop=\"{name}\"}}"), of)
    }

    #[test]
    fn the_shares_of_the_hops_add_up_to_what_a_customer_waits() {
        let metrics = [
            told("cartstream_change_seconds", "", (10, 0.10)),
            hop("edge", (10, 0.01)),
            hop("log", (10, 0.03)),
            hop("outcome", (10, 0.06)),
            hop("queue", (10, 0.01)),
            hop("load", (1, 0.01)),
            hop("push", (40, 0.08)),
            hop("arm", (0, 0.0)),
        ];

        let hops = hops(&Histograms::told_by(&metrics.concat()), 12.0);

        let names: Vec<&str> = hops.iter().map(|hop| hop.hop.as_str()).collect();
        assert_eq!(names, ["edge", "log", "queue", "load", "between", "HTTP", "push"]);
        let whole: f64 = hops.iter().filter_map(|hop| hop.of_a_change).sum();
        assert!((whole - 12.0).abs() < 1e-9, "{hops:?}");
        assert_eq!(hops[3].mean.map(f64::round), Some(10.0));
        assert_eq!(hops[3].of_a_change.map(f64::round), Some(1.0), "one change in ten loads");
        assert_eq!(hops[6].of_a_change, None, "nobody waits for it");
    }

    #[test]
    fn a_server_that_tells_of_no_changes_has_no_hops() {
        assert!(hops(&Histograms::default(), 12.0).is_empty());
    }
}

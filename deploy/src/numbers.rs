//! What `/metrics` is rendered from.

use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::exit::Failure;

/// Upper bounds of latency histograms, in seconds: fine around the 50 ms a change may take.
const SECONDS: [f64; 16] = [
    0.0005, 0.001, 0.002, 0.004, 0.008, 0.012, 0.016, 0.024, 0.032, 0.05, 0.075, 0.1, 0.25, 0.5,
    1.0, 2.5,
];
/// How often old observations are folded.
const UPKEEP_EVERY: Duration = Duration::from_secs(1);

/// Records this process's metrics from now on.
pub(crate) fn record() -> Result<PrometheusHandle, Failure> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .map_err(|source| Failure::failed("the latency buckets are wrong", source))?;
    let handle = builder
        .install_recorder()
        .map_err(|source| Failure::failed("metrics cannot be recorded", source))?;
    metrics_process::Collector::default().describe();
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP_EVERY);
        loop {
            ticks.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

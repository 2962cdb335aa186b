//! What `/metrics` is rendered from.

use std::time::Duration;

use clap::ValueEnum as _;
use metrics::{describe_gauge, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::cli::Role;
use crate::exit::Failure;
use crate::version;

/// Upper bounds of latency histograms, in seconds: from what a decision takes to what no customer
/// waits for. Steps of a third to a half where hops of a change lie, so that a median read from
/// them is that near; coarser outside. Each costs a line of `/metrics` per histogram.
const SECONDS: [f64; 32] = [
    0.000_01, 0.000_02, 0.000_05, 0.000_1, 0.000_15, 0.000_2, 0.000_3, 0.000_4, 0.000_6, 0.000_8,
    0.001, 0.001_5, 0.002, 0.003, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08,
    0.1, 0.15, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0,
];
/// How often old observations are folded.
const UPKEEP_EVERY: Duration = Duration::from_secs(1);

/// Records this process's metrics from now on, and says what it was built from, on which engine it
/// runs and in which roles.
pub(crate) fn record(engine: &'static str, roles: &[Role]) -> Result<PrometheusHandle, Failure> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .map_err(|source| Failure::failed("the latency buckets are wrong", source))?;
    let handle = builder
        .install_recorder()
        .map_err(|source| Failure::failed("metrics cannot be recorded", source))?;
    metrics_process::Collector::default().describe();
    tell_build(engine, roles);
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

/// What dashboards and benchmarks tell runs apart by.
fn tell_build(engine: &'static str, roles: &[Role]) {
    let names = roles.iter().filter_map(Role::to_possible_value);
    let names: Vec<String> = names.map(|name| name.get_name().to_owned()).collect();
    describe_gauge!("cartstream_info", "1; its labels say what this process is");
    gauge!(
        "cartstream_info",
        "version" => env!("CARGO_PKG_VERSION"),
        "commit" => version::COMMIT.unwrap_or("unknown"),
        "engine" => engine,
        "roles" => names.join("+")
    )
    .set(1);
}

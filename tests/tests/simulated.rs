//! The simulated engine keeps the contracts of both ports, in calm and in fair weather.

use std::future::Future;

use cart_schemas::partition::PartitionCount;
use cart_storage::simulated::{Simulated, Weather, World};
use cart_tests::contract;

const PARTITIONS: PartitionCount = match PartitionCount::new(4) {
    Some(count) => count,
    None => panic!("4 is a count"),
};

/// Checks a process of a world that runs by the clock meanwhile.
async fn failures<F>(weather: Weather, check: impl FnOnce(Simulated) -> F) -> Vec<&'static str>
where
    F: Future<Output = Vec<&'static str>>,
{
    let world = World::new(1, PARTITIONS, weather);
    let client = world.client();
    let driver = tokio::spawn(world.drive());
    let failures = check(client).await;
    driver.abort();
    failures
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_keeps_the_contract_in_calm_weather() {
    let check = async |log| contract::log::failures(&log).await;

    assert_eq!(failures(Weather::calm(), check).await, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_keeps_the_contract_in_fair_weather() {
    let check = async |log| contract::log::failures(&log).await;

    assert_eq!(failures(Weather::fair(), check).await, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_keeps_the_contract_in_calm_weather() {
    let check = async |store| contract::store::failures(&store).await;

    assert_eq!(failures(Weather::calm(), check).await, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_keeps_the_contract_in_fair_weather() {
    let check = async |store| contract::store::failures(&store).await;

    assert_eq!(failures(Weather::fair(), check).await, Vec::<&str>::new());
}

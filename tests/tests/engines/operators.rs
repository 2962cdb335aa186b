//! What an operator sees: dead letters, settings that are wrong, topics that are missing, health.

use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::topic::{Topic, dead_letter};
use cart_storage::log::{Header, Lane, Log as _, NewRecord, Record, TopicPartition};
use cart_tests::support::history::all_records;
use cart_tests::support::shop::{Shop, eventually};
use reqwest::Client;
use serde_json::json;

use cart_tests::support::node::Node;

use crate::{BINARY, Engines, Open, in_shop};

fn run(args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(BINARY).args(args).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_decide_is_dead_lettered_and_the_partition_goes_on() {
    let open = Open::<Shop>::new("letters").await;
    let log = open.shop.log().unwrap();
    let count = PartitionCount::new(4).unwrap();
    let home = count.partition_of(b"ann");
    let other = Partition::new((home.number() + 1) % 4);
    let body = json!({"productID": "prod_1", "quantity": 1});
    let url = open.node.at("/api/cart/ann/items");
    Client::new().post(&url).json(&body).send().await.unwrap();

    let at = |partition| TopicPartition { topic: Topic::Commands, partition };
    let good = all_records(&log, at(home)).await.unwrap().pop().unwrap();
    let broken = NewRecord {
        key: Some(Bytes::from_static(b"ann")),
        value: Some(Bytes::from_static(b"{\"schema\":1,\"rules\":1,\"nonsense\":true}")),
        headers: vec![Header::text("traced-by", "a test")],
    };
    log.append(Lane::Facts, at(home), broken.clone()).await.unwrap();
    let Record { key, value, headers, .. } = good;
    let misplaced = NewRecord { key, value, headers };
    log.append(Lane::Facts, at(other), misplaced.clone()).await.unwrap();

    let letters =
        TopicPartition { topic: Topic::CommandsDeadLetters, partition: Partition::new(0) };
    let dead = eventually("both are dead-lettered", Duration::from_secs(20), || async {
        all_records(&log, letters).await.ok().filter(|dead| dead.len() >= 2)
    });
    let dead = dead.await.unwrap();
    let by_class = |class: &str| {
        dead.iter().find(|letter| letter.header(dead_letter::CLASS) == Some(class)).unwrap()
    };
    let undecodable = by_class("Undecodable");
    assert_eq!((&undecodable.key, &undecodable.value), (&broken.key, &broken.value));
    assert_eq!(undecodable.header("traced-by"), Some("a test"));
    assert_eq!(undecodable.header(dead_letter::TOPIC), Some("cart.commands.v1"));
    assert_eq!(undecodable.header(dead_letter::PARTITION), Some(home.to_string().as_str()));
    let wrong = by_class("WrongPartition");
    assert_eq!((&wrong.key, &wrong.value), (&misplaced.key, &misplaced.value));
    assert_eq!(wrong.header(dead_letter::PARTITION), Some(other.to_string().as_str()));

    let after = Client::new().post(&url).json(&body).send().await.unwrap();
    assert_eq!(after.json::<serde_json::Value>().await.unwrap()["version"], 2);
    open.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_processor_refuses_a_log_its_carts_were_not_stored_from() {
    let open = Open::<Shop>::new("foreign").await;
    let body = json!({"productID": "prod_1", "quantity": 1});
    let url = open.node.at("/api/cart/ann/items");
    Client::new().post(&url).json(&body).send().await.unwrap();
    open.node.stop().await.unwrap();

    open.shop.recreate_topics().await.unwrap();
    let mut processor = open.shop.start("processor", &[]).await.unwrap();

    assert_eq!(processor.ends().await.unwrap(), Some(2), "{}", processor.last_words());
    assert!(processor.last_words().contains("start a new log generation"));
    open.shop.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn health_metrics_and_the_contract_are_served() {
    in_shop(Engines::Real, "health", &[], health).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_metrics_and_the_contract_of_a_small_shop_are_served() {
    in_shop(Engines::Embedded, "health", &[], health).await;
}

async fn health(node: &Node) {
    let get = async |path: &str| {
        let answer = reqwest::get(node.at(path)).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    };
    let body = json!({"productID": "prod_1", "quantity": 1});
    Client::new().post(node.at("/api/cart/ann/items")).json(&body).send().await.unwrap();

    get("/livez").await;
    get("/readyz").await;
    for name in [
        "cartstream_commands_total",
        "cartstream_hop_seconds",
        "cartstream_store_seconds",
        "cartstream_sockets",
        "cartstream_lag_records",
        "cartstream_partitions_held",
    ] {
        let told = || async { get("/metrics").await.contains(name).then_some(()) };
        eventually(name, Duration::from_secs(10), told).await.unwrap();
    }
    let contract: serde_json::Value = serde_json::from_str(&get("/openapi.json").await).unwrap();
    assert!(contract["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(contract["paths"]["/api/cart/{userID}/items"]["post"].is_object(), "{contract}");
}

#[test]
fn without_its_topics_the_server_exits_with_2_and_names_the_command_to_run() {
    let (code, _) = run(&["engines", "up"]);
    assert_eq!(code, Some(0));

    let nowhere = ["--engine", "kafka", "--namespace", "nothing_here"];
    let (code, told) = run(&[&nowhere[..], &["--insecure-no-auth"]].concat());

    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("cartstream migrate"), "{told}");
    assert!(told.contains("nothing_here.cart.commands.v1"), "{told}");
}

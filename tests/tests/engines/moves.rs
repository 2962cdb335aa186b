//! Carts on the move: from a data folder to Kafka and Cassandra, and back.

use std::path::Path;
use std::time::Duration;

use cart_schemas::cql::Table;
use cart_tests::round_trip;
use cart_tests::support::crowd;
use cart_tests::support::operator::Operation;
use cart_tests::support::rows;
use cart_tests::support::shop::{Shop, SmallShop, eventually};
use reqwest::Client;
use serde_json::{Value, json};

use crate::{BINARY, alone, cartstream, done};

const CARTS: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn carts_that_move_to_kafka_and_back_and_are_killed_on_the_way_are_the_same() {
    let _turn = alone().await;

    let trip = round_trip::run(Path::new(BINARY), CARTS, |_| {}).await.unwrap();

    assert_eq!(trip.rows, CARTS);
    assert!(trip.kills >= 2, "killed {} times", trip.kills);
}

async fn cart(url: &str) -> Value {
    reqwest::get(url).await.unwrap().json().await.unwrap()
}

async fn add(url: &str) -> Value {
    let body = json!({"productID": "prod_1", "quantity": 1});
    let sent = Client::new().post(format!("{url}/items")).json(&body).send().await.unwrap();
    sent.json().await.unwrap()
}

/// Counts so many more of a product.
async fn count(url: &str, delta: i64) -> Value {
    let url = format!("{url}/api/products/prod_1/stock");
    let sent = Client::new().post(url).json(&json!({"delta": delta})).send().await.unwrap();
    let counted: Value = sent.json().await.unwrap();
    assert!(counted["onHand"].is_u64(), "{counted}");
    counted
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_grew_sells_goes_on_expiring_and_rolls_back_with_what_it_sold() {
    let _turn = alone().await;
    let small = SmallShop::new(BINARY, "grows");
    let large = Shop::open(BINARY, "grown").await.unwrap();
    let mut node = small.ready("127.0.0.1:0", &["--cart-ttl", "15"]).await.unwrap();
    add(&node.at("/api/cart/brief")).await;
    node.stop().await.unwrap();
    node = small.ready("127.0.0.1:0", &[]).await.unwrap();
    add(&node.at("/api/cart/ann")).await;
    let counted = count(&node.at(""), 7).await;
    node.stop().await.unwrap();

    done(&["move", "--from", &small.site(), "--to", &large.site()]).await;
    let mut node = large.ready("api,processor", &[]).await.unwrap();
    assert_eq!(count(&node.at(""), 0).await, counted, "stock moves, too");
    assert_eq!(add(&node.at("/api/cart/ann")).await["version"], 2);
    let brief = node.at("/api/cart/brief");
    let expired = eventually("its timer fires where it went", Duration::from_secs(60), || async {
        (cart(&brief).await["version"] == 2).then_some(())
    });
    expired.await.unwrap();
    let on_kafka = ["--engine", "kafka", "--namespace", large.namespace(), "verify"];
    let said = done(&on_kafka).await;
    assert!(said.contains("same as their events: 2"), "{said}");

    let back = ["move", "--from", &large.site(), "--to", &small.site()];
    done(&back).await;
    assert_eq!(node.ends().await.unwrap(), Some(2), "{}", node.last_words());
    assert!(node.last_words().contains("are being moved to the data folder"));
    let served = cartstream(&[&on_kafka[..4], &["--insecure-no-auth"]].concat()).await;
    assert_eq!(served.code, Some(2));
    assert!(served.said.contains("the carts were moved to the data folder"), "{}", served.said);
    assert!(done(&back).await.contains("already"));

    let node = small.ready("127.0.0.1:0", &[]).await.unwrap();
    assert_eq!(add(&node.at("/api/cart/ann")).await["version"], 3);
    assert_eq!(cart(&node.at("/api/cart/brief")).await["version"], 2);
    node.stop().await.unwrap();
    let said = done(&["--data", small.folder().to_str().unwrap(), "verify"]).await;
    assert!(said.contains("same as their events: 2"), "{said}");
    large.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn carts_are_mixed_with_no_others() {
    let _turn = alone().await;
    let (one, other) = (SmallShop::new(BINARY, "one"), SmallShop::new(BINARY, "other"));
    for shop in [&one, &other] {
        let node = shop.ready("127.0.0.1:0", &[]).await.unwrap();
        add(&node.at("/api/cart/ann")).await;
        node.stop().await.unwrap();
    }

    let refused = cartstream(&["move", "--from", &one.site(), "--to", &other.site()]).await;

    assert_eq!(refused.code, Some(2), "{}", refused.said);
    assert!(refused.said.contains("there are carts already"), "{}", refused.said);
    for shop in [&one, &other] {
        shop.ready("127.0.0.1:0", &[]).await.unwrap().stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_taken_back_leaves_the_carts_where_they_are() {
    let _turn = alone().await;
    let (one, other) = (SmallShop::new(BINARY, "stays"), SmallShop::new(BINARY, "unmoved"));
    let node = one.ready("127.0.0.1:0", &[]).await.unwrap();
    add(&node.at("/api/cart/ann")).await;
    node.stop().await.unwrap();
    let (here, there) = (one.site(), other.site());
    let args = ["move", "--from", &here, "--to", &there];
    let mut moving = Operation::start(Path::new(BINARY), &args).unwrap();
    assert!(moving.says("draining ").await.unwrap());
    assert!(moving.kill().unwrap());

    let refused = cartstream(&["--data", one.folder().to_str().unwrap()]).await;
    assert_eq!(refused.code, Some(2), "{}", refused.said);
    assert!(refused.said.contains("--abandon"), "{}", refused.said);
    done(&[&args[..], &["--abandon"]].concat()).await;

    let node = one.ready("127.0.0.1:0", &[]).await.unwrap();
    assert_eq!(add(&node.at("/api/cart/ann")).await["version"], 2);
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_comes_after_the_drain_moves_too() {
    let _turn = alone().await;
    let (shop, small) = (Shop::open(BINARY, "late").await.unwrap(), SmallShop::new(BINARY, "late"));
    let log = shop.log().unwrap();
    let mut pieces = crowd::append(&log, 2_000, 1).await.unwrap();
    let (here, there) = (shop.site(), small.site());
    let args = ["move", "--from", &here, "--to", &there];
    let mut moving = Operation::start(Path::new(BINARY), &args).unwrap();
    assert!(moving.says("copying ").await.unwrap());
    assert!(moving.kill().unwrap(), "it copied two thousand carts at once");
    for (user, more) in crowd::append(&log, 20, 2).await.unwrap() {
        *pieces.entry(user).or_default() += more;
    }

    let said = done(&args).await;

    assert!(said.contains("something came while the carts were copied: once more"), "{said}");
    let engine = small.engine().unwrap();
    let rows = rows::of(&engine, Table::Carts).await.unwrap();
    crowd::check(&rows, &pieces).unwrap();
    engine.close().await.unwrap();
    shop.close().await.unwrap();
}

//! What an operator can prove of carts, and take out.

use std::time::Duration;

use cart_schemas::cql::Table;
use cart_schemas::partition::PartitionCount;
use cart_schemas::record::CartRecord;
use cart_storage::embedded::{Embedded, EmbeddedSettings};
use cart_storage::store::Store as _;
use cart_tests::support::crowd;
use cart_tests::support::operator::Ended;
use cart_tests::support::shop::{SmallShop, eventually};
use reqwest::Client;
use serde_json::{Value, json};

use crate::{BINARY, alone, cartstream, done};

async fn shown(url: &str) -> Value {
    reqwest::get(url).await.unwrap().json().await.unwrap()
}

/// A folder's engine with as many partitions as a served one has.
fn engine(shop: &SmallShop) -> Embedded {
    let count = PartitionCount::new(4).unwrap();
    Embedded::open(&EmbeddedSettings::new(shop.folder().to_owned(), count)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn verification_finds_a_row_that_was_tampered_with() {
    let _turn = alone().await;
    let shop = SmallShop::new(BINARY, "tampered");
    let engine = engine(&shop);
    crowd::append(&engine, 20, 3).await.unwrap();
    engine.close().await.unwrap();
    let args = ["--data", shop.folder().to_str().unwrap(), "verify"];
    let node = shop.ready("127.0.0.1:0", &[]).await.unwrap();
    for number in 0..20 {
        let url = node.at(&format!("/api/cart/user{number}"));
        let decided = eventually("the cart is decided", Duration::from_secs(20), || async {
            (shown(&url).await["version"] != 0).then_some(())
        });
        decided.await.unwrap();
    }
    node.stop().await.unwrap();
    let engine = shop.engine().unwrap();
    let cell = engine.load(Table::Carts, "user11").await.unwrap();
    let mut record = CartRecord::decode(&cell.unwrap()).unwrap();
    record.cart.lines[0].name.push('!');
    record.ts = record.ts.next();
    let (cell, ts) = (record.encode().into(), record.ts);
    engine.put(Table::Carts, "user11", cell, ts).await.unwrap();
    engine.close().await.unwrap();

    let Ended { code, said } = cartstream(&args).await;

    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("same as their events: 19"), "{said}");
    assert!(said.contains("different from their events: 1"), "{said}");
    assert!(said.contains("the cart user11: at version"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_as_large_as_was_asked_for() {
    let _turn = alone().await;
    let shop = SmallShop::new(BINARY, "sampled");
    let node = shop.ready("127.0.0.1:0", &[]).await.unwrap();
    for user in ["ann", "bea", "cleo"] {
        let body = json!({"productID": "prod_1", "quantity": 1});
        let url = node.at(&format!("/api/cart/{user}/items"));
        Client::new().post(&url).json(&body).send().await.unwrap();
    }
    node.stop().await.unwrap();
    let folder = shop.folder().to_str().unwrap();

    let said = done(&["--data", folder, "verify", "--sample", "2"]).await;
    assert!(said.contains("same as their events: 2"), "{said}");
    let said = done(&["--data", folder, "verify", "--sample", "9"]).await;
    assert!(said.contains("same as their events: 3"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn carts_are_exported_as_the_api_shows_them() {
    let _turn = alone().await;
    let shop = SmallShop::new(BINARY, "exported");
    let node = shop.ready("127.0.0.1:0", &[]).await.unwrap();
    let body = json!({"productID": "prod_456", "quantity": 2, "variant": "large-red"});
    let url = node.at("/api/cart/ann");
    Client::new().post(format!("{url}/items")).json(&body).send().await.unwrap();
    let api = shown(&url).await;
    node.stop().await.unwrap();
    let (folder, file) = (shop.folder().to_str().unwrap(), shop.folder().join("carts.jsonl"));

    done(&["--data", folder, "export", "carts", "--out", file.to_str().unwrap()]).await;

    let lines = std::fs::read_to_string(&file).unwrap();
    assert_eq!(lines.lines().count(), 1);
    let exported: Value = serde_json::from_str(&lines).unwrap();
    for (name, value) in exported.as_object().unwrap() {
        if name != "items" {
            assert_eq!(*value, api[name], "{name}");
        }
    }
    let item = exported["items"][0].as_object().unwrap();
    assert_eq!(item.len(), 8);
    for (name, value) in item {
        assert_eq!(*value, api["items"][0][name], "{name}");
    }
}

//! Carts on the move: from a data folder to Kafka and Cassandra, and back.

use std::path::Path;
use std::time::Duration;

use cart_schemas::cql::Table;
use cart_schemas::partition::PartitionCount;
use cart_schemas::record::CartRecord;
use cart_storage::embedded::{Embedded, EmbeddedSettings};
use cart_tests::support::crowd::{self, Pieces};
use cart_tests::support::operator::{Ended, Operation};
use cart_tests::support::rows::{self, Rows};
use cart_tests::support::shop::{Shop, SmallShop, eventually};
use fastrand::Rng;
use reqwest::Client;
use serde_json::{Value, json};

use crate::{BINARY, alone};

/// How many carts move, unless the environment says how many.
const CARTS: usize = 300;
const CARTS_VARIABLE: &str = "CARTSTREAM_MOVED_CARTS";
/// A drain takes at least so long.
const DRAIN_MILLIS: u64 = 3_000;
/// What is copied of a thousand carts in this time is a good part and not all.
const COPIED_MILLIS_PER_THOUSAND: u64 = 100;

fn carts() -> usize {
    std::env::var(CARTS_VARIABLE).map_or(CARTS, |count| count.parse().unwrap())
}

async fn cartstream(args: &[&str]) -> Ended {
    Operation::start(Path::new(BINARY), args).unwrap().ends().await.unwrap()
}

async fn done(args: &[&str]) -> String {
    let Ended { code, said } = cartstream(args).await;
    assert_eq!(code, Some(0), "{args:?}: {said}");
    said
}

/// Moves, killed at a random moment of the drain and at one while carts are copied.
async fn move_with_kills(args: &[&str], random: &mut Rng) -> usize {
    let copying = COPIED_MILLIS_PER_THOUSAND * u64::try_from(carts()).unwrap() / 1_000 + 1;
    let mut kills = 0;
    for (line, within) in [("draining ", DRAIN_MILLIS), ("copying ", copying)] {
        let mut moving = Operation::start(Path::new(BINARY), args).unwrap();
        assert!(moving.says(line).await.unwrap(), "{:?}", moving.ends().await);
        // The moment is what is random; nothing is waited for.
        tokio::time::sleep(Duration::from_millis(random.u64(0..within))).await;
        kills += usize::from(moving.kill().unwrap());
    }
    println!("{}", done(args).await);
    kills
}

fn assert_pieces(rows: &Rows, pieces: &Pieces) {
    assert_eq!(rows.len(), pieces.len());
    for (key, (_, cell)) in rows {
        assert_eq!(CartRecord::decode(cell).unwrap().cart.item_count(), pieces[key], "{key}");
    }
}

async fn verified(args: &[&str]) {
    let said = done(&[args, &["verify"]].concat()).await;
    let expected = format!("carts the same as their events: {}", carts());
    assert!(said.contains(&expected), "{said}");
    println!("{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn carts_that_move_to_kafka_and_back_and_are_killed_on_the_way_are_the_same() {
    let _turn = alone().await;
    let (first, second) = (SmallShop::new(BINARY, "here"), SmallShop::new(BINARY, "back"));
    let shop = Shop::open(BINARY, "moved").await.unwrap();
    // The sample products make a catalog.
    first.ready("127.0.0.1:0", &[]).await.unwrap().stop().await.unwrap();
    let engine = first.engine().unwrap();
    let pieces = crowd::append(&engine, carts(), 7).await.unwrap();
    engine.close().await;
    let mut random = Rng::new();

    let (here, there, back) = (first.site(), shop.site(), second.site());
    let out = move_with_kills(&["move", "--from", &here, "--to", &there], &mut random).await;
    verified(&["--engine", "kafka", "--namespace", shop.namespace()]).await;
    let on_kafka = rows::of(&shop.store().await.unwrap(), Table::Carts).await.unwrap();
    let home = move_with_kills(&["move", "--from", &there, "--to", &back], &mut random).await;
    verified(&["--data", second.folder().to_str().unwrap()]).await;

    println!("killed {out} times on the way there, {home} times on the way back");
    assert!(out + home >= 2, "killed {out} and {home} times");
    let engine = first.engine().unwrap();
    let left = rows::of(&engine, Table::Carts).await.unwrap();
    engine.close().await;
    let engine = second.engine().unwrap();
    let returned = rows::of(&engine, Table::Carts).await.unwrap();
    engine.close().await;
    assert_pieces(&left, &pieces);
    assert!(on_kafka == left, "the rows on Cassandra are others");
    assert!(returned == left, "the rows that came back are others");
    println!("{} rows are the same byte for byte in all three", left.len());
    shop.close().await.unwrap();
}

async fn cart(url: &str) -> Value {
    reqwest::get(url).await.unwrap().json().await.unwrap()
}

async fn add(url: &str) -> Value {
    let body = json!({"productID": "prod_1", "quantity": 1});
    let sent = Client::new().post(format!("{url}/items")).json(&body).send().await.unwrap();
    sent.json().await.unwrap()
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
    node.stop().await.unwrap();

    done(&["move", "--from", &small.site(), "--to", &large.site()]).await;
    let mut node = large.ready("api,processor", &[]).await.unwrap();
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
    let served = cartstream(&on_kafka[..4]).await;
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

/// A folder's engine with as many partitions as a served one has.
fn engine(shop: &SmallShop) -> Embedded {
    let count = PartitionCount::new(4).unwrap();
    Embedded::open(&EmbeddedSettings::new(shop.folder().to_owned(), count)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn verification_finds_a_row_that_was_tampered_with() {
    use cart_storage::store::Store as _;
    let _turn = alone().await;
    let shop = SmallShop::new(BINARY, "tampered");
    let engine = engine(&shop);
    crowd::append(&engine, 20, 3).await.unwrap();
    engine.close().await;
    let node = shop.ready("127.0.0.1:0", &[]).await.unwrap();
    for number in 0..20 {
        let url = node.at(&format!("/api/cart/user{number}"));
        let decided = eventually("the cart is decided", Duration::from_secs(20), || async {
            (cart(&url).await["version"] != 0).then_some(())
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
    engine.close().await;

    let Ended { code, said } =
        cartstream(&["--data", shop.folder().to_str().unwrap(), "verify"]).await;

    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("same as their events: 19"), "{said}");
    assert!(said.contains("different from their events: 1"), "{said}");
    assert!(said.contains("the cart user11: at version"), "{said}");
}

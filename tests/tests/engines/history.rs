//! What happened to a cart, from the first change to the one just answered: in pages, as a stream,
//! and as the cart it was, also where whoever keeps it was killed meanwhile.

mod reader;

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use cart_tests::support::node::Node;
use cart_tests::support::shop::{Shop, SmallShop};

use self::reader::{Listener, change, events, until_kept};
use crate::{BINARY, Engines, alone, in_shop};

/// What has a process keep history, too.
const KEEPS: [&str; 2] = ["--roles", "analytics"];

#[tokio::test(flavor = "multi_thread")]
async fn a_small_shops_history_is_whole_though_it_was_killed() {
    let _turn = alone().await;
    let shop = SmallShop::new(BINARY, "history");
    let mut node = shop.ready("127.0.0.1:0", &KEEPS).await.unwrap();
    let address = node.url().trim_start_matches("http://").to_owned();
    change(node.url(), "ann", 250).await;

    node.kill();
    let node = shop.ready(&address, &KEEPS).await.unwrap();
    change(node.url(), "ann", 350).await;

    until_kept(node.url(), "ann", 600).await;
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_whole_though_its_keeper_was_killed() {
    let _turn = alone().await;
    let shop = Shop::open(BINARY, "history").await.unwrap();
    let node = shop.ready("api,processor", &[]).await.unwrap();
    let mut keeper = shop.ready("analytics", &[]).await.unwrap();
    change(node.url(), "ann", 200).await;
    keeper.kill();
    change(node.url(), "ann", 100).await;
    // Nobody keeps it now: the answer ends before what it does not know, and says so.
    let (told, next) = events(node.url(), "ann", 0).await;
    assert_eq!(next, Some(told.len() as u64));
    assert!(told.len() < 300);

    let keeper = shop.ready("analytics", &[]).await.unwrap();
    change(node.url(), "ann", 300).await;

    until_kept(node.url(), "ann", 600).await;
    keeper.stop().await.unwrap();
    node.stop().await.unwrap();
    shop.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_read_as_it_happens() {
    in_shop(Engines::Real, "told", &KEEPS, the_telling).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_shops_history_is_read_as_it_happens() {
    in_shop(Engines::Embedded, "told", &KEEPS, the_telling).await;
}

async fn the_telling(node: &Node) {
    a_read_after_a_reply_sees_its_own_event(node).await;
    a_stream_goes_on_where_it_broke_off(node).await;
    a_cart_is_shown_as_it_was(node).await;
    nobodys_history_is_empty(node).await;
}

async fn a_read_after_a_reply_sees_its_own_event(node: &Node) {
    for version in 1..=20 {
        change(node.url(), "own", 1).await;

        let (told, next) = events(node.url(), "own", version - 1).await;

        assert_eq!((told, next), (vec![version], None));
    }
}

async fn a_stream_goes_on_where_it_broke_off(node: &Node) {
    change(node.url(), "bob", 30).await;
    let mut first = Listener::of(node.url(), "bob", None).await;
    let live = tokio::spawn({
        let url = node.url().to_owned();
        async move { change(&url, "bob", 30).await }
    });
    let told = first.versions(45).await;
    drop(first);
    live.await.unwrap();

    let mut again = Listener::of(node.url(), "bob", told.last().copied()).await;
    let rest = again.versions(15).await;
    change(node.url(), "bob", 3).await;
    let later = again.versions(3).await;

    assert_eq!([told, rest, later].concat(), (1..=63).collect::<Vec<_>>());
}

async fn a_cart_is_shown_as_it_was(node: &Node) {
    let shown = change(node.url(), "cid", 30).await;
    // Beyond what the cart's row remembers, so that it must be kept first.
    until_kept(node.url(), "cid", 30).await;

    for (version, then) in (1..).zip(&shown) {
        let changed = serde_json::from_str::<Value>(then).unwrap()["lastModified"].clone();
        for moment in [json!(version).to_string(), changed.as_str().unwrap().to_owned()] {
            let url = node.at(&format!("/api/cart/cid?asOf={moment}"));
            let answer = reqwest::get(url).await.unwrap();
            assert!(answer.headers().get("etag").is_none());
            assert_eq!((answer.status(), &answer.text().await.unwrap()), (StatusCode::OK, then));
        }
    }
    for (moment, status, code) in [
        ("31", StatusCode::NOT_FOUND, "version_not_found"),
        ("yesterday", StatusCode::BAD_REQUEST, "malformed"),
    ] {
        let answer = reqwest::get(node.at(&format!("/api/cart/cid?asOf={moment}"))).await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], code);
    }
}

async fn nobodys_history_is_empty(node: &Node) {
    assert_eq!(events(node.url(), "nobody", 0).await, (vec![], None));
    assert_eq!(events(node.url(), "nobody", 7).await, (vec![], None));
    let cart: Value =
        reqwest::get(node.at("/api/cart/nobody?asOf=0")).await.unwrap().json().await.unwrap();
    assert_eq!((&cart["version"], &cart["items"]), (&json!(0), &json!([])));
}

/// How long history may lag on a busy machine.
const KEPT_WITHIN: Duration = Duration::from_secs(60);

//! News of products over HTTP: what the carts that hold one are told when its price or its stock
//! changes, and what their customers may do then.

use std::time::Duration;

use cart_tests::support::customer::item_id;
use cart_tests::support::node::Node;
use cart_tests::support::shop::eventually;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::{Engines, in_shop};

/// How long news may take on a busy machine.
const TOLD_WITHIN: Duration = Duration::from_secs(60);

async fn ask(node: &Node, method: Method, path: &str, body: Value) -> Value {
    let request = Client::new().request(method, node.at(path)).json(&body);
    let answer = request.send().await.unwrap();
    let (status, body) = (answer.status(), answer.json::<Value>().await.unwrap());
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

async fn put(node: &Node, price: u32) {
    let lamp = json!({"name": "Lamp", "price": price, "stock": 100});
    ask(node, Method::PUT, "/api/products/lamp", lamp).await;
}

/// Counts so many more lamps, or fewer.
async fn count(node: &Node, delta: i32) {
    ask(node, Method::POST, "/api/products/lamp/stock", json!({"delta": delta})).await;
}

async fn add(node: &Node, user: &str) {
    let body = json!({"productID": "lamp", "quantity": 2});
    ask(node, Method::POST, &format!("/api/cart/{user}/items"), body).await;
}

/// The only line of a cart.
async fn line(node: &Node, user: &str) -> Value {
    let cart: Value =
        reqwest::get(node.at(&format!("/api/cart/{user}"))).await.unwrap().json().await.unwrap();
    cart["items"][0].clone()
}

/// Waits until the events of a cart are these, and gives the last one.
async fn until_told(node: &Node, user: &str, expected: &[&str]) -> Value {
    let path = node.at(&format!("/api/cart/{user}/events"));
    let what = format!("{user} is told {expected:?}");
    let told = eventually(&what, TOLD_WITHIN, || async {
        let page: Value = reqwest::get(&path).await.ok()?.json().await.ok()?;
        let events = page["events"].as_array()?.clone();
        let kinds: Vec<_> = events.iter().filter_map(|event| event["type"].as_str()).collect();
        (kinds == expected).then(|| events.last().cloned().unwrap())
    });
    told.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn carts_are_told_what_is_new_of_their_products() {
    in_shop(Engines::Real, "news", &[], the_news).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn carts_of_a_small_shop_are_told_what_is_new_of_their_products() {
    in_shop(Engines::Embedded, "news", &[], the_news).await;
}

async fn the_news(node: &Node) {
    put(node, 10).await;
    for user in ["ann", "bob"] {
        add(node, user).await;
    }
    a_price(node).await;
    out_of_stock_and_back(node).await;
    a_line_that_is_out_of_stock_can_go(node).await;
}

async fn a_price(node: &Node) {
    put(node, 12).await;
    for user in ["ann", "bob"] {
        let told = until_told(node, user, &["item_added", "price_changed"]).await;
        assert_eq!(told["item"]["price"], 10.0, "the line keeps its price: {told}");
        let line = line(node, user).await;
        assert_eq!((&line["price"], &line["currentPrice"]), (&json!(10.0), &json!(12.0)));
        assert_eq!(line["state"], "added");
    }
}

async fn out_of_stock_and_back(node: &Node) {
    let mut told = vec!["item_added", "price_changed", "item_out_of_stock"];
    count(node, -100).await;
    for user in ["ann", "bob"] {
        until_told(node, user, &told).await;
        let line = line(node, user).await;
        assert_eq!((&line["state"], &line["available"]), (&json!("out_of_stock"), &json!(false)));
    }
    told.push("item_available");
    count(node, 7).await;
    for user in ["ann", "bob"] {
        until_told(node, user, &told).await;
        assert_eq!(line(node, user).await["state"], "available");
    }
    let path = format!("/api/cart/ann/items/{}", item_id("lamp").unwrap());
    ask(node, Method::PUT, &path, json!({"quantity": 3})).await;
    assert_eq!(line(node, "ann").await["state"], "updated");
}

async fn a_line_that_is_out_of_stock_can_go(node: &Node) {
    let told = ["item_added", "price_changed", "item_out_of_stock", "item_available"];
    count(node, -7).await;
    until_told(node, "bob", &[&told[..], &["item_out_of_stock"]].concat()).await;

    let path = format!("/api/cart/bob/items/{}", item_id("lamp").unwrap());
    let left = ask(node, Method::DELETE, &path, Value::Null).await;

    assert_eq!(left["items"], json!([]));
    // Whoever does not hold it any more is told nothing.
    count(node, 5).await;
    let ann = [&told[..], &["item_updated", "item_out_of_stock", "item_available"]].concat();
    until_told(node, "ann", &ann).await;
    let bob = [&told[..], &["item_out_of_stock", "item_removed"]].concat();
    until_told(node, "bob", &bob).await;
}

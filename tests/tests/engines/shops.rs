//! Two shops in one installation, end to end: what is sold, sold out and told in one of them is none of the
//! other's.

use std::path::PathBuf;
use std::time::Duration;

use cart_api::ApiKey;
use cart_tests::support::node::Node;
use cart_tests::support::shop::eventually;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::{Engines, in_shop};

/// How long news may take on a busy machine.
const TOLD_WITHIN: Duration = Duration::from_secs(60);
const GUESTS: &str = "a-secret-for-the-guests-of-two-shops";

#[tokio::test(flavor = "multi_thread")]
async fn two_shops_sell_one_id_apart() {
    sell_apart(Engines::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_small_shops_sell_one_id_apart() {
    sell_apart(Engines::Embedded).await;
}

/// The keys of both shops' services, and a file of what is kept of them.
struct Services {
    ours: String,
    acmes: String,
    file: PathBuf,
}

impl Services {
    fn new(engines: Engines) -> Self {
        let acme = "acme".parse().unwrap();
        let (ours, line) = ApiKey::fresh([7; 32], "ours", None);
        let (acmes, other) = ApiKey::fresh([8; 32], "acmes", Some(&acme));
        let name = format!("cartstream-shops-{engines:?}-{}", std::process::id());
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, format!("{line}\n{other}\n")).unwrap();
        Self { ours, acmes, file }
    }
}

async fn sell_apart(engines: Engines) {
    let services = Services::new(engines);
    let args = ["--guest-secret", GUESTS, "--api-keys", services.file.to_str().unwrap()];
    in_shop(engines, "shops", &args, async |node: &Node| apart(node, &services).await).await;
    std::fs::remove_file(&services.file).unwrap();
}

async fn ask(node: &Node, token: &str, (method, path): (Method, &str), body: Value) -> Value {
    let request = Client::new().request(method, node.at(path)).bearer_auth(token).json(&body);
    let answer = request.send().await.unwrap();
    let (status, body) = (answer.status(), answer.json::<Value>().await.unwrap());
    assert!(status.is_success(), "{path}: {status} {body}");
    body
}

/// Somebody without an account, and their token.
struct Guest {
    user: String,
    token: String,
}

impl Guest {
    /// One of a shop who has put so many lamps into a cart.
    async fn with_lamps(node: &Node, shop: Value, quantity: u32) -> Self {
        let welcome = Client::new().post(node.at("/api/guests")).json(&shop).send().await.unwrap();
        assert_eq!(welcome.status(), StatusCode::CREATED);
        let pass: Value = welcome.json().await.unwrap();
        let text = |name: &str| pass[name].as_str().unwrap().to_owned();
        let guest = Self { user: text("userID"), token: text("token") };
        let lamps = json!({"productID": "lamp", "quantity": quantity});
        guest.ask(node, Method::POST, "/items", lamps).await;
        guest
    }

    async fn ask(&self, node: &Node, method: Method, path: &str, body: Value) -> Value {
        let path = format!("/api/cart/{}{path}", self.user);
        ask(node, &self.token, (method, &path), body).await
    }

    /// Waits until the events of the cart are these.
    async fn until_told(&self, node: &Node, expected: &[&str]) {
        let path = node.at(&format!("/api/cart/{}/events", self.user));
        let what = format!("{} is told {expected:?}", self.user);
        let told = eventually(&what, TOLD_WITHIN, || async {
            let asked = Client::new().get(&path).bearer_auth(&self.token).send();
            let page: Value = asked.await.ok()?.json().await.ok()?;
            let kinds =
                page["events"].as_array()?.iter().filter_map(|event| event["type"].as_str());
            (kinds.collect::<Vec<_>>() == expected).then_some(())
        });
        told.await.unwrap();
    }
}

async fn put(node: &Node, service: &str, price: u32, stock: u32) {
    let lamp = json!({"name": "Lamp", "price": price, "stock": stock});
    ask(node, service, (Method::PUT, "/api/products/lamp"), lamp).await;
}

/// What a lamp costs in a shop, and how many are left, once it is so many.
async fn until_left(node: &Node, query: &str, price: u32, left: u32) {
    let path = node.at(&format!("/api/products/lamp{query}"));
    let what = format!("{left} are left at {price}{query}");
    let seen = eventually(&what, TOLD_WITHIN, || async {
        let lamp: Value = reqwest::get(&path).await.ok()?.json().await.ok()?;
        let is_so = lamp["price"] == json!(f64::from(price)) && lamp["level"]["available"] == left;
        is_so.then_some(())
    });
    seen.await.unwrap();
}

async fn apart(node: &Node, services: &Services) {
    put(node, &services.ours, 10, 3).await;
    put(node, &services.acmes, 20, 2).await;
    let ann = Guest::with_lamps(node, json!({}), 1).await;
    let bea = Guest::with_lamps(node, json!({"tenant": "acme"}), 2).await;
    let cid = Guest::with_lamps(node, json!({"tenant": "acme"}), 1).await;

    let checkout = bea.ask(node, Method::POST, "/checkout", json!({})).await;
    assert_eq!(checkout["total"], 40.0, "{checkout}");
    let id = checkout["checkoutID"].as_str().unwrap();
    let complete = format!("/api/cart/{}/checkout/{id}/complete", bea.user);
    let order = json!({"orderID": "order-1"});
    ask(node, &services.acmes, (Method::POST, &complete), order).await;

    until_left(node, "?tenant=acme", 20, 0).await;
    until_left(node, "", 10, 3).await;
    cid.until_told(node, &["item_added", "item_out_of_stock"]).await;
    put(node, &services.ours, 12, 3).await;
    ann.until_told(node, &["item_added", "price_changed"]).await;
    cid.until_told(node, &["item_added", "item_out_of_stock"]).await;
    let paid = ann.ask(node, Method::POST, "/checkout", json!({"acceptPrices": true})).await;
    assert_eq!(paid["state"], "ready", "{paid}");
    until_left(node, "", 12, 2).await;
    until_left(node, "?tenant=acme", 20, 0).await;
}

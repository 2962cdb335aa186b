//! Instances that divide the sockets among them: each has those of its share of the carts, and all
//! take every request.

use reqwest::header::{CONNECTION, UPGRADE};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use cart_tests::support::node::Node;
use cart_tests::support::shop::Shop;

use crate::device::Device;
use crate::{BINARY, alone};

const LIVE: [&str; 2] = ["--live-url", "wss://live-{share}.shop.example"];

async fn way(node: &Node, user: &str) -> Value {
    let url = node.at(&format!("/api/cart/{user}/route"));
    reqwest::get(url).await.unwrap().json().await.unwrap()
}

/// What a handshake for a cart is answered.
async fn handshake(node: &Node, user: &str) -> (StatusCode, Value) {
    let asked = Client::new().get(node.at(&format!("/ws/cart/{user}")));
    let asked = asked.header(CONNECTION, "upgrade").header(UPGRADE, "websocket");
    let asked = asked.header("sec-websocket-version", "13");
    let answer =
        asked.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==").send().await.unwrap();
    (answer.status(), answer.json().await.unwrap_or_default())
}

async fn stream(node: &Node, user: &str) -> StatusCode {
    let asked = Client::new().get(node.at(&format!("/api/cart/{user}/events")));
    asked.header("accept", "text/event-stream").send().await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_is_followed_where_its_share_is_and_changed_anywhere() {
    let _turn = alone().await;
    let shop = Shop::open(BINARY, "shares").await.unwrap();
    let args = |share| ["--share", share, LIVE[0], LIVE[1]];
    let nodes = [
        shop.ready("api,processor", &args("1/2")).await.unwrap(),
        shop.ready("api", &args("2/2")).await.unwrap(),
    ];

    let mut seen = [0; 2];
    for user in ["ann", "ben", "cleo", "dan", "eve", "finn", "gus", "hal"] {
        let told = way(&nodes[0], user).await;
        assert_eq!(told, way(&nodes[1], user).await);
        let share = told["share"].as_u64().unwrap();
        assert_eq!(told["shares"], 2);
        assert_eq!(told["url"], format!("wss://live-{share}.shop.example/ws/cart/{user}"));
        let ours = usize::try_from(share - 1).unwrap();
        let (here, elsewhere) = (&nodes[ours], &nodes[1 - ours]);
        seen[ours] += 1;

        let mut device = Device::of(here, user).await;
        device.hears().await;
        let (status, problem) = handshake(elsewhere, user).await;
        assert_eq!((status.as_u16(), &problem["code"]), (421, &json!("misdirected")));
        assert_eq!(stream(elsewhere, user).await.as_u16(), 421);

        let body = json!({"productID": "prod_1", "quantity": 1});
        let url = elsewhere.at(&format!("/api/cart/{user}/items"));
        assert_eq!(Client::new().post(url).json(&body).send().await.unwrap().status(), 200);
        assert_eq!(device.hears().await["data"]["type"], "item_added");
    }
    assert!(seen.iter().all(|carts| *carts > 0), "{seen:?}");

    for node in nodes {
        node.stop().await.unwrap();
    }
    shop.close().await.unwrap();
}

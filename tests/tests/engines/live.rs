//! Two devices, one cart: what a WebSocket client sees, and a cart that expires while it looks.

use std::time::Duration;

use futures::StreamExt as _;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use cart_tests::support::node::Node;

use crate::{Engines, in_shop};

/// How long a push may take on a busy machine.
const PUSHED_WITHIN: Duration = Duration::from_secs(20);

struct Device(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Device {
    async fn of(node: &Node, user: &str) -> Self {
        let url = node.at(&format!("/ws/cart/{user}")).replacen("http", "ws", 1);
        Self(connect_async(url).await.unwrap().0)
    }

    /// The next text message.
    async fn hears(&mut self) -> Value {
        let heard = async {
            loop {
                let message = self.0.next().await.unwrap().unwrap();
                if let Ok(text) = message.to_text()
                    && message.is_text()
                {
                    return serde_json::from_str(text).unwrap();
                }
            }
        };
        tokio::time::timeout(PUSHED_WITHIN, heard).await.expect("a push in time")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_see_the_cart_and_then_every_event_in_version_order() {
    in_shop(Engines::Real, "live", &[], two_devices).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_of_a_small_shop_see_every_event_in_version_order() {
    in_shop(Engines::Embedded, "live", &[], two_devices).await;
}

async fn two_devices(node: &Node) {
    let (mut phone, mut laptop) = (Device::of(node, "ann").await, Device::of(node, "ann").await);
    for device in [&mut phone, &mut laptop] {
        let first = device.hears().await;
        assert_eq!((&first["type"], &first["data"]["version"]), (&json!("cart_state"), &json!(0)));
    }

    let url = node.at("/api/cart/ann/items");
    for _ in 0..5 {
        let body = json!({"productID": "prod_1", "quantity": 1});
        let answer = Client::new().post(&url).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    for device in [&mut phone, &mut laptop] {
        for version in 1..=5 {
            let heard = device.hears().await;
            let kind = if version == 1 { "item_added" } else { "item_updated" };
            assert_eq!(heard["type"], "cart_event", "{heard}");
            assert_eq!(
                (&heard["data"]["version"], &heard["data"]["type"]),
                (&json!(version), &json!(kind))
            );
        }
    }
    let late = Device::of(node, "ann").await.hears().await;
    assert_eq!(late["data"]["itemCount"], 5, "{late}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_nobody_touches_expires_and_its_devices_are_told() {
    in_shop(Engines::Real, "expiry", &["--cart-ttl", "3"], an_expiry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_of_a_small_shop_expires_and_its_devices_are_told() {
    in_shop(Engines::Embedded, "expiry", &["--cart-ttl", "3"], an_expiry).await;
}

async fn an_expiry(node: &Node) {
    let mut device = Device::of(node, "ann").await;
    device.hears().await;
    let body = json!({"productID": "prod_1", "quantity": 2});
    let url = node.at("/api/cart/ann/items");

    Client::new().post(&url).json(&body).send().await.unwrap();

    assert_eq!(device.hears().await["data"]["type"], "item_added");
    let expired = device.hears().await;
    assert_eq!(expired["data"]["type"], "cart_expired", "{expired}");
    assert_eq!(expired["data"]["items"][0]["quantity"], 2, "{expired}");
    let cart: Value = reqwest::get(node.at("/api/cart/ann")).await.unwrap().json().await.unwrap();
    assert_eq!((&cart["state"], &cart["version"]), (&json!("expired"), &json!(2)), "{cart}");
    assert_eq!(cart["items"], json!([]));

    let again = Client::new().post(&url).json(&body).send().await.unwrap();
    let opened: Value = again.json().await.unwrap();
    assert_eq!((&opened["state"], &opened["itemCount"]), (&json!("active"), &json!(2)));
}

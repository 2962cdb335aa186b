//! Two devices, one cart: what a WebSocket client sees, and a cart that expires while it looks.

use reqwest::Client;
use serde_json::{Value, json};

use cart_tests::support::node::Node;

use crate::device::Device;
use crate::{Engines, in_shop};

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
    a_restore(node).await;
}

/// What the expiry took out is added to what is in the cart again, and only once.
async fn a_restore(node: &Node) {
    let url = node.at("/api/cart/ann/restore");
    let restored = Client::new().post(&url).send().await.unwrap();
    assert_eq!(restored.status(), 200);
    let restored: Value = restored.json().await.unwrap();
    assert_eq!((&restored["version"], &restored["itemCount"]), (&json!(4), &json!(4)));

    let again = Client::new().post(&url).send().await.unwrap();
    assert_eq!(again.status(), 409);
    let problem: Value = again.json().await.unwrap();
    assert_eq!(problem["code"], "nothing_to_restore", "{problem}");
}

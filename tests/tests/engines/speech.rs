//! A device that loses its socket and comes back, and one that says over its socket what it wants.

use reqwest::Client;
use serde_json::{Value, json};

use cart_tests::support::node::Node;

use crate::device::Device;
use crate::{Engines, in_shop};

#[tokio::test(flavor = "multi_thread")]
async fn a_device_comes_back_and_speaks() {
    in_shop(Engines::Real, "speech", &[], comes_back_and_speaks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_of_a_small_shop_comes_back_and_speaks() {
    in_shop(Engines::Embedded, "speech", &[], comes_back_and_speaks).await;
}

async fn comes_back_and_speaks(node: &Node) {
    what_was_missed_is_told_as_events(node).await;
    who_missed_too_much_is_given_the_whole_cart(node).await;
    a_command_over_the_socket_is_done_once(node).await;
    what_cannot_be_done_is_told_under_its_id(node).await;
    a_cart_is_paid_for_over_one_socket(node).await;
}

/// Adds so many of a product one by one.
async fn adds(node: &Node, user: &str, times: u32) {
    let url = node.at(&format!("/api/cart/{user}/items"));
    for _ in 0..times {
        let body = json!({"productID": "prod_1", "quantity": 1});
        assert_eq!(Client::new().post(&url).json(&body).send().await.unwrap().status(), 200);
    }
}

fn version(heard: &Value) -> (&str, u64) {
    (heard["type"].as_str().unwrap(), heard["data"]["version"].as_u64().unwrap())
}

async fn what_was_missed_is_told_as_events(node: &Node) {
    adds(node, "ann", 5).await;

    let mut device = Device::since(node, "ann", 3).await;
    for missed in [4, 5] {
        assert_eq!(version(&device.hears().await), ("cart_event", missed));
    }

    let mut current = Device::since(node, "ann", 5).await;
    adds(node, "ann", 1).await;
    for device in [&mut device, &mut current] {
        assert_eq!(version(&device.hears().await), ("cart_event", 6));
    }
}

async fn who_missed_too_much_is_given_the_whole_cart(node: &Node) {
    adds(node, "ben", 12).await;

    for since in [1, 99] {
        let heard = Device::since(node, "ben", since).await.hears().await;

        assert_eq!(version(&heard), ("cart_state", 12));
        assert_eq!(heard["recovered"], false);
    }
    let fresh = Device::of(node, "ben").await.hears().await;
    assert_eq!((version(&fresh), &fresh["recovered"]), (("cart_state", 12), &Value::Null));
}

async fn a_command_over_the_socket_is_done_once(node: &Node) {
    let mut device = Device::of(node, "cleo").await;
    device.hears().await;
    let add = json!({"type": "add_item", "id": "a-1", "productID": "prod_1", "quantity": 2});

    device.says(&add).await;
    let (event, reply) = device.hears_event_and_reply().await;
    assert_eq!((&reply["id"], &reply["status"]), (&json!("a-1"), &json!(200)));
    assert_eq!((&reply["data"]["itemCount"], &reply["data"]["version"]), (&json!(2), &json!(1)));
    assert_eq!(event["data"]["type"], "item_added");

    let mut elsewhere = Device::since(node, "cleo", 1).await;
    elsewhere.says(&add).await;
    let again = elsewhere.hears().await;
    assert_eq!((&again["replayed"], &again["appliedVersion"]), (&json!(true), &json!(1)));
    assert_eq!(again["data"]["itemCount"], 2);

    let item = reply["data"]["items"][0]["itemID"].clone();
    let set = json!({"type": "set_quantity", "id": "s", "itemID": item, "quantity": 5});
    elsewhere.says(&set).await;
    assert_eq!(elsewhere.hears_event_and_reply().await.1["data"]["itemCount"], 5);
    elsewhere.says(&json!({"type": "clear", "id": "c"})).await;
    assert_eq!(elsewhere.hears_event_and_reply().await.1["data"]["itemCount"], 0);
}

async fn what_cannot_be_done_is_told_under_its_id(node: &Node) {
    let mut device = Device::since(node, "dan", 0).await;
    let add = |id: &str, product: &str| json!({"type": "add_item", "id": id, "productID": product, "quantity": 1});
    for (said, status, code) in [
        (add("u", "prod_unknown"), 404, "product_not_found"),
        (json!({"type": "remove_item", "id": "r", "itemID": "i"}), 404, "item_not_found"),
        (json!({"type": "clear", "id": "v", "ifVersion": 7}), 412, "version_mismatch"),
        (json!({"type": "fly", "id": "f"}), 400, "malformed"),
        (json!({"type": "clear"}), 400, "malformed"),
    ] {
        device.says(&said).await;
        let reply = device.hears().await;
        assert_eq!((&reply["type"], &reply["id"]), (&json!("reply"), &said["id"]), "{reply}");
        assert_eq!((&reply["status"], &reply["data"]["code"]), (&json!(status), &json!(code)));
    }
}

async fn a_cart_is_paid_for_over_one_socket(node: &Node) {
    let mut device = Device::since(node, "eve", 0).await;
    device
        .says(&json!({"type": "add_item", "id": "1", "productID": "prod_2", "quantity": 1}))
        .await;
    assert_eq!(device.hears_reply().await["status"], 200);

    device.says(&json!({"type": "checkout", "id": "2"})).await;
    let begun = device.hears_reply().await;
    assert_eq!(
        (&begun["status"], &begun["data"]["state"]),
        (&json!(200), &json!("ready")),
        "{begun}"
    );
    let checkout = &begun["data"]["checkoutID"];
    let paid =
        json!({"type": "complete_checkout", "id": "3", "checkoutID": checkout, "orderID": "o"});
    device.says(&paid).await;

    let completed = device.hears_reply().await;
    assert_eq!(completed["data"]["state"], "completed", "{completed}");
}

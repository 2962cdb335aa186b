//! The life of a cart that is left, touched again and left for good, by a shop's own policy.

use reqwest::Client;
use serde_json::{Value, json};

use cart_tests::support::folder::Folder;
use cart_tests::support::node::Node;

use crate::device::Device;
use crate::{Engines, cartstream, in_shop};

const POLICIES: &str = r#"{"default": {
    "ttl": "10s", "guestTtl": "20s", "emptyTtl": "1h",
    "idleTiers": ["1s", "3s"], "warning": "2s"
}}"#;

/// A file of policies, and the folder that goes with it.
fn file(text: &str) -> (Folder, String) {
    let folder = Folder::new("policies");
    std::fs::create_dir_all(folder.path()).unwrap();
    let path = folder.path().join("policies.json");
    std::fs::write(&path, text).unwrap();
    (folder, path.to_str().unwrap().to_owned())
}

async fn added(node: &Node, user: &str) -> Value {
    let body = json!({"productID": "prod_1", "quantity": 1});
    let url = node.at(&format!("/api/cart/{user}/items"));
    let answer = Client::new().post(url).json(&body).send().await.unwrap();
    answer.json().await.unwrap()
}

/// What the device hears until this has happened: the kinds, in order.
async fn until(device: &mut Device, last: &str) -> Vec<String> {
    let mut kinds = Vec::new();
    while kinds.last().is_none_or(|kind| kind != last) {
        let heard = device.hears().await;
        kinds.push(heard["data"]["type"].as_str().unwrap().to_owned());
    }
    kinds
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_that_is_left_is_told_tier_by_tier_until_it_expires() {
    let (_folder, path) = file(POLICIES);
    in_shop(Engines::Real, "lifetime", &["--policies", &path], a_life).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_of_a_small_shop_that_is_left_is_told_tier_by_tier_until_it_expires() {
    let (_folder, path) = file(POLICIES);
    in_shop(Engines::Embedded, "lifetime", &["--policies", &path], a_life).await;
}

async fn a_life(node: &Node) {
    let mut device = Device::of(node, "ann").await;
    device.hears().await;

    assert_eq!(added(node, "ann").await["version"], 1);
    let left = ["item_added", "cart_abandoned"];
    assert_eq!(until(&mut device, "cart_abandoned").await, left);
    assert_eq!(until(&mut device, "cart_abandoned").await, ["cart_abandoned"], "the next tier");

    assert_eq!(added(node, "ann").await["version"], 4);
    let kinds = until(&mut device, "cart_expired").await;
    let (touched, left) = kinds.split_at(2);
    assert!(touched.contains(&"item_updated".to_owned()), "{touched:?}");
    assert!(touched.contains(&"cart_recovered".to_owned()), "{touched:?}");
    let again = ["cart_abandoned", "cart_abandoned", "expiry_warned", "cart_expired"];
    assert_eq!(left, again);

    let (customer, guest) = (added(node, "bob").await, added(node, "guest_bob").await);
    assert_eq!((kept_seconds(&customer), kept_seconds(&guest)), (10, 20));
}

/// How long after its last change a cart ends.
fn kept_seconds(cart: &Value) -> i64 {
    let time = |field: &str| {
        let text = cart[field].as_str().unwrap();
        text.parse::<cart_schemas::timestamp::Timestamp>().unwrap().micros()
    };
    (time("expiresAt") - time("lastModified")) / 1_000_000
}

#[tokio::test]
async fn a_file_of_policies_that_cannot_be_kept_is_refused_before_anything_is_served() {
    let (folder, path) = file(r#"{"tenants": {"acme": {"maxLines": 5000}}}"#);
    let data = folder.path().join("data");

    let ended = cartstream(&["--policies", &path, "--data", data.to_str().unwrap()]).await;

    assert_eq!(ended.code, Some(2), "{ended:?}");
    let reason = "the policy of acme: maxLines is 1 to 900";
    assert!(ended.said.contains(reason), "{ended:?}");
}

//! What ends by itself: a lease nobody pays within, and carts whose time passes, in checkout or not.

use cart_tests::support::node::Node;
use cart_tests::support::shop::eventually;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::store::{
    FOLLOWS_WITHIN, add, applied, check_out, checkout_path, complete, get, is_free, level,
    policies, put, refused,
};
use crate::{Engines, in_shop};

/// A guest's time passes while he pays.
const SHORT: &str = r#"{"default": {"lease": "3s", "guestTtl": "2s"}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_ends_opens_the_cart_and_frees_its_stock() {
    let (_folder, path) = policies(SHORT);
    in_shop(Engines::Real, "lease", &["--policies", &path], ends_by_itself).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_of_a_small_shop_that_ends_opens_the_cart_and_frees_its_stock() {
    let (_folder, path) = policies(SHORT);
    in_shop(Engines::Embedded, "lease", &["--policies", &path], ends_by_itself).await;
}

async fn ends_by_itself(node: &Node) {
    put(node, "thing", json!({"price": 10, "stock": 9})).await;
    put(node, "gift", json!({"price": 10, "stock": 9})).await;
    tokio::join!(
        nobody_pays_in_time(node),
        a_guests_time_passes_in_checkout(node),
        a_guest_does_nothing(node),
    );
}

/// A cart's state once something has happened to it by itself.
async fn after(node: &Node, user: &str, version: &Value) -> Value {
    let what = format!("something happens to the cart of {user}");
    let state = eventually(&what, FOLLOWS_WITHIN, || async {
        let (_, state) = get(node, &format!("/api/cart/{user}/state")).await;
        (state["version"].as_u64() > version.as_u64()).then_some(state)
    });
    state.await.unwrap()
}

async fn nobody_pays_in_time(node: &Node) {
    add(node, "ann", "thing", 2).await;
    let ready = applied(check_out(node, "ann")).await;
    assert_eq!(level(node, "thing").await["reserved"], 2);

    let state = after(node, "ann", &ready["version"]).await;

    assert_eq!((&state["state"], &state["lockedBy"]), (&json!("active"), &json!(null)));
    assert_eq!(is_free(node, "thing").await["onHand"], 9);
    refused(complete(node, "ann", &ready, "order-1"), 409, "checkout_expired").await;
    let (status, told) = get(node, &checkout_path("ann", &ready)).await;
    assert_eq!((status, &told["state"]), (StatusCode::OK, &json!("expired")));
    assert_eq!((&told["lines"], &told["expiresAt"]), (&ready["lines"], &ready["expiresAt"]));
    let (_, cart) = get(node, "/api/cart/ann").await;
    assert_eq!((&cart["itemCount"], &cart["locked"]), (&json!(2), &json!(false)));
    let next = applied(check_out(node, "ann")).await;
    applied(complete(node, "ann", &next, "order-2")).await;
}

async fn a_guests_time_passes_in_checkout(node: &Node) {
    add(node, "guest_bob", "gift", 2).await;
    let ready = applied(check_out(node, "guest_bob")).await;
    let (_, state) = get(node, "/api/cart/guest_bob/state").await;
    assert!(state["deadlines"]["expiry"].as_str() < state["lockedUntil"].as_str(), "{state}");

    let state = after(node, "guest_bob", &ready["version"]).await;

    assert_eq!((&state["state"], &state["locked"]), (&json!("expired"), &json!(false)));
    assert!(state["deadlines"]["restore"].is_string(), "{state}");
    let (_, cart) = get(node, "/api/cart/guest_bob").await;
    assert_eq!((&cart["items"], &cart["state"]), (&json!([]), &json!("expired")));
    assert_eq!(is_free(node, "gift").await["onHand"], 9);
    refused(complete(node, "guest_bob", &ready, "order-3"), 409, "checkout_expired").await;
    refused(check_out(node, "guest_bob"), 422, "empty_cart").await;
}

async fn a_guest_does_nothing(node: &Node) {
    let cart = add(node, "guest_cat", "thing", 1).await;
    assert_eq!(cart["state"], "active");

    let state = after(node, "guest_cat", &cart["version"]).await;

    assert_eq!(state["state"], "expired", "{state}");
}

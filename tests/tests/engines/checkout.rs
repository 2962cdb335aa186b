//! Paying for carts over HTTP: the whole way, every "no", second thoughts, and what ends by itself.

mod lease;
mod store;

use cart_tests::support::node::Node;
use reqwest::StatusCode;
use serde_json::{Value, json};

use self::store::{
    add, answer, applied, cancel, check_out, checkout_path, complete, get, is_free, item, key_id,
    level, policies, post, put, refused, request,
};
use crate::{Engines, in_shop};

/// Nothing keeps its price, so that every change of one is told.
const PRICES: &str = r#"{"default": {"priceHold": "0s"}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn carts_are_paid_for() {
    let (_folder, path) = policies(PRICES);
    in_shop(Engines::Real, "checkout", &["--policies", &path], every_way).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn carts_of_a_small_shop_are_paid_for() {
    let (_folder, path) = policies(PRICES);
    in_shop(Engines::Embedded, "checkout", &["--policies", &path], every_way).await;
}

async fn every_way(node: &Node) {
    put(node, "thing", json!({"price": 10, "stock": 100})).await;
    the_whole_way(node).await;
    nobody_changes_what_is_paid_for(node).await;
    what_is_short_is_named_and_the_cart_is_open(node).await;
    given_up_everything_is_free(node).await;
    changed_prices_are_told_and_accepted(node).await;
    what_cannot_be_bought_begins_nothing(node).await;
    the_last_piece_is_sold_once(node).await;
    an_outcome_is_fetched_later(node).await;
}

async fn the_whole_way(node: &Node) {
    add(node, "ann", "thing", 3).await;
    let begin = || check_out(node, "ann").header("Idempotency-Key", "pay");

    let ready = begin().send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);
    let tag = ready.headers()["etag"].to_str().unwrap().to_owned();
    let text = ready.text().await.unwrap();
    assert!(text.contains(r#""total":30.00,"currency":"USD""#), "{text}");
    let ready: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&ready["state"], &ready["orderID"]), (&json!("ready"), &json!(null)));
    assert_eq!(tag, format!("\"{}\"", ready["version"]));
    assert_eq!(ready["lines"][0]["quantity"], 3);
    assert_eq!(level(node, "thing").await["reserved"], 3);
    assert_eq!(get(node, &checkout_path("ann", &ready)).await, (StatusCode::OK, ready.clone()));

    let sold = applied(complete(node, "ann", &ready, "order-1")).await;
    assert_eq!((&sold["state"], &sold["orderID"]), (&json!("completed"), &json!("order-1")));
    assert_eq!(sold["lines"], ready["lines"]);
    let (_, cart) = get(node, "/api/cart/ann").await;
    assert_eq!((&cart["items"], &cart["locked"]), (&json!([]), &json!(false)));
    assert_eq!((&cart["state"], &cart["version"]), (&json!("active"), &sold["version"]));
    let left = is_free(node, "thing").await;
    assert_eq!((&left["onHand"], &left["available"]), (&json!(97), &json!(97)));
    let (_, shown) = get(node, "/api/products/thing").await;
    assert_eq!((&shown["stock"], &shown["level"]["available"]), (&json!(100), &json!(97)));

    assert_eq!(applied(complete(node, "ann", &ready, "order-1")).await, sold, "the same order");
    refused(complete(node, "ann", &ready, "order-2"), 409, "checkout_completed").await;
    refused(cancel(node, "ann", &ready), 409, "checkout_completed").await;
    assert_eq!(get(node, &checkout_path("ann", &ready)).await, (StatusCode::OK, sold.clone()));
    let again = begin().send().await.unwrap();
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    let again: Value = again.json().await.unwrap();
    assert_eq!(
        (&again["checkoutID"], &again["state"]),
        (&ready["checkoutID"], &json!("completed"))
    );
}

async fn nobody_changes_what_is_paid_for(node: &Node) {
    add(node, "bob", "thing", 1).await;
    add(node, "guest-bob", "thing", 1).await;
    let ready = applied(check_out(node, "bob")).await;
    let path = |rest: &str| format!("/api/cart/bob/{rest}");
    let thing = format!("items/{}", item("thing"));
    let merge = json!({"fromUserID": "guest-bob"});

    for change in [
        post(node, &path("items")).json(&json!({"productID": "thing", "quantity": 1})),
        request(node, "PUT", &path(&thing)).json(&json!({"quantity": 1})),
        request(node, "DELETE", &path(&thing)),
        post(node, &path("clear")),
        post(node, &path("expiry")).json(&json!({"extendSeconds": 60})),
        post(node, &path("restore")),
        post(node, &path("merge")).json(&merge),
        post(node, "/api/cart/guest-bob/merge").json(&json!({"fromUserID": "bob"})),
        check_out(node, "bob"),
    ] {
        let answer = change.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::LOCKED, "{answer:?}");
        let seconds = answer.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap();
        assert!((800..=900).contains(&seconds), "{seconds}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(
            (&problem["code"], &problem["lockedUntil"]),
            (&json!("cart_locked"), &ready["expiresAt"])
        );
    }

    let (_, state) = get(node, &path("state")).await;
    assert_eq!((&state["state"], &state["locked"]), (&json!("locked"), &json!(true)));
    assert_eq!(
        (&state["lockedBy"], &state["lockedUntil"]),
        (&ready["checkoutID"], &ready["expiresAt"])
    );
    assert_eq!(state["deadlines"]["lease"], ready["expiresAt"]);
    let (_, cart) = get(node, "/api/cart/bob").await;
    assert_eq!((&cart["state"], &cart["itemCount"]), (&json!("locked"), &json!(1)));
    assert_eq!(store::pieces(node, "guest-bob", 1).await["itemCount"], 1, "its item is back");
    applied(cancel(node, "bob", &ready)).await;
}

async fn what_is_short_is_named_and_the_cart_is_open(node: &Node) {
    put(node, "rare", json!({"price": 5, "stock": 2})).await;
    add(node, "cat", "rare", 2).await;
    add(node, "cat", "thing", 1).await;
    applied(post(node, "/api/products/rare/stock").json(&json!({"delta": -1}))).await;
    let begin = || check_out(node, "cat").header("Idempotency-Key", "short");
    let short = json!([{"itemID": item("rare"), "available": 1}]);

    let problem = refused(begin(), 409, "insufficient_stock").await;
    assert_eq!(problem["lines"], short);
    let (_, cart) = get(node, "/api/cart/cat").await;
    assert_eq!((&cart["state"], &cart["itemCount"]), (&json!("active"), &json!(3)));
    let warning = json!([{"code": "insufficient_stock", "itemID": item("rare"), "available": 1}]);
    assert_eq!(cart["warnings"], warning);
    assert_eq!(is_free(node, "thing").await["reserved"], 0);
    assert_eq!(is_free(node, "rare").await["onHand"], 1);

    let again = begin().send().await.unwrap();
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(again.json::<Value>().await.unwrap()["lines"], short);
    let id = key_id("cat", "short");
    let (status, told) = get(node, &format!("/api/cart/cat/checkout/{id}")).await;
    assert_eq!((status, &told["state"]), (StatusCode::OK, &json!("refused")));
    let (_, told) = get(node, &format!("/api/cart/cat/commands/{id}")).await;
    assert_eq!(told["problem"]["code"], "insufficient_stock", "{told}");
    applied(request(node, "DELETE", &format!("/api/cart/cat/items/{}", item("rare")))).await;
}

async fn given_up_everything_is_free(node: &Node) {
    add(node, "dan", "thing", 4).await;
    let ready = applied(check_out(node, "dan")).await;

    let cancelled = applied(cancel(node, "dan", &ready)).await;
    assert_eq!((&cancelled["state"], &cancelled["lines"]), (&json!("cancelled"), &ready["lines"]));
    assert_eq!(is_free(node, "thing").await["available"], 97);
    let (_, cart) = get(node, "/api/cart/dan").await;
    assert_eq!((&cart["state"], &cart["itemCount"]), (&json!("active"), &json!(4)));

    assert_eq!(applied(cancel(node, "dan", &ready)).await, cancelled, "twice changes nothing");
    refused(complete(node, "dan", &ready, "order-3"), 409, "checkout_expired").await;
    add(node, "dan", "thing", 1).await;
    let next = applied(check_out(node, "dan")).await;
    assert_eq!(next["lines"][0]["quantity"], 5);
    let (_, told) = get(node, &checkout_path("dan", &ready)).await;
    assert_eq!(told["state"], "cancelled");
    applied(cancel(node, "dan", &next)).await;
}

async fn changed_prices_are_told_and_accepted(node: &Node) {
    put(node, "hat", json!({"price": 10, "stock": 9})).await;
    add(node, "eve", "hat", 2).await;
    put(node, "hat", json!({"price": 12.5, "stock": 9})).await;

    let (_, cart) = get(node, "/api/cart/eve").await;
    let changed = json!({"itemID": item("hat"), "price": 10.00, "currentPrice": 12.50});
    assert_eq!(cart["warnings"][0]["code"], "price_changed");
    let problem = refused(check_out(node, "eve"), 409, "price_changed").await;
    assert_eq!(problem["lines"], json!([changed]));
    let no = check_out(node, "eve").json(&json!({"acceptPrices": false}));
    refused(no, 409, "price_changed").await;
    let ready = applied(check_out(node, "eve").json(&json!({"acceptPrices": true}))).await;
    assert_eq!((&ready["total"], &ready["lines"][0]["price"]), (&json!(25.0), &json!(12.5)));
    applied(complete(node, "eve", &ready, "order-4")).await;
}

async fn what_cannot_be_bought_begins_nothing(node: &Node) {
    refused(check_out(node, "nobody"), 422, "empty_cart").await;
    put(node, "old", json!({"price": 1, "stock": 9})).await;
    add(node, "fay", "old", 1).await;
    let stale = check_out(node, "fay").header("If-Match", "\"7\"");
    refused(stale, 412, "version_mismatch").await;
    put(node, "old", json!({"price": 1, "stock": 9, "available": false})).await;
    refused(check_out(node, "fay"), 409, "product_unavailable").await;
    put(node, "old", json!({"price": 1, "stock": 9, "currency": "EUR"})).await;
    refused(check_out(node, "fay"), 409, "product_unavailable").await;

    let none = json!({"checkoutID": "018cbb42-2f31-7000-8000-000000000001"});
    refused(complete(node, "fay", &none, "order-5"), 404, "checkout_not_found").await;
    refused(cancel(node, "fay", &none), 404, "checkout_not_found").await;
    refused(request(node, "GET", &checkout_path("fay", &none)), 404, "checkout_not_found").await;
    refused(complete(node, "fay", &none, "a b"), 422, "invalid_order_id").await;
}

async fn the_last_piece_is_sold_once(node: &Node) {
    put(node, "last", json!({"price": 7, "stock": 1})).await;
    for user in ["gus", "hal"] {
        add(node, user, "last", 1).await;
    }
    let begun = tokio::join!(answer(check_out(node, "gus")), answer(check_out(node, "hal")));
    let (ready, loser) = match begun {
        ((StatusCode::OK, ready), (StatusCode::CONFLICT, _)) => (("gus", ready), "hal"),
        ((StatusCode::CONFLICT, _), (StatusCode::OK, ready)) => (("hal", ready), "gus"),
        other => panic!("one of two has the last piece: {other:?}"),
    };

    let (winner, ready) = ready;
    let problem = refused(check_out(node, loser), 409, "insufficient_stock").await;
    assert_eq!(problem["lines"], json!([{"itemID": item("last"), "available": 0}]));
    applied(complete(node, winner, &ready, "order-6")).await;
    let left = is_free(node, "last").await;
    assert_eq!((&left["onHand"], &left["available"]), (&json!(0), &json!(0)));
    refused(check_out(node, loser), 409, "insufficient_stock").await;
    let (_, cart) = get(node, &format!("/api/cart/{loser}")).await;
    assert_eq!(cart["warnings"], json!([{"code": "out_of_stock", "itemID": item("last")}]));
}

async fn an_outcome_is_fetched_later(node: &Node) {
    add(node, "ida", "thing", 1).await;
    let later = check_out(node, "ida").header("Prefer", "respond-async").send().await.unwrap();
    assert_eq!(later.status(), StatusCode::ACCEPTED);
    let location = later.headers()["location"].to_str().unwrap().to_owned();
    let told = store::until_told(node, &location).await;
    assert_eq!(told["status"], "applied", "{told}");

    let id = json!({"checkoutID": later.json::<Value>().await.unwrap()["commandID"]});
    let (status, ready) = get(node, &checkout_path("ida", &id)).await;
    assert_eq!((status, &ready["state"]), (StatusCode::OK, &json!("ready")));
    applied(complete(node, "ida", &ready, "order-7")).await;
}

//! Every way to be told no: its status, its stable code, and that nothing changed.

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use cart_tests::support::node::Node;

use crate::{Engines, in_shop};

fn request(node: &Node, method: Method, path: &str) -> RequestBuilder {
    Client::new().request(method, node.at(path))
}

async fn problem(request: RequestBuilder) -> (u16, String, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let media = answer.headers()["content-type"].to_str().unwrap().to_owned();
    let text = answer.text().await.unwrap();
    assert_eq!(media, "application/problem+json", "{text}");
    let body: Value = serde_json::from_str(&text).unwrap();
    (status, body["code"].as_str().unwrap_or_default().to_owned(), body)
}

async fn expect(request: RequestBuilder, status: u16, code: &str) -> Value {
    let (got, told, body) = problem(request).await;
    assert_eq!((got, told.as_str()), (status, code), "{body}");
    body
}

fn add(node: &Node, user: &str, body: &Value) -> RequestBuilder {
    request(node, Method::POST, &format!("/api/cart/{user}/items")).json(body)
}

async fn applied(request: RequestBuilder) -> reqwest::Response {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_a_problem_with_a_stable_code_and_changes_nothing() {
    in_shop(Engines::Real, "problems", &[], every_refusal).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_of_a_small_shop_is_the_same_problem() {
    in_shop(Engines::Embedded, "problems", &[], every_refusal).await;
}

async fn every_refusal(node: &Node) {
    applied(add(node, "ann", &json!({"productID": "prod_1", "quantity": 1}))).await;

    what_the_edge_refuses(node).await;
    what_a_decision_refuses(node).await;
    versions_are_compared(node).await;
    a_key_used_again(node).await;
    answers_can_be_fetched_later(node).await;

    let cart: Value = reqwest::get(node.at("/api/cart/ann")).await.unwrap().json().await.unwrap();
    assert_eq!((&cart["itemCount"], &cart["version"]), (&json!(1), &json!(1)), "{cart}");
}

async fn what_the_edge_refuses(node: &Node) {
    let items = || request(node, Method::POST, "/api/cart/ann/items");
    let json_type = |request: RequestBuilder| request.header("content-type", "application/json");
    let twice = r#"{"productID":"prod_1","quantity":1,"quantity":2}"#;
    expect(json_type(items()).body("{"), 400, "malformed").await;
    expect(json_type(items()).body(twice), 400, "malformed").await;
    expect(items().json(&json!({"quantity": 1})), 400, "malformed").await;
    expect(items().body("quantity=1"), 415, "unsupported_media_type").await;
    let long = format!("{{\"productID\":\"{}\"}}", "x".repeat(20_000));
    expect(json_type(items()).body(long), 413, "body_too_large").await;
    expect(request(node, Method::PATCH, "/api/cart/ann"), 405, "method_not_allowed").await;
    expect(request(node, Method::GET, "/nowhere"), 404, "not_found").await;
    expect(request(node, Method::GET, "/api/products/nope"), 404, "product_not_found").await;
    let spaced = request(node, Method::GET, "/api/cart/ann%20lee");
    expect(spaced, 422, "invalid_user_id").await;
    for quantity in [json!(0), json!(-1), json!(1.5), json!(10_000_000)] {
        let body = json!({"productID": "prod_1", "quantity": quantity});
        let problem = expect(add(node, "ann", &body), 422, "invalid_quantity").await;
        assert_eq!(problem["errors"][0]["pointer"], "/quantity", "{problem}");
    }
    let extend = |seconds: Value| {
        let request = request(node, Method::POST, "/api/cart/ann/expiry");
        request.json(&json!({"extendSeconds": seconds}))
    };
    expect(extend(json!(0)), 422, "invalid_expiry").await;
    expect(extend(json!(31 * 86_400)), 422, "invalid_expiry").await;
    let put = |price: &str| {
        let body = format!(r#"{{"name":"X","price":{price},"stock":1}}"#);
        json_type(request(node, Method::PUT, "/api/products/x")).body(body)
    };
    expect(put("1.999"), 422, "invalid_price").await;
    expect(put("100000000.01"), 422, "invalid_price").await;
}

async fn what_a_decision_refuses(node: &Node) {
    let add = |product: &str, quantity: u32, variant: &str| {
        let body = json!({"productID": product, "quantity": quantity, "variant": variant});
        add(node, "ann", &body)
    };
    expect(add("nope", 1, ""), 404, "product_not_found").await;
    expect(add("prod_1", 1, "huge-green"), 422, "unknown_variant").await;
    expect(add("prod_1", 1_000, ""), 422, "cart_limit").await;
    let short = expect(add("prod_1", 200, ""), 409, "insufficient_stock").await;
    assert_eq!(short["available"], 100, "{short}");
    let missing = cart_tests::support::customer::item_id("prod_2").unwrap();
    let line = format!("/api/cart/ann/items/{missing}");
    expect(request(node, Method::DELETE, &line), 404, "item_not_found").await;
    let set = request(node, Method::PUT, &line).json(&json!({"quantity": 1}));
    expect(set, 404, "item_not_found").await;
    let garbage = request(node, Method::DELETE, "/api/cart/ann/items/item_789");
    expect(garbage, 404, "item_not_found").await;

    let gone = json!({"name": "Gone", "price": 1, "stock": 5, "available": false});
    applied(request(node, Method::PUT, "/api/products/gone").json(&gone)).await;
    expect(add("gone", 1, ""), 409, "product_unavailable").await;
    let euro = json!({"name": "Euro", "price": 1.00, "currency": "EUR", "stock": 5});
    applied(request(node, Method::PUT, "/api/products/euro").json(&euro)).await;
    expect(add("euro", 1, ""), 409, "currency_mismatch").await;
}

async fn versions_are_compared(node: &Node) {
    let clear = |version: &str| {
        request(node, Method::POST, "/api/cart/ann/clear").header("If-Match", version)
    };

    let stale = expect(clear("\"7\""), 412, "version_mismatch").await;
    assert_eq!(stale["currentVersion"], 1, "{stale}");
    expect(clear("nonsense"), 400, "malformed").await;

    let body = json!({"productID": "prod_2", "quantity": 1});
    applied(add(node, "bea", &body).header("If-Match", "\"0\"")).await;
    let stale = add(node, "bea", &body).header("If-Match", "\"0\"");
    expect(stale, 412, "version_mismatch").await;
}

async fn a_key_used_again(node: &Node) {
    let keyed = |key: &str, quantity: u32| {
        let body = json!({"productID": "prod_1", "quantity": quantity});
        add(node, "cal", &body).header("Idempotency-Key", key)
    };
    applied(keyed("k1", 2)).await;
    applied(keyed("k2", 1)).await;

    let again = applied(keyed("k1", 2)).await;
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(again.headers()["cart-applied-version"], "1");
    assert_eq!(again.headers()["etag"], "\"2\"");
    let cart: Value = again.json().await.unwrap();
    assert_eq!(cart["itemCount"], 3, "{cart}");

    expect(keyed("k1", 5), 422, "idempotency_conflict").await;
    expect(keyed("k3", 500), 409, "insufficient_stock").await;
    let (status, code, _) = problem(keyed("k3", 500)).await;
    assert_eq!((status, code.as_str()), (409, "insufficient_stock"));
}

async fn answers_can_be_fetched_later(node: &Node) {
    let body = json!({"productID": "prod_1", "quantity": 1});
    let later = add(node, "dan", &body).header("Prefer", "respond-async");

    let answer = later.send().await.unwrap();

    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let applied = cart_tests::support::shop::eventually(
        "the command is applied",
        std::time::Duration::from_secs(10),
        || async {
            let told = reqwest::get(node.at(&location)).await.ok()?;
            let done = told.status() == StatusCode::OK;
            let told: Value = told.json().await.ok()?;
            done.then_some(told)
        },
    );
    let told = applied.await.unwrap();
    assert_eq!(told, json!({"status": "applied", "version": 1}));
    let unknown = "/api/cart/dan/commands/018cbb42-2f31-7000-8000-000000000001";
    let unknown = request(node, Method::GET, unknown);
    let settled = cart_tests::support::shop::eventually(
        "an unknown command is told to be unknown",
        std::time::Duration::from_secs(10),
        || async {
            let answer = unknown.try_clone()?.send().await.ok()?;
            (answer.status() == StatusCode::NOT_FOUND).then_some(())
        },
    );
    settled.await.unwrap();
}

//! The source document's requests, its JSON and its three unit tests, over HTTP.

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use cart_tests::support::node::Node;

use crate::{Engines, in_shop};

async fn add(node: &Node, user: &str, body: Value) -> Response {
    let url = node.at(&format!("/api/cart/{user}/items"));
    Client::new().post(url).json(&body).send().await.unwrap()
}

async fn cart(node: &Node, user: &str) -> String {
    let url = node.at(&format!("/api/cart/{user}"));
    reqwest::get(url).await.unwrap().text().await.unwrap()
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_source_documents_flow_is_served() {
    in_shop(Engines::Real, "flow", &[], the_flow).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_source_documents_flow_is_served_from_a_data_folder() {
    in_shop(Engines::Embedded, "flow", &[], the_flow).await;
}

async fn the_flow(node: &Node) {
    the_source_documents_requests_get_its_json(node).await;
    an_item_is_added_and_costs_59_98(node).await;
    an_item_is_updated_and_costs_149_95(node).await;
    ten_concurrent_adds_are_ten_pieces(node).await;
    the_last_routes_of_the_document_answer(node).await;
    an_unknown_users_cart_is_empty(node).await;
    products_are_listed_put_and_sold(node).await;
    stock_is_counted_once_and_offered_at_once(node).await;
}

async fn the_source_documents_requests_get_its_json(node: &Node) {
    let body = json!({"productID": "prod_456", "quantity": 2, "variant": "large-red"});

    let answer = add(node, "user_doc", body).await;

    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["etag"], "\"1\"");
    let text = cart(node, "user_doc").await;
    let got: Value = serde_json::from_str(&text).unwrap();
    for key in ["userID", "items", "total", "itemCount", "lastModified", "expiresAt"] {
        assert!(keys(&got).contains(&key), "{key} in {text}");
    }
    let line = &got["items"][0];
    for key in ["itemID", "productID", "name", "price", "quantity", "variant", "addedAt"] {
        assert!(keys(line).contains(&key), "{key} in {text}");
    }
    assert!(text.contains("\"price\":29.99,\"quantity\":2,\"variant\":\"large-red\""), "{text}");
    assert!(text.contains("\"total\":59.98,\"itemCount\":2,"), "{text}");
    assert_eq!((&got["userID"], &line["name"]), (&json!("user_doc"), &json!("T-Shirt")));
}

async fn an_item_is_added_and_costs_59_98(node: &Node) {
    let body = json!({"productID": "prod_1", "quantity": 2, "variant": ""});

    let text = add(node, "user123", body).await.text().await.unwrap();

    assert!(text.contains("\"total\":59.98,"), "{text}");
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["items"].as_array().unwrap().len(), 1);
}

async fn an_item_is_updated_and_costs_149_95(node: &Node) {
    let before: Value = serde_json::from_str(&cart(node, "user123").await).unwrap();
    let item = before["items"][0]["itemID"].as_str().unwrap();
    let url = node.at(&format!("/api/cart/user123/items/{item}"));

    let answer = Client::new().put(url).json(&json!({"quantity": 5})).send().await.unwrap();

    let text = answer.text().await.unwrap();
    assert!(text.contains("\"total\":149.95,"), "{text}");
    assert!(text.contains("\"quantity\":5,"), "{text}");
}

async fn ten_concurrent_adds_are_ten_pieces(node: &Node) {
    let adds = (0..10).map(|_| add(node, "crowd", json!({"productID": "prod_1", "quantity": 1})));

    let answers = futures::future::join_all(adds).await;

    assert!(answers.iter().all(|answer| answer.status() == StatusCode::OK));
    let got: Value = serde_json::from_str(&cart(node, "crowd").await).unwrap();
    assert_eq!((&got["itemCount"], &got["version"]), (&json!(10), &json!(10)));
    assert_eq!(got["items"].as_array().unwrap().len(), 1);
}

async fn the_last_routes_of_the_document_answer(node: &Node) {
    let get = async |path: &str| {
        let answer = reqwest::get(node.at(path)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json::<Value>().await.unwrap()
    };
    let state = get("/api/cart/user123/state").await;
    assert_eq!((&state["state"], &state["locked"]), (&json!("active"), &json!(false)));
    let expiry = get("/api/cart/user123/expiry").await;
    assert!(expiry["secondsLeft"].as_u64().unwrap() > 86_000, "{expiry}");

    let http = Client::new();
    let extend = http.post(node.at("/api/cart/user123/expiry"));
    let extended = extend.json(&json!({"extendSeconds": 3_600})).send().await.unwrap();
    assert_eq!(extended.status(), StatusCode::OK);
    let later = get("/api/cart/user123/expiry").await;
    assert!(later["secondsLeft"].as_u64().unwrap() > 89_000, "{later}");

    let cleared = http.post(node.at("/api/cart/user123/clear")).send().await.unwrap();
    let text = cleared.text().await.unwrap();
    assert!(text.contains("\"items\":[],\"total\":0,\"itemCount\":0,"), "{text}");
    assert!(text.contains("\"currency\":null"), "{text}");
}

async fn an_unknown_users_cart_is_empty(node: &Node) {
    let answer = reqwest::get(node.at("/api/cart/nobody")).await.unwrap();

    assert_eq!(
        (answer.status(), &answer.headers()["etag"]),
        (StatusCode::OK, &"\"0\"".parse().unwrap())
    );
    let got: Value = answer.json().await.unwrap();
    assert_eq!((&got["version"], &got["items"]), (&json!(0), &json!([])));
}

async fn products_are_listed_put_and_sold(node: &Node) {
    let http = Client::new();
    let all: Value = http.get(node.at("/api/products")).send().await.unwrap().json().await.unwrap();
    assert!(all.to_string().contains("\"prod_2\""), "{all}");

    let yen = json!({"name": "Fan", "price": 1500, "currency": "JPY", "stock": 3});
    let put = http.put(node.at("/api/products/fan")).json(&yen).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::OK, "{}", put.text().await.unwrap());

    let text =
        add(node, "yen", json!({"productID": "fan", "quantity": 2})).await.text().await.unwrap();
    assert!(text.contains("\"total\":3000,"), "{text}");
    assert!(text.contains("\"currency\":\"JPY\""), "{text}");
}

async fn stock_is_counted_once_and_offered_at_once(node: &Node) {
    let http = Client::new();
    let level = async || {
        let lamp = http.get(node.at("/api/products/lamp")).send().await.unwrap();
        lamp.json::<Value>().await.unwrap()["level"]["available"].clone()
    };
    let put = async |stock: u32| {
        let lamp = json!({"name": "Lamp", "price": 20, "stock": stock});
        let put = http.put(node.at("/api/products/lamp")).json(&lamp).send().await.unwrap();
        assert_eq!(put.status(), StatusCode::OK, "{}", put.text().await.unwrap());
    };
    let adjust = async |key: &str, delta: i64| {
        let url = node.at("/api/products/lamp/stock");
        let ask = http.post(url).header("idempotency-key", key).json(&json!({"delta": delta}));
        let answer = ask.send().await.unwrap();
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    put(3).await;

    let (status, counted) = adjust("count", -1).await;
    assert_eq!(status, StatusCode::OK, "{counted}");
    let stock = json!({"productID": "lamp", "variant": null, "onHand": 2, "reserved": 0,
        "available": 2, "version": 2});
    assert_eq!(counted, stock);
    assert_eq!(level().await, 2, "at once where it was counted");
    assert_eq!(adjust("count", -1).await, (StatusCode::OK, stock), "once, however often sent");
    assert_eq!(adjust("count", -2).await.1["code"], "idempotency_conflict");
    assert_eq!(adjust("lost", -3).await.1["code"], "invalid_stock");

    put(3).await;
    let add = async |quantity: u32| {
        add(node, "lamps", json!({"productID": "lamp", "quantity": quantity})).await
    };
    let many: Value = add(3).await.json().await.unwrap();
    assert_eq!((&many["code"], &many["available"]), (&json!("insufficient_stock"), &json!(2)));
    assert_eq!(add(2).await.status(), StatusCode::OK);
}

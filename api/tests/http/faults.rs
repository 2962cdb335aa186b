//! What is wrong with a request, and that two faults have one answer.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;

use crate::support::{World, shirt};

const JSON: &str = "application/json";

async fn fault(world: &World, request: (&str, &str, &str, &str)) -> (u16, String) {
    let (method, path, content_type, body) = request;
    let request = Request::builder().method(method).uri(path).header("content-type", content_type);
    world.ask(request.body(Body::from(body.to_owned())).unwrap()).await.problem()
}

#[tokio::test]
async fn each_fault_has_its_problem() {
    let world = World::new().await;
    let large = " ".repeat(16 * 1024 + 1);
    let add = r#"{"productID":"p","quantity":1}"#;
    let item = format!("/api/cart/u/items/{}", shirt());

    for (request, expected) in [
        (("GET", "/nowhere", JSON, ""), (404, "not_found")),
        (("GET", "/api/cart/u/nothing", JSON, ""), (404, "not_found")),
        (("GET", "/api/cart/", JSON, ""), (404, "not_found")),
        (("GET", "/api/cart/%zz", JSON, ""), (400, "malformed")),
        (("GET", "/api/cart/%ff", JSON, ""), (400, "malformed")),
        (("GET", "/%zz", JSON, ""), (400, "malformed")),
        (("GET", "/api/cart/a%20b", JSON, ""), (422, "invalid_user_id")),
        (("GET", "/api/cart/a%2Fb", JSON, ""), (422, "invalid_user_id")),
        (("PATCH", "/api/cart/u", JSON, ""), (405, "method_not_allowed")),
        (("POST", "/api/cart/u/items", JSON, "{"), (400, "malformed")),
        (("POST", "/api/cart/u/items", JSON, r#"{"quantity":1,"quantity":1}"#), (400, "malformed")),
        (("POST", "/api/cart/u/items", "text/plain", add), (415, "unsupported_media_type")),
        (("POST", "/api/cart/u/items", JSON, &large), (413, "body_too_large")),
        (("POST", "/api/cart/u/clear", "text/plain", &large), (413, "body_too_large")),
        (("POST", "/api/cart/u/expiry", JSON, r#"{"extendSeconds":0}"#), (422, "invalid_expiry")),
        (("PUT", &item, JSON, r#"{"quantity":0.5}"#), (422, "invalid_quantity")),
        (("PUT", "/api/cart/u/items/i_x", JSON, r#"{"quantity":1}"#), (404, "item_not_found")),
        (("DELETE", "/api/cart/u/items/item_789", JSON, ""), (404, "item_not_found")),
        (("GET", "/api/cart/u/commands/7", JSON, ""), (404, "command_not_found")),
        (("GET", "/api/products/nothing", JSON, ""), (404, "product_not_found")),
        (("GET", "/ws/cart/u", JSON, ""), (400, "malformed")),
    ] {
        let (status, code) = expected;
        assert_eq!(fault(&world, request).await, (status, code.to_owned()), "{request:?}");
    }
}

#[tokio::test]
async fn two_faults_have_one_answer() {
    let world = World::new().await;
    let large = "x".repeat(16 * 1024 + 1);
    let nobody = "/api/cart/a%20b/items";

    for (request, expected) in [
        (("PATCH", "/api/cart/%zz", JSON, ""), "malformed"),
        (("PATCH", nobody, "text/plain", large.as_str()), "method_not_allowed"),
        (("POST", nobody, "text/plain", large.as_str()), "body_too_large"),
        (("POST", nobody, "text/plain", "{"), "unsupported_media_type"),
        (("POST", nobody, JSON, "{"), "malformed"),
        (("POST", nobody, JSON, r#"{"productID":"a b","quantity":0}"#), "invalid_user_id"),
        (
            ("POST", "/api/cart/u/items", JSON, r#"{"productID":"a b","quantity":0}"#),
            "invalid_quantity",
        ),
        (
            (
                "POST",
                "/api/cart/u/items",
                JSON,
                r#"{"productID":"p","quantity":1,"variant":"a b"}"#,
            ),
            "product_not_found",
        ),
    ] {
        assert_eq!(fault(&world, request).await.1, expected, "{request:?}");
    }
}

#[tokio::test]
async fn malformed_headers_come_before_the_body_is_looked_at() {
    let world = World::new().await;

    for (name, value) in [("if-match", "W/\"3\""), ("if-match", "3"), ("idempotency-key", "a b")] {
        let request = Request::post("/api/cart/a%20b/items").header(name, value);
        let said = world.ask(request.body(Body::from("{")).unwrap()).await;
        assert_eq!(said.problem(), (400, "malformed".to_owned()), "{name}: {value}");
    }
}

#[tokio::test]
async fn a_method_not_allowed_names_those_that_are() {
    let world = World::new().await;
    let said = world.send("PATCH", &format!("/api/cart/u/items/{}", shirt()), "{}").await;

    let allow = said.header("allow").unwrap();
    assert!(allow.contains("PUT") && allow.contains("DELETE"), "{allow}");
}

#[tokio::test]
async fn a_panic_is_500_and_says_nothing_of_it() {
    let world = World::new().await;
    world.log.decide(Arc::new(|_| panic!("secret")));

    let said = world.send("POST", "/api/cart/u/clear", "").await;

    assert_eq!(said.problem(), (500, "internal".to_owned()));
    assert!(!said.text.contains("secret"));
    assert!(said.header("x-request-id").is_some());
}

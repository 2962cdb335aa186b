//! Carts read and changed.

use axum::body::Body;
use axum::http::Request;
use cart_schemas::command::{Command, Offer};
use cart_schemas::digest::Digest;
use cart_schemas::generation::Generation;
use cart_schemas::record::{Entry, Outcome, Position};
use cart_schemas::rejection::{Rejection, RejectionCode};
use cart_schemas::reply::Answer;

use crate::support::{World, record, shirt};

#[tokio::test]
async fn a_user_nobody_has_seen_has_an_empty_cart() {
    let world = World::new().await;
    let said = world.get("/api/cart/nobody").await;

    assert_eq!(said.status, 200);
    assert_eq!(said.header("etag"), Some("\"0\""));
    assert_eq!(said.header("content-type"), Some("application/json"));
    assert_eq!(said.header("x-content-type-options"), Some("nosniff"));
    assert!(said.header("x-request-id").is_some());
    let cart = said.json();
    assert_eq!((&cart["version"], &cart["state"]), (&0.into(), &"active".into()));
}

#[tokio::test]
async fn a_stored_cart_is_read_with_its_version_and_todays_price() {
    let world = World::new().await;
    let shirt = r#"{"name":"T-Shirt","price":31.5,"stock":9,"variants":[
        {"id":"large-red","name":"Large Red","price":30,"stock":5}]}"#;
    assert_eq!(world.send("PUT", "/api/products/prod_456", shirt).await.status, 200);
    world.store.hold("user123", &record(3));

    let said = world.get("/api/cart/user123").await;

    assert_eq!(said.header("etag"), Some("\"3\""));
    assert!(said.text.contains(r#""price":29.99,"quantity":2,"variant":"large-red""#), "{said:?}");
    assert!(said.text.contains(r#""currentPrice":30.00,"available":true}],"total":59.98"#));
    let warning = r#""warnings":[{"code":"price_changed","itemID":"i_cHJvZF80NTYAbGFyZ2UtcmVk","price":29.99,"currentPrice":30.00}]}"#;
    assert!(said.text.ends_with(warning), "{said:?}");
    assert_eq!(world.get("/api/cart/user123/state").await.json()["version"], 3);
    assert_eq!(
        world.get("/api/cart/user123/expiry").await.json()["expiresAt"],
        "2100-01-01T00:00:00Z"
    );
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_503_and_a_row_nobody_can_read_500() {
    let world = World::new().await;
    world.store.set_down(true);
    let said = world.get("/api/cart/u").await;
    assert_eq!(said.problem(), (503, "unavailable".to_owned()));
    assert_eq!(said.header("retry-after"), Some("1"));

    world.store.set_down(false);
    world.store.hold_bytes("u", b"\xffof a newer build".to_vec());
    assert_eq!(world.get("/api/cart/u").await.problem(), (500, "internal".to_owned()));
}

#[tokio::test]
async fn an_item_is_added_with_what_the_catalog_says_and_what_the_headers_ask() {
    let world = World::new().await;
    world.answers(Answer::Applied { version: 4 }, 4);
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = Request::post("/api/cart/user123/items")
        .header("content-type", "application/json; charset=utf-8")
        .header("idempotency-key", "k-1")
        .header("if-match", "\"3\"")
        .header("traceparent", trace)
        .header("x-request-id", "caller-7");
    let json = r#"{"productID":"prod_456","quantity":2,"variant":"large-red"}"#;

    let said = world.ask(request.body(Body::from(json)).unwrap()).await;

    assert_eq!(said.status, 200, "{said:?}");
    assert_eq!(said.header("etag"), Some("\"4\""));
    assert_eq!(said.header("x-request-id"), Some("caller-7"));
    assert_eq!(said.json()["total"].to_string(), "59.98");
    let (envelope, headers) = world.log.commands().remove(0);
    assert_eq!(envelope.expected_version, Some(3));
    let Command::AddItem { item, quantity, offer, currency: None } = envelope.command else {
        panic!("an add")
    };
    assert_eq!((item, quantity.get(), offer), (shirt(), 2, Offer::NoProduct));
    assert!(headers.iter().any(|header| header.name == "traceparent" && header.value == trace));
}

#[tokio::test]
async fn each_route_of_a_change_sends_its_command() {
    let world = World::new().await;
    world.answers(Answer::Applied { version: 4 }, 4);
    let item = format!("/api/cart/u/items/{}", shirt());

    for (method, path, json) in [
        ("PUT", item.as_str(), r#"{"quantity":5}"#),
        ("PUT", item.as_str(), r#"{"quantity":0}"#),
        ("DELETE", item.as_str(), ""),
        ("POST", "/api/cart/u/clear", ""),
        ("POST", "/api/cart/u/expiry", r#"{"extendSeconds":60}"#),
    ] {
        assert_eq!(world.send(method, path, json).await.status, 200, "{method} {path}");
    }

    let commands = world.log.commands();
    let kinds: Vec<_> = commands.iter().map(|(envelope, _)| envelope.command.kind()).collect();
    assert_eq!(kinds, ["set_quantity", "remove_item", "remove_item", "clear", "extend"]);
}

#[tokio::test]
async fn a_rejection_is_told_as_its_problem() {
    let world = World::new().await;
    world.answers(Answer::Rejected(Rejection::InsufficientStock { available: 3 }), 4);

    let said = world.send("POST", "/api/cart/u/items", r#"{"productID":"p","quantity":5}"#).await;

    assert_eq!(said.problem(), (409, "insufficient_stock".to_owned()));
    assert_eq!(said.json()["available"], 3);
}

#[tokio::test]
async fn asked_to_answer_early_a_change_is_202_with_the_place_to_ask() {
    let world = World::new().await;
    let request = Request::post("/api/cart/u/clear").header("prefer", "respond-async");

    let said = world.ask(request.body(Body::empty()).unwrap()).await;

    assert_eq!(said.status, 202);
    assert_eq!(said.header("preference-applied"), Some("respond-async"));
    let location = said.header("location").unwrap().to_owned();
    assert_eq!(world.get(&location).await.status, 202);
}

#[tokio::test]
async fn an_outcome_that_does_not_come_is_202_and_never_a_lie() {
    let world = World::new().await;

    let said = world.send("POST", "/api/cart/u/clear", "").await;

    assert_eq!(said.status, 202);
    assert_eq!(said.header("retry-after"), Some("1"));
    assert_eq!(said.header("preference-applied"), None);
    let id = said.json()["commandID"].as_str().unwrap().to_owned();
    assert!(said.header("location").unwrap().contains(&format!("/{id}?sent=")));
}

#[tokio::test]
async fn a_log_that_takes_nothing_is_503() {
    let world = World::new().await;
    world.log.set_full();

    let said = world.send("POST", "/api/cart/u/clear", "").await;

    assert_eq!(said.problem(), (503, "unavailable".to_owned()));
}

#[tokio::test]
async fn what_became_of_a_command_is_told_from_the_row() {
    let world = World::new().await;
    let mut held = record(3);
    let id = "018cbb42-2f31-7000-8000-00000000000";
    for (n, outcome) in [(1, Outcome::Applied), (2, Outcome::Rejected(Rejection::ItemNotFound))] {
        held.remember(Entry {
            position: Position { generation: Generation::FIRST, offset: n },
            command: format!("{id}{n}").parse().unwrap(),
            digest: Digest::of(b""),
            outcome,
            version: 3,
            events: Vec::new(),
        });
    }
    world.store.hold("u", &held);
    let status = async |n: u8| world.get(&format!("/api/cart/u/commands/{id}{n}")).await;

    assert_eq!(status(1).await.text, r#"{"status":"applied","version":3}"#);
    let rejected = status(2).await.json();
    assert_eq!(rejected["status"], "rejected");
    assert_eq!(rejected["problem"]["code"], RejectionCode::ItemNotFound.as_str());
    assert_eq!(status(3).await.problem(), (404, "command_not_found".to_owned()));

    // An id that tells no time is given its own, by whoever kept the `Location`.
    let sent = async |sent: &str| {
        let keyed = "018cbb42-2f31-5000-8000-000000000003";
        world.get(&format!("/api/cart/u/commands/{keyed}?sent={sent}")).await
    };
    assert_eq!(sent("99999999999").await.text, r#"{"status":"pending"}"#);
    assert_eq!(sent("1705314600").await.problem(), (404, "command_not_found".to_owned()));
    assert_eq!(sent("yesterday").await.problem(), (400, "malformed".to_owned()));

    world.store.set_down(true);
    assert_eq!(status(1).await.problem(), (503, "unavailable".to_owned()));
}

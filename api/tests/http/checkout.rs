//! Checkouts over HTTP: what is sent, and what is told of each outcome.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use cart_schemas::cart::{Cart, Checkout};
use cart_schemas::checkout::{PriceChange, Quote, Shortage};
use cart_schemas::command::{Asked, Command};
use cart_schemas::dealings::{Dealings, Ended, Ending, Reserving, Sale};
use cart_schemas::digest::Digest;
use cart_schemas::id::{CartId, CheckoutId};
use cart_schemas::money::Price;
use cart_schemas::record::CartRecord;
use cart_schemas::rejection::{Rejection, RejectionCode};
use cart_schemas::reply::{Answer, Snapshot};
use cart_schemas::timestamp::Timestamp;

use crate::support::{World, cart, record, shirt};

const CHECKOUT: &str = "018cbb42-2f31-7000-8000-000000000001";
const FAR: Timestamp = Timestamp::from_millis(4_102_444_800_000);

fn checkout() -> CheckoutId {
    CHECKOUT.parse().unwrap()
}

/// The shirts, locked for a checkout.
fn locked(id: CheckoutId, ready: bool) -> Cart {
    let lines = cart().lines;
    Cart { checkout: Some(Checkout { id, until: FAR, ready, lines, recovered: None }), ..cart() }
}

/// A cart whose checkout ended so.
fn ended(ending: Ending) -> CartRecord {
    let asked = Asked { command: checkout().command(), digest: Digest::of(b"") };
    let sale = Some(Sale { currency: "USD".parse().unwrap(), lines: cart().lines });
    let ended = Ended { checkout: checkout(), asked, at: FAR, until: FAR, ending, sale };
    let dealings = Dealings { ended: vec![ended], ..Dealings::default() };
    CartRecord { version: 5, dealings, ..CartRecord::default() }
}

/// Answers a checkout with one that is ready.
fn grant(world: &World) {
    world.log.decide(Arc::new(|envelope| {
        let cart = locked(CheckoutId::from_command(envelope.id), true);
        let after = Snapshot { cart_id: CartId::of(&envelope.cart, 0), version: 4, cart };
        Some((Answer::Applied { version: 4 }, after))
    }));
}

#[tokio::test]
async fn a_checkout_that_is_ready_is_told_with_what_is_charged() {
    let world = World::new().await;
    grant(&world);

    let said = world.send("POST", "/api/cart/u/checkout", "").await;

    assert_eq!(said.status, 200, "{said:?}");
    assert_eq!(said.header("etag"), Some("\"4\""));
    let told = said.json();
    assert_eq!((&told["state"], &told["version"]), (&"ready".into(), &4.into()));
    assert_eq!(told["total"].to_string(), "59.98");
    assert_eq!(
        (&told["expiresAt"], &told["orderID"]),
        (&"2100-01-01T00:00:00Z".into(), &().into())
    );
    let (envelope, _) = world.log.commands().remove(0);
    assert_eq!(told["checkoutID"], envelope.id.to_string());
    let Command::Checkout { accept_prices, .. } = envelope.command else { panic!("a checkout") };
    assert!(!accept_prices);
}

#[tokio::test]
async fn a_checkout_is_sent_with_what_the_catalog_says_otherwise_of_the_items() {
    let world = World::new().await;
    grant(&world);
    world.store.hold("u", &record(3));
    let put = async |json: &str| world.send("PUT", "/api/products/prod_456", json).await;
    let listed = |price: &str, more: &str| {
        format!(
            r#"{{"name":"T-Shirt","price":{price},"stock":9{more},"variants":[{{"id":"large-red","name":"Red","price":{price},"stock":9}}]}}"#
        )
    };
    let differing = async || {
        let said = world.send("POST", "/api/cart/u/checkout", r#"{"acceptPrices":true}"#).await;
        assert_eq!(said.status, 200, "{said:?}");
        let (envelope, _) = world.log.commands().pop().unwrap();
        let Command::Checkout { accept_prices: true, differing } = envelope.command else {
            panic!("a checkout at any price")
        };
        differing
    };
    let says = |minor: Option<i64>| {
        let price = minor.map(|minor| Price::from_minor(minor).unwrap());
        vec![Quote { item: shirt(), price }]
    };

    assert_eq!(differing().await, says(None), "no product");
    put(&listed("29.99", "")).await;
    assert_eq!(differing().await, []);
    put(&listed("31.5", "")).await;
    assert_eq!(differing().await, says(Some(3_150)));
    put(&listed("29.99", r#","available":false"#)).await;
    assert_eq!(differing().await, says(None), "not for sale");
    put(&listed("29.99", r#","currency":"EUR""#)).await;
    assert_eq!(differing().await, says(None), "for other money");
}

#[tokio::test]
async fn what_was_differing_is_no_part_of_what_was_asked() {
    let world = World::new().await;
    grant(&world);
    world.send("POST", "/api/cart/u/checkout", "{}").await;
    world.store.hold("u", &record(3));
    world.send("POST", "/api/cart/u/checkout", "").await;

    let digests: Vec<_> = world.log.commands().iter().map(|(one, _)| one.digest).collect();

    assert_eq!(digests[0], digests[1]);
}

#[tokio::test]
async fn a_cart_that_cannot_be_read_is_not_checked_out() {
    let world = World::new().await;
    grant(&world);
    world.store.set_down(true);

    let said = world.send("POST", "/api/cart/u/checkout", "").await;

    assert_eq!(said.problem(), (503, "unavailable".to_owned()));
    assert!(world.log.commands().is_empty());
}

#[tokio::test]
async fn why_there_is_no_checkout_is_told_as_its_problem() {
    let world = World::new().await;
    let [price, current] = [2_999, 3_150].map(|minor| Price::from_minor(minor).unwrap());
    let changed = vec![PriceChange { item: shirt(), price, current }];
    let refused = async |answer| {
        world.answers(answer, 4);
        let said = world.send("POST", "/api/cart/u/checkout", "").await;
        (said.problem(), said)
    };

    let (problem, _) = refused(Answer::Rejected(Rejection::EmptyCart)).await;
    assert_eq!(problem, (422, "empty_cart".to_owned()));
    let (problem, said) = refused(Answer::Rejected(Rejection::CartLocked { until: FAR })).await;
    assert_eq!(problem, (423, "cart_locked".to_owned()));
    assert_eq!(said.json()["lockedUntil"], "2100-01-01T00:00:00Z");
    assert!(said.header("retry-after").is_some());
    let (problem, said) =
        refused(Answer::Rejected(Rejection::PriceChanged { lines: changed })).await;
    assert_eq!(problem, (409, "price_changed".to_owned()));
    assert!(said.text.contains(r#""price":29.99,"currentPrice":31.50}]"#), "{said:?}");
    let lines = vec![Shortage { item: shirt(), available: 1 }];
    let (problem, said) = refused(Answer::Short { lines }).await;
    assert_eq!(problem, (409, "insufficient_stock".to_owned()));
    assert_eq!(said.json()["lines"][0]["available"], 1);
}

#[tokio::test]
async fn a_repeated_checkout_is_told_as_it_is_by_now() {
    let world = World::new().await;
    let repeat = async |answer: Answer| {
        world.log.decide(Arc::new(move |envelope| {
            let cart_id = CartId::of(&envelope.cart, 0);
            Some((answer.clone(), Snapshot { cart_id, version: 5, cart: Cart::default() }))
        }));
        let request = Request::post("/api/cart/u/checkout").header("idempotency-key", "k");
        world.ask(request.body(Body::empty()).unwrap()).await
    };
    repeat(Answer::Conflict).await;
    let id = world.log.commands()[0].0.id;
    let hold = |ending| {
        let mut record = ended(ending);
        record.dealings.ended[0].checkout = CheckoutId::from_command(id);
        world.store.hold("u", &record);
    };

    hold(Ending::Converted("order-1".parse().unwrap()));
    let said = repeat(Answer::Remembered { version: 2, rejected: None }).await;
    assert_eq!((said.status.as_u16(), said.header("idempotent-replayed")), (200, Some("true")));
    assert_eq!(said.header("cart-applied-version"), Some("2"));
    assert_eq!(
        (&said.json()["state"], &said.json()["orderID"]),
        (&"completed".into(), &"order-1".into())
    );

    hold(Ending::Refused(vec![Shortage { item: shirt(), available: 1 }]));
    let rejected = Some(RejectionCode::InsufficientStock);
    let said = repeat(Answer::Remembered { version: 2, rejected }).await;
    assert_eq!(said.problem(), (409, "insufficient_stock".to_owned()));
    assert_eq!(said.header("idempotent-replayed"), Some("true"));
    assert_eq!(said.json()["lines"][0]["available"], 1);
}

#[tokio::test]
async fn a_checkout_is_read_from_the_row_whatever_became_of_it() {
    let world = World::new().await;
    let path = format!("/api/cart/u/checkout/{CHECKOUT}");
    let read = async |record: &CartRecord| {
        world.store.hold("u", record);
        world.get(&path).await
    };
    let asked = Asked { command: checkout().command(), digest: Digest::of(b"") };
    let (checkout_id, awaited, short) = (checkout(), vec![shirt()], Vec::new());
    let reserving = Reserving { checkout: checkout_id, asked, awaited, short };
    let dealings = Dealings { reserving: Some(reserving), ..Dealings::default() };
    let under_way = |ready| CartRecord {
        version: 4,
        cart: locked(checkout(), ready),
        dealings: dealings.clone(),
        ..CartRecord::default()
    };

    assert_eq!(world.get(&path).await.problem(), (404, "checkout_not_found".to_owned()));
    let said = read(&under_way(false)).await;
    assert_eq!((said.status.as_u16(), said.header("retry-after")), (202, Some("1")));
    assert_eq!(said.json()["state"], "reserving");
    let said = read(&under_way(true)).await;
    assert_eq!((said.status.as_u16(), said.header("etag")), (200, Some("\"4\"")));
    assert_eq!(said.json()["state"], "ready");
    let said = read(&ended(Ending::Lapsed)).await;
    assert_eq!((said.status.as_u16(), &said.json()["state"]), (200, &"expired".into()));
    assert_eq!(said.json()["lines"][0]["quantity"], 2);

    let none = world.get("/api/cart/u/checkout/none").await;
    assert_eq!(none.problem(), (404, "checkout_not_found".to_owned()));
    world.store.set_down(true);
    assert_eq!(world.get(&path).await.problem(), (503, "unavailable".to_owned()));
}

#[tokio::test]
async fn a_completed_or_cancelled_checkout_is_told_from_the_row() {
    let world = World::new().await;
    world.answers(Answer::Applied { version: 5 }, 5);
    world.store.hold("u", &ended(Ending::Converted("order-1".parse().unwrap())));
    let complete = format!("/api/cart/u/checkout/{CHECKOUT}/complete");

    let said = world.send("POST", &complete, r#"{"orderID":"order-1"}"#).await;
    assert_eq!((said.status.as_u16(), said.header("etag")), (200, Some("\"5\"")), "{said:?}");
    assert_eq!(
        (&said.json()["state"], &said.json()["orderID"]),
        (&"completed".into(), &"order-1".into())
    );
    world.store.hold("u", &ended(Ending::Cancelled));
    let said = world.send("DELETE", &format!("/api/cart/u/checkout/{CHECKOUT}"), "").await;
    assert_eq!((said.status.as_u16(), &said.json()["state"]), (200, &"cancelled".into()));

    let kinds: Vec<_> = world.log.commands().iter().map(|(one, _)| one.command.kind()).collect();
    assert_eq!(kinds, ["complete", "cancel_checkout"]);
    let said = world.send("POST", &complete, r#"{"orderID":"a b"}"#).await;
    assert_eq!(said.problem(), (422, "invalid_order_id".to_owned()));
    assert_eq!(world.send("POST", &complete, "{}").await.problem(), (400, "malformed".to_owned()));
}

#[tokio::test]
async fn what_was_carried_out_and_cannot_be_shown_is_202_and_no_failure() {
    let world = World::new().await;
    world.answers(Answer::Applied { version: 5 }, 5);
    world.store.set_down(true);
    let complete = format!("/api/cart/u/checkout/{CHECKOUT}/complete");

    let said = world.send("POST", &complete, r#"{"orderID":"order-1"}"#).await;

    assert_eq!(said.status, 202, "{said:?}");
    let id = world.log.commands()[0].0.id;
    assert!(said.header("location").unwrap().contains(&format!("/commands/{id}?sent=")));
}

#[tokio::test]
async fn a_checkout_that_does_not_answer_in_time_is_202_with_the_place_to_ask() {
    let world = World::new().await;

    let said = world.send("POST", "/api/cart/u/checkout", "").await;

    assert_eq!(said.status, 202);
    let location = said.header("location").unwrap().to_owned();
    assert_eq!(world.get(&location).await.text, r#"{"status":"pending"}"#);
}

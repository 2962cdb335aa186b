//! Each outcome and the response it becomes.

use cart_schemas::cart::{Cart, Checkout};
use cart_schemas::checkout::{PriceChange, Shortage};
use cart_schemas::command::Offer;
use cart_schemas::digest::Digest;
use cart_schemas::id::{CartId, CheckoutId, ItemId, MergeId};
use cart_schemas::merge::{Warning, WarningCode};
use cart_schemas::money::Price;
use cart_schemas::policy::Policy;
use cart_schemas::rejection::{Rejection, RejectionCode};
use cart_schemas::timestamp::Timestamp;

use super::*;

const COMMAND: &str = "018cbb42-2f31-7000-8000-000000000001";

async fn respond(sent: Sent, respond_async: bool) -> (Response, String) {
    respond_of(sent, "user123", respond_async).await
}

/// The answer about a command of the cart `home`.
async fn respond_of(sent: Sent, home: &str, respond_async: bool) -> (Response, String) {
    let offer = |_: &_| Offer::NoProduct;
    let now = Timestamp::from_millis(1_705_314_600_000);
    let lens = Lens { offer: &offer, called: &|_| None, policy: Policy::default(), now };
    let (key, home) = (&"user123".parse().unwrap(), &home.parse().unwrap());
    let response = answer(&sent, (key, home), &lens, respond_async);
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    (
        Response::from_parts(parts, ().into_response().into_body()),
        String::from_utf8(body.into()).unwrap(),
    )
}

async fn decide(answer: Answer) -> (Response, String) {
    decide_on(answer, Cart::default()).await
}

/// The answer about a cart that is this one by then.
async fn decide_on(answer: Answer, cart: Cart) -> (Response, String) {
    let cart_id = CartId::of(&"user123".parse().unwrap(), 0);
    let after = Snapshot { cart_id, version: 9, cart };
    let command = COMMAND.parse().unwrap();
    respond(Sent::Decided(Reply { command, digest: Digest::of(b""), answer, after }), false).await
}

fn header_of<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn an_applied_change_is_the_cart_after_it() {
    let (response, body) = decide(Answer::Applied { version: 9 }).await;

    assert_eq!(response.status(), 200);
    assert_eq!(header_of(&response, "etag"), Some("\"9\""));
    assert_eq!(header_of(&response, "idempotent-replayed"), None);
    assert!(body.starts_with(r#"{"userID":"user123","items":[]"#), "{body}");
}

#[tokio::test]
async fn a_rejected_change_is_its_problem() {
    let (response, body) =
        decide(Answer::Rejected(Rejection::VersionMismatch { current: 8 })).await;

    assert_eq!(response.status(), 412);
    assert_eq!(header_of(&response, "etag"), Some("\"8\""));
    assert!(body.contains(r#""currentVersion":8"#), "{body}");
}

#[tokio::test]
async fn a_repeated_change_is_the_cart_of_today_and_the_version_of_then() {
    let (response, _) = decide(Answer::Remembered { version: 4, rejected: None }).await;

    assert_eq!(response.status(), 200);
    assert_eq!(header_of(&response, "etag"), Some("\"9\""));
    assert_eq!(header_of(&response, "idempotent-replayed"), Some("true"));
    assert_eq!(header_of(&response, "cart-applied-version"), Some("4"));
}

#[tokio::test]
async fn a_repeated_rejection_is_the_same_code_again() {
    let rejected = Some(RejectionCode::InsufficientStock);
    let (response, body) = decide(Answer::Remembered { version: 4, rejected }).await;

    assert_eq!(response.status(), 409);
    assert_eq!(header_of(&response, "idempotent-replayed"), Some("true"));
    assert_eq!(header_of(&response, "cart-applied-version"), None);
    assert!(body.contains(r#""code":"insufficient_stock""#), "{body}");

    let rejected = Some(RejectionCode::VersionMismatch);
    let (response, _) = decide(Answer::Remembered { version: 4, rejected }).await;
    assert_eq!(header_of(&response, "etag"), Some("\"9\""));
}

#[tokio::test]
async fn a_checkout_whose_stock_is_short_names_the_items() {
    let item = ItemId::new("prod_1".parse().unwrap(), None);
    let (response, body) =
        decide(Answer::Short { lines: vec![Shortage { item, available: 1 }] }).await;

    assert_eq!(response.status(), 409);
    let lines = r#""code":"insufficient_stock","lines":[{"itemID":"i_cHJvZF8xAA","available":1}]}"#;
    assert!(body.ends_with(lines), "{body}");
}

#[tokio::test]
async fn changed_prices_are_told_in_the_carts_currency() {
    let item = ItemId::new("prod_1".parse().unwrap(), None);
    let [price, current] = [1_000, 1_250].map(|minor| Price::from_minor(minor).unwrap());
    let lines = vec![PriceChange { item, price, current }];
    let answer = Answer::Rejected(Rejection::PriceChanged { lines });
    let cart = Cart { currency: "USD".parse().ok(), ..Cart::default() };
    let (response, body) = decide_on(answer, cart).await;

    assert_eq!(response.status(), 409);
    let lines = r#""code":"price_changed","lines":[{"itemID":"i_cHJvZF8xAA","price":10.00,"currentPrice":12.50}]}"#;
    assert!(body.ends_with(lines), "{body}");
}

#[tokio::test]
async fn a_locked_cart_says_until_when_also_to_whoever_asks_again() {
    let until = Timestamp::from_millis(4_102_444_800_000);
    let id = CheckoutId::from_command(COMMAND.parse().unwrap());
    let checkout = Checkout { id, until, ready: true, lines: Vec::new(), recovered: None };
    let cart = Cart { checkout: Some(checkout), ..Cart::default() };
    let again = Answer::Remembered { version: 4, rejected: Some(RejectionCode::CartLocked) };

    for answer in [Answer::Rejected(Rejection::CartLocked { until }), again] {
        let (response, body) = decide_on(answer, cart.clone()).await;

        assert_eq!(response.status(), 423);
        assert!(header_of(&response, "retry-after").is_some());
        assert!(body.ends_with(r#""lockedUntil":"2100-01-01T00:00:00Z"}"#), "{body}");
    }
}

#[tokio::test]
async fn a_reused_key_is_a_conflict() {
    let (response, body) = decide(Answer::Conflict).await;

    assert_eq!(response.status(), 422);
    assert!(body.contains(r#""code":"idempotency_conflict""#), "{body}");
}

#[tokio::test]
async fn an_outcome_not_known_yet_is_202_with_the_place_to_ask() {
    let pending = Sent::Pending(Pending { command: COMMAND.parse().unwrap(), sent: 1_705 });
    let (response, body) = respond(pending.clone(), false).await;

    assert_eq!(response.status(), 202);
    let location = format!("/api/cart/user123/commands/{COMMAND}?sent=1705");
    assert_eq!(header_of(&response, "location"), Some(location.as_str()));
    assert_eq!(header_of(&response, "retry-after"), Some("1"));
    assert_eq!(header_of(&response, "preference-applied"), None);
    assert_eq!(body, format!(r#"{{"status":"pending","commandID":"{COMMAND}"}}"#));

    let (response, _) = respond(pending, true).await;
    assert_eq!(header_of(&response, "preference-applied"), Some("respond-async"));
}

#[tokio::test]
async fn a_merge_is_the_cart_the_lines_came_to_and_what_was_cut() {
    let merge = MergeId::new(CartId::of(&"guest-1".parse().unwrap(), 0), 3);
    let item = ItemId::new("prod_1".parse().unwrap(), None);
    let code = WarningCode::QuantityCapped;
    let warnings = Some(vec![Warning { code, item, requested: 12, applied: 9 }]);
    let report = MergeReport { merge, warnings };
    let (response, body) = decide(Answer::Merged { report: report.clone(), replayed: false }).await;

    assert_eq!(response.status(), 200);
    assert_eq!(header_of(&response, "etag"), Some("\"9\""));
    assert_eq!(header_of(&response, "idempotent-replayed"), None);
    assert!(body.starts_with(r#"{"userID":"user123","items":[]"#), "{body}");
    let told = format!(
        r#""mergeID":"{merge}","warnings":[{{"code":"quantity_capped","itemID":"i_cHJvZF8xAA","requested":12,"applied":9}}]}}"#
    );
    assert!(body.ends_with(&told), "{body}");

    let (response, _) = decide(Answer::Merged { report, replayed: true }).await;
    assert_eq!(header_of(&response, "idempotent-replayed"), Some("true"));
}

#[tokio::test]
async fn the_place_to_ask_about_a_merge_names_both_carts() {
    let pending = Sent::Pending(Pending { command: COMMAND.parse().unwrap(), sent: 1_705 });
    let (response, _) = respond_of(pending, "guest-1", false).await;

    let location = format!("/api/cart/user123/commands/{COMMAND}?sent=1705&from=guest-1");
    assert_eq!(header_of(&response, "location"), Some(location.as_str()));
}

#[tokio::test]
async fn nothing_sent_is_503() {
    let (response, body) = respond(Sent::Unavailable, false).await;

    assert_eq!(response.status(), 503);
    assert_eq!(header_of(&response, "retry-after"), Some("1"));
    assert!(body.contains(r#""code":"unavailable""#), "{body}");
}

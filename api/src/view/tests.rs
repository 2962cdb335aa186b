//! The exact text a reader gets.

use cart_schemas::cart::{CartState, LineState};
use cart_schemas::money::{Currency, Price};
use cart_schemas::quantity::Quantity;

use super::*;

const NOON: Timestamp = Timestamp::from_millis(1_705_314_600_000);

fn usd() -> Currency {
    "USD".parse().unwrap()
}

fn shirt() -> ItemId {
    ItemId::new("prod_456".parse().unwrap(), Some("large-red".parse().unwrap()))
}

fn listed(currency: &str) -> Offer {
    Offer::Listed {
        name: "New name".to_owned(),
        price: Price::from_minor(3_000).unwrap(),
        currency: currency.parse().unwrap(),
        available: true,
        stock: 0,
    }
}

/// Two shirts at 29.99, added at noon for a day.
fn cart() -> Cart {
    let line = Line {
        item: shirt(),
        name: "T-Shirt".to_owned(),
        price: Price::from_minor(2_999).unwrap(),
        quantity: Quantity::new(2).unwrap(),
        state: LineState::Added,
        added_at: NOON,
        last_modified: NOON,
    };
    Cart {
        state: CartState::Active,
        currency: Some(usd()),
        lines: vec![line],
        lifespan: Some(Lifespan { last_modified: NOON, expires_at: NOON.plus_seconds(86_400) }),
        restorable: None,
        abandoned: None,
        warned: false,
    }
}

struct Seen {
    cart: String,
    state: String,
    expiry: String,
}

fn see(cart: &Cart, version: u64, offer: &Offer, now: Timestamp) -> Seen {
    let user: UserId = "user123".parse().unwrap();
    let key = "user123".parse().unwrap();
    let subject = Subject { user: &user, cart_id: CartId::of(&key, 0), version, cart };
    let offer = |_: &ItemId| offer.clone();
    let lens = Lens { offer: &offer, policy: Policy::default(), now };
    Seen {
        cart: serde_json::to_string(&CartView::of(&subject, &lens)).unwrap(),
        state: serde_json::to_string(&StateView::of(&subject, &lens)).unwrap(),
        expiry: serde_json::to_string(&ExpiryView::of(&subject, &lens)).unwrap(),
    }
}

#[test]
fn a_cart_is_the_source_documents_json_with_exact_decimals() {
    let seen = see(&cart(), 3, &listed("USD"), NOON.plus_seconds(60));

    assert_eq!(
        seen.cart,
        r#"{"userID":"user123","items":[{"itemID":"i_cHJvZF80NTYAbGFyZ2UtcmVk","productID":"prod_456","name":"T-Shirt","price":29.99,"quantity":2,"variant":"large-red","addedAt":"2024-01-15T10:30:00Z","lastModified":"2024-01-15T10:30:00Z","state":"added","currentPrice":30.00,"available":true}],"total":59.98,"itemCount":2,"lastModified":"2024-01-15T10:30:00Z","expiresAt":"2024-01-16T10:30:00Z","version":3,"locked":false,"cartID":"f520b3cc-d5e4-50d2-afce-18da67a24753","state":"active","currency":"USD"}"#
    );
    assert_eq!(
        seen.state,
        r#"{"state":"active","version":3,"locked":false,"lockedBy":null,"lockedUntil":null,"deadlines":{"expiry":"2024-01-16T10:30:00Z","restore":null}}"#
    );
    assert_eq!(
        seen.expiry,
        r#"{"expiresAt":"2024-01-16T10:30:00Z","secondsLeft":86340,"maxExpiresAt":"2024-02-14T10:31:00Z"}"#
    );
}

#[test]
fn a_user_nobody_has_seen_has_an_empty_cart_as_if_made_now() {
    let seen = see(&Cart::default(), 0, &listed("USD"), NOON);

    assert_eq!(
        seen.cart,
        r#"{"userID":"user123","items":[],"total":0,"itemCount":0,"lastModified":"2024-01-15T10:30:00Z","expiresAt":"2024-01-16T10:30:00Z","version":0,"locked":false,"cartID":"f520b3cc-d5e4-50d2-afce-18da67a24753","state":"active","currency":null}"#
    );
    assert!(seen.state.ends_with(r#""deadlines":{"expiry":null,"restore":null}}"#));
    assert!(seen.expiry.contains(r#""secondsLeft":86400"#));
}

#[test]
fn past_its_time_a_cart_shows_no_items_at_the_stored_version() {
    let seen = see(&cart(), 3, &listed("USD"), NOON.plus_seconds(86_400));

    assert!(seen.cart.starts_with(r#"{"userID":"user123","items":[],"total":0,"itemCount":0,"#));
    assert!(seen.cart.contains(r#""expiresAt":"2024-01-16T10:30:00Z","version":3,"#));
    assert!(seen.cart.ends_with(r#""state":"expired","currency":null}"#));
    assert!(seen.state.contains(r#""state":"expired","version":3"#));
    assert!(
        seen.state.ends_with(r#""deadlines":{"expiry":null,"restore":"2024-02-15T10:30:00Z"}}"#)
    );
    assert!(seen.expiry.contains(r#""secondsLeft":0"#));
}

#[test]
fn a_line_whose_product_is_gone_or_in_another_currency_has_no_current_price() {
    let ends = |offer: &Offer| see(&cart(), 3, offer, NOON).cart;

    assert!(ends(&Offer::NoProduct).contains(r#""currentPrice":null,"available":false}"#));
    assert!(ends(&Offer::NoVariant).contains(r#""currentPrice":null,"available":false}"#));
    assert!(ends(&listed("EUR")).contains(r#""currentPrice":null,"available":true}"#));
}

//! The exact text a reader gets.

use cart_schemas::cart::{CartState, LineState};
use cart_schemas::checkout::Shortage;
use cart_schemas::command::Asked;
use cart_schemas::dealings::{Dealings, Ended, Ending, Sale};
use cart_schemas::digest::Digest;
use cart_schemas::id::{CheckoutId, CommandId};
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
        stock: 9,
        others: Vec::new(),
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
        checkout: None,
        told: Vec::new(),
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
    let lens = Lens { offer: &offer, called: &|_| None, policy: Policy::default(), now };
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
        r#"{"userID":"user123","items":[{"itemID":"i_cHJvZF80NTYAbGFyZ2UtcmVk","productID":"prod_456","name":"T-Shirt","price":29.99,"quantity":2,"variant":"large-red","addedAt":"2024-01-15T10:30:00Z","lastModified":"2024-01-15T10:30:00Z","state":"added","currentPrice":30.00,"available":true}],"total":59.98,"itemCount":2,"lastModified":"2024-01-15T10:30:00Z","expiresAt":"2024-01-16T10:30:00Z","version":3,"locked":false,"cartID":"f520b3cc-d5e4-50d2-afce-18da67a24753","state":"active","currency":"USD","warnings":[{"code":"price_changed","itemID":"i_cHJvZF80NTYAbGFyZ2UtcmVk","price":29.99,"currentPrice":30.00}]}"#
    );
    assert_eq!(
        seen.state,
        r#"{"state":"active","version":3,"locked":false,"lockedBy":null,"lockedUntil":null,"deadlines":{"lease":null,"expiry":"2024-01-16T10:30:00Z","restore":null}}"#
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
        r#"{"userID":"user123","items":[],"total":0,"itemCount":0,"lastModified":"2024-01-15T10:30:00Z","expiresAt":"2024-01-16T10:30:00Z","version":0,"locked":false,"cartID":"f520b3cc-d5e4-50d2-afce-18da67a24753","state":"active","currency":null,"warnings":[]}"#
    );
    assert!(seen.state.ends_with(r#""deadlines":{"lease":null,"expiry":null,"restore":null}}"#));
    assert!(seen.expiry.contains(r#""secondsLeft":86400"#));
}

#[test]
fn past_its_time_a_cart_shows_no_items_at_the_stored_version() {
    let seen = see(&cart(), 3, &listed("USD"), NOON.plus_seconds(86_400));

    assert!(seen.cart.starts_with(r#"{"userID":"user123","items":[],"total":0,"itemCount":0,"#));
    assert!(seen.cart.contains(r#""expiresAt":"2024-01-16T10:30:00Z","version":3,"#));
    assert!(seen.cart.ends_with(r#""state":"expired","currency":null,"warnings":[]}"#));
    assert!(seen.state.contains(r#""state":"expired","version":3"#));
    assert!(seen.state.ends_with(
        r#""deadlines":{"lease":null,"expiry":null,"restore":"2024-02-15T10:30:00Z"}}"#
    ));
    assert!(seen.expiry.contains(r#""secondsLeft":0"#));
}

#[test]
fn a_line_whose_product_is_gone_or_in_another_currency_has_no_current_price() {
    let ends = |offer: &Offer| see(&cart(), 3, offer, NOON).cart;

    assert!(ends(&Offer::NoProduct).contains(r#""currentPrice":null,"available":false}],"#));
    assert!(ends(&Offer::NoVariant).contains(r#""currentPrice":null,"available":false}],"#));
    assert!(ends(&listed("EUR")).contains(r#""currentPrice":null,"available":true}],"#));
}

#[test]
fn what_cannot_be_bought_as_it_is_is_warned_of() {
    let warned = |offer: &Offer| {
        let cart = see(&cart(), 3, offer, NOON).cart;
        cart.split_once(r#""warnings":"#).unwrap().1.replace("i_cHJvZF80NTYAbGFyZ2UtcmVk", "i")
    };
    let stocked = |stock: u32, available: bool, price: i64| Offer::Listed {
        name: "T-Shirt".to_owned(),
        price: Price::from_minor(price).unwrap(),
        currency: usd(),
        available,
        stock,
        others: Vec::new(),
    };
    let gone = r#"[{"code":"out_of_stock","itemID":"i"}]}"#;

    assert_eq!(warned(&stocked(2, true, 2_999)), "[]}");
    assert_eq!(
        warned(&stocked(1, true, 1_000)),
        r#"[{"code":"price_changed","itemID":"i","price":29.99,"currentPrice":10.00},{"code":"insufficient_stock","itemID":"i","available":1}]}"#
    );
    for offer in
        [stocked(0, true, 2_999), stocked(9, false, 2_999), listed("EUR"), Offer::NoProduct]
    {
        assert_eq!(warned(&offer), gone, "{offer:?}");
    }
}

#[test]
fn a_line_of_which_none_is_left_is_available_only_to_the_checkout_that_has_them() {
    let none = Offer::Listed {
        name: "T-Shirt".to_owned(),
        price: Price::from_minor(2_999).unwrap(),
        currency: usd(),
        available: true,
        stock: 0,
        others: Vec::new(),
    };
    let is_there = |cart: &Cart| see(cart, 3, &none, NOON).cart.contains(r#""available":true"#);

    assert!(!is_there(&cart()));
    assert!(is_there(&locked(true)));
}

fn checkout() -> CheckoutId {
    let id = "018cbb42-2f31-7000-8000-000000000001".parse().unwrap();
    CheckoutId::from_command(CommandId::from_uuid(id))
}

/// The same cart while somebody pays for it at 31.00 each, for a minute from noon.
fn locked(ready: bool) -> Cart {
    let mut cart = cart();
    let price = Price::from_minor(3_100).unwrap();
    let lines = cart.lines.iter().map(|line| Line { price, ..line.clone() }).collect();
    let until = NOON.plus_seconds(60);
    cart.checkout = Some(Checkout { id: checkout(), until, ready, lines, recovered: None });
    cart
}

#[test]
fn a_cart_somebody_pays_for_is_locked_until_the_lease_ends() {
    let seen = see(&locked(true), 3, &listed("USD"), NOON);
    assert!(seen.cart.contains(r#""version":3,"locked":true"#), "{}", seen.cart);
    assert!(seen.cart.ends_with(r#""state":"locked","currency":"USD","warnings":[]}"#));
    assert_eq!(
        seen.state,
        r#"{"state":"locked","version":3,"locked":true,"lockedBy":"018cbb42-2f31-7000-8000-000000000001","lockedUntil":"2024-01-15T10:31:00Z","deadlines":{"lease":"2024-01-15T10:31:00Z","expiry":"2024-01-16T10:30:00Z","restore":null}}"#
    );

    let seen = see(&locked(true), 3, &listed("USD"), NOON.plus_seconds(60));
    assert!(seen.cart.contains(r#""locked":false"#) && seen.state.contains(r#""lockedBy":null"#));
}

#[test]
fn a_cart_whose_time_passes_in_checkout_expires_at_the_lease_s_end() {
    let mut cart = locked(true);
    cart.lifespan = Some(Lifespan { last_modified: NOON, expires_at: NOON.plus_seconds(10) });
    let state = |seconds| see(&cart, 3, &listed("USD"), NOON.plus_seconds(seconds)).state;

    assert!(state(59).starts_with(r#"{"state":"locked""#));
    assert!(state(60).starts_with(r#"{"state":"expired","version":3,"locked":false"#));
    assert!(state(60).ends_with(r#""expiry":null,"restore":"2024-02-14T10:31:00Z"}}"#));
}

/// How a checkout looks: from the cart, or else from what is remembered.
fn told(cart: &Cart, dealings: &Dealings, now: Timestamp) -> Option<String> {
    let offer = |_: &ItemId| listed("USD");
    let lens = Lens { offer: &offer, called: &|_| None, policy: Policy::default(), now };
    let view = CheckoutView::under_way((cart, 3), checkout(), &lens);
    let view = view.or_else(|| CheckoutView::ended((dealings, 3), checkout(), &lens));
    view.map(|view| serde_json::to_string(&view).unwrap())
}

#[test]
fn a_checkout_shows_what_is_charged() {
    let none = Dealings::default();
    let shown = told(&locked(true), &none, NOON).unwrap();

    assert_eq!(
        shown,
        r#"{"checkoutID":"018cbb42-2f31-7000-8000-000000000001","lines":[{"itemID":"i_cHJvZF80NTYAbGFyZ2UtcmVk","productID":"prod_456","name":"T-Shirt","price":31.00,"quantity":2,"variant":"large-red","addedAt":"2024-01-15T10:30:00Z","lastModified":"2024-01-15T10:30:00Z","state":"added","currentPrice":30.00,"available":true}],"total":62.00,"currency":"USD","expiresAt":"2024-01-15T10:31:00Z","state":"ready","version":3,"orderID":null}"#
    );
    let reserving = told(&locked(false), &none, NOON).unwrap();
    assert!(reserving.contains(r#""state":"reserving""#));
    let over = told(&locked(true), &none, NOON.plus_seconds(60)).unwrap();
    assert!(over.contains(r#""state":"expired""#));
    assert_eq!(told(&cart(), &none, NOON), None);
}

#[test]
fn a_checkout_that_has_ended_says_how_and_perhaps_what_was_sold() {
    let remembered = |ending, sale| {
        let asked = Asked { command: checkout().command(), digest: Digest::of(b"") };
        let until = NOON.plus_seconds(60);
        let ended = Ended { checkout: checkout(), asked, at: NOON, until, ending, sale };
        let dealings = Dealings { ended: vec![ended], ..Dealings::default() };
        told(&cart(), &dealings, NOON).unwrap()
    };
    let short = vec![Shortage { item: shirt(), available: 1 }];
    let endings = [
        (
            Ending::Converted("order-1".parse().unwrap()),
            r#""state":"completed","version":3,"orderID":"order-1"}"#,
        ),
        (Ending::Cancelled, r#""state":"cancelled","version":3,"orderID":null}"#),
        (Ending::Refused(short), r#""state":"refused","version":3,"orderID":null}"#),
        (Ending::Lapsed, r#""state":"expired","version":3,"orderID":null}"#),
    ];

    for (ending, end) in endings {
        let sale = Sale { currency: usd(), lines: cart().lines };
        let whole = remembered(ending.clone(), Some(sale));
        assert!(
            whole.contains(r#""total":59.98,"currency":"USD""#) && whole.ends_with(end),
            "{whole}"
        );
        let forgotten = remembered(ending, None);
        assert!(forgotten.contains(r#""lines":null,"total":null,"currency":null"#), "{forgotten}");
    }
}

//! What rows of carts say.

use super::*;

fn terms() -> Terms {
    let policy = Policy { max_lines: 3, max_quantity: 9, ..Policy::default() };
    let policies = Policies::same(policy);
    Terms { tenant: None, currency: "USD".parse().unwrap(), policies }
}

fn cart(text: &str) -> NewCart {
    match parse(text.as_bytes(), &terms()) {
        Says::Entry(cart) => cart,
        other @ (Says::Nothing | Says::Bad(_)) => panic!("{text} says {other:?}"),
    }
}

/// What is wrong with a row, as it is told.
fn bad(text: &str) -> String {
    match parse(text.as_bytes(), &terms()) {
        Says::Bad(reason) => reason.to_string(),
        other @ (Says::Nothing | Says::Entry(_)) => panic!("{text} says {other:?}"),
    }
}

/// A row with these items.
fn of(items: &str) -> String {
    format!(r#"{{"userID":"ann","items":[{items}]}}"#)
}

const SHIRT: &str = r#"{"productID":"p","name":"Shirt","price":29.99,"quantity":2}"#;

#[test]
fn a_cart_is_read_as_the_api_shows_it() {
    let shown = r#"{"userID":"ann","items":[{"itemID":"i_cABsYXJnZQ","productID":"p","name":"Shirt",
        "price":29.99,"quantity":2,"variant":"large","addedAt":"2024-01-15T10:30:00Z",
        "lastModified":"2024-01-15T10:30:05.000001Z","state":"updated","currentPrice":null,
        "available":false}],"total":59.98,"itemCount":2,"lastModified":"2024-01-15T10:30:05Z",
        "expiresAt":"2024-01-16T10:30:05Z","version":7,"locked":false,
        "cartID":"f520b3cc-d5e4-50d2-afce-18da67a24753","state":"active","currency":"EUR"}"#;

    let read = cart(shown);

    let line = &read.cart.lines()[0];
    assert_eq!(read.key.as_str(), "ann");
    assert_eq!(read.cart.currency().code(), "EUR");
    assert_eq!((line.name.as_str(), line.price.minor(), line.quantity.get()), ("Shirt", 2_999, 2));
    assert_eq!(line.item.to_string(), "i_cABsYXJnZQ");
    assert_eq!(line.added_at, "2024-01-15T10:30:00Z".parse().ok());
    assert_eq!(line.last_modified, "2024-01-15T10:30:05.000001Z".parse().ok());
    assert_eq!(read.cart.expires_at(), "2024-01-16T10:30:05Z".parse().ok());
}

#[test]
fn a_cart_is_of_the_shop_it_says_or_of_the_one_that_is_named_for_all() {
    let of_acme = Terms { tenant: "acme".parse().ok(), ..terms() };
    let key = |text: &str, terms: &Terms| match parse(text.as_bytes(), terms) {
        Says::Entry(cart) => cart.key.to_string(),
        other @ (Says::Nothing | Says::Bad(_)) => panic!("{text} says {other:?}"),
    };
    let (silent, said) = (of(SHIRT), of(SHIRT).replacen('{', r#"{"tenant":"beta","#, 1));

    assert_eq!([key(&silent, &terms()), key(&silent, &of_acme)], ["ann", "acme/ann"]);
    assert_eq!([key(&said, &terms()), key(&said, &of_acme)], ["beta/ann", "beta/ann"]);
    assert!(bad(&said.replace("beta", "../x")).contains("/tenant"));
}

#[test]
fn a_cart_is_held_to_the_limits_of_its_shop() {
    let text = br#"{"default":{"maxQuantity":9},"tenants":{"beta":{"maxQuantity":1}}}"#;
    let policies = Policies::read(text, Policy::default()).unwrap();
    let terms = Terms { policies, ..terms() };
    let two = of(SHIRT);

    assert!(matches!(parse(two.as_bytes(), &terms), Says::Entry(_)));
    let beta = two.replacen('{', r#"{"tenant":"beta","#, 1);
    assert!(matches!(parse(beta.as_bytes(), &terms), Says::Bad(_)));
}

#[test]
fn what_a_row_does_not_say_is_left_to_the_shop() {
    let read = cart(&of(SHIRT));

    let line = &read.cart.lines()[0];
    assert_eq!(read.cart.currency().code(), "USD");
    assert_eq!((line.item.variant(), line.added_at, line.last_modified), (None, None, None));
    assert_eq!(read.cart.expires_at(), None);
}

#[test]
fn an_empty_cart_brings_nothing_unless_it_is_wrong() {
    for items in ["[]", "null"] {
        let row = format!(r#"{{"userID":"ann","items":{items},"currency":null}}"#);
        assert!(matches!(parse(row.as_bytes(), &terms()), Says::Nothing), "{row}");
    }
    assert!(bad(r#"{"userID":"a b","items":[]}"#).starts_with("/userID: "));
}

#[test]
fn every_field_that_is_wrong_is_named() {
    let field = |from: &str, to: &str| bad(&of(&SHIRT.replace(from, to)));

    assert!(bad(r#"{"userID":"","items":[]}"#).starts_with("/userID: expected 1 to 128"));
    assert!(field(r#""p""#, r#""p/q""#).starts_with("/items/0/productID: "));
    assert!(field("29.99", "29.999").starts_with("/items/0/price: "));
    assert!(field("29.99", "-1").starts_with("/items/0/price: "));
    assert!(field("29.99", "1e3").starts_with("/items/0/price: "));
    assert_eq!(field(":2}", ":0}"), "/items/0/quantity: expected a whole number from 1 to 9");
    assert_eq!(field(":2}", ":10}"), "/items/0/quantity: expected a whole number from 1 to 9");
    assert_eq!(field(":2}", ":1.5}"), "/items/0/quantity: expected a whole number from 1 to 9");
    assert!(field("Shirt", "").starts_with("/items/0/name: "));
    assert!(field("Shirt", &"x".repeat(257)).starts_with("/items/0/name: expected 1 to 256"));
    assert!(field(":2}", r#":2,"variant":"a b"}"#).starts_with("/items/0/variant: "));
    assert!(field(":2}", r#":2,"addedAt":"yesterday"}"#).starts_with("/items/0/addedAt: "));
    let early = field(":2}", r#":2,"addedAt":"1969-12-31T23:59:59Z"}"#);
    assert_eq!(early, "/items/0: expected times from 1970 on");
    let currency = of(SHIRT).replace("]}", r#"],"currency":"Euro"}"#);
    assert!(bad(&currency).starts_with("/currency: expected an ISO 4217"));
}

#[test]
fn a_cart_is_held_to_the_shops_limits() {
    let line = |product: &str| SHIRT.replace(r#""p""#, &format!("{product:?}"));
    let four = ["a", "b", "c", "d"].map(line).join(",");

    assert_eq!(bad(&of(&four)), "/items: expected at most 3 items");
    let twice = [line("a"), line("b"), line("a")].join(",");
    assert_eq!(bad(&of(&twice)), "/items/2: expected each product and variant once");
}

#[test]
fn of_many_faults_the_first_few_are_told() {
    let line = r#"{"productID":"p q","name":"","price":-1,"quantity":0}"#;

    let told = bad(&of(line));

    assert!(told.starts_with("/items/0/productID: "), "{told}");
    assert!(told.ends_with("; and 1 more"), "{told}");
}

#[test]
fn what_is_not_shaped_as_a_cart_is_malformed_and_its_column_told() {
    for (row, what) in [
        ("{", "EOF while parsing"),
        (r#"{"items":[]}"#, "missing field `userID` (column 12)"),
        (r#"{"userID":"ann"}"#, "missing field `items`"),
        (r#"{"userID":"ann","userID":"bea","items":[]}"#, "the key \"userID\" is there twice"),
        (r#"{"userID":"ann","items":[["p","Shirt",1,1]]}"#, "expected an object"),
        (r#"{"userID":"ann","items":[{"productID":"p"}]}"#, "missing field `name`"),
        (r#"["ann"]"#, "expected an object"),
    ] {
        let told = bad(row);
        assert!(told.contains(what), "{row}: {told}");
        assert!(!told.contains("at line"), "{told}");
    }
    let priced = of(&SHIRT.replace("29.99", "\"29.99\""));
    assert!(bad(&priced).contains("expected a number"));
}

#[test]
fn the_largest_cart_there_can_be_fits_a_row() {
    let policy = Policy { max_lines: Policy::LINES_MAX, ..Policy::default() };
    let line = |number| {
        format!(
            r#"{{"itemID":"{}","productID":"{number:x>64}","name":"{}","price":100000000.00,
            "quantity":999,"variant":"{}","addedAt":"2024-01-15T10:30:00.000001Z","state":"updated",
            "lastModified":"2024-01-15T10:30:00.000001Z","currentPrice":null,"available":false}}"#,
            "i".repeat(174),
            "\\\"".repeat(256),
            "v".repeat(64),
        )
    };
    let items: Vec<_> = (0..Policy::LINES_MAX).map(line).collect();
    let row = of(&items.join(",")).replace('\n', "");

    let mut rows = rows(row.as_bytes(), Terms { policies: Policies::same(policy), ..terms() });

    let says = rows.next().unwrap().unwrap().says;
    assert!(matches!(says, Says::Entry(cart) if cart.cart.lines().len() == 900));
}

#[test]
fn the_documented_example_is_read_without_a_fault() {
    let file = include_bytes!("../../../../docs/examples/carts.jsonl");

    let rows: Vec<_> = rows(&file[..], terms()).map(|row| row.unwrap().says).collect();

    assert!(matches!(&rows[..], [Says::Entry(_), Says::Entry(_), Says::Nothing]), "{rows:?}");
}

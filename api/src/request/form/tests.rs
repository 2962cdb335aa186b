//! Which bodies are which intents, and which problem the others are.

use super::*;
use crate::request::strict;

fn add(json: &str) -> Result<Intent, Code> {
    let intent = strict::parse::<AddItem>(json.as_bytes())
        .and_then(|form| form.intent(|product| Ok(product.as_str() == "p")));
    intent.map_err(|problem| problem.code())
}

fn set(json: &str) -> Result<Intent, Code> {
    let item = || Ok(item(None));
    let intent = strict::parse::<SetQuantity>(json.as_bytes()).and_then(|form| form.intent(item));
    intent.map_err(|problem| problem.code())
}

fn extend(json: &str) -> Result<Intent, Code> {
    let intent = strict::parse::<Extend>(json.as_bytes()).and_then(|form| form.intent());
    intent.map_err(|problem| problem.code())
}

fn item(variant: Option<&str>) -> ItemId {
    ItemId::new("p".parse().unwrap(), variant.map(|variant| variant.parse().unwrap()))
}

fn pieces(number: u32) -> Quantity {
    Quantity::new(number).unwrap()
}

#[test]
fn an_item_is_added_in_a_variant_or_bare() {
    let adds =
        |variant| Ok(Intent::AddItem { item: item(variant), quantity: pieces(2), currency: None });

    assert_eq!(
        add(r#"{"productID":"p","quantity":2,"variant":"large-red"}"#),
        adds(Some("large-red"))
    );
    assert_eq!(add(r#"{"productID":"p","quantity":2,"variant":""}"#), adds(None));
    assert_eq!(add(r#"{"productID":"p","quantity":2,"variant":null}"#), adds(None));
    assert_eq!(add(r#"{"productID":"p","quantity":2,"colour":1}"#), adds(None));
}

#[test]
fn a_quantity_that_is_no_number_or_missing_is_malformed() {
    for json in [
        r#"{"productID":"p"}"#,
        r#"{"productID":"p","quantity":"2"}"#,
        r#"{"productID":"p","quantity":null}"#,
        r#"{"productID":"p","quantity":true}"#,
        r#"{"productID":1,"quantity":2}"#,
        r#"{"quantity":2}"#,
        r#"{"productID":"p","quantity":2,"variant":7}"#,
    ] {
        assert_eq!(add(json), Err(Code::Malformed), "{json}");
    }
}

#[test]
fn a_number_that_is_no_quantity_is_invalid() {
    for number in
        ["0", "-1", "-0", "1.5", "2.01", "1e3", "1000001", "99999999999999999999", "1e999"]
    {
        let json = format!(r#"{{"productID":"p","quantity":{number}}}"#);
        assert_eq!(add(&json), Err(Code::InvalidQuantity), "{number}");
    }
}

#[test]
fn of_two_faults_the_earlier_in_the_published_order_is_told() {
    let quantity_then_product = r#"{"productID":"no spaces","quantity":0}"#;
    let product_then_variant = r#"{"productID":"no spaces","quantity":1,"variant":"a b"}"#;
    let unlisted_then_variant = r#"{"productID":"q","quantity":1,"variant":"a b"}"#;

    assert_eq!(add(quantity_then_product), Err(Code::InvalidQuantity));
    assert_eq!(add(product_then_variant), Err(Code::ProductNotFound));
    assert_eq!(add(unlisted_then_variant), Err(Code::ProductNotFound));
    assert_eq!(add(r#"{"productID":"p","quantity":1,"variant":"a b"}"#), Err(Code::UnknownVariant));
}

#[test]
fn setting_zero_or_less_removes() {
    assert_eq!(
        set(r#"{"quantity":5}"#),
        Ok(Intent::SetQuantity { item: item(None), quantity: pieces(5) })
    );
    for number in ["0", "-0", "-3", "-9223372036854775808"] {
        let json = format!(r#"{{"quantity":{number}}}"#);
        assert_eq!(set(&json), Ok(Intent::RemoveItem { item: item(None) }), "{number}");
    }
    for number in ["1.5", "-1.5", "1000001", "-9223372036854775809"] {
        assert_eq!(set(&format!(r#"{{"quantity":{number}}}"#)), Err(Code::InvalidQuantity));
    }
}

#[test]
fn an_extension_is_a_positive_number_of_seconds() {
    assert_eq!(extend(r#"{"extendSeconds":60}"#), Ok(Intent::Extend { seconds: 60 }));
    for number in ["0", "-1", "0.5", "4294967296"] {
        assert_eq!(extend(&format!(r#"{{"extendSeconds":{number}}}"#)), Err(Code::InvalidExpiry));
    }
    assert_eq!(extend(r#"{"extendSeconds":"60"}"#), Err(Code::Malformed));
}

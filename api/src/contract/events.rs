//! The JSON Schema of each type of event. What each field means is in [`super::words`]. Knows no topic.

use cart_schemas::checkout::CancelReason;
use cart_schemas::event::{EventKind, ReturnReason};
use cart_schemas::merge::WarningCode;
use cart_schemas::policy::{IDLE_TIERS, Policy};
use serde_json::{Value, json};

use super::keywords::{closed, described, list, nullable, whole};
use super::shape::Shape;
use super::words::{EVENTS, FIELDS, meaning};

/// The fields every event has.
const COMMON: [&str; 12] = [
    "type",
    "userID",
    "timestamp",
    "eventID",
    "cartID",
    "version",
    "n",
    "of",
    "expiresAt",
    "currency",
    "total",
    "itemCount",
];
const LINE: &[&str] = &["itemID", "productID", "quantity", "item"];
const NEWS: &[&str] = &["itemID", "productID", "quantity", "item", "currentPrice", "news"];

/// The fields an event of this type has beside those all have: those always there, and those that may be.
const fn fields(kind: EventKind) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        EventKind::ItemAdded | EventKind::ItemUpdated => (LINE, &[]),
        EventKind::ItemRemoved => (&["itemID", "productID"], &[]),
        EventKind::CartCleared | EventKind::ExpiryExtended | EventKind::ExpiryWarned => (&[], &[]),
        EventKind::CartExpired | EventKind::CartRestored => (&["items"], &[]),
        EventKind::CartAbandoned => (&["tier", "idleSince", "value"], &[]),
        EventKind::CartRecovered => (&["tier"], &[]),
        EventKind::CartMergedOut => (&["mergeID", "toUserID", "items"], &[]),
        EventKind::CartMergedIn => (&["mergeID", "fromUserID", "items", "warnings"], &[]),
        EventKind::MergeReturned => {
            (&["mergeID", "reason", "items", "warnings"], &["restorableCurrency"])
        }
        EventKind::MergeUndone => (&["mergeID", "fromUserID", "items", "removed", "returned"], &[]),
        EventKind::CheckoutStarted => (&["checkoutID", "leaseUntil", "items", "value"], &["tier"]),
        EventKind::CheckoutReady => (&["checkoutID", "leaseUntil", "items", "value"], &[]),
        EventKind::CheckoutCancelled => (&["checkoutID", "reason", "items", "value", "short"], &[]),
        EventKind::CartConverted => (&["checkoutID", "orderID", "items", "value"], &["tier"]),
        EventKind::CurrencyChanged => (&["fromCurrency", "items"], &[]),
        EventKind::ItemOutOfStock | EventKind::ItemAvailable | EventKind::PriceChanged => {
            (NEWS, &[])
        }
    }
}

/// The schema of an event of this type.
pub(super) fn event(kind: EventKind) -> Value {
    let (always, perhaps) = fields(kind);
    let names = COMMON.iter().chain(always).chain(perhaps).copied();
    let properties = names.map(|name| (name, described(field(kind, name), meaning(&FIELDS, name))));
    described(closed(properties, perhaps), meaning(&EVENTS, kind.as_str()))
}

/// An event of whatever type.
pub(super) fn any() -> Value {
    let file = |kind: EventKind| json!({ "$ref": format!("{}.v1.json", kind.as_str()) });
    json!({
        "description": "An event of a cart, of whatever type.",
        "type": "object",
        "required": ["type"],
        "oneOf": EventKind::ALL.map(file),
    })
}

fn field(kind: EventKind, name: &str) -> Value {
    match name {
        "type" => json!({ "const": kind.as_str() }),
        "userID" | "toUserID" | "fromUserID" => Shape::User.there(),
        "itemID" => Shape::Item.there(),
        "productID" => Shape::Product.there(),
        "quantity" => Shape::Quantity.there(),
        "timestamp" | "expiresAt" | "idleSince" | "leaseUntil" => Shape::Time.there(),
        "eventID" => Shape::Event.there(),
        "cartID" => Shape::Cart.there(),
        // Only what has events raises it.
        "version" => json!({ "type": "integer", "minimum": 1 }),
        "n" => whole(0, i64::from(u16::MAX) - 1),
        "of" => whole(1, i64::from(u16::MAX)),
        "currency" => nullable(Shape::Currency.there()),
        "restorableCurrency" | "fromCurrency" => Shape::Currency.there(),
        "total" | "value" => Shape::Amount.there(),
        "itemCount" | "news" => json!({ "type": "integer", "minimum": 0 }),
        "item" => Shape::Line.there(),
        "items" | "returned" => lines(Shape::Line.there()),
        "removed" => lines(Shape::Item.there()),
        "tier" => json!({ "type": "integer", "minimum": 1, "maximum": IDLE_TIERS }),
        "mergeID" => Shape::Merge.there(),
        "warnings" => lines(warning()),
        "reason" => json!({ "type": "string", "enum": reasons(kind) }),
        "checkoutID" => Shape::Checkout.there(),
        "orderID" => Shape::Order.there(),
        "short" => lines(shortage()),
        "currentPrice" => Shape::Price.there(),
        // No event has such a field.
        _ => Value::Bool(false),
    }
}

/// As many as the largest cart has lines.
fn lines(items: Value) -> Value {
    list(items, usize::from(Policy::LINES_MAX))
}

fn reasons(kind: EventKind) -> Value {
    if kind == EventKind::MergeReturned {
        json!([ReturnReason::Refused, ReturnReason::Undone])
    } else {
        json!([CancelReason::Requested, CancelReason::InsufficientStock, CancelReason::LeaseEnded])
    }
}

fn warning() -> Value {
    let codes = json!([WarningCode::QuantityCapped, WarningCode::LineLimit]);
    let count = |of| described(Shape::Count.there(), of);
    let properties = [
        ("code", json!({ "type": "string", "enum": codes })),
        ("itemID", Shape::Item.there()),
        ("requested", count("How many the line would hold.")),
        ("applied", count("How many it holds; 0 if there is no such line.")),
    ];
    closed(properties, &[])
}

fn shortage() -> Value {
    closed([("itemID", Shape::Item.there()), ("available", Shape::Count.there())], &[])
}

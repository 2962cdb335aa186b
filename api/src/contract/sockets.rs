//! The JSON Schemas of what goes over a socket: the frames that are told, and the commands that may be said.
//! The fields of a command are those of its route's body. Knows no socket.

use serde_json::{Map, Value, json};

use super::keywords::{closed, described};
use super::rest;
use super::shape::Shape;
use crate::request::{KEY_MAX, KEY_PATTERN, SaidKind};

/// Every frame, by its type.
pub(super) fn frames() -> [(&'static str, Value); 3] {
    [("cart_state", state()), ("cart_event", event()), ("reply", reply())]
}

fn state() -> Value {
    let properties = [
        ("type", json!({ "const": "cart_state" })),
        (
            "recovered",
            json!({
                "const": false,
                "description": "Only where not all that was missed can be told: replace what you have."
            }),
        ),
        ("data", json!({ "$ref": "../api/cart.v1.json" })),
    ];
    described(closed(properties, &["recovered"]), "The whole cart: first, or in place of events.")
}

fn event() -> Value {
    let properties = [
        ("type", json!({ "const": "cart_event" })),
        ("data", json!({ "$ref": "../events/any.v1.json" })),
    ];
    described(closed(properties, &[]), "An event after it, as it lies on the topic.")
}

fn reply() -> Value {
    let answers = ["cart", "merged_cart", "checkout", "pending", "problem"];
    let answers = answers.map(|name| json!({ "$ref": format!("../api/{name}.v1.json") }));
    let properties = [
        ("type", json!({ "const": "reply" })),
        (
            "id",
            json!({
                "type": ["string", "null"],
                "description": "The command's id; null where what was said has none."
            }),
        ),
        (
            "status",
            json!({
                "type": "integer", "minimum": 200, "maximum": 599,
                "description": "The status its route answers."
            }),
        ),
        (
            "replayed",
            json!({
                "const": true, "description": "Only where an earlier command of the same id did it."
            }),
        ),
        (
            "appliedVersion",
            described(Shape::Version.there(), "The version that one brought about."),
        ),
        (
            "location",
            json!({
                "type": "string", "description": "With 202: where its outcome will be told."
            }),
        ),
        ("data", json!({ "anyOf": answers, "description": "The body its route answers." })),
    ];
    let optional = ["replayed", "appliedVersion", "location"];
    described(closed(properties, &optional), "The answer to a command, once.")
}

/// Every command, by its name.
pub(super) fn commands(openapi: &Value) -> impl Iterator<Item = (&'static str, Value)> {
    SaidKind::ALL.into_iter().map(|kind| (kind.as_str(), command(kind, openapi)))
}

/// The id in the command's path, the component of its body, and what it does.
const fn parts(kind: SaidKind) -> (Option<&'static str>, Option<&'static str>, &'static str) {
    match kind {
        SaidKind::AddItem => {
            (None, Some("AddItem"), "Put so many more of a product into the cart.")
        }
        SaidKind::SetQuantity => {
            (Some("itemID"), Some("SetQuantity"), "Hold exactly so many on a line.")
        }
        SaidKind::RemoveItem => (Some("itemID"), None, "Take a line out."),
        SaidKind::Clear => (None, None, "Take every line out."),
        SaidKind::Restore => (None, None, "Bring back what an expiry took out."),
        SaidKind::Extend => (None, Some("Extend"), "Keep the cart longer."),
        SaidKind::ChangeCurrency => {
            (None, Some("ChangeCurrency"), "Have every line at its price in a currency.")
        }
        SaidKind::Merge => {
            (None, Some("MergeCarts"), "Move every item of another cart into this one.")
        }
        SaidKind::Checkout => (None, Some("CheckOut"), "Begin to pay for everything in the cart."),
        SaidKind::CompleteCheckout => {
            (Some("checkoutID"), Some("CompleteCheckout"), "It is paid; only the shop says so.")
        }
        SaidKind::CancelCheckout => (Some("checkoutID"), None, "Give a checkout up."),
    }
}

fn command(kind: SaidKind, openapi: &Value) -> Value {
    let (path, body, does) = parts(kind);
    let (mut properties, mut required) =
        body.map_or_else(|| (Map::new(), Vec::new()), |component| rest::fields(openapi, component));
    required.extend(["type", "id"].into_iter().chain(path).map(str::to_owned));
    let mut add = |name: &str, schema| properties.insert(name.to_owned(), schema);
    add("type", json!({ "const": kind.as_str() }));
    add(
        "id",
        json!({
            "type": "string", "minLength": 1, "maxLength": KEY_MAX, "pattern": KEY_PATTERN,
            "description": "The command's `Idempotency-Key`: said again under it, it is done once."
        }),
    );
    add(
        "ifVersion",
        json!({
            "type": ["integer", "null"], "minimum": 0,
            "description": "`If-Match`: the version the change is meant for."
        }),
    );
    match path {
        Some("itemID") => add("itemID", Shape::Item.there()),
        Some(name) => add(name, Shape::Checkout.there()),
        None => None,
    };
    json!({ "type": "object", "required": required, "properties": properties, "description": does })
}

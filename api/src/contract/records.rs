//! The JSON Schemas of what lies on the topics beside events. Commands and replies are Cartstream's own: their
//! schemas say how far anybody else may rely on them, which is their heads.

use cart_schemas::envelope::{KINDS, SCHEMA};
use cart_schemas::policy::Rules;
use cart_schemas::prices::{Language, Names, Prices};
use cart_schemas::product::Product;
use cart_schemas::stock::STOCK_KINDS;
use serde_json::{Value, json};

use super::keywords::{closed, described, list};
use super::shape::Shape;

/// Every record, by its name.
pub(super) fn all() -> [(&'static str, Value); 6] {
    [
        ("product", product()),
        ("level", level()),
        ("command", command()),
        ("stock_command", stock_command()),
        ("reply", reply()),
        ("stock_reply", stock_reply()),
    ]
}

fn product() -> Value {
    let variants = list(variant(), Product::VARIANTS_MAX);
    let properties = [
        ("id", described(Shape::Product.there(), "Its id, which the record's key ends in.")),
        ("name", described(Shape::Name.there(), "Its name.")),
        ("price", described(Shape::Price.there(), "The price of the bare product.")),
        ("stock", described(Shape::Units.there(), "Pieces of the bare product, as they were put.")),
        ("variants", described(variants, "Its variants, each with its own price and stock.")),
        ("available", json!({ "type": "boolean", "description": "Whether it is for sale." })),
        ("currency", described(Shape::Currency.there(), "The currency of its prices.")),
        ("prices", prices()),
        ("names", names()),
    ];
    let perhaps = ["prices", "names"];
    described(
        closed(properties, &perhaps),
        "A product of a shop's catalog, whose tenant is in the key: the newest of its key holds.",
    )
}

fn variant() -> Value {
    let properties = [
        ("id", described(Shape::Variant.there(), "Its id within the product.")),
        ("name", described(Shape::Name.there(), "Its name.")),
        ("price", described(Shape::Price.there(), "Its price.")),
        ("stock", described(Shape::Units.there(), "Pieces of it, as they were put.")),
        ("prices", prices()),
    ];
    closed(properties, &["prices"])
}

fn prices() -> Value {
    json!({
        "type": "object", "minProperties": 1, "maxProperties": Prices::MAX,
        "propertyNames": Shape::Currency.there(), "additionalProperties": Shape::Price.there(),
        "description": "What it costs in other currencies, by their codes."
    })
}

fn names() -> Value {
    json!({
        "type": "object", "minProperties": 1, "maxProperties": Names::MAX,
        "propertyNames": { "pattern": Language::PATTERN },
        "additionalProperties": Shape::Name.there(),
        "description": "What it is called in other languages, by their tags."
    })
}

fn level() -> Value {
    let properties = [
        (
            "sku",
            described(Shape::Sku.there(), "The shop's product in its variant, which is the key."),
        ),
        ("available", described(Shape::Count.there(), "How many more can be sold.")),
        ("onHand", described(Shape::Units.there(), "How many there are.")),
        ("reserved", described(Shape::Count.there(), "How many of them checkouts hold.")),
        ("version", described(Shape::Version.there(), "Raised by every change of it.")),
        ("ts", described(Shape::Micros.there(), "The sku's clock at that change.")),
    ];
    let of = "How many there are of a sku: of two, the one of the higher version holds.";
    described(closed(properties, &[]), of)
}

/// A kind as text, or as the only key of an object.
fn of_kind(kinds: &[&str]) -> Value {
    json!({ "anyOf": [
        { "type": "string", "enum": kinds },
        {
            "type": "object", "minProperties": 1, "maxProperties": 1,
            "propertyNames": { "enum": kinds }
        }
    ] })
}

fn head(key: (&'static str, Value), kinds: &[&str]) -> [(&'static str, Value); 7] {
    [
        ("schema", json!({ "const": SCHEMA, "description": "The version of this schema." })),
        (
            "rules",
            json!({
                "enum": Rules::ALL,
                "description": "The version of the logic it is decided by."
            }),
        ),
        ("id", described(Shape::Command.there(), "Its id: the same is decided once.")),
        key,
        ("digest", Shape::Digest.there()),
        ("policy", json!({ "type": "object", "description": "The shop's limits and times." })),
        ("command", described(of_kind(kinds), "What is asked.")),
    ]
}

fn command() -> Value {
    let key = ("cart", described(Shape::CartKey.there(), "The cart, which is the key."));
    let expected = described(Shape::Version.there(), "`If-Match`: the version the caller saw.");
    let properties = head(key, &KINDS).into_iter().chain([("expectedVersion", expected)]);
    described(closed(properties, &["expectedVersion"]), "A command to a cart. Cartstream's own.")
}

fn stock_command() -> Value {
    let key = ("sku", described(Shape::Sku.there(), "The sku, which is the key."));
    described(closed(head(key, &STOCK_KINDS), &[]), "A command to a sku. Cartstream's own.")
}

fn reply() -> Value {
    let properties = [
        ("command", Shape::Command.there()),
        ("digest", Shape::Digest.there()),
        ("answer", json!({ "type": ["string", "object"], "description": "What became of it." })),
        ("after", json!({ "type": "object", "description": "The cart after it." })),
    ];
    described(closed(properties, &[]), "The outcome of a command to a cart. Cartstream's own.")
}

fn stock_reply() -> Value {
    let level = json!({ "$ref": "level.v1.json", "description": "The level after it." });
    let properties = [
        ("command", Shape::Command.there()),
        ("digest", Shape::Digest.there()),
        ("stock", json!({ "type": ["string", "object"], "description": "What became of it." })),
        ("level", level),
    ];
    described(closed(properties, &[]), "The outcome of a command to a sku. Cartstream's own.")
}

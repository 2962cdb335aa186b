//! The JSON Schemas of what lies on the topics beside events. Commands and replies are Cartstream's own: their
//! schemas say how far anybody else may rely on them, which is their heads.

use cart_schemas::envelope::{KINDS, SCHEMA};
use cart_schemas::notice::NoticeKind;
use cart_schemas::policy::{IDLE_TIERS, Policy, Rules};
use cart_schemas::prices::{Language, Names, Prices};
use cart_schemas::product::Product;
use cart_schemas::stock::STOCK_KINDS;
use serde_json::{Value, json};

use super::keywords::{closed, described, list, nullable, whole};
use super::shape::Shape;

/// Every record, by its name.
pub(super) fn all() -> [(&'static str, Value); 7] {
    [
        ("product", product()),
        ("level", level()),
        ("command", command()),
        ("stock_command", stock_command()),
        ("reply", reply()),
        ("stock_reply", stock_reply()),
        ("notice", notice()),
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

fn notice() -> Value {
    let types = NoticeKind::ALL.map(NoticeKind::as_str);
    let properties = [
        ("id", described(Shape::Event.there(), "Its event's id: the same is told once.")),
        ("type", json!({ "type": "string", "enum": types, "description": "What happened." })),
        ("timestamp", described(Shape::Time.there(), "When, by the cart's own clock.")),
        ("data", told()),
    ];
    described(
        closed(properties, &[]),
        "What marketing is told of a cart, on the topic and by webhooks: the shape of Standard Webhooks.",
    )
}

/// What is told of the cart.
fn told() -> Value {
    let tier = whole(1, i64::try_from(IDLE_TIERS).unwrap_or(i64::MAX));
    let text = |description: &str| json!({ "type": "string", "description": description });
    let lines = list(Shape::Line.there(), usize::from(Policy::LINES_MAX));
    let properties = [
        ("tenant", described(Shape::Tenant.there(), "The shop; not of the default one.")),
        ("userID", Shape::User.there()),
        ("cartID", Shape::Cart.there()),
        ("version", described(json!({ "type": "integer", "minimum": 1 }), "The event's version.")),
        ("n", described(whole(0, i64::from(u16::MAX) - 1), "Which event of the version.")),
        ("of", described(whole(1, i64::from(u16::MAX)), "How many events the version has.")),
        ("tier", described(tier, "The tier of abandonment it was left by, or came back from.")),
        ("idleSince", described(Shape::Time.there(), "Since when nobody has touched it.")),
        ("checkoutID", Shape::Checkout.there()),
        ("orderID", Shape::Order.there()),
        ("currency", nullable(Shape::Currency.there())),
        ("value", described(Shape::Amount.there(), "What the items cost.")),
        ("items", described(lines, "What was left, came back, was paid or ended.")),
        ("recoveryURL", text("A page that leads back to the cart; by webhooks only.")),
        ("discountCode", text("The shop's own; by webhooks only.")),
    ];
    let perhaps =
        ["tenant", "tier", "idleSince", "checkoutID", "orderID", "recoveryURL", "discountCode"];
    closed(properties, &perhaps)
}

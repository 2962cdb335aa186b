//! The values of the contract as JSON Schema: each declared once, its bounds those of the type that parses it.
//! Knows no message.

use cart_schemas::cart::LineState;
use cart_schemas::fault::NAME_MAX;
use cart_schemas::id::{ID_PATTERN, ItemId, OrderId, ProductId, TenantId, UserId, VariantId};
use cart_schemas::money::Price;
use cart_schemas::quantity::Quantity;
use cart_schemas::stock::Units;
use serde_json::{Value, json};

use super::keywords::{closed, described, whole};
use super::words::{LINE, meaning};

/// A UUID as it is printed.
const UUID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/// An item as its id is printed.
const ITEM_PATTERN: &str = "^i_[A-Za-z0-9_-]+$";
/// How a key begins that may be a tenant's.
const IN_TENANT: &str = "^([A-Za-z0-9._:@-]+/)?";

/// A value that means the same wherever it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Tenant,
    User,
    Cart,
    CartKey,
    Product,
    Variant,
    Item,
    ProductKey,
    Sku,
    Order,
    Command,
    Merge,
    Checkout,
    Event,
    Digest,
    Name,
    Quantity,
    Units,
    Count,
    Version,
    Price,
    Amount,
    Currency,
    Time,
    Micros,
    LineState,
    Line,
}

impl Shape {
    pub(super) const ALL: [Self; 27] = [
        Self::Tenant,
        Self::User,
        Self::Cart,
        Self::CartKey,
        Self::Product,
        Self::Variant,
        Self::Item,
        Self::ProductKey,
        Self::Sku,
        Self::Order,
        Self::Command,
        Self::Merge,
        Self::Checkout,
        Self::Event,
        Self::Digest,
        Self::Name,
        Self::Quantity,
        Self::Units,
        Self::Count,
        Self::Version,
        Self::Price,
        Self::Amount,
        Self::Currency,
        Self::Time,
        Self::Micros,
        Self::LineState,
        Self::Line,
    ];

    /// What it is called among the definitions.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Tenant => "TenantID",
            Self::User => "UserID",
            Self::Cart => "CartID",
            Self::CartKey => "CartKey",
            Self::Product => "ProductID",
            Self::Variant => "VariantID",
            Self::Item => "ItemID",
            Self::ProductKey => "ProductKey",
            Self::Sku => "SkuKey",
            Self::Order => "OrderID",
            Self::Command => "CommandID",
            Self::Merge => "MergeID",
            Self::Checkout => "CheckoutID",
            Self::Event => "EventID",
            Self::Digest => "Digest",
            Self::Name => "Name",
            Self::Quantity => "Quantity",
            Self::Units => "Units",
            Self::Count => "Count",
            Self::Version => "Version",
            Self::Price => "Price",
            Self::Amount => "Amount",
            Self::Currency => "Currency",
            Self::Time => "Time",
            Self::Micros => "Micros",
            Self::LineState => "LineState",
            Self::Line => "Line",
        }
    }

    /// What it is, for whoever reads the schema.
    const fn description(self) -> &'static str {
        match self {
            Self::Tenant => "A shop among several.",
            Self::User => "The owner of a cart within a tenant.",
            Self::Cart => {
                "One life of a cart: the same for all of a user's changes, until an erasure."
            }
            Self::CartKey => {
                "The key of a cart in topics: `tenant/user`, or the user of the default tenant."
            }
            Self::Product => "A product of the catalog.",
            Self::Variant => "A variant of a product.",
            Self::Item => {
                "A product in one variant: `i_` and base64url of product, NUL and variant."
            }
            Self::ProductKey => {
                "The key of a product in topics: `tenant/product`, or the product of the default tenant."
            }
            Self::Sku => {
                "What there is stock of: `tenant/itemID`, or the `itemID` of the default tenant."
            }
            Self::Order => "A shop's order, as whoever takes the payment names it.",
            Self::Command => "A command.",
            Self::Merge => "A merge: the `cartID` and the version the lines left at.",
            Self::Checkout => "A checkout: the id of the command that began it.",
            Self::Event => "An event: `cartID:version:n`.",
            Self::Digest => "What a command asks, as 128 bits of SHA-256 in base64url.",
            Self::Name => "A name of at most 256 bytes of UTF-8, without control characters.",
            Self::Quantity => "How many of a product a line holds.",
            Self::Units => "Pieces in stock.",
            Self::Count => "A number of pieces.",
            Self::Version => "The version of a cart: raised by every change, without gaps.",
            Self::Price => "What one piece costs: an exact decimal of at most 10^10 minor units.",
            Self::Amount => "A sum of money: an exact decimal. Read it as one, never as a float.",
            Self::Currency => "ISO 4217, of a currency one can pay in.",
            Self::Time => "RFC 3339, in UTC.",
            Self::Micros => "Microseconds since 1970, UTC.",
            Self::LineState => "How a line came to be as it is.",
            Self::Line => "One product in one variant.",
        }
    }

    /// What it may be.
    pub(crate) fn keywords(self) -> Value {
        match self {
            Self::Tenant => id(TenantId::MAX),
            Self::User => id(UserId::MAX),
            Self::Product => id(ProductId::MAX),
            Self::Variant => id(VariantId::MAX),
            Self::Order => id(OrderId::MAX),
            Self::CartKey => json!({
                "type": "string", "minLength": 1, "maxLength": TenantId::MAX + 1 + UserId::MAX,
                "pattern": ID_PATTERN.replacen('^', IN_TENANT, 1)
            }),
            Self::ProductKey => json!({
                "type": "string", "minLength": 1, "maxLength": TenantId::MAX + 1 + ProductId::MAX,
                "pattern": ID_PATTERN.replacen('^', IN_TENANT, 1)
            }),
            Self::Sku => json!({
                "type": "string", "maxLength": TenantId::MAX + 1 + ItemId::TEXT_MAX,
                "pattern": ITEM_PATTERN.replacen('^', IN_TENANT, 1)
            }),
            Self::Item => json!({
                "type": "string", "maxLength": ItemId::TEXT_MAX, "pattern": ITEM_PATTERN
            }),
            Self::Cart | Self::Command | Self::Checkout => {
                json!({ "type": "string", "format": "uuid", "pattern": format!("^{UUID}$") })
            }
            Self::Merge => text(&format!("^{UUID}:[0-9]+$")),
            Self::Event => text(&format!("^{UUID}:[0-9]+:[0-9]+$")),
            Self::Digest => text("^[A-Za-z0-9_-]{22}$"),
            Self::Name => json!({
                "type": "string", "minLength": 1, "maxLength": NAME_MAX,
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
            }),
            Self::Quantity => whole(1, i64::from(Quantity::MAX)),
            Self::Units => whole(0, i64::from(Units::MAX)),
            Self::Count => whole(0, i64::from(u32::MAX)),
            Self::Version => json!({ "type": "integer", "minimum": 0 }),
            // A currency without decimals has the highest prices.
            Self::Price => json!({ "type": "number", "minimum": 0, "maximum": Price::MAX }),
            Self::Amount => json!({ "type": "number", "minimum": 0 }),
            Self::Currency => text("^[A-Z]{3}$"),
            Self::Time => json!({ "type": "string", "format": "date-time", "pattern": "Z$" }),
            Self::Micros => json!({ "type": "integer" }),
            Self::LineState => json!({ "type": "string", "enum": line_states() }),
            Self::Line => line(),
        }
    }

    /// It and what it is.
    pub(super) fn definition(self) -> Value {
        described(self.keywords(), self.description())
    }

    /// Refers to it from a schema of another group.
    pub(super) fn there(self) -> Value {
        json!({ "$ref": format!("../common/values.v1.json#/$defs/{}", self.name()) })
    }

    fn here(self) -> Value {
        json!({ "$ref": format!("#/$defs/{}", self.name()) })
    }
}

fn id(max: usize) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": max, "pattern": ID_PATTERN })
}

fn text(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

/// The variant of a line, which is empty for the bare product.
pub(crate) fn perhaps_variant() -> Value {
    let pattern = ID_PATTERN.replace('+', "*");
    json!({ "type": "string", "maxLength": VariantId::MAX, "pattern": pattern })
}

pub(crate) fn line_states() -> Value {
    json!([LineState::Added, LineState::Updated, LineState::OutOfStock, LineState::Available])
}

fn line() -> Value {
    let shape = |name: &str| match name {
        "itemID" => Shape::Item.here(),
        "productID" => Shape::Product.here(),
        "name" => Shape::Name.here(),
        "price" => Shape::Price.here(),
        "quantity" => Shape::Quantity.here(),
        "addedAt" | "lastModified" => Shape::Time.here(),
        "state" => Shape::LineState.here(),
        _ => perhaps_variant(),
    };
    let properties = LINE.map(|(name, _)| (name, described(shape(name), meaning(&LINE, name))));
    closed(properties, &[])
}

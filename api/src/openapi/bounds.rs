//! The bounds of what the description names: those of the types that parse it. The derive that writes the
//! description takes only literals, so they are put into the finished document. Knows no route.

use cart_schemas::prices::{Names, Prices};
use cart_schemas::product::Product;
use cart_schemas::quantity::Quantity;
use cart_schemas::stock::Units;
use serde_json::{Value, json};

use crate::contract::{Shape, line_states, perhaps_variant};
use crate::request::{CHANGES_MAX, KEY_MAX, KEY_PATTERN};
use crate::view::Condition;

/// What a language tag looks like, in whatever case it is written.
const LANGUAGE_PATTERN: &str = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$";

/// Bounds every field and parameter there are bounds for.
pub(super) fn bind(document: &mut Value) {
    if let Some(schemas) =
        document.pointer_mut("/components/schemas").and_then(Value::as_object_mut)
    {
        for (name, schema) in schemas {
            fields(name, schema);
        }
    }
    if let Some(paths) = document.get_mut("paths") {
        parameters(paths);
    }
}

/// The fields of a schema, and of those it is made of.
fn fields(name: &str, schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            if let Some(Value::Object(properties)) = keywords.get_mut("properties") {
                for (property, schema) in properties {
                    if let Some(bounds) = field(name, property) {
                        add(schema, bounds);
                    }
                }
            }
            keywords.values_mut().for_each(|part| fields(name, part));
        }
        Value::Array(parts) => parts.iter_mut().for_each(|part| fields(name, part)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What a parameter or header may be, wherever it is asked for.
fn parameters(part: &mut Value) {
    match part {
        Value::Object(fields) => {
            let name = fields.get("name").filter(|_| fields.contains_key("in"));
            let bounds = name.and_then(Value::as_str).and_then(parameter);
            if let (Some(bounds), Some(schema)) = (bounds, fields.get_mut("schema")) {
                add(schema, bounds);
            }
            fields.values_mut().for_each(parameters);
        }
        Value::Array(parts) => parts.iter_mut().for_each(parameters),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Adds to a schema what it may be; its type, which may be more than one, and what it says of itself stay.
fn add(schema: &mut Value, bounds: Value) {
    if let (Value::Object(schema), Value::Object(bounds)) = (schema, bounds) {
        schema.extend(bounds.into_iter().filter(|(keyword, _)| keyword != "type"));
    }
}

fn field(schema: &str, property: &str) -> Option<Value> {
    Some(match (schema, property) {
        // Less than one takes the line out.
        ("SetQuantity", "quantity") => json!({ "maximum": Quantity::MAX }),
        ("Extend", "extendSeconds") => json!({ "minimum": 1, "maximum": u32::MAX }),
        ("MergeCarts", "policy") => {
            json!({ "enum": ["sum", "max", "keepUser", "keepGuest", null] })
        }
        ("AdjustStock" | "StockChange", "delta") => {
            json!({ "minimum": -i64::from(Units::MAX), "maximum": Units::MAX })
        }
        ("StockDelivery", "changes") => json!({ "minItems": 1, "maxItems": CHANGES_MAX }),
        (_, "prices") => json!({
            "maxProperties": Prices::MAX, "propertyNames": Shape::Currency.keywords()
        }),
        (_, "names") => json!({
            "maxProperties": Names::MAX, "propertyNames": { "pattern": LANGUAGE_PATTERN },
            "additionalProperties": Shape::Name.keywords()
        }),
        ("Product", "variants") => json!({ "maxItems": Product::VARIANTS_MAX }),
        (_, "productID") | ("Product" | "ListedSku", "id") => Shape::Product.keywords(),
        ("Variant", "id") => Shape::Variant.keywords(),
        ("Product" | "Variant" | "ListedSku" | "StockChange", "stock") => Shape::Units.keywords(),
        ("Product" | "Variant" | "ListedSku" | "CartItem", "name") => Shape::Name.keywords(),
        ("Cart" | "CartStatus", "state") => json!({ "enum": Condition::ALL }),
        ("CartItem", "state") => json!({ "enum": line_states() }),
        (_, "variant") => perhaps_variant(),
        (_, "userID" | "fromUserID") => Shape::User.keywords(),
        (_, "itemID") => Shape::Item.keywords(),
        (_, "orderID") => Shape::Order.keywords(),
        (_, "mergeID") => Shape::Merge.keywords(),
        (_, "tenant") => Shape::Tenant.keywords(),
        (_, "quantity") => Shape::Quantity.keywords(),
        (_, "currency") => Shape::Currency.keywords(),
        (_, "price" | "currentPrice") => Shape::Price.keywords(),
        (_, "total") => Shape::Amount.keywords(),
        _ => return None,
    })
}

fn parameter(name: &str) -> Option<Value> {
    Some(match name {
        "userID" => Shape::User.keywords(),
        "itemID" => Shape::Item.keywords(),
        "mergeID" => Shape::Merge.keywords(),
        "id" => Shape::Product.keywords(),
        "tenant" => Shape::Tenant.keywords(),
        "Idempotency-Key" => {
            json!({ "minLength": 1, "maxLength": KEY_MAX, "pattern": KEY_PATTERN })
        }
        _ => return None,
    })
}

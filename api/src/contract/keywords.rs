//! Schemas put together of schemas: objects, lists, what may be null. Knows no value and no message.

use serde_json::{Map, Value, json};

/// A whole number within these bounds, both of which it may be.
pub(super) fn whole(minimum: i64, maximum: i64) -> Value {
    json!({ "type": "integer", "minimum": minimum, "maximum": maximum })
}

/// A schema that says what it is of.
pub(super) fn described(schema: Value, description: &str) -> Value {
    with(schema, [("description", description.into())])
}

/// A schema with more keywords.
pub(super) fn with<const N: usize>(mut schema: Value, keywords: [(&str, Value); N]) -> Value {
    if let Some(object) = schema.as_object_mut() {
        object.extend(keywords.map(|(name, value)| (name.to_owned(), value)));
    }
    schema
}

/// An object of these properties and no others; all but `optional` are always there.
pub(super) fn closed<'a>(
    properties: impl IntoIterator<Item = (&'a str, Value)>,
    optional: &[&str],
) -> Value {
    with(open(properties, optional), [("additionalProperties", false.into())])
}

/// An object of these properties, and perhaps others that nobody reads.
pub(super) fn open<'a>(
    properties: impl IntoIterator<Item = (&'a str, Value)>,
    optional: &[&str],
) -> Value {
    let properties: Vec<_> = properties.into_iter().collect();
    let names = properties.iter().map(|(name, _)| *name);
    let required: Vec<_> = names.filter(|name| !optional.contains(name)).collect();
    let properties: Map<_, _> =
        properties.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

/// A list of at most so many.
pub(super) fn list(items: Value, max: usize) -> Value {
    with(json!({ "type": "array", "maxItems": max }), [("items", items)])
}

/// Whatever a schema allows, or null.
pub(super) fn nullable(schema: Value) -> Value {
    Value::Object(Map::from_iter([(
        "anyOf".to_owned(),
        vec![schema, json!({ "type": "null" })].into(),
    )]))
}

//! The JSON Schemas of what REST takes and answers: the components of the `OpenAPI` document, each in a file
//! of its own. Knows none of them.

use serde_json::{Map, Value};

/// Every component, by the name of its file.
pub(super) fn all(openapi: &Value) -> Vec<(String, Value)> {
    let schemas = openapi.pointer("/components/schemas").and_then(Value::as_object);
    schemas.into_iter().flatten().map(|(name, schema)| (file(name), own(schema))).collect()
}

/// A component's fields, as `(properties, required)`.
pub(super) fn fields(openapi: &Value, component: &str) -> (Map<String, Value>, Vec<String>) {
    let schema = openapi.pointer(&format!("/components/schemas/{component}")).map(own);
    let part = |name: &str| schema.as_ref().and_then(|schema| schema.get(name));
    let properties = part("properties").and_then(Value::as_object).cloned();
    let required = part("required").and_then(Value::as_array).into_iter().flatten();
    let required = required.filter_map(Value::as_str).map(str::to_owned).collect();
    (properties.unwrap_or_default(), required)
}

/// The schema without what only `OpenAPI` knows, its neighbours named by their files.
fn own(schema: &Value) -> Value {
    match schema {
        Value::Object(keywords) => Value::Object(keywords.iter().map(keyword).collect()),
        Value::Array(parts) => parts.iter().map(own).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}

fn keyword((name, value): (&String, &Value)) -> (String, Value) {
    match (name.as_str(), value) {
        ("$ref", Value::String(to)) => {
            let component = to.rsplit('/').next().unwrap_or_default();
            (name.clone(), format!("{}.v1.json", file(component)).into())
        }
        ("example", value) => ("examples".to_owned(), Value::Array(vec![value.clone()])),
        (_, value) => (name.clone(), own(value)),
    }
}

/// `CartItem` is in `cart_item`.
fn file(component: &str) -> String {
    let mut name = String::new();
    for letter in component.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_component_names_its_neighbours_by_their_files() {
        let cart = json!({ "items": { "$ref": "#/components/schemas/CartItem" } });
        let openapi = json!({ "components": { "schemas": { "MergedCart": cart } } });

        let expected = json!({ "items": { "$ref": "cart_item.v1.json" } });
        assert_eq!(all(&openapi), [("merged_cart".to_owned(), expected)]);
    }
}

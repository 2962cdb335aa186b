//! What Cartstream promises others, as documents they can check against: the `OpenAPI` of its routes, the
//! `AsyncAPI` of its topics and sockets, and a JSON Schema of each message. They are made of the code's own
//! tables and bounds; `docs/contract` has what they were when somebody last looked.

mod asyncapi;
mod events;
mod keywords;
mod records;
mod rest;
mod shape;
mod sockets;
mod words;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use bytes::Bytes;
use cart_schemas::event::EventKind;
use serde_json::{Map, Value, json};

pub(crate) use self::shape::{Shape, line_states, perhaps_variant};
pub use self::words::{EVENTS, FIELDS, HEADERS, LINE, Meaning};
use crate::openapi;

/// What the schemas are written in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A document of the contract.
#[derive(Debug, Clone)]
pub struct Document {
    /// Where it is served, without the first slash; `docs/contract` has it under the same path.
    pub path: String,
    /// What it says: JSON, laid out to be read.
    pub text: Bytes,
}

/// Every document. They are the same for every instance of a build.
#[must_use]
pub fn documents() -> &'static [Document] {
    static DOCUMENTS: LazyLock<Vec<Document>> = LazyLock::new(all);
    &DOCUMENTS
}

/// The document at this path.
pub(crate) fn document(path: &str) -> Option<Bytes> {
    let document = documents().iter().find(|document| document.path == path)?;
    Some(document.text.clone())
}

/// Where the list of schemas lies; it is served at the folder.
pub(crate) const INDEX: &str = "schemas/index.json";

fn all() -> Vec<Document> {
    let openapi = openapi::described();
    let schemas = schemas(&openapi);
    let documents = [
        ("openapi.json".to_owned(), openapi),
        ("asyncapi.json".to_owned(), asyncapi::document()),
        (INDEX.to_owned(), index(&schemas)),
    ];
    let documents = documents.into_iter().chain(schemas);
    documents.map(|(path, document)| Document { path, text: laid_out(&document) }).collect()
}

/// Plain data with string keys has no way not to be JSON.
fn laid_out(document: &Value) -> Bytes {
    let mut text = serde_json::to_vec_pretty(document).unwrap_or_default();
    text.push(b'\n');
    text.into()
}

/// Every JSON Schema, by its path.
fn schemas(openapi: &Value) -> Vec<(String, Value)> {
    let definitions = Shape::ALL.map(|shape| (shape.name().to_owned(), shape.definition()));
    let definitions = Map::from_iter(definitions);
    let values = json!({ "description": "What the schemas have in common.", "$defs": definitions });
    let events = EventKind::ALL.map(|kind| (kind.as_str(), events::event(kind)));
    let groups = [
        ("common", vec![("values".to_owned(), values)]),
        ("events", named(events.into_iter().chain([("any", events::any())]))),
        ("records", named(records::all())),
        ("frames", named(sockets::frames())),
        ("commands", named(sockets::commands(openapi))),
        ("api", rest::all(openapi)),
    ];
    let schemas = groups.into_iter().flat_map(|(group, schemas)| {
        schemas.into_iter().map(move |(name, schema)| {
            (format!("schemas/{group}/{name}.v1.json"), titled(&name, schema))
        })
    });
    schemas.collect()
}

fn named<'a>(schemas: impl IntoIterator<Item = (&'a str, Value)>) -> Vec<(String, Value)> {
    schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// A schema as a file of its own.
fn titled(name: &str, schema: Value) -> Value {
    keywords::with(schema, [("$schema", DIALECT.into()), ("title", name.into())])
}

/// What schemas there are, and what each is of.
fn index(schemas: &[(String, Value)]) -> Value {
    let entry = |(path, schema): &(String, Value)| json!({ "path": format!("/{path}"), "description": schema.get("description") });
    json!({ "schemas": schemas.iter().map(entry).collect::<Vec<_>>() })
}

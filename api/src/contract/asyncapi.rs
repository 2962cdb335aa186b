//! The `AsyncAPI` 3.0 description: every topic, the sockets and the streams of events, and what is told on
//! each. Their JSON Schemas are in other files, so this knows no field of any.

mod live;
mod topics;

use cart_schemas::topic::Topic;
use serde_json::{Map, Value, json};

/// A name and what stands under it.
type Entry = (String, Value);

/// The description.
pub(super) fn document() -> Value {
    let channels = Topic::ALL.into_iter().map(topics::channel).chain(live::channels());
    let operations = Topic::ALL.into_iter().map(topics::operation).chain(live::operations());
    let messages = topics::messages().into_iter().chain(live::messages());
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Cartstream",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Topics and sockets of carts. Topics and addresses are those of an \
                installation without a namespace; with one, topics begin with it and a dot.",
            "license": { "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" }
        },
        "defaultContentType": "application/json",
        "servers": servers(),
        "channels": channels.collect::<Map<_, _>>(),
        "operations": operations.collect::<Map<_, _>>(),
        "components": {
            "messages": messages.collect::<Map<_, _>>(),
            "securitySchemes": { "bearer": {
                "type": "http", "scheme": "bearer",
                "description": "A JSON Web Token of a customer, a guest or staff, or an API key; \
                    not where nobody is asked who they are."
            } }
        }
    })
}

fn servers() -> Value {
    let host = |default: &str, description: &str| json!({ "default": default, "description": description });
    json!({
        "kafka": {
            "host": "{brokers}",
            "protocol": "kafka",
            "description": "With `--engine kafka`; a single process keeps its log to itself.",
            "variables": { "brokers": host("localhost:9092", "The brokers.") }
        },
        "sockets": {
            "host": "{host}",
            "protocol": "ws",
            "variables": { "host": host("localhost:8080", "An instance of the API.") },
            "security": [{ "$ref": "#/components/securitySchemes/bearer" }]
        },
        "http": {
            "host": "{host}",
            "protocol": "http",
            "variables": { "host": host("localhost:8080", "An instance of the API.") },
            "security": [{ "$ref": "#/components/securitySchemes/bearer" }]
        }
    })
}

/// Refers to messages of a channel, as an operation does.
fn of_channel(channel: &str, names: impl IntoIterator<Item = impl AsRef<str>>) -> Value {
    let path = |name: &str| format!("#/channels/{channel}/messages/{name}");
    names.into_iter().map(|name| json!({ "$ref": path(name.as_ref()) })).collect()
}

/// The messages of a channel, which are those of all channels.
fn in_channel(names: impl IntoIterator<Item = impl AsRef<str>>) -> Value {
    let refer =
        |name: &str| (name.to_owned(), json!({ "$ref": format!("#/components/messages/{name}") }));
    Value::Object(names.into_iter().map(|name| refer(name.as_ref())).collect())
}

/// Refers to a JSON Schema, by its path beside this description.
fn schema(group: &str, name: &str) -> Value {
    json!({ "$ref": format!("./schemas/{group}/{name}.v1.json") })
}

//! The topics as channels, and the records on them. A topic of the product that is not here does not compile.

use cart_schemas::cloudevent::{CONTENT_TYPE, SPEC_VERSION, event_type, notice_type};
use cart_schemas::event::EventKind;
use cart_schemas::generation::Generation;
use cart_schemas::notice::NoticeKind;
use cart_schemas::topic::{Cleanup, Namespace, Topic, dead_letter, header};
use serde_json::{Map, Value, json};

use super::{Entry, in_channel, of_channel, schema};
use crate::contract::Shape;
use crate::contract::keywords::{described, open};
use crate::contract::words::{EVENTS, HEADERS, meaning};

/// The version of the Kafka binding of `AsyncAPI` that is followed.
const BINDING: &str = "0.5.0";

/// What a topic is for, and whether others may read it; Cartstream alone writes to all of them.
const fn purpose(topic: Topic) -> (&'static str, bool) {
    match topic {
        Topic::Commands => ("Commands, keyed by cart: Cartstream's own.", false),
        Topic::Replies => ("Outcomes, for the instance that asked: Cartstream's own.", false),
        Topic::Events => ("What happened to carts, keyed by cart, each cart's in order.", true),
        Topic::Products => {
            ("The catalog of each shop, keyed by product: the newest of each holds.", true)
        }
        Topic::CommandsDeadLetters => ("Commands nobody can decide, as they came.", true),
        Topic::InventoryCommands => ("Stock commands, keyed by sku: Cartstream's own.", false),
        Topic::InventoryLevels => ("How many there are, keyed by sku: the newest holds.", true),
        Topic::InventoryDeadLetters => ("Stock commands nobody can decide, as they came.", true),
        Topic::Analytics => {
            ("What marketing is told: carts left, won back, paid and expired, keyed by cart.", true)
        }
    }
}

/// What lies on a topic.
fn records(topic: Topic) -> Vec<&'static str> {
    match topic {
        Topic::Commands => vec!["command"],
        Topic::Replies => vec!["command_reply", "stock_reply"],
        Topic::Events => EventKind::ALL.map(EventKind::as_str).to_vec(),
        Topic::Products => vec!["product"],
        Topic::InventoryCommands => vec!["stock_command"],
        Topic::InventoryLevels => vec!["level"],
        Topic::CommandsDeadLetters | Topic::InventoryDeadLetters => vec!["dead_letter"],
        Topic::Analytics => vec!["notice"],
    }
}

/// A topic as a channel.
pub(super) fn channel(topic: Topic) -> Entry {
    let name = topic.name(&Namespace::default(), Generation::FIRST);
    let (description, is_public) = purpose(topic);
    let mut configuration = match topic.cleanup() {
        Cleanup::Delete { retention_ms } => {
            json!({ "cleanup.policy": ["delete"], "retention.ms": retention_ms })
        }
        Cleanup::Compact => json!({ "cleanup.policy": ["compact"] }),
    };
    let mut kafka = json!({ "topic": name, "bindingVersion": BINDING });
    if let (Value::Object(kafka), false) = (&mut kafka, topic.is_partitioned()) {
        kafka.insert("partitions".to_owned(), 1.into());
    }
    if let Value::Object(kafka) = &mut kafka {
        kafka.insert("topicConfiguration".to_owned(), configuration.take());
    }
    let channel = json!({
        "address": name,
        "description": description,
        "servers": [{ "$ref": "#/servers/kafka" }],
        "messages": in_channel(records(topic)),
        "bindings": { "kafka": kafka },
        "x-internal": !is_public,
    });
    (topic.to_string(), channel)
}

/// That Cartstream writes to a topic.
pub(super) fn operation(topic: Topic) -> Entry {
    let channel = topic.to_string();
    let operation = json!({
        "action": "send",
        "channel": { "$ref": format!("#/channels/{channel}") },
        "summary": purpose(topic).0,
        "messages": of_channel(&channel, records(topic)),
    });
    (format!("write.{channel}"), operation)
}

/// Every record that lies on some topic.
pub(super) fn messages() -> Vec<Entry> {
    let own = [
        message("command", ("command", Shape::CartKey), command_headers()),
        message("command_reply", ("reply", Shape::Command), None),
        message("stock_command", ("stock_command", Shape::Sku), command_headers()),
        message("stock_reply", ("stock_reply", Shape::Command), None),
        message("product", ("product", Shape::ProductKey), None),
        message("level", ("level", Shape::Sku), None),
        message("notice", ("notice", Shape::CartKey), Some(of_notice())),
        dead(),
    ];
    EventKind::ALL.into_iter().map(event).chain(own).collect()
}

fn key(shape: Shape) -> Value {
    json!({ "kafka": { "key": shape.keywords(), "bindingVersion": BINDING } })
}

fn message(name: &str, (record, keyed_by): (&str, Shape), headers: Option<Value>) -> Entry {
    let mut message = json!({
        "name": name,
        "contentType": CONTENT_TYPE,
        "payload": schema("records", record),
        "bindings": key(keyed_by),
    });
    if let (Value::Object(message), Some(headers)) = (&mut message, headers) {
        message.insert("headers".to_owned(), headers);
    }
    (name.to_owned(), message)
}

fn event(kind: EventKind) -> Entry {
    let message = json!({
        "name": kind.as_str(),
        "title": event_type(kind),
        "summary": meaning(&EVENTS, kind.as_str()),
        "contentType": CONTENT_TYPE,
        "headers": cloudevent(&json!({ "const": event_type(kind) })),
        "payload": schema("events", kind.as_str()),
        "bindings": key(Shape::CartKey),
    });
    (kind.as_str().to_owned(), message)
}

/// W3C Trace Context, of its only version.
const TRACEPARENT_PATTERN: &str = "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$";

/// The attributes of `CloudEvents`, in binary mode.
fn cloudevent(kind: &Value) -> Value {
    let value = |name: &str| match name {
        "ce_specversion" => json!({ "const": SPEC_VERSION }),
        "ce_type" => kind.clone(),
        "ce_source" => json!({ "type": "string", "pattern": "^/carts/[A-Za-z0-9._:@-]+$" }),
        "ce_subject" => Shape::Cart.keywords(),
        "ce_id" => Shape::Event.keywords(),
        "ce_time" => Shape::Time.keywords(),
        "ce_partitionkey" => Shape::CartKey.keywords(),
        "ce_sequence" => json!({ "type": "string", "pattern": "^[0-9]{20}\\.[0-9]{4}$" }),
        "ce_traceparent" => json!({ "type": "string", "pattern": TRACEPARENT_PATTERN }),
        _ => json!({ "const": CONTENT_TYPE }),
    };
    let headers = HEADERS.map(|(name, meaning)| (name, described(value(name), meaning)));
    open(headers, &["ce_traceparent"])
}

fn of_notice() -> Value {
    cloudevent(&json!({ "enum": NoticeKind::ALL.map(notice_type) }))
}

fn texts(headers: &[(&str, &str)], optional: &[&str]) -> Value {
    let text = |meaning: &str| json!({ "type": "string", "description": meaning });
    open(headers.iter().map(|(name, meaning)| (*name, text(meaning))), optional)
}

fn command_headers() -> Option<Value> {
    let headers = [
        (header::COMMAND, "The command's id."),
        (header::SCHEMA, "The schema version of the value."),
        (header::REPLY_PARTITION, "The partition of the replies that waits for the outcome."),
        ("traceparent", "W3C trace context."),
    ];
    Some(texts(&headers, &headers.map(|(name, _)| name)))
}

fn dead() -> Entry {
    let headers = [
        (dead_letter::TOPIC, "The topic it lay on."),
        (dead_letter::PARTITION, "Its partition there."),
        (dead_letter::OFFSET, "Its offset there."),
        (dead_letter::STAGE, "The step that could not go on."),
        (dead_letter::CLASS, "The class of the error."),
        (dead_letter::MESSAGE, "What was wrong."),
        (dead_letter::TRUNCATED_FROM, "How many bytes the value had, where it was cut."),
    ];
    let message = json!({
        "name": "dead_letter",
        "summary": "The record that could not be decided, with Kafka Connect's headers after its own.",
        "contentType": "application/octet-stream",
        "headers": texts(&headers, &[dead_letter::TRUNCATED_FROM]),
        "payload": Value::Object(Map::new()),
    });
    ("dead_letter".to_owned(), message)
}

//! Records for the topics: an event as a `CloudEvent`, a reply, a dead letter. Decides nothing.

use bytes::Bytes;
use cart_schemas::cloudevent;
use cart_schemas::event::Event;
use cart_schemas::record::CartRecord;
use cart_schemas::reply::{Answer, Reply};
use cart_schemas::topic::{Namespace, Topic, dead_letter};
use cart_storage::log::{Header, NewRecord, Record};

use crate::intake::{Home, Incoming};

/// The reply to a command, with the cart as `record` holds it.
pub(super) fn reply(incoming: &Incoming, record: &CartRecord, answer: Answer) -> NewRecord {
    let envelope = &incoming.envelope;
    let reply = Reply {
        command: envelope.id,
        digest: envelope.digest,
        answer,
        after: record.snapshot(&envelope.cart),
    };
    let key = Some(Bytes::from(envelope.id.to_string()));
    let value = Some(Bytes::from(reply.encode()));
    NewRecord { key, value, headers: Vec::new() }
}

/// An event of the cart a command is for.
pub(super) fn event(incoming: &Incoming, event: &Event) -> NewRecord {
    let cart = &incoming.envelope.cart;
    let attributes = cloudevent::headers(cart, event).into_iter();
    let mut headers: Vec<_> = attributes.map(|(name, value)| Header::text(name, value)).collect();
    let trace = incoming.traceparent.clone();
    headers.extend(trace.map(|trace| Header::text("ce_traceparent", trace)));
    NewRecord {
        key: Some(Bytes::copy_from_slice(cart.as_str().as_bytes())),
        value: Some(Bytes::from(event.encode())),
        headers,
    }
}

/// How much of a value a dead letter keeps: all of any record that fits a topic uncompressed.
const LETTER_BYTES_MAX: usize = 3 * 1024 * 1024;

/// The original record, whole, with Kafka Connect's error headers after its own: where it lay, and
/// the class of what is wrong with it and what that is.
pub(super) fn letter(home: Home, record: Record, (class, reason): (&str, &str)) -> NewRecord {
    let mut headers = record.headers;
    let topic = Topic::Commands.name(&Namespace::default(), home.log.generation);
    headers.extend([
        Header::text(dead_letter::TOPIC, topic),
        Header::text(dead_letter::PARTITION, home.partition.to_string()),
        Header::text(dead_letter::OFFSET, record.offset.to_string()),
        Header::text(dead_letter::STAGE, "VALUE_CONVERTER"),
        Header::text(dead_letter::CLASS, class),
        Header::text(dead_letter::MESSAGE, reason),
    ]);
    let length = record.value.as_ref().map_or(0, Bytes::len);
    if length > LETTER_BYTES_MAX {
        headers.push(Header::text(dead_letter::TRUNCATED_FROM, length.to_string()));
    }
    let value = record.value.map(|value| value.slice(..length.min(LETTER_BYTES_MAX)));
    NewRecord { key: record.key, value, headers }
}

//! A dead letter: a record nobody can decide, as it lay in the log, and what is wrong with it.

use bytes::Bytes;
use cart_schemas::topic::{Namespace, Topic, dead_letter};
use cart_storage::log::{Header, NewRecord, Record};

use crate::intake::Home;

/// How much of a value a dead letter keeps: all of any record that fits a topic uncompressed.
const LETTER_BYTES_MAX: usize = 3 * 1024 * 1024;

/// The original record, whole, with Kafka Connect's error headers after its own: where it lay in
/// `commands`, and the class of what is wrong with it and what that is.
pub(super) fn letter(
    (commands, home): (Topic, Home),
    record: Record,
    (class, reason): (&str, &str),
) -> NewRecord {
    let mut headers = record.headers;
    let topic = commands.name(&Namespace::default(), home.log.generation);
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

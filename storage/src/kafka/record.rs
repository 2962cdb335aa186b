//! Records to and from librdkafka's messages.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use rdkafka::message::{self, BorrowedMessage, Headers as _, Message as _, OwnedHeaders};
use rdkafka::producer::FutureRecord;

use crate::log::{Header, NewRecord, Record};

/// The message of a record to append.
pub(super) fn outgoing<'a>(
    topic: &'a str,
    partition: Partition,
    record: &'a NewRecord,
) -> FutureRecord<'a, [u8], [u8]> {
    FutureRecord {
        topic,
        partition: Some(i32::from(partition.number())),
        payload: record.value.as_deref(),
        key: record.key.as_deref(),
        timestamp: None,
        headers: outgoing_headers(&record.headers),
    }
}

fn outgoing_headers(headers: &[Header]) -> Option<OwnedHeaders> {
    if headers.is_empty() {
        return None;
    }
    let owned = OwnedHeaders::new_with_capacity(headers.len());
    Some(headers.iter().fold(owned, |owned, header| {
        owned.insert(message::Header { key: &header.name, value: Some(&*header.value) })
    }))
}

/// The record of a fetched message.
pub(super) fn incoming(message: &BorrowedMessage<'_>) -> Record {
    Record {
        offset: message.offset(),
        appended: Timestamp::from_millis(message.timestamp().to_millis().unwrap_or_default()),
        key: message.key().map(Bytes::copy_from_slice),
        value: message.payload().map(Bytes::copy_from_slice),
        headers: incoming_headers(message),
    }
}

/// The memory a record takes, about.
pub(super) fn size(record: &Record) -> usize {
    let length = |bytes: &Option<Bytes>| bytes.as_ref().map_or(0, Bytes::len);
    let headers: usize = record.headers.iter().map(|h| h.name.len() + h.value.len()).sum();
    length(&record.key) + length(&record.value) + headers
}

fn incoming_headers(message: &BorrowedMessage<'_>) -> Vec<Header> {
    let Some(headers) = message.headers() else { return Vec::new() };
    // rdkafka panics on a name that is not UTF-8. Such a record is not ours; one that anybody can
    // write must not stop the tail.
    catch_unwind(AssertUnwindSafe(|| {
        headers.iter().map(|header| incoming_header(&header)).collect()
    }))
    .unwrap_or_default()
}

fn incoming_header(header: &message::Header<'_, &[u8]>) -> Header {
    let value = header.value.map(Bytes::copy_from_slice).unwrap_or_default();
    Header { name: Cow::Owned(header.key.to_owned()), value }
}

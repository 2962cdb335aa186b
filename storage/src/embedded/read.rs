//! Records that are no longer in memory, read from the file.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use cart_schemas::timestamp::Timestamp;
use redb::Value;

use super::data::DataError;
use super::held::{BATCH_BYTES, size};
use super::shared::Shared;
use super::tables::{StoredRecord, records};
use crate::log::{Header, LogError, Record, TopicPartition};

/// Records of a partition in a range of offsets, as many as a tail is given at a time, and where
/// to read on. A compacted topic has holes.
pub(super) async fn from_disk(
    shared: &Arc<Shared>,
    at: TopicPartition,
    range: Range<i64>,
) -> Result<(Vec<Record>, i64), LogError> {
    let shared = Arc::clone(shared);
    let reading = tokio::task::spawn_blocking(move || read(&shared, at, range));
    match reading.await {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(error)) if error.is_damage() => Err(LogError::Fatal(error.into())),
        Ok(Err(error)) => Err(LogError::Unreachable(error.into())),
        // The engine panics over pages that make no sense.
        Err(panicked) => Err(LogError::Fatal(panicked.into())),
    }
}

fn read(
    shared: &Shared,
    at: TopicPartition,
    range: Range<i64>,
) -> Result<(Vec<Record>, i64), DataError> {
    let (mut found, mut bytes) = (Vec::new(), 0);
    let Some(table) = records(at.topic) else { return Ok((found, range.end)) };
    let stored = shared.data.read()?.open_table(table)?;
    let partition = at.partition.number();
    for entry in stored.range((partition, range.start)..(partition, range.end))? {
        let (place, record) = entry?;
        let record = decoded(place.value().1, record.value());
        bytes += size(&record);
        found.push(record);
        if bytes >= BATCH_BYTES {
            break;
        }
    }
    let filled = bytes >= BATCH_BYTES;
    let last = found.last().filter(|_| filled).map(|record| record.offset + 1);
    let next = last.unwrap_or(range.end);
    Ok((found, next))
}

fn decoded(
    offset: i64,
    (appended, key, value, headers): <StoredRecord as Value>::SelfType<'_>,
) -> Record {
    let headers = headers.into_iter().map(|(name, value)| Header {
        name: Cow::Owned(name.to_owned()),
        value: Bytes::copy_from_slice(value),
    });
    Record {
        offset,
        appended: Timestamp::from_micros(appended),
        key: key.map(Bytes::copy_from_slice),
        value: value.map(Bytes::copy_from_slice),
        headers: headers.collect(),
    }
}

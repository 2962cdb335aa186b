//! Deletes what has expired: records past their retention, products that were written again,
//! slots dropped so long ago that nobody can note anything there any more.

use std::collections::HashSet;

use cart_schemas::cql::{DROPPED_FOR_SECONDS, Index};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::{Cleanup, Topic};
use redb::{ReadableTable as _, WriteTransaction};

use super::data::DataError;
use super::save::begin;
use super::shared::Shared;
use super::tables::{BOUNDS, drops, records, topic_name};
use crate::log::TopicPartition;

/// What is deleted of a partition or an index in one transaction: the sweep must not keep writers
/// waiting for long. A partition may so expire 1,000 records a second, every second.
const AT_A_TIME: usize = 10_000;
/// How long a product that was written again is kept all the same: a tail that is reading the
/// topic from its beginning sees each one once.
const COMPACT_AFTER_MICROS: i64 = 60 * 60 * 1_000_000;

/// Deletes what has expired by `now`.
pub(super) fn sweep(shared: &Shared, now: Timestamp) -> Result<(), DataError> {
    for topic in Topic::ALL {
        match topic.cleanup() {
            Cleanup::Delete { retention_ms } => {
                let kept = i64::try_from(retention_ms).unwrap_or(i64::MAX).saturating_mul(1_000);
                expire(shared, topic, now.micros().saturating_sub(kept))?;
            }
            Cleanup::Compact => compact(shared, topic, now.micros() - COMPACT_AFTER_MICROS)?,
        }
    }
    let forgotten = now.micros() - i64::from(DROPPED_FOR_SECONDS) * 1_000_000;
    for index in Index::ALL {
        let writing = begin(&*shared.data.database()?)?;
        if forget_drops(&writing, index, forgotten)? > 0 {
            writing.commit()?;
        }
    }
    Ok(())
}

/// Deletes records appended before `oldest`. Its last record keeps a partition's place.
fn expire(shared: &Shared, topic: Topic, oldest: i64) -> Result<(), DataError> {
    let Some(table) = records(topic) else { return Ok(()) };
    for (at, held) in shared.partitions(topic) {
        let bounds = held.bounds();
        let writing = begin(&*shared.data.database()?)?;
        let mut stored = writing.open_table(table)?;
        let partition = at.partition.number();
        let mut start = bounds.start;
        let range = (partition, start)..(partition, bounds.end);
        for record in stored.range(range.clone())?.take(AT_A_TIME) {
            let (key, record) = record?;
            if record.value().0 >= oldest {
                break;
            }
            start = key.value().1 + 1;
        }
        if start == bounds.start {
            continue;
        }
        for gone in
            stored.extract_from_if((partition, bounds.start)..(partition, start), |_, _| true)?
        {
            gone?;
        }
        drop(stored);
        keep_bounds(&writing, at, (start, bounds.end, held.last()))?;
        writing.commit()?;
        held.begin_at(start);
    }
    Ok(())
}

fn keep_bounds(
    writing: &WriteTransaction,
    at: TopicPartition,
    (start, end, last): (i64, i64, Timestamp),
) -> Result<(), redb::Error> {
    let key = (topic_name(at.topic), at.partition.number());
    writing.open_table(BOUNDS)?.insert(key, (start, end, last.micros()))?;
    Ok(())
}

/// Deletes records appended before `oldest` whose key a later record has. A catalog is small
/// enough for its keys to be held.
fn compact(shared: &Shared, topic: Topic, oldest: i64) -> Result<(), DataError> {
    let Some(table) = records(topic) else { return Ok(()) };
    let writing = begin(&*shared.data.database()?)?;
    let mut stored = writing.open_table(table)?;
    let (mut seen, mut gone) = (HashSet::new(), Vec::new());
    for record in stored.iter()?.rev() {
        let (place, record) = record?;
        let (appended, key, ..) = record.value();
        let is_latest = seen.insert((place.value().0, key.map(<[u8]>::to_vec)));
        if !is_latest && appended < oldest && gone.len() < AT_A_TIME {
            gone.push(place.value());
        }
    }
    for place in &gone {
        stored.remove(place)?;
    }
    drop(stored);
    if !gone.is_empty() {
        writing.commit()?;
    }
    Ok(())
}

fn forget_drops(
    writing: &WriteTransaction,
    index: Index,
    forgotten: i64,
) -> Result<usize, redb::Error> {
    let mut dropped = writing.open_table(drops(index))?;
    let mut gone = Vec::new();
    for entry in dropped.iter()? {
        let (slot, ts) = entry?;
        if ts.value() < forgotten && gone.len() < AT_A_TIME {
            gone.push(slot.value().to_owned());
        }
    }
    for slot in &gone {
        dropped.remove(slot.as_str())?;
    }
    Ok(gone.len())
}

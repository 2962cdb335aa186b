//! Deletes what has expired: records past their retention, those of a table that were written again,
//! slots dropped so long ago that nobody can note anything there any more.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use cart_schemas::cql::{DROPPED_FOR_SECONDS, Index};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::{Cleanup, Topic};
use redb::{ReadableTable as _, WriteTransaction};

use super::compact::Pass;
use super::data::DataError;
use super::save::begin;
use super::shared::Shared;
use super::tables::{BOUNDS, drops, records, topic_name};
use crate::log::TopicPartition;

/// How often a step is made.
const STEP_EVERY: Duration = Duration::from_secs(1);
/// What is deleted in one step, of one partition or index: it must not keep writers waiting for
/// long. With four partitions, one expires 470 records a second, week after week.
pub(super) const AT_A_TIME: usize = 10_000;
/// What is looked at in one step.
#[derive(Debug, Clone, Copy)]
enum Corner {
    /// Records of a partition past the retention of its topic.
    Expired(TopicPartition, i64),
    /// Records of a table that were written again.
    Replaced(TopicPartition),
    /// Slots dropped so long ago that nobody can note anything there any more.
    Forgotten(Index),
}

/// Goes around the file, a corner at a time.
#[derive(Debug)]
pub(super) struct Sweep {
    next: Instant,
    turn: usize,
    /// Where each table among the topics is looked at.
    passes: HashMap<TopicPartition, Pass>,
}

impl Sweep {
    pub(super) fn new(now: Instant) -> Self {
        Self { next: now + STEP_EVERY, turn: 0, passes: HashMap::new() }
    }

    /// When the next step is due.
    pub(super) const fn next(&self) -> Instant {
        self.next
    }

    /// Deletes what has expired by `now` in the next corner.
    pub(super) fn step(&mut self, shared: &Shared, now: Timestamp) -> Result<(), DataError> {
        self.next = Instant::now() + STEP_EVERY;
        let corners: Vec<_> = corners(shared).collect();
        self.turn = (self.turn + 1) % corners.len().max(1);
        let corner = corners.get(self.turn).copied();
        corner.map_or(Ok(()), |corner| clean(shared, corner, (now, &mut self.passes)))
    }
}

/// Deletes what has expired by `now` everywhere.
#[cfg(test)]
pub(super) fn sweep(shared: &Shared, now: Timestamp) -> Result<(), DataError> {
    corners(shared).try_for_each(|corner| clean(shared, corner, (now, &mut HashMap::new())))
}

fn corners(shared: &Shared) -> impl Iterator<Item = Corner> {
    let of_topic = move |topic: Topic| {
        let places = shared.partitions(topic).map(|(at, _)| at);
        places.map(move |at| match topic.cleanup() {
            Cleanup::Delete { retention_ms } => {
                let kept = i64::try_from(retention_ms).unwrap_or(i64::MAX).saturating_mul(1_000);
                Corner::Expired(at, kept)
            }
            Cleanup::Compact => Corner::Replaced(at),
        })
    };
    let topics = Topic::ALL.into_iter().flat_map(of_topic);
    topics.chain(Index::ALL.into_iter().map(Corner::Forgotten))
}

fn clean(
    shared: &Shared,
    corner: Corner,
    (now, passes): (Timestamp, &mut HashMap<TopicPartition, Pass>),
) -> Result<(), DataError> {
    match corner {
        Corner::Expired(at, kept) => expire(shared, at, now.micros().saturating_sub(kept)),
        Corner::Replaced(at) => passes.entry(at).or_default().step(shared, at, now),
        Corner::Forgotten(index) => {
            let oldest = now.micros() - i64::from(DROPPED_FOR_SECONDS) * 1_000_000;
            forget_drops(shared, index, oldest)
        }
    }
}

/// Deletes records appended before `oldest`, but no command that is still to be read: a shop that
/// was off for weeks goes on where it stopped.
fn expire(shared: &Shared, at: TopicPartition, oldest: i64) -> Result<(), DataError> {
    let (Some(table), Some(held)) = (records(at.topic), shared.held(at)) else { return Ok(()) };
    let bounds = held.bounds();
    let unread = if at.topic.is_command_log() {
        shared.groups().lowest(at).unwrap_or(bounds.start)
    } else {
        bounds.end
    };
    let writing = begin(&*shared.data.database()?)?;
    let mut stored = writing.open_table(table)?;
    let partition = at.partition.number();
    let mut start = bounds.start;
    for record in stored.range((partition, start)..(partition, unread))?.take(AT_A_TIME) {
        let (key, record) = record?;
        if record.value().0 >= oldest {
            break;
        }
        start = key.value().1 + 1;
    }
    if start == bounds.start {
        return Ok(());
    }
    // From the very first: what a failed commit left is behind what memory begins with.
    let expired = (partition, 0)..(partition, start);
    stored.retain_in(expired, |_, _| false)?;
    drop(stored);
    keep_bounds(&writing, at, (start, bounds.end, held.last()))?;
    // Before it is gone from the file, so that no reader takes what is left for everything.
    held.begin_at(start);
    writing.commit()?;
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

fn forget_drops(shared: &Shared, index: Index, oldest: i64) -> Result<(), DataError> {
    let writing = begin(&*shared.data.database()?)?;
    let mut dropped = writing.open_table(drops(index))?;
    let mut gone = Vec::new();
    for entry in dropped.iter()? {
        let (slot, ts) = entry?;
        if ts.value() < oldest && gone.len() < AT_A_TIME {
            gone.push(slot.value().to_owned());
        }
    }
    for slot in &gone {
        dropped.remove(slot.as_str())?;
    }
    drop(dropped);
    if !gone.is_empty() {
        writing.commit()?;
    }
    Ok(())
}

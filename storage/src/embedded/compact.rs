//! Deletes what was written again in a topic that is a table, from its end to its beginning, a piece
//! at a time.

use std::collections::HashSet;

use cart_schemas::timestamp::Timestamp;
use redb::ReadableTable as _;

use super::data::DataError;
use super::save::begin;
use super::shared::Shared;
use super::sweep::AT_A_TIME;
use super::tables::records;
use crate::log::TopicPartition;

/// How long after a pass the next one begins, and how long a row that was written again is
/// kept all the same: a tail that is reading the topic from its beginning sees each one once.
const AFTER_MICROS: i64 = 60 * 60 * 1_000_000;

/// A pass over a table: the catalog, the levels.
#[derive(Debug, Default)]
pub(super) struct Pass {
    /// Where it goes on: before this offset. `None` between passes.
    before: Option<i64>,
    /// Keys that have a later record. A catalog is small enough for its keys to be held.
    seen: HashSet<Vec<u8>>,
    /// When the last one ended.
    ended: Option<Timestamp>,
}

impl Pass {
    /// Looks at the next piece. What is written meanwhile is for the next pass.
    pub(super) fn step(
        &mut self,
        shared: &Shared,
        at: TopicPartition,
        now: Timestamp,
    ) -> Result<(), DataError> {
        let oldest = now.micros().saturating_sub(AFTER_MICROS);
        let rested = self.ended.is_none_or(|ended| ended.micros() <= oldest);
        let (Some(held), true) = (shared.held(at), self.before.is_some() || rested) else {
            return Ok(());
        };
        let before = self.before.unwrap_or_else(|| held.bounds().end);
        self.before = self.piece(shared, (at, before), oldest)?;
        if self.before.is_none() {
            *self = Self { ended: Some(now), ..Self::default() };
        }
        Ok(())
    }

    /// Deletes records appended before `oldest` that a later one has replaced; gives where to go on.
    fn piece(
        &mut self,
        shared: &Shared,
        (at, before): (TopicPartition, i64),
        oldest: i64,
    ) -> Result<Option<i64>, DataError> {
        let Some(table) = records(at.topic) else { return Ok(None) };
        let writing = begin(&*shared.data.database()?)?;
        let mut stored = writing.open_table(table)?;
        let (mut gone, mut first, mut count) = (Vec::new(), None, 0);
        let partition = at.partition.number();
        for record in stored.range((partition, 0)..(partition, before))?.rev().take(AT_A_TIME) {
            let (place, record) = record?;
            let (appended, key, ..) = record.value();
            let replaced = !self.seen.insert(key.unwrap_or_default().to_vec());
            if replaced && appended < oldest {
                gone.push(place.value());
            }
            (first, count) = (Some(place.value().1), count + 1);
        }
        for place in &gone {
            stored.remove(place)?;
        }
        drop(stored);
        if !gone.is_empty() {
            writing.commit()?;
        }
        Ok(first.filter(|_| count == AT_A_TIME))
    }
}

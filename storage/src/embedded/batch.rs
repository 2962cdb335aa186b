//! A batch: what one transaction will write, worked out before anything is touched. Pure; the
//! order of ops of different kinds within a batch does not matter, for all of it lands at once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use tokio::sync::oneshot;

use super::groups::{GroupKey, MemberId};
use super::op::{Op, Queued};
use super::shared::Shared;
use crate::log::{NewRecord, Record, TopicPartition};

/// New records of one partition, after its last one.
#[derive(Debug)]
pub(super) struct Appended {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) last: Timestamp,
    pub(super) records: Vec<Record>,
}

/// What is to be told or done once the batch is on disk, in this order.
#[derive(Debug)]
pub(super) enum Then {
    Acknowledge(oneshot::Sender<i64>, i64),
    Committed(MemberId, GroupKey),
    NotYours(MemberId, GroupKey),
    Release(MemberId, GroupKey, Vec<Partition>),
    Leave(MemberId, GroupKey, Option<oneshot::Sender<()>>),
}

/// What one transaction will write.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The number of its last op.
    pub(super) number: u64,
    pub(super) appended: HashMap<TopicPartition, Appended>,
    /// Of several writes of a cell, the one that wins.
    pub(super) cells: HashMap<(Table, String), (Timestamp, Bytes)>,
    pub(super) notes: Vec<(Index, String, String, Timestamp)>,
    pub(super) drops: Vec<(Index, String, Timestamp)>,
    pub(super) commits: Vec<(Arc<str>, TopicPartition, i64)>,
    pub(super) then: Vec<Then>,
    /// Who closed the engine with it.
    pub(super) closed: Option<oneshot::Sender<()>>,
}

impl Batch {
    /// Works out a batch of what was queued. `now` is the log's clock; it never steps back within
    /// a partition.
    pub(super) fn of(queued: Vec<Queued>, shared: &Shared, now: Timestamp) -> Self {
        let mut batch = Self::default();
        for Queued { number, op, .. } in queued {
            batch.number = number;
            batch.add(op, shared, now);
        }
        batch
    }

    /// Whether there is anything to write.
    pub(super) fn is_empty(&self) -> bool {
        self.appended.is_empty()
            && self.cells.is_empty()
            && self.notes.is_empty()
            && self.drops.is_empty()
            && self.commits.is_empty()
    }

    fn add(&mut self, op: Op, shared: &Shared, now: Timestamp) {
        match op {
            Op::Append { records, ack } => {
                let mut last = 0;
                for (to, record) in records {
                    last = self.append(to, record, shared, now).unwrap_or(last);
                }
                self.then.push(Then::Acknowledge(ack, last));
            }
            Op::Put { table, key, cell, ts } => self.put(table, key, cell, ts),
            Op::Note { index, slot, entry, ts } => self.notes.push((index, slot, entry, ts)),
            Op::DropSlot { index, slot, ts } => self.drops.push((index, slot, ts)),
            Op::Commit { member, group, offsets } => self.commit(member, group, &offsets, shared),
            Op::Release { member, group, partitions } => {
                let partitions = partitions.into_iter().map(|at| at.partition).collect();
                self.then.push(Then::Release(member, group, partitions));
            }
            Op::Leave { member, group, left } => self.then.push(Then::Leave(member, group, left)),
            Op::Close(closed) => self.closed = Some(closed),
        }
    }

    fn append(
        &mut self,
        to: TopicPartition,
        record: NewRecord,
        shared: &Shared,
        now: Timestamp,
    ) -> Option<i64> {
        let held = shared.held(to)?;
        let appended = self.appended.entry(to).or_insert_with(|| {
            let bounds = held.bounds();
            let (start, end, last) = (bounds.start, bounds.end, held.last());
            Appended { start, end, last: now.max(last), records: Vec::new() }
        });
        let NewRecord { key, value, headers } = record;
        let (offset, appended_at) = (appended.end, appended.last);
        appended.records.push(Record { offset, appended: appended_at, key, value, headers });
        appended.end += 1;
        Some(offset)
    }

    fn put(&mut self, table: Table, key: String, cell: Bytes, ts: Timestamp) {
        let present = self.cells.entry((table, key)).or_insert_with(|| (ts, cell.clone()));
        if ts > present.0 {
            *present = (ts, cell);
        }
    }

    /// All of a commit or nothing: ownership cannot change before this batch is written.
    fn commit(
        &mut self,
        member: MemberId,
        group: GroupKey,
        offsets: &[(TopicPartition, i64)],
        shared: &Shared,
    ) {
        let groups = shared.groups();
        if offsets.iter().all(|(at, _)| groups.owns(member, &group, at.partition)) {
            let commits =
                offsets.iter().map(|(at, offset)| (Arc::clone(&group.name), *at, *offset));
            self.commits.extend(commits);
            self.then.push(Then::Committed(member, group));
        } else {
            self.then.push(Then::NotYours(member, group));
        }
    }
}

/// How the appended records of a batch are seen by partition, in a fixed order.
pub(super) fn in_order(
    appended: &HashMap<TopicPartition, Appended>,
) -> BTreeMap<(&'static str, u16), (&TopicPartition, &Appended)> {
    let place = |at: &TopicPartition| (super::tables::topic_name(at.topic), at.partition.number());
    appended.iter().map(|(at, appended)| (place(at), (at, appended))).collect()
}

//! Questions to the store and about the log. Each is answered as things are when it arrives.

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::partition::PartitionCount;
use cart_schemas::topic::Topic;
use tokio::sync::oneshot;

use super::agenda::Event;
use super::forgetting::away;
use super::replicas::PAIRS;
use super::state::State;
use super::writes::unavailable;
use super::{ClientId, Fault};
use crate::log::{Bounds, LogError, TopicPartition};
use crate::store::{Cursor, Note, PAGE_BYTES, Page, Row, StoreError};

/// Which entries of which slot.
pub(super) struct Excerpt {
    pub(super) index: Index,
    pub(super) slot: String,
    pub(super) after: Option<String>,
    pub(super) limit: usize,
}

type Waiting<T, E> = oneshot::Receiver<Result<T, E>>;

impl State {
    /// Loads a cell from two replicas.
    pub(super) fn load(
        &mut self,
        client: ClientId,
        table: Table,
        key: &str,
    ) -> Waiting<Option<Bytes>, StoreError> {
        let (pair, key) = (self.pair(), key.to_owned());
        self.read(client, "load", move |state| {
            state.replicas.cell(table, &key, &pair).map(|(_, cell)| cell.clone())
        })
    }

    /// Reads rows from two replicas, in the order of their keys.
    pub(super) fn scan(
        &mut self,
        client: ClientId,
        (table, after, limit): (Table, Option<String>, usize),
    ) -> Waiting<Page, StoreError> {
        let pair = self.pair();
        self.read(client, "scan", move |state| {
            let (mut rows, mut bytes) = (Vec::new(), 0);
            for row in state.replicas.rows(table, after.as_deref(), &pair) {
                if rows.len() == limit || bytes >= PAGE_BYTES {
                    let next = rows.last().map(|row: &Row| Cursor::from_text(row.key.as_str()));
                    return Page { rows, next };
                }
                bytes += row.cell.len();
                rows.push(row);
            }
            Page { rows, next: None }
        })
    }

    /// Reads entries from two replicas.
    pub(super) fn entries(
        &mut self,
        client: ClientId,
        page: Excerpt,
    ) -> Waiting<Vec<Note>, StoreError> {
        let pair = self.pair();
        self.read(client, "entries", move |state| {
            let slot = (page.index, page.slot.as_str());
            let notes = state.replicas.notes(slot, page.after.as_deref(), &pair);
            notes.take(page.limit).collect()
        })
    }

    /// Tells how many partitions a topic has.
    pub(super) fn partitions(
        &mut self,
        client: ClientId,
        topic: Topic,
    ) -> Waiting<PartitionCount, LogError> {
        self.inquire(client, "partitions", move |state| Ok(state.topics.count(topic)))
    }

    /// Tells what a partition holds.
    pub(super) fn bounds(
        &mut self,
        client: ClientId,
        at: TopicPartition,
    ) -> Waiting<Bounds, LogError> {
        self.inquire(client, "bounds", move |state| state.bounds_now(at))
    }

    /// Tells what a group has committed.
    pub(super) fn committed(
        &mut self,
        client: ClientId,
        group: &str,
        at: TopicPartition,
    ) -> Waiting<Option<i64>, LogError> {
        let group = group.to_owned();
        self.inquire(client, "committed", move |state| {
            if state.topics.has(at) { Ok(state.committed_now(&group, at)) } else { Err(absent(at)) }
        })
    }

    pub(super) fn bounds_now(&self, at: TopicPartition) -> Result<Bounds, LogError> {
        let bounds = Bounds { start: 0, end: self.topics.end(at) };
        if self.topics.has(at) { Ok(bounds) } else { Err(absent(at)) }
    }

    pub(super) fn committed_now(&self, group: &str, at: TopicPartition) -> Option<i64> {
        let group = self.groups.iter().find(|known| known.is(group, at.topic))?;
        group.committed(at.partition)
    }

    /// The replicas of the next read.
    fn pair(&mut self) -> [usize; 2] {
        let pair = self.rng.usize(0..PAIRS.len());
        PAIRS.get(pair).copied().unwrap_or_default()
    }

    fn read<T: Send + 'static>(
        &mut self,
        client: ClientId,
        name: &'static str,
        question: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Waiting<T, StoreError> {
        let fails = (self.weather.read_failed, Fault::ReadFailed);
        self.ask((client, name), fails, move |state, failed| {
            if state.is_cut_off(client) {
                return Err(away());
            }
            if failed { Err(unavailable()) } else { Ok(question(state)) }
        })
    }

    fn inquire<T: Send + 'static>(
        &mut self,
        client: ClientId,
        name: &'static str,
        question: impl FnOnce(&Self) -> Result<T, LogError> + Send + 'static,
    ) -> Waiting<T, LogError> {
        let fails = (self.weather.ask_failed, Fault::AskFailed);
        self.ask(
            (client, name),
            fails,
            move |state, failed| {
                if failed { Err(unreachable()) } else { question(state) }
            },
        )
    }

    fn ask<T: Send + 'static>(
        &mut self,
        (client, name): (ClientId, &'static str),
        (chance, fault): (super::Chance, Fault),
        question: impl FnOnce(&Self, bool) -> T + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (caller, waiting) = oneshot::channel();
        if self.admits(client) {
            let failed = self.strikes(client, chance, fault);
            let (there, back) = (self.hop(), self.hop());
            let arrives = move |state: &mut Self| {
                let answer = question(state, failed);
                state.answer(back, (client, name), caller, answer);
            };
            self.plan(there, Event::Ask(Box::new(arrives)));
        }
        waiting
    }
}

pub(super) fn unreachable() -> LogError {
    LogError::Unreachable("simulated: the log does not answer".into())
}

pub(super) fn absent(at: TopicPartition) -> LogError {
    LogError::NoTopic(format!("{} [{}]", at.topic, at.partition))
}

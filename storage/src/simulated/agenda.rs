//! The events to come, by time and then in the order they were planned. Runs none of them.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::ClientId;
use super::replicas::Replicas;
use super::state::State;
use crate::log::{NewRecord, TopicPartition};

/// A tail of some process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TailId(pub(super) u64);

/// Something that will happen.
pub(super) enum Event {
    /// An append reaches the log.
    Land(u64),
    /// An append's acknowledgement reaches its caller.
    Acked(u64),
    /// An append's deadline passes.
    Expired(u64),
    /// A second copy of an append reaches the log.
    LandAgain(Box<Landing>),
    /// A replica receives its share of a write.
    Take {
        /// The write.
        write: u64,
        /// Which replica.
        replica: usize,
    },
    /// A question reaches whom it is asked of.
    Ask(Box<dyn FnOnce(&mut State) + Send>),
    /// An answer reaches its caller.
    Answer(Box<Answer>),
    /// A tail without a group begins.
    GoLive(TailId),
    /// What a tail fetched of a partition reaches it, unless the number is an old one.
    Fetched(TailId, TopicPartition, u64),
    /// The coordinator receives the next word of a member.
    Hear(TailId),
    /// A member receives the next word of the coordinator.
    Tell(TailId),
    /// A revocation has taken too long, unless the number is an old one.
    DrainEnds(TailId, u64),
    /// A client may have been silent for a session.
    SessionEnds(ClientId),
    /// A client may hear the coordinator again.
    DeafnessEnds(ClientId),
    /// The store writes down what it has; what it acknowledges from now on a kill takes away.
    StoreSyncs,
    /// The store is killed and has only this any more.
    StoreDies(Box<Replicas>),
    /// The store is back.
    StoreReturns,
    /// A client that slept through a kill has a new connection to the store.
    StoreReached(ClientId),
}

/// A copy of an append on its way.
pub(super) struct Landing {
    pub(super) client: ClientId,
    pub(super) to: TopicPartition,
    pub(super) record: NewRecord,
}

/// An answer on its way.
pub(super) struct Answer {
    pub(super) client: ClientId,
    pub(super) name: &'static str,
    pub(super) deliver: Box<dyn FnOnce() + Send>,
}

/// The events to come.
#[derive(Default)]
pub(super) struct Agenda {
    entries: BinaryHeap<Entry>,
    planned: u64,
}

struct Entry {
    at: i64,
    number: u64,
    event: Event,
}

impl Agenda {
    /// Plans an event.
    pub(super) fn plan(&mut self, at: i64, event: Event) {
        self.planned += 1;
        self.entries.push(Entry { at, number: self.planned, event });
    }

    /// When the next event is due.
    pub(super) fn next_at(&self) -> Option<i64> {
        self.entries.peek().map(|entry| entry.at)
    }

    /// Takes the next event.
    pub(super) fn next(&mut self) -> Option<(i64, Event)> {
        self.entries.pop().map(|entry| (entry.at, entry.event))
    }
}

impl Ord for Entry {
    /// The heap's greatest is the next.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Entry {}

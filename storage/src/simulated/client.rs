//! A simulated process as the outside sees it: alive, frozen, deaf. Knows nothing it asked for.

use std::collections::BTreeMap;
use std::fmt;

use super::agenda::Event;
use crate::log::{Lane, TopicPartition};
use crate::simulated::topics::ordinal;

/// A simulated process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub(super) usize);

impl ClientId {
    /// What comes from outside all processes.
    pub const OUTSIDE: Self = Self(usize::MAX);

    /// Its number: clients count up from 0.
    #[must_use]
    pub const fn number(self) -> usize {
        self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::OUTSIDE { f.write_str("outside") } else { write!(f, "c{}", self.0) }
    }
}

/// A queue of appends: what lies in one arrives in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct QueueKey(u8, usize, u16);

impl QueueKey {
    pub(super) const fn new(lane: Lane, to: TopicPartition) -> Self {
        let lane = match lane {
            Lane::Facts => 0,
            Lane::Commands => 1,
            Lane::Replies => 2,
        };
        Self(lane, ordinal(to.topic), to.partition.number())
    }

    /// Whether it is of the lane that breaks.
    pub(super) const fn is_of_facts(self) -> bool {
        self.0 == 0
    }
}

/// The state of a process.
pub(super) struct Client {
    pub(super) dead: bool,
    pub(super) frozen: bool,
    /// Until when the coordinator and it do not hear each other.
    pub(super) deaf_until: i64,
    /// Whether its connection to the store is broken.
    pub(super) cut_off: bool,
    /// Since when the coordinator has not heard it.
    pub(super) silent_since: Option<i64>,
    /// When the last append of each queue lands.
    pub(super) queues: BTreeMap<QueueKey, i64>,
    /// What waits for the thaw.
    pub(super) parked: Vec<Event>,
}

impl Client {
    pub(super) const fn new() -> Self {
        Self {
            dead: false,
            frozen: false,
            deaf_until: i64::MIN,
            cut_off: false,
            silent_since: None,
            queues: BTreeMap::new(),
            parked: Vec::new(),
        }
    }

    /// Whether its tails fetch.
    pub(super) const fn reads(&self) -> bool {
        !self.dead && !self.frozen
    }

    pub(super) const fn is_deaf(&self, now: i64) -> bool {
        now < self.deaf_until
    }

    /// Whether the coordinator's word reaches it.
    pub(super) const fn hears(&self, now: i64) -> bool {
        self.reads() && !self.is_deaf(now)
    }
}

//! A worker: partitions, their memory, and what is to be done next. Without I/O, clock or async:
//! inputs go in, effects come out, and whoever drives it carries them out.

use std::collections::HashMap;

use bytes::Bytes;
use cart_schemas::generation::CommandLog;
use cart_schemas::partition::Partition;
use cart_schemas::record::{Owner, Progress};
use cart_storage::log::Record;

mod batch;
mod cache;
pub mod effect;
mod letter;
mod owned;
mod queue;

pub use effect::{Action, CellWrite, Effect, Emission, StopReason};
use owned::Owned;

use crate::defects::{Defect, Defects as _};
use crate::fold::Fold;
use crate::intake::Home;

/// Where a partition begins.
#[derive(Debug, Clone)]
pub struct Begin {
    /// Which beginning of the partition this is: what comes of an earlier one is not of it.
    pub number: u64,
    /// Who has it from here on.
    pub owner: Owner,
    /// Everything before it is done: the committed offset, or less where the store knows less.
    pub frontier: i64,
    /// The progress row of this generation.
    pub progress: Option<Progress>,
    /// The same, if its record is still in the log: it is then read again and compared before
    /// anything is decided.
    pub witness: Option<Progress>,
}

/// What happened outside.
#[derive(Debug)]
pub enum Input {
    /// A partition is ours.
    Begin(Partition, Begin),
    /// The log gave records.
    Records(Partition, Vec<Record>),
    /// The effect of this ticket is done.
    Done(Partition, u64, Done),
    /// Look whether the store still has what it acknowledged, if nothing else is in hand.
    Recall(Partition),
    /// Finish what is in hand and say [`Action::Drained`]; take nothing new.
    Drain(Partition),
    /// Reading has gone back, as [`Action::Rewind`] asked: records given from here on are next.
    Rewound(Partition),
    /// Forget everything about a partition at once.
    Drop(Partition),
}

impl Input {
    /// Whose it is.
    pub(crate) const fn partition(&self) -> Partition {
        match self {
            Self::Begin(partition, _)
            | Self::Records(partition, _)
            | Self::Done(partition, ..)
            | Self::Recall(partition)
            | Self::Drain(partition)
            | Self::Rewound(partition)
            | Self::Drop(partition) => *partition,
        }
    }
}

/// How an effect ended. Whoever drives the worker repeats an effect until it is done.
#[derive(Debug)]
pub enum Done {
    /// The cells, in the order of the keys, and the progress row as it was after they were read.
    Loaded(Vec<Option<Bytes>>, Option<Progress>),
    /// The timers are noted.
    Armed,
    /// The records are stored.
    Stored,
    /// The progress row is stored.
    Marked,
    /// Every fact is acknowledged.
    Emitted,
    /// The store was away, and not all that was to be stored is. What it acknowledged before, of
    /// this micro-batch and of earlier ones, may be gone.
    Doubtful,
    /// It never will be.
    Failed(StopReason),
}

/// Partitions of one worker. A ticket numbers each thing a partition waits for, so that what was
/// asked for before its memory was dropped is not taken for what was asked for since.
#[derive(Debug)]
pub struct Worker<F: Fold> {
    fold: F,
    log: CommandLog,
    cache_bytes: usize,
    owned: HashMap<Partition, Owned<F>>,
    tickets: u64,
}

impl<F: Fold> Worker<F> {
    /// A worker that runs a fold over its command log and keeps up to `cache_bytes` of records.
    #[must_use]
    pub fn new(fold: F, log: CommandLog, cache_bytes: usize) -> Self {
        Self { fold, log, cache_bytes, owned: HashMap::new(), tickets: 0 }
    }

    /// Whether it breaks a rule.
    pub(crate) fn has(&self, defect: Defect) -> bool {
        self.fold.defects().has(defect)
    }

    /// The offset before which no record of a partition waits to be taken in hand.
    pub(crate) fn taken(&self, partition: Partition) -> i64 {
        self.owned.get(&partition).map_or(0, Owned::taken_until)
    }

    /// What is to be done, in order, about `input`.
    pub fn on(&mut self, input: Input) -> Vec<Effect> {
        let (partition, actions) = match input {
            Input::Begin(partition, begin) => {
                let home = Home { log: self.log, partition };
                let mut owned = Owned::new(home, self.fold.clone(), begin);
                let old = self.owned.remove(&partition);
                if let Some(old) = old.filter(|_| self.has(Defect::MemoryKept)) {
                    owned.remember(old);
                }
                self.owned.insert(partition, owned);
                self.share_cache();
                return Vec::new();
            }
            Input::Drop(partition) => {
                if !self.has(Defect::MemoryKept) {
                    self.owned.remove(&partition);
                }
                self.share_cache();
                return Vec::new();
            }
            Input::Records(partition, records) => {
                (partition, self.with(partition, |owned| owned.receive(records)))
            }
            Input::Done(partition, ticket, done) => (
                partition,
                self.with(partition, |owned| {
                    if owned.awaits(ticket) { owned.advance(done) } else { Vec::new() }
                }),
            ),
            Input::Recall(partition) => (partition, self.with(partition, Owned::recall)),
            Input::Rewound(partition) => (partition, self.with(partition, Owned::rewound)),
            Input::Drain(partition) => {
                let drained = || vec![Action::Drained];
                let owned = self.owned.get_mut(&partition);
                (partition, owned.map_or_else(drained, Owned::drain))
            }
        };
        self.ticketed(partition, actions)
    }

    fn with(
        &mut self,
        partition: Partition,
        act: impl FnOnce(&mut Owned<F>) -> Vec<Action>,
    ) -> Vec<Action> {
        self.owned.get_mut(&partition).map(act).unwrap_or_default()
    }

    fn ticketed(&mut self, partition: Partition, actions: Vec<Action>) -> Vec<Effect> {
        let mut effects = Vec::with_capacity(actions.len());
        let begun = self.owned.get(&partition).map_or(0, Owned::number);
        for action in actions {
            self.tickets += 1;
            let ticket = self.tickets;
            if action.is_answered() {
                self.owned.entry(partition).and_modify(|owned| owned.wait_for(ticket));
            }
            effects.push(Effect { partition, begun, ticket, action });
        }
        effects
    }

    fn share_cache(&mut self) {
        let share = self.cache_bytes / self.owned.len().max(1);
        self.owned.values_mut().for_each(|owned| owned.limit_cache(share));
    }
}

#[cfg(test)]
mod tests;

//! A worker: partitions, their memory, and what is to be done next. Without I/O, clock or async:
//! inputs go in, effects come out, and whoever drives it carries them out.

use std::collections::HashMap;

use bytes::Bytes;
use cart_schemas::generation::CommandLog;
use cart_schemas::partition::Partition;
use cart_schemas::record::Progress;
use cart_storage::log::Record;

mod batch;
mod cache;
pub mod effect;
mod outgoing;
mod owned;

pub use effect::{Action, CellWrite, Effect, Emission, StopReason};
use owned::Owned;

use crate::defects::{Defect, Defects, NoDefects};
use crate::intake::Home;

/// Where a partition begins.
#[derive(Debug, Clone)]
pub struct Begin {
    /// Which beginning of the partition this is: what comes of an earlier one is not of it.
    pub number: u64,
    /// The committed offset: everything before it is done.
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
    /// Finish what is in hand and say [`Action::Drained`]; take nothing new.
    Drain(Partition),
    /// Reading has gone back, as [`Action::Rewind`] asked: records given from here on are next.
    Rewound(Partition),
    /// Forget everything about a partition at once.
    Drop(Partition),
}

/// How an effect ended. Whoever drives the worker repeats an effect until it is done.
#[derive(Debug)]
pub enum Done {
    /// The cells, in the order of the keys.
    Loaded(Vec<Option<Bytes>>),
    /// The timers are noted.
    Armed,
    /// The carts are stored.
    Stored,
    /// The progress row is stored.
    Marked,
    /// Every fact is acknowledged.
    Emitted,
    /// It never will be.
    Failed(StopReason),
}

/// Partitions of one worker. A ticket numbers each thing a partition waits for, so that what was
/// asked for before its memory was dropped is not taken for what was asked for since.
#[derive(Debug)]
pub struct Worker<D = NoDefects> {
    log: CommandLog,
    cache_bytes: usize,
    defects: D,
    owned: HashMap<Partition, Owned<D>>,
    tickets: u64,
}

impl Worker {
    /// A worker for a command log that keeps up to `cache_bytes` of carts.
    #[must_use]
    pub fn new(log: CommandLog, cache_bytes: usize) -> Self {
        Self::with_defects(log, cache_bytes, NoDefects)
    }
}

impl<D: Defects> Worker<D> {
    /// A worker, or a mutant of it.
    #[must_use]
    pub fn with_defects(log: CommandLog, cache_bytes: usize, defects: D) -> Self {
        Self { log, cache_bytes, defects, owned: HashMap::new(), tickets: 0 }
    }

    /// How it differs from a worker.
    pub(crate) fn defects(&self) -> &D {
        &self.defects
    }

    /// What is to be done, in order, about `input`.
    pub fn on(&mut self, input: Input) -> Vec<Effect> {
        let (partition, actions) = match input {
            Input::Begin(partition, begin) => {
                let home = Home { log: self.log, partition };
                let mut owned = Owned::new(home, self.defects.clone(), begin);
                let old = self.owned.remove(&partition);
                if let Some(old) = old.filter(|_| self.defects.has(Defect::MemoryKept)) {
                    owned.remember(old);
                }
                self.owned.insert(partition, owned);
                self.share_cache();
                return Vec::new();
            }
            Input::Drop(partition) => {
                if !self.defects.has(Defect::MemoryKept) {
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
        act: impl FnOnce(&mut Owned<D>) -> Vec<Action>,
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

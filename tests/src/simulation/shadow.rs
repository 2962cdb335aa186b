//! The oracle: a naive second telling of what must come of each command in the log.
//!
//! It shares the contract's types with the processor and none of its code. It knows nothing of
//! batches, crashes, stores or replays: it reads the log once, in order, and forgets nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cart_schemas::envelope::{Disposition, Envelope};
use cart_schemas::id::{CartKey, CommandId};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_storage::log::Record;

mod cart;
mod history;
mod verdict;

pub use history::CartHistory;
pub use verdict::{Decision, Timer, Verdict};

/// What must come of everything in the log so far.
#[derive(Debug)]
pub struct Shadow {
    count: PartitionCount,
    verdicts: BTreeMap<Partition, Vec<Verdict>>,
    carts: BTreeMap<CartKey, CartHistory>,
    /// Partitions that a newer build's record has stopped.
    stopped: BTreeSet<Partition>,
    /// Every record with this id, in the order they were appended.
    asked: BTreeMap<CommandId, Vec<(Partition, usize)>>,
}

/// What a record says, before anything is decided.
enum Said {
    Command(Box<Envelope>),
    Nothing(&'static str),
    Newer,
}

impl Shadow {
    /// An oracle of an empty log with so many partitions.
    #[must_use]
    pub const fn new(count: PartitionCount) -> Self {
        Self {
            count,
            verdicts: BTreeMap::new(),
            carts: BTreeMap::new(),
            stopped: BTreeSet::new(),
            asked: BTreeMap::new(),
        }
    }

    /// Takes the next record of a partition and says what must come of it. The caller gives each
    /// partition's records in the order of their offsets, from 0 on and without a hole.
    pub fn append(&mut self, partition: Partition, record: &Record) -> &Verdict {
        let verdict = self.judge(partition, record);
        let verdicts = self.verdicts.entry(partition).or_default();
        if let Some(command) = verdict.command() {
            self.asked.entry(command).or_default().push((partition, verdicts.len()));
        }
        verdicts.push(verdict);
        verdicts.last().unwrap_or(&Verdict::Unreached)
    }

    /// What must come of each record of a partition, by offset.
    #[must_use]
    pub fn verdicts(&self, partition: Partition) -> &[Verdict] {
        self.verdicts.get(&partition).map_or(&[], Vec::as_slice)
    }

    /// Every partition there is.
    pub fn partitions(&self) -> impl Iterator<Item = Partition> {
        self.count.partitions()
    }

    /// What must come of the record at this offset; `None` if the log has none there.
    #[must_use]
    pub fn verdict(&self, partition: Partition, offset: i64) -> Option<&Verdict> {
        self.verdicts(partition).get(usize::try_from(offset).ok()?)
    }

    /// The offset the next record of a partition will have.
    #[must_use]
    pub fn end(&self, partition: Partition) -> i64 {
        i64::try_from(self.verdicts(partition).len()).unwrap_or(i64::MAX)
    }

    /// All that was decided about a cart; `None` before its first decision.
    #[must_use]
    pub fn cart(&self, key: &CartKey) -> Option<&CartHistory> {
        self.carts.get(key)
    }

    /// Every cart anything was decided about, in the order of their keys.
    pub fn carts(&self) -> impl Iterator<Item = &CartHistory> {
        self.carts.values()
    }

    /// What must come of every record with this id, in the order they were appended.
    pub fn asked(&self, command: CommandId) -> impl Iterator<Item = &Verdict> {
        let places = self.asked.get(&command).map_or(&[][..], Vec::as_slice).iter();
        places.filter_map(|(partition, at)| self.verdicts(*partition).get(*at))
    }

    /// The first decision about this id; `None` if there is none yet.
    #[must_use]
    pub fn command(&self, command: CommandId) -> Option<&Arc<Decision>> {
        self.asked(command).find_map(Verdict::decided)
    }

    fn judge(&mut self, partition: Partition, record: &Record) -> Verdict {
        if self.stopped.contains(&partition) {
            return Verdict::Unreached;
        }
        match self.read(partition, record) {
            Said::Nothing(class) => Verdict::Letter(class),
            Said::Newer => {
                self.stopped.insert(partition);
                Verdict::Newer
            }
            Said::Command(envelope) => {
                let cart = envelope.cart.clone();
                let new = || CartHistory::new(cart.clone(), partition);
                let history = self.carts.entry(cart.clone()).or_insert_with(new);
                history.take(&envelope, record)
            }
        }
    }

    fn read(&self, partition: Partition, record: &Record) -> Said {
        let Some(value) = &record.value else { return Said::Nothing("Empty") };
        let envelope = match Envelope::decode(value) {
            Ok(envelope) => envelope,
            Err(error) if error.disposition() == Disposition::Stop => return Said::Newer,
            Err(_) => return Said::Nothing("Undecodable"),
        };
        let cart = envelope.cart.to_string();
        if record.key.as_deref() != Some(cart.as_bytes()) {
            return Said::Nothing("ForeignKey");
        }
        if self.count.partition_of(cart.as_bytes()) != partition {
            return Said::Nothing("WrongPartition");
        }
        Said::Command(Box::new(envelope))
    }
}

#[cfg(test)]
pub(crate) mod agreement;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

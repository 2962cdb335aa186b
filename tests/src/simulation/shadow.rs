//! The oracle: a naive second telling of what must come of each command in the log.
//!
//! It shares the contract's types with the processor and none of its code. It knows nothing of
//! batches, crashes, stores or replays: it reads the log once, in order, and forgets nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cart_schemas::command::Command;
use cart_schemas::envelope::{Disposition, Envelope};
use cart_schemas::event::Fact;
use cart_schemas::id::{CartKey, CheckoutId, CommandId, MergeId};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::stock::StockEnvelope;
use cart_storage::log::Record;

mod asks;
mod cart;
mod history;
mod stock;
mod verdict;

pub use asks::{Ask, SkuAsk};
pub use history::CartHistory;
pub use stock::{Shelf, SkuHistory, StockDecision, Word};
pub use verdict::{Decision, Timer, Told, Verdict};

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
    /// Every record by which a cart answers a merge that was asked for by this id.
    answered: BTreeMap<CommandId, Vec<(Partition, usize)>>,
    /// What carts must have asked of one another, by its id.
    asks: BTreeMap<CommandId, Vec<Ask>>,
    /// What carts must have asked of skus, by its id.
    sku_asks: BTreeMap<CommandId, Vec<SkuAsk>>,
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
            answered: BTreeMap::new(),
            asks: BTreeMap::new(),
            sku_asks: BTreeMap::new(),
        }
    }

    /// Takes the next record of a partition and says what must come of it. The caller gives each
    /// partition's records in the order of their offsets, from 0 on and without a hole.
    pub fn append(&mut self, partition: Partition, record: &Record) -> &Verdict {
        let verdict = self.judge(partition, record);
        let verdicts = self.verdicts.entry(partition).or_default();
        let place = (partition, verdicts.len());
        if let Some(command) = verdict.command() {
            self.asked.entry(command).or_default().push(place);
        }
        if let Some((asked, _)) = verdict.known().and_then(|known| known.tells.as_ref()) {
            self.answered.entry(asked.command).or_default().push(place);
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

    /// Every decision by which a cart answers the merge that was asked for by this id.
    pub fn answered(&self, command: CommandId) -> impl Iterator<Item = &Arc<Decision>> {
        let places = self.answered.get(&command).map_or(&[][..], Vec::as_slice).iter();
        let verdicts = places.filter_map(|(partition, at)| self.verdicts(*partition).get(*at));
        verdicts.filter_map(Verdict::known)
    }

    /// Whether a cart's decision has asked this of its sku.
    #[must_use]
    pub fn may_be_asked_of_stock(&self, envelope: &StockEnvelope) -> bool {
        let asks = self.sku_asks.get(&envelope.id);
        asks.is_some_and(|asks| asks.iter().any(|ask| ask.is(envelope)))
    }

    /// Whether a checkout that began with this command was refused for want of stock.
    #[must_use]
    pub fn is_short(&self, command: CommandId) -> bool {
        let mut answered = self.answered(command);
        answered.any(|one| matches!(one.tells, Some((_, Told::Short(_)))))
    }

    /// Every checkout of a cart, in the order they began.
    pub fn checkouts_of(&self, key: &CartKey) -> impl Iterator<Item = CheckoutId> {
        let decisions = self.cart(key).map_or(&[][..], CartHistory::decisions).iter();
        let facts = decisions.flat_map(|decision| &decision.events).map(|event| &event.fact);
        facts.filter_map(|fact| {
            let Fact::CheckoutStarted { checkout, .. } = fact else { return None };
            Some(*checkout)
        })
    }

    /// Whether a decision has asked this of its cart, or nobody has to: a person may.
    #[must_use]
    pub fn may_be_asked(&self, envelope: &Envelope) -> bool {
        match envelope.command {
            Command::Absorb(_) | Command::Settle { .. } | Command::Return { .. } => {
                let asks = self.asks.get(&envelope.id);
                asks.is_some_and(|asks| asks.iter().any(|ask| ask.is(envelope)))
            }
            Command::AddItem { .. }
            | Command::SetQuantity { .. }
            | Command::RemoveItem { .. }
            | Command::Clear
            | Command::Extend { .. }
            | Command::ChangeCurrency { .. }
            | Command::Import(_)
            | Command::Restore
            | Command::Merge { .. }
            | Command::UndoMerge { .. }
            | Command::Checkout { .. }
            | Command::Complete { .. }
            | Command::CancelCheckout { .. }
            // Whether a sku has said it is the audit's to know.
            | Command::Reserved { .. }
            | Command::Refresh { .. }
            | Command::Wake { .. } => true,
        }
    }

    /// Every merge into a cart, in the order they came.
    pub fn merges_into(&self, key: &CartKey) -> impl Iterator<Item = MergeId> {
        let decisions = self.cart(key).map_or(&[][..], CartHistory::decisions).iter();
        let facts = decisions.flat_map(|decision| &decision.events).map(|event| &event.fact);
        facts.filter_map(|fact| {
            let Fact::CartMergedIn { merge, .. } = fact else { return None };
            Some(*merge)
        })
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
                let verdict = history.take(&envelope, record);
                self.note_asks(&envelope, record.offset, &verdict);
                verdict
            }
        }
    }

    /// Notes what may be asked of other carts now. A later owner that replays a merge may find only
    /// its fingerprint, and asks as if it were repeated.
    fn note_asks(&mut self, envelope: &Envelope, offset: i64, verdict: &Verdict) {
        let Some(decision) = verdict.known() else { return };
        let first = verdict.decided().and_then(|decision| decision.asks.clone());
        let applied = decision.rejected().is_none();
        let again = applied.then(|| asks::again(envelope, decision.version)).flatten();
        for ask in first.into_iter().chain(again) {
            self.asks.entry(ask.id).or_default().push(ask);
        }
        let decided = verdict.decided().map_or(&[][..], |decision| &decision.sku_asks);
        let stray = asks::stray(envelope, offset);
        for ask in decided.iter().cloned().chain(stray) {
            self.sku_asks.entry(ask.id).or_default().push(ask);
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

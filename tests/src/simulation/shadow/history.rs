//! All that was ever decided about one cart, in order. Forgets nothing; only what a cart still
//! *remembers* of it is limited.

use std::sync::Arc;

use cart_schemas::cart::Cart as Content;
use cart_schemas::command::{Asked, Command};
use cart_schemas::envelope::Envelope;
use cart_schemas::event::Event;
use cart_schemas::id::CartKey;
use cart_schemas::partition::Partition;
use cart_schemas::policy::Rules;
use cart_schemas::record::Format;
use cart_schemas::timestamp::Timestamp;
use cart_storage::log::Record;

use super::asks::{self, SkuAsk};
use super::cart::{Cart, Decided};
use super::verdict::{Decision, Told, Verdict};

/// Decisions a stored record keeps whole.
const WHOLE: usize = 8;
/// The last decisions within which an id is recognised.
const HORIZON: usize = 72;

/// A cart's decisions, and the cart after the last one.
#[derive(Debug)]
pub struct CartHistory {
    key: Arc<CartKey>,
    partition: Partition,
    cart: Cart,
    content: Arc<Content>,
    decisions: Vec<Arc<Decision>>,
    /// The decisions that raised the version: version 1 first.
    changes: Vec<Arc<Decision>>,
}

impl CartHistory {
    pub(super) fn new(key: CartKey, partition: Partition) -> Self {
        Self {
            key: Arc::new(key),
            partition,
            cart: Cart::default(),
            content: Arc::default(),
            decisions: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// The cart's key.
    #[must_use]
    pub fn key(&self) -> &CartKey {
        &self.key
    }

    /// The partition its commands lie on.
    #[must_use]
    pub const fn partition(&self) -> Partition {
        self.partition
    }

    /// Every decision, oldest first.
    #[must_use]
    pub fn decisions(&self) -> &[Arc<Decision>] {
        &self.decisions
    }

    /// The newest decision.
    #[must_use]
    pub fn last(&self) -> Option<&Arc<Decision>> {
        self.decisions.last()
    }

    /// The decision of the record at this offset of the cart's partition.
    #[must_use]
    pub fn at(&self, offset: i64) -> Option<&Arc<Decision>> {
        let found = self.decisions.binary_search_by_key(&offset, |decision| decision.offset);
        self.decisions.get(found.ok()?)
    }

    /// How many decisions a row written at `ts` contains.
    #[must_use]
    pub fn decided_by(&self, ts: Timestamp) -> usize {
        self.decisions.partition_point(|decision| decision.ts <= ts)
    }

    /// The decision that brought about this version; `None` for version 0 and for none yet.
    #[must_use]
    pub fn change(&self, version: u64) -> Option<&Arc<Decision>> {
        self.changes.get(usize::try_from(version.checked_sub(1)?).ok()?)
    }

    /// The version after the last decision.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.changes.len() as u64
    }

    /// The content at a version; `None` if there is no such version yet.
    #[must_use]
    pub fn content(&self, version: u64) -> Option<Content> {
        if version == 0 {
            return Some(Content::default());
        }
        self.change(version).map(|change| Content::clone(&change.after))
    }

    /// The event of this place; `None` if the cart has no such event.
    #[must_use]
    pub fn event(&self, version: u64, n: u16) -> Option<&Event> {
        self.change(version)?.events.get(usize::from(n))
    }

    /// What the record stored after the decision of this number keeps whole, oldest first.
    #[must_use]
    pub fn ledger(&self, number: usize) -> &[Arc<Decision>] {
        let end = number.saturating_add(1);
        self.decisions.get(end.saturating_sub(WHOLE)..end).unwrap_or_default()
    }

    /// What the record stored after the decision of this number keeps as fingerprints, oldest
    /// first.
    #[must_use]
    pub fn fingerprints(&self, number: usize) -> &[Arc<Decision>] {
        let end = number.saturating_add(1);
        let range = end.saturating_sub(HORIZON)..end.saturating_sub(WHOLE);
        self.decisions.get(range).unwrap_or_default()
    }

    /// Decides a command, or finds that its id is remembered.
    pub(super) fn take(&mut self, envelope: &Envelope, record: &Record) -> Verdict {
        let recent = self.decisions.iter().rev().take(HORIZON);
        let mut same_id = recent.filter(|decision| decision.command == envelope.id);
        match same_id.next() {
            Some(first) if first.digest == envelope.digest => {
                Verdict::Remembered(Arc::clone(first))
            }
            Some(first) => Verdict::Conflict {
                command: envelope.id,
                digest: envelope.digest,
                first: Arc::clone(first),
            },
            None => Verdict::Decided(self.decide(envelope, record)),
        }
    }

    /// The newest format that any decision's rules asked for.
    fn format(&self, rules: Rules) -> Format {
        let asked = if rules == Rules::JSON_RECORDS {
            Format::Json
        } else if rules == Rules::PACKED_RECORDS {
            Format::Packed
        } else {
            Format::Extended
        };
        self.last().map_or(asked, |last| last.format.max(asked))
    }

    /// What skus must be asked. One that grants a checkout which is over is told at once.
    fn asks_skus(&self, envelope: &Envelope, offset: i64, events: &[Event]) -> Vec<SkuAsk> {
        let mut asks = asks::of_skus(envelope, (self.cart.version(), events));
        let ended = |event: &Event| {
            use cart_schemas::event::Fact::{CartConverted, CheckoutCancelled};
            matches!(event.fact, CartConverted { .. } | CheckoutCancelled { .. })
        };
        if let Command::Reserved { checkout, .. } = &envelope.command
            && !events.iter().any(ended)
            && !self.cart.is_paying(*checkout)
        {
            asks.extend(asks::stray(envelope, offset));
        }
        asks
    }

    fn tells(&self, envelope: &Envelope, decided: &Decided) -> Option<(Asked, Told)> {
        if let Command::Absorb(absorb) = &envelope.command {
            return Some((absorb.asked, self.cart.told_of(absorb.merge, &decided.outcome)));
        }
        let Command::Reserved { checkout, .. } = &envelope.command else { return None };
        let facts: Vec<_> = decided.events.iter().map(|event| event.fact.clone()).collect();
        self.cart.told_of_checkout(*checkout, &facts)
    }

    fn decide(&mut self, envelope: &Envelope, record: &Record) -> Arc<Decision> {
        let decided = self.cart.decide(envelope, record.appended);
        if !decided.events.is_empty() {
            self.content = Arc::new(self.cart.content());
        }
        let asks = asks::of(envelope, &decided.outcome, (self.cart.version(), &decided.events));
        let sku_asks = self.asks_skus(envelope, record.offset, &decided.events);
        let tells = self.tells(envelope, &decided);
        let decision = Arc::new(Decision {
            cart: Arc::clone(&self.key),
            number: self.decisions.len(),
            partition: self.partition,
            offset: record.offset,
            command: envelope.id,
            kind: envelope.command.kind(),
            format: self.format(envelope.rules),
            digest: envelope.digest,
            outcome: decided.outcome,
            version: self.cart.version(),
            ts: self.cart.clock(),
            events: decided.events,
            after: Arc::clone(&self.content),
            timer: self.cart.timer(),
            dealings: Arc::new(self.cart.dealings()),
            asks,
            sku_asks,
            tells,
        });
        if !decision.events.is_empty() {
            self.changes.push(Arc::clone(&decision));
        }
        self.decisions.push(Arc::clone(&decision));
        decision
    }
}

//! The oracle of skus: what must come of each stock command, told again in the plainest way. Forgets
//! nothing; only what a sku still *remembers* is limited.

use std::collections::BTreeMap;

use cart_schemas::id::{CartKey, CheckoutId, CommandId, SkuKey};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::quantity::Quantity;
use cart_schemas::stock::{Level, Reservation, Stock, StockCommand, StockEnvelope, Units};
use cart_schemas::timestamp::Timestamp;
use cart_storage::log::Record;

/// The last decisions within which an id is recognised.
const HORIZON: usize = 72;
/// Checkouts that may hold some of one sku.
const HOLDERS: usize = 2_000;

/// What a sku must tell a cart: that its checkout has so much, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The command it becomes.
    pub id: CommandId,
    /// The cart.
    pub cart: CartKey,
    /// The checkout.
    pub checkout: CheckoutId,
    /// Whether it has what it asked for.
    pub granted: bool,
    /// What is left for others.
    pub available: u32,
}

/// One decision about a sku.
#[derive(Debug, Clone)]
pub struct StockDecision {
    /// Its command.
    pub command: CommandId,
    /// Its offset on the sku's partition.
    pub offset: i64,
    /// The sku's clock after it.
    pub ts: Timestamp,
    /// The version after it.
    pub version: u64,
    /// The level it must tell everybody.
    pub level: Option<Level>,
    /// What it must tell a cart.
    pub word: Option<Word>,
    /// The stock after it.
    pub after: Stock,
}

/// All that was decided about one sku.
#[derive(Debug, Default)]
pub struct SkuHistory {
    on_hand: u32,
    last_put: Option<u32>,
    held: BTreeMap<CheckoutId, (CartKey, u32, i64)>,
    version: u64,
    ts: i64,
    decisions: Vec<StockDecision>,
    /// What was sold, and to which checkout.
    sold: Vec<(CheckoutId, u32)>,
}

/// Every sku.
#[derive(Debug)]
pub struct Shelf {
    count: PartitionCount,
    skus: BTreeMap<SkuKey, SkuHistory>,
    ends: BTreeMap<Partition, i64>,
    words: BTreeMap<CommandId, (SkuKey, Word)>,
}

impl Shelf {
    /// No sku yet, on so many partitions.
    #[must_use]
    pub const fn new(count: PartitionCount) -> Self {
        Self { count, skus: BTreeMap::new(), ends: BTreeMap::new(), words: BTreeMap::new() }
    }

    /// The offset the next record of a partition will have.
    #[must_use]
    pub fn end(&self, partition: Partition) -> i64 {
        self.ends.get(&partition).copied().unwrap_or(0)
    }

    /// Every sku anything was decided about.
    pub fn skus(&self) -> impl Iterator<Item = (&SkuKey, &SkuHistory)> {
        self.skus.iter()
    }

    /// All that was decided about a sku.
    #[must_use]
    pub fn sku(&self, key: &SkuKey) -> Option<&SkuHistory> {
        self.skus.get(key)
    }

    /// What some sku has to tell a cart by this command.
    #[must_use]
    pub fn word(&self, command: CommandId) -> Option<&(SkuKey, Word)> {
        self.words.get(&command)
    }

    /// Takes the next record of a partition. Nobody but the product writes there; what is wrong with
    /// a record is the error.
    ///
    /// # Errors
    /// The record is no stock command of its place.
    pub fn append(&mut self, partition: Partition, record: &Record) -> Result<(), String> {
        *self.ends.entry(partition).or_default() = record.offset.saturating_add(1);
        let value = record.value.as_deref().unwrap_or_default();
        let envelope = StockEnvelope::decode(value).map_err(|error| error.to_string())?;
        let key = envelope.sku.to_string();
        if record.key.as_deref() != Some(key.as_bytes()) {
            return Err("its key is not its sku's".to_owned());
        }
        if self.count.partition_of(key.as_bytes()) != partition {
            return Err("it lies on another partition than its sku".to_owned());
        }
        let history = self.skus.entry(envelope.sku.clone()).or_default();
        let word = history.take(&envelope, record);
        self.words.extend(word.map(|word| (word.id, (envelope.sku.clone(), word))));
        Ok(())
    }
}

impl SkuHistory {
    /// Every decision, the oldest first.
    #[must_use]
    pub fn decisions(&self) -> &[StockDecision] {
        &self.decisions
    }

    /// What was sold, and to which checkout.
    #[must_use]
    pub fn sold(&self) -> &[(CheckoutId, u32)] {
        &self.sold
    }

    /// The checkouts that hold some, and their carts.
    pub fn held(&self) -> impl Iterator<Item = (CheckoutId, &CartKey)> {
        self.held.iter().map(|(checkout, (cart, ..))| (*checkout, cart))
    }

    fn free(&self) -> u32 {
        let held = self.held.values().map(|(_, pieces, _)| *pieces).sum();
        self.on_hand.saturating_sub(held)
    }

    /// Decides a command, unless its id is remembered.
    fn take(&mut self, envelope: &StockEnvelope, record: &Record) -> Option<Word> {
        let mut recent = self.decisions.iter().rev().take(HORIZON);
        if recent.any(|decision| decision.command == envelope.id) {
            return None;
        }
        self.ts = record.appended.micros().max(self.ts.saturating_add(1));
        let before = self.stock();
        let word = self.carry_out(envelope);
        let after = self.stock();
        let changed = after != before;
        self.version += u64::from(changed);
        let level = changed.then(|| Level {
            sku: envelope.sku.clone(),
            available: self.free(),
            on_hand: self.on_hand,
            reserved: self.held.values().map(|(_, pieces, _)| *pieces).sum(),
            version: self.version,
            ts: Timestamp::from_micros(self.ts),
        });
        self.decisions.push(StockDecision {
            command: envelope.id,
            offset: record.offset,
            ts: Timestamp::from_micros(self.ts),
            version: self.version,
            level,
            word: word.clone(),
            after,
        });
        word
    }

    fn carry_out(&mut self, envelope: &StockEnvelope) -> Option<Word> {
        match &envelope.command {
            StockCommand::Put { units } => {
                if self.last_put != Some(units.get()) {
                    self.on_hand = units.get();
                    self.last_put = Some(units.get());
                }
            }
            StockCommand::Adjust { delta } => {
                let counted = i64::from(self.on_hand) + delta;
                let counted = u32::try_from(counted).ok().filter(|now| *now <= Units::MAX);
                self.on_hand = counted.unwrap_or(self.on_hand);
            }
            StockCommand::Reserve { checkout, cart, quantity, until } => {
                let (pieces, has) = (quantity.get(), self.held.contains_key(checkout));
                let room = self.held.len() < HOLDERS && self.ts < until.micros();
                let grants = !has && room && pieces <= self.free();
                if grants {
                    self.held.insert(*checkout, (cart.clone(), pieces, until.micros()));
                }
                return Some(Word {
                    id: CommandId::follow_up(envelope.id, 0),
                    cart: cart.clone(),
                    checkout: *checkout,
                    granted: has || grants,
                    available: self.free(),
                });
            }
            StockCommand::Commit { checkout } => {
                if let Some((_, pieces, _)) = self.held.remove(checkout) {
                    self.on_hand = self.on_hand.saturating_sub(pieces);
                    self.sold.push((*checkout, pieces));
                }
            }
            StockCommand::Release { checkout } => {
                self.held.remove(checkout);
            }
        }
        None
    }

    /// The stock as the contract shapes it.
    fn stock(&self) -> Stock {
        let held = self.held.iter().filter_map(|(checkout, (cart, pieces, until))| {
            Some(Reservation {
                checkout: *checkout,
                cart: cart.clone(),
                quantity: Quantity::new(*pieces).ok()?,
                until: Timestamp::from_micros(*until),
            })
        });
        Stock {
            on_hand: Units::at_most(self.on_hand),
            last_put: self.last_put.map(Units::at_most),
            reservations: held.collect(),
        }
    }
}

//! Whoever tells: compares what is for sale with what was told, and tells the differences, one sku
//! after the other.

mod telling;

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::ops::Bound;

use cart_schemas::id::{ItemId, ProductKey, SkuKey};
use cart_schemas::partition::Partition;
use cart_storage::log::{Log, LogError};
use cart_storage::store::Store;
use futures::{StreamExt as _, stream};

use super::Settings;
use super::keeper::{Ends, Keeper};
use super::pace::Pace;
use super::sale::Sale;
use super::told::{Pen, Told, micros};
use crate::catalog::Catalog;
use crate::catalog::changes::{Changed, Changes};

/// Rows of skus that are entered at a time: enough to keep a store's nodes busy, and few beside a
/// processor's writes, for which somebody waits.
const ENTERED_AT_ONCE: usize = 32;

/// Another one tells by now.
#[derive(Debug)]
pub(super) struct Replaced;

/// The one that tells.
#[derive(Debug)]
pub(super) struct Crier<L, S> {
    keeper: Keeper<L, S>,
    settings: Settings,
    catalog: Catalog,
    changes: Changes,
    /// What each sku's row says.
    told: BTreeMap<SkuKey, Told>,
    /// Skus that are not as they were told, as they were seen.
    waiting: BTreeMap<SkuKey, Sale>,
    /// Higher than that of whoever told before.
    number: u64,
    pace: Pace,
    /// Partitions nobody decides on, for this telling.
    still: BTreeSet<Partition>,
    /// Where the last page ends.
    ends: Ends,
    /// How many are still to be told beside those that wait.
    in_hand: usize,
}

impl<L: Log, S: Store> Crier<L, S> {
    /// Learns what is for sale and what was told of it.
    ///
    /// # Errors
    /// The log cannot be asked.
    pub(super) async fn open((log, store): (L, S), settings: Settings) -> Result<Self, LogError> {
        let (catalog, changes) = Catalog::watch(&log).await?;
        let keeper = Keeper::open((log, store), settings.generation).await;
        catalog.live().await;
        let told = keeper.rows().await;
        let newest = told.values().map(|told| told.crier).max().unwrap_or(0);
        let number = micros((settings.now)()).max(newest.saturating_add(1));
        Ok(Self {
            keeper,
            catalog,
            changes,
            told,
            waiting: BTreeMap::new(),
            number,
            pace: Pace::new(settings.a_second),
            still: BTreeSet::new(),
            ends: Ends::new(),
            in_hand: 0,
            settings,
        })
    }

    /// Tells what was missed while nobody told, and then whatever happens.
    pub(super) async fn tell(mut self) -> Replaced {
        let known: Vec<_> = self.told.keys().cloned().collect();
        let was_told = !known.is_empty();
        self.compare(known, was_told).await;
        let changed = self.changes.take();
        self.look_at(changed, was_told).await;
        loop {
            let changed = if self.waiting.is_empty() {
                self.changes.next().await
            } else {
                self.changes.take()
            };
            self.look_at(changed, false).await;
            if let Err(replaced) = self.tell_all().await {
                return replaced;
            }
        }
    }

    /// Compares what changed with what was told.
    async fn look_at(&mut self, changed: Changed, told_before: bool) {
        let of_products = changed.products.iter().flat_map(|key| self.skus(key));
        let skus: Vec<_> = of_products.chain(changed.skus.iter().cloned()).collect();
        self.compare(skus, told_before).await;
    }

    /// The skus of a product: those it has, and those carts were told of that it has no more.
    fn skus(&self, key: &ProductKey) -> Vec<SkuKey> {
        let (tenant, id) = (key.tenant(), key.product());
        let product = self.catalog.get(key);
        let listed = product.iter().flat_map(|product| product.skus(tenant));
        let listed = listed.map(|(sku, _)| sku);
        // The bare product comes before its variants, and a shop's skus lie together.
        let bare = SkuKey::new(tenant.cloned(), ItemId::new(id.clone(), None));
        let known = self.told.range((Bound::Included(bare), Bound::Unbounded));
        let is_of_it = |sku: &&SkuKey| sku.tenant() == tenant && sku.item().product() == id;
        let known = known.map(|(sku, _)| sku).take_while(is_of_it);
        listed.chain(known.cloned()).collect()
    }

    /// Lets those wait that are not as they were told. A sku nobody knows yet is entered as it is;
    /// whether it is told as well: see [`Crier::enters_silently`].
    async fn compare(&mut self, skus: Vec<SkuKey>, told_before: bool) {
        let mut new = Vec::new();
        for sku in skus {
            let Some(sale) = self.sale(&sku) else { continue };
            match self.told.get(&sku) {
                Some(told) if told.is_of(&sale) => {}
                None if Self::enters_silently(&sale, told_before) => {
                    let told = Told::silently(sale, self.pen());
                    self.told.insert(sku.clone(), told.clone());
                    new.push((sku, told));
                }
                Some(_) | None => {
                    self.waiting.insert(sku, sale);
                }
            }
        }
        let keeper = &self.keeper;
        let entering = stream::iter(&new);
        entering.for_each_concurrent(ENTERED_AT_ONCE, |(sku, told)| keeper.put(sku, told)).await;
        self.measure();
    }

    /// A sku that comes into the catalog under our eyes is in no cart, and on the first day every
    /// cart has today's price. One that came while nobody told may have changed meanwhile, and what
    /// is sold out must not be held unknowingly.
    const fn enters_silently(sale: &Sale, told_before: bool) -> bool {
        sale.available && !told_before
    }

    /// What is for sale of a sku now. What the catalog has no more is what it was, and sold out.
    fn sale(&self, sku: &SkuKey) -> Option<Sale> {
        let sold_out = |told: &Told| Sale { available: false, ..told.sale.clone() };
        Sale::of(self.catalog.offer(sku)).or_else(|| self.told.get(sku).map(sold_out))
    }

    fn pen(&self) -> Pen {
        Pen { crier: self.number, now: (self.settings.now)() }
    }

    /// Tells everything that waits.
    async fn tell_all(&mut self) -> Result<(), Replaced> {
        let batch = mem::take(&mut self.waiting);
        if batch.is_empty() {
            return Ok(());
        }
        self.in_hand = batch.len();
        self.catch_up().await;
        for (sku, seen) in batch {
            self.tell_of(&sku, seen).await?;
            self.in_hand -= 1;
            self.measure();
        }
        Ok(())
    }

    /// Waits until everything that was asked of carts so far is decided: a cart that was asked to
    /// hold a sku as it was before is then found.
    async fn catch_up(&mut self) {
        self.still.clear();
        let ends = self.keeper.ends().await;
        self.wait_for(ends).await;
    }

    /// Waits until everything up to there is decided, except where nothing moves.
    async fn wait_for(&mut self, mut ends: Ends) {
        ends.retain(|partition, _| !self.still.contains(partition));
        let still = self.keeper.decided(ends).await;
        if !still.is_empty() {
            tracing::warn!(partitions = ?still, "news do not wait for partitions that stand still");
        }
        self.still.extend(still);
    }

    fn measure(&self) {
        let waiting = u32::try_from(self.waiting.len() + self.in_hand).unwrap_or(u32::MAX);
        metrics::gauge!("cartstream_news_waiting").set(waiting);
    }
}

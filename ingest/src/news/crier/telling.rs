//! Telling one sku: page after page of those who hold it, until they know how it is now.

use std::mem;

use cart_schemas::id::{CartKey, SkuKey};
use cart_schemas::topic::Topic;
use cart_storage::log::{Log, NewRecord, TopicPartition};
use cart_storage::store::Store;

use super::{Crier, Replaced};
use crate::news::keeper::PAGE;
use crate::news::sale::{Sale, refresh};
use crate::news::told::Told;

impl<L: Log, S: Store> Crier<L, S> {
    /// Tells of a sku until its carts know what it is like. `seen` is how it was when
    /// [`Crier::catch_up`] began.
    pub(super) async fn tell_of(&mut self, sku: &SkuKey, mut seen: Sale) -> Result<(), Replaced> {
        while let Some(sale) = self.sale(sku) {
            if sale != seen {
                self.catch_up().await;
                seen = sale.clone();
            }
            let Some(mut told) = self.take_up(sku, &sale).await? else { break };
            while told.telling.is_some() && self.sale(sku).as_ref() == Some(&sale) {
                told = self.tell_page(sku, told).await;
            }
            let outcome = if told.telling.is_none() { "done" } else { "superseded" };
            metrics::counter!("cartstream_news_told_total", "outcome" => outcome).increment(1);
        }
        Ok(())
    }

    /// Begins to tell of a sku, or goes on; `None` if all was told.
    async fn take_up(&mut self, sku: &SkuKey, sale: &Sale) -> Result<Option<Told>, Replaced> {
        let stored = self.keeper.row(sku).await;
        if stored.as_ref().is_some_and(|stored| stored.crier > self.number) {
            return Err(Replaced);
        }
        // What the store forgot is remembered here.
        let known = self
            .told
            .get(sku)
            .filter(|known| stored.as_ref().is_none_or(|stored| stored.ts <= known.ts));
        let before = known.or(stored.as_ref());
        let told = match before {
            Some(before) if before.is_of(sale) => return Ok(None),
            Some(before) if before.sale == *sale => before.clone().taken_up(self.pen()),
            Some(_) | None => Told::beginning(before, sale.clone(), self.pen()),
        };
        self.keep(sku, &told).await;
        Ok(Some(told))
    }

    async fn keep(&mut self, sku: &SkuKey, told: &Told) {
        self.keeper.put(sku, told).await;
        self.told.insert(sku.clone(), told.clone());
    }

    /// Tells the next carts, and gives how far it is then.
    async fn tell_page(&mut self, sku: &SkuKey, told: Told) -> Told {
        let Some(cursor) = &told.telling else { return told };
        self.pace.wait().await;
        let carts = self.keeper.holders(sku, cursor).await;
        let refreshes: Vec<_> =
            carts.iter().filter_map(|cart| self.refresh(cart, sku, &told)).collect();
        self.pace.told(refreshes.len());
        // Whoever changes a cart is to wait behind one page at most.
        let ends = mem::take(&mut self.ends);
        self.wait_for(ends).await;
        metrics::counter!("cartstream_news_refreshes_total").increment(refreshes.len() as u64);
        self.ends = self.keeper.append(refreshes).await;
        let (is_full, is_empty) = (carts.len() >= usize::from(PAGE), carts.is_empty());
        let told = told.advanced(carts.into_iter().next_back(), is_full, self.pen());
        if !is_empty || told.telling.is_none() {
            self.keep(sku, &told).await;
        }
        let changed = self.changes.take();
        self.look_at(changed, false).await;
        told
    }

    /// The command that tells a cart; none for one of another shop, which was noted here while all shops
    /// sold out of one catalog.
    fn refresh(
        &self,
        cart: &str,
        sku: &SkuKey,
        told: &Told,
    ) -> Option<(TopicPartition, NewRecord)> {
        let Ok(cart) = cart.parse::<CartKey>() else {
            tracing::warn!(cart, %sku, "what holds a product is no cart");
            return None;
        };
        if cart.tenant() != sku.tenant() {
            return None;
        }
        let policy = self.settings.policies.of(&cart);
        let partition = self.keeper.partition_of(cart.as_str().as_bytes());
        let record = refresh(cart, sku, (&told.sale, told.number), policy);
        Some((TopicPartition { topic: Topic::Commands, partition }, record))
    }
}

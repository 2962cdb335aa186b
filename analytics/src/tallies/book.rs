//! The counts of all events, in memory: as they are counted again from a log's beginning.

use std::collections::{BTreeMap, HashMap};

use cart_schemas::event::Event;
use cart_schemas::id::{CartKey, ProductId, TenantId};

use super::count::{Count, Scope};
use super::goods::Goods;
use super::tally::Tally;
use super::trail::Trail;

/// How events were met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Read {
    /// Counted.
    pub counted: u64,
    /// Passed over, for they were counted already: a processor that crashed tells its last events again.
    pub repeated: u64,
    /// Counted though others are missing before them. Not in what Cartstream wrote.
    pub gaps: u64,
}

/// The counts, from no event on.
#[derive(Debug, Default)]
pub struct Book {
    trails: HashMap<CartKey, Option<Trail>>,
    hours: HashMap<Scope, Tally>,
    goods: HashMap<Scope, BTreeMap<ProductId, Goods>>,
    beside: HashMap<(Option<TenantId>, ProductId), BTreeMap<ProductId, u64>>,
    read: Read,
}

impl Book {
    /// Counts an event of the cart at `key`. Those of a cart come in their order; the same one again counts
    /// nothing.
    pub fn take(&mut self, key: &CartKey, event: &Event) {
        if !self.trails.contains_key(key) {
            self.trails.insert(key.clone(), None);
        }
        let Some(trail) = self.trails.get_mut(key) else { return };
        let Some(count) = Count::take(trail, key, event) else {
            self.read.repeated += 1;
            return;
        };
        self.read.counted += 1;
        self.read.gaps += u64::from(count.is_after_gap);
        if !count.goods.is_empty() {
            let goods = self.goods.entry(count.scope.clone()).or_default();
            for (product, more) in &count.goods {
                goods.entry(product.clone()).or_default().add(more);
            }
        }
        self.lie_together(&count);
        self.hours.entry(count.scope).or_default().add(&count.tally);
    }

    fn lie_together(&mut self, count: &Count) {
        for product in &count.together {
            let of = (count.scope.tenant.clone(), product.clone());
            let beside = self.beside.entry(of).or_default();
            for other in count.together.iter().filter(|other| *other != product) {
                *beside.entry(other.clone()).or_default() += 1;
            }
        }
    }

    /// How often products lay in one cart with this one, when it was paid or left.
    #[must_use]
    pub fn beside(
        &self,
        tenant: Option<&TenantId>,
        product: &ProductId,
    ) -> BTreeMap<ProductId, u64> {
        self.beside.get(&(tenant.cloned(), product.clone())).cloned().unwrap_or_default()
    }

    /// The counts of each hour in which something happened.
    #[must_use]
    pub const fn hours(&self) -> &HashMap<Scope, Tally> {
        &self.hours
    }

    /// The counts of each product in each hour in which something happened to it.
    #[must_use]
    pub const fn goods(&self) -> &HashMap<Scope, BTreeMap<ProductId, Goods>> {
        &self.goods
    }

    /// How events were met.
    #[must_use]
    pub const fn read(&self) -> Read {
        self.read
    }
}

#[cfg(test)]
mod tests;

//! The rows counts are kept in: each says up to which event they are counted, so that an event that is
//! given again adds nothing. Pure.

use std::collections::BTreeMap;

use bytes::Bytes;
use cart_schemas::id::{ProductId, TenantId};
use cart_schemas::money::Currency;
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::timestamp::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::count::Hour;
use super::goods::Goods;
use super::tally::Tally;

/// Rows the products of a shop's day are spread over, of each partition: a day on which ten thousand of
/// them were left takes 100 KB in each.
const SHELVES: PartitionCount = match PartitionCount::new(16) {
    Some(count) => count,
    None => panic!("sixteen shelves are a number of shelves"),
};
/// Products that are remembered beside one, of each partition: somebody is shown a few.
const BESIDE_MAX: usize = 256;

/// A row of whatever is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row<C> {
    /// The offset of the last event in it; `None` of a row that is not there yet.
    through: Option<i64>,
    /// The row's own timestamp.
    pub(super) ts: Timestamp,
    pub(super) counts: C,
    /// Whether the store has a row there, though maybe not this one.
    #[serde(skip)]
    is_stored: bool,
    /// Whether it is another than the store has.
    #[serde(skip)]
    is_changed: bool,
}

impl<C: Default> Default for Row<C> {
    fn default() -> Self {
        Self {
            through: None,
            ts: Timestamp::default(),
            counts: C::default(),
            is_stored: false,
            is_changed: false,
        }
    }
}

impl<C: Serialize + DeserializeOwned + Default> Row<C> {
    /// Reads a cell; none is a row that is not there yet.
    ///
    /// # Errors
    /// Another build wrote it.
    pub(super) fn decode(cell: Option<&[u8]>) -> Result<Self, serde_json::Error> {
        let Some(cell) = cell else { return Ok(Self::default()) };
        serde_json::from_slice(cell).map(|row| Self { is_stored: true, ..row })
    }

    pub(super) fn encode(&self) -> Bytes {
        // Serializing plain structs into memory has no way to fail.
        serde_json::to_vec(self).unwrap_or_default().into()
    }

    /// Whether the store has no row there yet.
    pub(super) const fn is_new(&self) -> bool {
        !self.is_stored
    }

    /// Whether the store has to be told of it.
    pub(super) const fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// The same, as the store has it.
    pub(super) fn stored(self) -> Self {
        Self { is_stored: true, is_changed: false, ..self }
    }

    /// Adds what the event at an offset counts, once.
    pub(super) fn add(&mut self, (offset, at): (i64, Timestamp), count: impl FnOnce(&mut C)) {
        if self.through < Some(offset) {
            count(&mut self.counts);
            self.goes_through((offset, at));
        }
    }

    /// Changed by the event at an offset.
    pub(super) fn goes_through(&mut self, (offset, at): (i64, Timestamp)) {
        self.through = Some(offset);
        self.ts = self.ts.next().max(at);
        self.is_changed = true;
    }
}

/// The counts of a shop's day, of one partition.
pub(super) type Day = Counted<(Hour, Option<Currency>), Tally>;
/// The counts of some products on a shop's day, of one partition.
pub(super) type Shelf = Counted<(ProductId, Option<Currency>), Goods>;
/// How often products lay in one cart with another, of one partition.
pub(super) type Beside = Counted<ProductId, u64>;

/// Counts by what they are of. As JSON, which has no such keys, a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(K, V)>", into = "Vec<(K, V)>")]
#[serde(bound(
    serialize = "K: Serialize + Clone + Ord, V: Serialize + Clone",
    deserialize = "K: Deserialize<'de> + Ord, V: Deserialize<'de>"
))]
pub(super) struct Counted<K: Clone + Ord, V: Clone>(pub(super) BTreeMap<K, V>);

impl<K: Clone + Ord, V: Clone> Default for Counted<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Clone + Ord, V: Clone> From<Vec<(K, V)>> for Counted<K, V> {
    fn from(list: Vec<(K, V)>) -> Self {
        Self(list.into_iter().collect())
    }
}

impl<K: Clone + Ord, V: Clone> From<Counted<K, V>> for Vec<(K, V)> {
    fn from(counted: Counted<K, V>) -> Self {
        counted.0.into_iter().collect()
    }
}

impl Day {
    /// Adds what an event counts.
    pub(super) fn add(&mut self, (of, tally): ((Hour, Option<Currency>), Tally)) {
        self.0.entry(of).or_default().add(&tally);
    }
}

impl Shelf {
    /// Adds what an event counts of its products.
    pub(super) fn add(&mut self, goods: Vec<((ProductId, Option<Currency>), Goods)>) {
        for (of, more) in goods {
            self.0.entry(of).or_default().add(&more);
        }
    }
}

impl Beside {
    /// Counts others that lay beside it. Where there is no room for one more it takes the place of the rarest, and
    /// its count: so whatever lies there often is among them, however late it came (Metwally's Space-Saving).
    pub(super) fn add(&mut self, others: Vec<ProductId>) {
        for other in others {
            let is_full = self.0.len() >= BESIDE_MAX && !self.0.contains_key(&other);
            let rarest = is_full.then(|| self.rarest()).flatten();
            let before = rarest.and_then(|rarest| self.0.remove(&rarest)).unwrap_or_default();
            let count = self.0.entry(other).or_insert(before);
            *count += 1;
        }
    }

    fn rarest(&self) -> Option<ProductId> {
        let rarest = self.0.iter().min_by_key(|(_, count)| **count);
        rarest.map(|(product, _)| product.clone())
    }
}

/// Where a row of counts lies, and where it is found: an entry in a slot of the index of rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) slot: String,
    pub(super) entry: String,
}

impl Place {
    /// Of a shop's day.
    pub(super) fn of_day(partition: Partition, tenant: Option<&TenantId>, day: i64) -> Self {
        Self { slot: days(tenant), entry: format!("{}/{partition}", text(day)) }
    }

    /// Of a product on a shop's day.
    pub(super) fn of_shelf(
        (partition, tenant): (Partition, Option<&TenantId>),
        day: i64,
        product: &ProductId,
    ) -> Self {
        let shelf = SHELVES.partition_of(product.as_str().as_bytes());
        Self { slot: shelves(tenant), entry: format!("{}/{partition}/{shelf}", text(day)) }
    }

    /// Of what lies beside a product.
    pub(super) fn of_product(
        partition: Partition,
        tenant: Option<&TenantId>,
        product: &ProductId,
    ) -> Self {
        Self { slot: beside(tenant, product), entry: partition.to_string() }
    }

    /// The row's key.
    pub(super) fn key(&self) -> String {
        format!("{}/{}", self.slot, self.entry)
    }
}

/// The key of what is remembered of a cart.
pub(super) fn trail_key(cart: &str) -> String {
    format!("cart/{cart}")
}

/// The slot of a shop's days. No shop has an empty name: that is the default one's.
pub(super) fn days(tenant: Option<&TenantId>) -> String {
    format!("days/{}", tenant.map_or("", TenantId::as_str))
}

/// The slot of a shop's days of products.
pub(super) fn shelves(tenant: Option<&TenantId>) -> String {
    format!("goods/{}", tenant.map_or("", TenantId::as_str))
}

/// The slot of what lies beside a product.
pub(super) fn beside(tenant: Option<&TenantId>, product: &ProductId) -> String {
    format!("beside/{}/{product}", tenant.map_or("", TenantId::as_str))
}

/// A day's number so that texts sort as days do, until the year 2243.
pub(super) fn text(day: i64) -> String {
    format!("{day:05}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_late_and_often_is_remembered_beside_a_product() {
        let product = |number: usize| format!("p{number}").parse::<ProductId>().unwrap();
        let mut beside = Beside::default();
        beside.add((0..2 * BESIDE_MAX).map(product).collect());

        for _ in 0..5 {
            beside.add(vec![product(9_999)]);
        }

        assert_eq!(beside.0.len(), BESIDE_MAX);
        let most = beside.0.iter().max_by_key(|(_, count)| **count);
        assert_eq!(most.map(|(product, _)| product), Some(&product(9_999)));
    }
}

//! Counts the events of every cart into rows of the store: first what is counted, then how far each cart
//! is read, and only then is it marked. So an event that is given again after a crash finds its cart read,
//! and adds nothing; or finds it as it was, and adds only to the rows that do not have it.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;

use cart_schemas::cql::Index;
use cart_schemas::event::Event;
use cart_schemas::id::{CartKey, ProductId};
use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::COUNTERS;
use cart_storage::log::{Log, Record};
use cart_storage::store::{Filing, Note, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::count::{Count, Scope};
use super::goods::Goods;
use super::kept::{Kept, Open};
use super::row::{Beside, Day, Place, Row, Shelf, trail_key};
use super::trail::Trail;
use crate::projection::{Projection, Stubborn, Waiting, follow};

/// Carts that are remembered: those of the last minutes of a busy shop. A trail is some 2 KB, the largest 40.
const CARTS: NonZeroUsize = match NonZeroUsize::new(20_000) {
    Some(carts) => carts,
    None => panic!("there are some"),
};
/// Rows of counts that are remembered of each kind: today's of some hundred shops.
const ROWS: NonZeroUsize = match NonZeroUsize::new(2_000) {
    Some(rows) => rows,
    None => panic!("there are some"),
};

/// Counts what becomes of every cart, together with the other members of its group, until `stop` resolves.
/// Trouble of the log or the store is waited for; nothing is skipped meanwhile, and nothing counted twice.
pub async fn count<L: Log, S: Store>((log, store): (L, S), stop: impl Future<Output = ()>) {
    follow(log, || Counter::new(store.clone()), stop).await;
}

struct Counter<S> {
    store: Stubborn<S>,
    trails: Kept<CartKey, Option<Trail>>,
    days: Kept<Place, Day>,
    shelves: Kept<Place, Shelf>,
    beside: Kept<Place, Beside>,
}

/// An event, and where it stands in its partition.
struct Given {
    at: (i64, Timestamp),
    key: CartKey,
    event: Event,
}

/// What events of a partition add, and where.
struct Counts {
    partition: Partition,
    counts: Vec<((i64, Timestamp), Count)>,
}

impl<S: Store> Projection<S> for Counter<S> {
    const NAME: &'static str = "tallies";
    const GROUP: &'static str = COUNTERS;

    fn store(&self) -> &Stubborn<S> {
        &self.store
    }

    async fn keep(&mut self, waiting: &Waiting) {
        for (partition, records) in waiting.partitions() {
            let given: Vec<_> = records.iter().filter_map(Given::of).collect();
            let keys: HashSet<_> = given.iter().map(|given| given.key.clone()).collect();
            let mut trails = self.trails.open(&self.store, keys).await;
            let counts = Counts { partition, counts: read(&mut trails, &given) };
            self.add(&counts).await;
            self.trails.close(&self.store, trails).await;
        }
    }

    fn forget(&mut self) {
        self.trails.forget();
        self.days.forget();
        self.shelves.forget();
        self.beside.forget();
    }
}

impl<S: Store> Counter<S> {
    fn new(store: S) -> Self {
        Self {
            store: Stubborn::new(store),
            trails: Kept::new(CARTS, |key| trail_key(key.as_str())),
            days: Kept::new(ROWS, Place::key),
            shelves: Kept::new(ROWS, Place::key),
            beside: Kept::new(ROWS, Place::key),
        }
    }

    /// Adds counts to their rows. A row is found before there is one.
    async fn add(&mut self, counts: &Counts) {
        let mut days = self.days.open(&self.store, counts.days()).await;
        counts.add_to_days(&mut days);
        let mut shelves = self.shelves.open(&self.store, counts.shelves()).await;
        counts.add_to_shelves(&mut shelves);
        let mut beside = self.beside.open(&self.store, counts.products()).await;
        counts.add_to_products(&mut beside);
        let new = [entries(&days), entries(&shelves), entries(&beside)].concat();
        if !new.is_empty() {
            self.store.note_all(Index::Tallied, &new).await;
        }
        self.days.close(&self.store, days).await;
        self.shelves.close(&self.store, shelves).await;
        self.beside.close(&self.store, beside).await;
    }
}

impl Given {
    /// The event in a record. What is none is passed over: no processor decided it.
    fn of(record: &Record) -> Option<Self> {
        let key = record.key.as_deref().and_then(|key| std::str::from_utf8(key).ok());
        let key = key.and_then(|key| key.parse().ok());
        let event = record.value.as_deref().and_then(|value| Event::decode(value).ok());
        let Some((key, event)) = key.zip(event) else {
            tracing::warn!(offset = record.offset, "a record among the events is none");
            metrics::counter!("cartstream_tallies_skipped_total").increment(1);
            return None;
        };
        Some(Self { at: (record.offset, record.appended), key, event })
    }
}

/// Reads on in the carts' events, each once.
fn read(
    trails: &mut Open<CartKey, Option<Trail>>,
    given: &[Given],
) -> Vec<((i64, Timestamp), Count)> {
    let mut counts = Vec::new();
    for Given { at, key, event } in given {
        let Some(row) = trails.get_mut(key) else { continue };
        let Some(count) = Count::take(&mut row.counts, key, event) else {
            metrics::counter!("cartstream_tallies_repeated_total").increment(1);
            continue;
        };
        if count.is_after_gap {
            tracing::warn!(offset = at.0, "events of a cart are missing before one");
            metrics::counter!("cartstream_tallies_gaps_total").increment(1);
        }
        row.goes_through((at.0, event.at));
        counts.push((*at, count));
    }
    counts
}

/// Where rows are found that the store does not have yet.
fn entries<C: Serialize + DeserializeOwned + Default>(open: &Open<Place, C>) -> Vec<Filing> {
    let new = open.iter().filter(|(_, row)| row.is_new() && row.is_changed());
    let filing = |(place, row): (&Place, &Row<C>)| Filing {
        slot: place.slot.clone(),
        note: Note { entry: place.entry.clone(), ts: row.ts },
    };
    new.map(filing).collect()
}

impl Counts {
    fn day(&self, count: &Count) -> Place {
        let Scope { tenant, hour, .. } = &count.scope;
        Place::of_day(self.partition, tenant.as_ref(), hour.day())
    }

    fn shelf(&self, count: &Count, product: &ProductId) -> Place {
        let Scope { tenant, hour, .. } = &count.scope;
        Place::of_shelf((self.partition, tenant.as_ref()), hour.day(), product)
    }

    fn product(&self, count: &Count, product: &ProductId) -> Place {
        Place::of_product(self.partition, count.scope.tenant.as_ref(), product)
    }

    fn days(&self) -> HashSet<Place> {
        self.counts.iter().map(|(_, count)| self.day(count)).collect()
    }

    fn shelves(&self) -> HashSet<Place> {
        let of = |(_, count): &_| {
            let count: &Count = count;
            count.goods.iter().map(|(product, _)| self.shelf(count, product)).collect::<Vec<_>>()
        };
        self.counts.iter().flat_map(of).collect()
    }

    fn products(&self) -> HashSet<Place> {
        let of = |(_, count): &_| {
            let count: &Count = count;
            count.together.iter().map(|product| self.product(count, product)).collect::<Vec<_>>()
        };
        self.counts.iter().flat_map(of).collect()
    }

    fn add_to_days(&self, days: &mut Open<Place, Day>) {
        for (at, count) in &self.counts {
            let Some(row) = days.get_mut(&self.day(count)) else { continue };
            let of = (count.scope.hour, count.scope.currency);
            row.add(*at, |day| day.0.entry(of).or_default().add(&count.tally));
        }
    }

    /// A cart may have several lines of one product, and several products of one shelf: all of an event
    /// goes to a shelf at once.
    fn add_to_shelves(&self, shelves: &mut Open<Place, Shelf>) {
        for (at, count) in &self.counts {
            let mut by_shelf: HashMap<Place, Vec<&(ProductId, Goods)>> = HashMap::new();
            for goods in &count.goods {
                by_shelf.entry(self.shelf(count, &goods.0)).or_default().push(goods);
            }
            for (place, goods) in by_shelf {
                let Some(row) = shelves.get_mut(&place) else { continue };
                row.add(*at, |shelf| {
                    for (product, more) in goods {
                        let of = (product.clone(), count.scope.currency);
                        shelf.0.entry(of).or_default().add(more);
                    }
                });
            }
        }
    }

    fn add_to_products(&self, products: &mut Open<Place, Beside>) {
        for (at, count) in &self.counts {
            for product in &count.together {
                let Some(row) = products.get_mut(&self.product(count, product)) else { continue };
                let others = count.together.iter().filter(|other| *other != product);
                row.add(*at, |beside| others.for_each(|other| beside.count(other)));
            }
        }
    }
}

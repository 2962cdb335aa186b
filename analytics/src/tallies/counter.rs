//! Counts the events of every cart into rows of the store and tells what marketing is to know: first what is
//! counted, then what is told, then how far each cart is read, and only then is it marked. So an event that is
//! given again after a crash finds its cart read, and does nothing; or finds it as it was, adds only to the
//! rows that do not have it, and is told again under the id it had.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;

use cart_schemas::cql::Index;
use cart_schemas::event::Event;
use cart_schemas::id::{CartKey, ProductId};
use cart_schemas::money::Currency;
use cart_schemas::notice::Notice;
use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::COUNTERS;
use cart_storage::log::{Log, Record};
use cart_storage::store::{Filing, Note, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::count::{Count, Hour, Scope};
use super::goods::Goods;
use super::kept::{Kept, Open};
use super::notices::append_all;
use super::row::{Beside, Day, Place, Row, Shelf, trail_key};
use super::tally::Tally;
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
    follow(log.clone(), || Counter::new(log.clone(), store.clone()), stop).await;
}

struct Counter<L, S> {
    log: L,
    store: Stubborn<S>,
    trails: Kept<CartKey, Option<Trail>>,
    days: Kept<Place, Day>,
    shelves: Kept<Place, Shelf>,
    beside: Kept<Place, Beside>,
}

/// An event, and where it stands in the log.
struct Given {
    partition: Partition,
    at: At,
    key: CartKey,
    event: Event,
}

/// An offset, and when the log appended what is there.
type At = (i64, Timestamp);

/// What an event adds, and where it stands.
struct Added {
    partition: Partition,
    at: At,
    count: Count,
    notice: Option<Notice>,
}

/// What is added to a product's counts.
type Shelved = ((ProductId, Option<Currency>), Goods);

/// What is added to rows: to each in the order of its partition, and at most once by an event.
type Additions<M> = HashMap<Place, Vec<(At, M)>>;

impl<L: Log, S: Store> Projection<S> for Counter<L, S> {
    const NAME: &'static str = "tallies";
    const GROUP: &'static str = COUNTERS;

    fn store(&self) -> &Stubborn<S> {
        &self.store
    }

    async fn keep(&mut self, waiting: &Waiting) {
        let given: Vec<_> = waiting.partitions().flat_map(Given::all_of).collect();
        let keys: HashSet<_> = given.iter().map(|given| given.key.clone()).collect();
        let mut trails = self.trails.open(&self.store, keys).await;
        let added = read(&mut trails, given);
        let store = &self.store;
        add_all(store, &mut self.days, by_day(&added), Day::add).await;
        add_all(store, &mut self.shelves, by_shelf(&added), Shelf::add).await;
        add_all(store, &mut self.beside, by_product(&added), Beside::add).await;
        append_all(&self.log, added.into_iter().filter_map(Added::notice)).await;
        self.trails.close(store, trails).await;
    }

    fn forget(&mut self) {
        self.trails.forget();
        self.days.forget();
        self.shelves.forget();
        self.beside.forget();
    }
}

impl<L, S: Store> Counter<L, S> {
    fn new(log: L, store: S) -> Self {
        Self {
            log,
            store: Stubborn::new(store),
            trails: Kept::new(CARTS, |key| trail_key(key.as_str())),
            days: Kept::new(ROWS, Place::key),
            shelves: Kept::new(ROWS, Place::key),
            beside: Kept::new(ROWS, Place::key),
        }
    }
}

/// Adds to rows. A row is found before there is one.
async fn add_all<S: Store, C, M>(
    store: &Stubborn<S>,
    rows: &mut Kept<Place, C>,
    additions: Additions<M>,
    add: fn(&mut C, M),
) where
    C: Serialize + DeserializeOwned + Default,
{
    let mut open = rows.open(store, additions.keys().cloned()).await;
    for (place, additions) in additions {
        let Some(row) = open.get_mut(&place) else { continue };
        for (at, more) in additions {
            row.add(at, |counts| add(counts, more));
        }
    }
    let new = open.iter().filter(|(_, row)| row.is_new() && row.is_changed());
    let entry = |(place, row): (&Place, &Row<C>)| {
        let note = Note { entry: place.entry.clone(), ts: row.ts };
        vec![Filing { slot: place.slot.clone(), note }]
    };
    store.note(Index::Tallied, new.map(entry)).await;
    rows.close(store, open).await;
}

impl Given {
    fn all_of((partition, records): (Partition, &[Record])) -> impl Iterator<Item = Self> {
        records.iter().filter_map(move |record| Self::of(partition, record))
    }

    /// The event in a record. What is none is passed over: no processor decided it.
    fn of(partition: Partition, record: &Record) -> Option<Self> {
        let key = record.key.as_deref().and_then(|key| std::str::from_utf8(key).ok());
        let key = key.and_then(|key| key.parse().ok());
        let event = record.value.as_deref().and_then(|value| Event::decode(value).ok());
        let Some((key, event)) = key.zip(event) else {
            tracing::warn!(offset = record.offset, "a record among the events is none");
            metrics::counter!("cartstream_tallies_skipped_total").increment(1);
            return None;
        };
        Some(Self { partition, at: (record.offset, record.appended), key, event })
    }
}

impl Added {
    fn notice(self) -> Option<(Partition, Notice)> {
        Some((self.partition, self.notice?))
    }
}

/// Reads on in the carts' events, each once.
fn read(trails: &mut Open<CartKey, Option<Trail>>, given: Vec<Given>) -> Vec<Added> {
    let mut added = Vec::new();
    for Given { partition, at, key, event } in given {
        let Some(row) = trails.get_mut(&key) else { continue };
        let Some(count) = Count::take(&mut row.counts, &key, &event) else {
            metrics::counter!("cartstream_tallies_repeated_total").increment(1);
            continue;
        };
        if count.is_after_gap {
            tracing::warn!(offset = at.0, "events of a cart are missing before one");
            metrics::counter!("cartstream_tallies_gaps_total").increment(1);
        }
        row.goes_through((at.0, event.at));
        let left = row.counts.as_ref().map(|trail| (trail.left(), trail.currency));
        let notice = Notice::of(&key, &event, left.unwrap_or_default());
        added.push(Added { partition, at, count, notice });
    }
    added
}

fn by_day(added: &[Added]) -> Additions<((Hour, Option<Currency>), Tally)> {
    let mut additions = Additions::new();
    for Added { partition, at, count, .. } in added {
        let Scope { tenant, currency, hour } = &count.scope;
        let place = Place::of_day(*partition, tenant.as_ref(), hour.day());
        additions.entry(place).or_default().push((*at, ((*hour, *currency), count.tally)));
    }
    additions
}

fn by_shelf(added: &[Added]) -> Additions<Vec<Shelved>> {
    let mut additions = Additions::new();
    for Added { partition, at, count, .. } in added {
        let Scope { tenant, currency, hour } = &count.scope;
        let mut shelves: HashMap<Place, Vec<_>> = HashMap::new();
        for (product, goods) in &count.goods {
            let place = Place::of_shelf((*partition, tenant.as_ref()), hour.day(), product);
            shelves.entry(place).or_default().push(((product.clone(), *currency), *goods));
        }
        for (place, goods) in shelves {
            additions.entry(place).or_default().push((*at, goods));
        }
    }
    additions
}

fn by_product(added: &[Added]) -> Additions<Vec<ProductId>> {
    let mut additions = Additions::new();
    for Added { partition, at, count, .. } in added {
        for product in &count.together {
            let place = Place::of_product(*partition, count.scope.tenant.as_ref(), product);
            let others = count.together.iter().filter(|other| *other != product);
            additions.entry(place).or_default().push((*at, others.cloned().collect()));
        }
    }
    additions
}

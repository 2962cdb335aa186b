//! What the log and the store say in the end: every event, folded, against every row.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use cart_processor::cart::evolve;
use cart_schemas::cart::Cart;
use cart_schemas::cql::Table;
use cart_schemas::event::Event;
use cart_schemas::record::CartRecord;
use cart_schemas::topic::Topic;
use cart_storage::log::{Log, Start, Tail as _, TailEvent, TopicPartition};
use cart_storage::store::Store;

/// A cart as its events tell it.
#[derive(Debug, Default)]
pub struct Told {
    /// The cart.
    pub cart: Cart,
    /// Its version.
    pub version: u64,
    last: Option<(u64, u16, u16)>,
    /// Events by id, to compare repeats with.
    seen: HashMap<String, Event>,
}

impl Told {
    /// Takes an event as any consumer may: a repeat has the same content, anything else is next.
    fn take(&mut self, event: Event) -> Result<()> {
        let (version, n, of) = (event.place.version, event.place.n, event.place.of);
        let id = event.place.to_string();
        if let Some(first) = self.seen.get(&id) {
            ensure!(*first == event, "{id} has two contents");
            return Ok(());
        }
        let next = match self.last {
            None => (1, 0),
            Some((v, last, of)) if last + 1 == of => (v + 1, 0),
            Some((v, last, _)) => (v, last + 1),
        };
        ensure!((version, n) == next, "{id} follows {:?}: a gap", self.last);
        self.cart = evolve(std::mem::take(&mut self.cart), &event);
        self.version = version;
        self.last = Some((version, n, of));
        self.seen.insert(id, event);
        Ok(())
    }

    fn is_whole(&self) -> bool {
        self.last.is_none_or(|(_, n, of)| n + 1 == of)
    }
}

/// Reads every event there is and folds each cart: versions dense, one content per id.
///
/// # Errors
/// An event breaks a rule, or the log does not answer.
pub async fn told<L: Log>(log: &L) -> Result<BTreeMap<String, Told>> {
    let count = log.partitions(Topic::Events).await?;
    let mut carts: BTreeMap<String, Told> = BTreeMap::new();
    for partition in count.partitions() {
        let at = TopicPartition { topic: Topic::Events, partition };
        for record in all_records(log, at).await? {
            let key = String::from_utf8(record.key.unwrap_or_default().to_vec())?;
            let event = Event::decode(&record.value.unwrap_or_default())?;
            carts.entry(key).or_default().take(event)?;
        }
    }
    Ok(carts)
}

/// Everything a partition holds now.
///
/// # Errors
/// The log does not answer.
pub async fn all_records<L: Log>(
    log: &L,
    at: TopicPartition,
) -> Result<Vec<cart_storage::log::Record>> {
    let bounds = log.bounds(at).await?;
    let mut tail = log.assign(vec![(at, Start::Beginning)])?;
    let (mut records, mut next) = (Vec::new(), bounds.start);
    while next < bounds.end {
        let event = tokio::time::timeout(Duration::from_secs(30), tail.next()).await?;
        if let TailEvent::Records(_, more) = event {
            next = more.last().map_or(next, |record| record.offset + 1);
            records.extend(more);
        }
    }
    tail.close().await;
    Ok(records)
}

/// Compares every told cart with its row: the row is the fold of its events.
///
/// # Errors
/// A row differs.
pub async fn compare<S: Store>(store: &S, carts: &BTreeMap<String, Told>) -> Result<()> {
    for (key, told) in carts {
        ensure!(told.is_whole(), "{key}: its last version is not whole");
        let Some(cell) = store.load(Table::Carts, key).await? else {
            bail!("{key}: events and no row");
        };
        let record = CartRecord::decode(&cell)?;
        ensure!(record.version == told.version, "{key}: {} and {}", record.version, told.version);
        ensure!(record.cart == told.cart, "{key}: {:?} is not {:?}", record.cart, told.cart);
    }
    Ok(())
}

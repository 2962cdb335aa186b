//! What the log and the store say in the end: every event, folded, against every row.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use cart_schemas::cql::Table;
use cart_schemas::event::Event;
use cart_schemas::record::CartRecord;
use cart_schemas::told::{Heard, Told};
use cart_schemas::topic::Topic;
use cart_storage::log::{Log, Start, Tail as _, TailEvent, TopicPartition};
use cart_storage::store::Store;

/// A cart's events, and the cart they tell.
#[derive(Debug, Default)]
pub struct History {
    /// The cart.
    pub told: Told,
    /// Events by id, to compare repeats with.
    seen: HashMap<String, Event>,
}

impl History {
    /// Takes an event as any consumer may: a repeat has the same content, anything else is next.
    fn take(&mut self, event: Event) -> Result<()> {
        let id = event.place.to_string();
        match self.told.hear(&event) {
            Heard::Taken => {
                self.seen.insert(id, event);
            }
            Heard::Repeated => {
                ensure!(self.seen.get(&id) == Some(&event), "{id} has two contents");
            }
            Heard::Gap => bail!("{id} follows version {}: a gap", self.told.version()),
        }
        Ok(())
    }
}

/// Reads every event there is and folds each cart: versions dense, one content per id.
///
/// # Errors
/// An event breaks a rule, or the log does not answer.
pub async fn told<L: Log>(log: &L) -> Result<BTreeMap<String, History>> {
    let count = log.partitions(Topic::Events).await?;
    let mut carts: BTreeMap<String, History> = BTreeMap::new();
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
pub async fn compare<S: Store>(store: &S, carts: &BTreeMap<String, History>) -> Result<()> {
    for (key, History { told, .. }) in carts {
        ensure!(told.is_whole(), "{key}: its last version is not whole");
        let Some(cell) = store.load(Table::Carts, key).await? else {
            bail!("{key}: events and no row");
        };
        let record = CartRecord::decode(&cell)?;
        ensure!(
            record.version == told.version(),
            "{key}: {} and {}",
            record.version,
            told.version()
        );
        ensure!(record.cart == *told.cart(), "{key}: {:?} is not {:?}", record.cart, told.cart());
    }
    Ok(())
}

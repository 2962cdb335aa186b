//! The catalog as a table in memory, kept current from its compacted topic.
//!
//! Every instance holds all of it, so that enriching a command asks nobody.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use cart_schemas::command::Offer;
use cart_schemas::id::{ItemId, ProductId};
use cart_schemas::partition::Partition;
use cart_schemas::product::Product;
use cart_schemas::topic::Topic;
use cart_storage::log::{
    AppendError, Lane, Log, LogError, NewRecord, Record, Start, Tail, TailEvent, TopicPartition,
};
use tokio::sync::watch;

/// The catalog's only partition: a table everybody reads whole gains nothing from more.
const CATALOG: TopicPartition =
    TopicPartition { topic: Topic::Products, partition: Partition::new(0) };
/// How long a writer waits to see its own product in this table before it answers anyway.
const SEEN_WITHIN: Duration = Duration::from_secs(1);

/// The products. Clones share one table.
#[derive(Debug, Clone)]
pub struct Catalog {
    products: Arc<RwLock<BTreeMap<ProductId, Arc<Product>>>>,
    /// The offset the next record will have; `None` until everything there was at start is read.
    position: watch::Receiver<Position>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Position {
    next: i64,
    live: bool,
}

impl Catalog {
    /// Reads the topic from its beginning and follows it for as long as the runtime lives.
    ///
    /// # Errors
    /// The log cannot be asked.
    pub async fn follow<L: Log>(log: &L) -> Result<Self, LogError> {
        let bounds = log.bounds(CATALOG).await?;
        let tail = log.assign(vec![(CATALOG, Start::Beginning)])?;
        let products = Arc::new(RwLock::new(BTreeMap::new()));
        let live = bounds.start >= bounds.end;
        let (sender, position) = watch::channel(Position { next: bounds.start, live });
        tokio::spawn(follow(tail, Arc::clone(&products), sender, bounds.end));
        Ok(Self { products, position })
    }

    /// Whether everything there was at start is in the table.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.position.borrow().live
    }

    /// Waits until [`Catalog::is_live`].
    pub async fn live(&self) {
        let mut position = self.position.clone();
        // A closed channel means the runtime is going down; nobody waits for the answer then.
        drop(position.wait_for(|position| position.live).await);
    }

    /// A product.
    #[must_use]
    pub fn get(&self, id: &ProductId) -> Option<Arc<Product>> {
        self.products.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Every product, by id.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Product>> {
        let products = self.products.read().unwrap_or_else(PoisonError::into_inner);
        products.values().cloned().collect()
    }

    /// What the catalog says of a product and variant.
    #[must_use]
    pub fn offer(&self, item: &ItemId) -> Offer {
        match self.get(item.product()) {
            Some(product) => product.offer(item.variant()),
            None => Offer::NoProduct,
        }
    }

    /// Puts a product into the catalog and waits a moment to see it here.
    ///
    /// # Errors
    /// The append was refused, or its outcome is unknown; putting the same product again is safe.
    pub async fn put<L: Log>(&self, log: &L, product: &Product) -> Result<(), AppendError> {
        let key = Bytes::copy_from_slice(product.id.as_str().as_bytes());
        let value = Some(Bytes::from(product.encode()));
        let record = NewRecord { key: Some(key), value, headers: Vec::new() };
        let ack = log.append(Lane::Commands, CATALOG, record).await?;
        let mut position = self.position.clone();
        let seen = position.wait_for(|position| position.next > ack.offset);
        // Not seen in time is still durable; the table follows.
        drop(tokio::time::timeout(SEEN_WITHIN, seen).await);
        Ok(())
    }
}

type Products = RwLock<BTreeMap<ProductId, Arc<Product>>>;

async fn follow<T: Tail>(
    mut tail: T,
    products: Arc<Products>,
    position: watch::Sender<Position>,
    end_at_start: i64,
) {
    loop {
        match tail.next().await {
            TailEvent::Records(_, records) => {
                let Some(last) = records.last().map(|record| record.offset) else { continue };
                records.iter().for_each(|record| take(&products, record));
                let next = last + 1;
                position.send_modify(|at| {
                    *at = Position { next, live: at.live || next >= end_at_start }
                });
            }
            TailEvent::Trouble(error) => {
                tracing::debug!(error = %error, "the catalog's tail has trouble");
            }
            TailEvent::Ended(error) => {
                if let Some(error) = error {
                    tracing::error!(%error, "the catalog is no longer followed");
                }
                position.send_modify(|at| at.live = false);
                return;
            }
            TailEvent::Assigned(_)
            | TailEvent::Revoking(_)
            | TailEvent::Lost(_)
            | TailEvent::Committed
            | TailEvent::CommitFailed(_) => {}
        }
    }
}

fn take(products: &Products, record: &Record) {
    let mut products = products.write().unwrap_or_else(PoisonError::into_inner);
    let key = record.key.as_deref().and_then(|key| std::str::from_utf8(key).ok());
    let Some(id) = key.and_then(|key| key.parse::<ProductId>().ok()) else {
        tracing::warn!(offset = record.offset, "a catalog record without a product's key");
        return;
    };
    match record.value.as_deref().map(Product::decode) {
        None => {
            products.remove(&id);
        }
        Some(Ok(product)) => {
            products.insert(id, Arc::new(product));
        }
        Some(Err(error)) => {
            tracing::warn!(offset = record.offset, %error, "a catalog record that is no product");
        }
    }
}

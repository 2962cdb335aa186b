//! The catalog as this instance knows it: the products, and how many there are of each sku.

pub(crate) mod changes;

use std::sync::Arc;

use bytes::Bytes;
use cart_schemas::cart::{Cart, Line};
use cart_schemas::checkout::Quote;
use cart_schemas::command::Offer;
use cart_schemas::id::{ItemId, ProductId};
use cart_schemas::money::Currency;
use cart_schemas::partition::Partition;
use cart_schemas::prices::Language;
use cart_schemas::product::{self, Product};
use cart_schemas::stock::Level;
use cart_schemas::topic::Topic;
use cart_storage::log::{AppendError, Lane, Log, LogError, NewRecord, TopicPartition};

use crate::catalog::changes::Changes;
use crate::followed::{Followed, Row};

impl Row for Product {
    type Key = ProductId;
    type Error = product::DecodeError;

    const AT: TopicPartition =
        TopicPartition { topic: Topic::Products, partition: Partition::new(0) };

    fn decode(value: &[u8]) -> Result<Self, product::DecodeError> {
        Self::decode(value)
    }

    fn replaces(&self, _: &Self) -> bool {
        true
    }
}

impl Row for Level {
    type Key = ItemId;
    type Error = serde_json::Error;

    const AT: TopicPartition =
        TopicPartition { topic: Topic::InventoryLevels, partition: Partition::new(0) };

    fn decode(value: &[u8]) -> Result<Self, serde_json::Error> {
        Self::decode(value)
    }

    /// A sku's old owner may tell an old level late.
    fn replaces(&self, old: &Self) -> bool {
        self.version >= old.version
    }
}

/// The products and their stock. Clones share one table of each.
#[derive(Debug, Clone)]
pub struct Catalog {
    products: Followed<Product>,
    levels: Followed<Level>,
}

impl Catalog {
    /// Reads both topics from their beginning and follows them for as long as somebody has the tables.
    ///
    /// # Errors
    /// The log cannot be asked.
    pub async fn follow<L: Log>(log: &L) -> Result<Self, LogError> {
        let products = Followed::follow(log).await?;
        let levels = Followed::follow(log).await?;
        Ok(Self { products, levels })
    }

    /// Does the same, and says what changed, all there was at start included.
    ///
    /// # Errors
    /// The log cannot be asked.
    pub(crate) async fn watch<L: Log>(log: &L) -> Result<(Self, Changes), LogError> {
        let changes = Changes::default();
        let (product, sku) = (changes.clone(), changes.clone());
        let products = Followed::follow_and(log, move |id| product.note_product(id)).await?;
        let levels = Followed::follow_and(log, move |item| sku.note_sku(item)).await?;
        Ok((Self { products, levels }, changes))
    }

    /// Whether everything there was at start is in the tables.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.products.is_live() && self.levels.is_live()
    }

    /// Waits until [`Catalog::is_live`].
    pub async fn live(&self) {
        self.products.live().await;
        self.levels.live().await;
    }

    /// A product.
    #[must_use]
    pub fn get(&self, id: &ProductId) -> Option<Arc<Product>> {
        self.products.get(id)
    }

    /// Every product, by id.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Product>> {
        self.products.all()
    }

    /// How many there are of a sku; `None` where nobody has told its writer yet.
    #[must_use]
    pub fn level(&self, item: &ItemId) -> Option<Arc<Level>> {
        self.levels.get(item)
    }

    /// What the catalog says of a product and variant, with the stock there is now.
    #[must_use]
    pub fn offer(&self, item: &ItemId) -> Offer {
        let Some(product) = self.get(item.product()) else { return Offer::NoProduct };
        let mut offer = product.offer(item.variant());
        if let (Offer::Listed { stock, .. }, Some(level)) = (&mut offer, self.level(item)) {
            *stock = level.available;
        }
        offer
    }

    /// The lines of a cart that cost something else now, or cannot be bought for its currency.
    #[must_use]
    pub fn differing(&self, cart: &Cart) -> Vec<Quote> {
        let differing = cart.lines.iter().filter_map(|line| {
            let offer = self.offer(&line.item);
            let price = cart.currency.and_then(|ours| offer.price_in(ours));
            let price = price.filter(|_| matches!(offer, Offer::Listed { available: true, .. }));
            let differs = price.is_none_or(|price| price != line.price);
            differs.then(|| Quote { item: line.item.clone(), price })
        });
        differing.collect()
    }

    /// What a product is called in one of these languages, the best first; `None` if the catalog has no
    /// name in any.
    #[must_use]
    pub fn called(&self, item: &ItemId, languages: &[Language]) -> Option<String> {
        let product = self.get(item.product()).filter(|_| !languages.is_empty())?;
        product.names.for_reader(languages).map(|(_, name)| name.to_owned())
    }

    /// What each line of a cart costs in this currency, for sale or not.
    #[must_use]
    pub fn quotes(&self, cart: &Cart, currency: Currency) -> Vec<Quote> {
        let quote = |line: &Line| {
            let price = self.offer(&line.item).price_in(currency);
            Quote { item: line.item.clone(), price }
        };
        cart.lines.iter().map(quote).collect()
    }

    /// Takes a level that its sku's writer has told us, ahead of the topic.
    pub(crate) fn take(&self, level: Level) {
        self.levels.take(level.sku.item().clone(), level);
    }

    /// Puts a product into the catalog and waits a moment to see it here. Its skus are told by
    /// [`Shelves`](crate::shelves::Shelves).
    ///
    /// # Errors
    /// The append was refused, or its outcome is unknown; putting the same product again is safe.
    pub async fn put<L: Log>(&self, log: &L, product: &Product) -> Result<(), AppendError> {
        let key = Bytes::copy_from_slice(product.id.as_str().as_bytes());
        let value = Some(Bytes::from(product.encode()));
        let record = NewRecord { key: Some(key), value, headers: Vec::new() };
        let ack = log.append(Lane::Commands, Product::AT, record).await?;
        self.products.seen(ack).await;
        Ok(())
    }
}

//! The catalog of each shop as this instance knows it: its products, and how many there are of each sku.

pub(crate) mod changes;

use std::sync::Arc;

use bytes::Bytes;
use cart_schemas::cart::{Cart, Line};
use cart_schemas::checkout::Quote;
use cart_schemas::command::Offer;
use cart_schemas::id::{CartKey, ItemId, ProductKey, SkuKey, TenantId};
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
    type Key = ProductKey;
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
    type Key = SkuKey;
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

/// The products of all shops and their stock. Clones share one table of each.
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
        let products = Followed::follow_and(log, move |key| product.note_product(key)).await?;
        let levels = Followed::follow_and(log, move |key| sku.note_sku(key)).await?;
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

    /// Waits until everything that was appended to both topics so far is in the tables.
    ///
    /// # Errors
    /// The log cannot be asked.
    pub async fn caught_up<L: Log>(&self, log: &L) -> Result<(), LogError> {
        self.products.reached(log.bounds(Product::AT).await?.end).await;
        self.levels.reached(log.bounds(Level::AT).await?.end).await;
        Ok(())
    }

    /// A product.
    #[must_use]
    pub fn get(&self, key: &ProductKey) -> Option<Arc<Product>> {
        self.products.get(key)
    }

    /// Every product of a shop, by id; `None` is the default one.
    #[must_use]
    pub fn all(&self, tenant: Option<&TenantId>) -> Vec<Arc<Product>> {
        let first = ProductKey::first(tenant.cloned());
        self.products.run(&first, |key| key.tenant() == tenant)
    }

    /// Every product of every shop.
    pub(crate) fn everywhere(&self) -> Vec<(ProductKey, Arc<Product>)> {
        self.products.all()
    }

    /// How many there are of a sku; `None` where nobody has told its writer yet.
    #[must_use]
    pub fn level(&self, sku: &SkuKey) -> Option<Arc<Level>> {
        self.levels.get(sku)
    }

    /// What the catalog says of a product and variant, with the stock there is now.
    #[must_use]
    pub fn offer(&self, sku: &SkuKey) -> Offer {
        let Some(product) = self.get(&sku.product()) else { return Offer::NoProduct };
        let mut offer = product.offer(sku.item().variant());
        if let (Offer::Listed { stock, .. }, Some(level)) = (&mut offer, self.level(sku)) {
            *stock = level.available;
        }
        offer
    }

    /// What the shop of a cart says of an item.
    #[must_use]
    pub fn offer_to(&self, cart: &CartKey, item: &ItemId) -> Offer {
        self.offer(&SkuKey::in_shop_of(cart, item))
    }

    /// The lines of the cart at `key` that cost something else now, or cannot be bought for its currency.
    #[must_use]
    pub fn differing(&self, key: &CartKey, cart: &Cart) -> Vec<Quote> {
        let differing = cart.lines.iter().filter_map(|line| {
            let offer = self.offer_to(key, &line.item);
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
    pub fn called(&self, key: &ProductKey, languages: &[Language]) -> Option<String> {
        let product = self.get(key).filter(|_| !languages.is_empty())?;
        product.names.for_reader(languages).map(|(_, name)| name.to_owned())
    }

    /// What each line of the cart at `key` costs in this currency, for sale or not.
    #[must_use]
    pub fn quotes(&self, key: &CartKey, cart: &Cart, currency: Currency) -> Vec<Quote> {
        let quote = |line: &Line| {
            let price = self.offer_to(key, &line.item).price_in(currency);
            Quote { item: line.item.clone(), price }
        };
        cart.lines.iter().map(quote).collect()
    }

    /// Takes a level that its sku's writer has told us, ahead of the topic.
    pub(crate) fn take(&self, level: Level) {
        self.levels.take(level.sku.clone(), level);
    }

    /// Puts a product into the catalog of a shop and waits a moment to see it here. Its skus are told by
    /// [`Shelves`](crate::shelves::Shelves).
    ///
    /// # Errors
    /// The append was refused, or its outcome is unknown; putting the same product again is safe.
    pub async fn put<L: Log>(
        &self,
        log: &L,
        (tenant, product): (Option<&TenantId>, &Product),
    ) -> Result<(), AppendError> {
        let key = ProductKey::new(tenant.cloned(), product.id.clone());
        let key = Bytes::from(key.to_string());
        let value = Some(Bytes::from(product.encode()));
        let record = NewRecord { key: Some(key), value, headers: Vec::new() };
        let ack = log.append(Lane::Commands, Product::AT, record).await?;
        self.products.seen(ack).await;
        Ok(())
    }
}

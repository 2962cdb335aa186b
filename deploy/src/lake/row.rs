//! A record of the events' log as a row: the event, flat, and where it lay. Knows no file and no column's type.

use bytes::Bytes;
use cart_schemas::cart::{Line, News, total};
use cart_schemas::event::{Event, Fact};
use cart_schemas::id::{CartKey, CheckoutId, ItemId, OrderId};
use cart_schemas::money::Amount;
use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use cart_storage::log::Record;
use serde::Serialize;

use crate::reading;

/// An event, and where it lay.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) key: CartKey,
    pub(super) event: Event,
    /// Its JSON, as it lay in the log.
    pub(super) data: Bytes,
    pub(super) partition: Partition,
    pub(super) offset: i64,
    pub(super) appended: Timestamp,
}

/// The event is none this build knows.
#[derive(Debug, thiserror::Error)]
#[error("the event at offset {offset} of partition {partition} is of another build")]
pub(super) struct Undecodable {
    partition: Partition,
    offset: i64,
    source: serde_json::Error,
}

impl Row {
    /// The row of a record. What has no key of a cart is no event of one.
    pub(super) fn of(partition: Partition, record: &Record) -> Result<Option<Self>, Undecodable> {
        let Record { offset, appended, .. } = *record;
        let event = reading::event(record);
        let event = event.map_err(|source| Undecodable { partition, offset, source })?;
        let Some((key, event)) = event else { return Ok(None) };
        let data = record.value.clone().unwrap_or_default();
        Ok(Some(Self { key, event, data, partition, offset, appended }))
    }

    /// What of its fact has a column.
    pub(super) fn parts(&self) -> Parts<'_> {
        Parts::of(&self.event.fact)
    }
}

/// What of a fact has a column.
#[derive(Debug, Default)]
pub(super) struct Parts<'a> {
    pub(super) tier: Option<u8>,
    pub(super) item: Option<&'a ItemId>,
    pub(super) line: Option<&'a Line>,
    pub(super) news: Option<News>,
    pub(super) value: Option<Amount>,
    pub(super) checkout: Option<CheckoutId>,
    pub(super) order: Option<&'a OrderId>,
    pub(super) lines: Option<&'a [Line]>,
}

impl<'a> Parts<'a> {
    fn of(fact: &'a Fact) -> Self {
        match fact {
            Fact::ItemAdded(line) | Fact::ItemUpdated(line) => Self::of_line(line),
            Fact::ItemRemoved(item) => Self { item: Some(item), ..Self::default() },
            Fact::CartCleared | Fact::ExpiryExtended | Fact::ExpiryWarned => Self::default(),
            Fact::CartExpired(lines)
            | Fact::CartRestored(lines)
            | Fact::CartMergedOut { lines, .. }
            | Fact::CartMergedIn { lines, .. }
            | Fact::MergeReturned { lines, .. }
            | Fact::MergeUndone { lines, .. }
            | Fact::CurrencyChanged { lines, .. } => Self { lines: Some(lines), ..Self::default() },
            Fact::CartAbandoned { tier, value, .. } => {
                Self { tier: Some(*tier), value: Some(*value), ..Self::default() }
            }
            Fact::CartRecovered { tier } => Self { tier: Some(*tier), ..Self::default() },
            Fact::CheckoutStarted { checkout, lines, recovered, .. } => {
                Self { tier: *recovered, ..Self::of_checkout(*checkout, lines) }
            }
            Fact::CheckoutReady { checkout, lines, .. }
            | Fact::CheckoutCancelled { checkout, lines, .. } => {
                Self::of_checkout(*checkout, lines)
            }
            Fact::CartConverted { checkout, order, lines, recovered } => {
                Self { tier: *recovered, order: Some(order), ..Self::of_checkout(*checkout, lines) }
            }
            Fact::ItemOutOfStock { line, news }
            | Fact::ItemAvailable { line, news }
            | Fact::PriceChanged { line, news } => {
                Self { news: Some(*news), ..Self::of_line(line) }
            }
        }
    }

    fn of_line(line: &'a Line) -> Self {
        Self { item: Some(&line.item), line: Some(line), ..Self::default() }
    }

    fn of_checkout(checkout: CheckoutId, lines: &'a [Line]) -> Self {
        let value = Some(total(lines));
        Self { checkout: Some(checkout), lines: Some(lines), value, ..Self::default() }
    }

    /// The lines as JSON in which nothing has a fraction.
    pub(super) fn items(&self) -> Option<Vec<u8>> {
        let items: Vec<Item<'_>> = self.lines?.iter().map(Item::from).collect();
        // Serializing plain structs into memory has no way to fail.
        serde_json::to_vec(&items).ok()
    }
}

/// A line of `items`.
#[derive(Debug, Serialize)]
struct Item<'a> {
    #[serde(rename = "productID")]
    product: &'a str,
    #[serde(rename = "itemID")]
    item: &'a ItemId,
    quantity: u32,
    #[serde(rename = "priceMinor")]
    price: i64,
}

impl<'a> From<&'a Line> for Item<'a> {
    fn from(line: &'a Line) -> Self {
        Self {
            product: line.item.product().as_str(),
            item: &line.item,
            quantity: line.quantity.get(),
            price: line.price.minor(),
        }
    }
}

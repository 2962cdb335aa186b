//! Reads counts back: the rows of a shop that there are, of all partitions, summed.

use std::collections::BTreeMap;

use cart_schemas::cql::{Index, Table};
use cart_schemas::id::{ProductId, TenantId};
use cart_schemas::money::Currency;
use cart_storage::store::{Store, StoreError};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::count::Hour;
use super::goods::Goods;
use super::row::{self, Beside, Counted, Day, Place, Row, Shelf};
use super::tally::Tally;

/// Entries of the index asked for at a time.
const ENTRIES_AT_ONCE: u16 = 1_000;
/// Rows asked for at a time: a quarter of what processors ask of the same store, for customers come first.
const ROWS_AT_ONCE: usize = 16;

/// Figures cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FiguresError {
    /// The store did not answer.
    #[error("the store does not tell figures")]
    Store(#[from] StoreError),
    /// Another build wrote a row.
    #[error("the row of figures at {key} cannot be read")]
    Row {
        /// The row.
        key: String,
        /// Why not.
        source: serde_json::Error,
    },
}

/// What is counted, by hour and currency.
pub type ByHour = BTreeMap<(Hour, Option<Currency>), Tally>;
/// What is counted of products, by product and currency.
pub type ByProduct = BTreeMap<(ProductId, Option<Currency>), Goods>;

/// From an hour on, up to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first hour.
    pub from: Hour,
    /// The hour it ends before.
    pub to: Hour,
}

impl Span {
    fn has(self, hour: Hour) -> bool {
        self.from <= hour && hour < self.to
    }

    /// The last day it has an hour of.
    fn last_day(self) -> i64 {
        if self.to == self.to.midnight() { self.to.day() - 1 } else { self.to.day() }
    }
}

/// What is counted of a shop in each hour and currency.
///
/// # Errors
/// See [`FiguresError`].
pub async fn hours<S: Store>(
    store: &S,
    tenant: Option<&TenantId>,
    span: Span,
) -> Result<ByHour, FiguresError> {
    let mut sums = ByHour::new();
    let places = places(store, row::days(tenant), Some(span)).await?;
    sum(store, places, |Counted(day): Day| {
        for (of, tally) in day.into_iter().filter(|((hour, _), _)| span.has(*hour)) {
            sums.entry(of).or_default().add(&tally);
        }
    })
    .await?;
    Ok(sums)
}

/// What is counted of a shop's products in each currency, of the days a span has hours of.
///
/// # Errors
/// See [`FiguresError`].
pub async fn goods<S: Store>(
    store: &S,
    tenant: Option<&TenantId>,
    span: Span,
) -> Result<ByProduct, FiguresError> {
    let mut sums = ByProduct::new();
    let places = places(store, row::shelves(tenant), Some(span)).await?;
    sum(store, places, |Counted(shelf): Shelf| {
        for (of, goods) in shelf {
            sums.entry(of).or_default().add(&goods);
        }
    })
    .await?;
    Ok(sums)
}

/// How often products lay in one cart with this one, when it was paid or left.
///
/// # Errors
/// See [`FiguresError`].
pub async fn beside<S: Store>(
    store: &S,
    tenant: Option<&TenantId>,
    product: &ProductId,
) -> Result<BTreeMap<ProductId, u64>, FiguresError> {
    let mut sums: BTreeMap<_, u64> = BTreeMap::new();
    let places = places(store, row::beside(tenant, product), None).await?;
    sum(store, places, |Counted(beside): Beside| {
        for (other, times) in beside {
            *sums.entry(other).or_default() += times;
        }
    })
    .await?;
    Ok(sums)
}

/// The rows of a slot there are, of these days if they are of days.
async fn places<S: Store>(
    store: &S,
    slot: String,
    days: Option<Span>,
) -> Result<Vec<Place>, StoreError> {
    // Entries of a day begin with it, and a slash sorts before all that could go on with a day's digits.
    let mut after = days.map(|days| row::text(days.from.day()));
    let last = days.map(|days| format!("{}0", row::text(days.last_day())));
    let mut places = Vec::new();
    loop {
        let asked = store.entries(Index::Tallied, &slot, after.as_deref(), ENTRIES_AT_ONCE);
        let notes = asked.await?;
        let is_last = notes.len() < usize::from(ENTRIES_AT_ONCE);
        for note in notes {
            if last.as_ref().is_some_and(|last| note.entry > *last) {
                return Ok(places);
            }
            after = Some(note.entry.clone());
            places.push(Place { slot: slot.clone(), entry: note.entry });
        }
        if is_last {
            return Ok(places);
        }
    }
}

async fn sum<S: Store, C: Serialize + DeserializeOwned + Default>(
    store: &S,
    places: Vec<Place>,
    mut add: impl FnMut(C),
) -> Result<(), FiguresError> {
    let load = |place: Place| async move {
        let key = place.key();
        let cell = store.load(Table::Tallies, &key).await?;
        match Row::<C>::decode(cell.as_deref()) {
            Ok(row) => Ok(row.counts),
            Err(source) => Err(FiguresError::Row { key, source }),
        }
    };
    let mut rows = stream::iter(places).map(load).buffer_unordered(ROWS_AT_ONCE);
    while let Some(counts) = rows.try_next().await? {
        add(counts);
    }
    Ok(())
}

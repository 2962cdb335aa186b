//! Copies carts and skus page by page. Each arrives as the bytes it was, at the timestamp it had; a
//! cart with a snapshot its events go on from, the timer it waits for, and where it is found by its lines.

use bytes::Bytes;
use cart_ingest::news;
use cart_schemas::cql::{Index, Table};
use cart_schemas::holders;
use cart_schemas::id::CartKey;
use cart_schemas::record::CartRecord;
use cart_schemas::standing::{Journey, Stage};
use cart_storage::store::{Cursor, Page, Row, Store, StoreError};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::journey;
use super::timers::{Noted, Shelves};
use crate::exit::Failure;
use crate::patience;
use crate::progress::Progress;

/// Carts of a page: how many are copied again at most after a crash.
pub(super) const PAGE: u16 = 500;
/// Carts written at a time: enough to keep a store's nodes busy, few enough not to flood them.
const AT_ONCE: usize = 64;

/// A cart as it lies in a store.
#[derive(Debug)]
pub(super) struct Lying {
    pub(super) key: CartKey,
    pub(super) record: CartRecord,
    pub(super) row: Row,
}

/// Whether a store has no cart and no sku.
pub(super) async fn holds_nothing<T: Store>(target: &T) -> Result<bool, Failure> {
    let carts = page(target, Table::Carts, None).await?;
    let skus = page(target, Table::Skus, None).await?;
    Ok(carts.rows.is_empty() && skus.rows.is_empty())
}

/// A page of a table.
pub(super) async fn page<S: Store>(
    store: &S,
    table: Table,
    after: Option<&Cursor>,
) -> Result<Page, Failure> {
    let page = patience::stored(|| store.scan(table, after, PAGE)).await;
    page.map_err(|source| Failure::failed(format!("the {} cannot be read", table.name()), source))
}

/// What is in a cart's row.
pub(super) fn read(row: Row) -> Result<Lying, Failure> {
    let what = || format!("the row {:?} is no cart's", row.key);
    let key = row.key.parse::<CartKey>().map_err(|error| Failure::failed(what(), error))?;
    let record = CartRecord::decode(&row.cell).map_err(|error| Failure::failed(what(), error))?;
    Ok(Lying { key, record, row })
}

/// Copies the carts from where the journey stopped to the last one.
pub(super) async fn carts<S: Store, T: Store>(
    source: &S,
    target: &T,
    (shelves, mut journey): (&Shelves, Journey),
) -> Result<Journey, Failure> {
    let mut count = Progress::on_stderr().count("carts copied", None);
    count.resume_at(journey.copied);
    while let Stage::Copying { after } = &journey.stage {
        let after = after.as_deref().map(Cursor::from_text);
        let Page { rows, next } = page(source, Table::Carts, after.as_ref()).await?;
        let copied = rows.len();
        let writing = stream::iter(rows).map(|row| copy(target, shelves, row));
        writing.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        journey.copied = journey.copied.saturating_add(u64::try_from(copied).unwrap_or(u64::MAX));
        journey.ts = journey.ts.next();
        journey.stage = match next {
            Some(next) => Stage::Copying { after: Some(next.as_str().to_owned()) },
            None => Stage::Copied,
        };
        journey::write(target, &journey).await?;
        count.add(copied);
    }
    count.done();
    Ok(journey)
}

/// Copies everything that is neither a cart nor of the place it lies at, all of it each time: there is little
/// beside the carts. Skus; what carts were told of them, so that whoever tells there goes on with what was begun
/// here; whom shops tell of carts, and which customers agreed to that.
pub(super) async fn beside_carts<S: Store, T: Store>(
    source: &S,
    target: &T,
) -> Result<(), Failure> {
    rows(source, target, (Table::Skus, |_| true)).await?;
    rows(source, target, (Table::Progress, news::is_row)).await?;
    rows(source, target, (Table::Webhooks, |_| true)).await?;
    rows(source, target, (Table::Consents, |_| true)).await
}

/// Copies the rows of a table whose keys are to come.
async fn rows<S: Store, T: Store>(
    source: &S,
    target: &T,
    (table, is_to_come): (Table, fn(&str) -> bool),
) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let found = page(source, table, after.as_ref()).await?;
        let coming = found.rows.into_iter().filter(|row| is_to_come(&row.key));
        let writing = stream::iter(coming).map(|row| copy_row(target, table, row));
        writing.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        after = found.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn copy_row<T: Store>(target: &T, table: Table, row: Row) -> Result<(), Failure> {
    let put = || target.put(table, &row.key, row.cell.clone(), row.ts);
    let written = patience::stored(put).await;
    let what = || format!("{} of the {} cannot be copied", row.key, table.name());
    written.map_err(|source| Failure::failed(what(), source))
}

async fn copy<T: Store>(target: &T, shelves: &Shelves, row: Row) -> Result<(), Failure> {
    let cart = read(row)?;
    let written = write(target, shelves, &cart).await;
    let Lying { key, .. } = cart;
    written.map_err(|source| Failure::failed(format!("the cart {key} cannot be copied"), source))
}

async fn write<T: Store>(target: &T, shelves: &Shelves, cart: &Lying) -> Result<(), StoreError> {
    let Lying { key, record, row } = cart;
    let snapshot = Bytes::from(record.snapshot(key).encode());
    let put = || target.put(Table::Snapshots, key.as_str(), snapshot.clone(), row.ts);
    patience::stored(put).await?;
    if let Some(Noted { slot, timer }) = shelves.timer_of(key, record) {
        let entry = timer.entry();
        patience::stored(|| target.note(Index::Timers, &slot, &entry, timer.ts)).await?;
    }
    for line in &record.cart.lines {
        let slot = holders::slot_of(&line.item, key);
        patience::stored(|| target.note(Index::Holders, &slot, key.as_str(), row.ts)).await?;
    }
    let put = || target.put(Table::Carts, key.as_str(), row.cell.clone(), row.ts);
    patience::stored(put).await
}

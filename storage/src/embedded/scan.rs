//! A page of a table in the order of its keys. Knows neither the queue nor what is in a cell.

use std::ops::Bound;

use bytes::Bytes;
use cart_schemas::cql::Table;
use cart_schemas::timestamp::Timestamp;
use redb::ReadTransaction;

use super::data::DataError;
use super::tables::cells;
use crate::store::{Cursor, PAGE_BYTES, Page, Row};

/// The rows after a key. The cursor is the key of the page's last row.
pub(super) fn page(
    reading: &ReadTransaction,
    table: Table,
    after: Option<&str>,
    limit: u16,
) -> Result<Page, DataError> {
    let stored = reading.open_table(cells(table))?;
    let first = after.map_or(Bound::Unbounded, Bound::Excluded);
    let limit = usize::from(limit.max(1));
    let (mut rows, mut bytes): (Vec<Row>, usize) = (Vec::new(), 0);
    for found in stored.range::<&str>((first, Bound::Unbounded))? {
        if rows.len() == limit || bytes >= PAGE_BYTES {
            let next = rows.last().map(|last| Cursor::from_text(last.key.as_str()));
            return Ok(Page { rows, next });
        }
        let (key, value) = found?;
        let (ts, cell) = value.value();
        bytes += cell.len();
        let (ts, cell) = (Timestamp::from_micros(ts), Bytes::copy_from_slice(cell));
        rows.push(Row { key: key.value().to_owned(), cell, ts });
    }
    Ok(Page { rows, next: None })
}

//! Whole tables, to be compared.

use std::collections::BTreeMap;

use anyhow::Result;
use bytes::Bytes;
use cart_schemas::cql::Table;
use cart_schemas::timestamp::Timestamp;
use cart_storage::store::Store;

/// Cells with their timestamps, by key.
pub type Rows = BTreeMap<String, (Timestamp, Bytes)>;

/// Every row of a table.
///
/// # Errors
/// The store does not answer.
pub async fn of<S: Store>(store: &S, table: Table) -> Result<Rows> {
    let (mut rows, mut after) = (Rows::new(), None);
    loop {
        let page = store.scan(table, after.as_ref(), 1_000).await?;
        rows.extend(page.rows.into_iter().map(|row| (row.key, (row.ts, row.cell))));
        after = page.next;
        if after.is_none() {
            return Ok(rows);
        }
    }
}

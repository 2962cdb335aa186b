//! A whole table, page by page.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use cart_schemas::cql::Table;
use cart_schemas::timestamp::Timestamp;
use cart_storage::store::{Cursor, PAGE_BYTES, Page, Row, Store};
use futures::future::join_all;

use super::{TEXTS, at, fresh};

async fn put<S: Store>(store: &S, key: &str, cell: impl Into<Vec<u8>>, ts: Timestamp) {
    store.put(Table::Carts, key, cell.into().into(), ts).await.expect("the cell is written");
}

async fn page<S: Store>(store: &S, after: Option<&Cursor>, limit: u16) -> Page {
    store.scan(Table::Carts, after, limit).await.expect("the page is read")
}

/// The keys of this name alone: other sentences write to the table meanwhile.
fn named<'a>(rows: &'a [Row], name: &str) -> impl Iterator<Item = &'a Row> {
    let name = name.to_owned();
    rows.iter().filter(move |row| row.key.starts_with(&name))
}

/// Everything from a place on, in pages of so many rows.
async fn rest<S: Store>(store: &S, after: Option<Cursor>, limit: u16) -> Vec<Row> {
    let (mut rows, mut after) = (Vec::new(), after);
    loop {
        let read = page(store, after.as_ref(), limit).await;
        assert!(read.rows.len() <= usize::from(limit), "{} of {limit}", read.rows.len());
        rows.extend(read.rows);
        match read.next {
            Some(next) => after = Some(next),
            None => return rows,
        }
    }
}

/// Writes cells of this name, numbered; gives their keys.
async fn written<S: Store>(store: &S, name: &str, count: usize) -> BTreeSet<String> {
    let keys: BTreeSet<_> = (0..count).map(|number| format!("{name}/{number:03}")).collect();
    join_all(keys.iter().map(|key| put(store, key, key.as_str(), at(1)))).await;
    keys
}

pub async fn a_table_nobody_wrote_to_is_one_empty_page<S: Store>(store: &S) {
    // No sentence writes to this one.
    let page = store.scan(Table::Progress, None, 10).await.expect("the page is read");

    assert_eq!(page, Page { rows: Vec::new(), next: None });
}

pub async fn a_scan_gives_every_key_once_whatever_the_pages<S: Store>(store: &S) {
    let name = fresh("scan");
    let keys = written(store, &name, 60).await;

    for limit in [3, 60, u16::MAX] {
        let rows = rest(store, None, limit).await;
        let mine: Vec<_> = named(&rows, &name).map(|row| row.key.clone()).collect();

        assert_eq!(mine.len(), keys.len(), "pages of {limit} repeat or leave out");
        assert_eq!(mine.into_iter().collect::<BTreeSet<_>>(), keys, "pages of {limit}");
    }
}

pub async fn a_page_has_at_least_one_row<S: Store>(store: &S) {
    written(store, &fresh("one"), 2).await;

    for limit in [0, 1] {
        assert_eq!(page(store, None, limit).await.rows.len(), 1, "a limit of {limit}");
    }
}

pub async fn a_scan_gives_the_newest_cell_and_its_timestamp<S: Store>(store: &S) {
    let name = fresh("newest");
    for (key, steps) in [("a", [1, 9, 4]), ("b", [3, 2, 1]), ("c", [5, 5, 5])] {
        for step in steps {
            put(store, &format!("{name}/{key}"), format!("{key}{step}"), at(step)).await;
        }
    }

    let rows = rest(store, None, 100).await;

    let found: BTreeMap<_, _> = named(&rows, &name).map(|row| (row.cell.clone(), row.ts)).collect();
    let expected = [("a9", at(9)), ("b3", at(3)), ("c5", at(5))];
    assert_eq!(found, expected.map(|(cell, ts)| (Bytes::from(cell), ts)).into());
}

pub async fn a_scan_is_resumed_from_the_text_of_a_cursor<S: Store>(store: &S) {
    let name = fresh("resume");
    let keys = written(store, &name, 30).await;
    let (mut seen, mut after) = (Vec::new(), None::<String>);

    loop {
        let cursor = after.map(Cursor::from_text);
        let read = page(store, cursor.as_ref(), 3).await;
        seen.extend(named(&read.rows, &name).map(|row| row.key.clone()));
        match read.next {
            Some(next) => after = Some(next.as_str().to_owned()),
            None => break,
        }
    }

    assert_eq!(seen.len(), keys.len());
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), keys);
}

pub async fn keys_written_during_a_scan_disturb_no_other<S: Store>(store: &S) {
    let name = fresh("meanwhile");
    let keys = written(store, &name, 40).await;
    let (mut seen, mut after) = (Vec::new(), None);

    for step in 0_i64.. {
        let read = page(store, after.as_ref(), 5).await;
        seen.extend(named(&read.rows, &name).map(|row| row.key.clone()));
        put(store, &format!("{name}/new{step}"), "new", at(1)).await;
        put(store, &format!("{name}/000"), "changed", at(step + 2)).await;
        match read.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }

    let once: BTreeSet<_> = seen.iter().cloned().collect();
    assert_eq!(once.len(), seen.len(), "a key came twice");
    assert!(once.is_superset(&keys), "{:?} did not come", keys.difference(&once));
}

pub async fn a_scanned_key_is_any_text<S: Store>(store: &S) {
    let name = fresh("text");
    let keys: BTreeSet<_> = TEXTS.iter().map(|text| format!("{name}{text}")).collect();
    for key in &keys {
        put(store, key, "cell", at(1)).await;
    }

    let rows = rest(store, None, 3).await;

    assert_eq!(named(&rows, &name).map(|row| row.key.clone()).collect::<BTreeSet<_>>(), keys);
}

pub async fn a_page_of_large_cells_is_short<S: Store>(store: &S) {
    let name = fresh("large");
    let large = vec![7; PAGE_BYTES / 4];
    for number in 0..9 {
        put(store, &format!("{name}/{number}"), large.clone(), at(1)).await;
    }

    let (mut found, mut after) = (0, None);
    loop {
        let read = page(store, after.as_ref(), u16::MAX).await;
        let bytes = read.rows.iter().map(|row| row.cell.len());
        // The last row is the one that reached the limit.
        let before: usize = bytes.rev().skip(1).sum();
        assert!(before < PAGE_BYTES, "a page of {before} bytes and one more cell");
        found += named(&read.rows, &name).count();
        match read.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(found, 9);
}

pub async fn a_scan_knows_its_table_alone<S: Store>(store: &S) {
    let key = fresh("alone");
    put(store, &key, "cart", at(1)).await;
    let snapshot = Bytes::from_static(b"snapshot");
    store.put(Table::Snapshots, &key, snapshot.clone(), at(2)).await.expect("it is written");

    let carts = rest(store, None, 100).await;
    let other = store.scan(Table::Snapshots, None, 100).await.expect("the page is read");

    let found: Vec<_> = named(&carts, &key).collect();
    assert_eq!(found, [&Row { key: key.clone(), cell: Bytes::from_static(b"cart"), ts: at(1) }]);
    assert_eq!(other.rows, [Row { key, cell: snapshot, ts: at(2) }]);
}

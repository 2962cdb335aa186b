//! One cell per key, and the highest timestamp wins.

use cart_schemas::cql::Table;
use cart_schemas::timestamp::Timestamp;
use cart_storage::store::Store;
use futures::future::join_all;

use super::{TEXTS, at, fresh};

async fn put<S: Store>(store: &S, key: &str, cell: impl Into<Vec<u8>>, ts: Timestamp) {
    store.put(Table::Carts, key, cell.into().into(), ts).await.expect("the cell is written");
}

/// Asserts what a cell holds.
async fn holds<S: Store>(store: &S, key: &str, expected: impl Into<Vec<u8>>) {
    let cell = store.load(Table::Carts, key).await.expect("the cell is read");
    assert_eq!(cell, Some(expected.into().into()), "the cell at {key:?}");
}

/// Asserts that there is no cell.
async fn is_absent<S: Store>(store: &S, key: &str) {
    let cell = store.load(Table::Carts, key).await.expect("the cell is read");
    assert_eq!(cell, None, "the cell at {key:?}");
}

pub async fn an_absent_cell_is_none<S: Store>(store: &S) {
    is_absent(store, &fresh("cart")).await;
}

pub async fn a_read_sees_every_acknowledged_write<S: Store>(store: &S) {
    let key = fresh("cart");

    for step in 0..50 {
        put(store, &key, format!("write {step}"), at(step)).await;
        holds(store, &key, format!("write {step}")).await;
    }
}

pub async fn a_read_of_another_clone_sees_it_too<S: Store>(store: &S) {
    let (key, other) = (fresh("cart"), store.clone());

    put(store, &key, "one", at(1)).await;
    holds(&other, &key, "one").await;
    put(&other, &key, "two", at(2)).await;
    holds(store, &key, "two").await;
}

pub async fn the_last_timestamp_wins_whatever_the_order_of_arrival<S: Store>(store: &S) {
    for order in [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]] {
        let key = fresh("cart");

        for step in order {
            put(store, &key, format!("write {step}"), at(step)).await;
        }

        holds(store, &key, "write 3").await;
    }
}

pub async fn an_older_write_never_shows<S: Store>(store: &S) {
    let key = fresh("cart");
    put(store, &key, "new", at(100)).await;

    for step in (0..100).step_by(9) {
        // Longer and shorter, larger and smaller: only the timestamp counts.
        put(store, &key, vec![0xff; usize::try_from(step).expect("a step is small")], at(step))
            .await;
        holds(store, &key, "new").await;
    }
}

pub async fn the_same_bytes_at_the_same_timestamp_change_nothing<S: Store>(store: &S) {
    let key = fresh("cart");

    for _ in 0..3 {
        put(store, &key, "record", at(7)).await;
        holds(store, &key, "record").await;
    }

    put(store, &key, "next", at(8)).await;
    put(store, &key, "record", at(7)).await;
    holds(store, &key, "next").await;
}

pub async fn concurrent_writes_end_at_the_highest_timestamp<S: Store>(store: &S) {
    let key = &fresh("cart");

    // Neither up nor down: 37 and 101 have no common divisor.
    let steps = (0..101).map(|step| step * 37 % 101);
    join_all(steps.map(|step| put(store, key, format!("write {step}"), at(step)))).await;

    holds(store, key, "write 100").await;
}

pub async fn a_cell_keeps_any_bytes<S: Store>(store: &S) {
    for cell in [Vec::new(), vec![0], vec![0xff; 3], (0..=255).collect()] {
        let key = fresh("cart");

        put(store, &key, cell.clone(), at(1)).await;

        holds(store, &key, cell).await;
    }
}

pub async fn a_cell_keeps_200_kib<S: Store>(store: &S) {
    let (key, large) = (fresh("cart"), (0..=255).cycle().take(200 * 1024).collect::<Vec<u8>>());

    put(store, &key, large.clone(), at(1)).await;
    holds(store, &key, large).await;
    put(store, &key, "small", at(2)).await;
    holds(store, &key, "small").await;
}

pub async fn a_key_is_any_text<S: Store>(store: &S) {
    let keys = TEXTS.map(|text| format!("{text}{}", fresh("")));
    for key in &keys {
        put(store, key, key.as_str(), at(1)).await;
    }

    for key in &keys {
        holds(store, key, key.as_str()).await;
        is_absent(store, &format!("{key}/")).await;
    }
}

pub async fn tables_do_not_share_their_keys<S: Store>(store: &S) {
    let key = fresh("same");

    put(store, &key, "cart", at(1)).await;
    let progress = store.load(Table::Progress, &key).await.expect("the cell is read");

    assert_eq!(progress, None);
}

//! Rows as they are in the store, the least recently used forgotten first: taken for a batch, changed, put
//! back and then remembered.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::time::Duration;

use cart_schemas::cql::Table;
use cart_storage::store::Store;
use futures::{StreamExt as _, stream};
use lru::LruCache;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::row::Row;
use crate::projection::Stubborn;

/// Requests under way at a time: see `history::keeper`. Here they are twice as many, since a figure is
/// looked at sooner than a history.
const AT_ONCE: usize = 16;

/// How soon a row that cannot be read is read again: an error a minute is noticed, and fills no disk.
const AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Rows of one kind.
pub(super) struct Kept<K: Hash + Eq, C> {
    remembered: LruCache<K, Row<C>>,
    key: fn(&K) -> String,
}

/// Rows that a batch changes.
pub(super) type Open<K, C> = HashMap<K, Row<C>>;

impl<K, C> Kept<K, C>
where
    K: Hash + Eq + Clone,
    C: Serialize + DeserializeOwned + Default,
{
    /// None yet; at most so many are remembered, by what makes the store's key of theirs.
    pub(super) fn new(limit: NonZeroUsize, key: fn(&K) -> String) -> Self {
        Self { remembered: LruCache::new(limit), key }
    }

    pub(super) fn forget(&mut self) {
        self.remembered.clear();
    }

    /// The rows of these keys.
    pub(super) async fn open<S: Store>(
        &mut self,
        store: &Stubborn<S>,
        keys: impl IntoIterator<Item = K>,
    ) -> Open<K, C> {
        let mut open = Open::new();
        let mut missing = Vec::new();
        for key in keys {
            match self.remembered.pop(&key) {
                Some(row) => {
                    open.insert(key, row);
                }
                None => missing.push(key),
            }
        }
        let key_of = self.key;
        let load = |key: K| async move {
            let row = load(store, &key_of(&key)).await;
            (key, row)
        };
        let loaded: Vec<_> =
            stream::iter(missing).map(load).buffer_unordered(AT_ONCE).collect().await;
        open.extend(loaded);
        open
    }

    /// Puts rows back.
    pub(super) async fn close<S: Store>(&mut self, store: &Stubborn<S>, open: Open<K, C>) {
        let key_of = self.key;
        let put = |(key, row): (&K, &Row<C>)| {
            let (name, cell) = (key_of(key), (row.encode(), row.ts));
            async move { store.put(Table::Tallies, &name, cell).await }
        };
        let puts: Vec<_> = open.iter().filter(|(_, row)| row.is_changed()).map(put).collect();
        stream::iter(puts).for_each_concurrent(AT_ONCE, |put| put).await;
        for (key, row) in open {
            // What was looked up and not changed may not be there.
            if !row.is_new() || row.is_changed() {
                self.remembered.put(key, row.stored());
            }
        }
    }
}

/// A row. One that cannot be read is waited for until somebody puts the build back that can: to count on
/// without it would be wrong for ever.
async fn load<S: Store, C>(store: &Stubborn<S>, key: &str) -> Row<C>
where
    C: Serialize + DeserializeOwned + Default,
{
    loop {
        let cell = store.load(Table::Tallies, key).await;
        match Row::decode(cell.as_deref()) {
            Ok(row) => return row,
            Err(error) => tracing::error!(%error, key, "a row of counts is of another build"),
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

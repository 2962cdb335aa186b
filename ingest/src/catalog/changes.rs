//! Which products and skus changed since somebody asked. Knows no row.

use std::collections::BTreeSet;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use cart_schemas::id::{ProductKey, SkuKey};
use tokio::sync::Notify;

/// Keys of changed rows, each once however often it changed: there are never more than rows. Clones
/// share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    changed: Mutex<Changed>,
    some: Notify,
}

/// What changed.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    /// Products the catalog says something else of.
    pub(crate) products: BTreeSet<ProductKey>,
    /// Skus with another level.
    pub(crate) skus: BTreeSet<SkuKey>,
}

impl Changed {
    fn is_empty(&self) -> bool {
        self.products.is_empty() && self.skus.is_empty()
    }
}

impl Changes {
    pub(super) fn note_product(&self, key: ProductKey) {
        self.note(|changed| changed.products.insert(key));
    }

    pub(super) fn note_sku(&self, key: SkuKey) {
        self.note(|changed| changed.skus.insert(key));
    }

    fn note(&self, note: impl FnOnce(&mut Changed) -> bool) {
        if note(&mut self.0.changed.lock().unwrap_or_else(PoisonError::into_inner)) {
            self.0.some.notify_one();
        }
    }

    /// What changed since the last time; nothing, perhaps.
    pub(crate) fn take(&self) -> Changed {
        mem::take(&mut self.0.changed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until something has changed. One may wait at a time.
    pub(crate) async fn next(&self) -> Changed {
        loop {
            let changed = self.take();
            if !changed.is_empty() {
                return changed;
            }
            self.0.some.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn what_changed_often_is_told_once_and_only_once() {
        let (changes, sku): (_, SkuKey) = (Changes::default(), "acme/i_cAA".parse().unwrap());
        for _ in 0..3 {
            changes.note_sku(sku.clone());
            changes.note_product("p".parse().unwrap());
        }

        let changed = changes.next().now_or_never().unwrap();

        assert_eq!((changed.skus.len(), changed.products.len()), (1, 1));
        assert!(changes.next().now_or_never().is_none());
    }

    #[tokio::test]
    async fn whoever_waits_hears_of_the_next_change() {
        let changes = Changes::default();
        let noting = changes.clone();
        let waiting = tokio::spawn(async move { changes.next().await });
        tokio::task::yield_now().await;

        noting.note_product("p".parse().unwrap());

        assert_eq!(waiting.await.unwrap().products.len(), 1);
    }
}

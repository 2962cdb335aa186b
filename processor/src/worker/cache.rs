//! The carts a partition remembers, the least recently used forgotten first.

use cart_schemas::id::CartKey;
use cart_schemas::record::CartRecord;
use lru::LruCache;

/// Records and what they weigh. Evicts only when told to, so that a cart with something pending
/// is never forgotten.
#[derive(Debug)]
pub(super) struct Cache {
    carts: LruCache<CartKey, Held>,
    bytes: usize,
    limit: usize,
}

#[derive(Debug)]
struct Held {
    record: CartRecord,
    bytes: usize,
}

/// What a cart costs beyond its encoding: keys, nodes, capacities.
const OVERHEAD_BYTES: usize = 512;

impl Cache {
    pub(super) fn new() -> Self {
        Self { carts: LruCache::unbounded(), bytes: 0, limit: usize::MAX }
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    pub(super) fn holds(&self, key: &CartKey) -> bool {
        self.carts.contains(key)
    }

    /// A cart's record, for changing it; put it back.
    pub(super) fn take(&mut self, key: &CartKey) -> Option<CartRecord> {
        let held = self.carts.pop(key)?;
        self.bytes = self.bytes.saturating_sub(held.bytes);
        Some(held.record)
    }

    /// Holds a record whose encoding is `encoded` bytes long.
    pub(super) fn put(&mut self, key: CartKey, record: CartRecord, encoded: usize) {
        let bytes = encoded.saturating_add(OVERHEAD_BYTES);
        self.bytes = self.bytes.saturating_add(bytes);
        self.carts.put(key, Held { record, bytes });
    }

    /// Forgets the least recently used carts beyond the limit. Call with nothing pending.
    pub(super) fn evict(&mut self) {
        while self.bytes > self.limit {
            let Some((_, held)) = self.carts.pop_lru() else { return };
            self.bytes = self.bytes.saturating_sub(held.bytes);
        }
    }
}

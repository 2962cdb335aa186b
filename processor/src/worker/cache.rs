//! The records a partition remembers, the least recently used forgotten first.

use std::hash::Hash;

use lru::LruCache;

/// Records and what they weigh. Evicts only when told to, so that a record with something pending
/// is never forgotten.
#[derive(Debug)]
pub(super) struct Cache<K: Hash + Eq, R> {
    records: LruCache<K, Held<R>>,
    bytes: usize,
    limit: usize,
}

#[derive(Debug)]
struct Held<R> {
    record: R,
    encoded: usize,
}

impl<R> Held<R> {
    /// About what it takes in memory.
    fn bytes(&self) -> usize {
        self.encoded.saturating_mul(SPREAD).saturating_add(OVERHEAD_BYTES)
    }
}

/// What a byte of an encoding takes in memory: a busy cart's 3.7 KB take 11 KB, since queues keep
/// room to grow, numbers are as wide as they can be and every event has its own user.
const SPREAD: usize = 3;
/// What a record costs beyond its content: keys and nodes.
const OVERHEAD_BYTES: usize = 512;

impl<K: Hash + Eq, R> Cache<K, R> {
    pub(super) fn new() -> Self {
        Self { records: LruCache::unbounded(), bytes: 0, limit: usize::MAX }
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    pub(super) fn holds(&self, key: &K) -> bool {
        self.records.contains(key)
    }

    /// A record and how long its encoding is, for changing them; put them back.
    pub(super) fn take(&mut self, key: &K) -> Option<(R, usize)> {
        let held = self.records.pop(key)?;
        self.bytes = self.bytes.saturating_sub(held.bytes());
        Some((held.record, held.encoded))
    }

    /// Holds a record whose encoding is `encoded` bytes long.
    pub(super) fn put(&mut self, key: K, record: R, encoded: usize) {
        let held = Held { record, encoded };
        self.bytes = self.bytes.saturating_add(held.bytes());
        self.records.put(key, held);
    }

    /// Forgets the least recently used records beyond the limit. Call with nothing pending.
    pub(super) fn evict(&mut self) {
        while self.bytes > self.limit {
            let Some((_, held)) = self.records.pop_lru() else { return };
            self.bytes = self.bytes.saturating_sub(held.bytes());
        }
    }
}

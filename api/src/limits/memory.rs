//! What is remembered of each caller's bucket, bounded whatever comes. Knows no budget.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;
use lru::LruCache;

/// Parts with a lock each, so that two cores seldom want the same one.
const PARTS: u64 = 16;
/// Buckets of each part. All parts have 65,536, about 5 MB: a bucket of the defaults is full again, and so
/// worth forgetting, after two seconds, in which one process answers a sixth as many requests. Where more
/// callers come than that, whoever was not seen for longest starts anew.
const BUCKETS_OF_A_PART: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// The buckets of one budget, by caller.
pub(super) struct Memory {
    parts: Box<[Mutex<LruCache<u64, Nanos>>]>,
}

impl Memory {
    pub(super) fn new() -> Self {
        let part = |_| Mutex::new(LruCache::new(BUCKETS_OF_A_PART));
        Self { parts: (0..PARTS).map(part).collect() }
    }

    fn part(&self, key: u64) -> Option<&Mutex<LruCache<u64, Nanos>>> {
        self.parts.get(usize::try_from(key % PARTS).unwrap_or_default())
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl StateStore for Memory {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let Some(part) = self.part(*key) else { return measure(None).map(|(outcome, _)| outcome) };
        let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = part.get_mut(key) {
            let (outcome, next) = measure(Some(*known))?;
            *known = next;
            return Ok(outcome);
        }
        let (outcome, next) = measure(None)?;
        part.put(*key, next);
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn seen(memory: &Memory, key: u64) -> Option<Nanos> {
        let seen =
            memory.measure_and_replace(&key, |known| Ok::<_, Infallible>((known, Nanos::new(key))));
        seen.unwrap()
    }

    #[test]
    fn a_crowd_takes_no_more_memory_than_the_cap() {
        let memory = Memory::new();

        for key in 0..1_000_000 {
            assert_eq!(seen(&memory, key), None);
        }

        let held: usize = memory.parts.iter().map(|part| part.lock().unwrap().len()).sum();
        assert_eq!(held, 65_536);
        assert_eq!(seen(&memory, 999_999), Some(Nanos::new(999_999)), "the latest are kept");
        assert_eq!(seen(&memory, 0), None, "the oldest are not");
    }

    #[test]
    fn what_is_refused_changes_no_bucket() {
        let memory = Memory::new();
        seen(&memory, 7);

        let refused = memory.measure_and_replace(&7, |_| Err::<((), Nanos), _>("no"));

        assert_eq!(refused, Err("no"));
        assert_eq!(seen(&memory, 7), Some(Nanos::new(7)));
    }
}

//! What the rows of a file have said so far, so that a key met twice is noticed. Keeps hashes, not
//! rows, and no more of them than a fixed number.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

/// Keys kept: more than most shops have, and their table is below 80 MB. A key met for the first
/// time behind them is not remembered.
const KEYS_MAX: usize = 3_500_000;

/// The keys of a file so far.
#[derive(Debug, Default)]
pub struct Seen {
    hasher: RandomState,
    /// The hash of each key, and that of what was said of it.
    said: Mutex<HashMap<u64, u64>>,
}

/// What was said of a key before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing.
    Nothing,
    /// The same.
    Same,
    /// Something else.
    Other,
}

impl Seen {
    /// Notes what a row says of a key, and tells what the first such row said.
    pub(super) fn before(&self, key: &str, content: &[u8]) -> Before {
        let (key, content) = (self.hasher.hash_one(key), self.hasher.hash_one(content));
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        match said.get(&key) {
            Some(first) if *first == content => Before::Same,
            Some(_) => Before::Other,
            None => {
                if said.len() < KEYS_MAX {
                    said.insert(key, content);
                }
                Before::Nothing
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_met_again_is_compared_with_its_first_row() {
        let seen = Seen::default();

        assert_eq!(seen.before("ann", b"1"), Before::Nothing);
        assert_eq!(seen.before("bea", b"1"), Before::Nothing);
        assert_eq!(seen.before("ann", b"1"), Before::Same);
        assert_eq!(seen.before("ann", b"2"), Before::Other);
        assert_eq!(seen.before("ann", b"2"), Before::Other);
    }
}

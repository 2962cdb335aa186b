//! A set of public keys that an issuer shows at a URL and changes as it likes: what is held of it now, and
//! who noticed that it lacks a key. Fetches nothing by itself.

mod fetch;
mod refresh;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout};

pub(super) use self::fetch::Fetcher;
pub(crate) use self::refresh::Refresh;
use super::access::BadAccess;
use super::keys::Key;

/// How often a token may have the set fetched because it names a key that is not in it. Anybody can make
/// such tokens: so long after one, the others are refused without a look.
const ASKED_EVERY: Duration = Duration::from_secs(30);
/// How long a request waits for what it had fetched; a little longer than a fetch may take.
const WAITS: Duration = Duration::from_secs(6);
/// The most keys of a set: a token that names none is tried by each, and issuers have a handful.
const KEYS_MAX: usize = 32;

/// The keys there are now.
pub(super) struct Held {
    /// `None` before the first fetch.
    set: Option<JwkSet>,
    pub(super) keys: Vec<Key>,
    /// Grows with each set that is not the one before.
    pub(super) generation: u64,
}

/// Fetches by their number, and when another may be asked for.
struct Asking {
    not_before: Instant,
    /// The last that has begun.
    begun: u64,
    /// The last that somebody asked for: one that had begun before might bring what was before.
    wanted: u64,
}

/// A set that is fetched, as those who check tokens see it.
pub(super) struct KeySet {
    held: RwLock<Arc<Held>>,
    asking: Mutex<Asking>,
    asked: Notify,
    /// The last fetch that has ended.
    ended: watch::Sender<u64>,
}

impl KeySet {
    /// One that was never fetched.
    pub(super) fn new() -> Self {
        let held = Held { set: None, keys: Vec::new(), generation: 0 };
        Self {
            held: RwLock::new(Arc::new(held)),
            asking: Mutex::new(Asking { not_before: Instant::now(), begun: 0, wanted: 0 }),
            asked: Notify::new(),
            ended: watch::Sender::new(0),
        }
    }

    /// The keys there are now.
    pub(super) fn held(&self) -> Arc<Held> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks for the set as it is now, unless that was done lately, and waits for it; `false` at once where
    /// there is nothing to wait for.
    pub(super) async fn is_fetched_again(&self) -> bool {
        let Some(wanted) = self.ask() else { return false };
        let mut ended = self.ended.subscribe();
        let fetched = ended.wait_for(|ended| *ended >= wanted);
        timeout(WAITS, fetched).await.is_ok_and(|fetched| fetched.is_ok())
    }

    /// The fetch that is to be waited for, if one is on its way.
    fn ask(&self) -> Option<u64> {
        let mut asking = self.asking();
        let (now, ended) = (Instant::now(), *self.ended.borrow());
        if asking.wanted <= ended && asking.not_before <= now {
            asking.not_before = now + ASKED_EVERY;
            asking.wanted = asking.begun + 1;
            self.asked.notify_one();
        }
        (asking.wanted > ended).then_some(asking.wanted)
    }

    /// Waits until somebody has asked for another fetch than those that have begun.
    async fn is_wanted(&self) {
        let is_wanted = || {
            let asking = self.asking();
            asking.wanted > asking.begun
        };
        while !is_wanted() {
            self.asked.notified().await;
        }
    }

    fn asking(&self) -> MutexGuard<'_, Asking> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A fetch begins.
    fn begin(&self) {
        self.asking().begun += 1;
    }

    /// The one that began last has ended, whatever came of it.
    fn end(&self) {
        let begun = self.asking().begun;
        self.ended.send_replace(begun);
    }

    /// Holds the keys of this set from now on, and none of the one before.
    fn hold(&self, set: JwkSet) -> Result<(), BadAccess> {
        let before = self.held();
        if before.set.as_ref() == Some(&set) {
            return Ok(());
        }
        let keys = usable(&set)?;
        let generation = before.generation + 1;
        let held = Arc::new(Held { set: Some(set), keys, generation });
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
        Ok(())
    }
}

impl Held {
    /// Whether there was a set yet.
    pub(super) const fn is_known(&self) -> bool {
        self.set.is_some()
    }
}

/// The keys of a set that are of a kind used here.
pub(super) fn usable(set: &JwkSet) -> Result<Vec<Key>, BadAccess> {
    if set.keys.len() > KEYS_MAX {
        return Err(BadAccess::ManyKeys);
    }
    let usable: Vec<_> = set.keys.iter().filter_map(Key::of_set).collect();
    if usable.is_empty() { Err(BadAccess::NoKey) } else { Ok(usable) }
}

#[cfg(test)]
mod tests;

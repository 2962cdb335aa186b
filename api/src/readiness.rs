//! Whether this process should get traffic. Knows names and flags, not what they stand for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The parts of a process that must be up before it is ready. Clones share one registry.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    flags: Arc<Mutex<Vec<Flag>>>,
    draining: Arc<AtomicBool>,
}

/// One part: down until its owner says otherwise. Clones share one flag.
#[derive(Debug, Clone)]
pub struct Flag {
    name: &'static str,
    up: Arc<AtomicBool>,
}

impl Flag {
    /// Says whether the part is up.
    pub fn set(&self, up: bool) {
        self.up.store(up, Ordering::Release);
    }

    /// Whether the part is up.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.up.load(Ordering::Acquire)
    }
}

impl Readiness {
    /// Adds a part, which `/readyz` names until its flag is set.
    #[must_use]
    pub fn register(&self, name: &'static str) -> Flag {
        let flag = Flag { name, up: Arc::default() };
        self.flags.lock().unwrap_or_else(PoisonError::into_inner).push(flag.clone());
        flag
    }

    /// The parts that are down, in the order they were registered.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let flags = self.flags.lock().unwrap_or_else(PoisonError::into_inner);
        flags.iter().filter(|flag| !flag.is_up()).map(|flag| flag.name).collect()
    }

    /// Makes `/readyz` say no for good, so that load balancers look elsewhere before the process
    /// stops answering.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether [`Readiness::drain`] was called.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_down_is_named_until_it_comes_up() {
        let readiness = Readiness::default();
        let store = readiness.register("store");
        let processor = readiness.register("processor");

        assert_eq!(readiness.missing(), ["store", "processor"]);

        store.set(true);
        processor.set(true);
        assert!(readiness.missing().is_empty());

        store.set(false);
        assert_eq!(readiness.missing(), ["store"]);
    }
}

//! Where a folder's log has its time from: this machine, or whoever makes a folder of days that nobody lived
//! through. Knows no folder.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use cart_schemas::timestamp::Timestamp;
use redb::Durability;

/// Of the transactions of simulated days one of so many is synced: pages that the others gave up are used
/// again only after it, and a sync takes as long as all else of a transaction several times over.
const SYNCED_OF: u64 = 256;

/// A clock that stands until somebody sets it on. Clones share it.
#[derive(Debug, Clone)]
pub struct DrivenClock(Arc<AtomicI64>);

impl DrivenClock {
    /// One that shows this time.
    #[must_use]
    pub fn at(time: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(time.micros())))
    }

    /// Sets it on; it never goes back.
    pub fn set(&self, time: Timestamp) {
        self.0.fetch_max(time.micros(), Ordering::SeqCst);
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// The log's clock.
#[derive(Debug, Clone)]
pub(super) enum Clock {
    /// This machine's.
    Machine,
    /// Somebody sets it.
    Driven(DrivenClock),
}

impl Clock {
    pub(super) fn now(&self) -> Timestamp {
        match self {
            Self::Machine => machine_time(),
            Self::Driven(clock) => clock.now(),
        }
    }

    /// Whether somebody lives through its days: then a failure of the disk is waited out, for nothing that was
    /// told can be lost by it.
    pub(super) const fn is_lived(&self) -> bool {
        match self {
            Self::Machine => true,
            Self::Driven(_) => false,
        }
    }

    /// Whether the transaction of this number is synced before anybody hears of it. Whoever lives through
    /// a day is told nothing that a crash could take back.
    pub(super) const fn durability(&self, transaction: u64) -> Durability {
        match self {
            Self::Driven(_) if !transaction.is_multiple_of(SYNCED_OF) => Durability::None,
            Self::Machine | Self::Driven(_) => Durability::Immediate,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the log is where time comes from")]
fn machine_time() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

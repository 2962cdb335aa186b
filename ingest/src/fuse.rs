//! A breaker that several share, and its number in the metrics. Decides nothing itself.

use std::sync::{Mutex, MutexGuard, PoisonError};

use metrics::{Gauge, describe_gauge, gauge};
use tokio::time::Instant;

use crate::breaker::Breaker;

const OPEN: &str = "cartstream_breaker_open";

/// The breaker before an engine.
pub(crate) struct Fuse {
    breaker: Mutex<Breaker>,
    open: Gauge,
}

impl Fuse {
    /// A closed one, before the engine its number names.
    pub(crate) fn before(engine: &'static str) -> Self {
        describe_gauge!(
            OPEN,
            "1 while callers are refused at once, since the engine does not answer"
        );
        let open = gauge!(OPEN, "to" => engine);
        open.set(0);
        Self { breaker: Mutex::default(), open }
    }

    /// Whether to ask now.
    pub(crate) fn allows(&self) -> bool {
        self.breaker().allows(Instant::now())
    }

    /// The engine answered.
    pub(crate) fn succeeded(&self) {
        let mut breaker = self.breaker();
        breaker.succeeded();
        self.open.set(0);
    }

    /// The engine did not answer.
    pub(crate) fn failed(&self) {
        let mut breaker = self.breaker();
        breaker.failed(Instant::now());
        self.open.set(u8::from(breaker.is_open()));
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Fuse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fuse").finish_non_exhaustive()
    }
}

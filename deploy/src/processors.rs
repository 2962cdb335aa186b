//! The processors of a process: one runs the fold of carts, one that of skus, and neither goes on
//! without the other.

use std::time::Duration;

use cart_processor::fold::{Carts, Fold, Skus};
use cart_processor::runtime::{self, Health, RunError, Settings};
use cart_schemas::generation::Generation;
use cart_schemas::policies::Policies;
use cart_storage::log::Log;
use cart_storage::store::Store;
use tokio_util::sync::CancellationToken;

/// Memory for the records of skus: a shop sells fewer things than it has carts.
const SKU_CACHE_BYTES: usize = 64 * 1024 * 1024;

/// What they are run with.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) generation: Generation,
    pub(crate) policies: Policies,
    pub(crate) scan_every: Duration,
}

impl Terms {
    pub(crate) fn new(generation: Generation, policies: Policies) -> Self {
        Self { generation, policies, scan_every: Settings::of(Carts::new()).scan_every }
    }

    fn settings<F: Fold>(&self, fold: F) -> Settings<F> {
        let Self { generation, policies, scan_every } = self.clone();
        Settings { generation, policies, scan_every, ..Settings::of(fold) }
    }
}

/// How they are doing. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Healths {
    carts: Health,
    skus: Health,
}

impl Healths {
    pub(crate) fn are_ready(&self) -> bool {
        self.carts.is_ready() && self.skus.is_ready()
    }

    /// How many partitions cannot go on without an operator.
    pub(crate) fn stopped(&self) -> usize {
        self.carts.stopped() + self.skus.stopped()
    }
}

/// Runs them until `stop`, or until one ends: the other then finishes what is in hand, too.
pub(crate) async fn run<L: Log, S: Store>(
    ports: (L, S),
    terms: Terms,
    healths: Healths,
    stop: CancellationToken,
) -> Result<(), RunError> {
    let skus = Settings { cache_bytes: SKU_CACHE_BYTES, ..terms.settings(Skus::new()) };
    let carts = terms.settings(Carts::new());
    let stop = stop.child_token();
    let carts = runtime::run(ports.clone(), carts, healths.carts, stop.clone());
    let skus = runtime::run(ports, skus, healths.skus, stop.clone());
    let carts = tokio::spawn(ending(carts, stop.clone()));
    let skus = tokio::spawn(ending(skus, stop));
    let carts = carts.await.map_err(RunError::Panicked).flatten();
    let skus = skus.await.map_err(RunError::Panicked).flatten();
    carts.and(skus)
}

/// Stops the others once this one has ended, by panic or otherwise.
async fn ending(
    run: impl Future<Output = Result<(), RunError>>,
    stop: CancellationToken,
) -> Result<(), RunError> {
    let _ended = stop.drop_guard();
    run.await
}

//! The shell: joins the group, gives records to workers, carries out their effects, and commits.
//!
//! Decides nothing, and knows no fold. What may go wrong outside is waited out here, with the same bytes
//! again; what cannot go on stops here, loudly.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use cart_schemas::generation::Generation;
use cart_schemas::policies::Policies;
use cart_schemas::policy::Policy;
use cart_storage::log::{Log, LogError};
use cart_storage::store::Store;
use tokio_util::sync::CancellationToken;

mod ambient;
mod assignment;
mod carrier;
mod cursors;
mod group;
mod held;
mod hops;
mod lag;
mod lockstep;
mod shell;
mod trail;
mod wakes;

pub use ambient::Ambient;
pub use assignment::Refusal;
pub use cursors::{NoSlot, first_slot};
pub use lockstep::{Halt, Lockstep};

use crate::fold::Fold;

/// What a processor is run with.
#[derive(Debug, Clone)]
pub struct Settings<F> {
    /// What is run.
    pub fold: F,
    /// Which command log the stored records follow.
    pub generation: Generation,
    /// Worker tasks; partition p runs on worker p mod this.
    pub workers: usize,
    /// Memory for clean records, over all workers.
    pub cache_bytes: usize,
    /// The group's session time-out: how long an owner that is silent keeps its partitions.
    pub session: Duration,
    /// How often a partition's due timers are looked for.
    pub scan_every: Duration,
    /// Limits and times of the Wakes this processor appends, by cart.
    pub policies: Policies,
    /// The surroundings.
    pub ambient: Ambient,
}

impl<F> Settings<F> {
    /// What this fold is run with, unless something else is said.
    pub fn of(fold: F) -> Self {
        Self {
            fold,
            generation: Generation::FIRST,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            cache_bytes: 256 * 1024 * 1024,
            session: Duration::from_secs(6),
            scan_every: Duration::from_secs(1),
            policies: Policies::same(Policy::default()),
            ambient: Ambient::default(),
        }
    }
}

/// How the processor is doing, for readiness. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Health {
    joined: Arc<AtomicBool>,
    held: Arc<AtomicUsize>,
    stopped: Arc<AtomicUsize>,
}

impl Health {
    /// Whether it has joined the group and no partition of it is stopped.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.joined.load(Ordering::Relaxed) && self.stopped() == 0
    }

    /// How many partitions it works on.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// How many partitions it holds that cannot go on without an operator.
    #[must_use]
    pub fn stopped(&self) -> usize {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// The processor ended, and not because it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The log cannot be asked or joined.
    #[error("the processor cannot join")]
    Join(#[source] LogError),
    /// The log and the store do not belong together.
    #[error("the processor refuses to run")]
    Refused(#[source] Refusal),
    /// A task of it panicked.
    #[error("a task of the processor panicked")]
    Panicked(#[source] tokio::task::JoinError),
    /// The tail will never go on.
    #[error("the command log's tail has ended")]
    Ended(#[source] Option<LogError>),
}

/// Runs a processor until `shutdown`, then finishes what is in hand, commits and leaves the group.
///
/// # Errors
/// See [`RunError`].
pub async fn run<F: Fold, L: Log, S: Store>(
    ports: (L, S),
    settings: Settings<F>,
    health: Health,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    let group = group::Group::join(ports, settings, health).await?;
    group.run(shutdown).await
}

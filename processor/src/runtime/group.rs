//! Membership: partitions come and go, their records go to workers, their frontiers are committed.

mod commits;
mod ownership;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use cart_schemas::generation::CommandLog;
use cart_schemas::partition::Partition;
use cart_storage::log::{Log, LogError, Tail, TailEvent};
use cart_storage::store::Store;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::assignment::{Beginning, Refusal};
use super::carrier::Carrier;
use super::cursors::Cursors;
use super::held::Held;
use super::shell::{Report, work};
use super::{Health, RunError, Settings};
use crate::defects::Defect;
use crate::fold::Fold;
use crate::worker::{Input, StopReason, Worker};

/// Inputs queued to a worker: a few batches for each of its partitions; past it the tail waits.
const INPUTS_MAX: usize = 64;
/// How long a partition that is given up may take to finish what is in hand.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);
/// Ticks of a session time-out; a frontier is committed at each, moved or not.
const TICKS_PER_SESSION: u32 = 6;

/// How a partition came to begin.
#[derive(Debug, Clone, Copy)]
enum Entrance {
    /// The group assigned it.
    Assigned,
    /// It was ours all along, and its memory was dropped.
    Anew,
}

/// A partition that was examined, and under which number.
struct Examined {
    partition: Partition,
    entrance: Entrance,
    number: u64,
    found: Result<Beginning, Refusal>,
}

/// This member of the group.
pub(super) struct Group<F, L: Log, S: Store> {
    log: L,
    store: S,
    settings: Settings<F>,
    health: Health,
    command_log: CommandLog,
    tail: L::Tail,
    workers: Vec<mpsc::Sender<Input>>,
    reports: mpsc::UnboundedReceiver<(u64, Report)>,
    /// Workers and scanners; they end with the group.
    tasks: JoinSet<()>,
    /// Told to scanners, which report as workers do.
    reporter: mpsc::UnboundedSender<(u64, Report)>,
    examining: FuturesUnordered<BoxFuture<'static, Examined>>,
    /// The number of each partition's present examination: one that was revoked or lost since,
    /// or begins anew, has another or none, and what comes of the old one is ignored.
    entering: HashMap<Partition, u64>,
    entrances: u64,
    held: BTreeMap<Partition, Held>,
    stopped: HashSet<Partition>,
    /// The slots below which no timer may be noted.
    cursors: Cursors,
    /// The commit not answered yet: when it was sent, and what it says.
    committing: Option<(Instant, Vec<(Partition, i64)>)>,
    /// When the last commit that was acknowledged had been sent.
    acknowledged: Instant,
    fenced: bool,
    measuring: Option<AbortHandle>,
}

/// Scanners end with their partitions; a task that panicked takes the processor with it, for
/// nobody would notice what it no longer does.
fn still_whole(ended: Result<(), JoinError>) -> Result<(), RunError> {
    match ended {
        Err(error) if error.is_panic() => Err(RunError::Panicked(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

impl<F: Fold, L: Log, S: Store> Group<F, L, S> {
    /// Starts the workers and joins.
    pub(super) async fn join(
        (log, store): (L, S),
        settings: Settings<F>,
        health: Health,
    ) -> Result<Self, RunError> {
        let partitions = log.partitions(F::SITE.commands).await.map_err(RunError::Join)?;
        let generation = settings.generation;
        let command_log = CommandLog { generation, partitions };
        let tail = log.subscribe(F::SITE.group, F::SITE.commands).map_err(RunError::Join)?;
        let (reporter, reports) = mpsc::unbounded_channel();
        let (mut tasks, cursors) = (JoinSet::new(), Cursors::default());
        let spawn = |_| {
            let (inputs, queue) = mpsc::channel(INPUTS_MAX);
            let cache_bytes = settings.cache_bytes / settings.workers.max(1);
            let worker = Worker::new(settings.fold.clone(), command_log, cache_bytes);
            let cursors = cursors.clone();
            let ignores_interruptions = worker.has(Defect::InterruptionIgnored);
            let (log, store, site) = (log.clone(), store.clone(), F::SITE);
            let carrier = Carrier { log, store, site, generation, cursors, ignores_interruptions };
            tasks.spawn(work(worker, carrier, queue, reporter.clone()));
            inputs
        };
        let workers = (0..settings.workers.max(1)).map(spawn).collect();
        Ok(Self {
            log,
            store,
            settings,
            health,
            command_log,
            tail,
            workers,
            reports,
            tasks,
            reporter,
            examining: FuturesUnordered::new(),
            entering: HashMap::new(),
            entrances: 0,
            held: BTreeMap::new(),
            stopped: HashSet::new(),
            cursors,
            committing: None,
            acknowledged: Instant::now(),
            fenced: false,
            measuring: None,
        })
    }

    /// Runs until `shutdown`, then drains and leaves.
    pub(super) async fn run(mut self, shutdown: CancellationToken) -> Result<(), RunError> {
        let mut ticks = tokio::time::interval(self.settings.session / TICKS_PER_SESSION);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !shutdown.is_cancelled() {
            // In this order, so that a run can be repeated: what is bounded by what the tail
            // gave comes before what the tail gives next.
            tokio::select! {
                biased;
                () = shutdown.cancelled() => {}
                _ = ticks.tick() => self.tick().await,
                Some(report) = self.reports.recv() => self.on_report(report).await?,
                Some(examined) = self.examining.next() => self.begin(examined).await?,
                Some(ended) = self.tasks.join_next() => still_whole(ended)?,
                event = self.tail.next() => self.on_tail(event).await?,
            }
        }
        self.leave().await;
        Ok(())
    }

    async fn on_tail(&mut self, event: TailEvent) -> Result<(), RunError> {
        match event {
            TailEvent::Records(at, records) => {
                self.tell(at.partition, Input::Records(at.partition, records)).await;
            }
            TailEvent::Assigned(all) => {
                self.health.joined.store(true, std::sync::atomic::Ordering::Relaxed);
                for at in all {
                    // Given up by the engine before we had finished with it, and ours again.
                    self.forget(at.partition).await;
                    self.examine(Entrance::Assigned, at.partition);
                }
            }
            TailEvent::Revoking(all) => self.revoke(&all).await,
            TailEvent::Lost(all) => {
                tracing::warn!(partitions = all.len(), "partitions were lost to another owner");
                for at in all {
                    self.forget(at.partition).await;
                }
            }
            TailEvent::Committed => self.committed(),
            TailEvent::CommitFailed(error) => {
                self.committing = None;
                tracing::warn!(%error, "a commit was not acknowledged");
            }
            TailEvent::Trouble(error @ LogError::OutOfRange(_)) => {
                return Err(RunError::Ended(Some(error)));
            }
            TailEvent::Trouble(error) => tracing::warn!(%error, "the command log has trouble"),
            TailEvent::Ended(error) => return Err(RunError::Ended(error)),
        }
        Ok(())
    }

    async fn on_report(&mut self, (number, report): (u64, Report)) -> Result<(), RunError> {
        let held = self.held.get(&report.partition());
        if held.is_none_or(|held| held.number != number) {
            return Ok(());
        }
        match report {
            Report::Advance(partition, frontier) => {
                if let Some(held) = self.held.get(&partition) {
                    held.frontier.send_modify(|at| *at = frontier.max(*at));
                }
            }
            Report::Pause(partition) => self.tail.pause(F::SITE.at(partition)),
            Report::Resume(partition) => self.tail.resume(F::SITE.at(partition)),
            Report::Rewind(partition, offset) => {
                self.tail.rewind(F::SITE.at(partition), offset);
                self.tell(partition, Input::Rewound(partition)).await;
            }
            Report::Drained(partition) => {
                if self.held.get(&partition).is_some_and(|held| held.revoked.is_some()) {
                    self.release(partition).await;
                }
            }
            Report::BeginAnew(partition) => self.begin_anew(partition).await,
            Report::Stopped(partition, reason) => return self.stopped(partition, reason),
        }
        Ok(())
    }

    /// A foreign log would corrupt every partition; anything else stops only its own.
    fn stopped(&mut self, partition: Partition, reason: StopReason) -> Result<(), RunError> {
        let number = partition.number();
        tracing::error!(kafka.partition = number, "the partition is stopped: {reason}");
        metrics::counter!("cartstream_partitions_stopped_total").increment(1);
        self.stopped.insert(partition);
        self.count_held();
        match reason {
            StopReason::ForeignLog { .. } => {
                Err(RunError::Refused(Refusal::Foreign { partition, reason }))
            }
            StopReason::Newer { .. } | StopReason::Record { .. } | StopReason::Refused(_) => Ok(()),
        }
    }

    /// Hands an input to the partition's worker.
    async fn tell(&mut self, partition: Partition, input: Input) {
        let worker = usize::from(partition.number()) % self.workers.len().max(1);
        if let Some(inputs) = self.workers.get(worker) {
            // A worker ends only with the group.
            drop(inputs.send(input).await);
        }
    }
}

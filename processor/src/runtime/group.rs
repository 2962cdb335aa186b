//! Membership: partitions come and go, their records go to workers, their frontiers are committed.

mod commits;
mod ownership;

use std::collections::HashMap;
use std::time::Duration;

use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::topic::{PROCESSORS, Topic};
use cart_storage::log::{Log, Tail, TailEvent, TopicPartition};
use cart_storage::store::Store;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::assignment::{Beginning, Refusal};
use super::carrier::Carrier;
use super::held::Held;
use super::shell::{Report, work};
use super::{Health, RunError, Settings};
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
    Fenced,
}

type Examined = Result<(Entrance, Vec<Beginning>), Refusal>;

/// This member of the group.
pub(super) struct Group<L: Log, S: Store> {
    log: L,
    store: S,
    settings: Settings,
    health: Health,
    count: PartitionCount,
    tail: L::Tail,
    workers: Vec<mpsc::Sender<Input>>,
    reports: mpsc::UnboundedReceiver<Report>,
    /// Workers and scanners; they end with the group.
    tasks: JoinSet<()>,
    beginning: FuturesUnordered<BoxFuture<'static, Examined>>,
    held: HashMap<Partition, Held>,
    /// The commit not answered yet: when it was sent, and what it says.
    committing: Option<(Instant, Vec<(Partition, i64)>)>,
    /// When the last commit that was acknowledged had been sent.
    acknowledged: Instant,
    fenced: bool,
    measuring: Option<AbortHandle>,
}

fn commands(partition: Partition) -> TopicPartition {
    TopicPartition { topic: Topic::Commands, partition }
}

impl<L: Log, S: Store> Group<L, S> {
    /// Starts the workers and joins.
    pub(super) async fn join(
        (log, store): (L, S),
        settings: Settings,
        health: Health,
    ) -> Result<Self, RunError> {
        let count = log.partitions(Topic::Commands).await.map_err(RunError::Join)?;
        let tail = log.subscribe(PROCESSORS, Topic::Commands).map_err(RunError::Join)?;
        let (reporter, reports) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        let spawn = |_| {
            let (inputs, queue) = mpsc::channel(INPUTS_MAX);
            let worker = Worker::new(count, settings.cache_bytes / settings.workers.max(1));
            let carrier = Carrier { log: log.clone(), store: store.clone() };
            tasks.spawn(work(worker, carrier, queue, reporter.clone()));
            inputs
        };
        let workers = (0..settings.workers.max(1)).map(spawn).collect();
        Ok(Self {
            log,
            store,
            settings,
            health,
            count,
            tail,
            workers,
            reports,
            tasks,
            beginning: FuturesUnordered::new(),
            held: HashMap::new(),
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
            tokio::select! {
                () = shutdown.cancelled() => {}
                _ = ticks.tick() => self.tick().await,
                event = self.tail.next() => self.on_tail(event).await?,
                Some(report) = self.reports.recv() => self.on_report(report).await?,
                Some(examined) = self.beginning.next() => {
                    let (entrance, beginnings) = examined.map_err(RunError::Refused)?;
                    self.begin(entrance, beginnings).await;
                }
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
                self.examine(Entrance::Assigned, all.into_iter().map(|at| at.partition).collect());
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
            TailEvent::Trouble(error) => tracing::warn!(%error, "the command log has trouble"),
            TailEvent::Ended(error) => return Err(RunError::Ended(error)),
        }
        Ok(())
    }

    async fn on_report(&mut self, report: Report) -> Result<(), RunError> {
        match report {
            Report::Advance(partition, frontier) => {
                if let Some(held) = self.held.get(&partition) {
                    held.frontier.send_modify(|at| *at = frontier.max(*at));
                }
            }
            Report::Pause(partition) => self.tail.pause(commands(partition)),
            Report::Resume(partition) => self.tail.resume(commands(partition)),
            Report::Drained(partition) => {
                if self.held.get(&partition).is_some_and(|held| held.revoked.is_some()) {
                    self.release(partition).await;
                }
            }
            Report::Stopped(partition, reason) => return self.stopped(partition, reason),
        }
        Ok(())
    }

    /// A foreign log would corrupt every partition; anything else stops only its own.
    fn stopped(&self, partition: Partition, reason: StopReason) -> Result<(), RunError> {
        let number = partition.number();
        tracing::error!(kafka.partition = number, "the partition is stopped: {reason}");
        metrics::counter!("cartstream_partitions_stopped_total").increment(1);
        self.health.stopped.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
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

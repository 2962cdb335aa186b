//! Membership: partitions come and go, their records go to workers, their frontiers are committed.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::topic::{PROCESSORS, Topic};
use cart_storage::log::{Log, Tail, TailEvent, TopicPartition};
use cart_storage::store::Store;
use futures::StreamExt as _;
use futures::future::{BoxFuture, try_join_all};
use futures::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::assignment::{Beginning, Refusal, examine};
use super::carrier::Carrier;
use super::held::Held;
use super::shell::{Report, work};
use super::wakes::Wakes;
use super::{Health, RunError, Settings, lag};
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
    /// Commits not answered yet, and when each was sent; answers come in order.
    commits: VecDeque<(Instant, Vec<(Partition, i64)>)>,
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
            commits: VecDeque::new(),
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
                self.commits.pop_front();
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

    /// Compares log and store in the background, so that polling goes on.
    fn examine(&mut self, entrance: Entrance, partitions: Vec<Partition>) {
        let (log, store, count) = (self.log.clone(), self.store.clone(), self.count);
        self.beginning.push(Box::pin(async move {
            let all = partitions.iter().map(|partition| examine(&log, &store, *partition, count));
            Ok((entrance, try_join_all(all).await?))
        }));
    }

    async fn begin(&mut self, entrance: Entrance, beginnings: Vec<Beginning>) {
        if self.held.is_empty() {
            self.acknowledged = Instant::now();
        }
        let mut starts = Vec::with_capacity(beginnings.len());
        for beginning in beginnings {
            let (partition, read_from) = (beginning.partition, beginning.read_from);
            match entrance {
                Entrance::Assigned => starts.push((commands(partition), read_from)),
                Entrance::Fenced if self.held.contains_key(&partition) => {
                    self.tail.rewind(commands(partition), read_from);
                    self.tail.resume(commands(partition));
                }
                // Lost while it was examined.
                Entrance::Fenced => continue,
            }
            let held = self.hold(&beginning);
            self.held.insert(partition, held);
            self.tell(partition, Input::Begin(partition, beginning.begin)).await;
        }
        if matches!(entrance, Entrance::Assigned) {
            self.tail.start(&starts);
        }
        tracing::info!(partitions = self.held.len(), "partitions are held");
        self.count_held();
    }

    fn hold(&mut self, beginning: &Beginning) -> Held {
        let committed = beginning.begin.frontier;
        let (frontier, watched) = watch::channel(committed);
        let wakes = Wakes {
            log: self.log.clone(),
            store: self.store.clone(),
            partition: beginning.partition,
            policy: self.settings.policy,
            frontier: watched,
            log_was_empty: beginning.log_was_empty,
        };
        let scanner = self.tasks.spawn(wakes.scan());
        Held { partition: beginning.partition, frontier, committed, revoked: None, scanner }
    }

    async fn revoke(&mut self, all: &[TopicPartition]) {
        for at in all {
            match self.held.get_mut(&at.partition) {
                Some(held) => held.revoked = Some(Instant::now()),
                None => self.tail.release(&[*at]),
            }
            self.tell(at.partition, Input::Drain(at.partition)).await;
        }
    }

    /// Gives a drained partition up.
    async fn release(&mut self, partition: Partition) {
        if let Some(held) = self.held.get(&partition) {
            self.tail.commit(&[(commands(partition), held.frontier())]);
            self.commits.push_back((Instant::now(), vec![(partition, held.frontier())]));
        }
        self.tail.release(&[commands(partition)]);
        self.forget(partition).await;
    }

    /// Drops a partition's memory; uncommitted work will be done again by its next owner.
    async fn forget(&mut self, partition: Partition) {
        self.held.remove(&partition);
        self.tell(partition, Input::Drop(partition)).await;
        self.count_held();
    }

    async fn tick(&mut self) {
        let overdue = |held: &&Held| held.revoked.is_some_and(|at| at.elapsed() >= DRAIN_WITHIN);
        let overdue: Vec<_> =
            self.held.values().filter(overdue).map(|held| held.partition).collect();
        for partition in overdue {
            self.tail.release(&[commands(partition)]);
            self.forget(partition).await;
        }
        if self.held.is_empty() {
            return;
        }
        self.measure_lag();
        if !self.fenced && self.acknowledged.elapsed() > self.settings.session {
            self.fence().await;
        }
        self.commit();
    }

    /// One measurement at a time; the next tick starts another.
    fn measure_lag(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        if self.measuring.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        let frontiers = self.held.values().map(|held| (held.partition, held.frontier())).collect();
        self.measuring = Some(self.tasks.spawn(lag::measure(self.log.clone(), frontiers)));
    }

    fn commit(&mut self) {
        let offset = |held: &Held| if self.fenced { held.committed } else { held.frontier() };
        let offsets: Vec<_> =
            self.held.values().map(|held| (held.partition, offset(held))).collect();
        let at: Vec<_> = offsets.iter().map(|(p, offset)| (commands(*p), *offset)).collect();
        self.tail.commit(&at);
        self.commits.push_back((Instant::now(), offsets));
    }

    fn committed(&mut self) {
        let Some((sent, offsets)) = self.commits.pop_front() else { return };
        self.acknowledged = sent;
        for (partition, offset) in offsets {
            if let Some(held) = self.held.get_mut(&partition) {
                held.committed = offset;
            }
        }
        if std::mem::take(&mut self.fenced) {
            tracing::info!("commits are acknowledged again: partitions begin anew");
            let held = self.held.values().filter(|held| held.revoked.is_none());
            let partitions = held.map(|held| held.partition).collect();
            self.examine(Entrance::Fenced, partitions);
        }
    }

    /// Nobody has acknowledged that these partitions are ours for a whole session: another owner
    /// may have them. Everything remembered of them is dropped until a commit is acknowledged.
    async fn fence(&mut self) {
        tracing::warn!("no commit was acknowledged for a session time-out: memory is dropped");
        metrics::counter!("cartstream_fences_total").increment(1);
        self.fenced = true;
        let held: Vec<_> = self.held.keys().copied().collect();
        for partition in held {
            self.tail.pause(commands(partition));
            self.tell(partition, Input::Drop(partition)).await;
        }
    }

    /// Finishes what is in hand, commits, and leaves the group at once.
    async fn leave(mut self) {
        let mut busy: Vec<_> = self.held.keys().copied().collect();
        for partition in busy.clone() {
            self.tell(partition, Input::Drain(partition)).await;
        }
        let drained = async {
            while !busy.is_empty() {
                match self.reports.recv().await {
                    Some(Report::Drained(partition)) => busy.retain(|one| *one != partition),
                    Some(Report::Advance(partition, frontier)) => {
                        if let Some(held) = self.held.get(&partition) {
                            held.frontier.send_replace(frontier);
                        }
                    }
                    Some(Report::Pause(_) | Report::Resume(_) | Report::Stopped(..)) => {}
                    None => return,
                }
            }
        };
        if tokio::time::timeout(DRAIN_WITHIN, drained).await.is_err() {
            tracing::warn!("left with work in hand; the next owner does it again");
        }
        if !self.fenced {
            self.commit();
        }
        self.tail.close().await;
        tracing::info!("left the group");
    }

    /// Hands an input to the partition's worker.
    async fn tell(&mut self, partition: Partition, input: Input) {
        let worker = usize::from(partition.number()) % self.workers.len().max(1);
        if let Some(inputs) = self.workers.get(worker) {
            // A worker ends only with the group.
            drop(inputs.send(input).await);
        }
    }

    fn count_held(&self) {
        let held = u32::try_from(self.held.len()).unwrap_or(u32::MAX);
        metrics::gauge!("cartstream_partitions_held").set(held);
    }
}

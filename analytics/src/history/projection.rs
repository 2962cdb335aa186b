//! The consumer of the events topic: a member of its own group that keeps every event it is given,
//! and commits what it has kept.
//!
//! At least once: after a crash a second's worth of events is kept again, as the same entries.

use std::collections::{BTreeMap, HashMap};
use std::pin::pin;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::{HISTORIANS, Topic};
use cart_storage::log::{Log, LogError, Tail, TailEvent, TopicPartition};
use cart_storage::store::Store;
use futures::future::join_all;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::beginning::{Mark, beginning};
use super::keeper::{Keeper, Memory};
use super::waiting::Waiting;

/// How often marks are compared and advanced: a crash repeats so much, and a store that forgot is
/// noticed so soon.
const MARK_EVERY: Duration = Duration::from_secs(1);
/// How long events are gathered before they are kept: a request for several costs the store hardly
/// more than for one, and what is not kept yet is read from its cart's row.
const GATHER: Duration = Duration::from_millis(200);
/// How long to wait before a tail that ended is opened again.
const REOPEN_AFTER: Duration = Duration::from_secs(1);

/// Keeps the events of every cart, together with the other members of its group, until `stop`
/// resolves. Trouble of the log or the store is waited for; nothing is skipped meanwhile.
pub async fn keep<L: Log, S: Store>((log, store): (L, S), stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    loop {
        match log.subscribe(HISTORIANS, Topic::Events) {
            Ok(tail) => {
                let mut historian = Historian::new((log.clone(), store.clone()), tail);
                tokio::select! {
                    () = &mut stop => return historian.tail.close().await,
                    () = historian.run() => {}
                }
            }
            Err(error) => tracing::warn!(%error, "events cannot be followed for history"),
        }
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(REOPEN_AFTER) => {}
        }
    }
}

/// A partition that is ours.
#[derive(Debug, Clone, Copy)]
struct Held {
    /// Everything before this offset was given to the store.
    next: i64,
    /// When the log appended the last of it.
    appended: Timestamp,
    /// What was marked last.
    marked: Mark,
    memory: Memory,
}

/// What a look at a partition's mark came to.
enum Look {
    /// So far it is kept, and marked.
    Marked(Mark),
    /// The store forgot: begin again.
    Forgotten,
}

/// A member of the group.
struct Historian<L: Log, S> {
    log: L,
    keeper: Keeper<S>,
    tail: L::Tail,
    held: BTreeMap<Partition, Held>,
    waiting: Waiting,
    measuring: Option<JoinHandle<()>>,
}

const fn events(partition: Partition) -> TopicPartition {
    TopicPartition { topic: Topic::Events, partition }
}

impl<L: Log, S: Store> Historian<L, S> {
    fn new((log, store): (L, S), tail: L::Tail) -> Self {
        let (held, waiting, measuring) = (BTreeMap::new(), Waiting::default(), None);
        Self { log, keeper: Keeper::new(store), tail, held, waiting, measuring }
    }

    /// Follows the tail to its end.
    async fn run(&mut self) {
        let mut ticks = interval(MARK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut gathering = interval(GATHER);
        gathering.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                _ = ticks.tick() => self.tick().await,
                _ = gathering.tick() => self.keep().await,
                event = self.tail.next() => {
                    if let Some(error) = self.hear(event).await {
                        tracing::warn!(%error, "events no longer arrive for history; once more");
                        return;
                    }
                }
            }
        }
    }

    /// Does what the tail says; gives why it ended, once it has.
    async fn hear(&mut self, event: TailEvent) -> Option<LogError> {
        match event {
            TailEvent::Assigned(all) => {
                for TopicPartition { partition, .. } in all {
                    let held = begin((&self.log, &self.keeper), partition).await;
                    self.tail.start(&[(events(partition), held.next)]);
                    self.held.insert(partition, held);
                }
            }
            TailEvent::Records(at, records) => {
                self.waiting.take(at.partition, records);
                if self.waiting.is_full() {
                    self.keep().await;
                }
            }
            TailEvent::Revoking(all) => {
                self.keep().await;
                let partitions: Vec<_> = all.iter().map(|at| at.partition).collect();
                self.mark(&partitions).await;
                self.held.retain(|partition, _| !partitions.contains(partition));
                self.tail.release(&all);
            }
            TailEvent::Lost(all) => {
                self.held.retain(|partition, _| !all.contains(&events(*partition)));
                self.waiting.retain(|partition| self.held.contains_key(partition));
            }
            TailEvent::Committed => {}
            TailEvent::CommitFailed(error) | TailEvent::Trouble(error) => {
                tracing::debug!(%error, "the events' group has trouble");
            }
            TailEvent::Ended(error) => {
                return Some(
                    error.unwrap_or_else(|| LogError::Fatal("the tail was closed".into())),
                );
            }
        }
        None
    }

    /// Keeps what was gathered.
    async fn keep(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return;
        }
        let memory = self.keeper.keep(waiting.records()).await;
        for (partition, last) in waiting.last() {
            let Some(held) = self.held.get_mut(&partition) else { continue };
            (held.next, held.appended) = (last.offset + 1, last.appended);
            if memory == Memory::Doubtful {
                held.memory = memory;
            }
        }
    }

    /// Marks after everything gathered is kept: where the store forgot, nothing later is on its way.
    async fn tick(&mut self) {
        self.keep().await;
        let partitions: Vec<_> = self.held.keys().copied().collect();
        self.mark(&partitions).await;
        if self.measuring.as_ref().is_none_or(JoinHandle::is_finished) {
            let frontiers = self.held.iter().map(|(partition, held)| (*partition, held.next));
            self.measuring = Some(tokio::spawn(measure(self.log.clone(), frontiers.collect())));
        }
    }

    /// Compares the marks of these partitions with the store, advances them, and begins again where
    /// the store forgot.
    async fn mark(&mut self, partitions: &[Partition]) {
        let held = partitions.iter().filter_map(|at| self.held.get(at).map(|held| (*at, *held)));
        let keeper = &self.keeper;
        let looks = held.map(|(at, held)| async move { (at, look(keeper, at, held).await) });
        let looks: HashMap<_, _> = join_all(looks).await.into_iter().collect();
        let mut commits = Vec::new();
        for (partition, look) in looks {
            match look {
                Look::Marked(mark) => {
                    let held = self.held.get_mut(&partition).filter(|held| held.marked != mark);
                    if let Some(held) = held {
                        held.marked = mark;
                        commits.push((events(partition), mark.offset));
                    }
                }
                Look::Forgotten => {
                    tracing::warn!(%partition, "the store forgot history; it is kept again");
                    let held = begin((&self.log, &self.keeper), partition).await;
                    self.tail.rewind(events(partition), held.next);
                    self.held.insert(partition, held);
                }
            }
        }
        if !commits.is_empty() {
            self.tail.commit(&commits);
        }
    }
}

/// Looks where a partition begins.
async fn begin<L: Log, S: Store>((log, keeper): (&L, &Keeper<S>), partition: Partition) -> Held {
    let (marked, _) = keeper.mark(partition).await;
    let ask = || async {
        let committed = log.committed(HISTORIANS, events(partition)).await?;
        Ok((committed, log.bounds(events(partition)).await?))
    };
    let asked = ask.retry(backoff()).notify(|error: &LogError, _| {
        tracing::warn!(%error, "waiting for the log before history is kept");
    });
    // The waits have no end; without an answer it would go on where it was marked.
    let next = asked
        .await
        .map_or(marked.offset, |(committed, bounds)| beginning(marked, committed, bounds));
    Held { next, appended: marked.ts, marked, memory: Memory::Kept }
}

/// Whether the store still has what was marked; then marks what was kept since.
async fn look<S: Store>(keeper: &Keeper<S>, partition: Partition, held: Held) -> Look {
    let (stored, memory) = keeper.mark(partition).await;
    let forgot = stored.offset < held.marked.offset;
    if forgot || memory == Memory::Doubtful || held.memory == Memory::Doubtful {
        return Look::Forgotten;
    }
    if held.next == held.marked.offset {
        return Look::Marked(held.marked);
    }
    let mark = held.marked.advanced(held.next, held.appended);
    match keeper.put(partition, mark).await {
        Memory::Kept => Look::Marked(mark),
        Memory::Doubtful => Look::Forgotten,
    }
}

/// Measures the events that lie between what is kept and each partition's end.
async fn measure<L: Log>(log: L, frontiers: Vec<(Partition, i64)>) {
    for (partition, frontier) in frontiers {
        let Ok(bounds) = log.bounds(events(partition)).await else { continue };
        let lag = u32::try_from(bounds.end.saturating_sub(frontier).max(0)).unwrap_or(u32::MAX);
        metrics::gauge!("cartstream_history_lag", "partition" => partition.to_string()).set(lag);
    }
}

/// Waits between questions to the log.
fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(2))
        .without_max_times()
        .with_jitter()
}

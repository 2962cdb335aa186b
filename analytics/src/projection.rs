//! What is made of the events topic and kept in the store: a member of a group of its own that keeps
//! every event it is given, and commits what it has kept. Knows not what is made of them.
//!
//! At least once: after a crash a second's worth of events is given again. What is made of them must be
//! the same then.

mod mark;
mod rounds;
mod stubborn;
mod waiting;

use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;
use std::pin::pin;
use std::time::Duration;

use backon::Retryable as _;
use bytes::Bytes;
use cart_schemas::cql::Table;
use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::log::{Log, LogError, Tail, TailEvent, TopicPartition};
use cart_storage::store::Store;
use futures::future::join_all;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

pub(crate) use self::mark::Mark;
use self::mark::{beginning, mark_key};
pub(crate) use self::stubborn::{Memory, Stubborn, backoff};
pub(crate) use self::waiting::Waiting;

/// What is made of events.
pub(crate) trait Projection<S: Store> {
    /// What its marks and its numbers are called by.
    const NAME: &'static str;
    /// The group its members share the partitions in.
    const GROUP: &'static str;

    /// The way to the store.
    fn store(&self) -> &Stubborn<S>;

    /// Keeps the events of some records. What was kept before, of these and of those before them, is kept
    /// once.
    fn keep(&mut self, waiting: &Waiting) -> impl Future<Output = ()> + Send;

    /// Forgets what it remembers of the store: somebody else may have written there, or the store itself
    /// forgot.
    fn forget(&mut self);
}

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
pub(crate) async fn follow<L: Log, S: Store, P: Projection<S>>(
    log: L,
    projection: impl Fn() -> P,
    stop: impl Future<Output = ()>,
) {
    let mut stop = pin!(stop);
    loop {
        match log.subscribe(P::GROUP, Topic::Events) {
            Ok(tail) => {
                let mut member = Member::new(log.clone(), projection(), tail);
                tokio::select! {
                    () = &mut stop => return member.tail.close().await,
                    () = member.run() => {}
                }
            }
            Err(error) => {
                tracing::warn!(%error, projection = P::NAME, "events cannot be followed");
            }
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
struct Member<L: Log, S, P> {
    log: L,
    projection: P,
    tail: L::Tail,
    held: BTreeMap<Partition, Held>,
    waiting: Waiting,
    measuring: Option<JoinHandle<()>>,
    store: PhantomData<S>,
}

const fn events(partition: Partition) -> TopicPartition {
    TopicPartition { topic: Topic::Events, partition }
}

impl<L: Log, S: Store, P: Projection<S>> Member<L, S, P> {
    fn new(log: L, projection: P, tail: L::Tail) -> Self {
        let (held, waiting, measuring) = (BTreeMap::new(), Waiting::default(), None);
        Self { log, projection, tail, held, waiting, measuring, store: PhantomData }
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
                        tracing::warn!(%error, projection = P::NAME, "events no longer arrive; once more");
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
                self.projection.forget();
                for TopicPartition { partition, .. } in all {
                    let held =
                        begin::<_, _, P>(&self.log, self.projection.store(), partition).await;
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
        self.projection.keep(&waiting).await;
        let memory = self.projection.store().memory();
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
            self.measuring =
                Some(tokio::spawn(measure(P::NAME, self.log.clone(), frontiers.collect())));
        }
    }

    /// Compares the marks of these partitions with the store, advances them, and begins again where
    /// the store forgot.
    async fn mark(&mut self, partitions: &[Partition]) {
        let held = partitions.iter().filter_map(|at| self.held.get(at).map(|held| (*at, *held)));
        let store = self.projection.store();
        let looks = held.map(|(at, held)| async move { (at, look::<S, P>(store, at, held).await) });
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
                    tracing::warn!(%partition, projection = P::NAME, "the store forgot; once more");
                    self.projection.forget();
                    let held =
                        begin::<_, _, P>(&self.log, self.projection.store(), partition).await;
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
async fn begin<L: Log, S: Store, P: Projection<S>>(
    log: &L,
    store: &Stubborn<S>,
    partition: Partition,
) -> Held {
    let marked = load_mark::<S, P>(&store.apart(), partition).await;
    let ask = || async {
        let committed = log.committed(P::GROUP, events(partition)).await?;
        Ok((committed, log.bounds(events(partition)).await?))
    };
    let asked = ask.retry(backoff()).notify(|error: &LogError, _| {
        tracing::warn!(%error, projection = P::NAME, "waiting for the log");
    });
    // The waits have no end; without an answer it would go on where it was marked.
    let next = asked
        .await
        .map_or(marked.offset, |(committed, bounds)| beginning(marked, committed, bounds));
    Held { next, appended: marked.ts, marked, memory: Memory::Kept }
}

/// What the store says of a partition.
async fn load_mark<S: Store, P: Projection<S>>(store: &Stubborn<S>, partition: Partition) -> Mark {
    let cell = store.load(Table::Progress, &mark_key(P::NAME, partition)).await;
    Mark::decode(cell.as_deref())
}

/// Whether the store still has what was marked; then marks what was kept since.
async fn look<S: Store, P: Projection<S>>(
    store: &Stubborn<S>,
    partition: Partition,
    held: Held,
) -> Look {
    // A way of its own, since the others' answers are not this partition's.
    let store = store.apart();
    let stored = load_mark::<S, P>(&store, partition).await;
    let forgot = stored.offset < held.marked.offset || held.memory == Memory::Doubtful;
    if forgot || store.memory() == Memory::Doubtful {
        return Look::Forgotten;
    }
    if held.next == held.marked.offset {
        return Look::Marked(held.marked);
    }
    let mark = held.marked.advanced(held.next, held.appended);
    let cell = (Bytes::from(mark.encode()), mark.ts);
    store.put(Table::Progress, &mark_key(P::NAME, partition), cell).await;
    match store.memory() {
        Memory::Kept => Look::Marked(mark),
        Memory::Doubtful => Look::Forgotten,
    }
}

/// Measures the events that lie between what is kept and each partition's end.
async fn measure<L: Log>(name: &str, log: L, frontiers: Vec<(Partition, i64)>) {
    for (partition, frontier) in frontiers {
        let Ok(bounds) = log.bounds(events(partition)).await else { continue };
        let lag = u32::try_from(bounds.end.saturating_sub(frontier).max(0)).unwrap_or(u32::MAX);
        let partition = ("partition", partition.to_string());
        metrics::gauge!(format!("cartstream_{name}_lag"), &[partition]).set(lag);
    }
}

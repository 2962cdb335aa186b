//! The way outcomes come back: this instance's partition of the replies topic, and who waits.
//!
//! An instance is ready only when a record it sent to itself has arrived: that proves both the
//! assignment and the way to it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use cart_schemas::digest::Digest;
use cart_schemas::id::CommandId;
use cart_schemas::partition::Partition;
use cart_schemas::reply::Reply;
use cart_schemas::stock::StockReply;
use cart_schemas::topic::Topic;
use cart_storage::log::{
    Lane, Log, LogError, NewRecord, Record, Start, Tail, TailEvent, TopicPartition,
};
use metrics::Histogram;
use tokio::sync::watch;

use crate::hops;
use crate::replies::{Registration, Waiting};

/// Callers waiting at a time: 2 s of 5,000 commands a second, at about 1 KiB each.
const IN_FLIGHT_MAX: usize = 10_000;
/// Callers that wait for skus: a few products at once, each with 201 of them at most.
const STOCK_IN_FLIGHT_MAX: usize = 2_000;
/// How often the probe is repeated until it comes back.
const PROBE_EVERY: Duration = Duration::from_millis(500);

/// A reply as those who wait for one like it know it.
pub(crate) trait Answered: Clone {
    /// Who waits for such a reply.
    fn waiting(callers: &Callers) -> &Mutex<Waiting<Self>>;
}

impl Answered for Reply {
    fn waiting(callers: &Callers) -> &Mutex<Waiting<Self>> {
        &callers.carts
    }
}

impl Answered for StockReply {
    fn waiting(callers: &Callers) -> &Mutex<Waiting<Self>> {
        &callers.skus
    }
}

/// Everyone who waits, by what for.
#[derive(Debug)]
pub(crate) struct Callers {
    carts: Mutex<Waiting<Reply>>,
    skus: Mutex<Waiting<StockReply>>,
}

impl Callers {
    fn none() -> Self {
        let [carts, skus] = [IN_FLIGHT_MAX, STOCK_IN_FLIGHT_MAX];
        Self { carts: Mutex::new(Waiting::new(carts)), skus: Mutex::new(Waiting::new(skus)) }
    }

    fn of<R: Answered>(&self) -> MutexGuard<'_, Waiting<R>> {
        R::waiting(self).lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a reply to those who wait for it; returns how many did, or nothing if it is none.
    fn resolve(&self, value: &[u8]) -> Option<usize> {
        if let Ok(reply) = Reply::decode(value) {
            return Some(self.of().resolve((reply.command, reply.digest), &reply));
        }
        let reply = StockReply::decode(value).ok()?;
        Some(self.of().resolve((reply.command, reply.digest), &reply))
    }
}

/// The replies of one instance.
#[derive(Debug)]
pub(crate) struct ReplyPath {
    at: TopicPartition,
    callers: Arc<Callers>,
    live: watch::Receiver<bool>,
}

/// A caller that waits. Dropped with the caller's request, it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Waiter<R: Answered> {
    callers: Arc<Callers>,
    command: CommandId,
    registration: Registration<R>,
}

impl<R: Answered> Waiter<R> {
    /// The outcome; `None` if it can no longer arrive.
    pub(crate) async fn reply(mut self) -> Option<R> {
        (&mut self.registration.reply).await.ok()
    }
}

impl<R: Answered> Drop for Waiter<R> {
    fn drop(&mut self) {
        self.callers.of::<R>().forget(self.command, self.registration.ticket);
    }
}

impl ReplyPath {
    /// Follows the partition of the instance of this name, from its end.
    pub(crate) async fn open<L: Log>(log: &L, instance: String) -> Result<Self, LogError> {
        let partitions = log.partitions(Topic::Replies).await?;
        let partition = partitions.partition_of(instance.as_bytes());
        let at = TopicPartition { topic: Topic::Replies, partition };
        let callers = Arc::new(Callers::none());
        let (sender, live) = watch::channel(false);
        let following = Following {
            log: log.clone(),
            at,
            instance,
            callers: Arc::clone(&callers),
            live: sender,
            hop: hops::reply(),
        };
        let tail = following.tail()?;
        tokio::spawn(following.run(tail));
        Ok(Self { at, callers, live })
    }

    /// The partition replies are to be sent to.
    pub(crate) fn partition(&self) -> Partition {
        self.at.partition
    }

    /// Whether replies arrive.
    pub(crate) fn is_live(&self) -> bool {
        *self.live.borrow()
    }

    /// Waits until they do.
    pub(crate) async fn live(&self) {
        let mut live = self.live.clone();
        // A closed channel means the runtime is going down; nobody waits for the answer then.
        drop(live.wait_for(|live| *live).await);
    }

    /// Begins to wait; `None` when too many do.
    pub(crate) fn wait<R: Answered>(
        &self,
        command: CommandId,
        digest: Digest,
    ) -> Option<Waiter<R>> {
        let registration = self.callers.of().register(command, digest)?;
        Some(Waiter { callers: Arc::clone(&self.callers), command, registration })
    }

    /// Whether someone here waits for a cart's `command`.
    pub(crate) fn awaits(&self, command: CommandId) -> bool {
        self.callers.of::<Reply>().awaits(command)
    }
}

struct Following<L> {
    log: L,
    at: TopicPartition,
    instance: String,
    callers: Arc<Callers>,
    live: watch::Sender<bool>,
    hop: Histogram,
}

impl<L: Log> Following<L> {
    fn tail(&self) -> Result<L::Tail, LogError> {
        self.log.assign(vec![(self.at, Start::End)])
    }

    /// Follows for as long as the runtime lives. A tail that stands, because what it had to read
    /// next has expired, is replaced by one at the end; the probe then proves it anew.
    async fn run(self, mut tail: L::Tail) {
        loop {
            tokio::select! {
                biased;
                () = self.follow(&mut tail) => {}
                () = self.probe() => self.follow(&mut tail).await,
            }
            self.live.send_replace(false);
            tail = loop {
                tokio::time::sleep(PROBE_EVERY).await;
                match self.tail() {
                    Ok(tail) => break tail,
                    Err(error) => tracing::error!(%error, "replies cannot be followed"),
                }
            };
        }
    }

    /// Takes replies until the tail stands or ends.
    async fn follow(&self, tail: &mut L::Tail) {
        loop {
            match tail.next().await {
                TailEvent::Records(_, records) => records.iter().for_each(|one| self.take(one)),
                TailEvent::Trouble(LogError::OutOfRange(offset)) => {
                    tracing::warn!(offset, "replies expired before they were read");
                    return;
                }
                TailEvent::Trouble(error) => {
                    tracing::debug!(%error, "the replies' tail has trouble");
                }
                TailEvent::Ended(error) => {
                    if let Some(error) = error {
                        tracing::error!(%error, "replies no longer arrive");
                    }
                    return;
                }
                TailEvent::Assigned(_)
                | TailEvent::Revoking(_)
                | TailEvent::Lost(_)
                | TailEvent::Committed
                | TailEvent::CommitFailed(_) => {}
            }
        }
    }

    /// Replies of other instances on the same partition, and late ones, find nobody.
    fn take(&self, record: &Record) {
        if record.key.as_deref() == Some(self.instance.as_bytes()) {
            self.live.send_replace(true);
            return;
        }
        match record.value.as_deref().and_then(|value| self.callers.resolve(value)) {
            None => {}
            Some(0) => metrics::counter!("cartstream_replies_unclaimed_total").increment(1),
            Some(_) => self.hop.record(hops::since(record.appended)),
        }
    }

    /// Sends a record to ourselves until it arrives.
    async fn probe(&self) {
        let mut live = self.live.subscribe();
        while !*live.borrow() {
            let key = Some(Bytes::from(self.instance.clone()));
            let record = NewRecord { key, value: None, headers: Vec::new() };
            if let Err(error) = self.log.append(Lane::Replies, self.at, record).await {
                tracing::debug!(%error, "the probe of the reply path was not appended");
            }
            drop(tokio::time::timeout(PROBE_EVERY, live.changed()).await);
        }
    }
}

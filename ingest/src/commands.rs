//! `send`: enrich, publish, await. The one place where an intent becomes a command on the log.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cart_schemas::command::{Intent, Offer};
use cart_schemas::envelope::{Envelope, SCHEMA};
use cart_schemas::id::{CartKey, CommandId};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::reply::Reply;
use cart_schemas::topic::{Topic, header};
use cart_storage::log::{
    AppendError, Header, Lane, Log, LogError, NewRecord, Record, Start, Tail, TailEvent,
    TopicPartition,
};
use cart_storage::store::Store;
use tokio::sync::watch;
use uuid::Uuid;

use crate::breaker::Breaker;
use crate::catalog::Catalog;
use crate::replies::Waiting;

/// How long a caller waits for an outcome before it is told to ask later.
pub const DEADLINE: Duration = Duration::from_secs(2);
/// Callers waiting at a time: 2 s of 5,000 commands a second, at about 1 KiB each.
const IN_FLIGHT_MAX: usize = 10_000;
/// How often the probe of the reply path is repeated until it comes back.
const PROBE_EVERY: Duration = Duration::from_millis(500);

/// A change asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The cart.
    pub cart: CartKey,
    /// What is asked.
    pub intent: Intent,
    /// `If-Match`.
    pub expected_version: Option<u64>,
    /// Makes the command's id; without one the id is fresh.
    pub idempotency_key: Option<String>,
    /// W3C trace context of the caller, carried along.
    pub traceparent: Option<String>,
    /// Whether to wait for the outcome or only for the append.
    pub respond_async: bool,
}

/// What became of a [`Request`].
#[derive(Debug, Clone)]
pub enum Sent {
    /// It was decided.
    Decided(Reply),
    /// It is, or may be, in the log; its status tells.
    Pending(CommandId),
    /// Nothing was appended.
    Unavailable,
}

/// The sending side of one instance. Clones share it.
#[derive(Debug)]
pub struct Commands<L, S> {
    log: L,
    store: S,
    shared: Arc<Shared>,
}

impl<L: Clone, S: Clone> Clone for Commands<L, S> {
    fn clone(&self) -> Self {
        let shared = Arc::clone(&self.shared);
        Self { log: self.log.clone(), store: self.store.clone(), shared }
    }
}

#[derive(Debug)]
struct Shared {
    catalog: Catalog,
    partitions: PartitionCount,
    replies: TopicPartition,
    policy: Policy,
    waiting: Mutex<Waiting>,
    breaker: Mutex<Breaker>,
    replying: watch::Receiver<bool>,
}

impl<L: Log, S: Store> Commands<L, S> {
    /// Follows the catalog and this instance's partition of the replies topic.
    ///
    /// # Errors
    /// The log cannot be asked.
    pub async fn open(log: L, store: S, policy: Policy) -> Result<Self, LogError> {
        let partitions = log.partitions(Topic::Commands).await?;
        let instance = fresh_id().to_string();
        let reply_partitions = log.partitions(Topic::Replies).await?;
        let partition = reply_partitions.partition_of(instance.as_bytes());
        let replies = TopicPartition { topic: Topic::Replies, partition };
        let catalog = Catalog::follow(&log).await?;
        let (live, replying) = watch::channel(false);
        let shared = Arc::new(Shared {
            catalog,
            partitions,
            replies,
            policy,
            waiting: Mutex::new(Waiting::new(IN_FLIGHT_MAX)),
            breaker: Mutex::new(Breaker::default()),
            replying,
        });
        let tail = log.assign(vec![(replies, Start::End)])?;
        tokio::spawn(follow_replies(tail, Arc::clone(&shared), live, instance.clone()));
        tokio::spawn(probe(log.clone(), Arc::clone(&shared), instance));
        Ok(Self { log, store, shared })
    }

    /// The catalog this instance enriches from.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.shared.catalog
    }

    /// The limits and times new commands carry.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.shared.policy
    }

    /// The log commands are appended to.
    #[must_use]
    pub fn log(&self) -> &L {
        &self.log
    }

    /// The store carts are read from.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// What is still missing before outcomes can come back.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let catalog = (!self.shared.catalog.is_live()).then_some("catalog");
        let replies = (!*self.shared.replying.borrow()).then_some("replies");
        catalog.into_iter().chain(replies).collect()
    }

    /// The partition of a cart's commands and events.
    #[must_use]
    pub fn partition_of(&self, key: &CartKey) -> Partition {
        self.shared.partitions.partition_of(key.as_str().as_bytes())
    }

    /// Whether this instance waits for the outcome of `command`.
    #[must_use]
    pub fn awaits(&self, command: CommandId) -> bool {
        self.shared.waiting().awaits(command)
    }

    /// Publishes a command and waits for its outcome, at most [`DEADLINE`].
    pub async fn send(&self, request: Request) -> Sent {
        let respond_async = request.respond_async;
        let envelope = self.envelope(&request);
        let command = envelope.id;
        if !self.shared.breaker().allows(Instant::now()) {
            return Sent::Unavailable;
        }
        let Some(waiter) = self.shared.waiting().register(command, envelope.digest) else {
            return Sent::Unavailable;
        };
        let started = Instant::now();
        let appended = self.append(&envelope, request.traceparent);
        let sent = async {
            match appended.await {
                Ok(_) => {
                    self.shared.breaker().succeeded();
                    record_hop("log", started);
                }
                Err(AppendError::Full | AppendError::Refused(_)) => return Sent::Unavailable,
                Err(error @ (AppendError::Unknown(_) | AppendError::Broken(_))) => {
                    tracing::debug!(%error, "an append was not acknowledged");
                    self.shared.breaker().failed();
                }
            }
            if respond_async {
                return Sent::Pending(command);
            }
            waiter.reply.await.map_or(Sent::Pending(command), Sent::Decided)
        };
        let outcome = tokio::time::timeout(DEADLINE, sent).await;
        self.shared.waiting().forget(command, waiter.ticket);
        outcome.unwrap_or(Sent::Pending(command))
    }

    fn envelope(&self, request: &Request) -> Envelope {
        let intent = request.intent.clone();
        let digest = intent.digest(request.expected_version);
        let offer = intent.needs_offer().map(|item| self.shared.catalog.offer(item));
        let key = request.idempotency_key.as_deref();
        let id = key.map(|key| CommandId::from_idempotency_key(&request.cart, key));
        Envelope {
            id: id.unwrap_or_else(|| CommandId::from_uuid(fresh_id())),
            cart: request.cart.clone(),
            rules: Rules::CURRENT,
            digest,
            expected_version: request.expected_version,
            policy: self.shared.policy,
            command: intent.with_offer(offer.unwrap_or(Offer::NoProduct)),
        }
    }

    fn append(
        &self,
        envelope: &Envelope,
        traceparent: Option<String>,
    ) -> impl Future<Output = Result<cart_storage::log::Ack, AppendError>> + Send + 'static {
        let mut headers = vec![
            Header::text(header::COMMAND, envelope.id.to_string()),
            Header::text(header::REPLY_PARTITION, self.shared.replies.partition.to_string()),
            Header::text(header::SCHEMA, SCHEMA.to_string()),
        ];
        headers.extend(traceparent.map(|trace| Header::text("traceparent", trace)));
        let partition = self.partition_of(&envelope.cart);
        let record = NewRecord {
            key: Some(Bytes::copy_from_slice(envelope.cart.as_str().as_bytes())),
            value: Some(Bytes::from(envelope.encode())),
            headers,
        };
        self.log.append(
            Lane::Commands,
            TopicPartition { topic: Topic::Commands, partition },
            record,
        )
    }
}

impl Shared {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn breaker(&self) -> std::sync::MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, record: &Record) {
        let Some(Ok(reply)) = record.value.as_deref().map(Reply::decode) else { return };
        if self.waiting().resolve(&reply) == 0 {
            metrics::counter!("cartstream_replies_unclaimed_total").increment(1);
        }
    }
}

/// Records how long a hop of the pipeline took.
fn record_hop(hop: &'static str, started: Instant) {
    metrics::histogram!("cartstream_hop_seconds", "hop" => hop).record(started.elapsed());
}

#[expect(clippy::disallowed_methods, reason = "the edge is where fresh ids come from")]
fn fresh_id() -> Uuid {
    Uuid::now_v7()
}

/// Takes replies for as long as the tail lives; `live` turns true when our own probe comes back,
/// which proves both the assignment and the way to it.
async fn follow_replies<T: Tail>(
    mut tail: T,
    shared: Arc<Shared>,
    live: watch::Sender<bool>,
    instance: String,
) {
    loop {
        match tail.next().await {
            TailEvent::Records(_, records) => {
                for record in &records {
                    if record.key.as_deref() == Some(instance.as_bytes()) {
                        live.send_replace(true);
                    } else {
                        shared.take(record);
                    }
                }
            }
            TailEvent::Trouble(error) => {
                tracing::debug!(%error, "the replies' tail has trouble");
            }
            TailEvent::Ended(error) => {
                tracing::error!(?error, "replies no longer arrive");
                live.send_replace(false);
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

/// Sends a record to ourselves until it arrives.
async fn probe<L: Log>(log: L, shared: Arc<Shared>, instance: String) {
    let mut replying = shared.replying.clone();
    while !*replying.borrow() {
        let record = NewRecord {
            key: Some(Bytes::from(instance.clone())),
            value: None,
            headers: Vec::new(),
        };
        if let Err(error) = log.append(Lane::Replies, shared.replies, record).await {
            tracing::debug!(%error, "the probe of the reply path was not appended");
        }
        drop(tokio::time::timeout(PROBE_EVERY, replying.changed()).await);
    }
}

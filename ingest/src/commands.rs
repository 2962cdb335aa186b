//! `send`: enrich, publish, await. The one place where an intent becomes a command on the log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use cart_schemas::command::{Intent, Offer};
use cart_schemas::envelope::{Envelope, SCHEMA};
use cart_schemas::id::{CartKey, CommandId};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::reply::Reply;
use cart_schemas::topic::{Topic, header};
use cart_storage::log::{Ack, AppendError, Header, Lane, Log, LogError, NewRecord, TopicPartition};
use cart_storage::store::Store;
use tokio::time::Instant;
use uuid::Uuid;

use crate::breaker::Breaker;
use crate::catalog::Catalog;
use crate::reply_path::ReplyPath;
use crate::unsettled::{self, Unsettled};

/// How long a caller waits for an outcome before it is told to ask later.
pub const DEADLINE: Duration = Duration::from_secs(2);
/// How long an append may go unacknowledged before it counts against the log.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_millis(1_500);

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

/// What an instance sends with.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The limits and times its commands carry.
    pub policy: Policy,
    /// Where fresh ids come from.
    pub fresh_id: fn() -> Uuid,
}

impl From<Policy> for Settings {
    #[expect(clippy::disallowed_methods, reason = "the edge is where fresh ids come from")]
    fn from(policy: Policy) -> Self {
        Self { policy, fresh_id: Uuid::now_v7 }
    }
}

/// What became of a [`Request`].
#[derive(Debug, Clone)]
pub enum Sent {
    /// It was decided.
    Decided(Reply),
    /// It is, or may be, in the log; its status tells.
    Pending(Pending),
    /// Nothing was appended.
    Unavailable,
}

/// A command whose outcome is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// Its id.
    pub command: CommandId,
    /// When it was sent, in seconds since 1970: whoever asks another instance for its status
    /// brings this along, for only a fresh id tells its own age.
    pub sent: u64,
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
    policy: Policy,
    fresh_id: fn() -> Uuid,
    replies: ReplyPath,
    breaker: Mutex<Breaker>,
    unsettled: Unsettled,
}

impl<L: Log, S: Store> Commands<L, S> {
    /// Follows the catalog and this instance's partition of the replies topic.
    ///
    /// # Errors
    /// The log cannot be asked.
    pub async fn open(log: L, store: S, settings: Settings) -> Result<Self, LogError> {
        let Settings { policy, fresh_id } = settings;
        let partitions = log.partitions(Topic::Commands).await?;
        let catalog = Catalog::follow(&log).await?;
        let replies = ReplyPath::open(&log, fresh_id().to_string()).await?;
        let breaker = Mutex::new(Breaker::default());
        let unsettled = Unsettled::default();
        let shared = Shared { catalog, partitions, policy, fresh_id, replies, breaker, unsettled };
        let shared = Arc::new(shared);
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
        let replies = (!self.shared.replies.is_live()).then_some("replies");
        catalog.into_iter().chain(replies).collect()
    }

    /// Waits until nothing is [missing](Self::missing).
    pub async fn live(&self) {
        self.shared.catalog.live().await;
        self.shared.replies.live().await;
    }

    /// The partition of a cart's commands and events.
    #[must_use]
    pub fn partition_of(&self, key: &CartKey) -> Partition {
        self.shared.partitions.partition_of(key.as_str().as_bytes())
    }

    /// Whether `command` may still be on its way into the log: this instance waits for its outcome
    /// or for its append, or it was sent so recently that another instance may.
    #[must_use]
    pub fn may_arrive(&self, command: CommandId, sent: Option<u64>) -> bool {
        let here = self.shared.replies.awaits(command) || self.shared.unsettled.holds(command);
        let sent = unsettled::made_at(command.as_uuid()).or(sent);
        here || sent.is_some_and(|sent| unsettled::is_young(sent, self.now()))
    }

    fn now(&self) -> u64 {
        unsettled::made_at(&(self.shared.fresh_id)()).unwrap_or_default()
    }

    /// Publishes a command and waits for its outcome, at most [`DEADLINE`].
    pub async fn send(&self, request: Request) -> Sent {
        let respond_async = request.respond_async;
        let envelope = self.envelope(&request);
        let command = envelope.id;
        let pending = Pending { command, sent: self.now() };
        if !self.shared.breaker().allows(Instant::now()) {
            return Sent::Unavailable;
        }
        let Some(waiter) = self.shared.replies.wait(command, envelope.digest) else {
            return Sent::Unavailable;
        };
        let appended = self.append(&envelope, request.traceparent);
        let outcome = async {
            match self.acknowledged(command, appended).await {
                Appended::Nothing => return Sent::Unavailable,
                Appended::Durable if respond_async => return Sent::Pending(pending),
                Appended::Durable | Appended::Perhaps => {}
            }
            waiter.reply().await.map_or(Sent::Pending(pending), Sent::Decided)
        };
        tokio::time::timeout(DEADLINE, outcome).await.unwrap_or(Sent::Pending(pending))
    }

    /// Waits for the append and tells the breaker how it went. Its own bound is shorter than the
    /// caller's deadline, so that an append nobody answers is counted as the failure it is; until
    /// it is known to be in the log or not, its command counts as pending.
    async fn acknowledged(
        &self,
        command: CommandId,
        append: impl Future<Output = Result<Ack, AppendError>> + Send + 'static,
    ) -> Appended {
        let started = Instant::now();
        let mut append = Box::pin(append);
        match tokio::time::timeout(ACKNOWLEDGED_WITHIN, &mut append).await {
            Ok(Ok(_)) => {
                self.shared.breaker().succeeded();
                record_hop("log", started);
                return Appended::Durable;
            }
            Ok(Err(AppendError::Full | AppendError::Refused(_))) => return Appended::Nothing,
            Ok(Err(AppendError::Unknown(_) | AppendError::Broken(_))) => {
                tokio::spawn(self.shared.unsettled.until_settled(command, std::future::pending()));
            }
            Err(_) => {
                let settled = async move { append.await.is_ok() };
                tokio::spawn(self.shared.unsettled.until_settled(command, settled));
            }
        }
        self.shared.breaker().failed();
        Appended::Perhaps
    }

    fn envelope(&self, request: &Request) -> Envelope {
        let intent = request.intent.clone();
        let digest = intent.digest(request.expected_version);
        let offer = intent.needs_offer().map(|item| self.shared.catalog.offer(item));
        let key = request.idempotency_key.as_deref();
        let id = key.map(|key| CommandId::from_idempotency_key(&request.cart, key));
        Envelope {
            id: id.unwrap_or_else(|| CommandId::from_uuid((self.shared.fresh_id)())),
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
    ) -> impl Future<Output = Result<Ack, AppendError>> + Send + 'static {
        let mut headers = vec![
            Header::text(header::COMMAND, envelope.id.to_string()),
            Header::text(header::REPLY_PARTITION, self.shared.replies.partition().to_string()),
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

/// What became of an append.
enum Appended {
    /// It is in the log.
    Durable,
    /// It is, or will be, or not.
    Perhaps,
    /// It is not and will not be.
    Nothing,
}

impl Shared {
    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Records how long a hop of the pipeline took.
fn record_hop(hop: &'static str, started: Instant) {
    metrics::histogram!("cartstream_hop_seconds", "hop" => hop).record(started.elapsed());
}

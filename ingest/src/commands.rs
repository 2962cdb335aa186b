//! `send`: enrich, publish, await. The one place where an intent becomes a command on the log.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cart_schemas::cart::Cart;
use cart_schemas::command::{Command, Intent, Offer};
use cart_schemas::envelope::{Envelope, SCHEMA};
use cart_schemas::id::{CartKey, CommandId, InvalidId, SkuKey, TenantId, UserId};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::policies::Policies;
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::product::Product;
use cart_schemas::reply::Reply;
use cart_schemas::stock::{StockCommand, StockEnvelope, StockReply};
use cart_schemas::topic::{Topic, header};
use cart_schemas::traceparent::Traceparent;
use cart_storage::log::{AppendError, Header, Log, LogError, NewRecord, TopicPartition};
use cart_storage::store::Store;
use futures::future::join_all;
use tokio::time::Instant;
use uuid::Uuid;

use crate::catalog::Catalog;
use crate::guarded::Guarded;
use crate::publisher::{Letter, Publisher};
use crate::read::{self, ReadError};
use crate::shelves::Shelves;

/// How long a caller waits for an outcome before it is told to ask later.
pub const DEADLINE: Duration = Duration::from_secs(2);
/// How long the store may take to say what a cart holds that is to be paid for: half of what the
/// caller waits, for the log takes the other half.
const READ_WITHIN: Duration = Duration::from_secs(1);

/// A change asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The cart it is asked of.
    pub cart: CartKey,
    /// What is asked.
    pub intent: Intent,
    /// `If-Match`.
    pub expected_version: Option<u64>,
    /// Makes the command's id; without one the id is fresh.
    pub idempotency_key: Option<String>,
    /// W3C trace context of the caller, carried along.
    pub traceparent: Option<Traceparent>,
    /// Whether to wait for the outcome or only for the append.
    pub respond_async: bool,
}

/// A change of stock asked for.
#[derive(Debug, Clone)]
pub struct StockRequest {
    /// The sku.
    pub sku: SkuKey,
    /// What is asked.
    pub command: StockCommand,
    /// Makes the command's id; without one the id is fresh.
    pub idempotency_key: Option<String>,
    /// W3C trace context of the caller, carried along.
    pub traceparent: Option<Traceparent>,
}

/// What an instance sends with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The limits and times its commands carry, by cart.
    pub policies: Policies,
    /// Where fresh ids come from.
    pub fresh_id: fn() -> Uuid,
}

impl From<Policies> for Settings {
    #[expect(clippy::disallowed_methods, reason = "the edge is where fresh ids come from")]
    fn from(policies: Policies) -> Self {
        Self { policies, fresh_id: Uuid::now_v7 }
    }
}

/// What became of a [`Request`], or of another command with replies of its own kind.
#[derive(Debug, Clone)]
pub enum Sent<R = Reply> {
    /// It was decided.
    Decided(R),
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
    store: Guarded<S>,
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
    policies: Policies,
    fresh_id: fn() -> Uuid,
    publisher: Publisher,
    shelves: Shelves,
}

impl<L: Log, S: Store> Commands<L, S> {
    /// Follows the catalog and this instance's partition of the replies topic.
    ///
    /// # Errors
    /// The log cannot be asked.
    pub async fn open(log: L, store: S, settings: Settings) -> Result<Self, LogError> {
        let Settings { policies, fresh_id } = settings;
        let partitions = log.partitions(Topic::Commands).await?;
        let catalog = Catalog::follow(&log).await?;
        let publisher = Publisher::open(&log, fresh_id).await?;
        let shelves = Shelves::open(&log, fresh_id).await?;
        let shared = Shared { catalog, partitions, policies, fresh_id, publisher, shelves };
        Ok(Self { log, store: Guarded::new(store), shared: Arc::new(shared) })
    }

    /// The catalog this instance enriches from.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.shared.catalog
    }

    /// Where stock commands go.
    #[must_use]
    pub fn shelves(&self) -> &Shelves {
        &self.shared.shelves
    }

    /// The limits and times that new commands to a cart carry.
    #[must_use]
    pub fn policy(&self, cart: &CartKey) -> Policy {
        self.shared.policies.of(cart)
    }

    /// What a shop is called in numbers: see [`Policies::called`].
    #[must_use]
    pub fn shop<'a>(&'a self, tenant: Option<&'a TenantId>) -> &'a str {
        self.shared.policies.called(tenant)
    }

    /// A user of a shop whom nobody else is, of whom its policy knows that it is a guest.
    ///
    /// # Errors
    /// The shop's policy has guests' ids begin with what no id can.
    pub fn fresh_guest(&self, tenant: Option<&TenantId>) -> Result<UserId, InvalidId> {
        let prefix = self.shared.policies.guest_prefix(tenant);
        format!("{prefix}{}", (self.shared.fresh_id)().as_simple()).parse()
    }

    /// The log commands are appended to.
    #[must_use]
    pub fn log(&self) -> &L {
        &self.log
    }

    /// The store carts are read from; while it does not answer it fails at once.
    #[must_use]
    pub fn store(&self) -> &Guarded<S> {
        &self.store
    }

    /// What is still missing before outcomes can come back.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let catalog = (!self.shared.catalog.is_live()).then_some("catalog");
        let replies = (!self.shared.publisher.replies.is_live()).then_some("replies");
        catalog.into_iter().chain(replies).collect()
    }

    /// Waits until nothing is [missing](Self::missing).
    pub async fn live(&self) {
        self.shared.catalog.live().await;
        self.shared.publisher.replies.live().await;
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
        self.shared.publisher.may_arrive(command, sent)
    }

    /// Publishes a command and waits for its outcome, at most [`DEADLINE`]. What the
    /// decision needs to know of all of the cart's products is looked up before; where the cart cannot
    /// be read, nothing is sent.
    pub async fn send(&self, request: Request) -> Sent {
        let began = Instant::now();
        let Some(envelope) = self.enriched(&request).await else { return Sent::Unavailable };
        let (to, record) = self.addressed(&envelope);
        let letter = Letter {
            command: envelope.id,
            digest: envelope.digest,
            to,
            record,
            traceparent: request.traceparent,
            respond_async: request.respond_async,
            began,
        };
        self.shared.publisher.send(&self.log, letter).await
    }

    /// The record a request becomes, and where it is to be appended, for whoever waits for no outcome;
    /// `None` if the cart cannot be read.
    pub async fn draft(&self, request: &Request) -> Option<(TopicPartition, NewRecord)> {
        Some(self.addressed(&self.enriched(request).await?))
    }

    /// Publishes a stock command and waits for its outcome, at most [`DEADLINE`]. This instance
    /// knows the level at once.
    pub async fn send_stock(&self, request: StockRequest) -> Sent<StockReply> {
        let (began, traceparent) = (Instant::now(), request.traceparent);
        let key = request.idempotency_key.as_deref();
        let envelope = self.shared.shelves.envelope(request.sku, request.command, key);
        let (to, record) = self.shared.shelves.record(&envelope);
        let StockEnvelope { id: command, digest, .. } = envelope;
        let respond_async = false;
        let letter = Letter { command, digest, to, record, traceparent, respond_async, began };
        let sent = self.shared.publisher.send::<_, StockReply>(&self.log, letter).await;
        if let Sent::Decided(reply) = &sent {
            self.shared.catalog.take(reply.level.clone());
        }
        sent
    }

    /// Puts a product into the catalog of a shop and tells its skus how many there are. What they make of it
    /// is known here when this returns, or else follows.
    ///
    /// # Errors
    /// An append was refused, or its outcome is unknown; putting the same product again is safe.
    pub async fn put(
        &self,
        tenant: Option<&TenantId>,
        product: &Product,
    ) -> Result<(), AppendError> {
        let put = self.shared.catalog.put(&self.log, (tenant, product));
        self.shared.publisher.guarded(put).await?;
        let told = product.skus(tenant).map(|(sku, units)| {
            self.send_stock(StockRequest {
                sku,
                command: StockCommand::Put { units },
                idempotency_key: None,
                traceparent: None,
            })
        });
        let unsent = |sent: Sent<StockReply>| match sent {
            Sent::Decided(_) | Sent::Pending(_) => Ok(()),
            Sent::Unavailable => Err(AppendError::Full),
        };
        join_all(told).await.into_iter().try_for_each(unsent)
    }

    async fn enriched(&self, request: &Request) -> Option<Envelope> {
        let mut envelope = self.envelope(request);
        self.quote(&mut envelope).await.map(|()| envelope)
    }

    fn addressed(&self, envelope: &Envelope) -> (TopicPartition, NewRecord) {
        let partition = self.partition_of(&envelope.cart);
        (TopicPartition { topic: Topic::Commands, partition }, record(envelope))
    }

    /// Adds to a command what the catalog says of its cart's lines, where the decision needs it; `None`
    /// if the cart cannot be read.
    async fn quote(&self, envelope: &mut Envelope) -> Option<()> {
        let (catalog, key) = (&self.shared.catalog, &envelope.cart);
        if let Command::Checkout { differing, .. } = &mut envelope.command {
            *differing = catalog.differing(key, &self.cart(key).await?);
        }
        if let Command::ChangeCurrency { currency, quotes } = &mut envelope.command {
            *quotes = catalog.quotes(key, &self.cart(key).await?, *currency);
        }
        Some(())
    }

    /// A cart as it is stored; `None` if it cannot be read in time.
    async fn cart(&self, cart: &CartKey) -> Option<Cart> {
        let snapshot = tokio::time::timeout(READ_WITHIN, read::snapshot(&self.store, cart)).await;
        match snapshot.ok()? {
            Ok(snapshot) => Some(snapshot.cart),
            Err(error @ ReadError::Load { .. }) => {
                tracing::debug!(%error, "a cart that is to be priced could not be read");
                None
            }
            Err(error @ ReadError::Decode { .. }) => {
                tracing::error!(%error, "a cart that is to be priced cannot be read");
                None
            }
        }
    }

    fn envelope(&self, request: &Request) -> Envelope {
        let intent = request.intent.clone();
        let digest = intent.digest(request.expected_version);
        let catalog = &self.shared.catalog;
        let offer = intent.needs_offer().map(|item| catalog.offer_to(&request.cart, item));
        let key = request.idempotency_key.as_deref();
        let id = key.map(|key| CommandId::from_idempotency_key(&request.cart, key));
        Envelope {
            id: id.unwrap_or_else(|| CommandId::from_uuid((self.shared.fresh_id)())),
            cart: intent.home(&request.cart).clone(),
            rules: Rules::CURRENT,
            digest,
            expected_version: request.expected_version,
            policy: self.policy(&request.cart),
            command: intent.with_offer(offer.unwrap_or(Offer::NoProduct)),
        }
    }
}

/// The record of a command.
pub(crate) fn record(envelope: &Envelope) -> NewRecord {
    let headers = vec![
        Header::text(header::COMMAND, envelope.id.to_string()),
        Header::text(header::SCHEMA, SCHEMA.to_string()),
    ];
    NewRecord {
        key: Some(Bytes::copy_from_slice(envelope.cart.as_str().as_bytes())),
        value: Some(Bytes::from(envelope.encode())),
        headers,
    }
}

//! The rows of endpoints: who may be told, added, taken away and told again.

use cart_schemas::cql::{Index, Table};
use cart_schemas::id::{CartKey, TenantId};
use cart_schemas::partition::Partition;
use cart_schemas::signature::SigningSecret;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::log::{Log, LogError, TopicPartition};
use cart_storage::store::{Row, Store, StoreError};
use futures::future::try_join_all;
use uuid::Uuid;

use super::consent::Consent;
use super::endpoint::{Endpoint, EndpointId, Standing, Wish};
use super::place::mark_key;
use crate::projection::Mark;

/// Endpoints of one shop: its mail, its data and a few more, and no shop takes all there are.
pub const ENDPOINTS_MAX: usize = 8;
/// Endpoints of an installation: each has a reader of the log of its own.
pub const ALL_ENDPOINTS_MAX: usize = 64;
/// Rows of a page of endpoints.
const PAGE: u16 = 200;
/// How many things an endpoint did not take are counted.
pub const UNTAKEN_COUNTED: u16 = 1_000;

/// Endpoints cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The store did not answer.
    #[error("the store does not answer")]
    Store(#[from] StoreError),
    /// The log did not say where it ends.
    #[error("the log does not say where it ends")]
    Log(#[from] LogError),
    /// Another build wrote a row.
    #[error("a row of an endpoint or a consent cannot be read")]
    Row(#[from] serde_json::Error),
    /// There are as many as there may be.
    #[error("there are {ENDPOINTS_MAX} endpoints of the shop, or {ALL_ENDPOINTS_MAX} in all")]
    Full,
}

/// What a new endpoint is made of that nobody had before.
#[derive(Debug, Clone, Copy)]
pub struct Fresh {
    /// Its id.
    pub id: Uuid,
    /// Its secret.
    pub secret: [u8; 32],
    /// When it is made.
    pub now: Timestamp,
}

/// Every endpoint that was not taken away.
///
/// # Errors
/// See [`WebhookError`].
pub async fn endpoints<S: Store>(store: &S) -> Result<Vec<Endpoint>, WebhookError> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.scan(Table::Webhooks, after.as_ref(), PAGE).await?;
        all.extend(page.rows.iter().filter_map(known));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    all.retain(|endpoint| endpoint.standing != Standing::Deleted);
    all.sort_by_key(|endpoint| (endpoint.created, endpoint.id));
    Ok(all)
}

/// The endpoint in a row. What a later build wrote is for that build.
fn known(row: &Row) -> Option<Endpoint> {
    let endpoint = Endpoint::decode(&row.cell);
    endpoint
        .inspect_err(|error| tracing::error!(%error, key = row.key, "an endpoint cannot be read"))
        .ok()
}

/// Adds an endpoint of a shop. It is told what happens from now on.
///
/// # Errors
/// See [`WebhookError`].
pub async fn add<L: Log, S: Store>(
    (log, store): (&L, &S),
    (tenant, wish): (Option<TenantId>, Wish),
    fresh: Fresh,
) -> Result<Endpoint, WebhookError> {
    let all = endpoints(store).await?;
    let of_shop = all.iter().filter(|other| other.tenant == tenant).count();
    if of_shop >= ENDPOINTS_MAX || all.len() >= ALL_ENDPOINTS_MAX {
        return Err(WebhookError::Full);
    }
    let id = EndpointId::new(fresh.id);
    let partitions = log.partitions(Topic::Analytics).await?;
    try_join_all(partitions.partitions().map(|at| begin((log, store), (id, at), fresh.now)))
        .await?;
    let endpoint = Endpoint {
        id,
        tenant,
        wish,
        secret: SigningSecret::of_random(fresh.secret),
        created: fresh.now,
        standing: Standing::Active,
        replayed: None,
        ts: fresh.now,
    };
    put(store, &endpoint).await?;
    Ok(endpoint)
}

/// What is there now was told before.
async fn begin<L: Log, S: Store>(
    (log, store): (&L, &S),
    (id, partition): (EndpointId, Partition),
    now: Timestamp,
) -> Result<(), WebhookError> {
    let bounds = log.bounds(TopicPartition { topic: Topic::Analytics, partition }).await?;
    let mark = Mark::default().advanced(bounds.end, now);
    let key = mark_key(id, partition);
    Ok(store.put(Table::Progress, &key, mark.encode().into(), mark.ts).await?)
}

/// The endpoint of a shop, if there is one of this id.
///
/// # Errors
/// See [`WebhookError`].
pub async fn endpoint<S: Store>(
    store: &S,
    tenant: Option<&TenantId>,
    id: EndpointId,
) -> Result<Option<Endpoint>, WebhookError> {
    let Some(cell) = store.load(Table::Webhooks, &id.to_string()).await? else { return Ok(None) };
    let endpoint = Endpoint::decode(&cell)?;
    let is_theirs = endpoint.tenant.as_ref() == tenant;
    let is_there = endpoint.standing != Standing::Deleted;
    Ok(Some(endpoint).filter(|_| is_theirs && is_there))
}

/// Changes an endpoint at `now`.
///
/// # Errors
/// See [`WebhookError`].
pub async fn change<S: Store>(
    store: &S,
    mut endpoint: Endpoint,
    (now, change): (Timestamp, Change),
) -> Result<(), WebhookError> {
    match change {
        Change::Delete => endpoint.standing = Standing::Deleted,
        Change::Gone => endpoint.standing = Standing::Gone,
        Change::Replay => endpoint.replayed = Some(now),
    }
    endpoint.ts = now.max(endpoint.ts.next());
    put(store, &endpoint).await
}

/// What becomes of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is taken away.
    Delete,
    /// It wants to hear no more.
    Gone,
    /// What it did not take so far is told once more.
    Replay,
}

async fn put<S: Store>(store: &S, endpoint: &Endpoint) -> Result<(), WebhookError> {
    let cell = endpoint.encode().into();
    Ok(store.put(Table::Webhooks, &endpoint.id.to_string(), cell, endpoint.ts).await?)
}

/// How many things an endpoint did not take that were not told once more; at most [`UNTAKEN_COUNTED`].
///
/// # Errors
/// See [`WebhookError`].
pub async fn untaken<S: Store>(store: &S, id: EndpointId) -> Result<usize, WebhookError> {
    let entries = store.entries(Index::Untaken, &id.to_string(), None, UNTAKEN_COUNTED).await?;
    Ok(entries.len())
}

/// What a customer said.
///
/// # Errors
/// See [`WebhookError`].
pub async fn consent<S: Store>(store: &S, cart: &CartKey) -> Result<Consent, WebhookError> {
    let cell = store.load(Table::Consents, cart.as_str()).await?;
    Ok(cell.map(|cell| Consent::decode(&cell)).transpose()?.unwrap_or_default())
}

/// Keeps what a customer says.
///
/// # Errors
/// See [`WebhookError`].
pub async fn agree<S: Store>(
    store: &S,
    cart: &CartKey,
    consent: Consent,
) -> Result<(), WebhookError> {
    let cell = consent.encode().into();
    Ok(store.put(Table::Consents, cart.as_str(), cell, consent.ts).await?)
}

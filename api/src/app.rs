//! What every route shares: the carts behind it, the sockets, the flags. Routes nothing.

mod carts;
mod telling;

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cart_analytics::history::{HistoryError, Page, Past, When};
use cart_ingest::catalog::Catalog;
use cart_ingest::read::ReadError;
use cart_schemas::id::{CartKey, ProductId, ProductKey};
use cart_schemas::record::CartRecord;
use cart_schemas::reply::Snapshot;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use self::carts::Carts;
pub(crate) use self::telling::Telling;
use crate::admission::Admission;
use crate::clock;
use crate::edge::Edge;
use crate::identity::{Caller, Identity, Tickets};
use crate::limits::{Account, Kind};
use crate::meters;
use crate::problem::{Code, Problem};
use crate::readiness::{Flag, Readiness};
use crate::settings::{Origins, Webhooks};
use crate::share::Shares;
use crate::sockets::{Hub, Seat};
use crate::stock_secrets::StockSecrets;
use crate::view::{Lens, Subject};

/// How long a caller waits for the store or the log to say something.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// The state of the routes.
pub(crate) struct App {
    pub(crate) carts: Box<dyn Carts>,
    pub(crate) telling: Box<dyn Telling>,
    pub(crate) shares: Shares,
    pub(crate) hub: Arc<Hub>,
    /// How much may be asked, and how many wait.
    pub(crate) admission: Arc<Admission>,
    /// Who may call.
    pub(crate) identity: Identity,
    pub(crate) tickets: Tickets,
    pub(crate) readiness: Readiness,
    /// Whose pages may call from a browser.
    pub(crate) origins: Origins,
    /// What its edge is told.
    pub(crate) edge: Edge,
    /// Whether events arrive.
    pub(crate) events: Flag,
    pub(crate) metrics: PrometheusHandle,
    /// What each shop's deliveries of stock are signed with; without one there are none.
    pub(crate) stock_secrets: StockSecrets,
    /// Where webhooks may be, and how links lead back.
    pub(crate) webhooks: Webhooks,
    /// Cancelled when sockets and the notifier are to end.
    pub(crate) stop: CancellationToken,
    /// The sockets' and the notifier's tasks.
    pub(crate) tasks: TaskTracker,
}

impl App {
    /// The catalog, once it is whole: before that it would deny products it has not read yet.
    pub(crate) fn catalog(&self) -> Result<&Catalog, Problem> {
        let catalog = self.carts.catalog();
        let missing = || Problem::unavailable("the catalog is not read yet");
        catalog.is_live().then_some(catalog).ok_or_else(missing)
    }

    /// Whether the shop of a cart has a product.
    pub(crate) fn lists(&self, cart: &CartKey, product: &ProductId) -> Result<bool, Problem> {
        let key = ProductKey::new(cart.tenant().cloned(), product.clone());
        Ok(self.catalog()?.get(&key).is_some())
    }

    /// Counts a request for its caller, notes how that one stands, and refuses what is too much.
    pub(crate) fn charge(
        &self,
        caller: &Caller,
        kind: Kind,
        account: Option<&Account>,
    ) -> Result<(), Problem> {
        let Some(standing) = self.admission.limits.spend(caller, kind) else { return Ok(()) };
        if let Some(account) = account {
            account.note(standing);
        }
        let refusal = standing.refusal();
        refusal.inspect_err(|_| meters::limited(self.carts.shop(caller.tenant()), kind.policy()))
    }

    /// A cart, from the store.
    pub(crate) async fn read(&self, key: &CartKey) -> Result<Snapshot, Problem> {
        let loaded = async {
            let started = Instant::now();
            let snapshot = self.carts.snapshot(key).await;
            meters::read(started.elapsed());
            snapshot
        };
        self.ask(loaded).await?.map_err(|error| unread(&error))
    }

    /// A cart and its memory, from the store.
    pub(crate) async fn record(&self, key: &CartKey) -> Result<CartRecord, Problem> {
        within(self.carts.record(key)).await?.map_err(|error| unread(&error))
    }

    /// A page of a cart's events.
    pub(crate) async fn history(&self, key: &CartKey, after: u64) -> Result<Page, Problem> {
        within(self.carts.history(key, after)).await?.map_err(|error| untold(&error))
    }

    /// A cart as it was.
    pub(crate) async fn as_of(&self, key: &CartKey, when: When) -> Result<Option<Past>, Problem> {
        self.ask(self.carts.as_of(key, when)).await?.map_err(|error| untold(&error))
    }

    /// Asks the store, if there is room for one more who waits for it.
    pub(crate) async fn ask<T, E>(
        &self,
        asked: impl Future<Output = Result<T, E>>,
    ) -> Result<Result<T, E>, Problem> {
        let is_answer = |told: &Result<Result<T, E>, Problem>| matches!(told, Ok(Ok(_)));
        self.admission.gate.through(within(asked), is_answer).await?
    }

    /// Shows a cart as it is now.
    pub(crate) fn show<T>(
        &self,
        key: &CartKey,
        snapshot: &Snapshot,
        view: impl FnOnce(&Subject<'_>, &Lens<'_>) -> T,
    ) -> Result<T, Problem> {
        let Snapshot { cart_id, version, ref cart } = *snapshot;
        self.lens(key, |lens| view(&Subject { user: key.user(), cart_id, version, cart }, lens))
    }

    /// The right to follow a cart of ours, while events arrive and there is a seat.
    pub(crate) fn seat(&self, key: &CartKey) -> Result<Seat, Problem> {
        if !self.shares.has(key) {
            let detail = "another instance has the sockets of this cart; …/route says which";
            return Err(Problem::new(Code::Misdirected, detail));
        }
        if !self.events.is_up() {
            return Err(Problem::unavailable("events do not arrive now"));
        }
        let taken = || Problem::unavailable("too many sockets are open");
        self.hub.seat(self.carts.shop(key.tenant())).ok_or_else(taken)
    }

    /// What a cart is seen through: its shop's catalog of today, its times, the present.
    pub(crate) fn lens<T>(
        &self,
        cart: &CartKey,
        see: impl FnOnce(&Lens<'_>) -> T,
    ) -> Result<T, Problem> {
        let catalog = self.catalog()?;
        let offer = |item: &_| catalog.offer_to(cart, item);
        let policy = self.carts.policy(cart);
        Ok(see(&Lens { offer: &offer, called: &|_| None, policy, now: clock::now() }))
    }

    /// Everything that is missing before this instance can serve.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let mut missing = self.carts.missing();
        missing.extend(self.readiness.missing());
        missing
    }
}

/// Bounds the wait for an engine.
pub(crate) async fn within<T>(asked: impl Future<Output = T>) -> Result<T, Problem> {
    let late = |_| Problem::unavailable("no answer came in time");
    tokio::time::timeout(ANSWERS_WITHIN, asked).await.map_err(late)
}

/// A cart that could not be read: an outage, or a row this build does not understand.
pub(crate) fn unread(error: &ReadError) -> Problem {
    match error {
        ReadError::Load { source, .. } => {
            tracing::debug!(error = %source, "a cart could not be loaded");
            Problem::unavailable("the store does not answer")
        }
        ReadError::Decode { source, .. } => {
            tracing::error!(%error, cause = %source, "a cart's record cannot be read");
            Problem::internal()
        }
    }
}

/// A history that could not be read: an outage, or something this build does not understand.
fn untold(error: &HistoryError) -> Problem {
    match error {
        HistoryError::Store(source) => {
            tracing::debug!(error = %source, "a history could not be read");
            Problem::unavailable("the store does not answer")
        }
        HistoryError::Behind => Problem::unavailable("the history is not kept that far yet"),
        HistoryError::Record(_)
        | HistoryError::Snapshot(_)
        | HistoryError::Entry(_)
        | HistoryError::Event(_) => {
            let cause = error.source().map(ToString::to_string);
            tracing::error!(%error, cause, "a history cannot be read");
            Problem::internal()
        }
    }
}

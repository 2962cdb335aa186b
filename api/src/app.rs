//! What every route shares: the carts behind it, the sockets, the flags. Routes nothing.

mod carts;

use std::sync::Arc;
use std::time::{Duration, Instant};

use cart_ingest::catalog::Catalog;
use cart_ingest::read::ReadError;
use cart_schemas::id::CartKey;
use cart_schemas::record::CartRecord;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use self::carts::Carts;
use crate::clock;
use crate::meters;
use crate::problem::Problem;
use crate::readiness::{Flag, Readiness};
use crate::sockets::Hub;
use crate::view::{Lens, Subject};

/// How long a caller waits for the store or the log to say something.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// The state of the routes.
pub(crate) struct App {
    pub(crate) carts: Box<dyn Carts>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) readiness: Readiness,
    /// Whether events arrive.
    pub(crate) events: Flag,
    pub(crate) metrics: PrometheusHandle,
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

    /// The record of a cart, from the store.
    pub(crate) async fn read(&self, key: &CartKey) -> Result<CartRecord, Problem> {
        let started = Instant::now();
        let record = within(self.carts.record(key)).await;
        meters::read(started.elapsed());
        record?.map_err(|error| unread(&error))
    }

    /// Shows the cart of a record as it is now.
    pub(crate) fn show<T>(
        &self,
        key: &CartKey,
        record: &CartRecord,
        view: impl FnOnce(&Subject<'_>, &Lens<'_>) -> T,
    ) -> Result<T, Problem> {
        let cart_id = record.cart_id(key);
        let (version, cart) = (record.version, &record.cart);
        self.lens(|lens| view(&Subject { user: key.user(), cart_id, version, cart }, lens))
    }

    /// What a cart is seen through: today's catalog, the shop's times, the present.
    pub(crate) fn lens<T>(&self, see: impl FnOnce(&Lens<'_>) -> T) -> Result<T, Problem> {
        let catalog = self.catalog()?;
        let offer = |item: &_| catalog.offer(item);
        Ok(see(&Lens { offer: &offer, policy: self.carts.policy(), now: clock::now() }))
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

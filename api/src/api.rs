//! One instance of the API: opened once, routed as often as needed.

use std::sync::Arc;

use axum::Router;
use cart_ingest::commands::Commands;
use cart_schemas::topic::Topic;
use cart_storage::log::{Log, LogError};
use cart_storage::store::Store;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admission::Admission;
use crate::app::App;
use crate::edge::{self, Edge};
use crate::identity::{BadAccess, Identity, Tickets};
use crate::meters;
use crate::pages;
use crate::readiness::Readiness;
use crate::routes;
use crate::settings::{InvalidOrigin, Settings};
use crate::share::{Share, Shares};
use crate::sockets::{self, Hub};

/// The API of one process. Clones share it.
#[derive(Clone)]
pub struct Api {
    app: Arc<App>,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("origins", &self.app.origins).finish_non_exhaustive()
    }
}

/// The API cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A setting is wrong.
    #[error("the CORS origins are wrong")]
    Origins(#[source] InvalidOrigin),
    /// What is trusted cannot be used.
    #[error("nobody can be known by what is trusted")]
    Access(#[source] BadAccess),
    /// There are more shares than partitions.
    #[error("share {share} of {partitions} partitions has none of them")]
    Share {
        /// The share.
        share: Share,
        /// How many partitions there are.
        partitions: u16,
    },
    /// The log could not be asked about the events topic.
    #[error("the events topic cannot be asked about")]
    Events(#[source] LogError),
}

impl Api {
    /// Begins to follow the events. `readiness` gets the part `events` and is what `/readyz` tells
    /// beside what `commands` misses; `metrics` is what `/metrics` renders.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open<L: Log, S: Store>(
        commands: Commands<L, S>,
        settings: &Settings,
        readiness: Readiness,
        metrics: PrometheusHandle,
    ) -> Result<Self, OpenError> {
        let origins = settings.origins().map_err(OpenError::Origins)?;
        let identity = Identity::new(&settings.access).map_err(OpenError::Access)?;
        let refresh = identity.refresh(&settings.access).map_err(OpenError::Access)?;
        let log = commands.log().clone();
        let partitions = log.partitions(Topic::Events).await.map_err(OpenError::Events)?;
        let share = settings.share;
        if !partitions.partitions().any(|partition| share.has(partition)) {
            return Err(OpenError::Share { share, partitions: partitions.get() });
        }
        meters::describe();
        let keys = refresh.map(|refresh| (refresh, readiness.register("keys")));
        let app = Arc::new(App {
            telling: Box::new((log.clone(), commands.store().clone())),
            carts: Box::new(commands),
            shares: Shares { partitions, ours: share, live: settings.live_url.clone() },
            hub: Arc::new(Hub::new(settings.max_sockets)),
            admission: Arc::new(Admission::new(&settings.allowances)),
            identity,
            tickets: Tickets::new(),
            origins,
            edge: Edge { transport: settings.transport, traces: settings.traces },
            events: readiness.register("events"),
            readiness,
            metrics,
            stock_secrets: settings.stock_secrets.clone(),
            webhooks: settings.webhooks.clone(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        app.tasks.spawn(sockets::notify(log, Arc::clone(&app)));
        if let Some((refresh, fetched)) = keys {
            app.tasks.spawn(refresh.run(fetched, app.stop.clone()));
        }
        Ok(Self { app })
    }

    /// Every route with its edge layers.
    pub fn router(&self) -> Router {
        let (routes, _) = routes::all().split_for_parts();
        let routes = routes
            .merge(pages::routes(&self.app.shares.origins()))
            .fallback(routes::not_found)
            .method_not_allowed_fallback(routes::method_not_allowed)
            .with_state(Arc::clone(&self.app));
        let admission = Arc::clone(&self.app.admission);
        edge::around(routes, &self.app.origins, self.app.edge, admission)
    }

    /// Says no on `/readyz`, closes every socket with 1001 and stops following events. Requests
    /// are answered as before.
    pub fn drain(&self) {
        self.app.readiness.drain();
        self.app.stop.cancel();
        self.app.tasks.close();
    }

    /// Waits until what [`Api::drain`] ends has ended.
    pub async fn drained(&self) {
        self.app.tasks.wait().await;
    }
}

//! The session in use with its statements, and another one in its place when the cluster was away.
//!
//! The driver mends its connections by itself, and waits up to 10 s before it tries again: that
//! long an outage would go on after its end. So while no node can be reached, a session is opened
//! anew every second, until one of the two answers. Knows no request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use cart_schemas::cql::Table;
use scylla::client::session::Session;

use crate::cql::statements::Statements;
use crate::cql::{CqlSettings, OpenError, admin, session};
use crate::store::StoreError;

/// How long opening may take: preparing has no limit of its own.
const OPEN_TIMEOUT: Duration = Duration::from_secs(15);
/// The pause between two tries: a refused connection costs nothing, and a second is little beside
/// what a node takes to start.
const AGAIN_EVERY: Duration = Duration::from_secs(1);

/// The way to the cluster. Clones share it.
#[derive(Clone)]
pub(super) struct Link(Arc<Inner>);

struct Inner {
    settings: CqlSettings,
    current: RwLock<Arc<Opened>>,
    mending: AtomicBool,
}

/// A session and the statements prepared in it.
pub(super) struct Opened {
    pub(super) session: Session,
    pub(super) statements: Statements,
}

impl Opened {
    async fn open(settings: &CqlSettings) -> Result<Self, OpenError> {
        tokio::time::timeout(OPEN_TIMEOUT, Self::connect(settings))
            .await
            .map_err(|elapsed| OpenError::Unreachable(elapsed.into()))?
    }

    async fn connect(settings: &CqlSettings) -> Result<Self, OpenError> {
        let session = session::connect(settings, settings.request_timeout).await?;
        let absent = admin::absent(&session, &settings.namespace).await.map_err(open_error)?;
        if !absent.is_empty() {
            return Err(OpenError::MissingTables(absent));
        }
        let statements = Statements::prepare(&session, &settings.namespace).await?;
        Ok(Self { session, statements })
    }

    /// Whether it gets an answer: that there is no such row is one, an empty key would be refused.
    async fn answers(&self) -> bool {
        let statement = &self.statements.cells(Table::Progress).load;
        self.session.execute_unpaged(statement, ("nobody",)).await.is_ok()
    }
}

impl Link {
    /// Connects, looks for the tables and prepares every statement.
    pub(super) async fn open(settings: CqlSettings) -> Result<Self, OpenError> {
        let current = RwLock::new(Arc::new(Opened::open(&settings).await?));
        Ok(Self(Arc::new(Inner { settings, current, mending: AtomicBool::new(false) })))
    }

    /// What to ask now.
    pub(super) fn current(&self) -> Arc<Opened> {
        Arc::clone(&self.0.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says that no node could be reached.
    pub(super) fn is_cut(&self) {
        if !self.0.mending.swap(true, Ordering::AcqRel) {
            tracing::warn!("no node of the store can be reached");
            tokio::spawn(mend(Arc::downgrade(&self.0)));
        }
    }
}

/// Tries until the store answers, or nobody needs it any more.
async fn mend(link: Weak<Inner>) {
    loop {
        tokio::time::sleep(AGAIN_EVERY).await;
        let Some(link) = link.upgrade() else { return };
        if link.is_mended().await {
            link.mending.store(false, Ordering::Release);
            tracing::info!("the store can be reached again");
            return;
        }
    }
}

impl Inner {
    async fn is_mended(&self) -> bool {
        let current = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        if current.answers().await {
            return true;
        }
        match Opened::open(&self.settings).await {
            Ok(opened) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(opened);
                true
            }
            Err(error) => {
                tracing::debug!(%error, "the store cannot be opened anew yet");
                false
            }
        }
    }
}

fn open_error(error: StoreError) -> OpenError {
    match error {
        StoreError::Unavailable(source) | StoreError::Away(source) => {
            OpenError::Unreachable(source)
        }
        StoreError::Refused(source) => OpenError::Prepare(source),
    }
}

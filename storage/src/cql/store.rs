//! The port over the driver: takes a turn, sends the statement, reads the answer.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::timestamp::Timestamp;
use scylla::client::session::Session;
use scylla::response::query_result::{QueryResult, QueryRowsResult};
use scylla::response::{PagingState, PagingStateResponse};
use scylla::serialize::row::SerializeRow;
use scylla::statement::prepared::PreparedStatement;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::cql::scan::Scan;
use crate::cql::statements::Statements;
use crate::cql::{CqlSettings, OpenError, admin, fault, session};
use crate::store::{Cursor, Note, Page, Store, StoreError};

/// How long opening may take: preparing has no limit of its own.
const OPEN_TIMEOUT: Duration = Duration::from_secs(15);
/// Reads under way at once. They are many small ones of many callers, so they may be more than
/// writes, and they never wait behind them.
const READS_IN_FLIGHT: usize = 128;

/// No turn came in time.
#[derive(Debug, thiserror::Error)]
#[error("too many requests are waiting for their turn")]
struct Crowded;

/// The store in a CQL cluster. Clones share its connections and its turns.
#[derive(Clone)]
pub struct CqlStore {
    inner: Arc<Inner>,
}

struct Inner {
    session: Session,
    statements: Statements,
    reads: Semaphore,
    writes: Semaphore,
    patience: Duration,
}

impl fmt::Debug for CqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CqlStore").finish_non_exhaustive()
    }
}

impl CqlStore {
    /// Connects, looks for the tables and prepares every statement.
    ///
    /// # Errors
    /// Nobody answers, or not for us, or the tables are not there.
    pub async fn open(settings: CqlSettings) -> Result<Self, OpenError> {
        tokio::time::timeout(OPEN_TIMEOUT, Self::connect(settings))
            .await
            .map_err(|elapsed| OpenError::Unreachable(elapsed.into()))?
    }

    async fn connect(settings: CqlSettings) -> Result<Self, OpenError> {
        let session = session::connect(&settings, settings.request_timeout).await?;
        let absent = admin::absent(&session, &settings.namespace).await.map_err(open_error)?;
        if !absent.is_empty() {
            return Err(OpenError::MissingTables(absent));
        }
        let statements = Statements::prepare(&session, &settings.namespace).await?;
        Ok(Self {
            inner: Arc::new(Inner {
                session,
                statements,
                reads: Semaphore::new(READS_IN_FLIGHT),
                writes: Semaphore::new(settings.writes_in_flight),
                patience: settings.request_timeout,
            }),
        })
    }

    async fn read(
        &self,
        statement: &PreparedStatement,
        values: impl SerializeRow,
    ) -> Result<QueryRowsResult, StoreError> {
        let result = self.run(&self.inner.reads, statement, values).await?;
        result.into_rows_result().map_err(|error| StoreError::Refused(error.into()))
    }

    async fn write(
        &self,
        statement: &PreparedStatement,
        values: impl SerializeRow,
    ) -> Result<(), StoreError> {
        self.run(&self.inner.writes, statement, values).await.map(drop)
    }

    async fn run(
        &self,
        turns: &Semaphore,
        statement: &PreparedStatement,
        values: impl SerializeRow,
    ) -> Result<QueryResult, StoreError> {
        let _turn = self.turn(turns).await?;
        let answer = self.inner.session.execute_unpaged(statement, values).await;
        answer.map_err(fault::store_error)
    }

    /// Rows of a scan, as many as a node gives at once.
    async fn some_rows(
        &self,
        statement: &PreparedStatement,
        from: i64,
        state: PagingState,
    ) -> Result<(QueryRowsResult, PagingStateResponse), StoreError> {
        let _turn = self.turn(&self.inner.reads).await?;
        let answer = self.inner.session.execute_single_page(statement, (from,), state).await;
        let (rows, more) = answer.map_err(fault::store_error)?;
        let rows = rows.into_rows_result().map_err(|error| StoreError::Refused(error.into()))?;
        Ok((rows, more))
    }

    async fn turn<'a>(&self, turns: &'a Semaphore) -> Result<SemaphorePermit<'a>, StoreError> {
        match tokio::time::timeout(self.inner.patience, turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(StoreError::Unavailable(Crowded.into())),
        }
    }
}

impl Store for CqlStore {
    async fn load(&self, table: Table, key: &str) -> Result<Option<Bytes>, StoreError> {
        timed("load", async {
            let statement = &self.inner.statements.cells(table).load;
            let rows = self.read(statement, (key,)).await?;
            let row = rows.maybe_first_row::<(Option<Bytes>,)>();
            let row = row.map_err(|error| StoreError::Refused(error.into()))?;
            Ok(row.and_then(|(cell,)| cell))
        })
        .await
    }

    async fn put(
        &self,
        table: Table,
        key: &str,
        cell: Bytes,
        ts: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = &self.inner.statements.cells(table).put;
        timed("put", self.write(statement, (key, cell, ts.micros()))).await
    }

    async fn scan(
        &self,
        table: Table,
        after: Option<&Cursor>,
        limit: u16,
    ) -> Result<Page, StoreError> {
        let mut scan = Scan::new(after, limit)?;
        let (mut statement, from) = (self.inner.statements.cells(table).scan.clone(), scan.from());
        statement.set_page_size(scan.rows_at_once());
        timed("scan", async {
            let mut state = PagingState::start();
            loop {
                let (rows, more) = self.some_rows(&statement, from, state).await?;
                let room = scan.take(&rows)?;
                match more.into_paging_control_flow() {
                    ControlFlow::Continue(next) if room => state = next,
                    ControlFlow::Continue(_) => return Ok(scan.page(false)),
                    ControlFlow::Break(()) => return Ok(scan.page(room)),
                }
            }
        })
        .await
    }

    async fn note(
        &self,
        index: Index,
        slot: &str,
        entry: &str,
        ts: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = &self.inner.statements.slots(index).note;
        timed("note", self.write(statement, (slot, entry, ts.micros(), ts.micros()))).await
    }

    async fn entries(
        &self,
        index: Index,
        slot: &str,
        after: Option<&str>,
        limit: u16,
    ) -> Result<Vec<Note>, StoreError> {
        if limit == 0 {
            // CQL has no such limit.
            return Ok(Vec::new());
        }
        let limit = i32::from(limit);
        let slots = self.inner.statements.slots(index);
        timed("entries", async {
            let rows = match after {
                None => self.read(&slots.first, (slot, limit)).await?,
                Some(after) => self.read(&slots.after, (slot, after, limit)).await?,
            };
            notes(&rows)
        })
        .await
    }

    async fn drop_slot(&self, index: Index, slot: &str, ts: Timestamp) -> Result<(), StoreError> {
        let statement = &self.inner.statements.slots(index).drop_slot;
        timed("drop_slot", self.write(statement, (ts.micros(), slot))).await
    }
}

fn open_error(error: StoreError) -> OpenError {
    match error {
        StoreError::Unavailable(source) => OpenError::Unreachable(source),
        StoreError::Refused(source) => OpenError::Prepare(source),
    }
}

fn notes(rows: &QueryRowsResult) -> Result<Vec<Note>, StoreError> {
    let rows = rows.rows::<(String, i64)>().map_err(|error| StoreError::Refused(error.into()))?;
    rows.map(|row| {
        let (entry, ts) = row.map_err(|error| StoreError::Refused(error.into()))?;
        Ok(Note { entry, ts: Timestamp::from_micros(ts) })
    })
    .collect()
}

/// Measures a call as its caller sees it, waiting for a turn included.
async fn timed<T>(op: &'static str, call: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let outcome = call.await;
    metrics::histogram!("cartstream_store_seconds", "op" => op).record(begun.elapsed());
    outcome
}

//! The port over the driver: takes a turn, sends the statement, reads the answer.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::timestamp::Timestamp;
use scylla::errors::ExecutionError;
use scylla::response::query_result::{QueryResult, QueryRowsResult};
use scylla::response::{PagingState, PagingStateResponse};
use scylla::serialize::row::SerializeRow;
use scylla::statement::Consistency;
use scylla::statement::batch::{Batch, BatchType};
use scylla::statement::prepared::PreparedStatement;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::cql::link::{Link, Opened};
use crate::cql::scan::Scan;
use crate::cql::statements::Statements;
use crate::cql::{CqlSettings, OpenError, fault};
use crate::store::{Cursor, Filing, Note, Page, Store, StoreError};

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
    link: Link,
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
        let (patience, writes) = (settings.request_timeout, settings.writes_in_flight);
        let link = Link::open(settings).await?;
        let (reads, writes) = (Semaphore::new(READS_IN_FLIGHT), Semaphore::new(writes));
        Ok(Self { inner: Arc::new(Inner { link, reads, writes, patience }) })
    }

    async fn read(
        &self,
        statement: impl FnOnce(&Statements) -> &PreparedStatement,
        values: impl SerializeRow,
    ) -> Result<QueryRowsResult, StoreError> {
        let result = self.run(&self.inner.reads, statement, values).await?;
        result.into_rows_result().map_err(|error| StoreError::Refused(error.into()))
    }

    async fn write(
        &self,
        statement: impl FnOnce(&Statements) -> &PreparedStatement,
        values: impl SerializeRow,
    ) -> Result<(), StoreError> {
        self.run(&self.inner.writes, statement, values).await.map(drop)
    }

    async fn run(
        &self,
        turns: &Semaphore,
        statement: impl FnOnce(&Statements) -> &PreparedStatement,
        values: impl SerializeRow,
    ) -> Result<QueryResult, StoreError> {
        let _turn = self.turn(turns).await?;
        let opened = self.inner.link.current();
        let statement = statement(&opened.statements);
        let answer = opened.session.execute_unpaged(statement, values).await;
        answer.map_err(|error| self.failed(error))
    }

    /// What a failure means for the caller, and for the way to the cluster.
    fn failed(&self, error: ExecutionError) -> StoreError {
        if fault::is_cut(&error) {
            self.inner.link.is_cut();
        }
        fault::store_error(error)
    }

    /// Rows of a scan, as many as a node gives at once.
    async fn some_rows(
        &self,
        (opened, statement): (&Opened, &PreparedStatement),
        from: i64,
        state: PagingState,
    ) -> Result<(QueryRowsResult, PagingStateResponse), StoreError> {
        let _turn = self.turn(&self.inner.reads).await?;
        let answer = opened.session.execute_single_page(statement, (from,), state).await;
        let (rows, more) = answer.map_err(|error| self.failed(error))?;
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
            let rows = self.read(|all| &all.cells(table).load, (key,)).await?;
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
        let put = self.write(|all| &all.cells(table).put, (key, cell, ts.micros()));
        timed("put", put).await
    }

    async fn scan(
        &self,
        table: Table,
        after: Option<&Cursor>,
        limit: u16,
    ) -> Result<Page, StoreError> {
        let mut scan = Scan::new(after, limit)?;
        let opened = self.inner.link.current();
        let (mut statement, from) = (opened.statements.cells(table).scan.clone(), scan.from());
        statement.set_page_size(scan.rows_at_once());
        timed("scan", async {
            let mut state = PagingState::start();
            loop {
                let (rows, more) = self.some_rows((&opened, &statement), from, state).await?;
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
        let values = (slot, entry, ts.micros(), ts.micros());
        timed("note", self.write(|all| &all.slots(index).note, values)).await
    }

    /// One unlogged batch: nothing waits for a log of batches, and a slot's entries are one mutation.
    async fn note_all(&self, index: Index, filings: &[Filing]) -> Result<(), StoreError> {
        if filings.is_empty() {
            // CQL has no such batch.
            return Ok(());
        }
        timed("note_all", async {
            let _turn = self.turn(&self.inner.writes).await?;
            let opened = self.inner.link.current();
            let note = &opened.statements.slots(index).note;
            let mut batch = Batch::new(BatchType::Unlogged);
            batch.set_consistency(Consistency::LocalQuorum);
            batch.set_is_idempotent(true);
            filings.iter().for_each(|_| batch.append_statement(note.clone()));
            let values: Vec<_> = filings.iter().map(values).collect();
            let done = opened.session.batch(&batch, values).await;
            done.map(drop).map_err(|error| self.failed(error))
        })
        .await
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
        timed("entries", async {
            let rows = match after {
                None => self.read(|all| &all.slots(index).first, (slot, limit)).await?,
                Some(after) => {
                    self.read(|all| &all.slots(index).after, (slot, after, limit)).await?
                }
            };
            notes(&rows)
        })
        .await
    }

    async fn drop_slot(&self, index: Index, slot: &str, ts: Timestamp) -> Result<(), StoreError> {
        let drop = self.write(|all| &all.slots(index).drop_slot, (ts.micros(), slot));
        timed("drop_slot", drop).await
    }
}

/// What the statement of a note is given.
fn values(Filing { slot, note: Note { entry, ts } }: &Filing) -> (&str, &str, i64, i64) {
    (slot, entry, ts.micros(), ts.micros())
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

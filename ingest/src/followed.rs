//! A compacted topic as a table in memory, kept current for as long as the runtime lives.
//!
//! Every instance holds all of it, so that enriching a command asks nobody. Knows no row.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Debug;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use cart_storage::log::{Ack, Log, LogError, Record, Start, Tail, TailEvent, TopicPartition};
use tokio::sync::watch;

/// How long a writer waits to see its own row in this table before it goes on anyway.
const SEEN_WITHIN: Duration = Duration::from_secs(1);

/// What a table holds.
pub(crate) trait Row: Debug + Sized + Send + Sync + 'static {
    /// Its key, as the topic's records have it.
    type Key: Debug + Ord + FromStr + Send + Sync;
    /// Why bytes are no row.
    type Error: Error;

    /// The only partition: a table everybody reads whole gains nothing from more.
    const AT: TopicPartition;

    /// Reads a record's value.
    ///
    /// # Errors
    /// It is no row.
    fn decode(value: &[u8]) -> Result<Self, Self::Error>;

    /// Whether it takes the place of one that came before it.
    fn replaces(&self, old: &Self) -> bool;
}

/// The rows. Clones share one table.
#[derive(Debug)]
pub(crate) struct Followed<R: Row> {
    rows: Arc<Rows<R>>,
    /// The offset the next record will have.
    position: watch::Receiver<Position>,
}

type Rows<R> = RwLock<BTreeMap<<R as Row>::Key, Arc<R>>>;

impl<R: Row> Clone for Followed<R> {
    fn clone(&self) -> Self {
        Self { rows: Arc::clone(&self.rows), position: self.position.clone() }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Position {
    next: i64,
    /// Whether everything there was at start is read.
    live: bool,
}

impl<R: Row> Followed<R> {
    /// Reads the topic from its beginning and follows it.
    ///
    /// # Errors
    /// The log cannot be asked.
    pub(crate) async fn follow<L: Log>(log: &L) -> Result<Self, LogError> {
        let bounds = log.bounds(R::AT).await?;
        let tail = log.assign(vec![(R::AT, Start::Beginning)])?;
        let rows = Arc::new(RwLock::new(BTreeMap::new()));
        let live = bounds.start >= bounds.end;
        let (sender, position) = watch::channel(Position { next: bounds.start, live });
        tokio::spawn(follow::<R, _>(tail, Arc::clone(&rows), sender, bounds.end));
        Ok(Self { rows, position })
    }

    /// Whether everything there was at start is in the table.
    pub(crate) fn is_live(&self) -> bool {
        self.position.borrow().live
    }

    /// Waits until [`Followed::is_live`].
    pub(crate) async fn live(&self) {
        let mut position = self.position.clone();
        // A closed channel means the runtime is going down; nobody waits for the answer then.
        drop(position.wait_for(|position| position.live).await);
    }

    /// Waits a moment until what was appended is seen here.
    pub(crate) async fn seen(&self, ack: Ack) {
        let mut position = self.position.clone();
        let seen = position.wait_for(|position| position.next > ack.offset);
        // Not seen in time is still durable; the table follows.
        drop(tokio::time::timeout(SEEN_WITHIN, seen).await);
    }

    /// A row.
    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<Arc<R>>
    where
        R::Key: Borrow<Q>,
    {
        self.rows.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Every row, by key.
    pub(crate) fn all(&self) -> Vec<Arc<R>> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.values().cloned().collect()
    }

    /// Takes a row that was told otherwise, ahead of the topic.
    pub(crate) fn take(&self, key: R::Key, row: R) {
        put(&self.rows, key, row);
    }
}

async fn follow<R: Row, T: Tail>(
    mut tail: T,
    rows: Arc<Rows<R>>,
    position: watch::Sender<Position>,
    end_at_start: i64,
) {
    loop {
        match tail.next().await {
            TailEvent::Records(_, records) => {
                let Some(last) = records.last().map(|record| record.offset) else { continue };
                records.iter().for_each(|record| take(&rows, record));
                let next = last + 1;
                position.send_modify(|at| {
                    *at = Position { next, live: at.live || next >= end_at_start }
                });
            }
            TailEvent::Trouble(error) => {
                tracing::debug!(topic = %R::AT.topic, %error, "a table's tail has trouble");
            }
            TailEvent::Ended(error) => {
                if let Some(error) = error {
                    tracing::error!(topic = %R::AT.topic, %error, "a table is no longer followed");
                }
                position.send_modify(|at| at.live = false);
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

fn take<R: Row>(rows: &Rows<R>, record: &Record) {
    let (topic, offset) = (R::AT.topic, record.offset);
    let key = record.key.as_deref().and_then(|key| std::str::from_utf8(key).ok()?.parse().ok());
    let Some(key) = key else {
        tracing::warn!(%topic, offset, "a record of a table has no key of it");
        return;
    };
    match record.value.as_deref().map(R::decode) {
        None => {
            rows.write().unwrap_or_else(PoisonError::into_inner).remove(&key);
        }
        Some(Ok(row)) => put(rows, key, row),
        Some(Err(error)) => {
            tracing::warn!(%topic, offset, %error, "a record of a table is no row of it");
        }
    }
}

fn put<R: Row>(rows: &Rows<R>, key: R::Key, row: R) {
    let mut rows = rows.write().unwrap_or_else(PoisonError::into_inner);
    if rows.get(&key).is_none_or(|old| row.replaces(old)) {
        rows.insert(key, Arc::new(row));
    }
}

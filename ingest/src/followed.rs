//! A compacted topic as a table in memory, kept current for as long as somebody has it.
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
    type Key: Debug + Clone + Ord + FromStr + Send + Sync;
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
        Self::follow_and(log, |_| ()).await
    }

    /// Does the same, and calls `changed` with the key of each row that the topic changed.
    ///
    /// # Errors
    /// The log cannot be asked.
    pub(crate) async fn follow_and<L: Log>(
        log: &L,
        changed: impl Fn(R::Key) + Send + 'static,
    ) -> Result<Self, LogError> {
        let bounds = log.bounds(R::AT).await?;
        let tail = log.assign(vec![(R::AT, Start::Beginning)])?;
        let rows = Arc::new(RwLock::new(BTreeMap::new()));
        let live = bounds.start >= bounds.end;
        let (sender, position) = watch::channel(Position { next: bounds.start, live });
        let table = Table { rows: Arc::clone(&rows), position: sender, changed };
        tokio::spawn(table.follow(tail, bounds.end));
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

    /// Waits until everything before this offset is in the table, or the table is followed no longer.
    pub(crate) async fn reached(&self, end: i64) {
        let mut position = self.position.clone();
        drop(position.wait_for(|position| position.next >= end).await);
    }

    /// A row.
    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<Arc<R>>
    where
        R::Key: Borrow<Q>,
    {
        self.rows.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Every row and its key, in their order.
    pub(crate) fn all(&self) -> Vec<(R::Key, Arc<R>)> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.iter().map(|(key, row)| (key.clone(), Arc::clone(row))).collect()
    }

    /// The rows from this key on for as long as `is_of` says so, by key.
    pub(crate) fn run(&self, from: &R::Key, is_of: impl Fn(&R::Key) -> bool) -> Vec<Arc<R>> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        let run = rows.range(from..).take_while(|(key, _)| is_of(key));
        run.map(|(_, row)| Arc::clone(row)).collect()
    }

    /// Takes a row that was told otherwise, ahead of the topic.
    pub(crate) fn take(&self, key: R::Key, row: R) {
        put(&self.rows, key, row);
    }
}

/// The writing side of a table.
struct Table<R: Row, C> {
    rows: Arc<Rows<R>>,
    position: watch::Sender<Position>,
    /// Called with the key of a row once it is another.
    changed: C,
}

impl<R: Row, C: Fn(R::Key) + Send> Table<R, C> {
    /// Follows the topic until nobody reads the table any more.
    async fn follow<T: Tail>(self, mut tail: T, end_at_start: i64) {
        loop {
            let event = tokio::select! {
                () = self.position.closed() => return,
                event = tail.next() => event,
            };
            match event {
                TailEvent::Records(_, records) => {
                    let Some(last) = records.last().map(|record| record.offset) else { continue };
                    records.iter().for_each(|record| self.take(record));
                    let next = last + 1;
                    self.position.send_modify(|at| {
                        *at = Position { next, live: at.live || next >= end_at_start }
                    });
                }
                TailEvent::Trouble(error) => {
                    tracing::debug!(topic = %R::AT.topic, %error, "a table's tail has trouble");
                }
                TailEvent::Ended(error) => {
                    if let Some(error) = error {
                        let topic = R::AT.topic;
                        tracing::error!(%topic, %error, "a table is no longer followed");
                    }
                    self.position.send_modify(|at| at.live = false);
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

    fn take(&self, record: &Record) {
        let (topic, offset) = (R::AT.topic, record.offset);
        let key = record.key.as_deref();
        let key = key.and_then(|key| std::str::from_utf8(key).ok()?.parse::<R::Key>().ok());
        let Some(key) = key else {
            tracing::warn!(%topic, offset, "a record of a table has no key of it");
            return;
        };
        match record.value.as_deref().map(R::decode) {
            None => {
                self.rows.write().unwrap_or_else(PoisonError::into_inner).remove(&key);
            }
            Some(Ok(row)) => put(&self.rows, key.clone(), row),
            Some(Err(error)) => {
                tracing::warn!(%topic, offset, %error, "a record of a table is no row of it");
                return;
            }
        }
        (self.changed)(key);
    }
}

fn put<R: Row>(rows: &Rows<R>, key: R::Key, row: R) {
    let mut rows = rows.write().unwrap_or_else(PoisonError::into_inner);
    if rows.get(&key).is_none_or(|old| row.replaces(old)) {
        rows.insert(key, Arc::new(row));
    }
}

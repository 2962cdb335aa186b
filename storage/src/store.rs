//! The port to the store: one cell per key, last timestamp wins, and insert-only indexes.

use std::future::Future;

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::timestamp::Timestamp;

use crate::log::Source;

/// The store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It did not answer, or not in time, or too few replicas did. A write may have happened or
    /// may happen later: send the same bytes again.
    #[error("the store does not answer")]
    Unavailable(#[source] Source),
    /// No node could be reached, or the connection broke before the answer. A write may have
    /// happened. Where every copy was in one place that went down, what was acknowledged just
    /// before may be gone: see [`Self::may_have_forgotten`].
    #[error("the store is away")]
    Away(#[source] Source),
    /// It answered that it never will: a missing table, a malformed value, no permission.
    #[error("the store refuses the request")]
    Refused(#[source] Source),
}

/// What to do about a [`StoreError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// The same request, later.
    Retry,
    /// An operator is needed.
    Stop,
}

impl StoreError {
    /// What to do about it.
    #[must_use]
    pub const fn disposition(&self) -> Disposition {
        match self {
            Self::Unavailable(_) | Self::Away(_) => Disposition::Retry,
            Self::Refused(_) => Disposition::Stop,
        }
    }

    /// Whether what the store acknowledged before may be gone when it is back. A node that syncs
    /// its log now and then (Cassandra's `commitlog_sync: periodic`) acknowledges what a kill takes
    /// away; only another replica has it then.
    #[must_use]
    pub const fn may_have_forgotten(&self) -> bool {
        match self {
            Self::Away(_) => true,
            Self::Unavailable(_) | Self::Refused(_) => false,
        }
    }
}

/// An entry of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The entry.
    pub entry: String,
    /// The largest timestamp it was noted at.
    pub ts: Timestamp,
}

/// A note and the slot it belongs into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filing {
    /// The slot.
    pub slot: String,
    /// The note.
    pub note: Note,
}

/// Slots of one [`Store::note_all`]: Cassandra warns of batches over more than ten partitions
/// (`unlogged_batch_across_partitions_warn_threshold`).
pub const FILING_SLOTS: usize = 10;
/// Bytes of one [`Store::note_all`], where one entry alone does not have more: Cassandra warns of
/// batches above 5 KiB (`batch_size_warn_threshold`).
pub const FILING_BYTES: usize = 4 * 1024;

/// A page of a scan ends with the row at which its cells come to this many bytes: few enough to hold
/// several pages, many enough that a round trip is worth it. One cell alone may be larger.
pub const PAGE_BYTES: usize = 1024 * 1024;

/// A place in a scan, as its engine names it. The text may be kept and used by a later process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// A cursor made by an engine, or one that was kept.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A cell as a scan finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its key.
    pub key: String,
    /// The cell.
    pub cell: Bytes,
    /// The timestamp it was written at.
    pub ts: Timestamp,
}

/// Some rows of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The rows, in an order of the engine's own.
    pub rows: Vec<Row>,
    /// Where to go on; `None` once everything was read.
    pub next: Option<Cursor>,
}

/// Cells by key and sorted entries by slot.
///
/// Reads see every write acknowledged before them. A method's future must be awaited to the end
/// for its outcome to be known; dropping it leaves the request in flight.
pub trait Store: Clone + Send + Sync + 'static {
    /// The cell at `key`, `None` if there never was one.
    fn load(
        &self,
        table: Table,
        key: &str,
    ) -> impl Future<Output = Result<Option<Bytes>, StoreError>> + Send;

    /// Writes a cell at a timestamp. The highest timestamp wins whatever the order of arrival; at
    /// an equal one the same bytes change nothing. Idempotent, so it may be sent again.
    fn put(
        &self,
        table: Table,
        key: &str,
        cell: Bytes,
        ts: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Up to `limit` rows of a table (0 is taken for 1), fewer where they come to [`PAGE_BYTES`],
    /// after the place `after`; from the beginning without one.
    ///
    /// Followed from page to page, every key that was there before the first page comes exactly
    /// once, with what its cell was at some moment since; a key written meanwhile comes once or
    /// not at all. A scan may be resumed from any of its cursors, for as long as there is the table.
    fn scan(
        &self,
        table: Table,
        after: Option<&Cursor>,
        limit: u16,
    ) -> impl Future<Output = Result<Page, StoreError>> + Send;

    /// Notes an entry of up to 48 KiB in a slot. Idempotent; the highest timestamp is kept.
    fn note(
        &self,
        index: Index,
        slot: &str,
        entry: &str,
        ts: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Notes several entries, where the engine can at less cost than one by one. Whoever sees one sees those before it in
    /// the same slot, but maybe not those of other slots; after an error some may be there.
    /// Idempotent. [`FILING_SLOTS`] and [`FILING_BYTES`] are how many a cluster takes gladly.
    fn note_all(
        &self,
        index: Index,
        filings: &[Filing],
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async move {
            for Filing { slot, note } in filings {
                self.note(index, slot, &note.entry, note.ts).await?;
            }
            Ok(())
        }
    }

    /// Up to `limit` entries of a slot after `after`, in the order of their bytes.
    fn entries(
        &self,
        index: Index,
        slot: &str,
        after: Option<&str>,
        limit: u16,
    ) -> impl Future<Output = Result<Vec<Note>, StoreError>> + Send;

    /// Drops every entry of a slot noted at or before `ts`; those noted later stay. An entry
    /// noted again at or before `ts` stays dropped for as long as commands are kept, so that a
    /// replay cannot bring it back.
    fn drop_slot(
        &self,
        index: Index,
        slot: &str,
        ts: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

//! Reads a cart's history: the index, the cart's row, and the snapshot it came with.

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::id::{CartId, CartKey};
use cart_schemas::record::{CartRecord, DecodeError};
use cart_schemas::reply::Snapshot;
use cart_storage::store::{Store, StoreError};

use super::entry::{self, InvalidEntry, Kept, SLOT_VERSIONS};
use super::gathering::Gathering;
use super::join::{Known, PAGE_BYTES, PAGE_EVENTS, Page, begins_late, join, last_whole};

/// Entries asked for at a time: of the usual ones 128 KiB, of the largest 4 MiB.
const ENTRIES_AT_ONCE: u16 = 128;
/// Slots looked into for one page. Only where thousands of versions are gone are so many empty.
const SLOTS_MAX: u64 = 64;

/// A history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The store did not answer.
    #[error("the store does not tell a history")]
    Store(#[from] StoreError),
    /// The cart's row was written by another build.
    #[error("the row of a history's cart cannot be decoded")]
    Record(#[from] DecodeError),
    /// The snapshot the cart came with cannot be read.
    #[error("the snapshot of a history's cart cannot be decoded")]
    Snapshot(#[source] serde_json::Error),
    /// An entry was written by another build.
    #[error("a history cannot be read")]
    Entry(#[from] InvalidEntry),
    /// An event was written by another build.
    #[error("an event of a history cannot be decoded")]
    Event(#[source] serde_json::Error),
    /// Events that were announced are not kept yet.
    #[error("a history is not kept up to where it was asked for yet")]
    Behind,
}

/// The events of a cart that follow a version; none of a cart nobody has seen.
///
/// A page is bounded and has whole versions only. It sees every event of a change that was answered
/// before it was asked for, or says with [`Page::next`] that more will follow.
///
/// # Errors
/// See [`HistoryError`].
pub async fn page<S: Store>(store: &S, key: &CartKey, after: u64) -> Result<Page, HistoryError> {
    match Chronicle::open(store, key).await? {
        Some(chronicle) => chronicle.page(after).await,
        None => Ok(Page::default()),
    }
}

/// One cart's row, and where the rest of its history lies.
#[derive(Debug)]
pub(super) struct Chronicle<'a, S> {
    store: &'a S,
    key: &'a CartKey,
    pub(super) cart: CartId,
    pub(super) record: CartRecord,
    ledger: Vec<Kept>,
}

impl<'a, S: Store> Chronicle<'a, S> {
    /// Reads the row, before anything else: what is kept since is more, never less.
    pub(super) async fn open(store: &'a S, key: &'a CartKey) -> Result<Option<Self>, HistoryError> {
        let cell: Option<Bytes> = store.load(Table::Carts, key.as_str()).await?;
        let Some(cell) = cell else { return Ok(None) };
        let record = CartRecord::decode(&cell)?;
        let events = record.ledger.iter().flat_map(|entry| &entry.events);
        let ledger = events.map(Kept::from).collect();
        Ok(Some(Self { store, key, cart: record.cart_id(key), record, ledger }))
    }

    /// The page after a version.
    ///
    /// What is missing is believed to be missing only when it was looked for again after whatever
    /// follows it was seen: a cart's events are kept in their order, but a look is not one moment.
    pub(super) async fn page(&self, after: u64) -> Result<Page, HistoryError> {
        if after >= self.record.version {
            return Ok(Page::default());
        }
        let mut kept = self.kept(after).await?;
        let (mut settled, mut floor) = (0, 0);
        if begins_late(after, &kept) {
            settled = last_whole(kept);
            kept = self.kept(after).await?;
            floor = self.snapshot().await?.map_or(0, |snapshot| snapshot.version);
        }
        let (ledger, newest) = (self.ledger.clone(), self.record.version);
        Ok(join(after, Known { kept, settled, ledger, floor, newest }))
    }

    /// The snapshot the cart came with, if it came from another installation.
    pub(super) async fn snapshot(&self) -> Result<Option<Snapshot>, HistoryError> {
        let cell = self.store.load(Table::Snapshots, self.key.as_str()).await?;
        cell.map(|cell| Snapshot::decode(&cell)).transpose().map_err(HistoryError::Snapshot)
    }

    /// What is kept after a version: a page of it, or all there is.
    async fn kept(&self, after: u64) -> Result<Vec<Kept>, HistoryError> {
        let first = after.saturating_add(1);
        let last = self.record.version.min(first.saturating_add(SLOTS_MAX * SLOT_VERSIONS));
        let slots = first / SLOT_VERSIONS..=last / SLOT_VERSIONS;
        let mut gathering = Gathering::default();
        let mut place = Some(entry::end_of(after));
        for slot in slots {
            let slot = entry::slot(self.cart, slot.saturating_mul(SLOT_VERSIONS));
            self.gather(&slot, place.take(), &mut gathering).await?;
            if is_enough(&gathering) {
                break;
            }
        }
        Ok(gathering.into_kept())
    }

    async fn gather(
        &self,
        slot: &str,
        mut after: Option<String>,
        gathering: &mut Gathering,
    ) -> Result<(), HistoryError> {
        loop {
            let entries =
                self.store.entries(Index::History, slot, after.as_deref(), ENTRIES_AT_ONCE);
            let notes = entries.await?;
            for note in &notes {
                gathering.take(&note.entry)?;
            }
            if notes.len() < usize::from(ENTRIES_AT_ONCE) || is_enough(gathering) {
                return Ok(());
            }
            after = notes.into_iter().next_back().map(|note| note.entry);
        }
    }
}

/// Whether there is a page: as much as one may have, and one version at least.
fn is_enough(gathering: &Gathering) -> bool {
    let (events, bytes) = gathering.size();
    (events >= PAGE_EVENTS || bytes >= PAGE_BYTES) && gathering.has_a_version()
}

//! The store of a trace: one cell of which the last timestamp wins, the progress row, the index of
//! timers. Late and repeated writes are the trace's business.

use std::collections::BTreeMap;

use bytes::Bytes;
use cart_processor::timers::{Slot, Timer};
use cart_schemas::record::{CartRecord, Progress};
use cart_schemas::timestamp::Timestamp;
use cart_storage::store::Note;

/// What a slot of the index holds.
#[derive(Debug, Default)]
struct Entries {
    noted: BTreeMap<String, Timestamp>,
    dropped: Option<Timestamp>,
}

/// What is stored.
#[derive(Debug, Default)]
pub(crate) struct Store {
    cell: Option<(Timestamp, Bytes)>,
    progress: Option<Progress>,
    slots: BTreeMap<String, Entries>,
    /// The slot the next owner's scanner begins at.
    pub(crate) cursor: Slot,
}

impl Store {
    /// The cart's cell.
    pub(crate) fn cell(&self) -> Option<Bytes> {
        self.cell.as_ref().map(|(_, bytes)| bytes.clone())
    }

    /// What a read of the cart sees.
    pub(crate) fn cart(&self) -> CartRecord {
        self.cell().map_or_else(CartRecord::default, |bytes| CartRecord::decode(&bytes).unwrap())
    }

    /// The last timestamp wins. Of two at one timestamp the store may keep either; here it is the
    /// one that does more harm, which is the late one.
    pub(crate) fn put(&mut self, ts: Timestamp, bytes: Bytes) {
        if self.cell.as_ref().is_none_or(|(stored, _)| *stored <= ts) {
            self.cell = Some((ts, bytes));
        }
    }

    /// The progress row.
    pub(crate) fn progress(&self) -> Option<Progress> {
        self.progress.clone()
    }

    pub(crate) fn mark(&mut self, progress: Progress) {
        if self.progress.as_ref().is_none_or(|stored| stored.ts <= progress.ts) {
            self.progress = Some(progress);
        }
    }

    pub(crate) fn note(&mut self, slot: String, timer: &Timer) {
        let slot = self.slots.entry(slot).or_default();
        let ts = slot.noted.entry(timer.entry()).or_default();
        *ts = timer.ts.max(*ts);
    }

    /// A slot's live entries after one.
    pub(crate) fn entries(&self, slot: &str, after: Option<&str>) -> Vec<Note> {
        let Some(slot) = self.slots.get(slot) else { return Vec::new() };
        let live = |entry: &str, ts: Timestamp| {
            slot.dropped < Some(ts) && after.is_none_or(|after| entry > after)
        };
        let notes = slot.noted.iter().filter(|(entry, ts)| live(entry, **ts));
        notes.map(|(entry, ts)| Note { entry: entry.clone(), ts: *ts }).collect()
    }

    /// Drops what a slot holds up to this timestamp, and what comes at it or before it later.
    pub(crate) fn drop_slot(&mut self, slot: &str, at: Timestamp) {
        let slot = self.slots.entry(slot.to_owned()).or_default();
        slot.dropped = slot.dropped.max(Some(at));
    }

    /// The timers that are live anywhere, with the timestamp each was armed at.
    pub(crate) fn timers(&self) -> Vec<(Timestamp, Timestamp)> {
        let notes = self.slots.keys().flat_map(|slot| self.entries(slot, None));
        notes.map(|note| (Timer::parse(&note.entry).unwrap().0, note.ts)).collect()
    }
}

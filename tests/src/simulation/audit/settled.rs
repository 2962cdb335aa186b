//! What must be true once everything is calm: all of it decided, stored, told and armed. This is
//! the one look at everything.

use std::collections::BTreeMap;

use cart_schemas::cql::{Index, Table};
use cart_schemas::record::CartRecord;
use cart_schemas::timestamp::Timestamp;

use super::record::difference;
use super::timers::{entry, slot_number};
use super::{Audit, Broken, Invariant};
use crate::simulation::plan::GENERATION;
use crate::simulation::shadow::{CartHistory, Verdict};

/// How long after its time a timer may still be on its way, in seconds: a scanner whose clock is
/// behind, its period, and a take-over.
pub(super) const LATE_SECONDS: u32 = 240;

/// Timers in slots that are still to be scanned: entry to the latest timestamp it was noted at.
type Armed = BTreeMap<String, Timestamp>;

impl Audit {
    /// Every event and every dead letter has landed.
    pub(super) fn everything_is_told(&self) -> Result<(), Broken> {
        for history in self.shadow.carts() {
            let change = history.change(history.version());
            let missing = change.filter(|change| !self.facts.has_all_of(history, change));
            Invariant::NothingLost.holds(missing.is_none(), || {
                let last = self.facts.last(history.key());
                format!("{}: after {last:?} nothing landed: {missing:?}", history.key())
            })?;
        }
        for (partition, offset) in self.originals.keys() {
            let landed = self.facts.has_letter(*partition, *offset);
            Invariant::DeadLetters
                .holds(landed, || format!("commands/{partition}@{offset} has no letter"))?;
        }
        Ok(())
    }

    /// Every record before one of a newer build is decided, and every decision stored.
    pub(super) fn everything_is_done(&mut self) -> Result<(), Broken> {
        for partition in self.count.partitions() {
            let ours = |verdict: &&Verdict| !matches!(verdict, Verdict::Newer | Verdict::Unreached);
            let reach = self.shadow.verdicts(partition).iter().take_while(ours).count();
            self.done_to(partition, i64::try_from(reach).unwrap_or(i64::MAX))?;
        }
        Ok(())
    }

    /// On every quorum, the row of every cart is the record after its last decision.
    pub(super) fn every_row_is_the_last(&self) -> Result<(), Broken> {
        for history in self.shadow.carts() {
            let key = history.key().as_str();
            for read in self.world.quorum_reads(Table::Carts, key) {
                if let Some(what) = row_differs(history, read.as_ref().map(|(cell, _)| &cell[..])) {
                    return Err(Invariant::Fold.broken(format!("in the end, {key}: {what}")));
                }
            }
        }
        Ok(())
    }

    /// No cart still waits for a timer whose time is long past.
    pub(super) fn everything_due_was_woken(&self, now: Timestamp) -> Result<(), Broken> {
        for history in self.shadow.carts() {
            let Some(last) = history.last() else { continue };
            let late = last.timer.filter(|timer| timer.due.plus_seconds(LATE_SECONDS) < now);
            Invariant::EverythingDueIsWoken.holds(late.is_none(), || {
                format!("at {}, {} still waits for {late:?}", now.micros(), history.key())
            })?;
        }
        Ok(())
    }

    /// Every timer a cart counts on lies where a scanner will still find it.
    pub(super) fn everything_else_will_be(&self) -> Result<(), Broken> {
        let armed = self.armed();
        for history in self.shadow.carts() {
            let Some(timer) = history.last().and_then(|last| last.timer) else { continue };
            let entry = entry(history.key(), timer.due);
            let noted = armed.get(&entry).is_some_and(|ts| *ts >= timer.since);
            Invariant::EverythingDueIsWoken.holds(noted, || {
                format!("{} counts on {timer:?}, which nobody will find", history.key())
            })?;
        }
        Ok(())
    }

    /// Every timer in a slot at or after its partition's scanner. A partition without a cursor is
    /// scanned from the beginning.
    fn armed(&self) -> Armed {
        let mut cursors: BTreeMap<u16, i64> = BTreeMap::new();
        for partition in self.count.partitions() {
            let key = format!("{}/{GENERATION}/{partition}", Index::Timers.name());
            let cell = self.world.cell(Table::Progress, &key);
            let text = cell.and_then(|(cell, _)| String::from_utf8(cell.to_vec()).ok());
            let cursor = text.and_then(|text| text.parse().ok());
            cursors.insert(partition.number(), cursor.unwrap_or(i64::MIN));
        }
        let mut armed = Armed::new();
        for slot in self.world.slots(Index::Timers) {
            let Some((partition, number)) = slot_number(&slot) else { continue };
            if cursors.get(&partition).is_none_or(|cursor| number < *cursor) {
                continue;
            }
            for note in self.world.notes(Index::Timers, &slot) {
                let latest = armed.entry(note.entry).or_insert(note.ts);
                *latest = note.ts.max(*latest);
            }
        }
        armed
    }
}

/// What about a row is not the record after its cart's last decision.
fn row_differs(history: &CartHistory, cell: Option<&[u8]>) -> Option<String> {
    let Some(last) = history.last() else {
        return cell.map(|_| "it has a row and no decision".to_owned());
    };
    match cell.map(CartRecord::decode) {
        None => Some("it has no row".to_owned()),
        Some(Err(error)) => Some(error.to_string()),
        Some(Ok(record)) => difference(&record, history, last.number),
    }
}

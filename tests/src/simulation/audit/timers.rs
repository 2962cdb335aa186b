//! A timer was noted or a slot dropped: no cart may be left without the timer it counts on.

use std::collections::BTreeMap;

use cart_schemas::id::CartKey;
use cart_schemas::timestamp::Timestamp;
use cart_storage::store::Note;

use super::cells::Cells;
use super::{Broken, Invariant};
use crate::simulation::plan::GENERATION;
use crate::simulation::shadow::{Decision, Shadow, Timer};

/// How much due time a slot covers, in microseconds.
const SLOT: i64 = 5 * 60 * 1_000_000;

/// Every note there ever was, and up to when slots were dropped.
#[derive(Debug, Clone, Default)]
pub(super) struct Timers {
    /// By slot, then entry, then timestamp: on which replicas it was noted.
    noted: BTreeMap<String, BTreeMap<String, BTreeMap<Timestamp, u8>>>,
    /// By entry: the slots it was noted in.
    slots: BTreeMap<String, Vec<String>>,
    /// By slot: the latest timestamp it was dropped at.
    dropped: BTreeMap<String, Timestamp>,
}

/// The entry of a cart's timer.
pub(super) fn entry(cart: &CartKey, due: Timestamp) -> String {
    format!("{:020}|{cart}", due.micros().max(0))
}

/// The due time and the cart of an entry.
pub(super) fn parse(entry: &str) -> Option<(Timestamp, CartKey)> {
    let (due, cart) = entry.split_once('|')?;
    Some((Timestamp::from_micros(due.parse().ok()?), cart.parse().ok()?))
}

/// The partition and the number of a slot of this generation.
pub(super) fn slot_number(slot: &str) -> Option<(u16, i64)> {
    let mut parts = slot.strip_prefix(&format!("{GENERATION}/"))?.split('/');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn broken(what: String) -> Broken {
    Invariant::EverythingDueIsWoken.broken(what)
}

impl Timers {
    /// A replica has a note. One decision armed it, and it lies in its cart's partition and in no
    /// slot before its due time's or its decision's.
    pub(super) fn noted(
        &mut self,
        shadow: &Shadow,
        replica: u8,
        slot: &str,
        note: &Note,
    ) -> Result<(), Broken> {
        let at = format!("the timer {} at {} in {slot}", note.entry, note.ts.micros());
        let (due, cart) = parse(&note.entry).ok_or_else(|| broken(format!("{at}: no timer")))?;
        let history = shadow.cart(&cart).ok_or_else(|| broken(format!("{at}: of no cart")))?;
        let armed = history.decisions().get(history.decided_by(note.ts).saturating_sub(1));
        let timer = Timer { due, since: note.ts };
        if armed.is_none_or(|decision| decision.timer != Some(timer)) {
            return Err(broken(format!("{at}: nobody armed it")));
        }
        let first = due.max(note.ts).micros().div_euclid(SLOT);
        let partition = history.partition().number();
        let found = slot_number(slot).filter(|(of, number)| *of == partition && *number >= first);
        if found.is_none() {
            return Err(broken(format!("{at}: its slot is {partition}/{first}")));
        }
        let entries = self.noted.entry(slot.to_owned()).or_default();
        if !entries.contains_key(&note.entry) {
            self.slots.entry(note.entry.clone()).or_default().push(slot.to_owned());
        }
        let times = entries.entry(note.entry.clone()).or_default();
        *times.entry(note.ts).or_default() |= 1 << replica;
        Ok(())
    }

    /// The record after a decision was stored: the timer it counts on is noted at a quorum by now,
    /// and not dropped.
    pub(super) fn armed(&self, decision: &Decision) -> Result<(), Broken> {
        let Some(timer) = decision.timer else { return Ok(()) };
        let entry = entry(&decision.cart, timer.due);
        Invariant::EverythingDueIsWoken.holds(self.is_live(&entry, timer.since), || {
            format!("{} is stored and its timer {entry} is not noted: {decision:?}", decision.cart)
        })
    }

    /// A slot was dropped: no stored cart may have counted on it alone.
    pub(super) fn dropped(
        &mut self,
        shadow: &Shadow,
        cells: &Cells,
        slot: &str,
        at: Timestamp,
    ) -> Result<(), Broken> {
        let dropped = self.dropped.entry(slot.to_owned()).or_default();
        *dropped = at.max(*dropped);
        let noted = self.noted.get(slot).into_iter().flatten();
        let gone = noted.filter(|(_, times)| times.range(..=at).next().is_some());
        for (entry, _) in gone {
            let Some((due, cart)) = parse(entry) else { continue };
            let last = shadow.cart(&cart).and_then(|history| history.last());
            let timer = last.and_then(|decision| decision.timer);
            let Some(timer) = timer.filter(|timer| timer.due == due) else { continue };
            let armed = shadow.cart(&cart).map_or(0, |history| history.decided_by(timer.since));
            let stored = cells.decided(&cart) >= armed;
            if stored && !self.is_live(entry, timer.since) {
                let at = at.micros();
                return Err(broken(format!(
                    "{slot} was dropped at {at}, and {cart} needs {entry}"
                )));
            }
        }
        Ok(())
    }

    /// Whether a note of this timestamp lies at a quorum in a slot that was not dropped since.
    fn is_live(&self, entry: &str, since: Timestamp) -> bool {
        self.slots.get(entry).into_iter().flatten().any(|slot| {
            let times = self.noted.get(slot).and_then(|entries| entries.get(entry));
            let replicas = times.and_then(|times| times.get(&since)).copied().unwrap_or(0);
            let kept = self.dropped.get(slot).is_none_or(|dropped| *dropped < since);
            kept && replicas.count_ones() >= 2
        })
    }
}

//! The names of timers in the index: which slot, which entry. Pure; knows no index and no clock.

use cart_schemas::cql::Index;
use cart_schemas::generation::Generation;
use cart_schemas::id::CartKey;
use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;

pub mod scanner;

/// How much due time a slot covers: short enough to be read whole, long enough that a quiet shop
/// does not read hundreds of empty ones.
const SLOT_MICROS: i64 = 5 * 60 * 1_000_000;

/// An armed timer: one entry of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// The cart it wakes.
    pub cart: CartKey,
    /// When.
    pub due: Timestamp,
    /// The `ts` of the decision that armed it.
    pub ts: Timestamp,
}

/// Five minutes of due time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Slot(i64);

impl Slot {
    /// The slot `time` lies in.
    #[must_use]
    pub const fn at(time: Timestamp) -> Self {
        Self(time.micros().div_euclid(SLOT_MICROS))
    }

    /// A slot read back by its number.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The first time after it.
    #[must_use]
    pub const fn end(self) -> Timestamp {
        Timestamp::from_micros(self.0.saturating_add(1).saturating_mul(SLOT_MICROS))
    }

    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Where the timers of one partition lie. A log's timers are its own: another generation's scanner
/// looks elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shelf {
    /// The log's generation.
    pub generation: Generation,
    /// Its partition.
    pub partition: Partition,
}

impl Shelf {
    /// The name of a slot in the index.
    #[must_use]
    pub fn slot(self, slot: Slot) -> String {
        format!("{}/{}/{}", self.generation, self.partition, slot.number())
    }

    /// The key of the row that says where scanning goes on.
    #[must_use]
    pub fn cursor(self) -> String {
        format!("{}/{}/{}", Index::Timers.name(), self.generation, self.partition)
    }
}

impl Timer {
    /// The slot it is noted in: that of its due time, but never one before its own decision's, so
    /// that a scanner which has passed a time finds no timer armed behind it.
    #[must_use]
    pub fn slot(&self) -> Slot {
        Slot::at(self.due.max(self.ts))
    }

    /// Its entry: sorts by due time, then by cart.
    #[must_use]
    pub fn entry(&self) -> String {
        format!("{:020}|{}", self.due.micros().max(0), self.cart)
    }

    /// The due time and the cart of an entry.
    #[must_use]
    pub fn parse(entry: &str) -> Option<(Timestamp, CartKey)> {
        let (due, cart) = entry.split_once('|')?;
        Some((Timestamp::from_micros(due.parse().ok()?), cart.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timer(due: i64, ts: i64) -> Timer {
        let (due, ts) = (Timestamp::from_micros(due), Timestamp::from_micros(ts));
        Timer { cart: "user123".parse().unwrap(), due, ts }
    }

    #[test]
    fn entries_sort_by_due_time_and_are_read_back() {
        let (early, late) = (timer(9_000_000, 1), timer(10_000_000, 1));

        assert!(early.entry() < late.entry());
        assert_eq!(Timer::parse(&early.entry()), Some((early.due, early.cart)));
    }

    #[test]
    fn no_timer_is_noted_in_a_slot_before_its_own_decision() {
        let armed_late = timer(SLOT_MICROS / 2, 3 * SLOT_MICROS);

        assert_eq!(armed_late.slot(), Slot::from_number(3));
        assert_eq!(timer(5 * SLOT_MICROS, 3).slot(), Slot::from_number(5));
    }
}

//! Finds the timers of one partition that came due, and drops the slots that are done with.
//!
//! Without I/O or clock, like the worker: ticks and answers go in, one effect at a time comes out.

use std::collections::{BTreeMap, HashMap};

use cart_schemas::timestamp::Timestamp;
use cart_storage::store::Note;

use super::{Shelf, Slot, Timer};
use crate::defects::{Defect, Defects, NoDefects};

/// Entries read at a time.
pub const PAGE: u16 = 500;
/// How long after its end a slot may still get entries: the broker's clock, which armed them, may
/// lag behind this one by less.
const GRACE_SECONDS: u32 = 60;

/// What the scanner wants done.
#[derive(Debug, PartialEq, Eq)]
pub enum Ask {
    /// Read the end of the partition's log.
    End,
    /// Read a page of a slot's entries.
    Read {
        /// The slot's name.
        slot: String,
        /// The entry to read on from.
        after: Option<String>,
    },
    /// Append a Wake for each of these timers to the partition.
    Wake(Vec<Timer>),
    /// Say that no timer may be noted before this slot any more. What was noted before that is
    /// found by one more look.
    Leave(Slot),
    /// Drop a slot at this timestamp, then remember that scanning goes on at the next one.
    Drop {
        /// The slot's name.
        slot: String,
        /// The largest timestamp it held; `None` if it was empty and there is nothing to drop.
        at: Option<Timestamp>,
        /// The slot to go on with.
        next: Slot,
    },
}

/// What came of it.
#[derive(Debug)]
pub enum Answer {
    /// The log's end.
    End(i64),
    /// A page of entries.
    Page(Vec<Note>),
    /// The Wakes are appended, the last of them at this offset.
    Woken(Option<i64>),
    /// Nothing is noted before the slot any more.
    Left,
    /// The slot is dropped.
    Dropped,
}

/// One look at the slots from the oldest one kept to the present one.
#[derive(Debug, Default)]
struct Pass {
    slot: Slot,
    after: Option<String>,
    all_read: bool,
    found_unsent: bool,
}

/// What is known of a slot.
#[derive(Debug, Default)]
struct Seen {
    /// The timers whose Wakes are appended, each at the timestamp it was armed with.
    sent: HashMap<String, Timestamp>,
    /// The largest timestamp found.
    newest: Option<Timestamp>,
}

/// The scanner of one partition. The oldest slot is dropped only when its time is long past,
/// everything that could still arm a timer in it has been decided, nothing is noted in it any more,
/// and a whole look after that found only timers whose Wakes have been decided too.
#[derive(Debug)]
pub struct Scanner<D = NoDefects> {
    defects: D,
    shelf: Shelf,
    /// The oldest slot not dropped.
    oldest: Slot,
    /// Whether nothing is noted in it any more.
    left: bool,
    now: Timestamp,
    frontier: i64,
    /// The log's end when it was last asked, and when that was.
    asked: Option<(Timestamp, i64)>,
    /// No decision from before this time is still to come.
    settled: Timestamp,
    pass: Pass,
    seen: BTreeMap<Slot, Seen>,
    /// The offset that the frontier must pass for every Wake sent to be decided.
    last_wake: i64,
}

impl Scanner {
    /// A scanner that goes on at `oldest`.
    #[must_use]
    pub fn new(shelf: Shelf, oldest: Slot, frontier: i64) -> Self {
        Self::with_defects(shelf, oldest, frontier, NoDefects)
    }
}

impl<D: Defects> Scanner<D> {
    /// A scanner, or a mutant of it.
    #[must_use]
    pub fn with_defects(shelf: Shelf, oldest: Slot, frontier: i64, defects: D) -> Self {
        Self {
            defects,
            shelf,
            oldest,
            left: false,
            now: Timestamp::default(),
            frontier,
            asked: None,
            settled: Timestamp::default(),
            pass: Pass::default(),
            seen: BTreeMap::new(),
            last_wake: -1,
        }
    }

    /// Time went on, and the partition's frontier with it: look again. Call with nothing asked.
    pub fn tick(&mut self, now: Timestamp, frontier: i64) -> Option<Ask> {
        self.now = now;
        self.frontier = frontier;
        if let Some((at, end)) = self.asked
            && frontier >= end
        {
            self.settled = at;
            self.asked = None;
        }
        let past = self.done_at() <= now;
        if past && self.asked.is_none() && self.settled < self.done_at() {
            return Some(Ask::End);
        }
        self.look_at(self.oldest)
    }

    /// Goes on from an answer to what was asked; `None` until the next tick.
    pub fn on(&mut self, answer: Answer) -> Option<Ask> {
        match answer {
            Answer::End(end) => {
                self.asked = Some((self.now, end));
                self.look_at(self.oldest)
            }
            Answer::Page(notes) => self.page(notes),
            Answer::Woken(last) => {
                self.last_wake = last.map_or(self.last_wake, |last| last.max(self.last_wake));
                self.go_on()
            }
            Answer::Left => {
                self.left = true;
                self.look_at(self.oldest)
            }
            Answer::Dropped => {
                self.left = false;
                self.seen.remove(&self.oldest);
                self.oldest = self.oldest.next();
                self.look_at(self.oldest)
            }
        }
    }

    /// When nothing can be armed in the oldest slot any more.
    fn done_at(&self) -> Timestamp {
        self.oldest.end().plus_seconds(GRACE_SECONDS)
    }

    fn look_at(&mut self, slot: Slot) -> Option<Ask> {
        self.pass = Pass { slot, ..Pass::default() };
        (slot <= Slot::at(self.now)).then(|| self.read())
    }

    fn read(&self) -> Ask {
        Ask::Read { slot: self.shelf.slot(self.pass.slot), after: self.pass.after.clone() }
    }

    fn page(&mut self, notes: Vec<Note>) -> Option<Ask> {
        self.pass.all_read = notes.len() < usize::from(PAGE);
        self.pass.after = notes.last().map(|note| note.entry.clone());
        let seen = self.seen.entry(self.pass.slot).or_default();
        let mut wake = Vec::new();
        for note in notes {
            let Some((due, cart)) = Timer::parse(&note.entry) else { continue };
            if due > self.now {
                self.pass.all_read = true;
                break;
            }
            seen.newest = seen.newest.max(Some(note.ts));
            if seen.sent.get(&note.entry).is_none_or(|sent| *sent < note.ts) {
                seen.sent.insert(note.entry, note.ts);
                wake.push(Timer { cart, due, ts: note.ts });
            }
        }
        if wake.is_empty() {
            return self.go_on();
        }
        self.pass.found_unsent = true;
        Some(Ask::Wake(wake))
    }

    fn go_on(&mut self) -> Option<Ask> {
        if !self.pass.all_read {
            return Some(self.read());
        }
        let oldest = self.pass.slot == self.oldest;
        let decided = self.frontier > self.last_wake && !self.pass.found_unsent;
        let settled =
            self.settled >= self.done_at() || self.defects.has(Defect::SlotDroppedUnsettled);
        if oldest && decided && settled && !self.left {
            return Some(Ask::Leave(self.oldest.next()));
        }
        if oldest && decided && settled {
            let at = self.seen.get(&self.oldest).and_then(|seen| seen.newest);
            let slot = self.shelf.slot(self.oldest);
            return Some(Ask::Drop { slot, at, next: self.oldest.next() });
        }
        self.look_at(self.pass.slot.next())
    }
}

#[cfg(test)]
mod tests {
    use cart_schemas::generation::Generation;
    use cart_schemas::partition::Partition;

    use super::*;

    const SHELF: Shelf =
        Shelf { generation: Generation::FIRST.next(), partition: Partition::new(0) };
    const SECOND: i64 = 1_000_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * SECOND)
    }

    fn timer(due: i64, ts: i64) -> Timer {
        Timer { cart: "user123".parse().unwrap(), due: at(due), ts: at(ts) }
    }

    fn note(timer: &Timer) -> Note {
        Note { entry: timer.entry(), ts: timer.ts }
    }

    fn scanner() -> Scanner {
        Scanner::new(SHELF, Slot::from_number(0), 0)
    }

    fn is_read(ask: Option<&Ask>) -> bool {
        matches!(ask, Some(Ask::Read { .. }))
    }

    /// The oldest slot is kept, and the present one is looked at in the same pass.
    fn reads_on(scanner: &mut Scanner, answer: Answer) -> bool {
        let present = Ask::Read { slot: "2/0/1".to_owned(), after: None };
        scanner.on(answer) == Some(present) && scanner.on(Answer::Page(Vec::new())).is_none()
    }

    #[test]
    fn a_due_timer_is_woken_once_and_one_armed_again_is_woken_again() {
        let mut scanner = scanner();
        let (due, later, again) = (timer(5, 1), timer(50, 1), timer(5, 6));

        assert!(is_read(scanner.tick(at(10), 0).as_ref()));
        let woken = scanner.on(Answer::Page(vec![note(&due), note(&later)]));
        assert_eq!(woken, Some(Ask::Wake(vec![due.clone()])));
        assert_eq!(scanner.on(Answer::Woken(Some(7))), None);

        scanner.tick(at(11), 8);
        assert_eq!(scanner.on(Answer::Page(vec![note(&due), note(&later)])), None);

        scanner.tick(at(12), 8);
        let woken = scanner.on(Answer::Page(vec![note(&again), note(&later)]));
        assert_eq!(woken, Some(Ask::Wake(vec![again])));
    }

    #[test]
    fn a_slot_is_dropped_at_the_largest_timestamp_it_held_once_everything_of_it_is_decided() {
        let mut scanner = scanner();
        let due = timer(5, 3);
        let long_past = at(400);

        assert_eq!(scanner.tick(long_past, 0), Some(Ask::End));
        assert!(is_read(scanner.on(Answer::End(4)).as_ref()));
        assert!(matches!(scanner.on(Answer::Page(vec![note(&due)])), Some(Ask::Wake(_))));
        assert!(reads_on(&mut scanner, Answer::Woken(Some(4))));

        // The Wake at offset 4 is not decided yet.
        assert!(is_read(scanner.tick(at(401), 4).as_ref()));
        assert!(reads_on(&mut scanner, Answer::Page(vec![note(&due)])));

        assert!(is_read(scanner.tick(at(402), 5).as_ref()));
        let left = scanner.on(Answer::Page(vec![note(&due)]));
        assert_eq!(left, Some(Ask::Leave(Slot::from_number(1))));
        assert!(is_read(scanner.on(Answer::Left).as_ref()));
        let dropped = scanner.on(Answer::Page(vec![note(&due)]));
        let (slot, next) = ("2/0/0".to_owned(), Slot::from_number(1));
        assert_eq!(dropped, Some(Ask::Drop { slot, at: Some(at(3)), next }));
    }

    #[test]
    fn a_slot_waits_while_the_log_may_still_hold_a_decision_that_arms_in_it() {
        let mut scanner = scanner();

        assert_eq!(scanner.tick(at(400), 0), Some(Ask::End));
        assert!(is_read(scanner.on(Answer::End(9)).as_ref()));
        assert!(reads_on(&mut scanner, Answer::Page(Vec::new())));

        scanner.tick(at(401), 8);
        assert!(reads_on(&mut scanner, Answer::Page(Vec::new())));

        scanner.tick(at(402), 9);
        let next = Slot::from_number(1);
        let slot = "2/0/0".to_owned();
        assert_eq!(scanner.on(Answer::Page(Vec::new())), Some(Ask::Leave(next)));
        assert!(is_read(scanner.on(Answer::Left).as_ref()));
        assert_eq!(scanner.on(Answer::Page(Vec::new())), Some(Ask::Drop { slot, at: None, next }));
    }

    #[test]
    fn a_timer_noted_while_its_slot_was_left_is_woken_before_the_slot_is_dropped() {
        let mut scanner = scanner();
        scanner.tick(at(400), 0);
        scanner.on(Answer::End(0));
        assert!(reads_on(&mut scanner, Answer::Page(Vec::new())));
        scanner.tick(at(401), 0);
        assert!(matches!(scanner.on(Answer::Page(Vec::new())), Some(Ask::Leave(_))));
        let late = timer(5, 3);

        assert!(is_read(scanner.on(Answer::Left).as_ref()));
        let woken = scanner.on(Answer::Page(vec![note(&late)]));

        assert_eq!(woken, Some(Ask::Wake(vec![late])));
    }

    #[test]
    fn slots_ahead_of_time_are_not_read() {
        let mut scanner = Scanner::new(SHELF, Slot::from_number(9), 0);

        assert_eq!(scanner.tick(at(10), 0), None);
    }
}

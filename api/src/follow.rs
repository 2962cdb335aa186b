//! How a socket follows one cart: the consumer rule, without a socket, a store or time.
//!
//! Events arrive at any moment, also while the store is read; a driver hands them in and does what
//! [`Follow::todo`] says. The tokio shell is one driver, a simulation another.

use std::cmp::Ordering;
use std::collections::VecDeque;

use cart_schemas::event::Event;
use cart_schemas::record::CartRecord;

/// Reads in a row that did not let the reader catch up before it is given up: it is too slow, or
/// the store does not show what was already announced.
const CATCH_UPS_MAX: u8 = 6;

/// Where an event stands: the `n`-th (from 0) of the `of` of its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The version it brought about.
    pub version: u64,
    /// Its number within the version.
    pub n: u16,
    /// How many events the version has.
    pub of: u16,
}

impl Place {
    /// Where an event of a cart stands.
    #[must_use]
    pub const fn of(event: &Event) -> Self {
        let place = &event.place;
        Self { version: place.version, n: place.n, of: place.of }
    }
}

/// The events a cart's row remembers, oldest first.
pub fn recent(record: &CartRecord) -> impl Iterator<Item = (Place, &Event)> {
    let events = record.ledger.iter().flat_map(|entry| &entry.events);
    events.map(|event| (Place::of(event), event))
}

/// What the driver is to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Todo<E> {
    /// Read the cart from the store, offer its version to [`Follow::read`], and send it.
    Read,
    /// Send this event.
    Event(E),
    /// Nothing, until an event is handed in.
    Wait,
    /// Stop: the reader cannot keep up.
    GiveUp,
}

/// What to send once the store was read.
#[derive(Debug, PartialEq, Eq)]
pub enum Shown<M> {
    /// Nothing: [`Follow::todo`] says to read again.
    Nothing,
    /// The whole cart; `again` if it takes the place of what the reader has.
    Whole {
        /// Whether the reader has been told of the cart before.
        again: bool,
    },
    /// The events the reader has missed, in order, perhaps none: it then has the version that was read.
    Missed(Vec<M>),
}

/// What a reader has been told last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    version: u64,
    /// The event of this version that comes next; `None` when it is complete.
    next: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Drop,
    Take,
    Gap,
}

impl Told {
    /// At or before the last: drop; the next one: take; anything else is a gap.
    fn judge(self, place: Place) -> Verdict {
        match (place.version.cmp(&self.version), self.next) {
            (Ordering::Less, _) | (Ordering::Equal, None) => Verdict::Drop,
            (Ordering::Equal, Some(next)) => match place.n.cmp(&next) {
                Ordering::Less => Verdict::Drop,
                Ordering::Equal => Verdict::Take,
                Ordering::Greater => Verdict::Gap,
            },
            (Ordering::Greater, None) if place.n == 0 => {
                let follows = place.version - self.version == 1;
                if follows { Verdict::Take } else { Verdict::Gap }
            }
            (Ordering::Greater, _) => Verdict::Gap,
        }
    }

    fn after(place: Place) -> Self {
        let next = place.n.saturating_add(1);
        Self { version: place.version, next: (next < place.of).then_some(next) }
    }

    /// Every event of this version and those before it.
    const fn all_of(version: u64) -> Self {
        Self { version, next: None }
    }

    /// Of the events after this, those up to a version; `None` if one of them is not among `recent`.
    fn missed<M>(
        mut self,
        version: u64,
        recent: impl IntoIterator<Item = (Place, M)>,
    ) -> Option<Vec<M>> {
        let mut missed = Vec::new();
        for (place, event) in recent {
            match self.judge(place) {
                Verdict::Drop => {}
                Verdict::Take => {
                    self = Self::after(place);
                    missed.push(event);
                }
                Verdict::Gap => return None,
            }
        }
        (self == Self::all_of(version)).then_some(missed)
    }
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// What the reader was told no longer connects to what comes.
    Lost,
    /// The driver reads the store.
    Reading,
    /// The reader has everything up to here.
    At(Told),
}

/// One reader's way through its cart's events. A fresh one begins with a read.
#[derive(Debug)]
pub struct Follow<E> {
    phase: Phase,
    queue: VecDeque<(Place, E)>,
    limit: usize,
    /// Reads since the reader last had everything.
    catch_ups: u8,
    /// The highest version the reader was told of.
    highest: u64,
    /// What it has, if it has anything of the cart.
    has: Option<Told>,
}

impl<E> Follow<E> {
    /// A reader for whom at most `limit` events wait. It may have been told of the cart before, on
    /// another connection, by its own account: `since` is the version it has.
    #[must_use]
    pub fn new(limit: usize, since: Option<u64>) -> Self {
        let (phase, queue, has) = (Phase::Lost, VecDeque::new(), since.map(Told::all_of));
        Self { phase, queue, limit, catch_ups: 0, highest: 0, has }
    }

    /// An event of the cart arrived. When too many wait already, none of them is worth waiting
    /// for: the store has them all.
    pub fn push(&mut self, place: Place, event: E) {
        if self.queue.len() >= self.limit {
            self.reset();
        } else {
            self.queue.push_back((place, event));
        }
    }

    /// Events may have been missed.
    pub fn reset(&mut self) {
        self.queue.clear();
        self.phase = Phase::Lost;
    }

    /// The store was read and shows this version. Whether to send it: not if events were missed
    /// meanwhile, nor if the reader has been told of more already; [`Follow::todo`] then says to
    /// read again.
    #[must_use]
    pub fn read(&mut self, version: u64) -> bool {
        let is_current = matches!(self.phase, Phase::Reading) && version >= self.highest;
        if is_current {
            self.tell(Told::all_of(version));
        } else {
            self.phase = Phase::Lost;
        }
        is_current
    }

    /// The same, and what to send: what the reader has missed, if all of it is among the `recent`
    /// events of the cart, oldest first; the whole cart else.
    #[must_use]
    pub fn show<M>(
        &mut self,
        version: u64,
        recent: impl IntoIterator<Item = (Place, M)>,
    ) -> Shown<M> {
        let had = self.has;
        if !self.read(version) {
            return Shown::Nothing;
        }
        match had.map(|had| had.missed(version, recent)) {
            None => Shown::Whole { again: false },
            Some(None) => Shown::Whole { again: true },
            Some(Some(missed)) => Shown::Missed(missed),
        }
    }

    /// What to do now.
    pub fn todo(&mut self) -> Todo<E> {
        loop {
            let told = match self.phase {
                Phase::Lost => return self.catch_up(),
                Phase::Reading => return Todo::Wait,
                Phase::At(told) => told,
            };
            let Some((place, event)) = self.queue.pop_front() else {
                self.catch_ups = 0;
                return Todo::Wait;
            };
            match told.judge(place) {
                Verdict::Drop => {}
                Verdict::Take => {
                    self.tell(Told::after(place));
                    return Todo::Event(event);
                }
                Verdict::Gap => {
                    // Judged again after the read, in case the store shows less than it.
                    self.queue.push_front((place, event));
                    self.phase = Phase::Lost;
                }
            }
        }
    }

    fn tell(&mut self, told: Told) {
        self.highest = self.highest.max(told.version);
        self.has = Some(told);
        self.phase = Phase::At(told);
    }

    fn catch_up(&mut self) -> Todo<E> {
        if self.catch_ups >= CATCH_UPS_MAX {
            return Todo::GiveUp;
        }
        self.catch_ups += 1;
        self.phase = Phase::Reading;
        Todo::Read
    }
}

#[cfg(test)]
mod tests;

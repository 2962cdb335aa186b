//! What is remembered of one cart: how far its events are read, and since when there is something in it.

use cart_schemas::event::{Event, Place};
use cart_schemas::timestamp::Timestamp;

/// What an event is to who has read those before it: the rule for every consumer (docs/events.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The next one.
    Next,
    /// One that was read already.
    Repeat,
    /// One that others are missing before.
    Gap,
}

/// One cart, as far as it is read.
#[derive(Debug, Clone)]
pub(super) struct Trail {
    last: Place,
    pieces: u64,
    /// Since when there is something in it; `None` where nothing is, or its beginning was not read.
    began: Option<Timestamp>,
}

impl Trail {
    /// Begins to read a cart at an event; says whether the cart begins with it.
    pub(super) fn starting(event: &Event) -> (Self, bool) {
        let is_first = event.place.version == 1 && event.place.n == 0;
        let begins = is_first && event.after.item_count > 0;
        let trail = Self {
            last: event.place,
            pieces: event.after.item_count,
            began: begins.then_some(event.at),
        };
        (trail, begins)
    }

    /// What an event is, by where it stands.
    pub(super) fn step(&self, next: Place) -> Step {
        let (last, at) = (self.last, (next.version, next.n));
        let in_version = (last.version, last.n.saturating_add(1));
        let is_complete = last.n.saturating_add(1) >= last.of;
        if at <= (last.version, last.n) {
            Step::Repeat
        } else if at == in_version || (is_complete && at == (last.version.saturating_add(1), 0)) {
            Step::Next
        } else {
            Step::Gap
        }
    }

    /// Goes on to an event; says whether the cart begins with it.
    pub(super) fn follow(&mut self, event: &Event) -> bool {
        let begins = self.pieces == 0 && event.after.item_count > 0;
        if begins {
            self.began = Some(event.at);
        } else if event.after.item_count == 0 {
            self.began = None;
        }
        (self.last, self.pieces) = (event.place, event.after.item_count);
        begins
    }

    /// For how many seconds there has been something in it.
    pub(super) fn age(&self, now: Timestamp) -> Option<u64> {
        self.began.map(|began| began.seconds_until(now))
    }
}

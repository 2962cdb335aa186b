//! What is remembered of one cart: how far its events are read, since when there is something in it, and
//! what.

use cart_schemas::cart::{Cart, Line};
use cart_schemas::event::Event;
use cart_schemas::evolve::evolve;
use cart_schemas::money::Currency;
use cart_schemas::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// One cart, as far as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Trail {
    version: u64,
    n: u16,
    of: u16,
    pieces: u64,
    /// Since when there is something in it; `None` where nothing is, or its beginning was not read.
    began: Option<Timestamp>,
    /// The currency it had last: an empty cart has none, and what becomes of it is still somebody's.
    pub(super) currency: Option<Currency>,
    /// The cart as its events tell it; `None` where some of them were not read, until it is empty.
    cart: Option<Cart>,
}

/// What an event is to who has read those before it: the rule for every consumer (docs/events.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Next,
    Repeat,
    Gap,
}

/// What is known of a cart with an event, beyond what the event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Met {
    /// Whether others are missing before it.
    pub(super) is_after_gap: bool,
    /// Whether the cart begins with it.
    pub(super) begins: bool,
    /// For how many seconds there had been something in the cart.
    pub(super) age: Option<u64>,
}

impl Trail {
    /// Goes on to an event, or begins with it; `None` if it was read already.
    pub(super) fn follow(trail: &mut Option<Self>, event: &Event) -> Option<Met> {
        let Some(known) = trail else {
            let (begun, begins) = Self::starting(event);
            *trail = Some(begun);
            return Some(Met { is_after_gap: false, begins, age: None });
        };
        let step = known.step(event);
        match step {
            Step::Repeat => None,
            Step::Next | Step::Gap => {
                let age = known.began.map(|began| began.seconds_until(event.at));
                let is_after_gap = step == Step::Gap;
                Some(Met { is_after_gap, begins: known.go_on(event, is_after_gap), age })
            }
        }
    }

    /// What somebody would have bought who left it: its lines, or those it had when it expired. None where
    /// that is not known.
    pub(super) fn left(&self) -> &[Line] {
        let left = self.cart.as_ref().and_then(Cart::left_behind);
        left.map_or(&[], |(lines, _)| lines)
    }

    fn starting(event: &Event) -> (Self, bool) {
        let is_first = event.place.version == 1 && event.place.n == 0;
        let begins = is_first && event.after.item_count > 0;
        let trail = Self {
            version: event.place.version,
            n: event.place.n,
            of: event.place.of,
            pieces: event.after.item_count,
            began: begins.then_some(event.at),
            currency: event.after.currency,
            cart: (is_first || event.after.item_count == 0).then(|| evolve(Cart::default(), event)),
        };
        (trail, begins)
    }

    fn step(&self, event: &Event) -> Step {
        let next = (event.place.version, event.place.n);
        let in_version = (self.version, self.n.saturating_add(1));
        let is_complete = self.n.saturating_add(1) >= self.of;
        if next <= (self.version, self.n) {
            Step::Repeat
        } else if next == in_version || (is_complete && next == (self.version.saturating_add(1), 0))
        {
            Step::Next
        } else {
            Step::Gap
        }
    }

    /// Says whether the cart begins with it.
    fn go_on(&mut self, event: &Event, is_after_gap: bool) -> bool {
        let begins = self.pieces == 0 && event.after.item_count > 0;
        if begins {
            self.began = Some(event.at);
        } else if event.after.item_count == 0 {
            self.began = None;
        }
        let known = self.cart.take().filter(|_| !is_after_gap);
        // An event says how much there is: of an empty cart all is known again.
        let known = known.or_else(|| (event.after.item_count == 0).then(Cart::default));
        self.cart = known.map(|cart| evolve(cart, event));
        (self.version, self.n, self.of) = (event.place.version, event.place.n, event.place.of);
        self.pieces = event.after.item_count;
        self.currency = event.after.currency.or(self.currency);
        begins
    }
}

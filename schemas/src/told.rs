//! A cart as its events tell it: the consumer's rule and the fold. Knows no log.

use crate::cart::Cart;
use crate::event::Event;

use crate::evolve::evolve;

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It was the next one.
    Taken,
    /// It was told before.
    Repeated,
    /// Something before it was never told, so it tells nothing.
    Gap,
}

/// A cart, told event by event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    cart: Cart,
    version: u64,
    /// The event of this version that comes next; `None` when it is whole.
    next: Option<u16>,
}

impl Told {
    /// A cart told from this version on: what came before is known from elsewhere.
    #[must_use]
    pub fn since(version: u64, cart: Cart) -> Self {
        Self { cart, version, next: None }
    }

    /// The cart.
    #[must_use]
    pub fn cart(&self) -> &Cart {
        &self.cart
    }

    /// The version of the last event taken.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether every event of that version was told.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.next.is_none()
    }

    /// Takes an event as any consumer may: at or before the last one, drop it; the next one, take
    /// it; anything else is a gap.
    pub fn hear(&mut self, event: &Event) -> Heard {
        let place = event.place;
        let expected = match self.next {
            Some(next) => (self.version, next),
            None => (self.version.saturating_add(1), 0),
        };
        if (place.version, place.n) < expected {
            return Heard::Repeated;
        }
        if (place.version, place.n) > expected {
            return Heard::Gap;
        }
        self.cart = evolve(std::mem::take(&mut self.cart), event);
        self.version = place.version;
        let next = place.n.saturating_add(1);
        self.next = (next < place.of).then_some(next);
        Heard::Taken
    }
}

#[cfg(test)]
mod tests {
    use crate::event::{Fact, Place, Summary};
    use crate::id::CartId;
    use crate::timestamp::Timestamp;

    use super::*;

    fn event(version: u64, n: u16, of: u16) -> Event {
        let cart = CartId::of(&"user123".parse().unwrap(), 0);
        let after = Summary::of(&Cart::default(), None);
        Event {
            place: Place { cart, version, n, of },
            user: "user123".parse().unwrap(),
            at: Timestamp::from_micros(1),
            after,
            fact: Fact::ExpiryExtended,
        }
    }

    #[test]
    fn a_cart_is_told_once_and_in_order() {
        let mut told = Told::default();

        for (version, n, of, heard) in [
            (1, 0, 2, Heard::Taken),
            (1, 0, 2, Heard::Repeated),
            (2, 0, 1, Heard::Gap),
            (1, 1, 2, Heard::Taken),
            (1, 0, 2, Heard::Repeated),
            (3, 0, 1, Heard::Gap),
            (2, 0, 1, Heard::Taken),
        ] {
            assert_eq!(told.hear(&event(version, n, of)), heard, "{version}:{n}");
        }
        assert_eq!((told.version(), told.is_whole()), (2, true));
    }

    #[test]
    fn what_a_snapshot_holds_is_not_told_again() {
        let mut told = Told::since(7, Cart::default());

        assert_eq!(told.hear(&event(7, 0, 1)), Heard::Repeated);
        assert_eq!(told.hear(&event(9, 0, 1)), Heard::Gap);
        assert_eq!(told.hear(&event(8, 0, 2)), Heard::Taken);
        assert!(!told.is_whole());
    }
}

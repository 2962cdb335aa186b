//! Whether an endpoint is to be told something now. Pure: whoever asks brings what the store says.

use cart_schemas::cart::Cart;
use cart_schemas::id::CartId;
use cart_schemas::notice::Notice;
use cart_schemas::timestamp::Timestamp;

use super::consent::{Consent, Invited};
use super::endpoint::Frequency;

/// How old an invitation may be, in seconds: a week, as long as its link leads back.
const INVITES_FOR: u32 = 7 * 24 * 60 * 60;

/// What is known of a customer when they are about to be written to.
#[derive(Debug)]
pub(super) struct Known {
    /// The cart as it is now, and which life of it.
    pub(super) cart: (CartId, Cart),
    pub(super) consent: Consent,
    pub(super) invited: Invited,
}

/// Why an endpoint is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undue {
    /// The customer did not agree to be written to.
    Consent,
    /// The cart is not as it was told any more.
    MovedOn,
    /// It is too long ago.
    Late,
    /// They were written to often enough.
    Frequency,
}

impl Undue {
    /// What it is counted by.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::MovedOn => "moved_on",
            Self::Late => "late",
            Self::Frequency => "frequency",
        }
    }
}

/// Whether an invitation is due at `now`. What invites nobody always is.
pub(super) fn judge(
    notice: &Notice,
    known: &Known,
    (frequency, now): (Frequency, Timestamp),
) -> Result<(), Undue> {
    let (id, cart) = &known.cart;
    if !notice.kind().invites() {
        Ok(())
    } else if !known.consent.recovery {
        Err(Undue::Consent)
    } else if *id != notice.place.cart || !notice.still_holds(cart) {
        Err(Undue::MovedOn)
    } else if notice.at.plus_seconds(INVITES_FOR) <= now {
        Err(Undue::Late)
    } else if !known.invited.allows(&notice.place.to_string(), frequency, now) {
        Err(Undue::Frequency)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cart_schemas::cart::Abandonment;
    use cart_schemas::event::Place;
    use cart_schemas::id::CartKey;
    use cart_schemas::money::Amount;
    use cart_schemas::notice::Turn;

    use super::*;

    const SINCE: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn notice(turn: Turn) -> Notice {
        let cart: CartKey = "alice".parse().unwrap();
        let place = Place { cart: CartId::of(&cart, 0), version: 3, n: 0, of: 1 };
        let (at, value) = (SINCE.plus_seconds(3_600), Amount::ZERO);
        Notice { place, cart, at, turn, currency: None, value, lines: Vec::new() }
    }

    fn abandoned() -> Notice {
        notice(Turn::Abandoned { tier: 1, since: SINCE })
    }

    fn known(tier: u8) -> Known {
        let abandoned = Some(Abandonment { tier, since: SINCE });
        let id = CartId::of(&"alice".parse().unwrap(), 0);
        Known {
            cart: (id, Cart { abandoned, ..Cart::default() }),
            consent: Consent { recovery: true, ts: SINCE },
            invited: Invited::default(),
        }
    }

    fn at(notice: &Notice, known: &Known, now: Timestamp) -> Result<(), Undue> {
        judge(notice, known, (Frequency::default(), now))
    }

    #[test]
    fn somebody_is_invited_back_to_what_still_lies_there() {
        assert_eq!(at(&abandoned(), &known(1), SINCE.plus_seconds(3_700)), Ok(()));
    }

    #[test]
    fn nobody_is_who_did_not_agree() {
        let silent = Known { consent: Consent::default(), ..known(1) };
        let now = SINCE.plus_seconds(3_700);

        assert_eq!(at(&abandoned(), &silent, now), Err(Undue::Consent));
        let recovered = notice(Turn::Recovered { tier: 1 });
        assert_eq!(at(&recovered, &silent, now), Ok(()), "that writes to nobody");
    }

    #[test]
    fn nobody_is_reminded_of_a_cart_that_moved_on() {
        let now = SINCE.plus_seconds(3_700);
        let later = at(&abandoned(), &known(2), now);
        assert_eq!(later, Err(Undue::MovedOn), "the next tier is told instead");
        let mut back = known(1);
        back.cart.1.abandoned = None;
        assert_eq!(at(&abandoned(), &back, now), Err(Undue::MovedOn));
        let mut again = known(1);
        again.cart.1.abandoned = Some(Abandonment { tier: 1, since: SINCE.next() });
        assert_eq!(at(&abandoned(), &again, now), Err(Undue::MovedOn), "another time");
        let mut other = known(1);
        other.cart.0 = CartId::of(&"alice".parse().unwrap(), 1);
        assert_eq!(at(&abandoned(), &other, now), Err(Undue::MovedOn), "another life");
    }

    #[test]
    fn nobody_is_written_to_late_or_too_often() {
        let week = abandoned().at.plus_seconds(INVITES_FOR);
        assert_eq!(at(&abandoned(), &known(1), week), Err(Undue::Late));
        let mut often = known(1);
        for id in ["a", "b", "c"] {
            often.invited.note(id, SINCE.plus_seconds(3_600));
        }
        let now = SINCE.plus_seconds(3_700);
        assert_eq!(at(&abandoned(), &often, now), Err(Undue::Frequency));
    }
}

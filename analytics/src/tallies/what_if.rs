//! Who would have been told to have left, had the tiers been others: the carts as their events tell them,
//! with a clock of their own beside it. Pure.

use std::collections::{BTreeMap, HashMap};

use cart_schemas::cart::{Cart, total};
use cart_schemas::event::{Event, Fact};
use cart_schemas::id::{CartKey, TenantId};
use cart_schemas::money::{Amount, Currency};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::told::{Heard, Told};
use serde::Serialize;

use super::tally::Tally;

/// For how long nobody has touched a cart that a tier tells of: one second and more, each longer than the
/// one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiers(Vec<u32>);

/// These are no tiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected one to three times, each longer than the one before it")]
pub struct InvalidTiers;

impl TryFrom<Vec<u32>> for Tiers {
    type Error = InvalidTiers;

    fn try_from(seconds: Vec<u32>) -> Result<Self, InvalidTiers> {
        let grow = seconds.first().is_some_and(|first| *first > 0)
            && seconds.is_sorted_by(|one, next| one < next);
        if grow && seconds.len() <= Tally::TIERS { Ok(Self(seconds)) } else { Err(InvalidTiers) }
    }
}

/// Who left and who came back, of a shop in a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Left {
    /// Carts that each tier told of.
    pub abandoned: [u64; Tally::TIERS],
    /// What lay in those of the first.
    pub abandoned_value: Amount,
    /// Carts that somebody came back to.
    pub recovered: u64,
}

/// As the shop told it, and as it would have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Both {
    /// By the events there are.
    pub live: Left,
    /// By the tiers in question.
    pub what_if: Left,
}

/// A cart, and how many tiers have told of it since somebody touched it.
#[derive(Debug, Default)]
struct Idle {
    told: Told,
    tiers: usize,
    /// The currency it had last.
    currency: Option<Currency>,
}

/// The question, and what the events read so far answer.
#[derive(Debug)]
pub struct WhatIf {
    tiers: Tiers,
    from: Timestamp,
    to: Timestamp,
    carts: HashMap<CartKey, Idle>,
    sums: BTreeMap<(Option<TenantId>, Option<Currency>), Both>,
    latest: Timestamp,
}

impl WhatIf {
    /// Asks of what was due from a time on and before another.
    #[must_use]
    pub fn new(tiers: Tiers, (from, to): (Timestamp, Timestamp)) -> Self {
        let (carts, sums) = (HashMap::new(), BTreeMap::new());
        Self { tiers, from, to, carts, sums, latest: Timestamp::default() }
    }

    /// Takes an event of the cart at `key`. Those of a cart come in their order, from its first one on; of a
    /// cart whose first ones are gone nothing is told.
    pub fn take(&mut self, key: &CartKey, event: &Event) {
        self.latest = self.latest.max(event.at);
        let mut idle = self.carts.remove(key).unwrap_or_default();
        self.pass(key, &mut idle, event.at);
        let touched = idle.touched();
        if idle.told.hear(event) == Heard::Taken {
            idle.currency = event.after.currency.or(idle.currency);
            self.count_live(key, idle.currency, event);
            if idle.touched() != touched {
                if idle.tiers > 0 && self.asks_of(event.at) {
                    self.both(key, idle.currency).what_if.recovered += 1;
                }
                idle.tiers = 0;
            }
        }
        self.carts.insert(key.clone(), idle);
    }

    /// The answer, once every event was taken: of each shop and currency.
    #[must_use]
    pub fn answer(mut self) -> BTreeMap<(Option<TenantId>, Option<Currency>), Both> {
        let (carts, latest) = (std::mem::take(&mut self.carts), self.latest);
        for (key, mut idle) in carts {
            self.pass(&key, &mut idle, latest);
        }
        self.sums
    }

    /// Lets time pass for a cart.
    fn pass(&mut self, key: &CartKey, idle: &mut Idle, until: Timestamp) {
        while let Some((due, value, currency)) = idle.next(&self.tiers) {
            if due > until {
                return;
            }
            let tier = idle.tiers;
            idle.tiers += 1;
            if self.asks_of(due) {
                self.both(key, Some(currency)).what_if.leave(tier, value);
            }
        }
    }

    fn count_live(&mut self, key: &CartKey, currency: Option<Currency>, event: &Event) {
        if !self.asks_of(event.at) {
            return;
        }
        let tally = Tally::of(event);
        let live = &mut self.both(key, currency).live;
        live.recovered += tally.recovered;
        if let Fact::CartAbandoned { tier, value, .. } = event.fact {
            live.leave(usize::from(tier).saturating_sub(1), value);
        }
    }

    fn asks_of(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    fn both(&mut self, key: &CartKey, currency: Option<Currency>) -> &mut Both {
        self.sums.entry((key.tenant().cloned(), currency)).or_default()
    }
}

impl Idle {
    /// When the next tier tells of the cart, and of what. Nobody leaves what somebody is paying for.
    fn next(&self, tiers: &Tiers) -> Option<(Timestamp, Amount, Currency)> {
        let cart: &Cart = self.told.cart();
        let (lines, currency) = cart.left_behind().filter(|_| cart.checkout.is_none())?;
        let due = self.touched()?.plus_seconds(*tiers.0.get(self.tiers)?);
        Some((due, total(lines), currency))
    }

    /// When a person last touched it.
    fn touched(&self) -> Option<Timestamp> {
        self.told.cart().lifespan.map(|lifespan| lifespan.last_modified)
    }
}

impl Left {
    fn leave(&mut self, tier: usize, value: Amount) {
        if let Some(count) = self.abandoned.get_mut(tier.min(Tally::TIERS - 1)) {
            *count += 1;
        }
        if tier == 0 {
            self.abandoned_value = self.abandoned_value.plus(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::life::{HOUR, Life, abandoned, converted, line, started};
    use super::*;

    const EVER: (Timestamp, Timestamp) =
        (Timestamp::from_micros(0), Timestamp::from_micros(i64::MAX));

    fn asked(tiers: &[u32], span: (Timestamp, Timestamp), lives: &[Life]) -> Both {
        let mut question = WhatIf::new(Tiers::try_from(tiers.to_vec()).unwrap(), span);
        lives.iter().for_each(|life| life.each(|key, event| question.take(key, event)));
        question.answer().remove(&(None, "EUR".parse().ok())).unwrap_or_default()
    }

    #[test]
    fn by_the_tiers_a_shop_has_nothing_is_different() {
        let life = Life::new("ann")
            .then(0, 2, Fact::ItemAdded(line()))
            .then(HOUR, 2, abandoned(1))
            .then(24 * HOUR, 2, abandoned(2))
            .then(25 * HOUR, 2, Fact::CartRecovered { tier: 2 })
            .then(25 * HOUR, 2, started(Some(2)))
            .then(25 * HOUR + 60, 0, converted(Some(2)));

        let both = asked(&[HOUR, 24 * HOUR], EVER, &[life]);

        assert_eq!((both.live.abandoned, both.live.recovered), ([1, 1, 0], 1));
        assert_eq!(both.what_if, both.live);
    }

    #[test]
    fn an_earlier_tier_tells_of_more_carts_and_of_those_who_come_back_sooner() {
        let quick = Life::new("ann")
            .then(0, 2, Fact::ItemAdded(line()))
            .then(45 * 60, 2, started(None))
            .then(46 * 60, 0, converted(None));

        let both = asked(&[1_800], EVER, &[quick]);

        let five = Amount::try_from(500).unwrap();
        assert_eq!(both.live, Left::default());
        let expected = Left { abandoned: [1, 0, 0], abandoned_value: five, recovered: 1 };
        assert_eq!(both.what_if, expected);
    }

    #[test]
    fn nobody_leaves_what_somebody_is_paying_for() {
        let slow = Life::new("ann")
            .then(0, 2, Fact::ItemAdded(line()))
            .then(60, 2, started(None))
            .then(3 * HOUR, 0, converted(None));

        assert_eq!(asked(&[HOUR], EVER, &[slow]), Both::default());
    }

    #[test]
    fn only_what_was_due_in_the_span_is_told() {
        let left = || Life::new("ann").then(0, 2, Fact::ItemAdded(line()));
        let other = Life::new("bob").then(9 * HOUR, 2, Fact::ItemAdded(line()));
        let span = (EVER.0.plus_seconds(2 * HOUR), EVER.0.plus_seconds(5 * HOUR));

        let both = asked(&[HOUR, 4 * HOUR, 6 * HOUR], span, &[left(), other]);

        assert_eq!(both.what_if.abandoned, [0, 1, 0]);
    }

    #[test]
    fn tiers_are_times_that_grow() {
        for tiers in [vec![], vec![0], vec![5, 5], vec![1, 2, 3, 4]] {
            assert_eq!(Tiers::try_from(tiers), Err(InvalidTiers));
        }
    }
}

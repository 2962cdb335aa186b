//! What chance decides, always the same from the same seed. Whole numbers only. Knows no shop.

use std::ops::RangeInclusive;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

/// The weight of the first of things that fall off by Zipf's law: large enough that those of the last of
/// thousands still differ.
const FIRST_WEIGHT: u64 = 1_000_000;

/// A run of dice.
#[derive(Debug)]
pub(super) struct Chance(SmallRng);

impl Chance {
    /// The dice of somebody on a day, which nobody else throws.
    pub(super) fn of(seed: u64, day: u32, whose: u32) -> Self {
        let own = u64::from(day) << u32::BITS | u64::from(whose);
        let mut mixed = SmallRng::seed_from_u64(own);
        Self(SmallRng::seed_from_u64(seed ^ mixed.random::<u64>()))
    }

    /// Whether it is one of so many of a hundred.
    pub(super) fn is_in(&mut self, of_100: u32) -> bool {
        self.0.random_range(0..100) < of_100
    }

    /// A number of these.
    pub(super) fn number(&mut self, range: RangeInclusive<u32>) -> u32 {
        self.0.random_range(range)
    }

    /// The place of one of several things by their weights; 0 if there is none.
    pub(super) fn place(&mut self, weights: &Weights) -> usize {
        let Some(total) = weights.sums.last().copied().filter(|total| *total > 0) else { return 0 };
        let hit = self.0.random_range(0..total);
        weights.sums.partition_point(|sum| *sum <= hit)
    }
}

/// How much more some things happen than others.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    /// The sum of each weight and those before it.
    sums: Vec<u64>,
}

impl Weights {
    /// Of things with these weights.
    pub(super) fn of(weights: impl IntoIterator<Item = u64>) -> Self {
        let sum = |sum: &mut u64, weight: u64| {
            *sum = sum.saturating_add(weight);
            Some(*sum)
        };
        Self { sums: weights.into_iter().scan(0, sum).collect() }
    }

    /// Of so many things by Zipf's law: the second happens half as often as the first, the third a third.
    pub(super) fn zipf(count: u32) -> Self {
        Self::of((1..=u64::from(count)).map(|rank| FIRST_WEIGHT / rank))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_day_and_person_throw_the_same_and_any_other_do_not() {
        let thrown = |seed, day, whose| {
            let mut chance = Chance::of(seed, day, whose);
            std::iter::repeat_with(move || chance.number(0..=u32::MAX)).take(4).collect::<Vec<_>>()
        };

        assert_eq!(thrown(1, 2, 3), thrown(1, 2, 3));
        for other in [thrown(2, 2, 3), thrown(1, 3, 3), thrown(1, 2, 4), thrown(1, 3, 2)] {
            assert_ne!(other, thrown(1, 2, 3));
        }
    }

    #[test]
    fn the_first_thing_happens_about_twice_as_often_as_the_second() {
        let (mut chance, weights) = (Chance::of(7, 0, 0), Weights::zipf(100));
        let mut counts = [0_u32; 100];
        for _ in 0..100_000 {
            counts[chance.place(&weights)] += 1;
        }

        assert!((180..220).contains(&(counts[0] * 100 / counts[1])), "{counts:?}");
        assert!((8..13).contains(&(counts[0] / counts[9])), "{counts:?}");
        assert!(counts[99] > 0);
    }

    #[test]
    fn nothing_to_choose_from_is_the_first() {
        assert_eq!(Chance::of(1, 1, 1).place(&Weights::of([])), 0);
        assert_eq!(Chance::of(1, 1, 1).place(&Weights::of([0, 0])), 0);
    }
}

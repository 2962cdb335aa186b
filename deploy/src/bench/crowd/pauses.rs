//! The pauses of a socket that comes back: those of the client in `clients/js/src/backoff.js`. Knows
//! no network.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

/// The shortest pause, and half the longest first one: a server that is started anew is back soon.
const FIRST: Duration = Duration::from_millis(250);
/// No pause is longer: a customer looks again.
const LONGEST: Duration = Duration::from_secs(30);

/// The pauses of one socket: each is drawn anew between the first and a widest one that doubles up to
/// the longest.
#[derive(Debug)]
pub(super) struct Pauses {
    random: SmallRng,
    widest: Duration,
}

impl Pauses {
    /// The same for the same seed, so that a storm can be had again.
    pub(super) fn of(seed: u64) -> Self {
        Self { random: SmallRng::seed_from_u64(seed), widest: FIRST }
    }

    /// The next one.
    pub(super) fn draw(&mut self) -> Duration {
        self.widest = LONGEST.min(self.widest * 2);
        self.random.random_range(FIRST..=self.widest)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The `number`-th pauses, from 1, of many sockets.
    fn pauses(number: usize) -> BTreeSet<Duration> {
        let nth = |seed| {
            let mut pauses = Pauses::of(seed);
            std::iter::repeat_with(|| pauses.draw()).nth(number - 1).unwrap()
        };
        (0..2_000).map(nth).collect()
    }

    /// Whether these are spread between the bounds, and reach near both.
    fn fill(pauses: &BTreeSet<Duration>, low: Duration, high: Duration) -> bool {
        let near = (high - low) / 50;
        let (first, last) = (*pauses.first().unwrap(), *pauses.last().unwrap());
        (low..low + near).contains(&first) && (high - near..=high).contains(&last)
    }

    #[test]
    fn pauses_are_drawn_between_the_first_and_a_widest_one_that_doubles() {
        for (number, widest) in [(1, 500), (2, 1_000), (3, 2_000), (6, 16_000)] {
            let pauses = pauses(number);

            let widest = Duration::from_millis(widest);
            assert!(fill(&pauses, FIRST, widest), "{number}: {:?}", pauses.last());
        }
    }

    #[test]
    fn no_pause_is_longer_than_the_longest_however_many_there_were() {
        for number in [7, 8, 100] {
            assert!(fill(&pauses(number), FIRST, LONGEST), "{number}");
        }
    }

    #[test]
    fn hardly_any_two_sockets_come_back_at_the_same_moment() {
        assert!(pauses(1).len() > 1_990);
    }
}

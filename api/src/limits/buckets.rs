//! One budget for each of many callers. Knows callers by a number alone.

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::StateInformationMiddleware;
use governor::{Quota, RateLimiter};

use super::budget::Budget;
use super::memory::Memory;

/// The buckets of one budget.
#[derive(Debug)]
pub(super) struct Buckets<C: Clock = MonotonicClock> {
    budget: Budget,
    limiter: RateLimiter<u64, Memory, C, StateInformationMiddleware>,
}

/// What is left of a caller's budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// It may go on, and so often at once after this.
    Some(u32),
    /// It may not, for so many seconds.
    Nothing { seconds: u32 },
}

impl<C: Clock> Buckets<C> {
    pub(super) fn new(budget: Budget, clock: C) -> Self {
        let quota = Quota::per_second(budget.rate()).allow_burst(budget.burst());
        let limiter = RateLimiter::new(quota, Memory::new(), clock);
        Self { budget, limiter }
    }

    pub(super) const fn budget(&self) -> Budget {
        self.budget
    }

    /// Takes one request out of the bucket of a caller, if there is one in it.
    pub(super) fn take(&self, caller: u64) -> Left {
        match self.limiter.check_key(&caller) {
            Ok(state) => Left::Some(state.remaining_burst_capacity()),
            Err(until) => {
                let wait = until.wait_time_from(self.limiter.clock().now());
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                Left::Nothing { seconds: u32::try_from(seconds).unwrap_or(u32::MAX).max(1) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn buckets(rate: u32, burst: u32) -> (Buckets<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Buckets::new(Budget::new(rate, burst).unwrap(), clock.clone()), clock)
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let (buckets, clock) = buckets(2, 3);

        let taken = [0; 4].map(|_| buckets.take(7));
        assert_eq!(
            taken,
            [Left::Some(2), Left::Some(1), Left::Some(0), Left::Nothing { seconds: 1 }]
        );

        clock.advance(Duration::from_millis(499));
        assert_eq!(buckets.take(7), Left::Nothing { seconds: 1 });
        clock.advance(Duration::from_millis(1));
        assert_eq!(buckets.take(7), Left::Some(0));
        assert_eq!(buckets.take(7), Left::Nothing { seconds: 1 });
    }

    #[test]
    fn whoever_waited_for_the_whole_has_the_whole_and_no_more() {
        let (buckets, clock) = buckets(2, 3);
        assert!((0..3).all(|_| matches!(buckets.take(7), Left::Some(_))));

        clock.advance(Duration::from_secs(3_600));

        let taken = [0; 4].map(|_| buckets.take(7));
        assert_eq!(
            taken,
            [Left::Some(2), Left::Some(1), Left::Some(0), Left::Nothing { seconds: 1 }]
        );
    }

    #[test]
    fn nobody_spends_anothers_budget() {
        let (buckets, _) = buckets(1, 1);

        assert_eq!(
            [1, 1, 2].map(|caller| matches!(buckets.take(caller), Left::Some(_))),
            [true, false, true]
        );
    }
}

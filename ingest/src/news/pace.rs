//! How fast carts are told: so many a second, whatever there is to tell.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A bound on how many are told a second.
#[derive(Debug)]
pub(super) struct Pace {
    a_second: NonZeroU32,
    /// When the next may be told.
    free: Instant,
}

impl Pace {
    pub(super) fn new(a_second: NonZeroU32) -> Self {
        Self { a_second, free: Instant::now() }
    }

    /// Waits until what was told before has had its time.
    pub(super) async fn wait(&self) {
        sleep_until(self.free).await;
    }

    /// So many are told now.
    pub(super) fn told(&mut self, count: usize) {
        let seconds = Duration::from_secs(u64::try_from(count).unwrap_or(u64::MAX));
        self.free = self.free.max(Instant::now()) + seconds / self.a_second.get();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_more_are_told_a_second_than_may_be() {
        let (began, mut pace) = (Instant::now(), Pace::new(NonZeroU32::new(1_000).unwrap()));
        for _ in 0..30 {
            pace.wait().await;
            pace.told(100);
        }
        pace.wait().await;

        let took = began.elapsed();
        assert!((3_000..3_100).contains(&took.as_millis()), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn time_nobody_used_is_not_saved_up() {
        let mut pace = Pace::new(NonZeroU32::new(1_000).unwrap());
        tokio::time::advance(Duration::from_secs(60)).await;
        let began = Instant::now();
        pace.told(500);
        pace.wait().await;

        assert!(began.elapsed() >= Duration::from_millis(500));
    }
}

//! Whether the log is worth asking. Knows no clock: the caller brings the time.

use std::time::Duration;

use tokio::time::Instant;

/// Appends in a row that nobody acknowledged before callers are refused at once: one may be bad
/// luck, several are an outage in which each caller would wait for its deadline.
const FAILURES_TO_OPEN: u32 = 5;
/// While open, one append in this time is let through to find out.
const PROBE_EVERY: Duration = Duration::from_millis(500);

/// Closed until five appends in a row fail; one that succeeds closes it again.
#[derive(Debug, Default)]
pub struct Breaker {
    failures: u32,
    last_probe: Option<Instant>,
}

impl Breaker {
    /// Whether to try an append at `now`.
    pub fn allows(&mut self, now: Instant) -> bool {
        if self.failures < FAILURES_TO_OPEN {
            return true;
        }
        let probed = self.last_probe.is_some_and(|last| now.duration_since(last) < PROBE_EVERY);
        if !probed {
            self.last_probe = Some(now);
        }
        !probed
    }

    /// An append was acknowledged.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// An append was not acknowledged.
    pub fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_lets_only_probes_through_and_one_success_ends_it() {
        let start = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES_TO_OPEN {
            assert!(breaker.allows(start));
            breaker.failed();
        }

        assert!(breaker.allows(start));
        assert!(!breaker.allows(start));
        assert!(breaker.allows(start + PROBE_EVERY));

        breaker.succeeded();
        assert!(breaker.allows(start) && breaker.allows(start));
    }
}

//! Whether an engine is worth asking. Knows no clock and no engine: the caller brings the time, and says
//! what was a failure.

use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row before callers are refused at once: one may be bad luck, several are an outage
/// in which each caller would wait for its deadline.
const FAILURES_TO_OPEN: u32 = 5;
/// While open, this long after the last failure one caller is let through to find out.
const PROBE_AFTER: Duration = Duration::from_millis(500);
/// How long a probe is waited for: longer than any engine is given to answer, so that only one whose
/// caller went away is not waited for to its end.
const PROBE_LASTS: Duration = Duration::from_secs(4);

/// Closed until five requests in a row fail; one that succeeds closes it again.
#[derive(Debug, Default)]
pub struct Breaker {
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        probe_at: Instant,
    },
    /// One caller finds out; if nothing is heard of it, another will.
    Probing {
        until: Instant,
    },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Breaker {
    /// Whether to ask at `now`.
    pub fn allows(&mut self, now: Instant) -> bool {
        let next = match self.state {
            State::Closed { .. } => return true,
            State::Open { probe_at: at } | State::Probing { until: at } => at,
        };
        let probes = now >= next;
        if probes {
            self.state = State::Probing { until: now + PROBE_LASTS };
        }
        probes
    }

    /// Whether callers are refused.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        match self.state {
            State::Closed { .. } => false,
            State::Open { .. } | State::Probing { .. } => true,
        }
    }

    /// The engine answered, whatever it said.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// The engine did not answer. What it refuses is an answer, and of a caller that went away nothing
    /// is known.
    pub fn failed(&mut self, now: Instant) {
        self.state = match self.state {
            State::Closed { failures } if failures + 1 < FAILURES_TO_OPEN => {
                State::Closed { failures: failures + 1 }
            }
            // Those who asked before it was open say nothing new.
            State::Open { probe_at } => State::Open { probe_at },
            State::Closed { .. } | State::Probing { .. } => {
                State::Open { probe_at: now + PROBE_AFTER }
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(at: Instant) -> Breaker {
        let mut breaker = Breaker::default();
        (0..FAILURES_TO_OPEN).for_each(|_| breaker.failed(at));
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_one_answer_between_them_does_not() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..3 {
            (1..FAILURES_TO_OPEN).for_each(|_| breaker.failed(now));
            assert!(breaker.allows(now) && !breaker.is_open());
            breaker.succeeded();
        }

        (0..FAILURES_TO_OPEN).for_each(|_| breaker.failed(now));

        assert!(!breaker.allows(now) && breaker.is_open());
    }

    #[test]
    fn one_probe_at_a_time_finds_out_and_its_success_ends_the_outage() {
        let start = Instant::now();
        let mut breaker = open(start);

        assert!(!breaker.allows(start));
        assert!(breaker.allows(start + PROBE_AFTER));
        assert!(!breaker.allows(start + PROBE_AFTER * 2), "the probe is not back yet");

        breaker.failed(start + PROBE_AFTER * 3);
        assert!(!breaker.allows(start + PROBE_AFTER * 3));
        assert!(breaker.allows(start + PROBE_AFTER * 4));
        breaker.succeeded();
        assert!(breaker.allows(start) && breaker.allows(start));
    }

    #[test]
    fn a_probe_whose_caller_went_away_is_followed_by_another() {
        let start = Instant::now();
        let mut breaker = open(start);
        let probed = start + PROBE_AFTER;
        assert!(breaker.allows(probed));

        assert!(!breaker.allows(probed + PROBE_LASTS - Duration::from_millis(1)));
        assert!(breaker.allows(probed + PROBE_LASTS));
    }

    #[test]
    fn late_failures_do_not_put_off_the_probe() {
        let start = Instant::now();
        let mut breaker = open(start);

        breaker.failed(start + PROBE_AFTER / 2);

        assert!(breaker.allows(start + PROBE_AFTER));
    }
}

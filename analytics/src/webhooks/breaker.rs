//! Whether an endpoint that failed several times in a row is asked again: now and then, once. Pure; whoever
//! uses it brings the time.

use std::time::{Duration, Instant};

/// Failures in a row after which an endpoint counts as away. One that fails 30 % of the time does so once in
/// four hundred times, and is asked again soon.
const FAILURES: u32 = 5;
/// How long an endpoint that is away is left alone at first: a restart takes about that long.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// How long at most: one that is back is noticed within minutes, however long it was away.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// When a try that was let through counts as given up: longer than any may take.
const TRY_ENDS: Duration = Duration::from_secs(30);

/// What it takes of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Breaker(State);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is asked. So many tries in a row have failed.
    Closed { failures: u32 },
    /// It is left alone until then, and has been for so long.
    Open { until: Instant, pause: Duration },
    /// It is asked once, to see; that ends by then.
    Probing { until: Instant, pause: Duration },
}

/// Whether it may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permit {
    /// Now.
    Granted,
    /// Not before that.
    After(Instant),
}

impl Breaker {
    /// That of an endpoint nothing is known of.
    pub(super) const fn new() -> Self {
        Self(State::Closed { failures: 0 })
    }

    /// Asks to try.
    pub(super) fn ask(&mut self, now: Instant) -> Permit {
        match self.0 {
            State::Closed { .. } => Permit::Granted,
            State::Open { until, pause } | State::Probing { until, pause } if until <= now => {
                self.0 = State::Probing { until: now + TRY_ENDS, pause };
                Permit::Granted
            }
            State::Open { until, .. } | State::Probing { until, .. } => Permit::After(until),
        }
    }

    /// Gives a permit back: there was nothing to try.
    pub(super) fn give_back(&mut self, now: Instant) {
        if let State::Probing { pause, .. } = self.0 {
            self.0 = State::Open { until: now, pause };
        }
    }

    /// A try was taken.
    pub(super) fn succeed(&mut self) {
        *self = Self::new();
    }

    /// A try failed. What was tried before it was left alone says nothing new.
    pub(super) fn fail(&mut self, now: Instant) {
        let open = |pause| State::Open { until: now + pause, pause };
        self.0 = match self.0 {
            State::Closed { failures } if failures + 1 < FAILURES => {
                State::Closed { failures: failures + 1 }
            }
            State::Closed { .. } => open(FIRST_PAUSE),
            State::Probing { pause, .. } => open((pause * 2).min(LONGEST_PAUSE)),
            State::Open { .. } => self.0,
        };
    }

    /// Whether it is left alone.
    pub(super) const fn is_open(&self) -> bool {
        match self.0 {
            State::Open { .. } | State::Probing { .. } => true,
            State::Closed { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(times: u32, now: Instant) -> Breaker {
        let mut breaker = Breaker::new();
        for _ in 0..times {
            breaker.fail(now);
        }
        breaker
    }

    #[test]
    fn an_endpoint_that_fails_now_and_then_is_asked_on() {
        let now = Instant::now();
        let mut breaker = failed(FAILURES - 1, now);
        assert_eq!(breaker.ask(now), Permit::Granted);

        breaker.succeed();
        for _ in 1..FAILURES {
            breaker.fail(now);
        }
        assert_eq!(breaker.ask(now), Permit::Granted);
    }

    #[test]
    fn an_endpoint_that_is_away_is_asked_once_in_ever_longer_pauses() {
        let mut now = Instant::now();
        let mut breaker = failed(FAILURES, now);
        let mut pauses = Vec::new();
        for _ in 0..8 {
            let Permit::After(then) = breaker.ask(now) else { panic!("it is left alone") };
            pauses.push((then - now).as_secs());
            now = then;
            assert_eq!(breaker.ask(now), Permit::Granted);
            assert_ne!(breaker.ask(now), Permit::Granted, "one is enough to see");
            breaker.fail(now);
        }

        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300]);
    }

    #[test]
    fn an_endpoint_that_is_back_is_asked_as_ever() {
        let now = Instant::now();
        let mut breaker = failed(FAILURES, now);
        let later = now + FIRST_PAUSE;
        assert_eq!(breaker.ask(later), Permit::Granted);

        breaker.succeed();

        assert_eq!(breaker.ask(later), Permit::Granted);
        assert_eq!(breaker.ask(later), Permit::Granted);
    }

    #[test]
    fn a_permit_nobody_used_is_somebody_elses() {
        let now = Instant::now();
        let mut breaker = failed(FAILURES, now);
        let later = now + FIRST_PAUSE;
        assert_eq!(breaker.ask(later), Permit::Granted);

        breaker.give_back(later);
        assert_eq!(breaker.ask(later), Permit::Granted);

        assert_ne!(breaker.ask(later), Permit::Granted);
        assert_eq!(breaker.ask(later + TRY_ENDS), Permit::Granted, "one that is lost, too");
    }
}

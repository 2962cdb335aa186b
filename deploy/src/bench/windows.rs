//! A long run, window by window: whether its latencies and its memory stay what they were.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper::StatusCode;

use super::connection::AskError;
use super::shopper::Kind;
use super::tally::Tally;
use crate::exit::Failure;

/// What was counted since the window was opened.
#[derive(Debug)]
pub(super) struct Windows(Mutex<(Instant, Tally)>);

/// What was counted in one window.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) tally: Tally,
    /// Resident bytes of the server at its end.
    pub(super) memory: Option<u64>,
}

impl Windows {
    /// The first one is open.
    pub(super) fn open() -> Result<Self, Failure> {
        Ok(Self(Mutex::new((Instant::now(), new_tally()?))))
    }

    /// Counts an answer that took this long.
    pub(super) fn count(&self, kind: Kind, answer: &Result<StatusCode, AskError>, took: Duration) {
        self.current().1.count(kind, answer, took);
    }

    /// Closes the window and opens the next.
    pub(super) fn close(&self, memory: Option<u64>) -> Result<Window, Failure> {
        let next = (Instant::now(), new_tally()?);
        let (began, mut tally) = std::mem::replace(&mut *self.current(), next);
        tally.took = began.elapsed();
        Ok(Window { tally, memory })
    }

    fn current(&self) -> MutexGuard<'_, (Instant, Tally)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn new_tally() -> Result<Tally, Failure> {
    Tally::new().map_err(|source| Failure::failed("the histograms cannot be made", source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_counted_in_the_window_it_came_in() {
        let windows = Windows::open().unwrap();
        let answer = |status| windows.count(Kind::Read, &Ok(status), Duration::from_millis(1));

        answer(StatusCode::OK);
        answer(StatusCode::OK);
        let first = windows.close(Some(7)).unwrap();
        answer(StatusCode::SERVICE_UNAVAILABLE);
        let second = windows.close(None).unwrap();

        assert_eq!((first.tally.done, first.tally.failed, first.memory), (2, 0, Some(7)));
        assert_eq!((second.tally.done, second.tally.failed, second.memory), (0, 1, None));
    }
}

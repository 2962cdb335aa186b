//! The way in for those who wait for an engine: lets in no more than can be answered soon, and turns the
//! rest away at once. Knows no route.

mod bound;

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use metrics::{Counter, Gauge, counter, gauge};
use tokio::time::timeout;

use self::bound::{Bound, OVERDUE};
use crate::problem::Problem;

/// The gate before log and store.
pub(crate) struct Gate {
    bound: Mutex<Bound>,
    refused: Counter,
    most: Gauge,
}

/// One that was let in. Dropped with its request, it leaves nothing behind.
struct Pass<'a> {
    gate: &'a Gate,
    /// Whether it is counted as waiting.
    waits: bool,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self {
            bound: Mutex::new(Bound::new(Instant::now())),
            refused: counter!("cartstream_shed_total"),
            most: gauge!("cartstream_waiting_most"),
        }
    }

    /// Turns a request away if it would have to wait, before anything is made of it.
    pub(crate) fn peek(&self) -> Result<(), Problem> {
        let is_full = self.bound().is_full(Instant::now());
        if is_full { Err(self.refusal()) } else { Ok(()) }
    }

    /// Asks an engine, if there is room for one more who waits for it. `is_answer` says whether what came
    /// of it shows that the engine answers.
    pub(crate) async fn through<T>(
        &self,
        asked: impl Future<Output = T>,
        is_answer: impl FnOnce(&T) -> bool,
    ) -> Result<T, Problem> {
        let mut pass = self.enter()?;
        let mut asked = pin!(asked);
        let came = match timeout(OVERDUE, &mut asked).await {
            Ok(came) => came,
            Err(_) => {
                pass.is_overdue();
                asked.await
            }
        };
        if is_answer(&came) {
            pass.is_answered();
        }
        Ok(came)
    }

    fn enter(&self) -> Result<Pass<'_>, Problem> {
        let mut bound = self.bound();
        let enters = bound.enter(Instant::now());
        self.most.set(bound.most());
        drop(bound);
        if enters { Ok(Pass { gate: self, waits: true }) } else { Err(self.refusal()) }
    }

    fn refusal(&self) -> Problem {
        self.refused.increment(1);
        Problem::overloaded()
    }

    fn bound(&self) -> MutexGuard<'_, Bound> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    fn is_answered(&self) {
        let mut bound = self.gate.bound();
        if self.waits {
            bound.answered(Instant::now());
        } else {
            bound.answered_late(Instant::now());
        }
    }

    fn is_overdue(&mut self) {
        self.waits = false;
        self.gate.bound().overdue(Instant::now());
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.waits {
            self.gate.bound().leave(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use futures::future::{join_all, pending, ready};

    use super::*;
    use crate::problem::Code;

    #[tokio::test]
    async fn one_too_many_is_turned_away_at_once_and_whoever_goes_makes_room() {
        let gate = Gate::new();
        let mut waiting: Vec<_> =
            (0..128).map(|_| Box::pin(gate.through(pending::<()>(), |()| true))).collect();
        assert!(join_all(waiting.iter_mut()).now_or_never().is_none());

        let refused = gate.through(ready(()), |()| true).await.map_err(|problem| problem.code());
        assert_eq!(refused, Err(Code::Overloaded));
        assert!(gate.peek().is_err());

        drop(waiting.pop());
        assert!(gate.peek().is_ok());
        assert!(gate.through(ready(()), |()| true).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_what_does_not_come_takes_nobodys_place() {
        let gate = Gate::new();
        let mut waiting: Vec<_> =
            (0..128).map(|_| Box::pin(gate.through(pending::<()>(), |()| true))).collect();
        let all = join_all(waiting.iter_mut());

        assert!(timeout(OVERDUE * 2, all).await.is_err());

        assert_eq!(gate.bound().inside(), 0);
        assert!(gate.through(ready(()), |()| true).await.is_ok());
        drop(waiting);
        assert_eq!(gate.bound().inside(), 0);
    }
}

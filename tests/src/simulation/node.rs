//! A process of the simulation: a runtime of its own on virtual time, which runs only when it is
//! told to, can be stopped and woken like any process, and leaves nothing behind when it is killed.

use std::time::Duration;

use cart_schemas::timestamp::Timestamp;
use cart_storage::simulated::{ClientId, Simulated};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use super::surroundings::Surroundings;

/// A process.
#[derive(Debug)]
pub struct Node {
    runtime: Runtime,
    surroundings: Surroundings,
    client: Simulated,
    origin: Instant,
    started: Timestamp,
    reached: Timestamp,
}

impl Node {
    /// Starts a process at `now` whose wall clock is wrong by `skew` microseconds and whose fresh
    /// ids follow from `seed`.
    ///
    /// # Errors
    /// The machine has no room for another runtime.
    pub fn start(
        client: Simulated,
        now: Timestamp,
        (skew, seed): (i64, u64),
    ) -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build()?;
        let origin = runtime.block_on(async { Instant::now() });
        let wall = Timestamp::from_micros(now.micros() + skew);
        let surroundings = Surroundings::new(origin, wall, seed);
        Ok(Self { runtime, surroundings, client, origin, started: now, reached: now })
    }

    /// What it is to the outside.
    #[must_use]
    pub fn id(&self) -> ClientId {
        self.client.id()
    }

    /// Its connection to the outside.
    #[must_use]
    pub fn client(&self) -> &Simulated {
        &self.client
    }

    /// How far it has run.
    #[must_use]
    pub fn reached(&self) -> Timestamp {
        self.reached
    }

    /// Runs a task in it for as long as it lives.
    pub fn spawn<F>(&self, task: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.runtime.spawn(task)
    }

    /// Lets it run until `then`: whatever it has to do now, and whatever its timers say meanwhile.
    pub fn run_until(&mut self, then: Timestamp) {
        let deadline = self.at(then);
        let runtime = &self.runtime;
        self.surroundings
            .within(|| runtime.block_on(async { tokio::time::sleep_until(deadline).await }));
        self.reached = then;
    }

    /// Time went on while it was stopped: its clock jumps, and all it missed is overdue at once.
    pub fn wake_at(&mut self, now: Timestamp) {
        let missed = self.at(now).saturating_duration_since(self.at(self.reached));
        let runtime = &self.runtime;
        self.surroundings.within(|| runtime.block_on(async { tokio::time::advance(missed).await }));
        self.reached = now;
    }

    fn at(&self, time: Timestamp) -> Instant {
        let since = u64::try_from(time.micros() - self.started.micros()).unwrap_or_default();
        self.origin + Duration::from_micros(since)
    }
}

//! The world as its driver sees it: a clock, the next event, the weather, and faults from outside.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cart_schemas::partition::PartitionCount;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::client::Client;
use super::state::{EPOCH, State};
use super::{ClientId, Observation, Simulated, Tally, Weather};

/// Everything outside the processes. Clones are the same world.
#[derive(Clone)]
pub struct World {
    state: Arc<Mutex<State>>,
}

impl World {
    /// The virtual time at which every world begins.
    pub const BEGINS: Timestamp = Timestamp::from_micros(EPOCH);

    /// A world of its own. Partitioned topics have so many partitions, the others one.
    #[must_use]
    pub fn new(seed: u64, partitions: PartitionCount, weather: Weather) -> Self {
        Self { state: Arc::new(Mutex::new(State::new(seed, partitions, weather))) }
    }

    /// A new process connects.
    #[must_use]
    pub fn client(&self) -> Simulated {
        let mut state = self.look();
        let id = ClientId(state.clients.len());
        state.clients.push(Client::new());
        drop(state);
        Simulated::new(self.clone(), id)
    }

    /// The virtual time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.look().now)
    }

    /// How many partitions the partitioned topics have.
    #[must_use]
    pub fn partition_count(&self) -> PartitionCount {
        self.look().topics.count(Topic::Commands)
    }

    /// When the next event is due: now if something is left to tell of, `None` if nothing is
    /// planned.
    #[must_use]
    pub fn next_at(&self) -> Option<Timestamp> {
        let state = self.look();
        let next = state.agenda.next_at();
        let due = if state.seen.is_empty() { next } else { Some(state.now) };
        due.map(Timestamp::from_micros)
    }

    /// Moves the clock forward. Nothing runs.
    pub fn advance_to(&self, time: Timestamp) {
        let mut state = self.look();
        state.now = state.now.max(time.micros());
    }

    /// Runs the next event and tells what was seen of it and since the last step; `None` if there
    /// was nothing. What was seen at calls is told by a step of its own if no event is due yet.
    pub fn step(&self) -> Option<Vec<Observation>> {
        let mut state = self.look();
        let due = state.agenda.next_at().is_some_and(|at| at <= state.now);
        let ran = (due || state.seen.is_empty()) && state.run_next();
        let seen = std::mem::take(&mut state.seen);
        (ran || !seen.is_empty()).then_some(seen)
    }

    /// Changes the weather for what is asked from now on.
    pub fn set_weather(&self, weather: Weather) {
        self.look().weather = weather;
    }

    /// How often each fault was injected.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.look().tally.clone()
    }

    /// The clients answered or told something since this was last asked, each once.
    #[must_use]
    pub fn take_woken(&self) -> Vec<ClientId> {
        std::mem::take(&mut self.look().woken)
    }

    /// Whether any client asked for something since this was last asked.
    #[must_use]
    pub fn take_called(&self) -> bool {
        std::mem::take(&mut self.look().called)
    }

    /// A process dies. Of its appends in flight, a prefix of each queue still lands; of its writes
    /// any share may. It is answered nothing more.
    pub fn kill(&self, client: ClientId) {
        self.call(|state| state.kill(client));
    }

    /// A process stands still: it reads nothing and the coordinator does not hear from it.
    pub fn freeze(&self, client: ClientId) {
        self.call(|state| state.freeze(client));
    }

    /// A frozen process goes on.
    pub fn thaw(&self, client: ClientId) {
        self.call(|state| state.thaw(client));
    }

    /// Coordinators and a process do not hear each other until then; everything else works.
    pub fn deafen(&self, client: ClientId, until: Timestamp) {
        self.call(|state| state.deafen(client, until.micros()));
    }

    /// Moves a random partition of each group to another of its members.
    pub fn rebalance(&self) {
        self.call(State::rebalance);
    }

    /// Deletes a topic with all it holds and all that is committed for it, and makes it anew.
    pub fn recreate(&self, topic: Topic) {
        self.call(|state| state.recreate(topic));
    }

    /// Runs events when they are due by tokio's clock, until it is dropped. What they tell is
    /// lost.
    pub fn drive(self) -> impl Future<Output = ()> + Send {
        let alarm = Arc::new(Notify::new());
        let mut state = self.look();
        state.alarm = Some(Arc::clone(&alarm));
        let from = state.now;
        drop(state);
        async move {
            let begun = Instant::now();
            loop {
                let passed = i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX);
                let next = self.run_until(from.saturating_add(passed));
                let wait = next.and_then(|at| u64::try_from(at.saturating_sub(from)).ok());
                let due = wait.and_then(|wait| begun.checked_add(Duration::from_micros(wait)));
                let due = due.unwrap_or_else(|| Instant::now() + Duration::from_secs(60));
                // Either is a reason to look again.
                drop(tokio::time::timeout_at(due, alarm.notified()).await);
            }
        }
    }

    /// Runs what is due until then, and tells when the next event is.
    fn run_until(&self, time: i64) -> Option<i64> {
        let mut state = self.look();
        state.now = state.now.max(time);
        while state.agenda.next_at().is_some_and(|at| at <= state.now) {
            state.run_next();
            state.seen.clear();
        }
        state.agenda.next_at()
    }

    /// A look, or a step, under the lock.
    pub(super) fn look(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request under the lock, carried out to its end if nothing takes time.
    pub(super) fn call<T>(&self, request: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.look();
        let outcome = request(&mut state);
        state.settle();
        outcome
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("now", &self.now()).finish_non_exhaustive()
    }
}

//! What a simulated node takes for the machine it runs on: a wall clock that may be wrong, and
//! fresh ids that a seed can repeat. One node runs at a time on a thread.

use std::cell::RefCell;

use cart_schemas::timestamp::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

/// The machine of the node that runs now.
#[derive(Debug, Clone)]
struct Machine {
    /// The node's first moment, by its own monotonic clock.
    origin: Instant,
    /// What its wall clock told then, in microseconds.
    wall: i64,
    random: fastrand::Rng,
}

thread_local! {
    static MACHINE: RefCell<Option<Machine>> = const { RefCell::new(None) };
}

/// A node's machine while the node does not run.
#[derive(Debug)]
pub struct Surroundings(Option<Machine>);

impl Surroundings {
    /// A machine whose wall clock tells `wall` at `origin`.
    #[must_use]
    pub fn new(origin: Instant, wall: Timestamp, seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        Self(Some(Machine { origin, wall: wall.micros(), random }))
    }

    /// Does `run` on this machine.
    pub fn within<T>(&mut self, run: impl FnOnce() -> T) -> T {
        MACHINE.with(|machine| machine.replace(self.0.take()));
        let out = run();
        self.0 = MACHINE.with(|machine| machine.replace(None));
        out
    }
}

/// The wall clock of the node that runs now.
#[must_use]
pub fn now() -> Timestamp {
    MACHINE.with_borrow(|machine| {
        machine.as_ref().map_or_else(Timestamp::default, |machine| {
            let since = machine.origin.elapsed().as_micros();
            Timestamp::from_micros(machine.wall + i64::try_from(since).unwrap_or(i64::MAX))
        })
    })
}

/// A fresh id, as the node that runs now makes it.
#[must_use]
pub fn fresh_id() -> Uuid {
    let milliseconds = u64::try_from(now().micros() / 1_000).unwrap_or_default();
    let bytes = MACHINE.with_borrow_mut(|machine| {
        let draw = |machine: &mut Machine| machine.random.u128(..).to_be_bytes();
        machine.as_mut().map_or([0; 16], draw)
    });
    let mut random = [0; 10];
    random.copy_from_slice(bytes.first_chunk::<10>().unwrap_or(&[0; 10]));
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid()
}

//! What the runtime takes from its surroundings: the wall clock, which tells the scanner which
//! timers came due, and fresh ids for their Wakes. No decision sees either.

use std::time::{SystemTime, UNIX_EPOCH};

use cart_schemas::timestamp::Timestamp;
use uuid::Uuid;

/// Where time and fresh ids come from. The default is this machine; a simulation has its own.
#[derive(Debug, Clone, Copy)]
pub struct Ambient {
    /// The time now, by a clock that may be wrong and may step.
    pub now: fn() -> Timestamp,
    /// An id that nobody had before.
    pub fresh_id: fn() -> Uuid,
}

impl Default for Ambient {
    #[expect(clippy::disallowed_methods, reason = "a Wake has a fresh id at every append")]
    fn default() -> Self {
        Self { now: machine_time, fresh_id: Uuid::now_v7 }
    }
}

#[expect(clippy::disallowed_methods, reason = "the scanner's clock; decisions take the log's")]
fn machine_time() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

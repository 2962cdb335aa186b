//! The one place of this crate that asks what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

use cart_schemas::timestamp::Timestamp;

/// The wall clock, for what a reader is shown; no decision depends on it.
#[expect(clippy::disallowed_methods, reason = "everything else of this crate takes `now`")]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

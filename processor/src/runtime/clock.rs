//! The one wall clock of the processor: it tells the scanner which timers came due. No decision
//! sees it.

use std::time::{SystemTime, UNIX_EPOCH};

use cart_schemas::timestamp::Timestamp;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "the scanner's clock; decisions take the log's")]
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

//! The present, for the timestamps of rows that no decision writes: the clock processors have.

use cart_processor::runtime::Ambient;
use cart_schemas::timestamp::Timestamp;

/// The present, by this machine.
pub(crate) fn now() -> Timestamp {
    (Ambient::default().now)()
}

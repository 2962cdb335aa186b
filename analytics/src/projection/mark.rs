//! How far a partition's events are kept, and where whoever keeps them begins. Pure.
//!
//! The mark lies in the store, behind the events it speaks for: a store that forgets its last moments
//! forgets the mark first. The offset committed to the log could not tell.

use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::log::Bounds;
use serde::{Deserialize, Serialize};

/// Everything before an offset is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The offset of the first event that may not be.
    pub(crate) offset: i64,
    /// The row's own timestamp.
    pub(crate) ts: Timestamp,
}

impl Mark {
    /// The cell.
    pub(crate) fn encode(self) -> Vec<u8> {
        // Serializing a plain struct into memory has no way to fail.
        serde_json::to_vec(&self).unwrap_or_default()
    }

    /// Reads a cell. One that cannot be read says nothing: keeping events again is harmless.
    pub(crate) fn decode(cell: Option<&[u8]>) -> Self {
        cell.and_then(|cell| serde_json::from_slice(cell).ok()).unwrap_or_default()
    }

    /// The mark that follows, over an event the log appended at `appended`.
    pub(crate) fn advanced(self, offset: i64, appended: Timestamp) -> Self {
        Self { offset, ts: appended.max(self.ts.next()) }
    }
}

/// The key of a partition's mark, of the projection of this name.
pub(super) fn mark_key(name: &str, partition: Partition) -> String {
    format!("{}/{name}/{partition}", Topic::Events)
}

/// Where to begin: at what the store and the group both know. A log that was made anew has another
/// end or knows no commit, and is read from its start.
pub(super) fn beginning(mark: Mark, committed: Option<i64>, bounds: Bounds) -> i64 {
    let known = committed.map_or(0, |committed| committed.min(mark.offset));
    if known > bounds.end { bounds.start } else { known.max(bounds.start) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(marked: i64, committed: Option<i64>) -> i64 {
        let mark = Mark { offset: marked, ts: Timestamp::default() };
        beginning(mark, committed, Bounds { start: 10, end: 100 })
    }

    #[test]
    fn a_keeper_goes_on_where_store_and_group_agree() {
        assert_eq!(begin(50, Some(50)), 50);
        // The store forgot, or the commit did not come through: once more is harmless.
        assert_eq!(begin(40, Some(50)), 40);
        assert_eq!(begin(50, Some(40)), 40);
    }

    #[test]
    fn a_keeper_that_knows_nothing_begins_with_what_there_is() {
        assert_eq!(begin(0, None), 10);
        assert_eq!(begin(0, Some(50)), 10);
        assert_eq!(begin(5, Some(5)), 10);
    }

    #[test]
    fn a_log_that_was_made_anew_is_read_from_its_start() {
        assert_eq!(begin(50, None), 10);
        assert_eq!(begin(500, Some(500)), 10);
    }

    #[test]
    fn marks_advance_in_time_even_where_the_logs_clock_stands_still() {
        let at = Timestamp::from_millis(7);
        let first = Mark::default().advanced(1, at);
        let second = first.advanced(2, at);

        assert!(first.ts == at && second.ts > first.ts);
        assert_eq!(Mark::decode(Some(&second.encode())), second);
        assert_eq!(Mark::decode(Some(b"else")), Mark::default());
    }
}

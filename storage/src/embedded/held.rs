//! One partition as the process holds it: its bounds, and its newest records. What is here is on
//! disk, or needs not be.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cart_schemas::timestamp::Timestamp;

use crate::log::{Bounds, Record};

/// Bytes of a partition's newest records kept in memory: seconds of a busy partition, so that
/// tails that keep up never touch the disk.
const RECENT_BYTES: usize = 2 * 1024 * 1024;
/// Records given to a tail at a time: as many as a worker takes in one micro-batch or two.
const BATCH_RECORDS: usize = 500;
/// Bytes given to a tail at a time.
pub(super) const BATCH_BYTES: usize = 1024 * 1024;

/// A partition. Its records and its end grow only when they are on disk.
#[derive(Debug)]
pub(super) struct Held(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    bounds: Bounds,
    last: Timestamp,
    recent: VecDeque<Record>,
    bytes: usize,
    /// Nothing of it is on disk: what leaves the memory is gone.
    volatile: bool,
}

/// What a partition has from an offset on.
#[derive(Debug)]
pub(super) enum Read {
    /// These records.
    Records(Vec<Record>),
    /// Nothing yet.
    AtEnd,
    /// Records that are on disk only, in this range of offsets.
    OnDisk(std::ops::Range<i64>),
    /// The offset is not in the log.
    Outside(Bounds),
}

impl Held {
    pub(super) const fn new(bounds: Bounds, last: Timestamp, volatile: bool) -> Self {
        let recent = VecDeque::new();
        Self(Mutex::new(Inner { bounds, last, recent, bytes: 0, volatile }))
    }

    pub(super) fn bounds(&self) -> Bounds {
        self.lock().bounds
    }

    /// The append time of its last record.
    pub(super) fn last(&self) -> Timestamp {
        self.lock().last
    }

    /// Adds records that follow its last one.
    pub(super) fn extend(&self, records: Vec<Record>) {
        let mut inner = self.lock();
        for record in records {
            inner.bounds.end = record.offset + 1;
            inner.last = record.appended;
            inner.bytes += size(&record);
            inner.recent.push_back(record);
        }
        while inner.bytes > RECENT_BYTES && inner.recent.len() > BATCH_RECORDS {
            let Some(oldest) = inner.recent.pop_front() else { break };
            inner.bytes -= size(&oldest);
            if inner.volatile {
                inner.bounds.start = oldest.offset + 1;
            }
        }
    }

    /// Forgets what lies before an offset.
    pub(super) fn begin_at(&self, start: i64) {
        let mut inner = self.lock();
        inner.bounds.start = inner.bounds.start.max(start);
        while inner.recent.front().is_some_and(|record| record.offset < start) {
            let oldest = inner.recent.pop_front();
            inner.bytes -= oldest.as_ref().map_or(0, size);
        }
    }

    /// What there is from an offset on.
    pub(super) fn read(&self, next: i64) -> Read {
        let inner = self.lock();
        let Bounds { start, end } = inner.bounds;
        if next < start || next > end {
            return Read::Outside(inner.bounds);
        }
        if next == end {
            return Read::AtEnd;
        }
        let first = inner.recent.front().map_or(end, |record| record.offset);
        if next < first {
            return Read::OnDisk(next..first);
        }
        let skipped = usize::try_from(next - first).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let fits = |record: &&Record| {
            let first = bytes == 0;
            bytes += size(record);
            first || bytes <= BATCH_BYTES
        };
        let records = inner.recent.iter().skip(skipped).take(BATCH_RECORDS).take_while(fits);
        Read::Records(records.cloned().collect())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// About how much memory a record takes: at least what its place in the queue does.
pub(super) fn size(record: &Record) -> usize {
    const PLACE: usize = size_of::<Record>();
    let Record { offset: _, appended: _, key, value, headers } = record;
    let length = |bytes: &Option<bytes::Bytes>| bytes.as_ref().map_or(0, bytes::Bytes::len);
    let headers: usize = headers.iter().map(|h| h.name.len() + h.value.len()).sum();
    PLACE + length(key) + length(value) + headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(offset: i64, bytes: usize) -> Record {
        let value = Some(vec![b'x'; bytes].into());
        Record { offset, appended: Timestamp::from_micros(1), key: None, value, headers: vec![] }
    }

    fn held(volatile: bool) -> Held {
        Held::new(Bounds { start: 0, end: 0 }, Timestamp::default(), volatile)
    }

    fn offsets(read: Read) -> Vec<i64> {
        let Read::Records(records) = read else { panic!("{read:?}") };
        records.into_iter().map(|record| record.offset).collect()
    }

    #[test]
    fn a_reader_that_keeps_up_reads_from_memory() {
        let held = held(false);
        held.extend((0..10).map(|n| record(n, 10)).collect());

        assert_eq!(offsets(held.read(4)), (4..10).collect::<Vec<_>>());
        assert!(matches!(held.read(10), Read::AtEnd));
        assert!(matches!(held.read(11), Read::Outside(_)));
    }

    #[test]
    fn what_no_longer_fits_the_memory_is_on_disk_or_gone() {
        for volatile in [false, true] {
            let held = held(volatile);
            held.extend((0..3_000).map(|n| record(n, 2_000)).collect());

            let first = match held.read(0) {
                Read::OnDisk(range) => range.end,
                Read::Outside(bounds) => bounds.start,
                read @ (Read::Records(_) | Read::AtEnd) => panic!("{read:?}"),
            };
            assert_eq!(matches!(held.read(0), Read::Outside(_)), volatile);
            assert_eq!(offsets(held.read(first)).first(), Some(&first));
        }
    }

    #[test]
    fn a_batch_is_bounded_and_never_empty() {
        let held = held(false);
        held.extend(vec![record(0, 3 * BATCH_BYTES), record(1, 10), record(2, 10)]);

        assert_eq!(offsets(held.read(0)), [0]);
        assert_eq!(offsets(held.read(1)), [1, 2]);
    }

    #[test]
    fn what_has_expired_is_outside() {
        let held = held(false);
        held.extend((0..10).map(|n| record(n, 10)).collect());
        held.begin_at(4);

        assert!(matches!(held.read(3), Read::Outside(_)));
        assert_eq!(offsets(held.read(4)), (4..10).collect::<Vec<_>>());
    }
}

//! What a partition was given and has not taken in hand: bounded, by pausing in time. Knows no
//! fold.

use std::collections::VecDeque;

use bytes::Bytes;
use cart_storage::log::Record;

/// Records in one micro-batch: enough to fill a store round trip at full speed.
pub(super) const BATCH_RECORDS_MAX: usize = 512;
/// Bytes of records in one micro-batch; one record alone may exceed it.
pub(super) const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// Queued records at which fetching pauses: four batches.
const RECORDS_HIGH: usize = 4 * BATCH_RECORDS_MAX;
/// Queued records at which it resumes.
const RECORDS_LOW: usize = BATCH_RECORDS_MAX;
/// Queued bytes at which fetching pauses: four batches of the largest size.
const BYTES_HIGH: usize = 4 * BATCH_BYTES_MAX;
/// Queued bytes at which it resumes.
const BYTES_LOW: usize = BATCH_BYTES_MAX;

/// What a queued record weighs.
pub(super) fn size(record: &Record) -> usize {
    let headers = record.headers.iter().map(|header| header.name.len() + header.value.len());
    let [key, value] = [&record.key, &record.value].map(|part| part.as_ref().map_or(0, Bytes::len));
    key + value + headers.sum::<usize>()
}

/// The records of a partition, in order.
#[derive(Debug, Default)]
pub(super) struct Queue {
    records: VecDeque<Record>,
    bytes: usize,
}

impl Queue {
    pub(super) fn push(&mut self, record: Record) {
        self.bytes += size(&record);
        self.records.push_back(record);
    }

    /// The next one.
    pub(super) fn front(&self) -> Option<&Record> {
        self.records.front()
    }

    /// Takes the next one.
    pub(super) fn pop(&mut self) -> Option<Record> {
        let record = self.records.pop_front()?;
        self.bytes = self.bytes.saturating_sub(size(&record));
        Some(record)
    }

    /// Whether no more should come for now.
    pub(super) fn is_high(&self) -> bool {
        self.records.len() >= RECORDS_HIGH || self.bytes >= BYTES_HIGH
    }

    /// Whether more may come again.
    pub(super) fn is_low(&self) -> bool {
        self.records.len() <= RECORDS_LOW && self.bytes <= BYTES_LOW
    }
}

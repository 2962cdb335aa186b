//! Reads the letters there are, oldest first, a few megabytes at a time: one may have three.

use cart_schemas::partition::Partition;
use cart_schemas::topic::Topic;
use cart_storage::log::{Bounds, Log, Record, TopicPartition};

use super::letter::Letter;
use crate::exit::Failure;
use crate::progress::Progress;
use crate::reading::{self, ReadError};

/// The only partition of the dead letters.
const LETTERS: TopicPartition =
    TopicPartition { topic: Topic::CommandsDeadLetters, partition: Partition::new(0) };
/// Bytes of a page: five of the longest letters.
const PAGE_BYTES: usize = 16 * 1024 * 1024;
/// What a record takes beside its key and value.
const RECORD_BYTES: usize = 512;

/// The letters there were when it was asked for them.
pub(super) struct Pages<'a, L> {
    log: &'a L,
    left: Bounds,
}

/// Why reading stops.
enum Stop {
    Full,
    Unreadable(ReadError),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Unreadable(error)
    }
}

impl<'a, L: Log> Pages<'a, L> {
    pub(super) async fn open(log: &'a L) -> Result<Self, Failure> {
        let left = reading::bounds(log, LETTERS).await.map_err(unreadable)?;
        Ok(Self { log, left })
    }

    /// The next letters; `None` once there are no more.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Letter>>, Failure> {
        if self.left.start >= self.left.end {
            return Ok(None);
        }
        let (mut records, mut bytes, mut next) = (Vec::new(), 0, self.left.end);
        let read = reading::read(self.log, LETTERS, self.left, |record| {
            bytes += size(&record);
            let after = record.offset.saturating_add(1);
            records.push(record);
            if bytes < PAGE_BYTES {
                return Ok(());
            }
            next = after;
            Err(Stop::Full)
        });
        match read.await {
            Ok(()) | Err(Stop::Full) => {}
            Err(Stop::Unreadable(error)) => return Err(unreadable(error)),
        }
        self.left.start = next;
        let count = records.len();
        let letters: Vec<_> = records.into_iter().filter_map(Letter::read).collect();
        if letters.len() < count {
            let strange = count - letters.len();
            let line = format!("records that no processor wrote, passed over: {strange}");
            Progress::on_stderr().say(&line);
        }
        Ok(Some(letters))
    }
}

fn size(record: &Record) -> usize {
    let length = |bytes: &Option<bytes::Bytes>| bytes.as_ref().map_or(0, bytes::Bytes::len);
    RECORD_BYTES + length(&record.key) + length(&record.value)
}

fn unreadable(source: ReadError) -> Failure {
    Failure::failed("the dead letters cannot be read", source)
}

//! Cuts what a partition holds into files, one for each hour. Records come in their order; which of them, its
//! caller knows.

use cart_schemas::partition::Partition;
use cart_storage::log::Record;

use super::KIND;
use super::extent::Course;
use super::part::{Part, PartError};
use super::row::{Row, Undecodable};
use crate::hourly::{Folder, Hour};
use crate::reading::ReadError;

/// Why a partition is not written out.
#[derive(Debug, thiserror::Error)]
pub(super) enum CutError {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record is of another build.
    #[error(transparent)]
    Decode(#[from] Undecodable),
    /// A file cannot be written.
    #[error(transparent)]
    Part(#[from] PartError),
}

/// Files of a partition that are being written, one after the other.
pub(super) struct Cut<'a> {
    folder: &'a Folder,
    partition: Partition,
    /// The hour of the last record, and its file.
    now: Option<(Hour, Part)>,
}

impl<'a> Cut<'a> {
    /// Begins in an hour nobody knows yet.
    pub(super) const fn of(partition: Partition, folder: &'a Folder) -> Self {
        Self { folder, partition, now: None }
    }

    /// Puts the next record where it belongs. Brokers' clocks differ by a little: a time that steps back when
    /// another one leads is in the hour that has begun, so that a file holds offsets without a gap.
    pub(super) fn take(&mut self, record: &Record) -> Result<(), CutError> {
        let row = Row::of(self.partition, record)?;
        let hour = Hour::of(record.appended);
        let (begun, mut part) = match self.now.take() {
            Some((begun, part)) if hour <= begun => (begun, part),
            before => {
                if let Some((_, part)) = before {
                    part.complete(Course::Ended)?;
                }
                let path = self.folder.part(hour, self.partition, KIND);
                (hour, Part::begin(path, record.offset)?)
            }
        };
        part.add(record.offset, row)?;
        self.now = Some((begun, part));
        Ok(())
    }

    /// There is no more of it now.
    pub(super) fn end(self, course: Course) -> Result<(), PartError> {
        self.now.map_or(Ok(()), |(_, part)| part.complete(course))
    }
}

#[cfg(test)]
mod tests;

//! Lines in a file for each hour of a partition. A file has its name once its hour is over and all of it is on the
//! disk; one that is there is whole, and is not written again. Knows nothing of what lines say.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;

use crate::draft::{Draft, DraftError};
use crate::hourly::{Folder, Hour};

/// What files are.
pub(super) const KIND: &str = "jsonl";
/// Seconds after which an hour is over, whichever broker's clock said so.
const OVER_AFTER: u32 = 120;

/// A file could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinesError {
    /// It cannot be begun, completed or taken away.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// It cannot be written.
    #[error("{0} cannot be written")]
    Write(PathBuf, #[source] io::Error),
}

/// The files of a partition.
pub(super) struct Hourly<'a> {
    folder: &'a Folder,
    partition: Partition,
    now: Option<(Hour, Lines)>,
}

/// The lines of an hour.
enum Lines {
    /// They are there.
    Written,
    /// They are being written.
    Begun { draft: Draft, file: BufWriter<File> },
}

impl<'a> Hourly<'a> {
    pub(super) const fn of(folder: &'a Folder, partition: Partition) -> Self {
        Self { folder, partition, now: None }
    }

    /// What comes next was appended at this time. A time that steps back belongs to the hour that has begun.
    pub(super) fn reach(&mut self, appended: Timestamp) -> Result<(), LinesError> {
        let hour = Hour::of(appended);
        if self.now.as_ref().is_some_and(|(begun, _)| hour <= *begun) {
            return Ok(());
        }
        if let Some((_, lines)) = self.now.take() {
            lines.complete()?;
        }
        self.now = Some((hour, self.begin(hour)?));
        Ok(())
    }

    fn begin(&self, hour: Hour) -> Result<Lines, LinesError> {
        let path = self.folder.part(hour, self.partition, KIND);
        if path.exists() {
            return Ok(Lines::Written);
        }
        let (draft, file) = Draft::begin_in_its_folder(path)?;
        Ok(Lines::Begun { draft, file: BufWriter::new(file) })
    }

    /// Adds a line to the hour.
    pub(super) fn write(&mut self, line: &[u8]) -> Result<(), LinesError> {
        let Some((_, Lines::Begun { draft, file })) = &mut self.now else { return Ok(()) };
        let written = file.write_all(line).and_then(|()| file.write_all(b"\n"));
        written.map_err(|source| LinesError::Write(draft.partial().to_owned(), source))
    }

    /// There is no more at `now`. An hour that goes on has no file yet.
    pub(super) fn end(self, now: Timestamp) -> Result<(), LinesError> {
        match self.now {
            Some((hour, lines)) if hour.next().begins().plus_seconds(OVER_AFTER) <= now => {
                lines.complete()
            }
            Some((_, Lines::Begun { draft, .. })) => Ok(draft.discard()?),
            Some((_, Lines::Written)) | None => Ok(()),
        }
    }
}

impl Lines {
    fn complete(self) -> Result<(), LinesError> {
        let Self::Begun { draft, mut file } = self else { return Ok(()) };
        let flushed = file.flush();
        flushed.map_err(|source| LinesError::Write(draft.partial().to_owned(), source))?;
        Ok(draft.complete(file.get_ref())?)
    }
}

//! How far what is written was sent, by partition: a file beside what was written. Knows no tool.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use cart_schemas::partition::Partition;
use serde::{Deserialize, Serialize};

use crate::draft::{Draft, DraftError};
use crate::hourly::Hour;

/// What it is called.
pub(super) const NAME: &str = "sent.json";

/// It cannot be told what was sent, or kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum MarksError {
    /// The file cannot be read.
    #[error("{0} cannot be read")]
    Read(PathBuf, #[source] io::Error),
    /// It is of another build, or somebody changed it.
    #[error("{0} does not say what was sent")]
    Decode(PathBuf, #[source] serde_json::Error),
    /// It cannot be begun or completed.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// It cannot be written.
    #[error("{0} cannot be written")]
    Write(PathBuf, #[source] serde_json::Error),
}

/// So many bytes of the file of an hour are sent, and all of those before it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Mark {
    hour: Hour,
    bytes: u64,
}

/// How far each partition is sent.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Marks(BTreeMap<u16, Mark>);

impl Marks {
    /// What the file says; nothing is sent if there is none.
    pub(super) fn read(path: &Path) -> Result<Self, MarksError> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(MarksError::Read(path.to_owned(), error)),
        };
        let marks = serde_json::from_slice(&text);
        marks.map_err(|source| MarksError::Decode(path.to_owned(), source))
    }

    /// How many bytes of the file of this hour are sent; `None` if all are, for a later one has begun.
    pub(super) fn sent(&self, partition: Partition, hour: Hour) -> Option<u64> {
        let Some(mark) = self.0.get(&partition.number()) else { return Some(0) };
        match mark.hour.cmp(&hour) {
            Ordering::Less => Some(0),
            Ordering::Equal => Some(mark.bytes),
            Ordering::Greater => None,
        }
    }

    /// So much is sent now. It is on the disk when this returns.
    pub(super) fn advance(
        &mut self,
        path: &Path,
        (partition, hour): (Partition, Hour),
        bytes: u64,
    ) -> Result<(), MarksError> {
        self.0.insert(partition.number(), Mark { hour, bytes });
        let (draft, file) = Draft::begin(path.to_owned())?;
        let written = serde_json::to_writer(&file, self);
        written.map_err(|source| MarksError::Write(draft.partial().to_owned(), source))?;
        Ok(draft.complete(&file)?)
    }
}

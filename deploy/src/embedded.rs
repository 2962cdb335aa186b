//! Opens the embedded engine in its data folder.

use std::path::Path;

use cart_schemas::partition::PartitionCount;
use cart_storage::embedded::{Embedded, EmbeddedSettings, OpenError};

use crate::exit::Failure;

/// Partitions of a new folder's command log: see `docs/performance.md`.
const PARTITIONS: PartitionCount = match PartitionCount::new(4) {
    Some(count) => count,
    None => PartitionCount::ONE,
};

/// Opens the folder, or says what is wrong with it.
pub(crate) async fn open(folder: &Path) -> Result<Embedded, Failure> {
    let settings = EmbeddedSettings::new(folder.to_owned(), PARTITIONS);
    let opening = tokio::task::spawn_blocking(move || Embedded::open(&settings));
    let opened = opening
        .await
        .map_err(|panicked| Failure::failed("the data folder cannot be opened", panicked))?;
    opened.map_err(|error| match error {
        OpenError::InUse(_) | OpenError::Newer { .. } => Failure::Usage(error.to_string()),
        OpenError::Damaged { .. } | OpenError::Disk { .. } | OpenError::Thread(_) => {
            Failure::failed("the data folder cannot be opened", error)
        }
    })
}

//! Opens the embedded engine in its data folder.

use std::path::Path;

use cart_api::Flag;
use cart_schemas::partition::PartitionCount;
use cart_storage::embedded::{Embedded, EmbeddedSettings, OpenError};

use crate::cli::Role;
use crate::exit::Failure;
use crate::serve::HEALTH_EVERY;

/// Partitions of a new folder's command log: see `docs/performance.md`.
const PARTITIONS: PartitionCount = match PartitionCount::new(4) {
    Some(count) => count,
    None => panic!("four partitions are a partition count"),
};

/// Refuses a process that would hold the folder and leave a part of the work undone.
pub(crate) fn check(roles: &[Role]) -> Result<(), Failure> {
    if roles.contains(&Role::Api) && roles.contains(&Role::Processor) {
        return Ok(());
    }
    let text = "--engine embedded is one process: give it the roles api and processor, or none";
    Err(Failure::Usage(text.to_owned()))
}

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

/// Says whether the disk takes what must be written.
pub(crate) async fn watch(engine: Embedded, flag: Flag) {
    let mut ticks = tokio::time::interval(HEALTH_EVERY);
    loop {
        ticks.tick().await;
        flag.set(engine.is_writable());
    }
}

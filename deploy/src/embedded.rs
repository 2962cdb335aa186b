//! A data folder as an installation: opened once, shared by its log and its store, and closed.

use std::path::{Path, PathBuf};

use cart_schemas::generation::Generation;
use cart_schemas::partition::PartitionCount;
use cart_storage::embedded::{DrivenClock, Embedded, EmbeddedSettings, OpenError};
use tokio::sync::OnceCell;

use crate::cli::Plan;
use crate::exit::Failure;
use crate::place::Installation;

/// Partitions of a new folder's command log: see `docs/performance.md`.
pub(crate) const PARTITIONS: PartitionCount = match PartitionCount::new(4) {
    Some(count) => count,
    None => panic!("four partitions are a partition count"),
};

/// A data folder.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    engine: OnceCell<Embedded>,
}

impl Folder {
    /// The one at this path; nothing is opened yet.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path, engine: OnceCell::new() }
    }

    /// Writes what is queued and closes the file, if it was opened.
    pub(crate) async fn close(self) {
        if let Some(engine) = self.engine.into_inner()
            && let Err(error) = engine.close().await
        {
            tracing::warn!(%error, "nobody was told that it had");
        }
    }

    async fn open(&self, partitions: PartitionCount) -> Result<Embedded, Failure> {
        let opened = self.engine.get_or_try_init(|| open(&self.path, partitions));
        opened.await.cloned()
    }
}

impl Installation for Folder {
    type Log = Embedded;
    type Store = Embedded;

    const ALONE: bool = true;

    fn name(&self) -> String {
        let simulated = self.engine.get().is_some_and(Embedded::is_simulated);
        let began = if simulated { ", which began with simulated days" } else { "" };
        format!("the data folder {}{began}", self.path.display())
    }

    /// Log and store are one file, and it is made whole.
    async fn create_store(&self, plan: &Plan) -> Result<Vec<String>, Failure> {
        let made = !Embedded::is_in(&self.path);
        let partitions = plan.partitions.and_then(PartitionCount::new);
        self.open(partitions.unwrap_or(PARTITIONS)).await?;
        Ok(made.then(|| self.path.display().to_string()).into_iter().collect())
    }

    /// There is one log in a folder. What a new generation begins with is the end of what was
    /// decided in the one before.
    async fn create_log(
        &self,
        _generation: Generation,
        _plan: &Plan,
    ) -> Result<Vec<String>, Failure> {
        Ok(Vec::new())
    }

    async fn store(&self) -> Result<Embedded, Failure> {
        if !Embedded::is_in(&self.path) {
            let text = format!("there are no carts in the folder {}", self.path.display());
            return Err(Failure::Usage(text));
        }
        self.open(PARTITIONS).await
    }

    async fn log(&self, _generation: Generation) -> Result<Embedded, Failure> {
        self.store().await
    }

    fn is_writable(&self) -> bool {
        self.engine.get().is_some_and(Embedded::is_writable)
    }
}

/// Opens the folder, or says what is wrong with it.
async fn open(folder: &Path, partitions: PartitionCount) -> Result<Embedded, Failure> {
    let settings = EmbeddedSettings::new(folder.to_owned(), partitions);
    unblocked(move || Embedded::open(&settings)).await
}

/// Makes a folder that is not there yet, whose log has its time from this clock.
pub(crate) async fn create_simulated(
    folder: PathBuf,
    clock: DrivenClock,
) -> Result<Embedded, Failure> {
    let settings = EmbeddedSettings::new(folder, PARTITIONS);
    unblocked(move || Embedded::create_simulated(&settings, &clock)).await
}

async fn unblocked(
    open: impl FnOnce() -> Result<Embedded, OpenError> + Send + 'static,
) -> Result<Embedded, Failure> {
    let opened = tokio::task::spawn_blocking(open)
        .await
        .map_err(|panicked| Failure::failed("the data folder cannot be opened", panicked))?;
    opened.map_err(|error| match error {
        OpenError::InUse(_) | OpenError::Exists(_) | OpenError::Newer { .. } => {
            Failure::Usage(error.to_string())
        }
        OpenError::Damaged { .. } | OpenError::Disk { .. } | OpenError::Thread(_) => {
            Failure::failed("the data folder cannot be opened", error)
        }
    })
}

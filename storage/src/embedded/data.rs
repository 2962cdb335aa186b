//! The data file: opened, read, and opened again after the disk failed.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use redb::{
    Builder, Database, DatabaseError, Durability, ReadTransaction, ReadableDatabase as _,
    StorageError,
};

use super::batch::Batch;
use super::save::save;
use super::tables::{ABOUT, ABOUT_TRANSACTION};

/// The file cannot be used now.
#[derive(Debug, thiserror::Error)]
pub(super) enum DataError {
    /// It is closed, or about to be opened again.
    #[error("the data file is closed")]
    Closed,
    /// It cannot be opened.
    #[error("the data file cannot be opened")]
    Open(#[source] DatabaseError),
    /// It cannot be read or written.
    #[error("the data file cannot be read or written")]
    Engine(#[source] redb::Error),
}

impl DataError {
    /// Whether the file itself is broken, so that no other try will do.
    pub(super) const fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Engine(redb::Error::Corrupted(_))
                | Self::Open(DatabaseError::Storage(StorageError::Corrupted(_)))
        )
    }
}

impl<E: Into<redb::Error>> From<E> for DataError {
    fn from(error: E) -> Self {
        Self::Engine(error.into())
    }
}

/// Opens the file, again and again.
pub(super) type Opener = Box<dyn Fn() -> Result<Database, DatabaseError> + Send + Sync>;

/// Opens a file that is there.
pub(super) fn file(path: PathBuf, cache_bytes: usize) -> Opener {
    Box::new(move || Builder::new().set_cache_size(cache_bytes).open(&path))
}

/// The file, and how it is opened.
pub(super) struct Data {
    opener: Opener,
    database: RwLock<Option<Arc<Database>>>,
}

impl Data {
    pub(super) fn open(opener: Opener) -> Result<Self, DatabaseError> {
        let database = RwLock::new(Some(Arc::new(opener()?)));
        Ok(Self { opener, database })
    }

    /// A view of what is on disk. It fails once the file is closed or opened again.
    pub(super) fn read(&self) -> Result<ReadTransaction, DataError> {
        Ok(self.database()?.begin_read()?)
    }

    /// Writes a batch as the transaction of this number.
    pub(super) fn write(
        &self,
        batch: &Batch,
        transaction: u64,
        durability: Durability,
    ) -> Result<(), DataError> {
        Ok(save(&*self.database()?, batch, transaction, durability)?)
    }

    /// The number of the last transaction that is on disk.
    pub(super) fn transaction(&self) -> Result<u64, DataError> {
        let about = self.read()?.open_table(ABOUT)?;
        Ok(about.get(ABOUT_TRANSACTION)?.map_or(0, |number| number.value()))
    }

    /// Opens the file once more.
    pub(super) fn reopen(&self) -> Result<(), DataError> {
        self.close();
        let opened = Arc::new((self.opener)().map_err(DataError::Open)?);
        *self.database.write().unwrap_or_else(PoisonError::into_inner) = Some(opened);
        Ok(())
    }

    /// Closes the file.
    pub(super) fn close(&self) {
        drop(self.database.write().unwrap_or_else(PoisonError::into_inner).take());
    }

    pub(super) fn database(&self) -> Result<Arc<Database>, DataError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        database.clone().ok_or(DataError::Closed)
    }
}

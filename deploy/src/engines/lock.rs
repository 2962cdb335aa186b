//! One caller at a time per engines' folder, across processes. The lock ends with its holder,
//! however that ends; servers do not inherit it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::error::Error;
use super::progress::Progress;

/// The right to change what is in the engines' folder, until dropped.
#[derive(Debug)]
pub(super) struct Lock {
    dir: PathBuf,
    /// Held for its lock only.
    _file: File,
}

impl Lock {
    /// Makes the folder if need be and waits for whoever else is at work in it.
    pub(super) fn take(dir: &Path, progress: &Progress) -> Result<Self, Error> {
        let path = dir.join("lock");
        let failed = |source| Error::Lock { path: path.clone(), source };
        fs::create_dir_all(dir).map_err(failed)?;
        let file = File::create(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                progress.note(&format!(
                    "waiting for another cartstream that is at work in {}",
                    dir.display()
                ));
                file.lock().map_err(failed)?;
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        Ok(Self { dir: resolved(dir), _file: file })
    }

    /// The folder's one true path.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }
}

/// Free of links and of the current directory: servers are recognised by this path on their command
/// line.
pub(super) fn resolved(dir: &Path) -> PathBuf {
    dir.canonicalize().unwrap_or_else(|_| dir.to_owned())
}

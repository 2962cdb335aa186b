//! A folder of such files, which one process at a time writes to. Knows no log.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use cart_schemas::partition::Partition;

use super::hour::Hour;

/// The file that is locked by whoever writes.
const LOCK: &str = ".lock";

/// A folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    /// It cannot be made.
    #[error("the folder {0} cannot be made")]
    Make(PathBuf, #[source] io::Error),
    /// It cannot be listed.
    #[error("the folder {0} cannot be listed")]
    List(PathBuf, #[source] io::Error),
    /// It cannot be locked.
    #[error("the folder {0} cannot be locked")]
    Lock(PathBuf, #[source] io::Error),
    /// Another process writes to it.
    #[error("another export writes to the folder {0}: wait for it, or give another folder")]
    InUse(PathBuf),
}

/// A folder of files by date, hour and partition.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

/// Whoever has this writes to the folder, and nobody else.
#[derive(Debug)]
pub(crate) struct Writing {
    _lock: File,
}

impl Folder {
    /// The folder at this path, which may not be there yet.
    pub(crate) const fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Makes it if it is not there, and keeps others from writing to it. The system takes the lock from a process
    /// that ends, however it does.
    pub(crate) fn write(&self) -> Result<Writing, FolderError> {
        let path = || self.0.clone();
        std::fs::create_dir_all(&self.0).map_err(|source| FolderError::Make(path(), source))?;
        let lock = File::create(self.0.join(LOCK));
        let lock = lock.map_err(|source| FolderError::Lock(path(), source))?;
        match lock.try_lock() {
            Ok(()) => Ok(Writing { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse(path())),
            Err(TryLockError::Error(source)) => Err(FolderError::Lock(path(), source)),
        }
    }

    /// A file in it that is of no hour.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Where the file of a partition's hour is; `kind` is what its name ends with.
    pub(crate) fn part(&self, hour: Hour, partition: Partition, kind: &str) -> PathBuf {
        self.0.join(hour.to_string()).join(format!("part-{:05}.{kind}", partition.number()))
    }

    /// The hours there are folders of, the earliest first.
    pub(crate) fn hours(&self) -> Result<Vec<Hour>, FolderError> {
        let mut hours = Vec::new();
        for date in names(&self.0)? {
            if date.starts_with("date=") {
                let names = names(&self.0.join(&date))?.into_iter();
                let hour = |name| format!("{date}/{name}").parse::<Hour>().ok();
                hours.extend(names.filter_map(hour));
            }
        }
        hours.sort_unstable();
        Ok(hours)
    }

    /// The partitions that have a file of this kind in an hour, in their order.
    pub(crate) fn parts(&self, hour: Hour, kind: &str) -> Result<Vec<Partition>, FolderError> {
        let names = names(&self.0.join(hour.to_string()))?;
        let partition = |name: &String| {
            let number = name.strip_prefix("part-")?.strip_suffix(kind)?.strip_suffix('.')?;
            number.parse().ok().map(Partition::new)
        };
        let mut parts: Vec<_> = names.iter().filter_map(partition).collect();
        parts.sort_unstable();
        Ok(parts)
    }
}

/// The names in a folder; none if there is no such folder.
fn names(folder: &Path) -> Result<Vec<String>, FolderError> {
    let unlisted = |source| FolderError::List(folder.to_owned(), source);
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unlisted(error)),
    };
    let name = |entry: io::Result<std::fs::DirEntry>| Ok(entry?.file_name().into_string().ok());
    entries.filter_map(|entry| name(entry).transpose()).collect::<Result<_, _>>().map_err(unlisted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_writes_to_a_folder() {
        let path = std::env::temp_dir().join(format!("cartstream-hourly-{}", std::process::id()));
        let folder = Folder::at(path.clone());

        let writing = folder.write().unwrap();
        assert!(matches!(Folder::at(path.clone()).write(), Err(FolderError::InUse(_))));
        drop(writing);
        assert!(folder.write().is_ok());
        assert_eq!(folder.hours().unwrap(), []);
        std::fs::remove_dir_all(path).unwrap();
    }
}

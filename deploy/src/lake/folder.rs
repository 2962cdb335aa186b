//! The folder files lie in, and what those that are there hold. Knows no log.

use std::io;
use std::path::{Path, PathBuf};

use cart_schemas::partition::Partition;

use super::extent::Extent;
use super::hour::{Hour, Hours};
use super::part::{self, PartError};

/// Why it is not known what a folder holds.
#[derive(Debug, thiserror::Error)]
pub(super) enum FolderError {
    /// A folder cannot be listed.
    #[error("the folder {0} cannot be listed")]
    List(PathBuf, #[source] io::Error),
    /// A file in it does not say what it holds.
    #[error(transparent)]
    Part(#[from] PartError),
}

/// A folder of files by date, hour and partition.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// The folder at this path, which may not be there yet.
    pub(super) const fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where the file of a partition's hour is.
    pub(super) fn part(&self, hour: Hour, partition: Partition) -> PathBuf {
        self.0.join(hour.to_string()).join(format!("part-{:05}.parquet", partition.number()))
    }

    /// The hours there are folders of, among those asked for.
    pub(super) fn hours(&self, asked: Hours) -> Result<Vec<Hour>, FolderError> {
        let mut hours = Vec::new();
        for date in names(&self.0)? {
            if date.starts_with("date=") {
                let names = names(&self.0.join(&date))?.into_iter();
                let hour = |name| format!("{date}/{name}").parse::<Hour>().ok();
                hours.extend(names.filter_map(hour));
            }
        }
        hours.retain(|hour| asked.has(*hour));
        Ok(hours)
    }

    /// What a partition's files hold of these hours.
    pub(super) fn held(
        &self,
        hours: &[Hour],
        partition: Partition,
    ) -> Result<Vec<Extent>, FolderError> {
        let files = hours.iter().map(|hour| part::held(&self.part(*hour, partition)));
        Ok(files.filter_map(Result::transpose).collect::<Result<_, _>>()?)
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

//! A file that has its name once all of it is on the disk, and until then another one. Knows nothing of what is in
//! it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A file cannot be brought to the disk.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DraftError {
    /// Its folder cannot be made.
    #[error("the folder {0} cannot be made")]
    Folder(PathBuf, #[source] io::Error),
    /// It cannot be made, under its first name.
    #[error("{0} cannot be made")]
    Create(PathBuf, #[source] io::Error),
    /// It cannot be brought to the disk.
    #[error("{0} cannot be synced")]
    Sync(PathBuf, #[source] io::Error),
    /// It cannot have its name.
    #[error("{0} cannot be renamed")]
    Rename(PathBuf, #[source] io::Error),
    /// It cannot be taken away.
    #[error("{0} cannot be deleted")]
    Delete(PathBuf, #[source] io::Error),
}

/// A file that is being written.
#[derive(Debug)]
pub(crate) struct Draft {
    path: PathBuf,
    partial: PathBuf,
}

impl Draft {
    /// The same as [`Draft::begin`], in a folder that is made if it is not there.
    pub(crate) fn begin_in_its_folder(path: PathBuf) -> Result<(Self, File), DraftError> {
        let folder = folder_of(&path);
        std::fs::create_dir_all(folder)
            .map_err(|source| DraftError::Folder(folder.to_owned(), source))?;
        Self::begin(path)
    }

    /// Begins the file that will have this path. One that was begun before and not completed is written over.
    pub(crate) fn begin(path: PathBuf) -> Result<(Self, File), DraftError> {
        let partial = path.with_added_extension("part");
        let file = File::create(&partial);
        let file = file.map_err(|source| DraftError::Create(partial.clone(), source))?;
        Ok((Self { path, partial }, file))
    }

    /// The path it will have.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path it has until then.
    pub(crate) fn partial(&self) -> &Path {
        &self.partial
    }

    /// Lets it have its name. Content and name are on the disk when this returns.
    pub(crate) fn complete(self, file: &File) -> Result<(), DraftError> {
        let Self { path, partial } = self;
        file.sync_all().map_err(|source| DraftError::Sync(partial.clone(), source))?;
        std::fs::rename(&partial, &path).map_err(|source| DraftError::Rename(partial, source))?;
        let folder = folder_of(&path);
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|source| DraftError::Sync(folder.to_owned(), source))
    }

    /// Takes it away: it will not be complete.
    pub(crate) fn discard(self) -> Result<(), DraftError> {
        std::fs::remove_file(&self.partial)
            .map_err(|source| DraftError::Delete(self.partial, source))
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    }
}

//! Folders of files by the hour of the log's clock and by partition, as data lakes and their readers know them:
//! `date=2026-11-17/hour=05/part-00003.…`. Knows nothing of what is in a file.

mod folder;
mod hour;

pub(crate) use self::folder::{Folder, FolderError};
pub(crate) use self::hour::{Hour, Hours};

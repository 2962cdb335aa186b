//! Making the data file of a new folder: its tables, and what it says about itself.

use std::fs::{self, File};
use std::io;

use cart_schemas::cql::{Index, Table};
use cart_schemas::partition::PartitionCount;
use cart_schemas::topic::Topic;
use redb::Database;

use super::{FILE, OpenError, not_opened, unreadable};
use crate::embedded::EmbeddedSettings;
use crate::embedded::save::begin;
use crate::embedded::tables::{
    ABOUT, ABOUT_FORMAT, ABOUT_PARTITIONS, ABOUT_SIMULATED, BOUNDS, COMMITS, FORMAT, cells, drops,
    notes, records,
};

/// Whose clock a new file begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// This machine's.
    Lived,
    /// One that somebody sets.
    Simulated,
}

/// Makes the file. It gets its name when all of it is on disk: a crash leaves a whole one or none.
pub(super) fn make(
    settings: &EmbeddedSettings,
    door: &File,
    origin: Origin,
) -> Result<(), OpenError> {
    let folder = &settings.folder;
    let disk =
        |source: io::Error| OpenError::Disk { folder: folder.clone(), source: source.into() };
    let unfinished = folder.join(format!("{FILE}.new"));
    if unfinished.try_exists().map_err(disk)? {
        fs::remove_file(&unfinished).map_err(disk)?;
    }
    let made = Database::create(&unfinished).map_err(|error| not_opened(folder, error))?;
    prepare(&made, settings.partitions).map_err(|error| unreadable(folder, error))?;
    if origin == Origin::Simulated {
        mark_simulated(&made).map_err(|error| unreadable(folder, error))?;
    }
    drop(made);
    fs::rename(&unfinished, folder.join(FILE)).map_err(disk)?;
    door.sync_all().map_err(disk)
}

/// Makes every table, so that readers find them.
pub(in crate::embedded) fn prepare(
    database: &Database,
    count: PartitionCount,
) -> Result<(), redb::Error> {
    let writing = begin(database)?;
    for table in Topic::ALL.into_iter().filter_map(records) {
        writing.open_table(table)?;
    }
    for table in Table::ALL {
        writing.open_table(cells(table))?;
    }
    for index in Index::ALL {
        writing.open_table(notes(index))?;
        writing.open_table(drops(index))?;
    }
    writing.open_table(BOUNDS)?;
    writing.open_table(COMMITS)?;
    let mut about = writing.open_table(ABOUT)?;
    about.insert(ABOUT_PARTITIONS, u64::from(count.get()))?;
    about.insert(ABOUT_FORMAT, FORMAT)?;
    drop(about);
    writing.commit()?;
    Ok(())
}

/// What stays true of a log whose first days nobody lived through.
fn mark_simulated(database: &Database) -> Result<(), redb::Error> {
    let writing = begin(database)?;
    writing.open_table(ABOUT)?.insert(ABOUT_SIMULATED, 1)?;
    writing.commit()?;
    Ok(())
}

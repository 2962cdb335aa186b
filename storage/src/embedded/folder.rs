//! Opening a data folder: what it holds, and why it may have to be refused.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cart_schemas::cql::{Index, Table};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use redb::{Database, DatabaseError, ReadableTable as _, WriteTransaction};

use super::EmbeddedSettings;
use super::data::Data;
use super::groups::Groups;
use super::held::Held;
use super::save::begin;
use super::tables::{
    ABOUT, ABOUT_FORMAT, ABOUT_PARTITIONS, BOUNDS, COMMITS, FORMAT, cells, drops, notes,
    partitions, records, topic_name,
};
use crate::log::{Bounds, Source, TopicPartition};

/// The data file in its folder.
pub(super) const FILE: &str = "cartstream.redb";

/// A data folder cannot be opened. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "{0} is in use: another cartstream serves from it; stop that one, or use another folder"
    )]
    InUse(PathBuf),
    /// A later build wrote it.
    #[error(
        "{folder} has format {found} and this build knows {FORMAT}: run the build that wrote it, or \
         a later one"
    )]
    Newer {
        /// The folder.
        folder: PathBuf,
        /// Its format.
        found: u64,
    },
    /// It does not hold what it should.
    #[error("{folder} is damaged: restore it from a copy, or move it away to begin an empty shop")]
    Damaged {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        #[source]
        source: Source,
    },
    /// The disk does not let us.
    #[error("{folder} cannot be read or written")]
    Disk {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: Source,
    },
    /// The thread that writes cannot be started.
    #[error("no thread can be started")]
    Thread(#[source] std::io::Error),
}

/// What an opened folder holds.
pub(super) struct Opened {
    pub(super) data: Data,
    pub(super) count: PartitionCount,
    pub(super) held: HashMap<TopicPartition, Held>,
    pub(super) groups: Groups,
}

/// Opens a folder and reads what the process keeps in memory of it.
pub(super) fn open(settings: &EmbeddedSettings) -> Result<Opened, OpenError> {
    let folder = &settings.folder;
    let disk =
        |source: std::io::Error| OpenError::Disk { folder: folder.clone(), source: source.into() };
    std::fs::create_dir_all(folder).map_err(disk)?;
    // The engine may panic over a file that is none of its own.
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let data = Data::open(folder.join(FILE), settings.cache_bytes)
            .map_err(|error| not_opened(folder, error))?;
        read_all(data, settings)
    }));
    opened.unwrap_or_else(|_| {
        Err(OpenError::Damaged { folder: folder.clone(), source: "it makes no sense".into() })
    })
}

fn read_all(data: Data, settings: &EmbeddedSettings) -> Result<Opened, OpenError> {
    let folder = &settings.folder;
    let database = data
        .database()
        .map_err(|error| OpenError::Disk { folder: folder.clone(), source: error.into() })?;
    let failed = |error| unreadable(folder, error);
    match format(&database).map_err(failed)? {
        Some(found) if found != FORMAT => {
            return Err(OpenError::Newer { folder: folder.clone(), found });
        }
        Some(_) => complete(&database).map_err(failed)?,
        None => prepare(&database, settings.partitions).map_err(failed)?,
    }
    let count = partition_count(&database).map_err(failed)?;
    let count = count.ok_or_else(|| OpenError::Damaged {
        folder: folder.clone(),
        source: "it does not say how many partitions it has".into(),
    })?;
    let held = held(&database, count).map_err(failed)?;
    let groups = groups(&database).map_err(failed)?;
    Ok(Opened { data, count, held, groups })
}

/// The format of a file; `None` for one that has just been made.
fn format(database: &Database) -> Result<Option<u64>, redb::Error> {
    let writing = begin(database)?;
    let about = writing.open_table(ABOUT)?;
    Ok(about.get(ABOUT_FORMAT)?.map(|format| format.value()))
}

/// Makes every table, so that readers find them.
fn prepare(database: &Database, count: PartitionCount) -> Result<(), redb::Error> {
    let writing = begin(database)?;
    for table in Topic::ALL.into_iter().filter_map(records) {
        writing.open_table(table)?;
    }
    make_cells(&writing)?;
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

/// Makes the tables of cells that a folder of an earlier build lacks.
fn complete(database: &Database) -> Result<(), redb::Error> {
    let writing = begin(database)?;
    make_cells(&writing)?;
    writing.commit()?;
    Ok(())
}

fn make_cells(writing: &WriteTransaction) -> Result<(), redb::Error> {
    for table in Table::ALL {
        writing.open_table(cells(table))?;
    }
    Ok(())
}

fn partition_count(database: &Database) -> Result<Option<PartitionCount>, redb::Error> {
    let writing = begin(database)?;
    let about = writing.open_table(ABOUT)?;
    let stored = about.get(ABOUT_PARTITIONS)?.map(|count| count.value());
    Ok(stored.and_then(|count| u16::try_from(count).ok()).and_then(PartitionCount::new))
}

fn held(
    database: &Database,
    count: PartitionCount,
) -> Result<HashMap<TopicPartition, Held>, redb::Error> {
    let writing = begin(database)?;
    let stored = writing.open_table(BOUNDS)?;
    let mut held = HashMap::new();
    for topic in Topic::ALL {
        for partition in partitions(topic, count).partitions() {
            let found = stored.get((topic_name(topic), partition.number()))?;
            let (start, end, last) = found.map_or((0, 0, 0), |found| found.value());
            let (bounds, last) = (Bounds { start, end }, Timestamp::from_micros(last));
            let one = Held::new(bounds, last, records(topic).is_none());
            held.insert(TopicPartition { topic, partition }, one);
        }
    }
    Ok(held)
}

fn groups(database: &Database) -> Result<Groups, redb::Error> {
    let writing = begin(database)?;
    let mut committed = HashMap::new();
    for entry in writing.open_table(COMMITS)?.iter()? {
        let (key, offset) = entry?;
        let (group, name, partition) = key.value();
        if let Some(topic) = Topic::ALL.into_iter().find(|topic| topic_name(*topic) == name) {
            let at = TopicPartition { topic, partition: Partition::new(partition) };
            committed.insert((Arc::from(group), at), offset.value());
        }
    }
    Ok(Groups::new(committed))
}

fn not_opened(folder: &Path, error: DatabaseError) -> OpenError {
    if matches!(error, DatabaseError::DatabaseAlreadyOpen) {
        return OpenError::InUse(folder.to_owned());
    }
    unreadable(folder, error.into())
}

fn unreadable(folder: &Path, error: redb::Error) -> OpenError {
    let folder = folder.to_owned();
    let makes_sense = |error: &std::io::Error| error.kind() != std::io::ErrorKind::InvalidData;
    if matches!(&error, redb::Error::Io(error) if makes_sense(error)) {
        OpenError::Disk { folder, source: error.into() }
    } else {
        OpenError::Damaged { folder, source: error.into() }
    }
}

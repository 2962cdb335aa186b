//! Opening a data folder: what it holds, and why it may have to be refused.

mod making;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, TryLockError};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cart_schemas::cql::{Index, Table};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use redb::{DatabaseError, ReadTransaction, ReadableTable as _, TableHandle as _};

pub(super) use self::making::prepare;
use self::making::{Origin, make};
use super::EmbeddedSettings;
use super::data::{self, Data, DataError, Opener};
use super::groups::Groups;
use super::held::Held;
use super::tables::{
    ABOUT, ABOUT_FORMAT, ABOUT_PARTITIONS, ABOUT_SIMULATED, ABOUT_TRANSACTION, BOUNDS, COMMITS,
    FORMAT, cells, notes, partitions, records, topic_name,
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
    /// It is to be made, and is there already.
    #[error(
        "{0} is there already: name a folder that is not, for days are simulated from the first one on"
    )]
    Exists(PathBuf),
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
    Thread(#[source] io::Error),
}

/// What an opened folder holds.
pub(super) struct Opened {
    pub(super) data: Data,
    pub(super) count: PartitionCount,
    pub(super) held: HashMap<TopicPartition, Held>,
    pub(super) groups: Groups,
    /// The number of the last transaction.
    pub(super) transaction: u64,
    /// Whether the first days of its log were simulated.
    pub(super) simulated: bool,
}

/// Opens a folder and reads what the process keeps in memory of it.
pub(super) fn open(settings: &EmbeddedSettings) -> Result<Opened, OpenError> {
    let folder = &settings.folder;
    let disk =
        |source: io::Error| OpenError::Disk { folder: folder.clone(), source: source.into() };
    fs::create_dir_all(folder).map_err(disk)?;
    open_or_make(settings, Origin::Lived)
}

/// Makes a folder that is not there yet, for days that are simulated, and opens it.
pub(super) fn create_simulated(settings: &EmbeddedSettings) -> Result<Opened, OpenError> {
    let folder = &settings.folder;
    let disk =
        |source: io::Error| OpenError::Disk { folder: folder.clone(), source: source.into() };
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(disk)?;
    }
    fs::create_dir(folder).map_err(|error| {
        let is_there = error.kind() == io::ErrorKind::AlreadyExists;
        if is_there { OpenError::Exists(folder.clone()) } else { disk(error) }
    })?;
    open_or_make(settings, Origin::Simulated)
}

/// Opens a folder that is there, and its file, which is made if it is not.
fn open_or_make(settings: &EmbeddedSettings, origin: Origin) -> Result<Opened, OpenError> {
    let folder = &settings.folder;
    let disk =
        |source: io::Error| OpenError::Disk { folder: folder.clone(), source: source.into() };
    // Held until the file is open, which is locked by itself: two processes may begin a shop here.
    let door = File::open(folder).map_err(disk)?;
    door.try_lock().map_err(|locked| match locked {
        TryLockError::WouldBlock => OpenError::InUse(folder.clone()),
        TryLockError::Error(source) => disk(source),
    })?;
    let path = folder.join(FILE);
    // The engine may panic over a file that is none of its own.
    let opened = catch_unwind(AssertUnwindSafe(|| {
        if !path.try_exists().map_err(disk)? {
            make(settings, &door, origin)?;
        }
        open_on(folder, data::file(path, settings.cache_bytes))
    }));
    opened.unwrap_or_else(|_| {
        Err(OpenError::Damaged { folder: folder.clone(), source: "it makes no sense".into() })
    })
}

/// Opens what `opener` opens.
pub(super) fn open_on(folder: &Path, opener: Opener) -> Result<Opened, OpenError> {
    let data = Data::open(opener).map_err(|error| not_opened(folder, error))?;
    let damaged =
        |source: &str| OpenError::Damaged { folder: folder.into(), source: source.into() };
    let unread = |error| match error {
        DataError::Engine(error) => unreadable(folder, error),
        DataError::Open(error) => not_opened(folder, error),
        DataError::Closed => damaged("it is closed"),
    };
    let reading = data.read().map_err(unread)?;
    let about = |name| about(&reading, name).map_err(unread);
    match about(ABOUT_FORMAT)? {
        Some(FORMAT) => {}
        Some(found) => return Err(OpenError::Newer { folder: folder.into(), found }),
        None => return Err(damaged("it does not say which format it has")),
    }
    let count = about(ABOUT_PARTITIONS)?.and_then(|count| u16::try_from(count).ok());
    let count = count.and_then(PartitionCount::new);
    let count = count.ok_or_else(|| damaged("it does not say how many partitions it has"))?;
    complete(&data, &reading, count).map_err(unread)?;
    let held = held(&reading, count).map_err(unread)?;
    let groups = groups(&reading).map_err(unread)?;
    let transaction = about(ABOUT_TRANSACTION)?.unwrap_or(0);
    let simulated = about(ABOUT_SIMULATED)?.is_some();
    Ok(Opened { data, count, held, groups, transaction, simulated })
}

/// Makes the tables that a file of an earlier build does not have yet. Nothing is written where
/// there are all of them, so that a shop is open again at once after a crash.
fn complete(
    data: &Data,
    reading: &ReadTransaction,
    count: PartitionCount,
) -> Result<(), DataError> {
    let present: HashSet<_> = reading.list_tables()?.map(|table| table.name().to_owned()).collect();
    let topics = Topic::ALL.into_iter().filter_map(records).map(|table| table.name().to_owned());
    let tables = Table::ALL.map(|table| cells(table).name().to_owned());
    let indexes = Index::ALL.map(|index| notes(index).name().to_owned());
    let mut needed = topics.chain(tables).chain(indexes);
    if needed.any(|name| !present.contains(&name)) {
        prepare(&*data.database()?, count)?;
    }
    Ok(())
}

/// A number about the file itself.
fn about(reading: &ReadTransaction, name: &str) -> Result<Option<u64>, DataError> {
    Ok(reading.open_table(ABOUT)?.get(name)?.map(|number| number.value()))
}

fn held(
    reading: &ReadTransaction,
    count: PartitionCount,
) -> Result<HashMap<TopicPartition, Held>, DataError> {
    let stored = reading.open_table(BOUNDS)?;
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

fn groups(reading: &ReadTransaction) -> Result<Groups, DataError> {
    let mut committed = HashMap::new();
    for entry in reading.open_table(COMMITS)?.iter()? {
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
    let makes_sense = |error: &io::Error| error.kind() != io::ErrorKind::InvalidData;
    if matches!(&error, redb::Error::Io(error) if makes_sense(error)) {
        OpenError::Disk { folder, source: error.into() }
    } else {
        OpenError::Damaged { folder, source: error.into() }
    }
}

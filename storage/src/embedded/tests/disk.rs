//! What a disk may do to the engine: lose what was not synced, refuse for a while, be damaged.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use cart_schemas::cql::Table;
use cart_schemas::partition::PartitionCount;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use redb::{Builder, DatabaseError, StorageBackend, StorageError};

use super::super::clock::Clock;
use super::super::data::Opener;
use super::super::{DrivenClock, Embedded, Unwritten, folder};
use super::{at, record, values};
use crate::log::{Lane, Log as _, Start, Tail as _, TailEvent};
use crate::store::Store as _;

/// A disk in memory, whose power may go. Clones are the same disk.
#[derive(Debug, Clone, Default)]
struct Disk(Arc<Mutex<Platter>>);

#[derive(Debug, Default)]
struct Platter {
    /// What a power cut leaves for certain.
    synced: Vec<u8>,
    /// What it may leave of the rest.
    unsynced: Vec<Written>,
    seen: Vec<u8>,
    /// So many syncs are refused.
    refusing: u32,
    /// A refused sync has synced all the same.
    lands: bool,
}

#[derive(Debug, Clone)]
enum Written {
    Bytes(usize, Vec<u8>),
    Length(usize),
}

impl Written {
    fn on(&self, image: &mut Vec<u8>) {
        match self {
            Self::Bytes(at, bytes) => {
                let end = at + bytes.len();
                image.resize(image.len().max(end), 0);
                image[*at..end].copy_from_slice(bytes);
            }
            Self::Length(length) => image.resize(*length, 0),
        }
    }
}

impl Platter {
    fn write(&mut self, written: Written) {
        written.on(&mut self.seen);
        self.unsynced.push(written);
    }

    fn sync(&mut self) -> io::Result<()> {
        let refused = self.refusing > 0;
        self.refusing = self.refusing.saturating_sub(1);
        if !refused || self.lands {
            for written in std::mem::take(&mut self.unsynced) {
                written.on(&mut self.synced);
            }
        }
        if refused { Err(io::Error::from(io::ErrorKind::StorageFull)) } else { Ok(()) }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let platter = self.0.lock().unwrap();
        let from = usize::try_from(offset).unwrap();
        out.copy_from_slice(&platter.seen[from..from + out.len()]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.lock().unwrap().write(Written::Length(usize::try_from(len).unwrap()));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.lock().unwrap().sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let at = usize::try_from(offset).unwrap();
        self.0.lock().unwrap().write(Written::Bytes(at, data.to_vec()));
        Ok(())
    }
}

impl Disk {
    fn prepared() -> Self {
        let disk = Self::default();
        let made = disk.opener()().unwrap();
        folder::prepare(&made, PartitionCount::ONE).unwrap();
        disk
    }

    fn opener(&self) -> Opener {
        let disk = self.clone();
        Box::new(move || {
            // Regions of the usual size would be a gigabyte of memory.
            Builder::new().set_cache_size(1 << 20).create_with_backend(disk.clone())
        })
    }

    fn engine(&self) -> Embedded {
        let nowhere = PathBuf::from("a disk in memory");
        let opened = folder::open_on(&nowhere, self.opener()).unwrap();
        Embedded::begin(opened, nowhere, Clock::Machine).unwrap()
    }

    /// What the disk holds if the power goes now: all that was synced, and some of the rest.
    fn after_power_cut(&self, random: &mut fastrand::Rng) -> Self {
        let platter = self.0.lock().unwrap();
        let mut synced = platter.synced.clone();
        for written in platter.unsynced.iter().filter(|_| random.bool()) {
            written.on(&mut synced);
        }
        Self(Arc::new(Mutex::new(Platter { seen: synced.clone(), synced, ..Platter::default() })))
    }

    fn refuse(&self, syncs: u32, lands: bool) {
        let mut platter = self.0.lock().unwrap();
        (platter.refusing, platter.lands) = (syncs, lands);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_power_cut() {
    let mut random = fastrand::Rng::with_seed(11);
    let disk = Disk::prepared();
    let engine = disk.engine();
    for round in 0..40 {
        let appends = (0..random.usize(1..20)).map(|n| {
            let value = format!("{round}.{n}");
            engine.append(Lane::Facts, at(Topic::Events), record("ann", &value))
        });
        let appends: Vec<_> = appends.collect();
        let cell = Bytes::from(format!("{round}"));
        let ts = Timestamp::from_micros(round);
        engine.put(Table::Carts, "ann", cell.clone(), ts).await.unwrap();
        let seen = random.usize(0..=appends.len());
        let mut last = None;
        for append in appends.into_iter().take(seen) {
            last = Some(append.await.unwrap().offset);
        }
        let loaded = random.bool();
        if loaded {
            assert_eq!(engine.load(Table::Carts, "ann").await.unwrap(), Some(cell.clone()));
        }

        let left = disk.after_power_cut(&mut random).engine();

        let bounds = left.bounds(at(Topic::Events)).await.unwrap();
        assert!(last.is_none_or(|last| last < bounds.end), "{last:?} of {bounds:?}");
        let whole = usize::try_from(bounds.end).unwrap();
        assert_eq!(values(&left, Topic::Events).await.len(), whole, "no hole");
        if loaded {
            assert_eq!(left.load(Table::Carts, "ann").await.unwrap(), Some(cell));
        }
        left.close().await.unwrap();
    }
    engine.close().await.unwrap();
}

#[tokio::test]
async fn a_disk_that_refuses_is_waited_for_and_nothing_is_doubled() {
    for lands in [false, true] {
        let disk = Disk::prepared();
        let engine = disk.engine();
        let append =
            |value: &str| engine.append(Lane::Facts, at(Topic::Events), record("ann", value));
        append("first").await.unwrap();

        disk.refuse(3, lands);
        let waiting = append("second");
        let third = append("third");

        assert_eq!(waiting.await.unwrap().offset, 1);
        assert_eq!(third.await.unwrap().offset, 2);
        assert_eq!(values(&engine, Topic::Events).await, ["first", "second", "third"]);
        assert!(engine.is_writable());
        engine.close().await.unwrap();
        let engine = disk.engine();
        assert_eq!(values(&engine, Topic::Events).await, ["first", "second", "third"]);
        engine.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_read_while_the_file_is_opened_again() {
    let disk = Disk::prepared();
    let engine = disk.engine();
    let (cell, ts) = (Bytes::from_static(b"row"), Timestamp::from_micros(1));
    engine.put(Table::Carts, "ann", cell.clone(), ts).await.unwrap();
    assert_eq!(engine.load(Table::Carts, "ann").await.unwrap(), Some(cell.clone()));

    disk.refuse(3, false);
    let append = engine.append(Lane::Facts, at(Topic::Events), record("ann", "late"));
    let appended = tokio::spawn(append);

    while !appended.is_finished() {
        assert_eq!(engine.load(Table::Carts, "ann").await.unwrap(), Some(cell.clone()));
    }
    assert_eq!(appended.await.unwrap().unwrap().offset, 0);
    engine.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_takes_nothing_keeps_nobody_from_leaving() {
    let disk = Disk::prepared();
    let engine = disk.engine();
    disk.refuse(u32::MAX, false);
    let waiting = engine.append(Lane::Facts, at(Topic::Events), record("ann", "lost"));
    let refused = async {
        while engine.is_writable() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), refused).await.unwrap();

    assert_eq!(engine.close().await, Err(Unwritten));

    // The writer goes on trying until the process ends; here, until the disk is there again.
    disk.refuse(0, false);
    assert_eq!(waiting.await.unwrap().offset, 0);
}

#[tokio::test]
async fn damage_ends_every_reader_and_writer() {
    let disk = Disk::prepared();
    let (intact, damaged) = (disk.opener(), Arc::new(AtomicBool::new(false)));
    let is_damaged = Arc::clone(&damaged);
    let opener: Opener = Box::new(move || match is_damaged.load(Ordering::SeqCst) {
        true => {
            let what = "a page".to_owned();
            Err(DatabaseError::Storage(StorageError::Corrupted(what)))
        }
        false => intact(),
    });
    let nowhere = PathBuf::from("a disk in memory");
    let opened = folder::open_on(&nowhere, opener).unwrap();
    let engine = Embedded::begin(opened, nowhere, Clock::Machine).unwrap();
    let mut tail = engine.assign(vec![(at(Topic::Events), Start::Beginning)]).unwrap();
    assert!(matches!(tail.next().await, TailEvent::Assigned(_)));

    damaged.store(true, Ordering::SeqCst);
    disk.refuse(1, false);
    let appended = engine.append(Lane::Facts, at(Topic::Events), record("ann", "lost")).await;

    assert!(appended.is_err());
    assert!(matches!(tail.next().await, TailEvent::Ended(None)));
    assert!(!engine.is_writable());
    assert_eq!(engine.close().await, Err(Unwritten));
}

#[tokio::test]
async fn simulated_days_that_the_disk_does_not_take_are_not_said_to_be_kept() {
    let disk = Disk::prepared();
    let nowhere = PathBuf::from("a disk in memory");
    let opened = folder::open_on(&nowhere, disk.opener()).unwrap();
    let clock = DrivenClock::at(Timestamp::from_micros(1));
    let engine = Embedded::begin(opened, nowhere, Clock::Driven(clock)).unwrap();
    engine.append(Lane::Facts, at(Topic::Events), record("ann", "told")).await.unwrap();

    disk.refuse(u32::MAX, false);

    assert_eq!(engine.close().await, Err(Unwritten));
}

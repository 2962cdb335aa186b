//! What only the engine's inside can show: formats, what expires, and what a disk may do.

mod disk;
mod simulated;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cart_schemas::cql::Index;
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;

use super::data::Data;
use super::save::begin;
use super::shared::Shared;
use super::tables::{ABOUT, ABOUT_FORMAT, FORMAT, drops, notes};
use super::{Embedded, EmbeddedSettings, OpenError, data, folder, sweep};
use crate::log::{Lane, Log as _, NewRecord, Start, Tail as _, TailEvent, TopicPartition};
use crate::store::Store as _;

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// A folder of a test's own, deleted with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("cartstream-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn settings(&self) -> EmbeddedSettings {
        EmbeddedSettings::new(self.0.clone(), PartitionCount::ONE)
    }

    fn file(&self) -> PathBuf {
        self.0.join(folder::FILE)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn at(topic: Topic) -> TopicPartition {
    TopicPartition { topic, partition: Partition::new(0) }
}

fn record(key: &str, value: &str) -> NewRecord {
    let (key, value) = (Some(key.to_owned().into()), Some(value.to_owned().into()));
    NewRecord { key, value, headers: Vec::new() }
}

async fn append(engine: &Embedded, topic: Topic, key: &str, value: &str) {
    engine.append(Lane::Facts, at(topic), record(key, value)).await.unwrap();
}

/// Everything a topic holds, read from the file.
async fn values(engine: &Embedded, topic: Topic) -> Vec<String> {
    let end = engine.bounds(at(topic)).await.unwrap().end;
    let mut tail = engine.assign(vec![(at(topic), Start::Beginning)]).unwrap();
    let (mut values, mut next) = (Vec::new(), 0);
    while next < end {
        let event = tokio::time::timeout(Duration::from_secs(10), tail.next()).await.unwrap();
        if let TailEvent::Records(_, records) = event {
            next = records.last().map_or(next, |record| record.offset + 1);
            let texts = records.into_iter().map(|record| record.value.unwrap().to_vec());
            values.extend(texts.map(|text| String::from_utf8(text).unwrap()));
        }
    }
    values
}

/// Opens a folder without its writer, so that the sweep has the file to itself.
fn at_rest(folder: &Folder) -> Arc<Shared> {
    let settings = folder.settings();
    Arc::new(Shared::new(folder::open(&settings).unwrap(), settings.folder))
}

fn now(path: &Path) -> Timestamp {
    let modified = std::fs::metadata(path).unwrap().modified().unwrap();
    let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap())
}

#[tokio::test]
async fn a_folder_of_a_later_build_is_refused() {
    let folder = Folder::new("later");
    Embedded::open(&folder.settings()).unwrap().close().await.unwrap();
    let data = Data::open(data::file(folder.file(), 1 << 20)).unwrap();
    let writing = begin(&data.database().unwrap()).unwrap();
    writing.open_table(ABOUT).unwrap().insert(ABOUT_FORMAT, FORMAT + 1).unwrap();
    writing.commit().unwrap();
    drop(data);

    let opened = Embedded::open(&folder.settings());

    assert!(matches!(opened, Err(OpenError::Newer { found: 2, .. })), "{opened:?}");
}

#[tokio::test]
async fn records_expire_and_offsets_go_on() {
    let folder = Folder::new("expires");
    let engine = Embedded::open(&folder.settings()).unwrap();
    for number in 0..5 {
        append(&engine, Topic::Commands, "ann", &number.to_string()).await;
        append(&engine, Topic::Events, "ann", &number.to_string()).await;
    }
    engine.close().await.unwrap();
    let shared = at_rest(&folder);
    let now = now(&folder.file());

    sweep::sweep(&shared, now).unwrap();
    assert_eq!(shared.held(at(Topic::Commands)).unwrap().bounds().start, 0);
    // Commands are kept for a week, and until they were read; events for a month.
    let in_eight_days = Timestamp::from_micros(now.micros() + 8 * DAY);
    sweep::sweep(&shared, in_eight_days).unwrap();
    assert_eq!(shared.held(at(Topic::Commands)).unwrap().bounds().start, 0);
    shared.groups().commit(&"carts".into(), at(Topic::Commands), 4);
    sweep::sweep(&shared, in_eight_days).unwrap();
    drop(shared);

    let engine = Embedded::open(&folder.settings()).unwrap();
    let bounds = engine.bounds(at(Topic::Commands)).await.unwrap();
    assert_eq!((bounds.start, bounds.end), (4, 5));
    assert_eq!(values(&engine, Topic::Events).await.len(), 5);
    append(&engine, Topic::Commands, "ann", "next").await;
    assert_eq!(engine.bounds(at(Topic::Commands)).await.unwrap().end, 6);
    engine.close().await.unwrap();
}

#[tokio::test]
async fn of_a_product_written_again_the_newest_is_kept() {
    let folder = Folder::new("compacted");
    let engine = Embedded::open(&folder.settings()).unwrap();
    for (key, value) in [("a", "a1"), ("b", "b1"), ("a", "a2"), ("c", "c1"), ("a", "a3")] {
        append(&engine, Topic::Products, key, value).await;
    }
    engine.close().await.unwrap();
    let shared = at_rest(&folder);
    let now = now(&folder.file());
    sweep::sweep(&shared, now).unwrap();
    drop(shared);
    let engine = Embedded::open(&folder.settings()).unwrap();
    assert_eq!(values(&engine, Topic::Products).await.len(), 5, "it may still be read");
    engine.close().await.unwrap();

    let shared = at_rest(&folder);
    sweep::sweep(&shared, Timestamp::from_micros(now.micros() + DAY)).unwrap();
    drop(shared);

    let engine = Embedded::open(&folder.settings()).unwrap();
    assert_eq!(values(&engine, Topic::Products).await, ["b1", "c1", "a3"]);
    engine.close().await.unwrap();
}

#[tokio::test]
async fn a_reader_passes_over_what_was_compacted_away() {
    let folder = Folder::new("holes");
    let engine = Embedded::open(&folder.settings()).unwrap();
    append(&engine, Topic::Products, "a", "a1").await;
    engine.close().await.unwrap();
    // What is appended now is in memory; what was, is not.
    let engine = Embedded::open(&folder.settings()).unwrap();
    append(&engine, Topic::Products, "a", "a2").await;
    let now = now(&folder.file());

    sweep::sweep(&engine.shared, Timestamp::from_micros(now.micros() + DAY)).unwrap();

    assert_eq!(values(&engine, Topic::Products).await, ["a2"]);
    engine.close().await.unwrap();
}

#[tokio::test]
async fn a_dropped_slot_is_forgotten_only_when_no_command_can_note_in_it() {
    let folder = Folder::new("slots");
    let engine = Embedded::open(&folder.settings()).unwrap();
    let dropped = Timestamp::from_micros(100 * DAY);
    engine.drop_slot(Index::Timers, "slot", dropped).await.unwrap();
    engine.close().await.unwrap();
    let shared = at_rest(&folder);
    let is_known = || {
        let reading = shared.data.read().unwrap();
        let table = reading.open_table(drops(Index::Timers)).unwrap();
        table.get("slot").unwrap().is_some()
    };

    sweep::sweep(&shared, Timestamp::from_micros(109 * DAY)).unwrap();
    assert!(is_known());
    sweep::sweep(&shared, Timestamp::from_micros(111 * DAY)).unwrap();
    assert!(!is_known());
}

#[tokio::test]
async fn a_folder_of_an_earlier_build_gets_the_tables_that_came_since() {
    let folder = Folder::new("earlier");
    Embedded::open(&folder.settings()).unwrap().close().await.unwrap();
    let shared = at_rest(&folder);
    let writing = begin(&shared.data.database().unwrap()).unwrap();
    assert!(writing.delete_table(notes(Index::History)).unwrap());
    writing.commit().unwrap();
    drop(shared);

    let engine = Embedded::open(&folder.settings()).unwrap();

    assert_eq!(engine.entries(Index::History, "slot", None, 9).await.unwrap(), []);
    engine.close().await.unwrap();
}

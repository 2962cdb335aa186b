//! The embedded engine keeps the contracts of both ports, and what it acknowledged.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::embedded::{Embedded, EmbeddedSettings, OpenError};
use cart_storage::log::{
    AppendError, Bounds, Lane, Log as _, NewRecord, Start, Tail as _, TailEvent, TopicPartition,
};
use cart_storage::store::{Store as _, StoreError};
use cart_tests::contract;
use cart_tests::support::folder::Folder;

const PARTITIONS: PartitionCount = match PartitionCount::new(4) {
    Some(count) => count,
    None => panic!("4 is a count"),
};

fn open(folder: &Folder) -> Embedded {
    Embedded::open(&EmbeddedSettings::new(folder.path().to_owned(), PARTITIONS)).expect("a folder")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_keeps_the_contract() {
    let folder = Folder::new("log-contract");
    let log = open(&folder);

    assert_eq!(contract::log::failures(&log).await, Vec::<&str>::new());

    log.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_keeps_the_contract() {
    let folder = Folder::new("store-contract");
    let store = open(&folder);

    assert_eq!(contract::store::failures(&store).await, Vec::<&str>::new());

    store.close().await.unwrap();
}

fn at(topic: Topic, partition: u16) -> TopicPartition {
    TopicPartition { topic, partition: Partition::new(partition) }
}

fn record(value: &str) -> NewRecord {
    NewRecord { key: Some("ann".into()), value: Some(value.to_owned().into()), headers: vec![] }
}

/// The values a partition holds from an offset on, as many as are asked for.
async fn values(log: &Embedded, at: TopicPartition, count: usize) -> Vec<String> {
    let mut tail = log.assign(vec![(at, Start::Beginning)]).unwrap();
    let mut values = Vec::new();
    while values.len() < count {
        let event = tokio::time::timeout(Duration::from_secs(10), tail.next()).await.unwrap();
        if let TailEvent::Records(_, records) = event {
            let texts = records.into_iter().map(|record| record.value.unwrap().to_vec());
            values.extend(texts.map(|text| String::from_utf8(text).unwrap()));
        }
    }
    values
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_when_the_folder_is_opened_again() {
    let folder = Folder::new("reopened");
    let (commands, replies) = (at(Topic::Commands, 1), at(Topic::Replies, 1));
    let engine = open(&folder);
    for number in 0..10 {
        engine.append(Lane::Commands, commands, record(&number.to_string())).await.unwrap();
    }
    engine.append(Lane::Replies, replies, record("a reply")).await.unwrap();
    let ts = Timestamp::from_micros(7);
    engine.put(Table::Carts, "ann", Bytes::from_static(b"row"), ts).await.unwrap();
    engine.note(Index::Timers, "slot", "entry", ts).await.unwrap();
    let mut member = engine.subscribe("group", Topic::Commands).unwrap();
    assert!(matches!(member.next().await, TailEvent::Assigned(all) if all.len() == 4));
    member.commit(&[(commands, 6)]);
    assert!(matches!(member.next().await, TailEvent::Committed));
    engine.close().await.unwrap();

    let engine = open(&folder);

    assert_eq!(engine.bounds(commands).await.unwrap(), Bounds { start: 0, end: 10 });
    let numbers: Vec<_> = (0..10).map(|number| number.to_string()).collect();
    assert_eq!(values(&engine, commands, 10).await, numbers);
    assert_eq!(engine.committed("group", commands).await.unwrap(), Some(6));
    assert_eq!(engine.load(Table::Carts, "ann").await.unwrap().unwrap(), "row");
    assert_eq!(engine.entries(Index::Timers, "slot", None, 9).await.unwrap().len(), 1);
    // Replies end with the process that waited for them.
    assert_eq!(engine.bounds(replies).await.unwrap(), Bounds { start: 0, end: 0 });
    engine.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_engine_refuses_and_lets_nobody_wait() {
    let folder = Folder::new("closed");
    let engine = open(&folder);
    let other = engine.clone();
    let mut tail = engine.assign(vec![(at(Topic::Events, 0), Start::End)]).unwrap();
    assert!(matches!(tail.next().await, TailEvent::Assigned(_)));
    engine.close().await.unwrap();

    assert!(matches!(tail.next().await, TailEvent::Ended(None)));
    let appended = other.append(Lane::Facts, at(Topic::Events, 0), record("late")).await;
    assert!(matches!(appended, Err(AppendError::Refused(_))), "{appended:?}");
    let put = other.put(Table::Carts, "ann", Bytes::new(), Timestamp::from_micros(1)).await;
    assert!(matches!(put, Err(StoreError::Unavailable(_))), "{put:?}");
    let load = other.load(Table::Carts, "ann").await;
    assert!(matches!(load, Err(StoreError::Unavailable(_))), "{load:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_has_one_process_and_its_own_number_of_partitions() {
    let folder = Folder::new("one");
    let first = open(&folder);
    let settings = EmbeddedSettings::new(folder.path().to_owned(), PartitionCount::ONE);

    let second = Embedded::open(&settings);
    assert!(matches!(second, Err(OpenError::InUse(_))), "{second:?}");

    first.close().await.unwrap();
    let second = Embedded::open(&settings).unwrap();
    assert_eq!(second.partitions(Topic::Commands).await.unwrap().get(), 4);
    second.close().await.unwrap();
}

#[test]
fn a_folder_that_makes_no_sense_is_refused_as_damaged() {
    for damage in [&b"not a data file"[..], &[0; 8192], &[0xff; 1 << 20]] {
        let folder = Folder::new("damaged");
        std::fs::create_dir_all(folder.path()).unwrap();
        std::fs::write(folder.path().join("cartstream.redb"), damage).unwrap();

        let opened = Embedded::open(&EmbeddedSettings::new(folder.path().to_owned(), PARTITIONS));

        let error = opened.expect_err("it is damaged");
        assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
        assert!(error.to_string().contains(folder.path().to_str().unwrap()), "{error}");
    }
}

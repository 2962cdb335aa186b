//! How fast the Kafka engine passes records, printed: `cargo test --test kafka_speed -- --nocapture`.

#![expect(clippy::print_stdout, reason = "it measures")]

use std::time::{Duration, Instant};

use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::topic::Topic;
use cart_storage::kafka::admin::{self, TopicPlan};
use cart_storage::kafka::{KafkaLog, KafkaSettings, KafkaTail};
use cart_storage::log::{Lane, Log as _, NewRecord, Start, Tail as _, TailEvent, TopicPartition};

const BROKER: &str = "127.0.0.1:9092";

const PLAN: TopicPlan =
    TopicPlan { partitions: PartitionCount::new(1), replication: 1, min_insync: 1 };

const AT: TopicPartition = TopicPartition { topic: Topic::Commands, partition: Partition::new(0) };

#[tokio::test(flavor = "multi_thread")]
async fn records_pass_within_a_moment() {
    let namespace = format!("speed_{}", std::process::id()).parse().unwrap();
    let settings = KafkaSettings::new(BROKER, namespace);
    admin::migrate(&settings, PLAN).await.unwrap();

    let begun = Instant::now();
    let log = KafkaLog::open(settings.clone()).unwrap();
    first_record(&log, begun).await;
    let singles = singles(&log, 500).await;
    bulk(&log, 20_000).await;

    drop(log);
    admin::drop_all(&settings).await.unwrap();
    let median = singles.get(singles.len() / 2).unwrap();
    assert!(*median < Duration::from_millis(100), "half of the records took over {median:?}");
}

fn record(size: usize) -> NewRecord {
    NewRecord { key: Some("u1".into()), value: Some(vec![b'x'; size].into()), headers: Vec::new() }
}

/// A live tail from the end.
async fn tail(log: &KafkaLog) -> KafkaTail {
    let mut tail = log.assign(vec![(AT, Start::End)]).expect("a tail");
    while !matches!(tail.next().await, TailEvent::Assigned(_)) {}
    tail
}

/// Waits for so many records.
async fn arrive(tail: &mut KafkaTail, mut count: usize) {
    while count > 0 {
        if let TailEvent::Records(_, records) = tail.next().await {
            count = count.saturating_sub(records.len());
        }
    }
}

async fn first_record(log: &KafkaLog, begun: Instant) {
    let mut tail = tail(log).await;
    println!("open to a live tail: {:?}", begun.elapsed());
    let begun = Instant::now();
    for lane in [Lane::Commands, Lane::Facts, Lane::Replies] {
        let begun = Instant::now();
        log.append(lane, AT, record(250)).await.expect("appended");
        println!("first append of {lane:?}: {:?}", begun.elapsed());
    }
    arrive(&mut tail, 3).await;
    println!("first records read after: {:?}", begun.elapsed());
    let begun = Instant::now();
    tail.close().await;
    println!("close: {:?}", begun.elapsed());
}

/// One record at a time: appended, acknowledged and read. The sorted times until it was read.
async fn singles(log: &KafkaLog, count: usize) -> Vec<Duration> {
    let mut tail = tail(log).await;
    let (mut acks, mut reads) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let begun = Instant::now();
        log.append(Lane::Facts, AT, record(250)).await.expect("appended");
        acks.push(begun.elapsed());
        arrive(&mut tail, 1).await;
        reads.push(begun.elapsed());
    }
    for (what, times) in [("acknowledged", &mut acks), ("read", &mut reads)] {
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
        println!("single record {what}: p50 {:?}, p99 {:?}", at(50), at(99));
    }
    tail.close().await;
    reads
}

async fn bulk(log: &KafkaLog, count: usize) {
    let mut tail = tail(log).await;
    for round in 1..=3 {
        let begun = Instant::now();
        let appends: Vec<_> =
            (0..count).map(|_| log.append(Lane::Facts, AT, record(250))).collect();
        let queued = begun.elapsed();
        futures::future::try_join_all(appends).await.expect("appended");
        let acked = begun.elapsed();
        arrive(&mut tail, count).await;
        println!(
            "{count} records, round {round}: queued {queued:?}, acknowledged {acked:?}, read {:?}",
            begun.elapsed()
        );
    }
    tail.close().await;
}

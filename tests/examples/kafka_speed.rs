//! How fast the Kafka engine passes records, printed:
//! `cargo run --release -p cart-tests --example kafka_speed`, with the local engines up.

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

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let namespace = format!("speed_{}", std::process::id()).parse()?;
    let settings = KafkaSettings::new(BROKER, namespace);
    admin::migrate(&settings, PLAN).await?;

    let begun = Instant::now();
    let log = KafkaLog::open(settings.clone())?;
    first_record(&log, begun).await;
    singles(&log, 500).await;
    bulk(&log, 20_000).await;
    members(&log).await;

    drop(log);
    admin::drop_all(&settings).await?;
    Ok(())
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

/// One record at a time: appended, acknowledged and read.
async fn singles(log: &KafkaLog, count: usize) {
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

/// A member joins a group, leaves it, and another one takes the partition over.
async fn members(log: &KafkaLog) {
    let begun = Instant::now();
    let mut one = log.subscribe("members", AT.topic).expect("a tail");
    assigned(&mut one).await;
    println!("joining an empty group: {:?}", begun.elapsed());
    let mut other = log.subscribe("members", AT.topic).expect("a tail");
    tokio::time::sleep(Duration::from_secs(3)).await;

    let begun = Instant::now();
    one.close().await;
    let left = begun.elapsed();
    assigned(&mut other).await;
    println!("leaving: {left:?}, taken over after {:?}", begun.elapsed());

    let end = log.bounds(AT).await.expect("bounds").end;
    let begun = Instant::now();
    other.start(&[(AT, end)]);
    log.append(Lane::Facts, AT, record(250)).await.expect("appended");
    arrive(&mut other, 1).await;
    println!("the first record after the start: {:?}", begun.elapsed());
    other.close().await;
}

/// Waits for some partitions; a new member may begin with none.
async fn assigned(tail: &mut KafkaTail) {
    while !matches!(tail.next().await, TailEvent::Assigned(partitions) if !partitions.is_empty()) {}
}

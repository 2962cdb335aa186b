//! The Kafka engine on a real broker: it keeps the contract, and its topics are as planned.

use std::future::Future;
use std::time::{Duration, Instant};

use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::topic::Topic;
use cart_storage::kafka::admin::{self, AdminError, TopicPlan};
use cart_storage::kafka::{KafkaLog, KafkaSettings, KafkaTail};
use cart_storage::log::{
    AppendError, Lane, Log as _, LogError, NewRecord, Start, Tail as _, TailEvent, TopicPartition,
};
use cart_tests::contract;
use cart_tests::support::shop::{engines_up, eventually};

use crate::BINARY;

const BROKER: &str = "127.0.0.1:9092";

const PLAN: TopicPlan =
    TopicPlan { partitions: PartitionCount::new(4), replication: 1, min_insync: 1 };

const COMMANDS: TopicPartition =
    TopicPartition { topic: Topic::Commands, partition: Partition::new(0) };

/// Settings of a namespace that belongs to this test and run.
async fn settings(test: &str) -> KafkaSettings {
    engines_up(BINARY).await.expect("the engines come up");
    let namespace = format!("{test}_{}", std::process::id()).parse().expect("a namespace");
    KafkaSettings::new(BROKER, namespace)
}

/// Runs a test with its topics there, and drops them whatever becomes of it.
async fn migrated<F>(settings: &KafkaSettings, test: impl FnOnce(KafkaSettings) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    admin::migrate(settings, PLAN).await.expect("topics");
    let outcome = tokio::spawn(test(settings.clone())).await;
    admin::drop_all(settings).await.expect("no topics");
    outcome.expect("the test passes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_keeps_the_contract() {
    migrated(&settings("contract").await, async |settings| {
        let log = KafkaLog::open(settings).unwrap();
        assert_eq!(contract::log::failures(&log).await, Vec::<&str>::new());
    })
    .await;
}

#[tokio::test]
async fn topics_are_made_once_and_never_resized() {
    let settings = settings("topics").await;
    let all: Vec<_> =
        Topic::ALL.map(|topic| topic.name(&settings.namespace, settings.generation)).to_vec();
    assert_eq!(admin::missing(&settings).await.unwrap(), all);

    assert_eq!(admin::migrate(&settings, PLAN).await.unwrap(), all);

    assert_eq!(admin::missing(&settings).await.unwrap(), Vec::<String>::new());
    assert_eq!(admin::migrate(&settings, PLAN).await.unwrap(), Vec::<String>::new());
    let keep = TopicPlan { partitions: None, ..PLAN };
    assert_eq!(admin::migrate(&settings, keep).await.unwrap(), Vec::<String>::new());
    let more = TopicPlan { partitions: PartitionCount::new(8), ..PLAN };
    let refused = admin::migrate(&settings, more).await;
    assert!(
        matches!(refused, Err(AdminError::PartitionCount { exists: 4, planned: 8, .. })),
        "{refused:?}"
    );
    let log = KafkaLog::open(settings.clone()).unwrap();
    assert_eq!(log.partitions(Topic::Commands).await.unwrap().get(), 4);
    assert_eq!(log.partitions(Topic::Products).await.unwrap().get(), 1);
    admin::drop_all(&settings).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_generation_is_an_empty_log_beside_the_old_one() {
    let settings = settings("generations").await;
    migrated(&settings, async |first| {
        let old = KafkaLog::open(first.clone()).unwrap();
        let event = TopicPartition { topic: Topic::Events, partition: Partition::new(0) };
        old.append(Lane::Facts, COMMANDS, NewRecord::default()).await.unwrap();
        old.append(Lane::Facts, event, NewRecord::default()).await.unwrap();

        let second = KafkaSettings { generation: first.generation.next(), ..first.clone() };
        let made = admin::migrate(&second, PLAN).await.unwrap();

        let logs = [
            Topic::Commands,
            Topic::CommandsDeadLetters,
            Topic::InventoryCommands,
            Topic::InventoryDeadLetters,
        ];
        assert_eq!(made, logs.map(|topic| topic.name(&second.namespace, second.generation)));
        let new = KafkaLog::open(second.clone()).unwrap();
        assert_eq!(new.bounds(COMMANDS).await.unwrap().end, 0);
        assert_eq!(new.committed("anyone", COMMANDS).await.unwrap(), None);
        assert_eq!(old.bounds(COMMANDS).await.unwrap().end, 1);
        assert_eq!(new.bounds(event).await.unwrap().end, 1);

        admin::drop_all(&first).await.unwrap();
        let gone = async || admin::missing(&second).await.unwrap().len() == Topic::ALL.len();
        let all_gone = || async { gone().await.then_some(()) };
        eventually("both are dropped", Duration::from_secs(10), all_gone).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_topic_that_does_not_exist_is_named() {
    let log = KafkaLog::open(settings("absent").await).unwrap();

    let answer = log.partitions(Topic::Commands).await;

    assert!(
        matches!(&answer, Err(LogError::NoTopic(name)) if name.ends_with("cart.commands.v1")),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_wrong_option_is_told_at_the_opening() {
    let mut settings = settings("option").await;
    settings.options.push(("no.such.option".to_owned(), "1".to_owned()));

    let refused = KafkaLog::open(settings);

    assert!(matches!(&refused, Err(LogError::Client(_))), "{refused:?}");
}

fn incompressible(size: usize) -> Vec<u8> {
    let numbers = std::iter::successors(Some(1_u32), |last| {
        Some(last.wrapping_mul(1_664_525).wrapping_add(1_013_904_223))
    });
    numbers.flat_map(u32::to_be_bytes).take(size).collect()
}

/// A record that only the broker finds too large breaks a producer that promises to leave no
/// gaps, which ours are not asked to.
#[tokio::test]
async fn a_broken_producer_is_replaced() {
    migrated(&settings("broken").await, async |mut settings| {
        let gapless = [
            ("message.max.bytes", "5000000"),
            ("enable.idempotence", "true"),
            ("acks", "all"),
            ("enable.gapless.guarantee", "true"),
        ];
        let options = gapless.map(|(name, value)| (name.to_owned(), value.to_owned()));
        settings.options.extend(options);
        let log = KafkaLog::open(settings).unwrap();
        let record = |size: usize| NewRecord {
            value: Some(incompressible(size).into()),
            ..NewRecord::default()
        };
        let append = |size| log.append(Lane::Facts, COMMANDS, record(size));
        append(10).await.unwrap();

        let breaking = append(3_000_000);
        let others = futures::future::join_all((0..50).map(|_| append(10))).await;

        assert!(breaking.await.is_err());
        for other in others {
            assert!(matches!(other, Ok(_) | Err(AppendError::Broken(_))), "{other:?}");
        }
        let begun = Instant::now();
        while let Err(error) = append(10).await {
            assert!(matches!(error, AppendError::Broken(_)), "{error:?}");
            assert!(begun.elapsed() < Duration::from_secs(10), "it is not replaced");
        }
    })
    .await;
}

#[tokio::test]
async fn an_offset_outside_the_log_stops_its_partition_until_a_rewind() {
    migrated(&settings("outside").await, async |settings| {
        let log = KafkaLog::open(settings).unwrap();
        let other = TopicPartition { partition: Partition::new(1), ..COMMANDS };
        let record = || NewRecord { value: Some("here".into()), ..NewRecord::default() };
        for at in [COMMANDS, other] {
            log.append(Lane::Facts, at, record()).await.unwrap();
        }
        let starts = vec![(COMMANDS, Start::At(1_000)), (other, Start::Beginning)];
        let mut tail = log.assign(starts).unwrap();

        let mut outside = None;
        let mut read = Vec::new();
        while outside.is_none() || read.is_empty() {
            match tail.next().await {
                TailEvent::Trouble(LogError::OutOfRange(where_to)) => outside = Some(where_to),
                TailEvent::Records(at, _) => read.push(at),
                TailEvent::Assigned(_) => {}
                event @ (TailEvent::Revoking(_)
                | TailEvent::Lost(_)
                | TailEvent::Committed
                | TailEvent::CommitFailed(_)
                | TailEvent::Trouble(_)
                | TailEvent::Ended(_)) => panic!("{event:?}"),
            }
        }
        assert_eq!(read, [other]);
        let outside = outside.unwrap();
        assert!(outside.ends_with("cart.commands.v1 [0] (1000 is not in 0..1)"), "{outside}");

        tail.rewind(COMMANDS, 0);
        let event = tail.next().await;
        assert!(matches!(event, TailEvent::Records(COMMANDS, _)), "{event:?}");
    })
    .await;
}

/// How long a member waits for partitions that another one was asked to give up.
async fn moving_time(settings: KafkaSettings, release: bool) -> Duration {
    let log = KafkaLog::open(settings).expect("a log");
    let mut one = log.subscribe("group", Topic::Commands).expect("a tail");
    assigned(&mut one).await;
    let mut other = log.subscribe("group", Topic::Commands).expect("a tail");
    let revoked = loop {
        if let TailEvent::Revoking(partitions) = one.next().await {
            break partitions;
        }
    };

    let begun = Instant::now();
    if release {
        one.release(&revoked);
    }
    assigned(&mut other).await;
    begun.elapsed()
}

/// Waits for some partitions; a new member begins with none.
async fn assigned(tail: &mut KafkaTail) {
    while !matches!(tail.next().await, TailEvent::Assigned(partitions) if !partitions.is_empty()) {}
}

#[tokio::test]
async fn partitions_that_are_not_released_move_after_five_seconds() {
    migrated(&settings("kept").await, async |settings| {
        let waited = moving_time(settings, false).await;
        assert!(waited > Duration::from_secs(4) && waited < Duration::from_secs(12), "{waited:?}");
    })
    .await;
}

#[tokio::test]
async fn partitions_that_are_released_move_without_that_wait() {
    migrated(&settings("released").await, async |settings| {
        let waited = moving_time(settings, true).await;
        assert!(waited < Duration::from_secs(4), "{waited:?}");
    })
    .await;
}

#[tokio::test]
async fn a_topic_that_does_not_exist_is_trouble_for_its_members() {
    let log = KafkaLog::open(settings("absent_too").await).unwrap();
    let mut tail = log.subscribe("group", Topic::Commands).unwrap();

    let event = tail.next().await;

    assert!(matches!(&event, TailEvent::Trouble(LogError::NoTopic(_))), "{event:?}");
}

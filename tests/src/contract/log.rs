//! What the port `Log` promises, as sentences that any engine must keep. Knows no engine.

use std::future::Future;
use std::time::Duration;

use cart_schemas::partition::Partition;
use cart_schemas::topic::Topic;
use cart_storage::log::{
    Ack, AppendError, Lane, Log, NewRecord, Record, Tail, TailEvent, TopicPartition,
};
use uuid::Uuid;

pub mod appends;
pub mod groups;
mod member;
pub mod tails;

/// Checks every sentence, all at once and each with keys and groups of its own, and names those
/// that fail. What is wrong with them is told by their panics.
pub async fn failures<L: Log>(log: &L) -> Vec<&'static str> {
    macro_rules! check {
        ($($chapter:ident::$sentence:ident),+ $(,)?) => {
            vec![$({
                let log = log.clone();
                let check = tokio::spawn(async move { $chapter::$sentence(&log).await });
                (stringify!($sentence), check)
            }),+]
        };
    }
    let checks = check![
        appends::appends_of_one_partition_keep_the_order_of_their_calls,
        appends::a_dropped_append_is_not_taken_back,
        appends::a_record_comes_back_unchanged,
        appends::every_reader_sees_the_same_append_time,
        appends::a_record_that_is_too_large_is_refused,
        appends::a_run_lands_in_order_and_ends_where_a_record_is_refused,
        appends::an_append_to_no_partition_is_refused,
        appends::the_bounds_follow_the_appends,
        tails::a_tail_from_the_end_sees_exactly_what_comes_after_it_is_live,
        tails::a_tail_from_the_beginning_sees_everything,
        tails::a_tail_at_an_offset_begins_there,
        tails::a_tail_of_several_partitions_keeps_the_order_of_each,
        tails::no_stale_record_follows_a_rewind,
        tails::a_paused_partition_rests_and_the_others_go_on,
        tails::a_tail_nobody_reads_loses_nothing,
        groups::nothing_is_committed_at_first,
        groups::a_member_begins_at_what_another_committed,
        groups::members_share_the_partitions,
        groups::a_closed_member_hands_its_partitions_over,
        groups::commits_before_a_closing_are_kept,
        groups::a_dropped_member_hands_its_partitions_over,
        groups::a_release_comes_after_the_commits_before_it,
        groups::nothing_of_a_revoked_partition_comes_before_its_release,
        groups::a_member_may_leave_instead_of_releasing,
        groups::a_member_may_leave_at_once,
        groups::partitions_wait_for_their_start,
        groups::groups_do_not_share_their_commits,
    ];
    let mut failures = Vec::new();
    for (sentence, check) in checks {
        if check.await.is_err() {
            failures.push(sentence);
        }
    }
    failures
}

/// How long anything may take before it counts as never.
const PATIENCE: Duration = Duration::from_secs(30);

/// A key, or a group, that no run has used.
#[expect(clippy::disallowed_methods, reason = "a run must not meet what another one left")]
fn fresh(what: &str) -> String {
    format!("{what}-{}", Uuid::now_v7())
}

/// A partition of a topic.
const fn place(topic: Topic, partition: u16) -> TopicPartition {
    TopicPartition { topic, partition: Partition::new(partition) }
}

/// A record of this key whose value is a number.
fn numbered(key: &str, number: usize) -> NewRecord {
    NewRecord {
        key: Some(key.to_owned().into()),
        value: Some(number.to_string().into()),
        headers: Vec::new(),
    }
}

/// Appends numbered records and tells the first one's offset.
async fn append_numbered<L: Log>(log: &L, at: TopicPartition, key: &str, count: usize) -> i64 {
    let acks = (0..count).map(|number| log.append(Lane::Facts, at, numbered(key, number)));
    let acks: Vec<_> = acks.collect();
    let acks: Result<Vec<Ack>, AppendError> = within(futures::future::try_join_all(acks)).await;
    acks.expect("facts are appended").first().expect("one at least").offset
}

/// The outcome of what must not take for ever.
async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("this takes too long")
}

/// The next event that is not about trouble, which a tail overcomes by itself.
async fn event<T: Tail>(tail: &mut T) -> TailEvent {
    loop {
        let event = within(tail.next()).await;
        if !matches!(event, TailEvent::Trouble(_)) {
            return event;
        }
    }
}

/// The partitions of the next assignment.
async fn assigned<T: Tail>(tail: &mut T) -> Vec<TopicPartition> {
    let event = event(tail).await;
    let TailEvent::Assigned(partitions) = event else { panic!("no assignment but {event:?}") };
    partitions
}

/// The next records of any partition.
async fn records<T: Tail>(tail: &mut T) -> (TopicPartition, Vec<Record>) {
    let event = event(tail).await;
    let TailEvent::Records(at, records) = event else { panic!("no records but {event:?}") };
    (at, records)
}

/// The next so many records of a key.
async fn records_of<T: Tail>(tail: &mut T, key: &str, count: usize) -> Vec<Record> {
    let mut found = Vec::new();
    while found.len() < count {
        let (_, records) = records(tail).await;
        found.extend(records.into_iter().filter(|record| is_of(record, key)));
    }
    found
}

fn is_of(record: &Record, key: &str) -> bool {
    record.key.as_deref() == Some(key.as_bytes())
}

/// The numbers of numbered records.
fn numbers(records: &[Record]) -> Vec<usize> {
    let texts =
        records.iter().filter_map(|record| std::str::from_utf8(record.value.as_ref()?).ok());
    texts.map(|text| text.parse().expect("a number")).collect()
}

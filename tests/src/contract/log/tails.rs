//! What a tail without a group promises.

use std::time::Duration;

use cart_schemas::topic::Topic;
use cart_storage::log::{Log, Record, Start, Tail as _, TopicPartition};

use super::{append_numbered, assigned, fresh, is_of, numbers, place, records, records_of, within};

async fn tail<L: Log>(log: &L, starts: Vec<(TopicPartition, Start)>) -> L::Tail {
    let expected: Vec<_> = starts.iter().map(|(at, _)| *at).collect();
    let mut tail = log.assign(starts).expect("a tail");
    assert_eq!(assigned(&mut tail).await, expected);
    tail
}

pub async fn a_tail_from_the_end_sees_exactly_what_comes_after_it_is_live<L: Log>(log: &L) {
    let (key, at) = (fresh("end"), place(Topic::Replies, 0));
    append_numbered(log, at, &key, 10).await;
    let mut tail = tail(log, vec![(at, Start::End)]).await;

    let first = append_numbered(log, at, &key, 10).await;

    let read = records_of(&mut tail, &key, 10).await;
    assert_eq!(read.first().map(|record| record.offset), Some(first));
    assert_eq!(numbers(&read), (0..10).collect::<Vec<_>>());
}

/// Nothing else is appended to the products.
pub async fn a_tail_from_the_beginning_sees_everything<L: Log>(log: &L) {
    let (key, at) = (fresh("beginning"), place(Topic::Products, 0));
    append_numbered(log, at, &key, 50).await;
    let bounds = within(log.bounds(at)).await.expect("bounds");

    let mut tail = tail(log, vec![(at, Start::Beginning)]).await;

    let read = records_of(&mut tail, &key, 50).await;
    assert_eq!(read.first().map(|record| record.offset), Some(bounds.end - 50));
    assert_eq!(read.last().map(|record| record.offset), Some(bounds.end - 1));
}

pub async fn a_tail_at_an_offset_begins_there<L: Log>(log: &L) {
    let (key, at) = (fresh("at"), place(Topic::Replies, 1));
    let first = append_numbered(log, at, &key, 20).await;

    let mut tail = tail(log, vec![(at, Start::At(first + 7))]).await;

    let (_, read) = records(&mut tail).await;
    assert_eq!(read.first().map(|record| record.offset), Some(first + 7));
}

pub async fn a_tail_of_several_partitions_keeps_the_order_of_each<L: Log>(log: &L) {
    let key = fresh("several");
    let places = [0, 1].map(|partition| place(Topic::Events, partition));
    let mut tail = tail(log, places.map(|at| (at, Start::End)).to_vec()).await;

    for at in places {
        append_numbered(log, at, &key, 1_000).await;
    }

    let mut read: Vec<(TopicPartition, Vec<Record>)> = places.map(|at| (at, Vec::new())).to_vec();
    while read.iter().any(|(_, records)| records.len() < 1_000) {
        let (at, records) = records(&mut tail).await;
        let mine = read.iter_mut().find(|(known, _)| *known == at).expect("one of ours");
        mine.1.extend(records.into_iter().filter(|record| is_of(record, &key)));
    }
    for (at, records) in read {
        assert_eq!(numbers(&records), (0..1_000).collect::<Vec<_>>(), "{at:?}");
    }
}

pub async fn no_stale_record_follows_a_rewind<L: Log>(log: &L) {
    let (key, at) = (fresh("rewind"), place(Topic::Commands, 0));
    let first = append_numbered(log, at, &key, 5_000).await;
    let mut tail = tail(log, vec![(at, Start::At(first))]).await;

    for round in 0..40 {
        // Forwards and back, with and without having read since, also twice in a row.
        let target = first + (round * 997) % 4_000;
        if round % 3 == 0 {
            tail.rewind(at, first + 4_000);
        }
        tail.rewind(at, target);
        for batch in 0..=round % 3 {
            let (_, read) = records(&mut tail).await;
            if batch == 0 {
                assert_eq!(read.first().map(|record| record.offset), Some(target), "{round}");
            }
        }
    }
    tail.rewind(at, first);
    let read = records_of(&mut tail, &key, 5_000).await;
    assert_eq!(numbers(&read), (0..5_000).collect::<Vec<_>>());
}

pub async fn a_paused_partition_rests_and_the_others_go_on<L: Log>(log: &L) {
    let key = fresh("pause");
    let [paused, other] = [0, 1].map(|partition| place(Topic::Replies, partition));
    let mut tail = tail(log, vec![(paused, Start::End), (other, Start::End)]).await;
    let first = within(log.bounds(paused)).await.expect("bounds").end;

    tail.pause(paused);
    // What comes through after two turns of the other partition was fetched after the pause.
    for _ in 0..2 {
        append_numbered(log, other, &key, 1).await;
        records_of(&mut tail, &key, 1).await;
    }
    append_numbered(log, paused, &key, 10).await;
    append_numbered(log, other, &key, 10).await;
    let mut others = 0;
    while others < 10 {
        let (at, records) = records(&mut tail).await;
        let mine = records.iter().filter(|record| is_of(record, &key)).count();
        assert!(at == other || mine == 0, "{mine} records of a paused partition");
        others += mine;
    }
    tail.resume(paused);

    let read = records_of(&mut tail, &key, 10).await;
    assert_eq!(numbers(&read), (0..10).collect::<Vec<_>>());
    assert!(read.iter().all(|record| record.offset >= first));
}

pub async fn a_tail_nobody_reads_loses_nothing<L: Log>(log: &L) {
    let (key, at) = (fresh("idle"), place(Topic::Events, 0));
    let mut tail = tail(log, vec![(at, Start::End)]).await;

    // More than any buffer of the tail's takes: it has to stop fetching, and to begin again.
    let first = append_numbered(log, at, &key, 25_000).await;
    for _ in 1..4 {
        append_numbered(log, at, &key, 25_000).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;

    let read = records_of(&mut tail, &key, 100_000).await;
    assert_eq!(read.first().map(|record| record.offset), Some(first));
    assert_eq!(numbers(&read), (0..25_000).cycle().take(100_000).collect::<Vec<_>>());
}

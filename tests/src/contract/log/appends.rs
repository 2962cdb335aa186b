//! What an append promises, and what a record keeps.

use cart_schemas::topic::Topic;
use cart_storage::log::{AppendError, Header, Lane, Log, NewRecord, Start};

use super::{append_numbered, assigned, fresh, numbered, numbers, place, records_of, within};

pub async fn appends_of_one_partition_keep_the_order_of_their_calls<L: Log>(log: &L) {
    let (key, at) = (fresh("order"), place(Topic::Events, 0));
    let appends = (0..500).map(|number| log.append(Lane::Commands, at, numbered(&key, number)));

    let appends: Vec<_> = appends.collect();
    let acks = within(futures::future::try_join_all(appends)).await.expect("appended");

    let offsets: Vec<_> = acks.iter().map(|ack| ack.offset).collect();
    assert!(offsets.is_sorted_by(|a, b| a < b), "{offsets:?}");
    let first = *offsets.first().expect("500");
    let mut tail = log.assign(vec![(at, Start::At(first))]).expect("a tail");
    assigned(&mut tail).await;
    let read = records_of(&mut tail, &key, 500).await;
    assert_eq!(numbers(&read), (0..500).collect::<Vec<_>>());
    assert_eq!(read.iter().map(|record| record.offset).collect::<Vec<_>>(), offsets);
}

pub async fn a_dropped_append_is_not_taken_back<L: Log>(log: &L) {
    let (key, at) = (fresh("dropped"), place(Topic::Events, 0));
    let mut tail = log.assign(vec![(at, Start::End)]).expect("a tail");
    assigned(&mut tail).await;

    drop(log.append(Lane::Facts, at, numbered(&key, 0)));

    assert_eq!(numbers(&records_of(&mut tail, &key, 1).await), [0]);
}

pub async fn a_record_comes_back_unchanged<L: Log>(log: &L) {
    let (key, at) = (fresh("unchanged"), place(Topic::Events, 1));
    let keyed = |value: Option<Vec<u8>>, headers| NewRecord {
        key: Some(key.clone().into()),
        value: value.map(Into::into),
        headers,
    };
    let headers = vec![
        Header::text("cartstream-schema", "1"),
        Header::text("empty", ""),
        Header::text("twice", "first"),
        Header::text("twice", "second"),
        Header { name: "bytes".into(), value: vec![0, 255, 10].into() },
    ];
    let written = [
        keyed(Some(b"{\"a\":1}".to_vec()), headers.clone()),
        keyed(Some((0..=255).collect()), Vec::new()),
        keyed(Some(Vec::new()), Vec::new()),
        keyed(None, vec![Header::text("tombstone", "yes")]),
        NewRecord { key: None, value: Some("no key".into()), headers: Vec::new() },
    ];
    let appends = written.clone().map(|record| log.append(Lane::Facts, at, record));
    let acks = within(futures::future::try_join_all(appends)).await.expect("appended");

    for (ack, written) in acks.iter().zip(written) {
        let mut tail = log.assign(vec![(at, Start::At(ack.offset))]).expect("a tail");
        assigned(&mut tail).await;
        let (_, read) = super::records(&mut tail).await;

        let read = read.into_iter().next().expect("one");
        assert_eq!(read.offset, ack.offset);
        let read = NewRecord { key: read.key, value: read.value, headers: read.headers };
        assert_eq!(read, written);
    }
}

pub async fn every_reader_sees_the_same_append_time<L: Log>(log: &L) {
    let (key, at) = (fresh("time"), place(Topic::Commands, 1));
    let first = append_numbered(log, at, &key, 3).await;
    let mut readers = Vec::new();
    for _ in 0..2 {
        let mut tail = log.assign(vec![(at, Start::At(first))]).expect("a tail");
        assigned(&mut tail).await;
        let read = records_of(&mut tail, &key, 3).await;
        readers.push(read.iter().map(|record| record.appended).collect::<Vec<_>>());
    }

    assert_eq!(readers.first(), readers.last());
    let times = readers.first().expect("two");
    assert!(times.is_sorted() && times.iter().all(|time| time.micros() > 0), "{times:?}");
}

pub async fn a_record_that_is_too_large_is_refused<L: Log>(log: &L) {
    let (key, at) = (fresh("large"), place(Topic::Events, 1));
    let large = NewRecord { value: Some(vec![b'x'; 32 << 20].into()), ..numbered(&key, 0) };

    for lane in [Lane::Facts, Lane::Commands, Lane::Replies] {
        let refused = within(log.append(lane, at, large.clone())).await;
        assert!(matches!(refused, Err(AppendError::Refused(_))), "{lane:?}: {refused:?}");

        within(log.append(lane, at, numbered(&key, 1))).await.expect("the lane goes on");
    }
}

pub async fn a_run_lands_in_order_and_ends_where_a_record_is_refused<L: Log>(log: &L) {
    let (key, at) = (fresh("run"), place(Topic::Events, 1));
    let mut tail = log.assign(vec![(at, Start::End)]).expect("a tail");
    assigned(&mut tail).await;
    let large = NewRecord { value: Some(vec![b'x'; 32 << 20].into()), ..numbered(&key, 2) };
    let whole: Vec<_> = (0..50).map(|number| (at, numbered(&key, number))).collect();
    let broken = vec![(at, numbered(&key, 50)), (at, large), (at, numbered(&key, 51))];

    let whole = within(log.append_run(Lane::Facts, whole)).await;
    let broken = within(log.append_run(Lane::Facts, broken)).await;
    within(log.append(Lane::Facts, at, numbered(&key, 52))).await.expect("the lane goes on");

    let read = records_of(&mut tail, &key, 52).await;
    assert_eq!(numbers(&read), (0..51).chain([52]).collect::<Vec<_>>());
    let fiftieth = read.get(49).map(|record| record.offset);
    assert_eq!((whole.acknowledged, whole.last.map(|ack| ack.offset)), (50, fiftieth));
    assert!(whole.failure.is_none());
    assert_eq!(broken.acknowledged, 1);
    assert!(matches!(broken.failure, Some(AppendError::Refused(_))), "{broken:?}");
}

pub async fn an_append_to_no_partition_is_refused<L: Log>(log: &L) {
    let nowhere = place(Topic::Events, 9_999);

    let refused = within(log.append(Lane::Facts, nowhere, numbered("nowhere", 0))).await;

    assert!(matches!(refused, Err(AppendError::Refused(_))), "{refused:?}");
}

/// Nothing else is appended to the dead letters.
pub async fn the_bounds_follow_the_appends<L: Log>(log: &L) {
    let (key, at) = (fresh("bounds"), place(Topic::CommandsDeadLetters, 0));
    let before = within(log.bounds(at)).await.expect("bounds");

    let first = append_numbered(log, at, &key, 10).await;

    let after = within(log.bounds(at)).await.expect("bounds");
    assert!(before.start <= before.end, "{before:?}");
    assert_eq!((after.start, after.end), (before.start, before.end + 10));
    assert_eq!(first, before.end);
    let count = within(log.partitions(at.topic)).await.expect("partitions");
    assert_eq!(count.get(), 1);
}

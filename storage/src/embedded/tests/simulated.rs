//! What becomes of a folder whose clock is set.

use std::time::Duration;

use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;

use super::super::{DrivenClock, Embedded, OpenError};
use super::{DAY, Folder, append, at};
use crate::log::{Log as _, Start, Tail as _, TailEvent, TopicPartition};

#[tokio::test]
async fn a_simulated_log_has_the_time_it_is_set_to_and_the_machines_once_it_is_opened_again() {
    let folder = Folder::new("simulated");
    let (begin, commands) = (Timestamp::from_micros(40 * DAY), at(Topic::Commands));
    let clock = DrivenClock::at(begin);
    let engine = Embedded::create_simulated(&folder.settings(), &clock).unwrap();
    append(&engine, Topic::Commands, "ann", "first").await;
    clock.set(Timestamp::from_micros(41 * DAY));
    clock.set(begin);
    append(&engine, Topic::Commands, "ann", "a day later").await;
    assert!(engine.is_simulated());
    engine.close().await.unwrap();

    let engine = Embedded::open(&folder.settings()).unwrap();
    append(&engine, Topic::Commands, "ann", "today").await;

    let times = appended(&engine, commands, 3).await;
    assert_eq!(times[..2], [40 * DAY, 41 * DAY]);
    assert!(times[2] > 365 * DAY);
    assert!(engine.is_simulated());
    engine.close().await.unwrap();
}

#[tokio::test]
async fn the_clock_of_a_log_never_steps_back_behind_what_was_simulated() {
    let folder = Folder::new("ahead");
    let ahead = i64::MAX / 2;
    let clock = DrivenClock::at(Timestamp::from_micros(ahead));
    let engine = Embedded::create_simulated(&folder.settings(), &clock).unwrap();
    append(&engine, Topic::Commands, "ann", "first").await;
    engine.close().await.unwrap();

    let engine = Embedded::open(&folder.settings()).unwrap();
    append(&engine, Topic::Commands, "ann", "today").await;

    assert_eq!(appended(&engine, at(Topic::Commands), 2).await, [ahead, ahead]);
    engine.close().await.unwrap();
}

#[tokio::test]
async fn no_folder_that_is_there_becomes_a_simulated_one() {
    let folder = Folder::new("lived");
    let (settings, clock) = (folder.settings(), DrivenClock::at(Timestamp::from_micros(DAY)));
    let engine = Embedded::open(&settings).unwrap();
    assert!(!engine.is_simulated());
    engine.close().await.unwrap();

    let refused = Embedded::create_simulated(&settings, &clock);

    assert!(matches!(refused, Err(OpenError::Exists(_))), "{refused:?}");
}

/// When the records of a partition were appended.
async fn appended(engine: &Embedded, at: TopicPartition, count: usize) -> Vec<i64> {
    let mut tail = engine.assign(vec![(at, Start::Beginning)]).unwrap();
    let mut times = Vec::new();
    while times.len() < count {
        let event = tokio::time::timeout(Duration::from_secs(10), tail.next()).await.unwrap();
        if let TailEvent::Records(_, records) = event {
            times.extend(records.into_iter().map(|record| record.appended.micros()));
        }
    }
    times
}

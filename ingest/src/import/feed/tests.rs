//! The feed driven by hand, on paused time.

use std::sync::Mutex;

use tokio::sync::Semaphore;

use super::*;
use crate::import::row::Reason;

fn row(line: u64, says: Says<&'static str>) -> Result<Row<&'static str>, ReadError> {
    Ok(Row { line, read: line * 10, says })
}

/// Rows that are read already: no thread is waited for while time stands still.
fn of(rows: impl IntoIterator<Item = Result<Row<&'static str>, ReadError>>) -> Rows<&'static str> {
    let (sender, receiver) = mpsc::channel(2 * IN_FLIGHT_MAX);
    rows.into_iter().for_each(|row| sender.try_send(row).unwrap());
    receiver
}

fn entries(keys: &[&'static str]) -> Rows<&'static str> {
    of((1..).zip(keys).map(|(line, key)| row(line, Says::Entry(*key))))
}

fn key<'a>(entry: &'a &'static str) -> &'a str {
    entry
}

#[tokio::test(start_paused = true)]
async fn every_row_settles_once_and_what_brings_nothing_at_once() {
    let nameless = Says::Bad(Reason::NotUtf8);
    let rows = of([row(1, Says::Entry("a")), row(2, nameless), row(3, Says::Nothing)]);
    let mut feed = Feed::new(rows, key, |_| std::future::ready(Outcome::Imported));

    let mut seen = Vec::new();
    while let Some(Settled { line, read, outcome }) = feed.next().await.unwrap() {
        seen.push((line, read, matches!(outcome, Outcome::Imported)));
    }

    seen.sort_unstable();
    assert_eq!(seen, [(1, 10, true), (2, 20, false), (3, 30, false)]);
}

#[tokio::test(start_paused = true)]
async fn two_rows_of_one_key_go_one_after_the_other_in_their_order() {
    let going = Mutex::new(Vec::new());
    let mut feed = Feed::new(entries(&["a", "b", "a", "c"]), key, |entry| {
        let mut log = going.lock().unwrap();
        log.push(format!("{entry} goes"));
        let going = &going;
        async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            going.lock().unwrap().push(format!("{entry} is there"));
            Outcome::Imported
        }
    });

    let mut settled = 0;
    while feed.next().await.unwrap().is_some() {
        settled += 1;
    }

    drop(feed);
    let log = going.into_inner().unwrap();
    let of_a: Vec<_> = log.iter().filter(|what| what.starts_with('a')).collect();
    assert_eq!(settled, 4);
    assert_eq!(of_a, ["a goes", "a is there", "a goes", "a is there"]);
}

#[tokio::test(start_paused = true)]
async fn no_more_are_on_their_way_than_the_limit() {
    let keys: Vec<&'static str> =
        (0..IN_FLIGHT_MAX + 50).map(|number| &*number.to_string().leak()).collect();
    let (gate, going) = (Semaphore::new(0), Mutex::new(0));
    let mut feed = Feed::new(entries(&keys), key, |_| {
        *going.lock().unwrap() += 1;
        let gate = &gate;
        async move {
            gate.acquire().await.unwrap().forget();
            Outcome::Imported
        }
    });

    let blocked = tokio::time::timeout(Duration::from_secs(5), feed.next()).await;
    assert!(blocked.is_err());
    assert_eq!(*going.lock().unwrap(), IN_FLIGHT_MAX);

    gate.add_permits(keys.len());
    let mut settled = 0;
    while feed.next().await.unwrap().is_some() {
        settled += 1;
    }
    assert_eq!(settled, keys.len());
}

#[tokio::test(start_paused = true)]
async fn when_nothing_comes_of_anything_the_waiting_ends() {
    let mut feed = Feed::new(entries(&["a", "b"]), key, |entry| async move {
        if entry == "a" {
            tokio::time::sleep(STALLED_AFTER / 2).await;
            return Outcome::Imported;
        }
        std::future::pending().await
    });
    let began = Instant::now();

    assert!(feed.next().await.unwrap().is_some());
    let stalled = feed.next().await.unwrap_err();

    assert!(matches!(stalled, FeedError::Stalled { waiting: 1 }), "{stalled}");
    assert_eq!(began.elapsed(), STALLED_AFTER / 2 + STALLED_AFTER);
}

#[tokio::test(start_paused = true)]
async fn a_slow_file_is_waited_for() {
    let (sender, rows) = mpsc::channel(1);
    let mut feed = Feed::new(rows, key, |_: &'static str| std::future::ready(Outcome::Imported));

    assert!(tokio::time::timeout(STALLED_AFTER * 9, feed.next()).await.is_err());

    sender.send(row(1, Says::Entry("a"))).await.unwrap();
    assert!(feed.next().await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_file_that_breaks_off_is_told_after_the_rows_before() {
    let broken = Err(ReadError::NoColumn("id"));
    let rows = of([row(1, Says::Entry("a")), broken]);
    let mut feed = Feed::new(rows, key, |_| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Outcome::Imported
    });

    assert_eq!(feed.next().await.unwrap().unwrap().line, 1);
    assert!(matches!(feed.next().await, Err(FeedError::Read(ReadError::NoColumn("id")))));
}

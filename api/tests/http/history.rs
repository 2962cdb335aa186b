//! The history of a cart over HTTP, of what its row remembers: as one answer, as a stream, as it was.

mod story;

use std::time::Duration;

use cart_api::Settings;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use serde_json::{Value, json};

use self::story::{Stream, told};
use crate::support::World;

async fn versions(world: &World, after: u64) -> (Vec<u64>, Value) {
    let said = world.get(&format!("/api/cart/u/events?after={after}")).await;
    assert_eq!((said.status.as_u16(), said.header("cache-control")), (200, Some("no-store")));
    let page = said.json();
    let events = page["events"].as_array().unwrap().iter();
    (events.map(|event| event["version"].as_u64().unwrap()).collect(), page["next"].clone())
}

#[tokio::test]
async fn the_events_after_a_version_come_in_order() {
    let world = World::new().await;
    world.store.hold("u", &told(8));

    assert_eq!(versions(&world, 0).await, ((1..=8).collect(), Value::Null));
    assert_eq!(versions(&world, 6).await, (vec![7, 8], Value::Null));
    assert_eq!(versions(&world, 8).await, (vec![], Value::Null));
}

#[tokio::test]
async fn what_is_not_kept_yet_is_asked_for_again() {
    let world = World::new().await;
    world.store.hold("u", &told(20));

    assert_eq!(versions(&world, 0).await, (vec![], json!(0)));
    assert_eq!(versions(&world, 12).await, ((13..=20).collect(), Value::Null));
}

#[tokio::test]
async fn what_cannot_be_asked_so_is_refused() {
    let world = World::new().await;
    let problem = async |path: &str| world.get(path).await.problem();

    assert_eq!(problem("/api/cart/u/events?after=-1").await, (400, "malformed".to_owned()));
    let invalid = (422, "invalid_user_id".to_owned());
    assert_eq!(problem("/api/cart/a%20b/events").await, invalid);
    let refused = Stream::open(&world, &[("last-event-id", "x")]).await.unwrap_err();
    assert_eq!(refused.problem(), (400, "malformed".to_owned()));

    world.store.set_down(true);
    let away = (503, "unavailable".to_owned());
    assert_eq!(problem("/api/cart/u/events").await, away);
    assert_eq!(problem("/api/cart/u?asOf=1").await, away);
}

#[tokio::test]
async fn a_cart_of_the_past_has_no_etag_and_is_not_there_before_its_time() {
    let world = World::new().await;
    world.store.hold("u", &told(8));

    let then = world.get("/api/cart/u?asOf=3").await;
    assert_eq!((then.json()["version"].as_u64(), then.header("etag")), (Some(3), None));
    let at = Timestamp::from_millis(3_500);
    let then = world.get(&format!("/api/cart/u?asOf={at}")).await;
    assert_eq!(then.json()["version"], 3);
    let never = world.get("/api/cart/u?asOf=9").await.problem();
    assert_eq!(never, (404, "version_not_found".to_owned()));
}

#[tokio::test]
async fn a_stream_tells_what_was_and_then_what_comes_each_once() {
    let world = World::new().await;
    world.store.hold("u", &told(3));
    let mut stream = Stream::open(&world, &[]).await.unwrap();
    assert_eq!(stream.told(3).await, ["1", "2", "3"]);

    for version in 2..=5 {
        world.log.event("u", &story::json(version, 0, 1));
    }

    assert_eq!(stream.told(2).await, ["4", "5"]);
}

#[tokio::test]
async fn a_stream_that_comes_back_goes_on_after_its_last_version() {
    let world = World::new().await;
    world.store.hold("u", &told(8));

    let mut stream = Stream::open(&world, &[("last-event-id", "6")]).await.unwrap();

    assert_eq!(stream.told(2).await, ["7", "8"]);
}

#[tokio::test]
async fn an_event_told_as_it_happens_has_its_trace_in_a_comment() {
    let world = World::new().await;
    world.store.hold("u", &told(1));
    let mut stream = Stream::open(&world, &[]).await.unwrap();
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let first = stream.chunk().await.unwrap();
    assert!(first.contains("id: 1") && !first.contains("traceparent"), "{first}");

    world.log.traced_event("u", &story::json(2, 0, 1), trace);

    let second = stream.chunk().await.unwrap();
    assert!(second.starts_with("data: {"), "{second}");
    assert!(second.contains(&format!("\n: traceparent {trace}\n")), "{second}");
}

#[tokio::test]
async fn the_id_comes_with_the_last_event_of_a_version() {
    let world = World::new().await;
    world.store.hold("u", &told(1));
    let mut stream = Stream::open(&world, &[]).await.unwrap();
    assert_eq!(stream.told(1).await, ["1"]);

    for n in 0..3 {
        world.log.event("u", &story::json(2, n, 3));
    }

    assert_eq!(stream.told(3).await, ["", "", "2"]);
}

#[tokio::test]
async fn events_that_were_missed_are_read_from_history() {
    let world = World::new().await;
    world.store.hold("u", &told(3));
    let mut stream = Stream::open(&world, &[]).await.unwrap();
    assert_eq!(stream.told(3).await, ["1", "2", "3"]);

    world.store.hold("u", &told(7));
    world.log.event("u", &story::json(7, 0, 1));

    assert_eq!(stream.told(4).await, ["4", "5", "6", "7"]);
}

#[tokio::test]
async fn a_stream_takes_a_sockets_seat_and_gives_it_back() {
    let world = World::with(&Settings { max_sockets: 1, ..Settings::default() }).await;
    let first = Stream::open(&world, &[]).await.unwrap();
    let refused = Stream::open(&world, &[]).await.unwrap_err();
    assert_eq!(refused.problem(), (503, "unavailable".to_owned()));

    drop(first);

    let seated = async {
        while Stream::open(&world, &[]).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), seated).await.unwrap();
}

#[tokio::test]
async fn while_events_do_not_arrive_no_stream_begins() {
    let world = World::new().await;
    world.log.set_silent();
    world.log.end(Topic::Events);
    while world.get("/readyz").await.status == 200 {
        tokio::task::yield_now().await;
    }

    let refused = Stream::open(&world, &[]).await.unwrap_err();

    assert_eq!(refused.problem(), (503, "unavailable".to_owned()));
}

#[tokio::test]
async fn a_stream_ends_when_its_instance_drains() {
    let world = World::new().await;
    world.store.hold("u", &told(1));
    let mut stream = Stream::open(&world, &[]).await.unwrap();
    assert_eq!(stream.told(1).await, ["1"]);

    world.api.drain();

    stream.ended().await;
    tokio::time::timeout(Duration::from_secs(10), world.api.drained()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_given_up() {
    let world = World::new().await;
    world.store.hold("u", &told(1));
    let stream = Stream::open(&world, &[]).await.unwrap();
    for version in 2..=60 {
        world.log.event("u", &story::json(version, 0, 1));
    }
    tokio::time::sleep(Duration::from_secs(30)).await;

    assert!(stream.rest().await < 60, "what waits is bounded, and the stream has ended");
}

#[tokio::test(start_paused = true)]
async fn a_quiet_stream_has_a_heart() {
    let world = World::new().await;
    let mut stream = Stream::open(&world, &[]).await.unwrap();

    assert_eq!(stream.chunk().await.unwrap(), ":\n\n");
}

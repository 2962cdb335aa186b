//! An engine that does not answer: a few wait for it, all others are told at once, and one finds out when
//! it is back. Time is paused, and goes on to the next deadline where all wait.

use std::time::Duration;

use cart_schemas::reply::Answer;
use tokio::time::{Instant, advance};

use crate::support::{Said, World, record};

/// Failures in a row until an engine is not asked any more.
const FAILURES: usize = 5;
/// How long it is then left alone.
const PROBE_AFTER: Duration = Duration::from_millis(500);

/// How long one who finds out is waited for, that went away.
const PROBE_LASTS: Duration = Duration::from_secs(4);

async fn clear(world: &World) -> Said {
    world.send("POST", "/api/cart/u/clear", "").await
}

fn unavailable(said: &Said) {
    assert_eq!(said.problem(), (503, "unavailable".to_owned()), "{said:?}");
    assert_eq!(said.header("retry-after"), Some("1"), "{said:?}");
}

async fn metric(world: &World, name: &str) -> Option<String> {
    let metrics = world.get("/metrics").await.text;
    metrics.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_silent_store_is_waited_for_by_a_few_and_found_again_by_one() {
    let world = World::new().await;
    world.store.hold("u", &record(3));
    world.store.set_silent(true);
    for _ in 0..FAILURES {
        unavailable(&world.get("/api/cart/u").await);
    }

    let began = Instant::now();
    for path in ["/api/cart/u", "/api/cart/u/events", "/api/cart/v/state"] {
        unavailable(&world.get(path).await);
    }
    assert_eq!(began.elapsed(), Duration::ZERO);

    world.store.set_silent(false);
    unavailable(&world.get("/api/cart/u").await);
    advance(PROBE_AFTER).await;
    assert_eq!(world.get("/api/cart/u").await.status, 200);
    assert_eq!(world.get("/api/cart/v").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_silent_log_is_waited_for_by_a_few_and_found_again_by_one() {
    let world = World::new().await;
    world.answers(Answer::Applied { version: 3 }, 3);
    world.log.set_hung(true);
    for _ in 0..FAILURES {
        // It may land yet: nobody may say that it was not sent.
        assert_eq!(clear(&world).await.status, 202);
    }

    // The last append was given up half a second before its caller: one more is let through.
    let began = Instant::now();
    let others = async {
        for _ in 0..FAILURES {
            unavailable(&clear(&world).await);
        }
        began.elapsed()
    };
    let (probe, others) = tokio::join!(clear(&world), others);
    assert_eq!((probe.status.as_u16(), others), (202, Duration::ZERO));
    let finding_out = tokio::time::timeout(Duration::from_millis(1), clear(&world));
    assert!(finding_out.await.is_err());
    let began = Instant::now();
    let product = r#"{"name":"P","price":1,"stock":1}"#;
    unavailable(&world.send("PUT", "/api/products/p", product).await);
    assert_eq!(began.elapsed(), Duration::ZERO);

    world.log.set_hung(false);
    advance(PROBE_LASTS).await;
    assert_eq!(clear(&world).await.status, 200);
    assert_eq!(clear(&world).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_and_who_goes_away_open_nothing() {
    let world = World::new().await;
    world.answers(Answer::Applied { version: 3 }, 3);
    world.log.set_full();
    world.store.hold_bytes("broken", b"no record".to_vec());
    for _ in 0..2 * FAILURES {
        unavailable(&clear(&world).await);
        assert_eq!(world.get("/api/cart/broken").await.status, 500);
    }
    world.store.set_silent(true);
    for _ in 0..2 * FAILURES {
        let gone = tokio::time::timeout(Duration::from_millis(10), world.get("/api/cart/u"));
        assert!(gone.await.is_err());
    }
    world.store.set_silent(false);

    assert_eq!(world.get("/api/cart/u").await.status, 200);
}

#[tokio::test]
async fn whether_an_engine_is_asked_is_a_metric_and_keeps_no_instance_from_being_ready() {
    let world = World::new().await;

    assert!(metric(&world, "cartstream_breaker_open{to=\"log\"}").await.is_some());
    assert!(metric(&world, "cartstream_breaker_open{to=\"store\"}").await.is_some());
    world.store.set_down(true);
    for _ in 0..2 * FAILURES {
        unavailable(&world.get("/api/cart/u").await);
    }
    assert_eq!(world.get("/readyz").await.status, 200);
}

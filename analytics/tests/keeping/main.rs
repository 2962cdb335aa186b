//! History and counts over the embedded engine: what was appended is kept, once and in order, whatever ends
//! in between.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod cart;
mod counting;
mod forgetful;
mod telling;
mod world;

use cart_analytics::history::{self, Past, When};
use cart_schemas::cql::Table;
use cart_schemas::timestamp::Timestamp;
use cart_storage::store::Store as _;

use self::forgetful::Forgetful;
use self::world::{World, at, key};

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_kept_beyond_what_the_row_remembers() {
    let world = World::new("kept");
    world.change("ann", 300).await;
    world.change("bob", 3).await;

    let keeping = world.keep();

    world.until_kept("ann", 300).await;
    world.until_kept("bob", 3).await;
    keeping.stop().await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_goes_on_where_the_last_one_ended() {
    let world = World::new("resumed");
    world.change("ann", 40).await;
    let keeping = world.keep();
    world.until_kept("ann", 40).await;
    keeping.abort();

    world.change("ann", 60).await;
    world.append(b"no event").await;
    world.change("ann", 20).await;
    let keeping = world.keep();

    world.until_kept("ann", 120).await;
    keeping.stop().await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_forgets_is_told_again() {
    let world = World::with("forgotten", Forgetful::over);
    let keeping = world.keep();
    world.change("ann", 40).await;
    world.until_marked(40).await;
    world.store.sync();
    world.change("ann", 20).await;
    world.until_marked(60).await;

    world.store.forget();

    world.until_kept("ann", 60).await;
    keeping.stop().await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_anything_is_kept_the_row_tells_what_it_remembers() {
    let world = World::new("behind");
    world.change("ann", 20).await;

    let page = history::page(&world.store, &key("ann"), 12).await.unwrap();
    assert_eq!((page.events.len(), page.next, page.from), (8, None, None));

    let page = history::page(&world.store, &key("ann"), 0).await.unwrap();
    assert_eq!((page.events.len(), page.next, page.from), (0, Some(0), None));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_is_told_as_it_was_at_any_version_and_time() {
    let world = World::new("past");
    let carts = world.change("ann", 40).await;
    let keeping = world.keep();
    world.until_kept("ann", 40).await;

    for (version, cart) in (1..).zip(&carts) {
        for when in [When::Version(version), When::Time(at(version))] {
            let Past { snapshot, at: seen } = world.as_of("ann", when).await.unwrap();
            assert_eq!((snapshot.version, &snapshot.cart), (version, cart), "{when:?}");
            assert_eq!(seen, Some(at(version)), "{when:?}");
        }
    }
    let before = world.as_of("ann", When::Time(Timestamp::from_micros(1))).await.unwrap();
    assert_eq!(before.snapshot.version, 0);
    assert_eq!(world.as_of("ann", When::Version(0)).await.unwrap().snapshot.version, 0);
    assert_eq!(world.as_of("ann", When::Version(41)).await, None);
    assert_eq!(world.as_of("nobody", When::Version(1)).await, None);
    keeping.stop().await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_that_came_from_elsewhere_is_told_from_there() {
    let world = World::new("came");
    let ann = key("ann");
    let carts = world.change_unheard("ann", 30).await;
    let snapshot = world.record("ann").await.snapshot(&ann);
    let cell = snapshot.encode().into();
    world.store.put(Table::Snapshots, ann.as_str(), cell, at(30)).await.unwrap();
    let later = world.change("ann", 30).await;
    let keeping = world.keep();
    world.until_told("ann", 60).await;

    assert_eq!(world.as_of("ann", When::Version(12)).await, None);
    assert_eq!(world.as_of("ann", When::Time(at(12))).await, None);
    let came = world.as_of("ann", When::Version(30)).await.unwrap();
    assert_eq!(came.snapshot.cart, carts[29]);
    let then = world.as_of("ann", When::Time(at(40))).await.unwrap();
    assert_eq!((then.snapshot.version, &then.snapshot.cart), (40, &later[9]));
    let page = history::page(&world.store, &ann, 0).await.unwrap();
    assert_eq!((page.from, page.events.len()), (Some(31), 30));
    keeping.stop().await;
    world.close().await;
}

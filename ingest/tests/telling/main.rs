//! News over the embedded engine: every cart that holds a product is told what is new of it, whatever
//! ends in between.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test hears what it asked for")]

mod world;

use std::collections::BTreeSet;

use cart_schemas::holders;
use cart_schemas::id::{ItemId, SkuKey};
use serde_json::json;

use self::world::{World, item, until};

/// Faster than any test waits for.
const AT_ONCE: u32 = 1_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_price_change_reaches_every_cart_once() {
    let world = World::new("price");
    let _processor = world.decide();
    let telling = world.tell(AT_ONCE);
    world.put("p", 1).await;
    world.until_known(&item("p"), 1, true).await;
    world.hold("p", 0..2_500).await;

    world.put("p", 2).await;
    world.until_known(&item("p"), 2, true).await;
    // No news: a name, or how many there are.
    world.put("p", 2).await;
    world.stock("p", (1, 5)).await;
    world.put("q", 1).await;
    world.until_known(&item("q"), 1, true).await;

    until(async || world.told().len() >= 2_500).await;
    let times = world.times("p");
    assert!(times.len() == 2_500 && times.values().all(|times| *times == 1));
    assert!(world.told().iter().all(|told| told.available && told.news.price.minor() == 200));
    telling.stop().await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_is_sold_out_and_comes_back_is_told_each_time() {
    let world = World::new("stock");
    let _processor = world.decide();
    let telling = world.tell(AT_ONCE);
    world.put("p", 1).await;
    world.until_known(&item("p"), 1, true).await;
    world.hold("p", 0..3).await;

    for (version, left) in [(1, 0), (2, 4), (3, 0), (4, 1)] {
        world.stock("p", (version, left)).await;
        world.until_known(&item("p"), 1, left > 0).await;
    }

    until(async || world.told().len() >= 12).await;
    let told = world.told();
    let of_one: Vec<_> = told.iter().filter(|told| told.cart == "user1").collect();
    let available: Vec<_> = of_one.iter().map(|told| told.available).collect();
    assert_eq!(available, [false, true, false, true]);
    assert!(of_one.is_sorted_by(|one, next| one.news.number < next.news.number));
    telling.stop().await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telling_that_was_cut_off_goes_on_where_it_was() {
    let world = World::new("cut");
    let _processor = world.decide();
    let telling = world.tell(AT_ONCE);
    world.put("p", 1).await;
    world.until_known(&item("p"), 1, true).await;
    world.hold("p", 0..3_000).await;
    telling.stop().await;

    world.put("p", 2).await;
    for told in [500, 1_000] {
        let slow = world.tell(2_000);
        until(async || world.told().len() >= told).await;
        slow.abort();
    }
    assert!(world.told().len() < 3_000);
    let telling = world.tell(AT_ONCE);
    world.until_known(&item("p"), 2, true).await;

    until(async || world.times("p").len() == 3_000).await;
    let told = world.told();
    assert!(told.len() <= 3_000 + 2 * 200, "{}", told.len());
    assert_eq!(told.iter().map(|told| told.id).collect::<BTreeSet<_>>().len(), 3_000);
    telling.stop().await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_news_supersede_older_ones() {
    let world = World::new("newer");
    let _processor = world.decide();
    let telling = world.tell(2_000);
    world.put("p", 1).await;
    world.until_known(&item("p"), 1, true).await;
    world.hold("p", 0..3_000).await;

    world.put("p", 2).await;
    until(async || world.told().len() >= 200).await;
    world.put("p", 3).await;
    world.until_known(&item("p"), 3, true).await;

    let newest = |told: &world::Told| told.news.price.minor() == 300;
    until(async || world.told().iter().filter(|told| newest(told)).count() == 3_000).await;
    let told = world.told();
    assert!(told.len() < 5_000, "the rest of the older ones is skipped: {}", told.len());
    let older = told.iter().filter(|told| !newest(told)).map(|told| told.news.number).max();
    assert!(told.iter().filter(|told| newest(told)).all(|told| Some(told.news.number) > older));
    telling.stop().await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_while_nobody_told_is_told_by_whoever_comes() {
    let world = World::new("missed");
    let _processor = world.decide();
    world.put_with("p", 1, json!([{"id": "v", "name": "V", "price": 1, "stock": 1}])).await;
    world.put("sold", 1).await;
    world.stock("sold", (1, 0)).await;
    world.hold("sold", 0..1).await;
    let telling = world.tell(AT_ONCE);
    world.until_known(&item("p"), 1, true).await;
    // Nobody knows whether those who hold it know.
    world.until_known(&item("sold"), 1, false).await;
    telling.stop().await;

    world.hold("p", 0..2).await;
    world.put("p", 2).await;
    world.put("new", 3).await;
    world.hold("new", 0..3).await;
    let telling = world.tell(AT_ONCE);

    world.until_known(&item("p"), 2, true).await;
    world.until_known(&item("new"), 3, true).await;
    let gone = ItemId::new("p".parse().unwrap(), Some("v".parse().unwrap()));
    world.until_known(&gone, 1, false).await;
    until(async || world.told().len() >= 6).await;
    let told = ["sold", "p", "new"].map(|product| world.times(product).len());
    assert_eq!(told, [1, 2, 3]);
    telling.stop().await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tells_at_a_time_and_the_next_takes_over() {
    let world = World::new("turns");
    let _processor = world.decide();
    let (first, second) = (world.tell(AT_ONCE), world.tell(AT_ONCE));
    world.put("p", 1).await;
    world.until_known(&item("p"), 1, true).await;
    world.hold("p", 0..10).await;
    world.put("p", 2).await;
    world.until_known(&item("p"), 2, true).await;

    first.stop().await;
    world.put("p", 3).await;
    world.until_known(&item("p"), 3, true).await;

    until(async || world.told().len() >= 20).await;
    assert!(world.times("p").values().all(|times| *times == 2));
    second.stop().await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_that_was_asked_before_the_change_is_told_though_it_is_decided_after_it() {
    let world = World::new("behind");
    let telling = world.tell(AT_ONCE);
    world.put("p", 1).await;
    world.until_known(&item("p"), 1, true).await;
    world.ask(3).await;

    world.put("p", 2).await;
    // Long enough for a crier that would not wait.
    for _ in 0..100 {
        world.ask(2).await;
    }
    world.hold("p", 0..1).await;
    let _processor = world.decide();

    world.until_known(&item("p"), 2, true).await;
    until(async || world.told().len() == 1).await;
    telling.stop().await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_new_in_one_shop_is_told_to_its_own_carts_alone() {
    let world = World::new("shops");
    let _processor = world.decide();
    let telling = world.tell(AT_ONCE);
    let acmes = SkuKey::new("acme".parse().ok(), item("p"));
    world.put("p", 1).await;
    world.put_in("acme", "p", 5).await;
    world.until_known(&item("p"), 1, true).await;
    world.until_sku_known(&acmes, 5, true).await;
    world.hold("p", 0..3).await;
    world.hold_in("acme", "p", &["ann", "bob"]).await;
    // Where a cart of that shop was noted while all shops sold out of one catalog.
    world.note(&holders::slot(&SkuKey::new(None, item("p")), 3), "acme/zoe").await;

    world.stock_of(acmes.clone(), (1, 0)).await;
    world.until_sku_known(&acmes, 5, false).await;
    until(async || world.told().len() >= 2).await;
    world.put("p", 2).await;
    world.until_known(&item("p"), 2, true).await;

    until(async || world.told().len() >= 5).await;
    let told = world.told();
    let of = |price: i64| {
        let of_it = told.iter().filter(|told| told.news.price.minor() == price);
        of_it.map(|told| (told.cart.clone(), told.available)).collect::<BTreeSet<_>>()
    };
    let carts = |names: &[&str], available| {
        names.iter().map(|name| ((*name).to_owned(), available)).collect::<BTreeSet<_>>()
    };
    assert_eq!(of(500), carts(&["acme/ann", "acme/bob"], false));
    assert_eq!(of(200), carts(&["user0", "user1", "user2"], true));
    assert_eq!(told.len(), 5);
    telling.stop().await;
    world.close().await;
}

//! Counts kept in a data folder, however often whoever keeps them is killed: those that a count of all
//! events in memory comes to, and no others.

use std::collections::BTreeMap;
use std::future::pending;
use std::path::PathBuf;
use std::time::Duration;

use cart_analytics::tallies::{self, Book, Goods, Hour, Scope, Span, Tally};
use cart_schemas::id::{ProductId, TenantId};
use cart_schemas::money::Currency;
use cart_schemas::partition::PartitionCount;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::{COUNTERS, Topic};
use cart_storage::embedded::{Embedded, EmbeddedSettings};
use cart_storage::log::{Lane, Log as _, NewRecord, TopicPartition};
use fastrand::Rng;
use tokio_util::sync::CancellationToken;

use super::cart::{Cart, PRODUCTS};
use super::forgetful::Forgetful;

/// How long anything may take on a busy machine.
const IN_TIME: Duration = Duration::from_secs(60);
const PARTITIONS: u16 = 3;

/// A folder with a log of events in it.
struct Shop {
    engine: Embedded,
    store: Forgetful,
    folder: PathBuf,
    book: Book,
    carts: Vec<Cart>,
    random: Rng,
}

impl Shop {
    fn open(seed: u64) -> Self {
        let folder = std::env::temp_dir().join(format!("counting-{}-{seed}", std::process::id()));
        let count = PartitionCount::new(PARTITIONS).unwrap();
        let engine = Embedded::open(&EmbeddedSettings::new(folder.clone(), count)).unwrap();
        let keys = (0..12).map(|number| {
            let shop = if number % 3 == 0 { "acme/" } else { "" };
            format!("{shop}user{number}").parse().unwrap()
        });
        let carts = keys.map(Cart::new).collect();
        let store = Forgetful::over(engine.clone());
        Self { engine, store, folder, book: Book::default(), carts, random: Rng::with_seed(seed) }
    }

    /// Tells events of carts; some a second time, as a processor does that crashed.
    async fn tell(&mut self, events: usize) {
        for _ in 0..events {
            let cart = &mut self.carts[self.random.usize(..12)];
            let event = cart.next(&mut self.random);
            let times = if self.random.u8(0..8) == 0 { 2 } else { 1 };
            self.book.take(&cart.key, &event);
            let count = PartitionCount::new(PARTITIONS).unwrap();
            let partition = count.partition_of(cart.key.as_str().as_bytes());
            let to = TopicPartition { topic: Topic::Events, partition };
            let record = NewRecord {
                key: Some(cart.key.as_str().to_owned().into()),
                value: Some(event.encode().into()),
                headers: Vec::new(),
            };
            for _ in 0..times {
                self.engine.append(Lane::Facts, to, record.clone()).await.unwrap();
            }
        }
    }

    /// Counts until the store has taken so many cells, and is killed with the next on its way; or until it
    /// has marked what it counted, for there is nothing else.
    async fn count_and_die(&self, puts: i64) {
        let store = self.store.until(puts);
        let counting = tallies::count((self.engine.clone(), store.clone()), pending());
        tokio::select! {
            () = counting => {}
            () = store.death() => {}
            () = self.marked() => {}
        }
    }

    /// Waits until a member has committed all there is.
    async fn marked(&self) {
        for partition in PartitionCount::new(PARTITIONS).unwrap().partitions() {
            let at = TopicPartition { topic: Topic::Events, partition };
            let end = self.engine.bounds(at).await.unwrap().end;
            while self.engine.committed(COUNTERS, at).await.unwrap().unwrap_or(0) < end {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Counts until everything is counted.
    async fn count_to_the_end(&self) {
        let stop = CancellationToken::new();
        let ports = (self.engine.clone(), self.store.clone());
        let counting = tokio::spawn(tallies::count(ports, stop.clone().cancelled_owned()));
        self.counted().await;
        stop.cancel();
        counting.await.unwrap();
    }

    /// Waits until the store says what a count of everything says.
    async fn counted(&self) {
        let all = async {
            while self.kept().await != self.expected() {
                tokio::task::yield_now().await;
            }
        };
        if tokio::time::timeout(IN_TIME, all).await.is_err() {
            assert_eq!(self.kept().await, self.expected());
        }
    }

    /// What the store says.
    async fn kept(&self) -> Counts {
        let mut counts = Counts::default();
        for tenant in [None, Some("acme".parse::<TenantId>().unwrap())] {
            let of = tenant.as_ref();
            let hours = tallies::hours(&self.store, of, EVER).await.unwrap();
            for ((hour, currency), tally) in hours {
                counts.hours.insert((tenant.clone(), hour, currency), tally);
            }
            let goods = tallies::goods(&self.store, of, EVER).await.unwrap();
            for ((product, currency), goods) in goods {
                counts.goods.insert((tenant.clone(), product, currency), goods);
            }
            for product in PRODUCTS {
                let product: ProductId = product.parse().unwrap();
                let beside = tallies::beside(&self.store, of, &product).await.unwrap();
                counts.beside.insert((tenant.clone(), product), beside);
            }
        }
        counts
    }

    /// What a count of everything in memory says.
    fn expected(&self) -> Counts {
        let mut counts = Counts::default();
        for (Scope { tenant, currency, hour }, tally) in self.book.hours() {
            counts.hours.insert((tenant.clone(), *hour, *currency), *tally);
        }
        for (Scope { tenant, currency, .. }, goods) in self.book.goods() {
            for (product, goods) in goods {
                let of = (tenant.clone(), product.clone(), *currency);
                counts.goods.entry(of).or_default().add(goods);
            }
        }
        for tenant in [None, Some("acme".parse::<TenantId>().unwrap())] {
            for product in PRODUCTS {
                let product: ProductId = product.parse().unwrap();
                let beside = self.book.beside(tenant.as_ref(), &product);
                counts.beside.insert((tenant.clone(), product), beside);
            }
        }
        counts
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

const EVER: Span = Span {
    from: Hour::of(Timestamp::from_micros(0)),
    to: Hour::of(Timestamp::from_micros(i64::MAX / 2)),
};

/// Everything that is counted.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    hours: BTreeMap<(Option<TenantId>, Hour, Option<Currency>), Tally>,
    goods: BTreeMap<(Option<TenantId>, ProductId, Option<Currency>), Goods>,
    beside: BTreeMap<(Option<TenantId>, ProductId), BTreeMap<ProductId, u64>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_counts_may_be_killed_anywhere_and_every_event_counts_once() {
    for seed in 0..4 {
        let mut shop = Shop::open(seed);
        for _ in 0..6 {
            shop.tell(30).await;
            let puts = shop.random.i64(0..60);
            shop.count_and_die(puts).await;
        }

        shop.count_to_the_end().await;

        shop.count_and_die(i64::MAX).await;
        assert_eq!(shop.kept().await, shop.expected(), "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_store_forgot_is_counted_again_and_nothing_else() {
    let mut shop = Shop::open(7);
    shop.tell(100).await;
    shop.count_to_the_end().await;
    shop.store.sync();
    let stop = CancellationToken::new();
    let ports = (shop.engine.clone(), shop.store.clone());
    let counting = tokio::spawn(tallies::count(ports, stop.clone().cancelled_owned()));
    shop.tell(100).await;
    shop.marked().await;

    shop.store.forget();

    shop.counted().await;
    stop.cancel();
    counting.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_of_a_span_are_those_of_its_hours() {
    let mut shop = Shop::open(99);
    shop.tell(300).await;
    shop.count_to_the_end().await;
    let all = tallies::hours(&shop.store, None, EVER).await.unwrap();
    let hours: Vec<Hour> = all.keys().map(|(hour, _)| *hour).collect();
    let (from, to) = (hours[hours.len() / 4], hours[hours.len() / 2]);

    let some = tallies::hours(&shop.store, None, Span { from, to }).await.unwrap();

    let expected = all.into_iter().filter(|((hour, _), _)| (from..to).contains(hour));
    assert_eq!(some, expected.collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn products_are_counted_by_whole_days_and_a_day_ends_before_the_next() {
    let mut shop = Shop::open(98);
    shop.tell(300).await;
    shop.count_to_the_end().await;
    let (mut day, mut added) = (Hour::of(Timestamp::from_micros(0)), 0);

    for _ in 0..30 {
        let span = Span { from: day, to: day.next_day() };
        let goods = tallies::goods(&shop.store, None, span).await.unwrap();
        added += goods.values().map(|goods| goods.added).sum::<u64>();
        day = day.next_day();
    }

    let ever = tallies::goods(&shop.store, None, EVER).await.unwrap();
    assert_eq!(added, ever.values().map(|goods| goods.added).sum::<u64>());
}

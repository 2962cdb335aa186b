//! A processor killed again and again under a shop's load: nothing acknowledged is lost, nothing
//! is done twice, and every consumer can trust the stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cart_tests::support::customer::Customer;
use cart_tests::support::history;
use cart_tests::support::shop::{Shop, eventually};

use crate::{BINARY, alone};

const USERS: usize = 1_000;
const COMMANDS: usize = 20;
const KILLS: usize = 3;
/// Customers at a time: what a node of two cores serves comfortably.
const AT_A_TIME: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_customers_lose_and_double_nothing_while_the_processor_is_killed() {
    let _turn = alone().await;
    let shop = Shop::open(BINARY, "kills").await.unwrap();
    let mut processor = shop.ready("processor", &[]).await.unwrap();
    let api = shop.ready("api", &[]).await.unwrap();
    let done = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();

    let customers = tokio::spawn(shopping(api.url().to_owned(), Arc::clone(&done)));
    for kill in 1..=KILLS {
        let share = USERS * COMMANDS * kill / (KILLS + 1);
        eventually("the shop is busy", Duration::from_secs(120), || {
            let reached = done.load(Ordering::Relaxed) >= share;
            async move { reached.then_some(()) }
        })
        .await
        .unwrap();
        processor.kill();
        processor = shop.start("processor", &[]).await.unwrap();
    }
    let customers = customers.await.unwrap();

    let unknown: u64 = customers.iter().map(|customer| customer.unknown).sum();
    let sent = USERS * COMMANDS;
    println!("{sent} commands in {:?}, {unknown} without an outcome", started.elapsed());
    assert!(unknown * 1_000 <= sent as u64, "{unknown} of {sent} without an outcome");
    let log = shop.log().unwrap();
    let told = history::told(&log).await.unwrap();
    history::compare(&shop.store().await.unwrap(), &told).await.unwrap();
    for customer in customers.iter().filter(|customer| customer.unknown == 0) {
        let cart = told.get(customer.user()).map(|history| history.told.cart());
        let lines = cart.into_iter().flat_map(|cart| &cart.lines);
        let lines =
            lines.map(|line| (line.item.product().to_string(), u64::from(line.quantity.get())));
        assert_eq!(
            lines.collect::<std::collections::BTreeMap<_, _>>(),
            customer.lines,
            "{}",
            customer.user()
        );
    }
    api.stop().await.unwrap();
    processor.stop().await.unwrap();
    shop.close().await.unwrap();
}

/// Every customer sends their commands one after another; many shop at a time.
async fn shopping(url: String, done: Arc<AtomicUsize>) -> Vec<Customer> {
    use futures::StreamExt as _;
    let http = reqwest::Client::new();
    let shopping = (0..USERS).map(|number| {
        let mut customer = Customer::new(&format!("user{number}"), http.clone(), number as u64);
        let (url, done) = (url.clone(), Arc::clone(&done));
        async move {
            for _ in 0..COMMANDS {
                customer.act(&url).await.unwrap();
                done.fetch_add(1, Ordering::Relaxed);
            }
            customer
        }
    });
    futures::stream::iter(shopping).buffer_unordered(AT_A_TIME).collect().await
}

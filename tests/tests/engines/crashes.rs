//! A small shop's only process, killed again and again: nothing acknowledged is lost, nothing is
//! done twice, and the shop is open again at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cart_tests::support::customer::Customer;
use cart_tests::support::history;
use cart_tests::support::shop::{SmallShop, eventually};

use crate::{BINARY, alone};

const KILLS: usize = 20;
const USERS: usize = 50;
/// A kill comes after so many more commands at most: a round has from none to hundreds of
/// transactions.
const COMMANDS_BETWEEN: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn a_small_shop_killed_at_random_moments_loses_and_doubles_nothing() {
    let _turn = alone().await;
    let shop = SmallShop::new(BINARY, "crashes");
    let mut node = shop.ready("127.0.0.1:0", &[]).await.unwrap();
    let url = node.url().to_owned();
    let address = url.trim_start_matches("http://");
    let (done, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let shoppers = tokio::spawn(shopping(url.clone(), Arc::clone(&done), Arc::clone(&enough)));

    let mut slowest = Duration::ZERO;
    for kill in 0..KILLS {
        let until = done.load(Ordering::Relaxed) + kill * 7_919 % COMMANDS_BETWEEN;
        eventually("the shop is busy", Duration::from_secs(60), || {
            let reached = done.load(Ordering::Relaxed) >= until;
            async move { reached.then_some(()) }
        })
        .await
        .unwrap();
        node.kill();
        let killed = Instant::now();
        node = shop.ready(address, &[]).await.unwrap();
        slowest = slowest.max(killed.elapsed());
    }
    enough.store(true, Ordering::Relaxed);
    let customers = shoppers.await.unwrap();
    node.stop().await.unwrap();

    println!(
        "{} commands, {KILLS} kills, ready again within {slowest:?}",
        done.load(Ordering::Relaxed)
    );
    let engine = shop.engine().unwrap();
    let told = history::told(&engine).await.unwrap();
    history::compare(&engine, &told).await.unwrap();
    engine.close().await.unwrap();
    for customer in &customers {
        assert_eq!(customer.unknown, 0, "{}", customer.user());
        let cart = told.get(customer.user()).map(|history| history.told.cart());
        let lines = cart.into_iter().flat_map(|cart| &cart.lines);
        let lines =
            lines.map(|line| (line.item.product().to_string(), u64::from(line.quantity.get())));
        assert_eq!(lines.collect::<BTreeMap<_, _>>(), customer.lines, "{}", customer.user());
    }
}

/// Everybody shops until it is enough.
async fn shopping(url: String, done: Arc<AtomicUsize>, enough: Arc<AtomicBool>) -> Vec<Customer> {
    let http = reqwest::Client::new();
    let shopping = (0..USERS).map(|number| {
        let mut customer = Customer::new(&format!("user{number}"), http.clone(), number as u64);
        let (url, done, enough) = (&url, &done, &enough);
        async move {
            while !enough.load(Ordering::Relaxed) {
                customer.act(url).await.unwrap();
                done.fetch_add(1, Ordering::Relaxed);
            }
            customer
        }
    });
    futures::future::join_all(shopping).await
}

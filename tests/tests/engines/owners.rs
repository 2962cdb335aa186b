//! Two processors: one dies, one falls asleep past its session. The other takes over, and neither
//! harms a cart.

use std::time::{Duration, Instant};

use cart_tests::support::customer::Customer;
use cart_tests::support::history;
use cart_tests::support::node::Node;
use cart_tests::support::shop::{Shop, eventually};

use crate::{BINARY, alone};

/// The promise: a dead owner's partitions move within this.
const MOVES_WITHIN: Duration = Duration::from_secs(10);

/// One that is asked to stop says goodbye: its partitions move before its session of 6 s ends.
const LEAVES_WITHIN: Duration = Duration::from_secs(4);

/// How many partitions a process holds.
async fn held(node: &Node) -> Option<u16> {
    let text = reqwest::get(node.at("/metrics")).await.ok()?.text().await.ok()?;
    let line = text
        .lines()
        .find(|line| line.starts_with(r#"cartstream_partitions_held{topic="cart.commands"}"#))?;
    line.rsplit(' ').next()?.parse().ok()
}

async fn holds(node: &Node, count: u16, limit: Duration) {
    let what = format!("the process holds {count} partitions");
    let reached = || async { (held(node).await == Some(count)).then_some(()) };
    eventually(&what, limit, reached).await.unwrap();
}

async fn shop_a_while(api: &Node, customers: &mut [Customer], commands: usize) {
    let all = customers.iter_mut().map(|customer| async {
        for _ in 0..commands {
            customer.act(api.url()).await.unwrap();
        }
    });
    futures::future::join_all(all).await;
}

async fn check(shop: &Shop, customers: &[Customer]) {
    let told = history::told(&shop.log().unwrap()).await.unwrap();
    history::compare(&shop.store().await.unwrap(), &told).await.unwrap();
    for customer in customers {
        assert_eq!(customer.unknown, 0, "{}", customer.user());
        let cart = told.get(customer.user()).map(|history| history.told.cart());
        let lines = cart.into_iter().flat_map(|cart| &cart.lines);
        let lines =
            lines.map(|line| (line.item.product().to_string(), u64::from(line.quantity.get())));
        assert_eq!(lines.collect::<std::collections::BTreeMap<_, _>>(), customer.lines);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_and_a_sleeping_owner_are_replaced_and_harm_nothing() {
    let _turn = alone().await;
    let shop = Shop::open(BINARY, "owners").await.unwrap();
    let mut first = shop.ready("processor", &[]).await.unwrap();
    let second = shop.ready("processor", &[]).await.unwrap();
    let api = shop.ready("api", &[]).await.unwrap();
    holds(&first, 2, Duration::from_secs(30)).await;
    holds(&second, 2, Duration::from_secs(30)).await;
    let http = reqwest::Client::new();
    let mut customers: Vec<_> = (0..40)
        .map(|number| Customer::new(&format!("user{number}"), http.clone(), number))
        .collect();
    shop_a_while(&api, &mut customers, 5).await;

    let died = Instant::now();
    first.kill();
    holds(&second, 4, MOVES_WITHIN).await;
    println!("a dead owner's partitions moved within {:?}", died.elapsed());
    shop_a_while(&api, &mut customers, 5).await;

    let third = shop.ready("processor", &[]).await.unwrap();
    holds(&third, 2, Duration::from_secs(30)).await;
    asleep_past_its_session(&third, &second, async {
        shop_a_while(&api, &mut customers, 5).await;
    })
    .await;
    shop_a_while(&api, &mut customers, 5).await;
    holds(&third, 2, Duration::from_secs(60)).await;
    check(&shop, &customers).await;

    third.stop().await.unwrap();
    holds(&second, 4, LEAVES_WITHIN).await;
    for node in [api, second] {
        node.stop().await.unwrap();
    }
    shop.close().await.unwrap();
}

/// Pauses one owner in the middle of its work until the other holds everything, and lets it go on
/// while the shop is busy.
async fn asleep_past_its_session(sleeper: &Node, other: &Node, shopping: impl Future<Output = ()>) {
    let nap = async {
        sleeper.pause().unwrap();
        holds(other, 4, Duration::from_secs(30)).await;
        sleeper.resume().unwrap();
    };
    futures::join!(shopping, nap);
}

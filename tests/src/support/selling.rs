//! A crowd that is after the last pieces of one product, all at once, while processes die; and the
//! proof that each piece was sold once and none is held back.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use cart_schemas::cql::Table;
use cart_schemas::event::Fact;
use cart_schemas::record::CartRecord;
use cart_schemas::stock::{Stock, StockRecord};
use cart_storage::log::Log;
use cart_storage::store::Store;
use futures::future::try_join_all;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Client;
use serde_json::json;

use super::customer::{Customer, Known, item_id};
use super::merging::events;
use super::node::Node;
use super::shop::{Shop, SmallShop, eventually};
use super::{history, rows};

pub mod pace;

/// What everybody wants.
const LAST: &str = "last";
/// Checkouts asked for at a time: all of a small crowd, and as many as one shop is asked at once.
const AT_ONCE: usize = 500;
/// How long the stock may take to agree once nobody asks for anything: a take-over, twice.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// How often a process may be started to decide what the last one left.
const STARTS_MAX: usize = 5;

/// How large a crowd, what there is for it, and how often somebody dies over it.
#[derive(Debug, Clone, Copy)]
pub struct Sale {
    /// Checkouts that are asked for.
    pub checkouts: usize,
    /// Carts that hold one piece each.
    pub carts: usize,
    /// Pieces there are.
    pub pieces: u32,
    /// Processes killed meanwhile.
    pub kills: usize,
}

/// What a sale came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sold {
    /// Pieces paid, as customers know.
    pub paid: usize,
    /// Checkouts a rule said no to.
    pub refused: usize,
    /// Processes killed.
    pub kills: usize,
}

impl fmt::Display for Sold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { paid, refused, kills } = self;
        write!(f, "{paid} pieces sold, each once; {refused} checkouts refused; {kills} kills")
    }
}

/// Puts a product with so many pieces.
pub(super) async fn put(node: &Node, product: &str, stock: u32) -> Result<()> {
    let body = json!({"name": product, "price": 10, "stock": stock});
    let path = node.at(&format!("/api/products/{product}"));
    let answer = Client::new().put(path).json(&body).send().await?;
    ensure!(answer.status().is_success(), "{product}: {}", answer.text().await?);
    Ok(())
}

fn name(cart: usize) -> String {
    format!("buyer{cart}")
}

/// Each cart holds one piece before anybody pays.
async fn fill(node: &Node, carts: usize) -> Result<()> {
    let (http, url) = (Client::new(), node.url());
    let fillings = (0..carts).map(|cart| {
        let mut customer = Customer::new(&name(cart), http.clone(), cart as u64);
        async move {
            let known = customer.hold(url, LAST).await?;
            ensure!(known == Known::Applied, "{} holds nothing: {known:?}", customer.user());
            anyhow::Ok(())
        }
    });
    stream::iter(fillings).buffer_unordered(32).try_collect::<Vec<_>>().await?;
    Ok(())
}

/// Everybody pays at once; `done` counts. What each came to is whether a piece is paid.
async fn sell(url: String, sale: Sale, done: Arc<AtomicUsize>) -> Result<Vec<bool>> {
    let http = Client::builder().pool_max_idle_per_host(AT_ONCE).build()?;
    let buying = (0..sale.checkouts).map(|number| {
        let seed = (number + 1_000_000) as u64;
        let mut customer = Customer::new(&name(number % sale.carts), http.clone(), seed);
        let (url, done) = (&url, &done);
        async move {
            let paid = customer.buy(url, &format!("order-{number}")).await?;
            ensure!(customer.unknown == 0, "{} does not know an outcome", customer.user());
            done.fetch_add(1, Ordering::Relaxed);
            anyhow::Ok(paid)
        }
    });
    stream::iter(buying).buffer_unordered(AT_ONCE).try_collect().await
}

/// Waits until so many have their answer.
async fn reached(done: &AtomicUsize, count: usize) -> Result<()> {
    let what = format!("{count} have their answer");
    eventually(&what, Duration::from_secs(120), || async {
        (done.load(Ordering::Relaxed) >= count).then_some(())
    })
    .await
}

/// When the `kill`-th of so many comes.
const fn moment(sale: Sale, kill: usize) -> usize {
    sale.checkouts * (kill + 1) / (sale.kills + 2)
}

/// A sale over Kafka and Cassandra, one of two processors killed now and then.
///
/// # Errors
/// A piece is sold twice or not at all, or somebody does not answer.
pub async fn on_engines(shop: &Shop, sale: Sale) -> Result<Sold> {
    let api = shop.ready("api", &[]).await?;
    let mut processors = vec![shop.ready("processor", &[]).await?];
    processors.push(shop.ready("processor", &[]).await?);
    put(&api, LAST, sale.pieces).await?;
    fill(&api, sale.carts).await?;
    let done = Arc::new(AtomicUsize::new(0));
    let selling = tokio::spawn(sell(api.url().to_owned(), sale, Arc::clone(&done)));
    for kill in 0..sale.kills {
        reached(&done, moment(sale, kill)).await?;
        let mut victim = processors.remove(0);
        victim.kill();
        processors.push(shop.ready("processor", &[]).await?);
    }
    let paid = selling.await??;
    let (log, store) = (shop.log()?, shop.store().await?);
    settled(&store).await?;
    for node in processors.into_iter().chain([api]) {
        node.stop().await?;
    }
    let sold = proved(&log, &store, &paid).await?;
    Ok(Sold { kills: sale.kills, ..sold })
}

/// A sale in a data folder, whose only process is killed now and then.
///
/// # Errors
/// A piece is sold twice or not at all, or nobody answers.
pub async fn in_a_folder(shop: &SmallShop, sale: Sale) -> Result<Sold> {
    let mut node = shop.ready("127.0.0.1:0", &[]).await?;
    put(&node, LAST, sale.pieces).await?;
    fill(&node, sale.carts).await?;
    let url = node.url().to_owned();
    let address = url.trim_start_matches("http://").to_owned();
    let done = Arc::new(AtomicUsize::new(0));
    let selling = tokio::spawn(sell(url, sale, Arc::clone(&done)));
    for kill in 0..sale.kills {
        reached(&done, moment(sale, kill)).await?;
        node.kill();
        node = shop.ready(&address, &[]).await?;
    }
    let paid = selling.await??;
    node.stop().await?;
    let mut engine = shop.engine()?;
    // What was asked of the sku when the process ended is decided by the next one.
    for _ in 0..STARTS_MAX {
        if stock(&engine).await?.reservations.is_empty() {
            break;
        }
        engine.close().await?;
        shop.ready("127.0.0.1:0", &[]).await?.stop().await?;
        engine = shop.engine()?;
    }
    let sold = proved(&engine, &engine, &paid).await?;
    engine.close().await?;
    Ok(Sold { kills: sale.kills, ..sold })
}

async fn stock<S: Store>(store: &S) -> Result<Stock> {
    let cell = store.load(Table::Skus, &item_id(LAST)?).await?;
    let record = cell.map(|cell| StockRecord::decode(&cell)).transpose()?;
    Ok(record.unwrap_or_default().stock)
}

/// Waits until no checkout holds a piece any more.
async fn settled<S: Store>(store: &S) -> Result<()> {
    eventually("nothing is reserved", SETTLED_WITHIN, || async {
        stock(store).await.ok().filter(|stock| stock.reservations.is_empty()).map(drop)
    })
    .await
}

/// What customers have paid is what carts tell, and what the sku has no more; no cart is locked, and
/// every row is the fold of its events.
async fn proved<L: Log, S: Store>(log: &L, store: &S, paid: &[bool]) -> Result<Sold> {
    let told = history::told(log).await?;
    history::compare(store, &told).await?;
    let paid_pieces = paid.iter().filter(|paid| **paid).count();
    let mut orders = BTreeMap::new();
    for event in events(log).await? {
        let Fact::CartConverted { order, lines, .. } = event.fact else { continue };
        let pieces: u32 = lines.iter().map(|line| line.quantity.get()).sum();
        ensure!(orders.insert(order.to_string(), pieces).is_none(), "{order} is there twice");
    }
    let pieces: u32 = orders.values().sum();
    ensure!(orders.len() == paid_pieces, "{} orders, {paid_pieces} were paid", orders.len());
    ensure!(usize::try_from(pieces)? == paid_pieces, "{pieces} pieces in {paid_pieces} orders");
    let stock = stock(store).await?;
    ensure!(stock.reservations.is_empty(), "still held: {:?}", stock.reservations);
    let put = stock.last_put.map_or(0, |units| units.get());
    ensure!(stock.on_hand.get() + pieces == put, "{pieces} sold, {:?} left", stock.on_hand);
    for (key, (_, cell)) in rows::of(store, Table::Carts).await? {
        let record = CartRecord::decode(&cell)?;
        ensure!(record.cart.checkout.is_none(), "{key} is still locked: {:?}", record.cart);
    }
    Ok(Sold { paid: paid_pieces, refused: paid.len() - paid_pieces, kills: 0 })
}

/// Puts so many products with plenty of each.
pub(super) async fn put_all(node: &Node, products: usize) -> Result<()> {
    for chunk in (0..products).collect::<Vec<_>>().chunks(20) {
        let puts =
            chunk.iter().map(async |number| put(node, &format!("goods{number}"), 1_000_000).await);
        try_join_all(puts).await?;
    }
    Ok(())
}

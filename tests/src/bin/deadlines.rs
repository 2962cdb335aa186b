//! `deadlines`: so many carts due within a minute, over Kafka and Cassandra and in a data folder.

#![expect(clippy::print_stdout, reason = "what it saw is what it is run for")]

use std::time::Duration;

use anyhow::Context as _;
use cart_tests::support::deadlines::{proved, wake_all};
use cart_tests::support::shop::{Shop, SmallShop};
use clap::Parser;

/// Makes carts that are due within a minute, and measures how late each is woken.
#[derive(Debug, Parser)]
struct Options {
    /// How many carts.
    #[arg(long, default_value_t = 100_000)]
    carts: usize,
    /// Seconds a cart is kept: longer than making them all takes.
    #[arg(long, default_value_t = 90)]
    ttl: u64,
    /// The product.
    #[arg(long, default_value = "target/release/cartstream")]
    binary: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Options { carts, ttl, binary } = Options::parse();
    let (ttl, told) = (Duration::from_secs(ttl), ttl.to_string());
    let kept = ["--cart-ttl", &told];
    let small = SmallShop::new(&binary, "deadlines");
    let node = small.ready("127.0.0.1:0", &kept).await?;
    let seen = wake_all(&node, carts, ttl).await.context("in a data folder")?;
    node.stop().await?;
    let engine = small.engine()?;
    println!("in a data folder: {}", proved(&engine, carts, seen).await?);
    engine.close().await?;
    let shop = Shop::open(&binary, "deadlines").await?;
    let node = shop.ready("api,processor", &kept).await?;
    let seen = wake_all(&node, carts, ttl).await.context("on Kafka and Cassandra")?;
    node.stop().await?;
    println!("on Kafka and Cassandra: {}", proved(&shop.log()?, carts, seen).await?);
    shop.close().await
}

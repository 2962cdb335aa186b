//! `news`: so many carts are told that a product is sold out and back, over Kafka and Cassandra and in a
//! data folder, while others shop and whoever tells is killed.

#![expect(clippy::print_stdout, reason = "what it saw is what it is run for")]

use anyhow::Context as _;
use cart_tests::support::shop::{Shop, SmallShop};
use cart_tests::support::telling::{in_a_folder, on_engines};
use clap::{Parser, ValueEnum};

/// Sells out a product that many carts hold, brings it back, and counts who was told.
#[derive(Debug, Parser)]
struct Options {
    /// How many carts hold it.
    #[arg(long, default_value_t = 20_000)]
    carts: usize,
    /// On which engines; on both if not said.
    #[arg(long, value_enum)]
    engine: Option<Engine>,
    /// The product.
    #[arg(long, default_value = "target/release/cartstream")]
    binary: String,
}

/// Engines behind a shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// A data folder.
    Embedded,
    /// Kafka and Cassandra.
    Kafka,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Options { carts, engine, binary } = Options::parse();
    if engine != Some(Engine::Kafka) {
        let small = SmallShop::new(&binary, "news");
        let seen = in_a_folder(&small, carts).await.context("in a data folder")?;
        println!("in a data folder: {seen}");
    }
    if engine != Some(Engine::Embedded) {
        let shop = Shop::open(&binary, "news").await?;
        let seen = on_engines(&shop, carts).await.context("on Kafka and Cassandra")?;
        println!("on Kafka and Cassandra: {seen}");
        shop.close().await?;
    }
    Ok(())
}

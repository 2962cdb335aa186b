//! `merges`: so many merges while both carts are busy and processes die, over Kafka and Cassandra and
//! in a data folder.

#![expect(clippy::print_stdout, reason = "what it saw is what it is run for")]

use anyhow::Context as _;
use cart_tests::support::merging::{Crowd, in_a_folder, on_engines};
use cart_tests::support::shop::{Shop, SmallShop};
use clap::Parser;

/// Merges carts by the thousand, kills processes meanwhile, and counts every piece.
#[derive(Debug, Parser)]
struct Options {
    /// How many merges.
    #[arg(long, default_value_t = 2_000)]
    merges: usize,
    /// How many processes are killed.
    #[arg(long, default_value_t = 10)]
    kills: usize,
    /// The product.
    #[arg(long, default_value = "target/release/cartstream")]
    binary: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Options { merges, kills, binary } = Options::parse();
    let crowd = Crowd { merges, kills };
    let small = SmallShop::new(&binary, "merges");
    let seen = in_a_folder(&small, crowd).await.context("in a data folder")?;
    println!("in a data folder: {seen}");
    let shop = Shop::open(&binary, "merges").await?;
    let seen = on_engines(&shop, crowd).await.context("on Kafka and Cassandra")?;
    println!("on Kafka and Cassandra: {seen}");
    shop.close().await
}

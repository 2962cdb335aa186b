//! `sales`: a crowd after the last pieces while processes die, and how long checkouts take, over Kafka
//! and Cassandra and in a data folder.

#![expect(clippy::print_stdout, reason = "what it saw is what it is run for")]

use anyhow::Context as _;
use cart_tests::support::node::Node;
use cart_tests::support::selling::pace::{HEAD, Pace, measure};
use cart_tests::support::selling::{Sale, in_a_folder, on_engines};
use cart_tests::support::shop::{Shop, SmallShop};
use clap::Parser;

/// Sells the last pieces to a crowd, kills processes meanwhile, counts, and measures checkouts.
#[derive(Debug, Parser)]
struct Options {
    /// Checkouts that are asked for at once.
    #[arg(long, default_value_t = 500)]
    checkouts: usize,
    /// Carts they are asked of.
    #[arg(long, default_value_t = 200)]
    carts: usize,
    /// Pieces there are.
    #[arg(long, default_value_t = 50)]
    pieces: u32,
    /// How many processes are killed.
    #[arg(long, default_value_t = 3)]
    kills: usize,
    /// Checkouts a second that are measured; 0 measures none.
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// For how long.
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// Lines of the carts that are measured.
    #[arg(long, value_delimiter = ',', default_value = "1,10,100")]
    lines: Vec<usize>,
    /// The product.
    #[arg(long, default_value = "target/release/cartstream")]
    binary: String,
}

impl Options {
    const fn sale(&self) -> Sale {
        let Self { checkouts, carts, pieces, kills, .. } = *self;
        Sale { checkouts, carts, pieces, kills }
    }

    /// A second run warms what the first one finds cold.
    async fn paces(&self, node: &Node) -> anyhow::Result<()> {
        if self.rate == 0 {
            return Ok(());
        }
        let warm = Pace { lines: 2, rate: self.rate, seconds: self.seconds };
        measure(node, warm).await?;
        println!("{HEAD}");
        for lines in self.lines.iter().copied() {
            let pace = Pace { lines, rate: self.rate, seconds: self.seconds };
            println!("{}", measure(node, pace).await?);
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let small = SmallShop::new(&options.binary, "sales");
    let sold = in_a_folder(&small, options.sale()).await.context("in a data folder")?;
    println!("in a data folder: {sold}");
    let node = small.ready("127.0.0.1:0", &[]).await?;
    options.paces(&node).await?;
    node.stop().await?;
    let shop = Shop::open(&options.binary, "sales").await?;
    let sold = on_engines(&shop, options.sale()).await.context("on Kafka and Cassandra")?;
    println!("on Kafka and Cassandra: {sold}");
    let node = shop.ready("api,processor", &[]).await?;
    options.paces(&node).await?;
    node.stop().await?;
    shop.close().await
}

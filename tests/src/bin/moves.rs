//! `moves`: so many carts from a data folder to Kafka and Cassandra and back, killed on the way.

#![expect(clippy::print_stdout, reason = "what it saw is what it is run for")]

use std::path::PathBuf;

use cart_tests::round_trip;
use clap::Parser;

/// Moves carts to the local Kafka and Cassandra and back, and compares every row.
#[derive(Debug, Parser)]
struct Options {
    /// How many carts.
    #[arg(long, default_value_t = 100_000)]
    carts: usize,
    /// The product.
    #[arg(long, default_value = "target/release/cartstream")]
    binary: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Options { carts, binary } = Options::parse();
    let trip = round_trip::run(&binary, carts, |line| println!("{line}")).await?;
    let round_trip::RoundTrip { rows, kills } = trip;
    println!("{rows} carts are the same byte for byte in all three stores; {kills} kills");
    Ok(())
}

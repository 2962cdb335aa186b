//! `outages`: kills Kafka, Cassandra and both under a load, slows the store down, fills the disk, and
//! tells what customers saw. Stops the local engines: let nothing else use them meanwhile.

#![expect(clippy::print_stdout, reason = "what it saw is what it is run for")]

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use cart_tests::outages::{self, Outcome, Plan, Trouble};
use clap::Parser;

/// Brings about outages on the real engines and checks what is promised of them.
#[derive(Debug, Parser)]
struct Options {
    /// How long each outage lasts.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Changes asked for per second; reads are a third as many.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
    /// Only these outages.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Trouble>,
    /// How many times as long as is promised may be taken, on a machine that does other things too.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=4))]
    patience: u32,
    /// Mount no file system for the full disk, as where that is not allowed.
    #[arg(long)]
    no_mount: bool,
}

fn main() -> ExitCode {
    if outages::is_product() {
        return cartstream::main();
    }
    match tried(Options::parse()) {
        Ok(broken) if broken.is_empty() => {
            println!("\nevery promise was kept");
            ExitCode::SUCCESS
        }
        Ok(broken) => {
            println!("\nbroken: {}", broken.join("\nbroken: "));
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("\nfailed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn tried(options: Options) -> Result<Vec<String>> {
    let Options { seconds, rate, only, patience, no_mount } = options;
    let troubles = if only.is_empty() { Trouble::ALL.to_vec() } else { only };
    let outage = Duration::from_secs(seconds);
    let plan = Plan { outage, rate, mounted: !no_mount, patience, troubles };
    let mut all = Vec::new();
    println!("each outage {seconds} s, {rate} changes/s\n\n{}", outages::heading());
    let run = outages::run(&plan, |Outcome { row, broken }| {
        println!("{row}");
        all.extend(broken.iter().cloned());
    });
    // Whoever interrupts it gets the engines back: what stopped them is dropped.
    tokio::select! {
        ran = run => ran?,
        _ = tokio::signal::ctrl_c() => bail!("interrupted"),
    }
    Ok(all)
}

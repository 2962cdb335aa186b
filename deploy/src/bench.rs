//! `cartstream bench`: load on a running shop, as customers make it: they come whether it answers
//! or not (open loop), and each waits from the moment it meant to begin.

mod connection;
mod fill;
mod load;
mod report;
mod server;
mod shopper;
mod tally;

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::exit::Failure;
use crate::serve::install_metrics;
use load::Load;
use report::{Figures, Report};
use server::Server;

/// What `bench` is run with.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct BenchArgs {
    /// The address of the shop.
    #[arg(long, default_value = "127.0.0.1:8080")]
    shop: SocketAddr,
    /// Requests a second; without it, as many as the connections allow.
    #[arg(long)]
    rate: Option<u32>,
    /// How long, after a warm-up of a fifth of it.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// How many carts; a few are far busier than most (Zipf).
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    users: u32,
    /// Connections; each has one request under way at a time.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=4_096))]
    connections: u32,
    /// First put a line into every cart.
    #[arg(long)]
    fill: bool,
    /// Also measure the HTTP layer alone, in a process of its own.
    #[arg(long)]
    ceiling: bool,
    /// Where the figures are written as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// Runs the load and prints what it came to.
#[expect(clippy::print_stdout, reason = "the table is the answer of this command")]
pub(crate) async fn run(args: BenchArgs) -> Result<(), Failure> {
    let shop = measure(&args, args.shop, "shop").await?;
    let ceiling = if args.ceiling {
        let (mut process, address) = start_ceiling().await?;
        let without_carts = BenchArgs { fill: false, ..args.clone() };
        let figures = measure(&without_carts, address, "HTTP alone").await;
        // It has nothing to lose.
        drop(process.kill().await);
        Some(figures?)
    } else {
        None
    };
    let report = Report::new(&args, shop, ceiling);
    print!("{report}");
    if let Some(file) = &args.json {
        let written = std::fs::write(file, report.json());
        written.map_err(|source| {
            Failure::failed(format!("{} cannot be written", file.display()), source)
        })?;
    }
    Ok(())
}

async fn measure(args: &BenchArgs, address: SocketAddr, what: &str) -> Result<Figures, Failure> {
    let server = Server::at(address).await?;
    shopper::stock(address).await?;
    let load = Load { address, rate: args.rate, users: args.users, connections: args.connections };
    let seconds = Duration::from_secs(u64::from(args.seconds));
    if args.fill {
        fill::fill(&load, &bar(what, "carts")).await?;
    }
    load.run(seconds / 5, &bar(what, "warm-up")).await?;
    let before = server.usage().await?;
    let tally = load.run(seconds, &bar(what, "load")).await?;
    let after = server.usage().await?;
    Ok(Figures { tally, usage: after.since(before), memory: after.memory })
}

fn bar(what: &str, phase: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}");
    let bar =
        ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar.with_message(format!("{what}, {phase}"))
}

/// Starts the HTTP layer alone.
async fn start_ceiling() -> Result<(Child, SocketAddr), Failure> {
    let failed =
        |source: std::io::Error| Failure::failed("the HTTP layer cannot be started", source);
    let program = std::env::current_exe().map_err(failed)?;
    let mut command = Command::new(program);
    let child = command.arg("bench-ceiling").stdout(Stdio::piped()).kill_on_drop(true).spawn();
    let mut child = child.map_err(failed)?;
    let mut line = String::new();
    if let Some(out) = child.stdout.take() {
        BufReader::new(out).read_line(&mut line).await.map_err(failed)?;
    }
    let address = line.trim().parse();
    let address =
        address.map_err(|source| Failure::failed("the HTTP layer has no address", source))?;
    Ok((child, address))
}

/// Serves the HTTP layer alone until the process is killed.
#[expect(clippy::print_stdout, reason = "the benchmark reads the address there")]
pub(crate) async fn serve_ceiling() -> Result<(), Failure> {
    let failed =
        |source: std::io::Error| Failure::failed("the HTTP layer cannot be served", source);
    let metrics = install_metrics()?;
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
    println!("{}", listener.local_addr().map_err(failed)?);
    cart_api::serve_ceiling(listener, metrics, std::future::pending()).await.map_err(failed)
}

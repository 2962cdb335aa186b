//! `cartstream bench`: load on a running shop, as customers make it: at a rate, they come whether
//! it answers or not (open loop), and each waits from the moment it meant to begin.
//!
//! Without a rate the loop is closed: each connection asks again once it is answered. That finds
//! how much the shop can do, but a stall keeps back the very requests it would have delayed
//! (coordinated omission), so its latencies flatter; the table says so.

mod connection;
mod fill;
mod load;
mod machine;
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
use crate::numbers;
use load::Load;
use report::{Figures, Report};
use server::Server;
use shopper::Phase;

/// The highest rate: more than one machine's loopback carries.
const HIGHEST_RATE: u32 = 100_000;
/// The longest run, in seconds: a day shows what a night's work does.
const LONGEST_RUN: u32 = 86_400;

/// What `bench` is run with.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct BenchArgs {
    /// The address of the shop.
    #[arg(long, default_value = "127.0.0.1:8080")]
    shop: SocketAddr,
    /// Requests a second, whether the shop keeps up or not (open loop).
    ///
    /// Without it, each connection asks again once it is answered (closed loop): that finds how much
    /// the shop can do, but its latencies flatter, since a stall keeps back the requests it would
    /// have delayed.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(HIGHEST_RATE)))]
    rate: Option<u32>,
    /// How long, after a warm-up of a fifth of it.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=i64::from(LONGEST_RUN)))]
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

impl BenchArgs {
    const fn load_on(&self, server: Server) -> Load {
        let Self { rate, users, connections, .. } = *self;
        Load { address: server.address(), rate, users, connections }
    }
}

/// Runs the load and prints what it came to.
#[expect(clippy::print_stdout, reason = "the table is the answer of this command")]
pub(crate) async fn run(args: BenchArgs) -> Result<(), Failure> {
    let shop = measure_shop(&args).await?;
    let ceiling = if args.ceiling { Some(measure_ceiling(&args).await?) } else { None };
    let report = Report::new(&args, &shop, ceiling.as_ref());
    print!("{report}");
    if let Some(file) = &args.json {
        let written = std::fs::write(file, report.json());
        written.map_err(|source| {
            Failure::failed(format!("{} cannot be written", file.display()), source)
        })?;
    }
    Ok(())
}

async fn measure_shop(args: &BenchArgs) -> Result<Figures, Failure> {
    let shop = Server::at(args.shop).await?;
    shopper::stock(args.shop).await?;
    if args.fill {
        fill::fill(&args.load_on(shop), &bar("shop", "carts")).await?;
    }
    measure(args, shop, "shop").await
}

async fn measure_ceiling(args: &BenchArgs) -> Result<Figures, Failure> {
    let (mut process, address) = start_ceiling().await?;
    let figures = measure(args, Server::at(address).await?, "HTTP alone").await;
    // It has nothing to lose.
    drop(process.kill().await);
    figures
}

async fn measure(args: &BenchArgs, server: Server, what: &str) -> Result<Figures, Failure> {
    let load = args.load_on(server);
    let seconds = Duration::from_secs(u64::from(args.seconds));
    load.run(Phase::WarmUp, seconds / 5, &bar(what, "warm-up")).await?;
    let before = server.usage().await?;
    let tally = load.run(Phase::Measured, seconds, &bar(what, "load")).await?;
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
    let metrics = numbers::record()?;
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
    println!("{}", listener.local_addr().map_err(failed)?);
    cart_api::serve_ceiling(listener, metrics, std::future::pending()).await.map_err(failed)
}

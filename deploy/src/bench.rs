//! `cartstream bench`: load on a running shop, as customers make it: at a rate, they come whether
//! it answers or not (open loop), and each waits from the moment it meant to begin.
//!
//! Without a rate the loop is closed: each connection asks again once it is answered. That finds
//! how much the shop can do, but a stall keeps back the very requests it would have delayed
//! (coordinated omission), so its latencies flatter; the table says so.

mod connection;
mod crowd;
mod fill;
mod histogram;
mod hops;
mod load;
mod machine;
mod mix;
mod overload;
mod pushes;
mod report;
mod run;
mod server;
mod shopper;
mod sockets;
mod tally;
mod target;
mod windows;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::exit::Failure;
use crate::numbers;
use crowd::CrowdArgs;
use load::Load;
use mix::{MOST_LINES, Mix, Skew};
use report::{Figures, Report};
use server::Server;
use target::Target;

/// The highest rate: more than one machine's loopback carries.
const HIGHEST_RATE: u32 = 100_000;
/// The longest run, in seconds: a day shows what a night's work does.
const LONGEST_RUN: u32 = 86_400;
/// The most sockets: more than one process of a shop takes.
const MOST_SOCKETS: u32 = 20_000;
/// The most requests under way at a time, each on a connection of its own.
const MOST_SENDERS: u32 = 4_096;

/// The highest overload: beyond it the load itself is what is measured.
const MOST_TIMES: i64 = 20;

/// What is measured instead of requests.
#[derive(Debug, Clone, clap::Subcommand)]
enum Instead {
    /// Open many sockets, each on a cart of its own, and tell what they cost and how fast they are
    /// told of changes.
    Sockets(Box<CrowdArgs>),
}

/// What `bench` is run with.
#[derive(Debug, Clone, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    instead: Option<Instead>,
    /// The shop, as http://host:port, perhaps with a path, or host:port.
    ///
    /// Where several processes serve it, CPU, memory and hops are those of the one that answers
    /// `/metrics` there; where none does, they are missing.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    shop: Target,
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
    /// By how much: 0 is not at all; with 1, a tenth of all requests is for one of 10,000 carts.
    ///
    /// The default gives the busiest of 10,000 carts fifty times the requests of an average one: as
    /// many as one person, or a program that shops for one, can make.
    #[arg(long, default_value_t = Skew::ONE_PERSON)]
    skew: Skew,
    /// Connections; each has one request under way at a time.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_SENDERS)))]
    connections: u32,
    /// First put a line into every cart.
    #[arg(long)]
    fill: bool,
    /// First put so many lines into every cart; changes then set quantities, so that they stay.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_LINES)))]
    lines: Option<u32>,
    /// Sockets on the busiest carts, which measure how long an event takes to arrive.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(0..=i64::from(MOST_SOCKETS)))]
    sockets: u32,
    /// Also tell of every so many seconds alone, so that drift can be seen.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=i64::from(LONGEST_RUN)))]
    every: Option<u32>,
    /// Also measure the HTTP layer alone, in a process of its own.
    #[arg(long)]
    ceiling: bool,
    /// Instead, ask so many times as much as the shop can do: --rate says how much that is, or else it
    /// is measured first.
    #[arg(long, value_name = "TIMES", conflicts_with = "ceiling", value_parser = clap::value_parser!(u32).range(1..=MOST_TIMES))]
    overload: Option<u32>,
    /// Where the figures are written as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// What the figures are called there.
    #[arg(long)]
    name: Option<String>,
}

impl BenchArgs {
    fn load_on(&self, target: Target) -> Load {
        let mix = Mix { users: self.users, skew: self.skew, lines: self.lines };
        let (rate, connections) = (self.rate, self.connections);
        Load { target, rate, mix, connections, leaves_out: false }
    }

    /// How many carts have a socket.
    fn watched(&self) -> u32 {
        self.sockets.min(self.users)
    }
}

/// Runs the load and prints what it came to.
#[expect(clippy::print_stdout, reason = "the table is the answer of this command")]
pub(crate) async fn run(args: BenchArgs) -> Result<(), Failure> {
    if let Some(Instead::Sockets(args)) = &args.instead {
        return crowd::run(args).await;
    }
    if let Some(times) = args.overload {
        return overload(&args, times).await;
    }
    let (shop, ended) = measure_shop(&args).await?;
    let ceiling = if args.ceiling { Some(measure_ceiling(&args).await?) } else { None };
    let report = Report::new(&args, &shop, ceiling.as_ref());
    print!("{report}");
    write(args.json.as_deref(), &report.json())?;
    ended
}

/// Overloads the shop and prints what it came to.
#[expect(clippy::print_stdout, reason = "the table is the answer of this command")]
async fn overload(args: &BenchArgs, times: u32) -> Result<(), Failure> {
    let shop = Server::at(args.shop.clone()).await?;
    fill::stock(shop.target()).await?;
    let report = overload::measure(args, &shop, times).await?;
    print!("{report}");
    write(args.json.as_deref(), &report.json())?;
    let what = "the shop no longer answers";
    shop.lives().await.map_err(|source| Failure::failed(what, source))
}

/// Writes the figures where they are wanted.
fn write(file: Option<&Path>, json: &str) -> Result<(), Failure> {
    let Some(file) = file else { return Ok(()) };
    let failed = |source| Failure::failed(format!("{} cannot be written", file.display()), source);
    std::fs::write(file, json).map_err(failed)
}

/// The figures, and whether the shop still answered when they were complete.
async fn measure_shop(args: &BenchArgs) -> Result<(Figures, Result<(), Failure>), Failure> {
    let shop = Server::at(args.shop.clone()).await?;
    fill::stock(shop.target()).await?;
    let load = args.load_on(shop.target());
    if args.fill || args.lines.is_some() {
        fill::fill(&load, &run::bar("shop", "carts")).await?;
    }
    let figures = run::measure(args, &shop, "shop").await?;
    let what = "the shop no longer answers; the figures are of what it did until then";
    let ended = shop.lives().await.map_err(|source| Failure::failed(what, source));
    Ok((figures, ended))
}

/// The same load on the HTTP layer alone, which pushes nothing.
async fn measure_ceiling(args: &BenchArgs) -> Result<Figures, Failure> {
    let (mut process, address) = start_ceiling().await?;
    let server = Server::at(address.into()).await?;
    let args = BenchArgs { sockets: 0, every: None, ..args.clone() };
    let figures = run::measure(&args, &server, "HTTP alone").await;
    // It has nothing to lose.
    drop(process.kill().await);
    figures
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
    let metrics = numbers::record("none", &[])?;
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
    println!("{}", listener.local_addr().map_err(failed)?);
    cart_api::serve_ceiling(listener, metrics, std::future::pending()).await;
    Ok(())
}

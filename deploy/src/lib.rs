//! The composition root: reads settings, picks engines, wires the roles, and tells an operator
//! what is wrong. The only crate that knows the environment; it decides nothing about carts.

pub mod engines;

mod acts;
mod answer;
mod backlog;
mod banner;
mod bench;
mod cli;
mod clock;
mod config;
mod draft;
mod embedded;
mod exit;
mod export;
mod hourly;
mod import;
mod inspect;
mod item;
mod kafka_cql;
mod keys;
mod lag;
mod lake;
mod letters;
mod local;
mod logging;
mod migrate;
mod numbers;
mod patience;
mod place;
mod policies;
mod processors;
mod progress;
mod reading;
mod samples;
mod serve;
mod shop;
mod standing;
mod tallies;
mod traces;
mod transfer;
mod verify;
mod version;

use std::process::ExitCode;

use cli::{AnalyticsAction, Cli, Subcommand};
use exit::Failure;
use place::Place;
use traces::Export;

/// Runs the command line and returns the process's exit code: 0 for success, 2 for a setting that
/// must be changed, 3 for a cart that is not what its events tell, 1 for anything else.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::read(std::env::args_os()).unwrap_or_else(|error| error.exit());
    let (hops, export) = cli.serving.traces.otlp.clone().map(traces::to).unzip();
    logging::start(&cli.logging, hops);
    match run(cli, export) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(cli: Cli, export: Option<Export>) -> Result<(), Failure> {
    match cli.command {
        None => on_runtime(serve::serve(cli.serving, cli.connections, export)),
        Some(Subcommand::Migrate(plan)) => {
            on_runtime(migrate::run(&plan, Place::Kafka(cli.connections)))
        }
        Some(Subcommand::Import { what }) => {
            on_runtime(import::run(what, &cli.serving, cli.connections))
        }
        Some(Subcommand::Move(args)) => {
            on_runtime(transfer::run(*args, &cli.serving, &cli.connections))
        }
        Some(Subcommand::Export { what }) => {
            let place = Place::chosen(&cli.serving, cli.connections);
            on_runtime(export::run(what, place))
        }
        Some(Subcommand::Verify(args)) => {
            let place = Place::chosen(&cli.serving, cli.connections);
            on_runtime(verify::run(args, place))
        }
        Some(Subcommand::Letters { action }) => {
            on_runtime(letters::run(action, Place::chosen(&cli.serving, cli.connections)))
        }
        Some(Subcommand::Inspect { what }) => {
            on_runtime(inspect::run(what, Place::chosen(&cli.serving, cli.connections)))
        }
        Some(Subcommand::Lag(form)) => {
            on_runtime(lag::run(form, Place::chosen(&cli.serving, cli.connections)))
        }
        Some(Subcommand::Analytics { action: AnalyticsAction::Replay(args) }) => {
            on_runtime(tallies::replay(args, Place::chosen(&cli.serving, cli.connections)))
        }
        Some(Subcommand::SimulateShop(args)) => on_runtime(shop::run(args, &cli.serving)),
        Some(Subcommand::Config { action }) => config::run(&action),
        Some(Subcommand::Bench(args)) => on_runtime(bench::run(args)),
        Some(Subcommand::BenchCeiling) => on_runtime(bench::serve_ceiling()),
        Some(Subcommand::Keys { action }) => {
            keys::run(&action);
            Ok(())
        }
        Some(Subcommand::Engines(args)) => local::run(&args, cli.connections),
    }
}

/// Of so many tasks a thread takes one that another thread woke, where it always has some of its own. What
/// engines answer is told by threads of theirs. By default it is one of 61: under more requests than there is
/// processor for, answers then wait half a second for their turn.
const ONE_WOKEN_ELSEWHERE_IN: u32 = 3;

/// Runs async work to its end on a runtime of its own.
fn on_runtime(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .global_queue_interval(ONE_WOKEN_ELSEWHERE_IN)
        .build()
        .map_err(|source| Failure::failed("the async runtime cannot be made", source))?;
    runtime.block_on(work)
}

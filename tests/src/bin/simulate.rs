//! `simulate`: runs seeds of the simulation, replays one, or lets mutants loose on the invariants.

#![expect(clippy::print_stdout, reason = "what it found is what it is run for")]

use std::process::ExitCode;
use std::time::Instant;

use cart_tests::simulation::audit::Invariant;
use cart_tests::simulation::mutant::{Mutant, Subject};
use cart_tests::simulation::plan::Plan;
use cart_tests::simulation::run::{Failure, run};
use cart_tests::simulation::seeds::{Batch, CATCHING, Failed, REGRESSIONS, catching, run_all};
use cart_tests::simulation::shrink::shrink;
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

/// Lines of a trace that are printed: the last ones, before the invariant broke.
const TRACE_LINES: usize = 400;

/// Runs the product on simulated ports and virtual time, and checks its invariants.
#[derive(Debug, Parser)]
struct Options {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first of them; without it, a fresh one.
    #[arg(long)]
    from: Option<u64>,
    /// Replay this seed alone: cut down to the shortest trace that still fails.
    #[arg(long)]
    seed: Option<u64>,
    /// Run each mutant on its known seed and on so many fresh ones.
    #[arg(long)]
    mutants: Option<u64>,
    /// Run each mutant on seed after seed, at most so many, until an invariant notices it.
    #[arg(long)]
    hunt: Option<u64>,
    /// Run this mutant instead of the product.
    #[arg(long)]
    mutant: Option<String>,
    /// Threads; one for each core by default.
    #[arg(long)]
    threads: Option<usize>,
    /// Print the whole trace of `--seed` without cutting it down.
    #[arg(long)]
    whole: bool,
}

fn main() -> ExitCode {
    let mut options = Options::parse();
    options.from = options.from.or_else(|| Some(fresh_base()));
    let subject = match options.mutant.as_deref().map(named) {
        None => Subject(None),
        Some(Some(mutant)) => Subject(Some(mutant)),
        Some(None) => {
            let names: Vec<_> = Mutant::ALL.iter().map(ToString::to_string).collect();
            println!("no such mutant; there are {}", names.join(", "));
            return ExitCode::from(2);
        }
    };
    let passed = match (options.seed, options.mutants, options.hunt) {
        (Some(seed), ..) => replay(seed, subject, options.whole),
        (None, Some(fresh), _) => mutants(&options, fresh),
        (None, None, Some(most)) => hunt(&options, most),
        (None, None, None) => seeds(&options, subject),
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn named(name: &str) -> Option<Mutant> {
    Mutant::ALL.into_iter().find(|mutant| mutant.to_string() == name)
}

/// A base nobody has run before.
#[expect(clippy::disallowed_methods, reason = "fresh seeds come from the clock")]
fn fresh_base() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() * 100_000)
}

fn batch(options: &Options, subject: Subject) -> Batch {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Batch {
        from: options.from.unwrap_or_default(),
        count: options.seeds,
        subject,
        stop_at_first: true,
        threads: options.threads.unwrap_or(cores),
    }
}

fn bar(count: u64) -> ProgressBar {
    let bar = ProgressBar::new(count);
    let style = "{wide_bar} {pos}/{len} seeds, {per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar
}

fn seeds(options: &Options, subject: Subject) -> bool {
    let batch = batch(options, subject);
    println!("seeds {}..{}", batch.from, batch.from + batch.count);
    let kept = if subject.0.is_none() { regressions(batch) } else { true };
    let (bar, started) = (bar(batch.count), Instant::now());
    let outcome = run_all(batch, || bar.inc(1));
    bar.finish_and_clear();
    let took = started.elapsed().as_millis().max(1);
    let census = &outcome.census;
    println!("{census}");
    let per_second = |count: u64| u128::from(count) * 1_000 / took;
    println!(
        "{} seeds in {}.{:03} s: {} seeds/s, {} steps/s, {} faults, {} records",
        census.seeds,
        took / 1_000,
        took % 1_000,
        per_second(census.seeds),
        per_second(census.steps),
        census.faults(),
        census.records(),
    );
    if let Some(failed) = outcome.failed.first() {
        tell(failed, subject, false);
        return false;
    }
    let rare = census.too_rare();
    rare.iter().for_each(|what| println!("too little happened: {what}"));
    kept && rare.is_empty()
}

/// The seeds that once found a defect stay green.
fn regressions(batch: Batch) -> bool {
    let mut green = true;
    for (seed, what) in REGRESSIONS {
        let outcome = run_all(Batch { from: *seed, count: 1, ..batch }, || {});
        for failed in &outcome.failed {
            println!("the seed of an old defect fails again: {what}");
            tell(failed, batch.subject, false);
            green = false;
        }
    }
    println!("{} seeds of old defects are green: {green}", REGRESSIONS.len());
    green
}

fn replay(seed: u64, subject: Subject, whole: bool) -> bool {
    let report = run(&Plan::of(seed), subject, whole);
    report.trace.iter().for_each(|line| println!("{line}"));
    println!("{}", report.census);
    match report.failure {
        None => {
            println!("seed {seed} is green");
            true
        }
        Some(failure) => {
            if whole {
                println!("seed {seed}: {failure}");
            } else {
                tell(&Failed { seed, failure }, subject, true);
            }
            false
        }
    }
}

/// A failing seed: its number, the shortest trace that still fails, and what broke.
fn tell(failed: &Failed, subject: Subject, traced: bool) {
    println!("seed {} fails: {}", failed.seed, failed.failure);
    let invariant: Option<Invariant> = match &failed.failure {
        Failure::Broken(broken) => Some(broken.invariant),
        Failure::Panicked(_) | Failure::Machine(_) => None,
    };
    let shrunk = shrink(Plan::of(failed.seed), subject, invariant);
    println!("the shortest trace found: {} acts", shrunk.plan.items.len());
    let lines = shrunk.report.trace.iter().filter(|line| traced || line.contains(" * "));
    let lines: Vec<_> = lines.filter(|line| !line.contains(" answered ")).collect();
    let skipped = lines.len().saturating_sub(TRACE_LINES);
    lines.iter().skip(skipped).for_each(|line| println!("{line}"));
    match &shrunk.report.failure {
        Some(failure) => println!("{failure}"),
        None => println!("(the cut-down trace no longer fails)"),
    }
    println!("replay: simulate --seed {}", failed.seed);
}

/// The mutants asked for: one, or all.
fn chosen(options: &Options) -> impl Iterator<Item = Mutant> {
    let all = Mutant::ALL.into_iter();
    all.filter(|mutant| options.mutant.as_ref().is_none_or(|name| *name == mutant.to_string()))
}

/// How many seeds it takes until an invariant notices each mutant.
fn hunt(options: &Options, most: u64) -> bool {
    let mut all_caught = true;
    println!("| mutant | seeds until caught | the seed | by |");
    println!("|---|---|---|---|");
    for mutant in chosen(options) {
        let batch = Batch { count: most, ..batch(options, Subject(Some(mutant))) };
        let failed = run_all(batch, || {}).failed;
        match failed.first() {
            Some(Failed { seed, failure: Failure::Broken(broken) }) => {
                let count = seed - batch.from + 1;
                println!("| {mutant} | {count} | {seed} | {} |", broken.invariant);
            }
            Some(Failed { seed, failure }) => {
                println!("| {mutant} | no invariant | {seed} | {failure} |");
                all_caught = false;
            }
            None => {
                println!("| {mutant} | not in {most} | | |");
                all_caught = false;
            }
        }
    }
    all_caught
}

/// Each mutant on the seed known to catch it and on fresh ones. Only an invariant counts.
fn mutants(options: &Options, fresh: u64) -> bool {
    let mut all_caught = true;
    println!("fresh seeds from {}", options.from.unwrap_or_default());
    println!("| mutant | known seed | caught by | fresh seeds that catch it |");
    println!("|---|---|---|---|");
    for mutant in chosen(options) {
        let subject = Subject(Some(mutant));
        let known = catching(mutant);
        let by = known.and_then(|(seed, _)| run(&Plan::of(seed), subject, false).failure);
        let caught = match (&by, known) {
            (Some(Failure::Broken(broken)), Some((_, number))) => {
                broken.invariant.number() == number
            }
            (Some(_) | None, _) => false,
        };
        let by = match by {
            Some(Failure::Broken(broken)) => broken.invariant.to_string(),
            Some(other) => other.to_string(),
            None => "nothing".to_owned(),
        };
        let stop_at_first = false;
        let batch = Batch { count: fresh, stop_at_first, ..batch(options, subject) };
        let found = run_all(batch, || {}).failed;
        let by_invariant =
            found.iter().filter(|failed| matches!(failed.failure, Failure::Broken(_)));
        let (first, count) =
            (found.first().map(|failed| failed.seed - batch.from + 1), by_invariant.count());
        let known = known.map_or_else(|| "none".to_owned(), |(seed, _)| seed.to_string());
        let first =
            first.map_or_else(String::new, |first| format!(", the first is number {first}"));
        println!("| {mutant} | {known} | {by} | {count} of {fresh}{first} |");
        all_caught &= caught;
    }
    println!("{} mutants; each caught on its seed by its invariant: {all_caught}", CATCHING.len());
    all_caught
}

//! Many seeds on every core, and the seeds worth keeping.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use super::census::Census;
use super::mutant::{Mutant, Subject};
use super::plan::Plan;
use super::run::{Failure, run};

/// A seed that failed.
#[derive(Debug)]
pub struct Failed {
    /// The seed.
    pub seed: u64,
    /// Why.
    pub failure: Failure,
}

/// What many seeds came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What happened in them.
    pub census: Census,
    /// Those that failed, the lowest first.
    pub failed: Vec<Failed>,
}

/// How to run many seeds.
#[derive(Debug, Clone, Copy)]
pub struct Batch {
    /// The first seed.
    pub from: u64,
    /// How many.
    pub count: u64,
    /// What is run.
    pub subject: Subject,
    /// Whether the first failure ends it.
    pub stop_at_first: bool,
    /// Threads.
    pub threads: usize,
}

/// Runs seeds; `each` hears of every one that is done.
pub fn run_all(batch: Batch, mut each: impl FnMut()) -> Outcome {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let (sender, done) = mpsc::channel();
    let mut outcome = Outcome::default();
    std::thread::scope(|scope| {
        for _ in 0..batch.threads.max(1) {
            let (sender, next, stop) = (sender.clone(), &next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= batch.count {
                        return;
                    }
                    let seed = batch.from + number;
                    let report = run(&Plan::of(seed), batch.subject, false);
                    if report.failure.is_some() && batch.stop_at_first {
                        stop.store(true, Ordering::Relaxed);
                    }
                    if sender.send((seed, report)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (seed, report) in done {
            outcome.census.merge(&report.census);
            outcome.failed.extend(report.failure.map(|failure| Failed { seed, failure }));
            each();
        }
    });
    outcome.failed.sort_by_key(|failed| failed.seed);
    outcome
}

/// Seeds that found a defect of the product, and what it was. They must stay green.
pub const REGRESSIONS: &[(u64, &str)] = &[
    (2, "a status was told unknown by an edge that had not sent the command"),
    (3, "a broken client of the facts let a later event appear first"),
    (124, "an answer from memory told of a write that no quorum had"),
    (446, "a take-over read the log's end before it read what was stored, and refused its own log"),
];

/// For each mutant, a seed whose run an invariant ends.
pub const CATCHING: &[(&str, u64)] = &[
    ("EmitBeforeStore", 1),
    ("ArmAfterStore", 1),
    ("MarkBeforeStore", 1),
    ("NeverMarked", 2),
    ("PerWriteTimestamp", 1),
    ("OffsetTimestamp", 1),
    ("LocalTimestamp", 1),
    ("AppendTimeTimestamp", 1),
    ("ClockInDecide", 1),
    ("VersionNotCompared", 1),
    ("OwnPolicy", 1),
    ("FrontierBeforeAcknowledgement", 1),
    ("LedgerOverrun", 1),
    ("ReplaysNotCounted", 1),
    ("NoPositionCheck", 1),
    ("ReplayFoundById", 10),
    ("RejectionForgotten", 1),
    ("RepeatDecidedAgain", 1),
    ("ReplayNotPutBack", 19),
    ("RepeatNotPutBack", 124),
    ("MemoryKept", 1),
    ("StaleAnswerTaken", 407),
    ("WitnessIgnored", 2),
    ("PoisonSwallowed", 1),
    ("FiredTimerCounts", 4),
    ("EarlyWakeForgotten", 1),
    ("SlotDroppedUnsettled", 1),
    ("SlotDroppedUndecided", 32),
    ("NoRewind", 1),
    ("CommitRunsAhead", 1),
    ("TimerBehindScanner", 888),
    ("TwoCells", 1),
    ("FactsNotAwaited", 1),
    ("FactsOnManyClients", 3),
    ("WakeIdRepeated", 1),
    ("NeverResumed", 6),
    ("LogEndNotRead", 1),
    ("SendingTimeForgotten", 2),
    ("JoinReadsFirst", 195),
    ("GapsPassedOn", 1),
    ("CellAtLocalClock", 1),
    ("EventsTellTheTime", 1),
    ("LetterWithoutHeaders", 1),
];

/// The seed known to catch a mutant.
#[must_use]
pub fn catching(mutant: Mutant) -> Option<u64> {
    let name = mutant.to_string();
    CATCHING.iter().find(|(of, _)| *of == name).map(|(_, seed)| *seed)
}

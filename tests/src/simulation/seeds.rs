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

/// Seeds that found a defect of the product, or that find the mutant which has it again, and what
/// it was. They must stay green.
pub const REGRESSIONS: &[(u64, &str)] = &[
    (3, "a broken client of the facts let a later event appear first"),
    (6, "a status was told unknown by an edge that had not sent the command"),
    (
        20,
        "a mark was repeated until a killed store was back, and vouched for what the kill had taken",
    ),
    (92, "an answer from memory told of a write that no quorum had"),
    (144, "a take-over read the log's end before it read what was stored, and refused its own log"),
    (
        4524,
        "a timer noted during the last look at its slot was lost, by clocks that were minutes apart",
    ),
    (
        179_606_366_706_740,
        "carts were read before another owner caught a forgetful store up, and its mark after that",
    ),
];

/// For each mutant, a seed whose run an invariant ends, and that invariant's number.
pub const CATCHING: &[(&str, u64, u8)] = &[
    ("EmitBeforeStore", 1, 6),
    ("ArmAfterStore", 1, 9),
    ("MarkBeforeStore", 1, 10),
    ("NeverMarked", 2, 14),
    ("PerWriteTimestamp", 1, 9),
    ("OffsetTimestamp", 1, 3),
    ("LocalTimestamp", 1, 3),
    ("AppendTimeTimestamp", 1, 9),
    ("ClockInDecide", 1, 9),
    ("VersionNotCompared", 1, 3),
    ("OwnPolicy", 1, 3),
    ("ImportReplaces", 7, 3),
    ("ImportRefills", 7, 3),
    ("FirstDueOnly", 1, 9),
    ("RecoveryUntold", 1, 3),
    ("RestoreNeverLate", 211, 3),
    ("AbsorbedAgain", 5, 3),
    ("RefusedLinesDropped", 5, 3),
    ("TouchedUndone", 5, 3),
    ("ExpiresWhileAway", 64, 3),
    ("LockIgnored", 4, 3),
    ("LapseForgotten", 4, 9),
    ("StaleNewsTaken", 4, 3),
    ("ShortCountsAsGranted", 17, 3),
    ("StrayKept", 9, 10),
    ("ReleaseForgotten", 4, 10),
    ("CommitForgotten", 4, 10),
    ("HeldCountsAsFree", 4, 1),
    ("LeaseFreesStock", 4, 3),
    ("FrontierBeforeAcknowledgement", 1, 10),
    ("LedgerOverrun", 1, 7),
    ("ReplaysNotCounted", 4, 7),
    ("NoPositionCheck", 2, 10),
    ("ReplayFoundById", 10, 1),
    ("RejectionForgotten", 1, 3),
    ("RepeatDecidedAgain", 1, 3),
    ("ReplayNotPutBack", 6, 10),
    ("RepeatNotPutBack", 89, 6),
    ("MemoryKept", 1, 9),
    ("StaleAnswerTaken", 149, 9),
    ("WitnessIgnored", 2, 14),
    ("ForgettingUnnoticed", 20, 10),
    ("InterruptionIgnored", 10, 10),
    ("BeginsAtCommitted", 23, 3),
    ("PoisonSwallowed", 1, 10),
    ("FiredTimerCounts", 1, 3),
    ("EarlyWakeForgotten", 1, 3),
    ("SlotDroppedUnsettled", 1, 9),
    ("NoRewind", 10, 9),
    ("CommitRunsAhead", 1, 10),
    ("TimerBehindScanner", 302, 9),
    ("TwoCells", 1, 2),
    ("CellAtLocalClock", 1, 4),
    ("EventsTellTheTime", 1, 2),
    ("LetterWithoutHeaders", 1, 13),
    ("FactsNotAwaited", 1, 10),
    ("FactsOnManyClients", 3, 5),
    ("WakeIdRepeated", 36, 9),
    ("NeverResumed", 6, 15),
    ("LogEndNotRead", 24, 12),
    ("FullAfterAppend", 1, 12),
    ("SendingTimeForgotten", 6, 12),
    ("JoinReadsFirst", 29, 11),
    ("GapsPassedOn", 1, 11),
    ("SinceBelieved", 4, 11),
];

/// The seed known to catch a mutant, and the number of the invariant that does.
#[must_use]
pub fn catching(mutant: Mutant) -> Option<(u64, u8)> {
    let name = mutant.to_string();
    let known = CATCHING.iter().find(|(of, ..)| *of == name);
    known.map(|(_, seed, invariant)| (*seed, *invariant))
}

//! What happened in a run or in many: how much, how often each fault, each command, each outcome.
//! A run in which too little happened proves nothing.

use std::collections::BTreeMap;

use cart_schemas::rejection::RejectionCode;
use cart_storage::simulated::{Fault, Tally, World};

use super::fleet::Mishap;
use super::shadow::{Shadow, Verdict};

/// Every outcome of a command that must occur.
const OUTCOMES: [RejectionCode; 23] = [
    RejectionCode::ProductNotFound,
    RejectionCode::UnknownVariant,
    RejectionCode::IdempotencyConflict,
    RejectionCode::VersionMismatch,
    RejectionCode::CartExists,
    RejectionCode::ItemNotFound,
    RejectionCode::InvalidExpiry,
    RejectionCode::NothingToRestore,
    RejectionCode::InvalidMerge,
    RejectionCode::MergeNotFound,
    RejectionCode::MergeChanged,
    RejectionCode::ProductUnavailable,
    RejectionCode::CurrencyMismatch,
    RejectionCode::CartLimit,
    RejectionCode::InsufficientStock,
    RejectionCode::CartLocked,
    RejectionCode::CheckoutNotFound,
    RejectionCode::EmptyCart,
    RejectionCode::CheckoutPending,
    RejectionCode::CheckoutExpired,
    RejectionCode::CheckoutCompleted,
    RejectionCode::PriceChanged,
    RejectionCode::Internal,
];

/// Every kind of command.
const KINDS: [&str; 19] = [
    "add_item",
    "set_quantity",
    "remove_item",
    "clear",
    "extend",
    "change_currency",
    "import",
    "restore",
    "merge",
    "absorb",
    "settle",
    "undo_merge",
    "return",
    "checkout",
    "complete",
    "cancel_checkout",
    "reserved",
    "refresh",
    "wake",
];

/// From so many seeds on, a run must have seen everything.
const SEEDS_THAT_COUNT: u64 = 1_000;
/// How often each fault must have been injected in so many seeds.
const FAULTS_MIN: u64 = 1_000;
/// How often the store must have been killed in so many seeds; it is in a third of them.
const KILLS_MIN: u64 = 300;
/// How often each command and each rejection must have occurred in so many seeds.
const OUTCOMES_MIN: u64 = 100;
/// How many steps a seed must have.
const STEPS_MIN: u64 = 200;

/// Counts.
#[derive(Debug, Default)]
pub struct Census {
    /// Seeds.
    pub seeds: u64,
    /// Things that happened outside the nodes.
    pub steps: u64,
    /// Sockets that read slowly.
    pub slow_sockets: u64,
    /// Sockets that vanished.
    pub vanished_sockets: u64,
    /// Records somebody else wrote.
    pub strays: u64,
    /// The fewest steps of a seed.
    fewest: Option<u64>,
    faults: Tally,
    mishaps: BTreeMap<&'static str, u64>,
    commands: BTreeMap<&'static str, u64>,
    outcomes: BTreeMap<&'static str, u64>,
}

impl Census {
    /// A seed is over: what the world and the oracle know of it.
    pub(super) fn close(&mut self, world: &World, shadow: &Shadow, mishaps: &[Mishap]) {
        self.seeds = 1;
        self.fewest = Some(self.steps);
        self.faults = world.tally();
        for mishap in mishaps {
            *self.mishaps.entry(name(*mishap)).or_default() += 1;
        }
        *self.mishaps.entry("slow_socket").or_default() += self.slow_sockets;
        *self.mishaps.entry("vanished_socket").or_default() += self.vanished_sockets;
        *self.mishaps.entry("stray_record").or_default() += self.strays;
        for partition in shadow.partitions() {
            for verdict in shadow.verdicts(partition) {
                self.count(verdict);
            }
        }
    }

    fn count(&mut self, verdict: &Verdict) {
        let outcome = match verdict {
            Verdict::Decided(decision) => {
                *self.commands.entry(decision.kind).or_default() += 1;
                decision.rejected().map_or("applied", RejectionCode::as_str)
            }
            Verdict::Remembered(_) => "remembered",
            Verdict::Conflict { .. } => "conflict",
            Verdict::Letter(class) => class,
            Verdict::Newer | Verdict::Unreached => "newer",
        };
        *self.outcomes.entry(outcome).or_default() += 1;
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.steps += other.steps;
        self.fewest = match (self.fewest, other.fewest) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        self.faults.merge(&other.faults);
        let pairs = [
            (&mut self.mishaps, &other.mishaps),
            (&mut self.commands, &other.commands),
            (&mut self.outcomes, &other.outcomes),
        ];
        for (mine, theirs) in pairs {
            for (name, count) in theirs {
                *mine.entry(name).or_default() += count;
            }
        }
    }

    /// How many faults were injected.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.faults.iter().map(|(_, count)| count).sum::<u64>() + self.mishaps.values().sum::<u64>()
    }

    /// How many records were decided, answered or dead-lettered.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.outcomes.values().sum()
    }

    /// What happened too rarely for the run to prove anything; nothing in a run of few seeds.
    #[must_use]
    pub fn too_rare(&self) -> Vec<String> {
        if self.seeds < SEEDS_THAT_COUNT {
            return Vec::new();
        }
        let faults = Fault::ALL.iter().map(|fault| (fault.name(), self.faults.get(*fault)));
        let mishaps = ["crash", "zombie", "config_changed", "slow_socket", "vanished_socket"];
        let mishap = |name| (name, self.mishaps.get(name).copied().unwrap_or(0));
        let faults = faults.chain(mishaps.into_iter().map(mishap));
        let command = |name| (name, self.commands.get(name).copied().unwrap_or(0));
        let outcome = |code: RejectionCode| {
            (code.as_str(), self.outcomes.get(code.as_str()).copied().unwrap_or(0))
        };
        let outcomes = KINDS.into_iter().map(command).chain(OUTCOMES.into_iter().map(outcome));
        let rare = |(name, count): (&str, u64), min| {
            (count < min).then(|| format!("{name} happened {count} times, not {min}"))
        };
        let min = |name| if name == Fault::StoreKilled.name() { KILLS_MIN } else { FAULTS_MIN };
        let mut all: Vec<_> = faults.filter_map(|one| rare(one, min(one.0))).collect();
        all.extend(outcomes.filter_map(|one| rare(one, OUTCOMES_MIN)));
        let fewest = self.fewest.unwrap_or(0);
        if fewest < STEPS_MIN {
            all.push(format!("a seed had {fewest} steps, not {STEPS_MIN}"));
        }
        all
    }
}

const fn name(mishap: Mishap) -> &'static str {
    match mishap {
        Mishap::Crash => "crash",
        Mishap::Zombie => "zombie",
        Mishap::ConfigChanged => "config_changed",
    }
}

impl std::fmt::Display for Census {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |f: &mut std::fmt::Formatter<'_>, title, of: &BTreeMap<&str, u64>| {
            let counts: Vec<_> = of.iter().map(|(name, count)| format!("{name} {count}")).collect();
            writeln!(f, "{title:<9} {}", counts.join(", "))
        };
        writeln!(f, "steps     {} (fewest in a seed {})", self.steps, self.fewest.unwrap_or(0))?;
        let engine: BTreeMap<_, _> =
            self.faults.iter().map(|(fault, count)| (fault.name(), count)).collect();
        list(f, "faults", &engine)?;
        list(f, "mishaps", &self.mishaps)?;
        list(f, "commands", &self.commands)?;
        list(f, "outcomes", &self.outcomes)
    }
}

//! A micro-batch: a run of one partition's records, folded into what is to be written and said.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use bytes::Bytes;
use cart_schemas::id::CommandId;
use cart_schemas::partition::Partition;
use cart_schemas::record::{LEDGER, Owner, Progress};
use cart_schemas::timestamp::Timestamp;
use cart_storage::log::{Record, TopicPartition};

use super::cache::Cache;
use super::effect::{CellWrite, Emission};
use super::letter::letter;
use crate::defects::{Defect, Defects as _, Stage};
use crate::fold::{Fold, Site};
use crate::intake::{Home, Incoming};
use crate::timers::Timer;

/// A record taken into a batch.
#[derive(Debug)]
pub(super) enum Taken<F: Fold> {
    /// To be decided.
    Command(Box<Incoming<F::Envelope>>, Record),
    /// To be dead-lettered: its class and what is wrong with it.
    Poison { record: Record, class: &'static str, reason: String },
}

impl<F: Fold> Taken<F> {
    pub(super) fn offset(&self) -> i64 {
        match self {
            Self::Command(_, record) | Self::Poison { record, .. } => record.offset,
        }
    }

    pub(super) fn key(&self) -> Option<&F::Key> {
        match self {
            Self::Command(incoming, _) => Some(F::key(&incoming.envelope)),
            Self::Poison { .. } => None,
        }
    }
}

/// Counts how often each key occurs in a batch. One takes at most [`LEDGER`] commands of a batch,
/// so that no decision leaves the ledger before it is acknowledged.
#[derive(Debug)]
pub(super) struct Tally<K>(HashMap<K, usize>);

impl<K: Clone + Eq + Hash> Tally<K> {
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    /// Whether another command of `key` fits; if so it is counted.
    pub(super) fn admits(&mut self, key: &K) -> bool {
        let count = self.0.entry(key.clone()).or_default();
        *count += 1;
        *count <= LEDGER
    }
}

/// What a batch came to, and the stages it has still to go through.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) timers: Vec<Timer>,
    pub(super) writes: Vec<CellWrite>,
    pub(super) progress: Option<Progress>,
    pub(super) emission: Emission,
    pub(super) frontier: i64,
    pub(super) stages: &'static [Stage],
}

/// What is known of the progress row before a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marked<'a> {
    /// Who stores the next one.
    pub(super) by: Owner,
    /// As it was last stored.
    pub(super) last: Option<&'a Progress>,
}

/// Folds `taken` over the records in `cache`, which holds every one of it.
pub(super) fn fold<F: Fold>(
    (home, fold): (Home, &F),
    taken: Vec<Taken<F>>,
    cache: &mut Cache<F::Key, F::Record>,
    marked: Marked<'_>,
) -> Batch {
    let mut folding = Folding {
        home,
        fold,
        touched: BTreeMap::new(),
        timers: Vec::new(),
        emission: Emission::default(),
    };
    let last = taken.last().map(Taken::offset);
    let named = taken.iter().rev().find_map(|taken| Some((taken.offset(), command_of(taken)?)));
    for taken in taken {
        match taken {
            Taken::Command(incoming, record) => folding.take(&incoming, record, cache),
            Taken::Poison { record, class, reason } => folding.quarantine(record, class, &reason),
        }
    }
    let writes = folding.writes(cache);
    let newest = writes.iter().map(|write| write.ts).max();
    let progress = newest.zip(named).map(|(newest, named)| progress(home, named, newest, marked));
    let frontier = last.map_or(0, |offset| offset + 1);
    let (timers, emission, stages) = (folding.timers, folding.emission, fold.defects().stages());
    Batch { timers, writes, progress, emission, frontier, stages }
}

/// The progress row after a batch. It names a command, never a record that says nothing, so that
/// a log which is another is noticed there. A replay stores what was stored before: the row then
/// keeps naming the highest command, so that a log cut short behind it is noticed, too.
fn progress(
    home: Home,
    (offset, command): (i64, CommandId),
    newest: Timestamp,
    marked: Marked<'_>,
) -> Progress {
    let ts = marked.last.map_or(newest, |last| last.ts.next().max(newest));
    let owner = Some(marked.by);
    match marked.last {
        Some(last) if last.offset > offset => Progress { ts, owner, ..last.clone() },
        Some(_) | None => {
            let (generation, partitions) = (home.log.generation, home.log.partitions.get());
            Progress { generation, partitions, offset, command, ts, owner }
        }
    }
}

fn command_of<F: Fold>(taken: &Taken<F>) -> Option<CommandId> {
    match taken {
        Taken::Command(incoming, _) => Some(F::id(&incoming.envelope)),
        Taken::Poison { .. } => None,
    }
}

/// A record of this batch.
struct Touched<R> {
    record: R,
    /// Its `ts` before the batch.
    began: Timestamp,
    /// How long the encoding was that it was loaded or last stored as.
    encoded: usize,
    /// Whether it must be stored.
    dirty: bool,
    /// Where it is found by what it holds since.
    holds: Vec<String>,
}

struct Folding<'a, F: Fold> {
    home: Home,
    fold: &'a F,
    /// In the order of their keys, so that a run can be repeated effect by effect.
    touched: BTreeMap<F::Key, Touched<F::Record>>,
    timers: Vec<Timer>,
    emission: Emission,
}

impl<F: Fold> Folding<'_, F> {
    fn take(
        &mut self,
        incoming: &Incoming<F::Envelope>,
        record: Record,
        cache: &mut Cache<F::Key, F::Record>,
    ) {
        let key = F::key(&incoming.envelope);
        let mut touched = self.touched.remove(key).unwrap_or_else(|| {
            let (record, encoded) = cache.take(key).unwrap_or_default();
            Touched { began: F::ts(&record), record, encoded, dirty: false, holds: Vec::new() }
        });
        let folded = self.fold.step(&mut touched.record, touched.began, incoming);
        touched.dirty |= folded.store;
        touched.holds.extend(folded.holds);
        self.touched.insert(key.clone(), touched);
        if folded.panicked {
            self.quarantine(record, "Internal", "the decision panicked");
        }
        self.timers.extend(folded.timer);
        self.emission.facts.extend(folded.facts);
        self.emission.replies.extend(folded.reply);
        let (kind, outcome) = (folded.kind, folded.outcome);
        metrics::counter!("cartstream_decisions_total", "kind" => kind, "outcome" => outcome)
            .increment(1);
    }

    fn quarantine(&mut self, record: Record, class: &str, reason: &str) {
        // What is wrong may quote the command, and logs go where carts must not.
        tracing::warn!(
            kafka.topic = %F::SITE.commands,
            kafka.partition = self.home.partition.number(),
            kafka.offset = record.offset,
            class,
            "dead-lettered a command; the letter says what is wrong with it"
        );
        metrics::counter!("cartstream_dead_letters_total", "class" => class.to_owned())
            .increment(1);
        if self.fold.defects().has(Defect::PoisonSwallowed) {
            return;
        }
        let Site { commands, dead_letters, .. } = F::SITE;
        let to = TopicPartition { topic: dead_letters, partition: Partition::new(0) };
        let letter = letter((commands, self.home), record, (class, reason));
        self.emission.facts.push((to, letter));
    }

    /// Encodes what must be stored and gives every record back to the cache.
    fn writes(&mut self, cache: &mut Cache<F::Key, F::Record>) -> Vec<CellWrite> {
        let mut writes = Vec::new();
        for (key, touched) in std::mem::take(&mut self.touched) {
            let Touched { record, mut encoded, dirty, holds, .. } = touched;
            if dirty {
                let cell = Bytes::from(F::encode(&record));
                encoded = cell.len();
                writes.push(CellWrite { key: key.to_string(), cell, ts: F::ts(&record), holds });
            }
            cache.put(key, record, encoded);
        }
        writes
    }
}

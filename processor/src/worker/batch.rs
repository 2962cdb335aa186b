//! A micro-batch: a run of one partition's records, folded into what is to be written and said.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use cart_schemas::id::{CartKey, CommandId};
use cart_schemas::partition::Partition;
use cart_schemas::record::{CartRecord, Entry, LEDGER, Outcome, Progress};
use cart_schemas::rejection::Rejection;
use cart_schemas::reply::Answer;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::log::{Record, TopicPartition};

use super::cache::Cache;
use super::effect::{CellWrite, Emission};
use super::outgoing;
use crate::defects::{Defect, Defects, Stage};
use crate::intake::{Home, Incoming};
use crate::step::{Step, Stepping};
use crate::timers::Timer;

/// A record taken into a batch.
#[derive(Debug)]
pub(super) enum Taken {
    /// To be decided.
    Command(Box<Incoming>, Record),
    /// To be dead-lettered: its class and what is wrong with it.
    Poison { record: Record, class: &'static str, reason: String },
}

impl Taken {
    fn offset(&self) -> i64 {
        match self {
            Self::Command(_, record) | Self::Poison { record, .. } => record.offset,
        }
    }

    pub(super) fn cart(&self) -> Option<&CartKey> {
        match self {
            Self::Command(incoming, _) => Some(&incoming.envelope.cart),
            Self::Poison { .. } => None,
        }
    }
}

/// Counts how often each cart occurs in a batch. A cart takes at most [`LEDGER`] records of one,
/// so that no decision leaves the ledger before it is acknowledged.
#[derive(Debug, Default)]
pub(super) struct Tally(HashMap<CartKey, usize>);

impl Tally {
    /// Whether another record of `cart` fits; if so it is counted.
    pub(super) fn admits(&mut self, cart: &CartKey) -> bool {
        let count = self.0.entry(cart.clone()).or_default();
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

/// Folds `taken` over the carts in `cache`, which holds every cart of it.
pub(super) fn fold<D: Defects>(
    (home, defects): (Home, &D),
    taken: Vec<Taken>,
    cache: &mut Cache,
    mark: Option<&Progress>,
) -> Batch {
    let mut folding = Folding {
        home,
        defects,
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
    let progress = newest.zip(named).map(|(newest, named)| progress(home, named, newest, mark));
    let frontier = last.map_or(0, |offset| offset + 1);
    let (timers, emission, stages) = (folding.timers, folding.emission, defects.stages());
    Batch { timers, writes, progress, emission, frontier, stages }
}

/// The progress row after a batch. It names a command, never a record that says nothing, so that
/// a log which is another is noticed there. A replay stores what was stored before: the row then
/// keeps naming the highest command, so that a log cut short behind it is noticed, too.
fn progress(
    home: Home,
    (offset, command): (i64, CommandId),
    newest: Timestamp,
    mark: Option<&Progress>,
) -> Progress {
    let ts = mark.map_or(newest, |mark| mark.ts.next().max(newest));
    match mark {
        Some(mark) if mark.offset > offset => Progress { ts, ..mark.clone() },
        Some(_) | None => {
            let (generation, partitions) = (home.log.generation, home.log.partitions.get());
            Progress { generation, partitions, offset, command, ts }
        }
    }
}

fn command_of(taken: &Taken) -> Option<CommandId> {
    match taken {
        Taken::Command(incoming, _) => Some(incoming.envelope.id),
        Taken::Poison { .. } => None,
    }
}

/// A cart of this batch.
struct Touched {
    record: CartRecord,
    /// Its `ts` before the batch.
    began: Timestamp,
    /// Whether it must be stored.
    dirty: bool,
}

struct Folding<'a, D> {
    home: Home,
    defects: &'a D,
    /// In the order of their keys, so that a run can be repeated effect by effect.
    touched: BTreeMap<CartKey, Touched>,
    timers: Vec<Timer>,
    emission: Emission,
}

impl<D: Defects> Folding<'_, D> {
    fn take(&mut self, incoming: &Incoming, record: Record, cache: &mut Cache) {
        let key = &incoming.envelope.cart;
        let mut touched = self.touched.remove(key).unwrap_or_else(|| {
            let record = cache.take(key).unwrap_or_default();
            Touched { began: record.ts, record, dirty: false }
        });
        let replay = touched.record.is_past(incoming.placement.position);
        let stepping = Stepping { defects: self.defects, began: touched.began };
        let step = stepping.step(&mut touched.record, incoming.placement, &incoming.envelope);
        // A record met again may have been loaded from a write that nobody acknowledged: it is put
        // back before anything is said of it.
        let broken = match step {
            Step::Replayed(_) => Defect::ReplayNotPutBack,
            Step::Decided { .. } | Step::Remembered(_) | Step::Conflict | Step::Passed => {
                Defect::RepeatNotPutBack
            }
        };
        let put_back = replay && !self.defects.has(broken);
        touched.dirty |= put_back || matches!(step, Step::Decided { .. });
        self.carry_out(incoming, record, &touched.record, step);
        self.touched.insert(key.clone(), touched);
    }

    fn carry_out(&mut self, incoming: &Incoming, record: Record, cart: &CartRecord, step: Step) {
        let kind = incoming.envelope.command.kind();
        let outcome = match step {
            Step::Decided { entry, arm } => {
                let cart_key = incoming.envelope.cart.clone();
                let timer = arm.map(|due| Timer { cart: cart_key, due, ts: cart.ts });
                self.timers.extend(timer);
                let outcome = outcome_name(&entry);
                if entry.outcome == Outcome::Rejected(Rejection::Internal) {
                    self.quarantine(record, "Internal", "the decision panicked");
                }
                self.emit(incoming, &entry);
                self.reply(incoming, cart, answer(entry));
                outcome
            }
            Step::Replayed(entry) => {
                if entry.outcome == Outcome::Rejected(Rejection::Internal) {
                    self.quarantine(record, "Internal", "the decision panicked");
                }
                self.emit(incoming, &entry);
                self.reply(incoming, cart, answer(entry));
                "replayed"
            }
            Step::Remembered(print) => {
                let (version, rejected) = (print.version, print.rejected);
                self.reply(incoming, cart, Answer::Remembered { version, rejected });
                "remembered"
            }
            Step::Conflict => {
                self.reply(incoming, cart, Answer::Conflict);
                "conflict"
            }
            Step::Passed => "passed",
        };
        metrics::counter!("cartstream_decisions_total", "kind" => kind, "outcome" => outcome)
            .increment(1);
    }

    fn emit(&mut self, incoming: &Incoming, entry: &Entry) {
        let to = TopicPartition { topic: Topic::Events, partition: self.home.partition };
        let records = entry.events.iter().map(|event| (to, outgoing::event(incoming, event)));
        self.emission.facts.extend(records);
    }

    fn reply(&mut self, incoming: &Incoming, record: &CartRecord, answer: Answer) {
        let Some(partition) = incoming.reply_to else { return };
        let to = TopicPartition { topic: Topic::Replies, partition };
        self.emission.replies.push((to, outgoing::reply(incoming, record, answer)));
    }

    fn quarantine(&mut self, record: Record, class: &str, reason: &str) {
        let to = TopicPartition { topic: Topic::CommandsDeadLetters, partition: Partition::new(0) };
        tracing::warn!(
            kafka.partition = self.home.partition.number(),
            kafka.offset = record.offset,
            class,
            "dead-lettered a command: {reason}"
        );
        metrics::counter!("cartstream_dead_letters_total", "class" => class.to_owned())
            .increment(1);
        if self.defects.has(Defect::PoisonSwallowed) {
            return;
        }
        let letter = outgoing::letter(self.home, record, (class, reason));
        self.emission.facts.push((to, letter));
    }

    /// Encodes what must be stored and gives every cart back to the cache.
    fn writes(&mut self, cache: &mut Cache) -> Vec<CellWrite> {
        let mut writes = Vec::new();
        for (key, Touched { record, dirty, .. }) in std::mem::take(&mut self.touched) {
            let cell = Bytes::from(record.encode());
            if dirty {
                writes.push(CellWrite { cart: key.clone(), cell: cell.clone(), ts: record.ts });
            }
            cache.put(key, record, cell.len());
        }
        writes
    }
}

fn outcome_name(entry: &Entry) -> &'static str {
    match &entry.outcome {
        Outcome::Applied => "applied",
        Outcome::Rejected(rejection) => rejection.code().as_str(),
    }
}

fn answer(entry: Entry) -> Answer {
    match entry.outcome {
        Outcome::Applied => Answer::Applied { version: entry.version },
        Outcome::Rejected(rejection) => Answer::Rejected(rejection),
    }
}

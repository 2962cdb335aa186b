//! Checks what lands in a trace, as the model does: against the fold of the log, one record at a
//! time, by one owner whom nothing ever happens to.

use std::collections::{BTreeMap, BTreeSet};

use cart_processor::fold::Carts;
use cart_processor::intake::{Home, Intake, read};
use cart_processor::step::{Step, step};
use cart_schemas::event::{Event, Place};
use cart_schemas::id::CommandId;
use cart_schemas::partition::Partition;
use cart_schemas::record::{CartRecord, Fingerprint};
use cart_schemas::rejection::RejectionCode;
use cart_schemas::reply::{Answer, Reply};
use cart_storage::log::Record;
use cart_tests::simulation::audit::{Broken, Invariant};

use crate::trace::{LOG, P};

/// What is known, and everything that was wrong.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    /// The record after each decision, the one before the log first.
    folds: Vec<CartRecord>,
    /// Every event there must be, each with the offset of its decision.
    events: Vec<(Option<i64>, Event)>,
    /// The records somebody waits for.
    awaited: BTreeSet<i64>,
    answered: BTreeSet<i64>,
    /// The first answer to each command.
    outcomes: BTreeMap<CommandId, Told>,
    /// The events that have appeared, in the order of their first appearance.
    appeared: Vec<Event>,
    broken: Vec<Broken>,
}

/// What an answer tells: the version after it, or why there is none.
type Told = Result<u64, RejectionCode>;

fn outcome(version: u64, rejected: Option<RejectionCode>) -> Told {
    rejected.map_or(Ok(version), Err)
}

fn step_of(place: Place) -> (u64, u16) {
    (place.version, place.n)
}

impl Judge {
    /// A judge of a log whose cart is `before` at its start, with all of that acknowledged.
    pub(crate) fn new(before: CartRecord) -> Self {
        let events = before.ledger.iter().flat_map(|entry| entry.events.clone());
        let appeared: Vec<_> = events.collect();
        let events = appeared.iter().map(|event| (None, event.clone())).collect();
        let prints = before.ledger.iter().map(Fingerprint::from);
        let prints = prints.chain(before.fingerprints.iter().copied());
        let outcomes = prints.map(|print| (print.command, outcome(print.version, print.rejected)));
        let outcomes = outcomes.collect();
        Self { folds: vec![before], events, appeared, outcomes, ..Self::default() }
    }

    pub(crate) fn broken(&self) -> &[Broken] {
        &self.broken
    }

    /// Whether nobody was answered.
    pub(crate) fn is_silent(&self) -> bool {
        self.answered.is_empty()
    }

    /// Breaks an invariant unless it holds.
    pub(crate) fn check(&mut self, invariant: Invariant, holds: bool, what: &str) {
        self.broken.extend(invariant.holds(holds, || what.to_owned()).err());
    }

    /// The log goes on.
    pub(crate) fn appended(&mut self, record: &Record) {
        let Intake::Command(incoming) = read::<Carts>(record, Home { log: LOG, partition: P })
        else {
            panic!("no command")
        };
        self.awaited.extend(incoming.reply_to.map(|_| record.offset));
        let mut cart = self.folds.last().cloned().unwrap_or_default();
        if let Step::Decided { entry, .. } = step(&mut cart, incoming.placement, &incoming.envelope)
        {
            self.events.extend(entry.events.into_iter().map(|one| (Some(record.offset), one)));
            self.folds.push(cart);
        }
    }

    /// A write has landed; a read saw `before` and sees `after`.
    pub(crate) fn stored(&mut self, write: &CartRecord, before: &CartRecord, after: &CartRecord) {
        let what = format!("version {} at {}", write.version, write.ts.micros());
        self.check(Invariant::Fold, self.folds.contains(write), &what);
        self.check(Invariant::NeverBack, before.position() <= after.position(), &what);
        let events = write.ledger.iter().flat_map(|entry| &entry.events);
        let listed: BTreeSet<_> = events.map(|event| step_of(event.place)).collect();
        let kept = self.events.iter().all(|(_, event)| {
            event.place.version > write.version
                || listed.contains(&step_of(event.place))
                || self.appeared.contains(event)
        });
        self.check(Invariant::LedgerKeeps, kept, &what);
    }

    /// An event has landed.
    pub(crate) fn emitted(&mut self, event: Event) {
        let what = event.place.to_string();
        let step = step_of(event.place);
        let index = self.events.iter().position(|(_, known)| step_of(known.place) == step);
        let known = index.is_some_and(|index| self.events[index].1 == event);
        self.check(Invariant::OneContent, known, &what);
        if known && !self.appeared.contains(&event) {
            let next = index == Some(self.appeared.len());
            self.check(Invariant::NothingLost, next, &what);
            self.appeared.push(event);
        }
    }

    /// The record at an offset was answered, and a read sees `stored`.
    pub(crate) fn answered(&mut self, offset: Partition, reply: &Reply, stored: &CartRecord) {
        self.answered.insert(i64::from(offset.number()));
        let outcome = match &reply.answer {
            Answer::Applied { version } => Ok(*version),
            Answer::Rejected(rejection) => Err(rejection.code()),
            Answer::Remembered { version, rejected } => outcome(*version, *rejected),
            Answer::Conflict => panic!("every command of one name asks the same"),
            Answer::Merged { .. } | Answer::Short { .. } => panic!("nobody merges or pays here"),
        };
        let what = format!("@{offset}: {:?}", reply.answer);
        let first = *self.outcomes.entry(reply.command).or_insert(outcome);
        self.check(Invariant::OneOutcome, first == outcome, &what);
        let seen = outcome.is_ok_and(|version| version <= stored.version) || outcome.is_err();
        self.check(Invariant::ReadYourWrites, seen, &what);
    }

    /// Everything before an offset was committed, and a read sees `stored`.
    pub(crate) fn committed(&mut self, offset: i64, stored: &CartRecord) {
        let reached = stored.position().map(|position| position.offset);
        let undone = |(at, event): &&(Option<i64>, Event)| {
            at.is_some_and(|at| at < offset) && (!self.appeared.contains(event) || *at > reached)
        };
        let holds = self.events.iter().find(undone).is_none();
        self.check(Invariant::NoHole, holds, &format!("committed {offset}"));
    }

    /// An owner has finished the log, and a read sees `stored`.
    pub(crate) fn finished(&mut self, stored: &CartRecord) {
        let all = self.appeared.len() == self.events.len();
        self.check(Invariant::NothingLost, all, "an event was never emitted");
        self.check(Invariant::Fold, self.folds.last() == Some(stored), "not the last record");
        let unanswered: Vec<_> = self.awaited.difference(&self.answered).collect();
        let what = format!("never answered: {unanswered:?}");
        self.check(Invariant::OneOutcome, unanswered.is_empty(), &what);
    }
}

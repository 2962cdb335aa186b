//! One command of the log against one record: new, replayed, remembered or passed over.
//!
//! Adds to the cart's logic what makes it exactly-once: position, ledger and the clock taken from
//! the log. Pure, like the cart.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cart_schemas::cart::Cart;
use cart_schemas::command::Command;
use cart_schemas::dealings::Dealings;
use cart_schemas::envelope::Envelope;
use cart_schemas::event::{Event, Fact, Place, Summary};
use cart_schemas::evolve::apply;
use cart_schemas::record::{CartRecord, Entry, Fingerprint, Outcome, Position};
use cart_schemas::rejection::Rejection;
use cart_schemas::timestamp::Timestamp;

use crate::cart::{Change, Known, deadline, dealt, passed};
use crate::defects::{Clocks, Defect, Defects, NoDefects};

/// Where a command lies in the log and when the log appended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// Its position.
    pub position: Position,
    /// The broker's append time.
    pub appended: Timestamp,
}

/// What one record came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It was decided now: the entry is the newest of the ledger, the record must be stored.
    Decided {
        /// The decision.
        entry: Entry,
        /// A timer to arm before the record is stored.
        arm: Option<Timestamp>,
    },
    /// It had been decided, and perhaps not all of it was emitted: put the record back as it is
    /// and emit all of it again.
    Replayed(Entry),
    /// Its id had been decided by another record asking the same: answer, decide nothing.
    Remembered(Fingerprint),
    /// Its id had been decided by another record asking something else: answer, decide nothing.
    Conflict,
    /// It was decided and acknowledged so long ago that nobody waits: say nothing.
    Passed,
}

/// Decides `envelope` on `record`, which is the one of its cart.
///
/// The record changes only for [`Step::Decided`]. Its `ts` then advances to
/// `max(ts + 1, append time)`, whatever the decision was.
pub fn step(record: &mut CartRecord, placement: Placement, envelope: &Envelope) -> Step {
    let began = record.ts;
    Stepping { defects: &NoDefects, began }.step(record, placement, envelope)
}

/// What a step knows besides the record and the command.
#[derive(Debug)]
pub(crate) struct Stepping<'a, D> {
    pub(crate) defects: &'a D,
    /// The record's `ts` before the first step of its micro-batch.
    pub(crate) began: Timestamp,
}

impl<D: Defects> Stepping<'_, D> {
    /// See [`step`].
    pub(crate) fn step(
        &self,
        record: &mut CartRecord,
        placement: Placement,
        envelope: &Envelope,
    ) -> Step {
        let position = placement.position;
        if record.is_past(position) && !self.defects.has(Defect::NoPositionCheck) {
            let by_id = self.defects.has(Defect::ReplayFoundById);
            let is_it = |entry: &&Entry| match by_id {
                false => entry.position == position,
                true => entry.command == envelope.id,
            };
            if let Some(entry) = record.ledger.iter().find(is_it) {
                return Step::Replayed(entry.clone());
            }
            return self.remembered(record, envelope).unwrap_or(Step::Passed);
        }
        match self.remembered(record, envelope) {
            Some(step) => step,
            None => self.decided(record, placement, envelope),
        }
    }

    fn remembered(&self, record: &CartRecord, envelope: &Envelope) -> Option<Step> {
        let print = record.remembered(envelope.id)?;
        if self.defects.has(Defect::RepeatDecidedAgain) {
            return None;
        }
        let same = print.digest == envelope.digest;
        Some(if same { Step::Remembered(print) } else { Step::Conflict })
    }

    fn decided(&self, record: &mut CartRecord, placement: Placement, envelope: &Envelope) -> Step {
        let ts = self.defects.ts(Clocks { began: self.began, last: record.ts, placement });
        let Verdict { changes, outcome, dealings } = self.judge(record, envelope, ts);
        let version = record.version.saturating_add(u64::from(!changes.is_empty()));
        let place = |n, of| Place { cart: record.cart_id(&envelope.cart), version, n, of };
        let (cart, events) = unfold(record.cart.clone(), &changes, |n, of, after, change| {
            let user = envelope.cart.user().clone();
            let fact: Fact = change.fact.clone();
            Event { place: place(n, of), user, at: change.moment.at, after, fact }
        });
        let entry = Entry {
            position: placement.position,
            command: envelope.id,
            digest: envelope.digest,
            outcome,
            version,
            events,
        };
        let rejected = matches!(entry.outcome, Outcome::Rejected(_)) && entry.events.is_empty();
        if rejected && self.defects.has(Defect::RejectionForgotten) {
            return Step::Decided { entry, arm: None };
        }
        record.cart = cart;
        record.dealings = dealings.unwrap_or_else(|| std::mem::take(&mut record.dealings));
        record.version = version;
        record.ts = ts;
        record.format = record.format.under(envelope.rules);
        let deadline = deadline(&record.cart, &record.dealings, &envelope.policy, ts);
        let arm = deadline.filter(|deadline| self.must_arm(record, *deadline, &envelope.command));
        record.timer = arm.or_else(|| record.timer.filter(|_| deadline.is_some()));
        record.remember(entry.clone());
        Step::Decided { entry, arm }
    }

    /// A panic in the cart's logic is a defect, and a decision: it is kept as the outcome
    /// `internal` and changes nothing, so that every replay of this record by this build agrees.
    fn judge(&self, record: &CartRecord, envelope: &Envelope, ts: Timestamp) -> Verdict {
        let id = record.cart_id(&envelope.cart);
        let CartRecord { version, ref cart, ref dealings, .. } = *record;
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let due = self.defects.due(cart, dealings, &envelope.policy, ts);
            let cart = due
                .iter()
                .fold(cart.clone(), |cart, change| apply(cart, &change.fact, change.moment));
            let passed = passed(&record.cart, dealings, &due, ts);
            let known = passed.as_ref().unwrap_or(dealings);
            let known = Known { id, version, cart: &cart, dealings: known };
            let came = self.defects.decide(known, envelope, ts);
            let came_to = came.as_ref().map(Vec::as_slice);
            let dealt = dealt(known, envelope, came_to, ts);
            (due, came, dealt.or(passed))
        }));
        let (due, came, dealings) = judged.unwrap_or_else(|_panic| {
            let known = Known { id, version, cart, dealings };
            let internal = Rejection::Internal;
            let dealings = dealt(known, envelope, Err(&internal), ts);
            (Vec::new(), Err(internal), dealings)
        });
        let (changes, outcome) = match came {
            Ok(changes) => (changes, Outcome::Applied),
            Err(rejection) => (Vec::new(), Outcome::Rejected(rejection)),
        };
        Verdict { changes: due.into_iter().chain(changes).collect(), outcome, dealings }
    }

    /// Whether a timer must be armed for a deadline. One that is armed for an earlier or the same
    /// time and has not fired by the cart's clock serves; a Wake has used up the one it came from,
    /// so it always arms anew.
    fn must_arm(&self, record: &CartRecord, deadline: Timestamp, command: &Command) -> bool {
        let unfired = |timer| timer > record.ts || self.defects.has(Defect::FiredTimerCounts);
        let waits = |timer: Timestamp| timer <= deadline && unfired(timer);
        let woken = matches!(command, Command::Wake { .. })
            && !self.defects.has(Defect::EarlyWakeForgotten);
        woken || !record.timer.is_some_and(waits)
    }
}

/// What a record decides: everything due, then the command if it is not rejected.
struct Verdict {
    changes: Vec<Change>,
    outcome: Outcome,
    /// The dealings after it, if they are others.
    dealings: Option<Dealings>,
}

/// Applies the changes in order and makes an event of each.
fn unfold(
    mut cart: Cart,
    changes: &[Change],
    event: impl Fn(u16, u16, Summary, &Change) -> Event,
) -> (Cart, Vec<Event>) {
    let of = u16::try_from(changes.len()).unwrap_or(u16::MAX);
    let events = (0..of).zip(changes).map(|(n, change)| {
        cart = apply(std::mem::take(&mut cart), &change.fact, change.moment);
        event(n, of, Summary::of(&cart, change.moment.currency), change)
    });
    let events = events.collect();
    (cart, events)
}

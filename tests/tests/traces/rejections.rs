//! Hole a: what becomes of a rejection. It is a decision like any other: stored, remembered,
//! found again by its place.

use cart_processor::defects::Defect;
use cart_schemas::record::{FINGERPRINTS, LEDGER};
use cart_tests::simulation::audit::Invariant;
use cart_tests::simulation::mutant::{Mutant, Subject};

use crate::regress;
use crate::request::{add, adds, remove};
use crate::trace::Trace;

const FORGOTTEN: Mutant = Mutant::Rule(Defect::RejectionForgotten);

/// Hole a1, "rejected id retried after a later add: command r answered applied, its first outcome
/// is rejected".
#[test]
fn a_rejected_command_retried_after_a_later_add_is_rejected_again() {
    regress(Invariant::OneOutcome, FORGOTTEN, |subject| {
        let mut trace = Trace::new(subject, [remove("r"), add("a"), remove("r")]);
        let owner = trace.take_over();
        trace.take(owner, 0..3);
        trace.store(owner);
        trace.emit(owner);
        trace.finish(owner);
        trace.finished();
        trace
    });
}

/// Hole a1 with its weaker fix alone, "rejection ends the micro-batch": it must be stored, too.
#[test]
fn a_rejected_command_is_rejected_again_even_if_its_micro_batch_ended_with_it() {
    regress(Invariant::OneOutcome, FORGOTTEN, |subject| {
        let mut trace = Trace::new(subject, [remove("r"), add("a"), remove("r")]);
        let owner = trace.take_over();
        trace.take(owner, 0..1);
        trace.finish(owner);
        trace.take(owner, 1..3);
        trace.store(owner);
        trace.emit(owner);
        trace.finish(owner);
        trace.finished();
        trace
    });
}

/// Hole a2, "rejection decided, crash after the store of a later change: its answer is never
/// sent".
#[test]
fn a_rejection_is_answered_though_its_owner_crashed_after_storing_a_later_change() {
    regress(Invariant::OneOutcome, FORGOTTEN, |subject| {
        let mut trace = Trace::new(subject, [remove("r"), add("a")]);
        let owner = trace.take_over();
        trace.take(owner, 0..2);
        trace.store(owner);
        trace.crash(owner);
        let second = trace.take_over();
        trace.take(second, 0..2);
        trace.finish(second);
        trace.finished();
        trace
    });
}

/// Hole a3, "replay finds its ledger entry by command id: first appearance of event 2 before an
/// earlier one".
///
/// In the model the id is free again because a rejection was not stored. The product stores it, so
/// here the id is free again because so many decisions lie between that it is forgotten.
#[test]
fn a_replay_of_a_forgotten_id_does_not_emit_what_the_id_came_to_later() {
    regress(Invariant::NothingLost, Mutant::Rule(Defect::ReplayFoundById), |subject: Subject| {
        let fillers = LEDGER + FINGERPRINTS;
        let again = [add("r").unawaited()];
        let log = again.clone().into_iter().chain(adds(fillers)).chain(again);
        let mut trace = Trace::new(subject, log);
        let owner = trace.take_over();
        trace.take(owner, 0..fillers);
        trace.finish(owner);
        trace.take(owner, fillers..fillers + 2);
        trace.store(owner);
        trace.crash(owner);
        let second = trace.take_over();
        trace.take(second, 0..1);
        trace.finish(second);
        trace.read_on(second);
        trace.finish(second);
        trace.finished();
        trace
    });
}

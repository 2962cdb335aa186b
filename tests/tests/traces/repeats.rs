//! Hole e: one command id at two places of the log.

use cart_processor::defects::Defect;
use cart_schemas::record::{FINGERPRINTS, LEDGER};
use cart_tests::simulation::audit::Invariant;
use cart_tests::simulation::mutant::{Mutant, Subject};

use crate::request::{Request, add, adds};
use crate::trace::Trace;
use crate::{breaks_only, regress};

const DECIDED_AGAIN: Mutant = Mutant::Rule(Defect::RepeatDecidedAgain);

fn run(subject: Subject, log: impl IntoIterator<Item = Request>) -> Trace {
    let mut trace = Trace::new(subject, log);
    let owner = trace.take_over();
    trace.read_on(owner);
    trace.finish(owner);
    trace.finished();
    trace
}

/// A command, so many others, the command again.
fn around(others: usize) -> impl Iterator<Item = Request> {
    [add("a")].into_iter().chain(adds(others)).chain([add("a")])
}

/// Hole e, "inside the horizon".
#[test]
fn a_command_is_applied_once_however_often_it_lies_in_the_log() {
    regress(Invariant::OneOutcome, DECIDED_AGAIN, |subject| {
        run(subject, ["a", "b", "a", "c", "a"].map(add))
    });
}

/// Hole e, "beyond the horizon: command a applied twice": the horizon is where it is said to be.
#[test]
fn a_command_is_remembered_for_as_many_decisions_as_are_promised_and_no_longer() {
    let horizon = LEDGER + FINGERPRINTS;
    regress(Invariant::OneOutcome, DECIDED_AGAIN, |subject| run(subject, around(horizon - 1)));

    let beyond = run(Subject(None), around(horizon));
    assert!(breaks_only(&beyond, Invariant::OneOutcome), "{:?}", beyond.broken());
}

/// Hole e, "duplicate answered, not stored; replay matched by position only: record 1 never
/// answered".
///
/// The first owner is the product in both runs: a mutant that matches by position only is only
/// one about what another owner stored.
#[test]
fn a_repeat_is_answered_by_an_owner_that_finds_no_decision_at_its_place() {
    regress(Invariant::OneOutcome, DECIDED_AGAIN, |subject| {
        let mut trace = Trace::new(subject, ["a", "a", "b"].map(add));
        let owner = trace.take_over_as(Subject(None));
        trace.take(owner, 0..3);
        trace.store(owner);
        trace.crash(owner);
        let second = trace.take_over();
        trace.take(second, 0..3);
        trace.finish(second);
        trace.finished();
        trace
    });
}

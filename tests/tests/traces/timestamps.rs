//! Hole c: a timestamp that advances per write instead of per decision. Two owners whose writes
//! begin at different records then disagree about one decision's timestamp.

use cart_tests::simulation::audit::Invariant;
use cart_tests::simulation::mutant::{Clock, Mutant, Subject};

use crate::regress;
use crate::request::add;
use crate::trace::Trace;

const PER_WRITE: Mutant = Mutant::Time(Clock::PerWrite);

/// Two adds, appended at these seconds.
fn two(subject: Subject, times: [i64; 2]) -> Trace {
    let [first, second] = times;
    Trace::new(subject, [add("a").at(first), add("b").at(second)])
}

/// One owner stores both in one write.
fn together(subject: Subject, times: [i64; 2]) -> Trace {
    let mut trace = two(subject, times);
    let owner = trace.take_over();
    trace.take(owner, 0..2);
    trace.store(owner);
    trace.finish(owner);
    trace.finished();
    trace
}

/// One owner holds the write of the first, another stores both, then the first write lands.
fn late(subject: Subject, times: [i64; 2]) -> Trace {
    let mut trace = two(subject, times);
    let zombie = trace.take_over();
    trace.take(zombie, 0..1);
    let owner = trace.take_over();
    trace.take(owner, 0..2);
    trace.store(owner);
    trace.store(zombie);
    trace.finish(owner);
    trace.finish(zombie);
    trace.finished();
    trace
}

/// Hole c, "per write, times back: written record is not the fold of a prefix".
#[test]
fn a_write_over_two_decisions_is_a_fold_though_the_append_times_step_back() {
    regress(Invariant::Fold, PER_WRITE, |subject| together(subject, [50, 10]));
}

/// Hole c, "per write, equal times: written record is not the fold of a prefix".
#[test]
fn a_write_over_two_decisions_is_a_fold_though_the_append_times_are_equal() {
    regress(Invariant::Fold, PER_WRITE, |subject| together(subject, [50, 50]));
}

/// Hole c, "per write, times back, damage: stored record goes back".
#[test]
fn a_late_write_loses_to_a_later_decision_appended_at_an_earlier_time() {
    regress(Invariant::NeverBack, PER_WRITE, |subject| late(subject, [50, 10]));
}

/// Hole c, "per write, equal times, damage: stored record goes back".
#[test]
fn a_late_write_loses_to_a_later_decision_appended_at_the_same_time() {
    regress(Invariant::NeverBack, PER_WRITE, |subject| late(subject, [50, 50]));
}

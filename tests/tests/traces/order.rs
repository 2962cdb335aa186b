//! Holes n and j: what lands out of order, and what is dropped while it is in hand.

use cart_processor::defects::Defect;
use cart_tests::simulation::audit::Invariant;
use cart_tests::simulation::mutant::{Mutant, Subject};

use crate::request::add;
use crate::trace::Trace;
use crate::{breaks_only, regress};

/// One micro-batch of two, whose facts a producer sends in order or not.
fn emissions(ordered: bool) -> Trace {
    let mut trace = Trace::new(Subject(None), [add("a"), add("b")]);
    let owner = trace.take_over();
    trace.take(owner, 0..2);
    trace.store(owner);
    if !ordered {
        trace.disorder(owner);
    }
    trace.emit(owner);
    trace.finish(owner);
    trace.finished();
    trace
}

/// Hole n, "emissions of one micro-batch land in any order: first appearance of event 2 before an
/// earlier one".
///
/// No mutant is a producer without order, which is the log's to keep (its contract has a test of
/// it); here the worker's part is held fast, which is to hand the facts over in order, and the
/// hole is made by hand.
#[test]
fn the_facts_of_one_micro_batch_are_handed_over_in_the_order_of_their_versions() {
    assert_eq!(emissions(true).broken(), []);

    let trace = emissions(false);
    assert!(breaks_only(&trace, Invariant::NothingLost), "{:?}", trace.broken());
}

/// Hole j, "drop and go on: offset 1 committed, event 1 not emitted or not stored".
#[test]
fn an_owner_that_drops_its_memory_reads_again_what_it_had_in_hand() {
    regress(Invariant::NoHole, Mutant::Rule(Defect::NoRewind), |subject| {
        let mut trace = Trace::new(subject, [add("a"), add("b")]);
        let owner = trace.take_over();
        trace.take(owner, 0..1);
        trace.drop_memory(owner);
        trace.read_on(owner);
        trace.finish(owner);
        trace.commit(owner);
        trace.finished();
        trace
    });
}

/// Hole j where the write had landed, "drop and rewind to the last acknowledged offset": what was
/// stored and not emitted is emitted again.
#[test]
fn an_owner_that_drops_its_memory_after_its_write_landed_emits_what_it_stored() {
    regress(Invariant::NoHole, Mutant::Rule(Defect::NoRewind), |subject| {
        let mut trace = Trace::new(subject, [add("a"), add("b")]);
        let owner = trace.take_over();
        trace.take(owner, 0..1);
        trace.store(owner);
        trace.drop_memory(owner);
        trace.read_on(owner);
        trace.finish(owner);
        trace.commit(owner);
        trace.finished();
        trace
    });
}

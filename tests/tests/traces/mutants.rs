//! The model's mutants of the fixed protocol that are no hole of another file: each rule on which
//! everything rests, and the shortest trace that misses it.

use cart_processor::defects::Defect;
use cart_processor::step::{Placement, step};
use cart_schemas::generation::Generation;
use cart_schemas::record::{CartRecord, LEDGER, Position};
use cart_tests::simulation::audit::Invariant;
use cart_tests::simulation::mutant::{Clock, Mutant, Order, Subject};

use crate::regress;
use crate::request::{add, adds, remove};
use crate::trace::Trace;

/// "Emit before store: reply tells version 1, a read sees 0".
#[test]
fn a_read_after_a_reply_sees_its_version() {
    regress(Invariant::ReadYourWrites, Mutant::Stages(Order::EmitBeforeStore), |subject| {
        let mut trace = Trace::new(subject, [add("a")]);
        let owner = trace.take_over();
        trace.take(owner, 0..1);
        trace.store(owner);
        trace.emit(owner);
        trace
    });
}

/// "Offset timestamps, topic re-created: reply tells version 4, a read sees 3".
#[test]
fn a_new_generations_first_write_wins_over_what_is_stored() {
    regress(Invariant::ReadYourWrites, Mutant::Time(Clock::Offset), |subject| {
        let mut before = CartRecord::default();
        let generation = Generation::FIRST;
        let position = Position { generation, offset: 2 };
        let placement = Placement { position, appended: add("p").appended(2) };
        step(&mut before, placement, &add("p").envelope());
        let mut trace = Trace::after(&before, subject, [add("a")]);
        let owner = trace.take_over();
        trace.take(owner, 0..1);
        trace.store(owner);
        trace.emit(owner);
        trace
    });
}

/// "Ledger evicts unacknowledged (micro-batch of K+1)".
#[test]
fn a_micro_batch_of_more_than_the_ledger_holds_is_two() {
    regress(Invariant::LedgerKeeps, Mutant::Rule(Defect::LedgerOverrun), |subject| {
        let mut trace = Trace::new(subject, adds(LEDGER + 1));
        let owner = trace.take_over();
        trace.take(owner, 0..LEDGER + 1);
        trace.store(owner);
        trace.finish(owner);
        trace.finished();
        trace
    });
}

/// "No position check": what was stored and not emitted is told again only if it is known to be a
/// replay.
#[test]
fn what_was_stored_and_not_emitted_is_emitted_by_the_next_owner() {
    regress(Invariant::NothingLost, Mutant::Rule(Defect::NoPositionCheck), |subject: Subject| {
        let mut trace = Trace::new(subject, [add("a"), remove("b")]);
        let owner = trace.take_over();
        trace.take(owner, 0..1);
        trace.store(owner);
        trace.drop_memory(owner);
        trace.read_on(owner);
        trace.finish(owner);
        trace.finished();
        trace
    });
}

/// "Local clock timestamps, damage: stored record goes back".
#[test]
fn a_late_write_of_an_owner_whose_clock_is_ahead_loses() {
    regress(Invariant::NeverBack, Mutant::Time(Clock::Local), |subject| {
        let mut trace = Trace::new(subject, [add("a"), add("b")]);
        let zombie = trace.take_over();
        trace.set_clock(zombie, 1_000);
        trace.take(zombie, 0..1);
        let owner = trace.take_over();
        trace.set_clock(owner, 2);
        trace.take(owner, 0..2);
        trace.store(owner);
        trace.store(zombie);
        trace
    });
}

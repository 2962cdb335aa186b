//! Holes d and k: what may leave the ledger, and when. A decision stays in it until all it emits
//! is acknowledged.

use cart_processor::defects::Defect;
use cart_processor::timers::Timer;
use cart_schemas::cart::CartState;
use cart_schemas::record::LEDGER;
use cart_tests::simulation::audit::Invariant;
use cart_tests::simulation::mutant::{Mutant, Subject};

use crate::request::{add, adds, at, cart, wake};
use crate::trace::Trace;
use crate::{breaks, regress};

/// A first owner stores so many and crashes before it emits; a second one is given one more than
/// the ledger holds.
fn replays(subject: Subject, stored: usize) -> Trace {
    let mut trace = Trace::new(subject, adds(LEDGER + 1));
    let owner = trace.take_over();
    trace.take(owner, 0..stored);
    trace.store(owner);
    trace.crash(owner);
    let second = trace.take_over();
    trace.take(second, 0..LEDGER + 1);
    trace.store(second);
    trace.finish(second);
    trace.finished();
    trace
}

/// Hole d, "replays not counted: ledger dropped event 1 before it was acknowledged".
///
/// The mutant is the one that counts nothing at all. `ReplaysNotCounted` does not have the hole: it
/// lets only replays pass beyond the count, and those drop nothing.
#[test]
fn a_new_decision_does_not_push_a_replayed_one_out_of_the_ledger() {
    let overrun = Mutant::Rule(Defect::LedgerOverrun);
    regress(Invariant::LedgerKeeps, overrun, |subject| replays(subject, LEDGER));
    regress(Invariant::LedgerKeeps, overrun, |subject| replays(subject, 1));
}

/// An add, its expiry, and an add that opens the cart again; the last two in one micro-batch.
fn reopened(amend: impl Fn(&mut Trace)) -> Trace {
    let timer = Timer { cart: cart(), due: at(70), ts: at(10) };
    let log = [add("a").at(10).keeping(60), wake(0, &timer).at(80), add("b").at(90).keeping(60)];
    let mut trace = Trace::new(Subject(None), log);
    let owner = trace.take_over();
    trace.take(owner, 0..1);
    trace.finish(owner);
    trace.take(owner, 1..3);
    amend(&mut trace);
    trace.store(owner);
    trace.finish(owner);
    trace.finished();
    trace
}

/// Hole k, "new life starts with an empty ledger: ledger dropped event 2 before it was
/// acknowledged". There is no erasure yet, so a cart's new life is an add after its expiry.
///
/// No mutant empties a ledger; the hole is made by hand, in the write that is about to land.
#[test]
fn a_cart_that_is_opened_again_carries_the_ledger_of_before() {
    let trace = reopened(|_| {});
    assert_eq!(trace.broken(), []);
    let record = trace.store.cart();
    assert_eq!((record.life, record.version, record.ledger.len()), (0, 3, 3));
    assert_eq!(record.cart.state, CartState::Active);

    let emptied = reopened(|trace| {
        let owner = trace.current();
        trace.amend(owner, |record| drop(record.ledger.drain(..record.ledger.len() - 1)));
    });
    assert!(breaks(&emptied, Invariant::LedgerKeeps), "{:?}", emptied.broken());
}

/// Hole k, "cartID from the command id": the id is of the key and the life, and versions go on,
/// so that no event of one life has the name of another's.
#[test]
fn a_cart_that_is_opened_again_keeps_its_id_and_goes_on_with_its_versions() {
    let record = reopened(|_| {}).store.cart();

    let events = record.ledger.iter().flat_map(|entry| &entry.events);
    let places: Vec<_> = events.map(|event| (event.place.cart, event.place.version)).collect();
    let id = record.cart_id(&cart());
    assert_eq!(places, [(id, 1), (id, 2), (id, 3)]);
}

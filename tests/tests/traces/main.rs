//! The traces of the protocol's and the timers' model, step by step against the real worker and
//! scanner: what was once a hole is run on the product, which must keep every invariant, and on
//! the mutant that has the hole, which must break the trace's own.
//!
//! A [`trace::Trace`] is the model's world: one cart on one partition, any number of owners, a
//! cell of which the last write wins, the events. [`judge`] checks what lands as the model does.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod judge;
mod owner;
mod request;
mod scanning;
mod store;
mod trace;

mod ledger;
mod mutants;
mod order;
mod recreated;
mod rejections;
mod repeats;
mod timers;
mod timestamps;

use cart_tests::simulation::audit::{Broken, Invariant};
use cart_tests::simulation::mutant::{Mutant, Subject};
use trace::Trace;

/// Runs a trace on the product, which keeps every invariant, and on a mutant, which breaks the
/// one that the hole is about.
fn regress(invariant: Invariant, mutant: Mutant, run: impl Fn(Subject) -> Trace) {
    assert_eq!(run(Subject(None)).broken(), [], "the product");
    let trace = run(Subject(Some(mutant)));
    assert!(breaks(&trace, invariant), "{mutant} breaks only {:?}", trace.broken());
}

fn breaks(trace: &Trace, invariant: Invariant) -> bool {
    trace.broken().iter().any(|broken: &Broken| broken.invariant == invariant)
}

/// A trace that breaks this and nothing else: a limit that is known and written down.
fn breaks_only(trace: &Trace, invariant: Invariant) -> bool {
    breaks(trace, invariant) && trace.broken().iter().all(|broken| broken.invariant == invariant)
}

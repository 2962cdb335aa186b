//! Hole f: the topic was re-created. Before, three commands of the log as it was are stored.

use cart_processor::defects::Defect;
use cart_processor::step::{Placement, Step, step};
use cart_schemas::event::Event;
use cart_schemas::generation::Generation;
use cart_schemas::record::{CartRecord, FINGERPRINTS, LEDGER, Position, Progress};
use cart_tests::simulation::audit::Invariant;
use cart_tests::simulation::mutant::{Mutant, Subject};

use crate::request::{Request, add, adds};
use crate::trace::{GENERATION, Trace};
use crate::{breaks, breaks_only, regress};

/// The generation before this log's, and the one after it.
const EARLIER: Generation = Generation::FIRST;
const LATER: Generation = GENERATION.next();

/// Decides requests of a log of some generation by hand, at the offsets they lie at.
fn decide(record: &mut CartRecord, generation: Generation, log: &[(i64, Request)]) -> Vec<Event> {
    let mut events = Vec::new();
    for (offset, request) in log {
        let position = Position { generation, offset: *offset };
        let appended = request.appended(*offset);
        let placement = Placement { position, appended };
        let Step::Decided { entry, .. } = step(record, placement, &request.envelope()) else {
            panic!("not decided: {request:?}");
        };
        events.extend(entry.events);
    }
    events
}

/// The cart after these requests of a log of some generation.
fn stored(generation: Generation, log: impl IntoIterator<Item = Request>) -> CartRecord {
    let mut record = CartRecord::default();
    let log: Vec<_> = (0..).zip(log).collect();
    decide(&mut record, generation, &log);
    record
}

fn three() -> [Request; 3] {
    [add("p").at(1), add("q").at(2), add("r").at(3)]
}

/// One owner reads the whole log of a cart that is stored as `before`.
fn run(before: &CartRecord, subject: Subject, log: Vec<Request>) -> Trace {
    let mut trace = Trace::after(before, subject, log);
    let owner = trace.take_over();
    trace.read_on(owner);
    trace.finish(owner);
    trace.finished();
    trace
}

/// Hole f, "offsets compared without incarnation: records 0 and 1 never answered".
///
/// No mutant compares offsets alone. What it would do is what the product does where there is no
/// difference to see: where the stored cart is of this very generation, and so far on that the
/// records' places have left its ledger.
#[test]
fn a_new_generations_first_records_are_decided_though_their_offsets_are_stored_ones() {
    let log = || vec![add("a").at(500), add("b").at(510)];
    let before = |generation| stored(generation, adds(LEDGER + 2));
    assert_eq!(run(&before(EARLIER), Subject(None), log()).broken(), []);

    let blind = run(&before(GENERATION), Subject(None), log());
    assert!(breaks_only(&blind, Invariant::OneOutcome), "{:?}", blind.broken());
}

/// Hole f, "operator reuses the incarnation, high watermark already past: records 0, 1 and 2 never
/// answered". The product does not decide from that log at all.
#[test]
fn a_log_made_anew_under_the_old_generation_is_refused_though_it_is_longer() {
    regress(Invariant::ForeignLog, Mutant::Rule(Defect::WitnessIgnored), |subject| {
        let before = stored(GENERATION, three());
        let last = add("r").id();
        let progress = Progress {
            generation: GENERATION,
            partitions: 1,
            offset: 2,
            command: last,
            ts: before.ts,
            owner: None,
        };
        let log = ["a", "b", "c", "d"].map(add);
        let mut trace = Trace::after(&before, subject, log).with_progress(progress);
        let owner = trace.take_over();
        trace.take(owner, 0..4);
        trace.finish(owner);
        trace.refused(owner, &before);
        trace
    });
}

/// Hole f, "incarnation raised, tail copied, beyond the horizon: command p applied twice". A tail
/// no longer than the horizon does no harm; a longer one does, so no tail is copied.
#[test]
fn a_copied_tail_is_remembered_as_far_as_the_horizon_and_no_further() {
    let again = Mutant::Rule(Defect::RepeatDecidedAgain);
    let tail = |length| adds(length).into_iter().map(|one| one.at(1)).collect::<Vec<_>>();
    let copied = |length, subject| run(&stored(EARLIER, tail(length)), subject, tail(length));
    let horizon = LEDGER + FINGERPRINTS;
    regress(Invariant::OneOutcome, again, |subject| copied(horizon, subject));

    let beyond = copied(horizon + 1, Subject(None)).store.cart();
    assert_eq!(usize::try_from(beyond.version).unwrap(), 2 * (horizon + 1));
}

/// Hole f, "old-incarnation processor still alive, holds one more record": one that has to load
/// what a later generation stored passes its own log over.
#[test]
fn a_processor_of_an_old_generation_that_loads_what_a_later_one_stored_changes_nothing() {
    regress(Invariant::NeverBack, Mutant::Rule(Defect::NoPositionCheck), |subject| {
        let mut before = stored(GENERATION, three());
        decide(&mut before, LATER, &[(0, add("a").at(9))]);
        let log = three().into_iter().chain([add("z").at(4).unawaited()]);
        let mut trace = Trace::after(&before, subject, log);
        let zombie = trace.take_over();
        trace.take(zombie, 3..4);
        trace.finish(zombie);
        trace
    });
}

/// The same, one that holds the cart in its memory: "written record is not the fold of a prefix".
///
/// No mutant, for nothing in a worker prevents it: every processor of a generation is stopped
/// before the next one starts. What it stores late does not win, for the log's clock has gone on;
/// what it emits is a second content of a version.
#[test]
fn a_processor_of_an_old_generation_with_memory_makes_a_second_content_of_a_version() {
    let before = stored(EARLIER, three());
    let mut old = before.clone();
    let event = decide(&mut old, EARLIER, &[(3, add("z").at(4))]).remove(0);

    let mut trace = run(&before, Subject(None), vec![add("a")]);
    assert_eq!(trace.broken(), []);
    let stored = trace.store.cart();

    trace.land(old.ts, old.encode().into());
    assert!(breaks_only(&trace, Invariant::Fold), "{:?}", trace.broken());
    assert_eq!(trace.store.cart(), stored);

    trace.judge.emitted(event);
    assert!(breaks(&trace, Invariant::OneContent), "{:?}", trace.broken());
}

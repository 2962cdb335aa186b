//! Holes g: how a timer is lost. The model's "touch" is an add that keeps the cart a minute from
//! then on; its "look" is that everything due is woken.

use cart_processor::defects::Defect;
use cart_tests::simulation::audit::Invariant;
use cart_tests::simulation::mutant::{Clock, Mutant, Order, Sabotage, Subject};

use crate::owner::Who;
use crate::request::{Request, add, at};
use crate::scanning::Clear;
use crate::trace::Trace;
use crate::{breaks, regress};

/// An add that keeps the cart until a minute after this second.
fn touch(second: i64) -> Request {
    add(&format!("touch at {second}")).at(second).keeping(60)
}

/// A log of touches, all of them folded.
fn touched(subject: Subject, seconds: &[i64]) -> (Trace, Who) {
    let mut trace = Trace::new(subject, seconds.iter().copied().map(touch));
    let owner = trace.take_over();
    trace.read_on(owner);
    trace.finish(owner);
    (trace, owner)
}

/// The owner folds what lies in the log by now.
fn fold(trace: &mut Trace, owner: Who) {
    trace.read_on(owner);
    trace.finish(owner);
}

/// Hole g1, "arm after the state write: state lands, crash before the arm; replay passes over".
#[test]
fn a_timer_is_noted_before_the_cart_that_counts_on_it_is_stored() {
    let mutant = Mutant::Stages(Order::ArmAfterStore);
    regress(Invariant::EverythingDueIsWoken, mutant, |subject| {
        let mut trace = Trace::new(subject, [touch(10)]);
        let owner = trace.take_over();
        trace.take(owner, 0..1);
        trace.store(owner);
        trace.crash(owner);
        let second = trace.take_over();
        fold(&mut trace, second);
        trace.wakes_until(100);
        trace.finished();
        trace
    });
}

/// Hole g2, "clear at the scanner's clock": the Wake comes early by the broker's clock, which lags
/// behind, and the timer that it arms again is cleared with the one that was woken.
///
/// The product clears whole slots, and none before every Wake from it is decided.
#[test]
fn a_slot_is_not_dropped_before_its_early_wakes_have_armed_anew() {
    let (mut trace, owner) = touched(Subject(None), &[10]);
    assert!(trace.tick(400, 60));
    assert!(!trace.tick(401, 60));
    assert!(!trace.wants_a_drop());

    fold(&mut trace, owner);
    trace.wakes_until(402);
    trace.finished();

    assert_eq!(trace.broken(), []);
}

/// A timer is armed between the scanner's last look at its slot and the clear; the owner crashes
/// before it is remembered where scanning goes on.
fn armed_late(subject: Subject, clear: Clear) -> Trace {
    let (mut trace, owner) = touched(subject, &[10]);
    assert!(trace.tick(400, 75));
    fold(&mut trace, owner);
    assert!(!trace.tick(401, 75));
    trace.append(&touch(90));
    fold(&mut trace, owner);
    trace.drop_lands(clear);
    trace.commit(owner);
    trace.crash(owner);
    trace.take_over();
    trace.wakes_until(402);
    trace.finished();
    trace
}

/// Hole g2 to the letter: the clear itself must hide nothing that is armed later. The product arms
/// nothing in a slot it is clearing; with a mutant that does, clearing at the scanner's clock, which
/// is done by hand, hides it.
#[test]
fn a_timer_armed_while_its_slot_is_being_dropped_outlives_the_drop() {
    assert_eq!(armed_late(Subject(None), Clear::AtNewest).broken(), []);
    assert_eq!(armed_late(Subject(None), Clear::AtClock).broken(), []);

    let behind = Subject(Some(Mutant::Around(Sabotage::TimerBehindScanner)));
    assert_eq!(armed_late(behind, Clear::AtNewest).broken(), []);
    let hidden = armed_late(behind, Clear::AtClock);
    assert!(breaks(&hidden, Invariant::EverythingDueIsWoken), "{:?}", hidden.broken());
}

/// Hole g3, "early wake re-arms at the record's old ts": the log's clock stands still or steps
/// back, and the timer armed again is taken for the one that was woken.
///
/// The mutant is the one whose timestamps do not advance when the append time does not.
#[test]
fn a_timer_armed_again_by_an_early_wake_is_a_later_one() {
    regress(Invariant::EverythingDueIsWoken, Mutant::Time(Clock::AppendTime), |subject| {
        let (mut trace, owner) = touched(subject, &[50]);
        assert!(trace.tick(120, 50));
        fold(&mut trace, owner);
        trace.wakes_until(121);
        trace.finished();
        trace
    });
}

/// Hole g4, "early wake not stored, ts computed": the second early Wake arms at the timestamp of
/// the first, which was cleared.
///
/// No mutant stores no early Wake; the nearest one arms nothing after it. What is decided of both
/// is in the record, each later than the one before.
#[test]
fn each_of_two_early_wakes_is_stored_and_arms_anew() {
    let mutant = Mutant::Rule(Defect::EarlyWakeForgotten);
    regress(Invariant::EverythingDueIsWoken, mutant, |subject| {
        let (mut trace, owner) = touched(subject, &[50]);
        for (now, appended) in [(112, 100), (113, 100)] {
            trace.tick(now, appended);
            fold(&mut trace, owner);
        }
        let armed = trace.store.timers();
        let twice = armed.iter().any(|(due, ts)| *due == at(110) && *ts == at(100).next());
        let what = "the second early Wake armed nothing later";
        trace.judge.check(Invariant::EverythingDueIsWoken, twice, what);
        let decided = trace.store.cart().ledger.len() == 3;
        trace.judge.check(Invariant::Fold, decided, "an early Wake is not in the record");
        trace.wakes_until(114);
        trace.finished();
        trace
    });
}

/// A timer fires at 61, a touch is appended before its Wake, and the Wake of the touch's own timer
/// comes early.
fn fired(subject: Subject) -> Trace {
    let (mut trace, owner) = touched(subject, &[1, 30]);
    trace.append(&touch(65));
    assert!(trace.tick(66, 66));
    trace.take(owner, 2..3);
    trace.finish(owner);
    fold(&mut trace, owner);
    assert!(trace.tick(126, 120));
    fold(&mut trace, owner);
    trace.wakes_until(127);
    trace.finished();
    trace
}

/// Hole g5, "a fired timer still counts as armed".
///
/// The model finds no timer lost by it as long as early Wakes are stored; it is a hole together
/// with g4 only. The mutant is told by the record it stores, which counts on a timer of the past.
#[test]
fn a_timer_that_has_fired_does_not_count_as_armed() {
    regress(Invariant::Fold, Mutant::Rule(Defect::FiredTimerCounts), fired);
}

/// Hole g5b, "the same, early wake not stored": no mutant does both; the one that arms nothing
/// after an early Wake loses the timer at the trace's last step.
#[test]
fn a_timer_armed_beside_a_fired_one_is_armed_again_by_its_own_early_wake() {
    let mutant = Mutant::Rule(Defect::EarlyWakeForgotten);
    regress(Invariant::EverythingDueIsWoken, mutant, fired);
}

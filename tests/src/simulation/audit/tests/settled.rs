//! The end: everything told, stored, woken, and armed for what is still to come.

use super::*;
use crate::simulation::audit::settled::LATE_SECONDS;
use crate::simulation::shadow::samples::{DAY, add, remove, wake};

/// A cart with one change, stored and told.
fn calm() -> Scene {
    let mut scene = Scene::of([add("p1", 1)]);
    scene.store(0).unwrap();
    scene.emit(0);
    scene
}

#[test]
fn a_calm_world_settles() {
    let mut scene = calm();
    let cursor = at(0).micros().div_euclid(FIVE_MINUTES).to_string();
    scene.put(Table::Progress, "timers/2/0", cursor, at(0));

    scene.audit.settled(at(3)).unwrap();
    let late = at(0).plus_seconds(DAY).plus_seconds(LATE_SECONDS);
    scene.audit.settled(late).unwrap();
}

#[test]
fn an_event_that_never_landed_is_lost() {
    let mut scene = Scene::of([add("p1", 1)]);
    scene.store(0).unwrap();

    assert_eq!(broken(scene.audit.settled(at(3))), Invariant::NothingLost);
}

#[test]
fn a_letter_that_never_landed_is_lost() {
    let mut scene = calm();
    let mut bad = record(1, at(1), &envelope(1, Command::Clear));
    bad.value = None;
    scene.raw(bad);

    assert_eq!(broken(scene.audit.settled(at(3))), Invariant::DeadLetters);
}

#[test]
fn a_decision_without_events_must_be_stored_too() {
    let mut scene = calm();
    scene.command(1, &envelope(1, remove("p9")));

    assert_eq!(broken(scene.audit.settled(at(3))), Invariant::NoHole);
}

#[test]
fn a_row_that_changed_behind_everyones_back_is_no_fold() {
    let mut scene = calm();
    let mut other = scene.stored(0);
    other.cart.lines.clear();
    scene.put(Table::Carts, "user123", other.encode(), other.ts.next());

    assert_eq!(broken(scene.audit.settled(at(3))), Invariant::Fold);
}

#[test]
fn a_cart_too_long_past_its_end_was_not_woken() {
    let mut scene = calm();
    let late = at(1).plus_seconds(DAY).plus_seconds(LATE_SECONDS);

    assert_eq!(broken(scene.audit.settled(late)), Invariant::EverythingDueIsWoken);
}

#[test]
fn a_timer_behind_the_scanner_will_not_be_found() {
    let mut scene = calm();
    let slot = scene.decision(0).timer.unwrap().due.micros().div_euclid(FIVE_MINUTES);
    scene.put(Table::Progress, "timers/2/0", (slot + 1).to_string(), at(0));

    assert_eq!(broken(scene.audit.settled(at(3))), Invariant::EverythingDueIsWoken);
}

#[test]
fn a_timer_that_was_dropped_will_not_be_found() {
    let mut scene = calm();
    let slot = scene.decision(0).timer.unwrap().due.micros().div_euclid(FIVE_MINUTES);
    let slot = format!("{GENERATION}/{P}/{slot}");
    let dropped = scene.client.drop_slot(Index::Timers, &slot, at(0));
    dropped.now_or_never().unwrap().unwrap();

    assert_eq!(broken(scene.audit.settled(at(3))), Invariant::EverythingDueIsWoken);
}

#[test]
fn the_note_of_a_timer_that_was_used_up_does_not_serve_the_next_one() {
    let mut scene = calm();
    scene.command(1, &envelope(1, wake()));
    let timer = scene.decision(1).timer.unwrap();
    assert_eq!(timer.since, at(1));
    let slot = format!("{GENERATION}/{P}/{}", timer.due.micros().div_euclid(FIVE_MINUTES));
    for replica in [0, 1] {
        let (slot, note) = (slot.clone(), Note { entry: entry(&user(), timer.due), ts: at(1) });
        scene.see(What::Noted { replica, index: Index::Timers, slot, note }).unwrap();
    }
    let record = scene.stored(1);
    scene.put(Table::Carts, user().as_str(), record.encode(), record.ts);
    scene.take(&record, record.ts).unwrap();

    assert_eq!(broken(scene.audit.settled(at(3))), Invariant::EverythingDueIsWoken);
    scene.arm(1);
    scene.audit.settled(at(3)).unwrap();
}

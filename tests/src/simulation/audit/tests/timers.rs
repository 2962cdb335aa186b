//! Timers: noted for a decision, in its slot, and dropped when no cart needs them.

use super::*;
use crate::simulation::shadow::samples::{DAY, add, wake};

fn notes(scene: &mut Scene, slot: String, entry: String, ts: Timestamp) -> Result<(), Broken> {
    let note = Note { entry, ts };
    scene.see(What::Noted { replica: 1, index: Index::Timers, slot, note })
}

fn drops(scene: &mut Scene, slot: String, at: Timestamp) -> Result<(), Broken> {
    scene.see(What::SlotDropped { replica: 1, index: Index::Timers, slot, at })
}

/// The slot of the only cart's end.
fn slot(scene: &Scene) -> i64 {
    scene.decision(0).timer.unwrap().due.micros().div_euclid(FIVE_MINUTES)
}

fn named(partition: u16, slot: i64) -> String {
    format!("{GENERATION}/{partition}/{slot}")
}

#[test]
fn a_timer_nobody_armed_is_not_noted() {
    let mut scene = Scene::of([add("p1", 1)]);
    let (slot, due) = (slot(&scene), scene.decision(0).timer.unwrap().due);
    let right = entry(&user(), due);
    let wrongs = [
        (entry(&user(), due.next()), at(0)),
        (right.clone(), at(0).next()),
        (entry(&"nobody".parse().unwrap(), due), at(0)),
        ("no entry".to_owned(), at(0)),
    ];
    for (entry, ts) in wrongs {
        let result = notes(&mut scene, named(0, slot), entry, ts);
        assert_eq!(broken(result), Invariant::EverythingDueIsWoken);
    }
    notes(&mut scene, named(0, slot), right, at(0)).unwrap();
}

#[test]
fn a_timer_lies_in_its_partition_and_in_no_earlier_slot() {
    let mut scene = Scene::of([add("p1", 1)]);
    let (slot, entry) = (slot(&scene), entry(&user(), scene.decision(0).timer.unwrap().due));

    for wrong in [named(0, slot - 1), named(1, slot), "no slot".to_owned()] {
        let result = notes(&mut scene, wrong, entry.clone(), at(0));
        assert_eq!(broken(result), Invariant::EverythingDueIsWoken);
    }
    notes(&mut scene, named(0, slot + 1), entry, at(0)).unwrap();
}

#[test]
fn a_slot_is_not_dropped_while_a_stored_cart_counts_on_it() {
    let mut scene = Scene::of([add("p1", 1)]);
    scene.store(0).unwrap();
    let slot = named(0, slot(&scene));

    drops(&mut scene, slot.clone(), at(-1)).unwrap();
    assert_eq!(broken(drops(&mut scene, slot, at(0))), Invariant::EverythingDueIsWoken);
}

#[test]
fn a_slot_is_dropped_once_its_wakes_are_decided() {
    let mut scene = Scene::of([add("p1", 1)]);
    scene.store(0).unwrap();
    scene.command(i64::from(DAY) + 1, &envelope(9, wake()));
    let slot = named(0, slot(&scene));

    drops(&mut scene, slot, at(0)).unwrap();
}

#[test]
fn a_cart_stored_behind_the_dropping_of_its_slot_waits_for_nothing() {
    let mut scene = Scene::of([add("p1", 1)]);
    scene.arm(0);
    let slot = named(0, slot(&scene));
    drops(&mut scene, slot, at(0)).unwrap();

    assert_eq!(broken(scene.store(0)), Invariant::EverythingDueIsWoken);
}

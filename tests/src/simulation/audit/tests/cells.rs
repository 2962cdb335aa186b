//! Cells of carts: folds, in order, one content, nothing forgotten too early, timers first.

use cart_schemas::digest::Digest;
use cart_schemas::record::Outcome;
use cart_schemas::rejection::{Rejection, RejectionCode};

use super::*;
use crate::simulation::shadow::samples::add;

fn adds(count: usize) -> Scene {
    Scene::of((0..count).map(|_| add("p1", 1)))
}

#[test]
fn a_prefix_of_the_log_may_be_stored_and_stored_again() {
    let mut scene = adds(3);

    for number in [0, 2, 1, 2] {
        scene.store(number).unwrap();
    }
}

#[test]
fn a_record_that_differs_in_anything_is_no_fold() {
    let wrongs: [fn(&mut CartRecord); 19] = [
        |record| record.format = Format::Json,
        |record| record.life = 1,
        |record| record.version += 1,
        |record| record.ts = record.ts.next(),
        |record| record.timer = None,
        |record| record.cart.lines.clear(),
        |record| record.ledger[3].digest = Digest::of(b"other"),
        |record| record.ledger[3].command = record.ledger[4].command,
        |record| record.ledger[3].outcome = Outcome::Rejected(Rejection::CartLimit),
        |record| record.ledger[3].version += 1,
        |record| record.ledger[3].events.clear(),
        |record| record.ledger[3].position.generation = GENERATION.next(),
        |record| record.ledger.rotate_left(7),
        |record| record.ledger = record.ledger.split_off(1),
        |record| record.fingerprints.truncate(3),
        |record| record.fingerprints[0].version = 9,
        |record| record.fingerprints[0].digest = Digest::of(b"other"),
        |record| record.fingerprints[0].command = record.ledger[0].command,
        |record| record.fingerprints[0].rejected = Some(RejectionCode::CartLimit),
    ];
    for wrong in wrongs {
        let mut scene = adds(12);
        (0..12).for_each(|number| {
            scene.store(number).unwrap();
            scene.emit(number);
        });
        scene.command(50, &envelope(50, add("p2", 1)));
        scene.arm(12);
        let mut record = scene.stored(12);
        wrong(&mut record);

        assert_eq!(broken(scene.take(&record, record.ts)), Invariant::Fold);
    }
}

#[test]
fn a_cell_of_nobody_or_of_nothing_is_no_fold_and_one_at_another_time_may_go_back() {
    let mut scene = adds(1);
    scene.arm(0);
    let record = scene.stored(0);
    let taken = |key: &str, cell: Vec<u8>| {
        let (key, cell, ts) = (key.to_owned(), cell.into(), record.ts);
        What::CellTaken { replica: 1, table: Table::Carts, key, cell, ts }
    };

    assert_eq!(broken(scene.see(taken("nobody", record.encode()))), Invariant::Fold);
    assert_eq!(broken(scene.see(taken("user123", b"no".to_vec()))), Invariant::Fold);
    let nobody = CartRecord::default().encode();
    assert_eq!(broken(scene.see(taken("user123", nobody))), Invariant::Fold);
    assert_eq!(broken(scene.take(&record, record.ts.next())), Invariant::NeverBack);
}

#[test]
fn a_timestamp_has_one_content() {
    let mut scene = adds(1);
    scene.store(0).unwrap();
    let mut other = scene.stored(0);
    other.cart.lines.clear();

    assert_eq!(broken(scene.take(&other, other.ts)), Invariant::OneContent);
}

#[test]
fn a_later_timestamp_never_carries_an_earlier_record() {
    let mut scene = adds(3);
    scene.store(1).unwrap();
    let (first, last) = (scene.stored(0), scene.stored(2));

    assert_eq!(broken(scene.take(&first, at(9))), Invariant::NeverBack);
    assert_eq!(broken(scene.take(&last, at(-9))), Invariant::NeverBack);
}

#[test]
fn a_decision_leaves_the_ledger_only_when_its_events_have_landed() {
    let mut scene = adds(9);

    assert_eq!(broken(scene.store(8)), Invariant::LedgerKeeps);

    let mut scene = adds(9);
    scene.store(0).unwrap();
    scene.emit(0);
    scene.store(8).unwrap();
}

#[test]
fn a_panic_leaves_the_ledger_only_when_its_letter_has_landed() {
    let commands = || {
        let clears = (0..8).map(|_| Command::Clear);
        std::iter::once(add("defective", 1)).chain(clears)
    };

    assert_eq!(broken(Scene::of(commands()).store(8)), Invariant::LedgerKeeps);

    let mut scene = Scene::of(commands());
    let record = record(0, at(0), &envelope(0, add("defective", 1)));
    scene.appended(Topic::CommandsDeadLetters, letter_of(&record, "Internal")).unwrap();
    scene.store(8).unwrap();
}

#[test]
fn a_cart_is_stored_after_its_timer_is_noted() {
    let mut scene = adds(1);
    let record = scene.stored(0);

    assert_eq!(broken(scene.take(&record, record.ts)), Invariant::EverythingDueIsWoken);
}

#[test]
fn a_timer_on_one_replica_is_not_noted() {
    let mut scene = adds(1);
    let timer = scene.decision(0).timer.unwrap();
    let slot = format!("{GENERATION}/{P}/{}", timer.due.micros().div_euclid(FIVE_MINUTES));
    let note = Note { entry: entry(&user(), timer.due), ts: timer.since };
    scene.see(What::Noted { replica: 1, index: Index::Timers, slot, note }).unwrap();
    let record = scene.stored(0);

    assert_eq!(broken(scene.take(&record, record.ts)), Invariant::EverythingDueIsWoken);
}

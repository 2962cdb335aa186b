//! Frontiers: the progress row over stored decisions, commits over what is done.

use cart_schemas::id::CommandId;
use cart_schemas::record::Progress;

use super::*;
use crate::simulation::shadow::samples::add;

fn row(offset: i64, command: CommandId) -> Progress {
    Progress { generation: GENERATION, partitions: 1, offset, command, ts: at(0), owner: None }
}

fn marks(scene: &mut Scene, row: &Progress) -> Result<(), Broken> {
    marks_at(scene, "cart.commands/0", row.encode())
}

fn marks_at(scene: &mut Scene, key: &str, cell: Vec<u8>) -> Result<(), Broken> {
    let (key, cell, ts) = (key.to_owned(), cell.into(), at(0));
    scene.see(What::CellTaken { replica: 0, table: Table::Progress, key, cell, ts })
}

fn commits(scene: &mut Scene, offset: i64) -> Result<(), Broken> {
    scene.see(What::Committed { partition: P, offset })
}

fn id(number: u64) -> CommandId {
    envelope(number, Command::Clear).id
}

#[test]
fn a_row_over_stored_decisions_and_a_commit_over_done_ones_pass() {
    let mut scene = Scene::of([add("p1", 1), add("p2", 1)]);
    scene.store(1).unwrap();
    scene.emit(0);
    scene.emit(1);

    marks(&mut scene, &row(1, id(1))).unwrap();
    marks(&mut scene, &row(0, id(0))).unwrap();
    commits(&mut scene, 2).unwrap();
    commits(&mut scene, 1).unwrap();
    marks_at(&mut scene, "timers/2/0", b"77".to_vec()).unwrap();
}

#[test]
fn a_row_names_a_record_there_is() {
    let mut scene = Scene::of([add("p1", 1)]);
    scene.store(0).unwrap();
    let other_count = Progress { partitions: 2, ..row(0, id(0)) };
    let later = Progress { generation: GENERATION.next(), ..row(0, id(0)) };

    for wrong in [row(1, id(1)), row(0, id(1)), other_count, later] {
        assert_eq!(broken(marks(&mut scene, &wrong)), Invariant::NoHole, "{wrong:?}");
    }
    let cell = row(0, id(0)).encode();
    assert_eq!(broken(marks_at(&mut scene, "elsewhere/0", cell)), Invariant::NoHole);
    let garbage = marks_at(&mut scene, "cart.commands/0", b"no".to_vec());
    assert_eq!(broken(garbage), Invariant::NoHole);
}

#[test]
fn a_row_passes_only_stored_decisions() {
    let mut scene = Scene::of([add("p1", 1), add("p2", 1)]);
    scene.store(0).unwrap();

    assert_eq!(broken(marks(&mut scene, &row(1, id(1)))), Invariant::NoHole);
    marks(&mut scene, &row(0, id(0))).unwrap();
}

#[test]
fn a_commit_passes_only_what_is_stored_and_told() {
    let mut scene = Scene::of([add("p1", 1), add("p2", 1)]);
    assert_eq!(broken(commits(&mut scene, 1)), Invariant::NoHole);

    scene.store(1).unwrap();
    assert_eq!(broken(commits(&mut scene, 1)), Invariant::NoHole);

    scene.emit(0);
    commits(&mut scene, 1).unwrap();
    assert_eq!(broken(commits(&mut scene, 2)), Invariant::NoHole);
    scene.emit(1);
    assert_eq!(broken(commits(&mut scene, 3)), Invariant::NoHole);
}

#[test]
fn a_commit_passes_a_letter_only_once_it_has_landed() {
    let mut scene = Scene::new();
    let mut bad = record(0, at(0), &envelope(0, Command::Clear));
    bad.value = None;
    let bad = scene.raw(bad);

    assert_eq!(broken(commits(&mut scene, 1)), Invariant::NoHole);
    scene.appended(Topic::CommandsDeadLetters, letter_of(&bad, "Empty")).unwrap();
    commits(&mut scene, 1).unwrap();
}

#[test]
fn nothing_passes_a_record_of_a_newer_build() {
    let mut scene = Scene::new();
    let mut newer = record(0, at(0), &envelope(0, Command::Clear));
    let text = String::from_utf8(newer.value.unwrap().to_vec()).unwrap();
    newer.value = Some(text.replace("\"rules\":4", "\"rules\":9").into());
    scene.raw(newer);

    commits(&mut scene, 0).unwrap();
    assert_eq!(broken(commits(&mut scene, 1)), Invariant::NoHole);
    assert_eq!(broken(marks(&mut scene, &row(0, id(0)))), Invariant::NoHole);
}

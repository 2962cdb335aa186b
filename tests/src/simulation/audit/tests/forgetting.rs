//! A kill of the store: what it took may be told of until it is put back, and nothing vouches for it.

use cart_schemas::record::Progress;

use super::*;
use crate::simulation::shadow::samples::add;

/// A change that one replica took after the store had synced, before it was killed: the world's
/// replicas, as they are after the kill, have nothing of it.
fn killed() -> Scene {
    let mut scene = Scene::of([add("p1", 2), add("p2", 1)]);
    scene.see(What::StoreSynced).unwrap();
    scene.arm(0);
    let record = scene.stored(0);
    scene.take(&record, record.ts).unwrap();
    scene.see(What::StoreForgot).unwrap();
    scene
}

fn marks(scene: &mut Scene, offset: i64) -> Result<(), Broken> {
    let command = envelope(u64::try_from(offset).unwrap(), Command::Clear).id;
    let row =
        Progress { generation: GENERATION, partitions: 1, offset, command, ts: at(0), owner: None };
    let (key, cell) = ("cart.commands/0".to_owned(), row.encode().into());
    scene.see(What::CellTaken { replica: 0, table: Table::Progress, key, cell, ts: at(0) })
}

fn commits(scene: &mut Scene, offset: i64) -> Result<(), Broken> {
    scene.see(What::Committed { partition: P, offset })
}

#[test]
fn what_a_kill_took_may_be_told_of_and_committed_by_whoever_has_not_heard_of_it() {
    let mut scene = killed();

    scene.emit(0);
    commits(&mut scene, 1).unwrap();

    assert!(scene.audit.was_owed(&user(), at(0)));
}

#[test]
fn no_progress_row_may_pass_what_a_kill_took() {
    let mut scene = killed();

    assert_eq!(broken(marks(&mut scene, 0)), Invariant::NoHole);
}

#[test]
fn a_row_that_was_true_before_a_kill_is_looked_at_again_after_it() {
    let mut scene = Scene::of([add("p1", 2)]);
    scene.store(0).unwrap();
    marks(&mut scene, 0).unwrap();
    let lost = Scene::of([add("p1", 2)]).audit.world;
    scene.see(What::StoreSynced).unwrap();
    scene.audit.world = lost;
    scene.see(What::StoreForgot).unwrap();

    assert_eq!(broken(marks(&mut scene, 0)), Invariant::NoHole);
}

#[test]
fn nothing_is_excused_that_was_never_stored() {
    let mut scene = killed();
    scene.emit(0);
    let event = scene.event(2, 0);

    assert_eq!(broken(scene.appended(Topic::Events, event)), Invariant::ReadYourWrites);
    assert_eq!(broken(commits(&mut scene, 2)), Invariant::NoHole);
}

#[test]
fn nothing_is_owed_any_more_once_it_is_put_back() {
    let mut scene = killed();

    scene.store(0).unwrap();

    let now = scene.audit.world.now();
    assert!(scene.audit.was_owed(&user(), now), "a read on its way may have seen less");
    assert!(!scene.audit.was_owed(&user(), now.next()));
    marks(&mut scene, 0).unwrap();
}

#[test]
fn a_cart_that_is_put_back_needs_its_timer_again() {
    let mut scene = killed();
    let record = scene.stored(0);

    let taken = scene.take(&record, record.ts);

    assert_eq!(broken(taken), Invariant::EverythingDueIsWoken);
}

#[test]
fn in_the_end_nothing_is_owed() {
    let mut scene = killed();
    scene.emit(0);
    commits(&mut scene, 1).unwrap();

    let settled = scene.audit.settled(at(0));

    assert!(settled.is_err());
}

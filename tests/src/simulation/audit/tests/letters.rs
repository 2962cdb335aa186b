//! Dead letters: of records that need one, of the right class, whole.

use super::*;
use crate::simulation::shadow::samples::add;

/// A log of a broken record, a panic and a good command.
fn scene() -> (Scene, [Record; 3]) {
    let mut scene = Scene::new();
    let mut bad = record(0, at(0), &envelope(0, Command::Clear));
    bad.value = Some("no command".into());
    bad.headers.push(Header::text("traceparent", "t"));
    let bad = scene.raw(bad);
    let panics = scene.command(1, &envelope(1, add("defective", 1)));
    let good = scene.command(2, &envelope(2, Command::Clear));
    (scene, [bad, panics, good])
}

fn lands(scene: &mut Scene, letter: Record) -> Result<(), Broken> {
    scene.appended(Topic::CommandsDeadLetters, letter)
}

#[test]
fn what_cannot_be_decided_and_what_panicked_are_letters() {
    let (mut scene, [bad, panics, _]) = scene();

    lands(&mut scene, letter_of(&bad, "Undecodable")).unwrap();
    lands(&mut scene, letter_of(&panics, "Internal")).unwrap();
    lands(&mut scene, letter_of(&bad, "Undecodable")).unwrap();
}

#[test]
fn a_letter_of_a_good_record_or_of_another_class_is_wrong() {
    let (mut scene, [bad, _, good]) = scene();
    let beyond = Record { offset: 9, ..good.clone() };

    for letter in [
        letter_of(&good, "Undecodable"),
        letter_of(&bad, "Empty"),
        letter_of(&beyond, "Undecodable"),
        bad,
    ] {
        assert_eq!(broken(lands(&mut scene, letter)), Invariant::DeadLetters);
    }
}

#[test]
fn a_letter_is_its_record_whole() {
    let (mut scene, [bad, ..]) = scene();
    let right = letter_of(&bad, "Undecodable");
    let mut headless = right.clone();
    headless.headers.remove(0);
    let cut = Record { value: Some("no".into()), ..right.clone() };
    let mut told = cut.clone();
    told.headers.push(Header::text(dead_letter::TRUNCATED_FROM, "10"));

    let keyless = Record { key: None, ..right };
    for letter in [keyless, headless, cut] {
        assert_eq!(broken(lands(&mut scene, letter)), Invariant::DeadLetters);
    }
    lands(&mut scene, told).unwrap();
}

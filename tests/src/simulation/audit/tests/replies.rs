//! Replies: the oracle's answers, about a cart it knows, after the cart is stored.

use cart_schemas::digest::Digest;
use cart_schemas::id::CartId;
use cart_schemas::rejection::Rejection;
use cart_schemas::reply::{Answer, Reply, Snapshot};

use super::*;
use crate::simulation::shadow::samples::{add, remove};

/// An applied add, a rejected removal, the add again, its id with something else; all stored.
fn scene() -> Scene {
    let mut scene = Scene::of([add("p1", 2), remove("p2"), add("p3", 1)]);
    scene.command(3, &envelope(0, add("p1", 2)));
    scene.command(4, &envelope(0, Command::Clear));
    scene.store(2).unwrap();
    scene
}

/// A reply about a decision, with the cart right after it.
fn reply(scene: &Scene, number: usize, answer: Answer) -> Reply {
    let decision = scene.decision(number);
    let (version, cart) = (decision.version, (*decision.after).clone());
    let after = Snapshot { cart_id: CartId::of(&user(), 0), version, cart };
    Reply { command: decision.command, digest: decision.digest, answer, after }
}

fn lands(scene: &mut Scene, reply: &Reply) -> Result<(), Broken> {
    scene.appended(Topic::Replies, reply_record(reply))
}

fn reply_record(reply: &Reply) -> Record {
    let key = Some(reply.command.to_string().into());
    let value = Some(reply.encode().into());
    Record { offset: 0, appended: at(0), key, value, headers: Vec::new() }
}

#[test]
fn the_oracles_answers_pass_and_so_does_a_probe() {
    let mut scene = scene();
    let applied = reply(&scene, 0, Answer::Applied { version: 1 });
    let rejected = reply(&scene, 1, Answer::Rejected(Rejection::ItemNotFound));
    let again = reply(&scene, 0, Answer::Remembered { version: 1, rejected: None });
    let later = Reply { after: reply(&scene, 2, Answer::Conflict).after, ..again.clone() };
    let digest = envelope(0, Command::Clear).digest;
    let conflict = Reply { answer: Answer::Conflict, digest, ..applied.clone() };

    for right in [applied, rejected, again, later, conflict] {
        lands(&mut scene, &right).unwrap();
    }
    let probe = record(0, at(0), &envelope(0, Command::Clear));
    scene.appended(Topic::Replies, Record { value: None, ..probe }).unwrap();
}

#[test]
fn another_answer_is_another_outcome() {
    let mut scene = scene();
    let code = Some(Rejection::ItemNotFound.code());
    let wrongs = [
        (0, Answer::Applied { version: 2 }),
        (0, Answer::Rejected(Rejection::ItemNotFound)),
        (0, Answer::Remembered { version: 1, rejected: code }),
        (0, Answer::Conflict),
        (1, Answer::Applied { version: 1 }),
        (1, Answer::Rejected(Rejection::CartLimit)),
        (1, Answer::Remembered { version: 1, rejected: None }),
    ];
    for (number, answer) in wrongs {
        let reply = reply(&scene, number, answer);
        assert_eq!(broken(lands(&mut scene, &reply)), Invariant::OneOutcome, "{reply:?}");
    }
}

#[test]
fn an_answer_to_what_nobody_asked_is_an_outcome_of_nothing() {
    let mut scene = scene();
    let right = reply(&scene, 0, Answer::Applied { version: 1 });
    let nobodys = Reply { command: envelope(99, Command::Clear).id, ..right.clone() };
    let other = Reply { digest: Digest::of(b"other"), answer: Answer::Conflict, ..right.clone() };
    let mut foreign = right.clone();
    foreign.after.cart_id = CartId::of(&user(), 1);

    for wrong in [&nobodys, &other, &foreign] {
        assert_eq!(broken(lands(&mut scene, wrong)), Invariant::OneOutcome);
    }
    let keyless = Record { key: None, ..reply_record(&right) };
    assert_eq!(broken(scene.appended(Topic::Replies, keyless)), Invariant::OneOutcome);
}

#[test]
fn the_cart_shown_is_one_there_was_at_or_after_the_decision() {
    let mut scene = scene();
    let first = reply(&scene, 0, Answer::Applied { version: 1 });
    let last = reply(&scene, 2, Answer::Applied { version: 2 });
    let mut changed = first.clone();
    changed.after.cart.lines.clear();
    let mut beyond = first.clone();
    beyond.after.version = 3;
    let before = Reply { after: first.after, ..last };

    for wrong in [changed, beyond, before] {
        assert_eq!(broken(lands(&mut scene, &wrong)), Invariant::OneOutcome);
    }
}

#[test]
fn a_reply_lands_after_what_it_shows_is_stored() {
    let mut scene = Scene::of([add("p1", 2), Command::Extend { seconds: 1 }]);
    scene.store(0).unwrap();
    let second = reply(&scene, 1, Answer::Applied { version: 2 });
    let first = reply(&scene, 0, Answer::Applied { version: 1 });
    let ahead = Reply { after: second.after.clone(), ..first.clone() };

    lands(&mut scene, &first).unwrap();
    assert_eq!(broken(lands(&mut scene, &second)), Invariant::ReadYourWrites);
    assert_eq!(broken(lands(&mut scene, &ahead)), Invariant::ReadYourWrites);
    let rejected = Scene::of([remove("p1")]);
    let reply = reply(&rejected, 0, Answer::Rejected(Rejection::ItemNotFound));
    let mut rejected = rejected;
    assert_eq!(broken(lands(&mut rejected, &reply)), Invariant::ReadYourWrites);
}

//! Events: the oracle's, whole, in order, after what they tell of is stored.

use super::*;
use crate::simulation::shadow::samples::{DAY, add, remove};

/// Two stored changes: an add, and an add two days later, which expires the cart first.
fn two_versions() -> Scene {
    let mut scene = Scene::of([add("p1", 2)]);
    scene.command(2 * i64::from(DAY), &envelope(7, add("p2", 1)));
    scene.store(1).unwrap();
    scene
}

#[test]
fn events_in_order_pass_and_so_do_repeats_with_a_trace() {
    let mut scene = two_versions();
    scene.emit(0);
    scene.emit(1);
    let mut repeat = scene.event(2, 0);
    repeat.headers.push(Header::text("ce_traceparent", "00-1-2-01"));

    scene.appended(Topic::Events, repeat).unwrap();
    scene.command(2 * i64::from(DAY) + 1, &envelope(8, remove("p2")));
    scene.store(2).unwrap();
    scene.emit(2);
}

#[test]
fn a_first_appearance_before_an_earlier_one_is_a_gap() {
    let mut scene = two_versions();
    let (second, third) = (scene.event(2, 0), scene.event(2, 1));

    assert_eq!(broken(scene.appended(Topic::Events, second.clone())), Invariant::NothingLost);
    scene.emit(0);
    assert_eq!(broken(scene.appended(Topic::Events, third)), Invariant::NothingLost);
    scene.appended(Topic::Events, second).unwrap();
}

#[test]
fn an_event_nobody_decided_is_another_outcome() {
    let mut scene = two_versions();
    let mut event = scene.history().event(2, 1).unwrap().clone();
    event.place.version = 3;
    let beyond = event_record(&event);
    let mut nobodys = scene.event(1, 0);
    nobodys.key = Some("nobody".into());

    assert_eq!(broken(scene.appended(Topic::Events, beyond)), Invariant::OneOutcome);
    assert_eq!(broken(scene.appended(Topic::Events, nobodys)), Invariant::OneOutcome);
}

#[test]
fn an_event_has_one_content() {
    let mut scene = two_versions();
    let right = scene.history().event(1, 0).unwrap().clone();
    let mut wrong = right.clone();
    wrong.after.item_count += 1;
    let broken_value = Record { value: Some("no".into()), ..event_record(&right) };
    let no_cart = Record { key: Some("no cart".into()), ..event_record(&right) };

    for record in [event_record(&wrong), broken_value, no_cart] {
        assert_eq!(broken(scene.appended(Topic::Events, record)), Invariant::OneContent);
    }
}

#[test]
fn an_event_has_its_attributes_and_no_others() {
    let mut scene = two_versions();
    let wrongs: [fn(&mut Vec<Header>); 3] = [
        |headers| headers.truncate(4),
        |headers| headers[4] = Header::text("ce_id", "other"),
        |headers| headers.push(Header::text("ce_extra", "1")),
    ];
    for wrong in wrongs {
        let mut record = scene.event(1, 0);
        wrong(&mut record.headers);

        assert_eq!(broken(scene.appended(Topic::Events, record)), Invariant::OneContent);
    }
}

#[test]
fn an_event_lies_on_its_carts_partition() {
    let mut scene = two_versions();
    let record = scene.event(1, 0);
    let to = TopicPartition { topic: Topic::Events, partition: Partition::new(1) };

    assert_eq!(broken(scene.see(What::Appended { to, record })), Invariant::OneContent);
}

#[test]
fn an_event_lands_after_its_change_is_stored() {
    let mut scene = Scene::of([add("p1", 2)]);
    let record = scene.event(1, 0);

    assert_eq!(broken(scene.appended(Topic::Events, record)), Invariant::ReadYourWrites);
}

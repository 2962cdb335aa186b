//! Answers and events meet by their version, in whichever order they come.

use std::time::Duration;

use hyper::StatusCode;

use super::*;

fn watched() -> (Pushes, Instant) {
    let (pushes, now) = (Pushes::of(1).unwrap(), Instant::now());
    pushes.told(1, r#"{"type":"cart_state","data":{"version":5,"items":[]}}"#, now);
    (pushes, now)
}

fn event(pushes: &Pushes, (version, n, of): (u64, u16, u16), at: Instant) {
    let text = format!(
        r#"{{"type":"cart_event","data":{{"version":{version},"n":{n},"of":{of},"total":1.50}}}}"#
    );
    pushes.told(1, &text, at);
}

fn answer(pushes: &Pushes, version: u64, start: Instant) {
    let answer = Response::builder().status(StatusCode::OK).header(ETAG, format!("\"{version}\""));
    pushes.answered(1, &answer.body(()).unwrap(), start);
}

#[test]
fn an_event_meets_its_answer_in_either_order() {
    let (pushes, start) = watched();
    let later = |millis| start + Duration::from_millis(millis);

    event(&pushes, (6, 0, 1), later(3));
    answer(&pushes, 6, start);
    answer(&pushes, 7, start);
    event(&pushes, (7, 0, 2), later(4));
    assert_eq!(pushes.missing(), 1, "its second event is still due");
    event(&pushes, (7, 1, 2), later(5));

    let met = pushes.met_all();
    assert_eq!((met.latencies.len(), met.lost, met.gaps, met.resyncs), (2, 0, 0, 0));
    assert_eq!((met.latencies.min() / 100, met.latencies.max() / 100), (30, 50));
}

#[test]
fn an_event_that_never_comes_is_lost_and_the_next_one_is_a_gap() {
    let (pushes, start) = watched();

    answer(&pushes, 6, start);
    event(&pushes, (7, 0, 1), start);

    let met = pushes.met_all();
    assert_eq!((met.lost, met.gaps), (1, 1));
}

#[test]
fn a_whole_cart_stands_for_what_led_to_it_and_is_counted() {
    let (pushes, start) = watched();
    answer(&pushes, 6, start);

    pushes.told(1, r#"{"type":"cart_state","data":{"version":8}}"#, start);
    answer(&pushes, 7, start);
    event(&pushes, (9, 0, 1), start);

    let met = pushes.met_all();
    assert_eq!((met.lost, met.gaps, met.resyncs), (0, 0, 1));
}

#[test]
fn what_happened_before_a_socket_was_open_and_elsewhere_is_not_awaited() {
    let pushes = Pushes::of(1).unwrap();

    answer(&pushes, 6, Instant::now());
    assert!(!pushes.are_open());
    let other = Response::builder().header(ETAG, "\"9\"").body(()).unwrap();
    pushes.answered(2, &other, Instant::now());

    assert_eq!(pushes.met_all().lost, 0);
}

#[test]
fn an_event_at_or_before_the_last_is_a_repeat_and_no_gap() {
    let (pushes, start) = watched();

    event(&pushes, (5, 0, 1), start);
    event(&pushes, (6, 0, 2), start);
    event(&pushes, (6, 0, 2), start);
    event(&pushes, (6, 1, 2), start);
    event(&pushes, (6, 1, 2), start);
    event(&pushes, (7, 0, 1), start);

    let met = pushes.met_all();
    assert_eq!((met.gaps, met.repeats), (0, 3));
}

#[test]
fn an_event_that_skips_one_of_its_version_is_a_gap() {
    let (pushes, start) = watched();

    event(&pushes, (6, 0, 3), start);
    event(&pushes, (6, 2, 3), start);
    event(&pushes, (7, 1, 2), start);

    assert_eq!(pushes.met_all().gaps, 2);
}

#[test]
fn what_is_neither_a_cart_nor_an_event_is_not_judged() {
    let (pushes, start) = watched();

    pushes.told(1, r#"{"type":"reply","id":"a","status":200,"data":{"version":9}}"#, start);
    pushes.told(1, r#"{"type":"reply","id":"b","status":409,"data":{"code":"x"}}"#, start);
    event(&pushes, (6, 0, 1), start);

    let met = pushes.met_all();
    assert_eq!((met.gaps, met.repeats, met.resyncs), (0, 0, 0));
}

#[test]
fn a_cart_that_was_left_is_awaited_no_more() {
    let (pushes, start) = watched();
    answer(&pushes, 6, start);

    pushes.leave(1);
    answer(&pushes, 7, start);

    assert!(!pushes.is_shown(1));
    assert_eq!(pushes.met_all().lost, 0);
}

#[test]
fn a_change_is_lost_also_when_too_many_wait_to_remember_it() {
    let (pushes, start) = watched();
    let changes = u64::try_from(UNMET_MAX).unwrap() + 7;

    (6..6 + changes).for_each(|version| answer(&pushes, version, start));

    assert_eq!(pushes.met_all().lost, changes);
}

#[test]
fn what_was_awaited_before_a_fresh_begin_is_neither_met_nor_lost() {
    let (pushes, start) = watched();
    answer(&pushes, 6, start);

    pushes.begin_anew();
    event(&pushes, (6, 0, 1), start);

    let met = pushes.met_all();
    assert_eq!((met.latencies.len(), met.lost, met.gaps), (0, 0, 0));
}

#[test]
fn of_a_socket_that_is_closed_only_what_was_awaited_is_lost() {
    let (pushes, start) = watched();
    answer(&pushes, 6, start);

    pushes.closed(1);
    answer(&pushes, 7, start);

    assert_eq!(pushes.met_all().lost, 1);
}

#[test]
fn the_version_a_socket_knew_is_known_until_it_is_shown_another() {
    let (pushes, start) = watched();
    event(&pushes, (6, 0, 1), start);

    pushes.closed(1);
    assert_eq!((pushes.version(1), pushes.is_shown(1)), (6, false));
    pushes.told(1, r#"{"type":"cart_state","data":{"version":4}}"#, start);

    assert_eq!((pushes.version(1), pushes.met_all().resyncs), (4, 0));
    assert_eq!(pushes.version(2), 0, "nobody watches it");
}

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

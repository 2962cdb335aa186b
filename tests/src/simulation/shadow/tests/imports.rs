//! What the oracle says of imports.

use super::*;

#[test]
fn an_import_is_one_version_with_an_event_for_each_line() {
    let decision = Teller::new().tell(10, import(&["p1", "p2"], None));

    let places: Vec<_> = decision.events.iter().map(|event| event.place).collect();
    assert_eq!(
        places.iter().map(|place| (place.version, place.n, place.of)).collect::<Vec<_>>(),
        [(1, 0, 2), (1, 1, 2)]
    );
    let totals: Vec<_> = decision.events.iter().map(|event| event.after.total.minor()).collect();
    assert_eq!(totals, [2 * 1_999, 4 * 1_999]);
    let line = &decision.after.lines[1];
    assert_eq!((line.added_at, line.last_modified), (at(-9), at(-5)));
    assert_eq!(line.state, LineState::Updated);
    assert_eq!(decision.timer.unwrap().due, at(10).plus_seconds(DAY));
}

#[test]
fn a_cart_that_was_ever_changed_takes_no_import() {
    let mut teller = two_shirts();
    teller.tell(11, Command::Clear);

    assert_eq!(teller.rejects(12, import(&["p1"], None)), Rejection::CartExists);
}

#[test]
fn a_cart_that_only_ever_said_no_takes_an_import() {
    let mut teller = Teller::new();
    assert_eq!(teller.rejects(9, remove("p1")), Rejection::ItemNotFound);

    assert_eq!(teller.tell(10, import(&["p1"], None)).version, 1);
}

#[test]
fn an_import_beyond_the_limits_changes_nothing() {
    let mut teller = Teller::new();

    assert_eq!(teller.rejects(10, import(&["a", "b", "c", "d"], None)), Rejection::CartLimit);
    assert_eq!(teller.tell(11, import(&["a", "b", "c"], None)).version, 1);
}

#[test]
fn an_imported_cart_ends_when_the_other_shop_said_within_thirty_days() {
    let end = |promised| {
        let decision = Teller::new().tell(10, import(&["a"], Some(promised)));
        decision.after.lifespan.unwrap().expires_at
    };

    assert_eq!(end(at(11)), at(10).plus_seconds(DAY));
    assert_eq!(end(at(10).plus_seconds(9 * DAY)), at(10).plus_seconds(9 * DAY));
    assert_eq!(end(at(10).plus_seconds(31 * DAY)), at(10).plus_seconds(30 * DAY));
}

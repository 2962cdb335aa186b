//! Pages as callers see them: what follows, what is gone, what is not there yet.

use super::super::entry::Place;
use super::*;

fn event(version: u64, n: u16, of: u16) -> Kept {
    Kept { place: Place { version, n, of }, json: format!("{version}.{n}") }
}

fn events(versions: impl IntoIterator<Item = u64>) -> Vec<Kept> {
    versions.into_iter().map(|version| event(version, 0, 1)).collect()
}

fn known(kept: Vec<Kept>, ledger: Vec<Kept>, newest: u64) -> Known {
    Known { settled: last_whole(kept.clone()), kept, ledger, floor: 0, newest }
}

/// The versions of a page, and what it says of the rest.
fn told(page: &Page) -> (Vec<u64>, Option<u64>, Option<u64>) {
    (page.events.iter().map(|kept| kept.place.version).collect(), page.next, page.from)
}

#[test]
fn what_was_kept_is_followed_by_what_the_row_remembers() {
    let page = join(2, known(events(3..=10), events(5..=12), 12));

    assert_eq!(told(&page), ((3..=12).collect(), None, None));
}

#[test]
fn nothing_follows_the_newest_version() {
    assert_eq!(join(12, known(vec![], events(5..=12), 12)), Page::default());
    assert_eq!(join(99, known(vec![], events(5..=12), 12)), Page::default());
    assert_eq!(join(0, Known::default()), Page::default());
    assert_eq!(join(u64::MAX, known(vec![], events(5..=12), 12)), Page::default());
}

#[test]
fn what_is_not_kept_yet_is_neither_skipped_nor_called_gone() {
    let page = join(0, known(events(1..=3), events(13..=20), 20));
    assert_eq!(told(&page), (vec![1, 2, 3], Some(3), None));

    let page = join(3, known(vec![], events(13..=20), 20));
    assert_eq!(told(&page), (vec![], Some(3), None));
}

#[test]
fn what_is_missing_before_what_was_kept_is_gone_and_said_to_be() {
    let page = join(0, known(events(40..=45), vec![], 45));
    assert_eq!(told(&page), ((40..=45).collect(), None, Some(40)));

    // In the middle, the page ends before the hole, and the next one begins after it.
    let page = join(0, known(events([1, 2, 7, 8]), vec![], 8));
    assert_eq!(told(&page), (vec![1, 2], Some(2), None));
    let page = join(2, known(events([7, 8]), vec![], 8));
    assert_eq!(told(&page), (vec![7, 8], None, Some(7)));
}

#[test]
fn what_was_kept_while_it_was_looked_for_makes_nothing_gone() {
    // The first slot was read before anything was in it, the next one after.
    let seen = Known { settled: 0, ..known(events(256..=260), events(253..=260), 260) };
    assert_eq!(told(&join(0, seen)), (vec![], Some(0), None));

    let seen = Known { settled: 40, ..known(events((40..=45).chain(90..=95)), vec![], 95) };
    assert_eq!(told(&join(0, seen)), ((40..=45).collect(), Some(45), Some(40)));
}

#[test]
fn a_cart_that_came_from_elsewhere_begins_with_what_its_row_remembers() {
    let moved = |after, kept: Vec<Kept>, newest| {
        join(
            after,
            Known {
                settled: last_whole(kept.clone()),
                kept,
                ledger: events(93..=100),
                floor: 100,
                newest,
            },
        )
    };

    assert_eq!(told(&moved(0, vec![], 100)), ((93..=100).collect(), None, Some(93)));
    assert_eq!(told(&moved(95, vec![], 100)), ((96..=100).collect(), None, None));
    let later = events(101..=103);
    assert_eq!(told(&moved(0, later.clone(), 103)), ((93..=103).collect(), None, Some(93)));
    assert_eq!(told(&moved(100, later, 103)), ((101..=103).collect(), None, None));
}

#[test]
fn after_a_move_what_is_on_its_way_is_waited_for() {
    let known =
        || Known { settled: 0, kept: vec![], ledger: events(110..=117), floor: 100, newest: 117 };

    assert_eq!(told(&join(0, known())), (vec![], Some(100), Some(101)));
    assert_eq!(told(&join(100, known())), (vec![], Some(100), None));
}

#[test]
fn a_row_that_remembers_nothing_begins_after_its_floor() {
    let page = join(0, Known { settled: 0, kept: vec![], ledger: vec![], floor: 100, newest: 100 });

    assert_eq!(told(&page), (vec![], None, Some(101)));
}

#[test]
fn a_version_is_whole_or_not_there() {
    let halves = |kept| told(&join(0, known(kept, vec![], 3)));
    let (one, two) = (event(2, 0, 2), event(2, 1, 2));

    let all = vec![event(1, 0, 1), one.clone(), two.clone()];
    assert_eq!(halves(all), (vec![1, 2, 2], Some(2), None));
    assert_eq!(halves(vec![event(1, 0, 1), one]), (vec![1], Some(1), None));
    assert_eq!(halves(vec![event(1, 0, 1), two]), (vec![1], Some(1), None));
}

#[test]
fn a_page_is_bounded_and_divides_no_version() {
    let page = join(0, known(events(1..=900), vec![], 900));
    assert_eq!((page.events.len(), page.next), (500, Some(500)));

    let import: Vec<_> = (0..900).map(|n| event(1, n, 900)).collect();
    let page = join(0, known([import, events([2])].concat(), vec![], 2));
    assert_eq!((page.events.len(), page.next), (900, Some(1)));

    let large = |version| Kept { json: "x".repeat(PAGE_BYTES / 2), ..event(version, 0, 1) };
    let page = join(0, known((1..=5).map(large).collect(), vec![], 5));
    assert_eq!((page.events.len(), page.next), (2, Some(2)));
}

#[test]
fn pages_read_one_after_another_give_every_version_once() {
    let all = events(1..=1_234);
    let (mut read, mut after) = (Vec::new(), 0);
    loop {
        let rest = all.iter().filter(|kept| kept.place.version > after).take(600);
        let page = join(after, known(rest.cloned().collect(), events(1_227..=1_234), 1_234));
        read.extend(page.events);
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(read, all);
}

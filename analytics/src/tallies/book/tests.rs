//! Carts whose events are counted: once each, and the same whoever is read first.

use cart_schemas::checkout::CancelReason;
use cart_schemas::event::Fact;
use cart_schemas::money::Amount;
use cart_schemas::timestamp::Timestamp;
use proptest::prelude::*;

use super::super::count::Hour;
use super::super::life::{HOUR, Life, abandoned, checkout, converted, line, started, whole_life};
use super::*;

fn sum(book: &Book) -> Tally {
    let mut sum = Tally::default();
    book.hours().values().for_each(|tally| sum.add(tally));
    sum
}

#[test]
fn the_whole_life_of_a_cart_is_counted() {
    let mut book = Book::default();

    whole_life("ann").each(|key, event| book.take(key, event));

    let five = Amount::try_from(500).unwrap();
    let seconds = u64::from(25 * HOUR + 60);
    let expected = Tally {
        begun: 2,
        added: 2,
        abandoned: [1, 1, 0],
        abandoned_value: five,
        recovered: 1,
        checkouts: 1,
        converted: 1,
        converted_value: five,
        won_back: 1,
        seconds_to_convert: seconds,
        timed: 1,
        expired: 1,
        ..Tally::default()
    };
    assert_eq!(sum(&book), expected);
    assert_eq!(book.read(), Read { counted: 8, ..Read::default() });
}

#[test]
fn what_lies_in_a_cart_is_known_again_once_it_was_empty() {
    let mut book = Book::default();
    let life = Life::new("ann")
        .then(0, 2, Fact::ItemAdded(line()))
        .then(10, 0, Fact::CartCleared)
        .then(20, 2, Fact::ItemAdded(line()))
        .then(HOUR, 2, abandoned(1));

    // Its first event is in the log no more.
    for event in life.events.iter().skip(1) {
        book.take(&life.key, event);
    }

    let left = book.goods().values().flat_map(|goods| goods.values()).map(|goods| goods.left);
    assert_eq!(left.sum::<u64>(), 1);
}

#[test]
fn counts_are_apart_by_shop_and_by_the_hour_something_happened_in() {
    let mut book = Book::default();

    Life::new("ann").then(10, 2, Fact::ItemAdded(line())).each(|key, event| book.take(key, event));
    Life::new("acme/ann")
        .then(HOUR, 2, Fact::ItemAdded(line()))
        .each(|key, event| book.take(key, event));

    let scope = |tenant: Option<&str>, second| Scope {
        tenant: tenant.map(|tenant| tenant.parse().unwrap()),
        currency: "EUR".parse().ok(),
        hour: Hour::of(Timestamp::default().plus_seconds(second)),
    };
    let one = Tally { begun: 1, added: 1, ..Tally::default() };
    let hours = HashMap::from([(scope(None, 0), one), (scope(Some("acme"), HOUR), one)]);
    assert_eq!(book.hours(), &hours);
}

#[test]
fn an_event_that_is_told_again_counts_nothing() {
    let mut book = Book::default();
    let life = whole_life("ann");

    life.each(|key, event| book.take(key, event));
    let once = sum(&book);
    life.each(|key, event| book.take(key, event));

    assert_eq!(sum(&book), once);
    assert_eq!(book.read(), Read { counted: 8, repeated: 8, gaps: 0 });
}

#[test]
fn what_is_missing_is_told_and_what_there_is_is_counted() {
    let mut book = Book::default();
    let life = whole_life("ann");

    for event in life.events.iter().filter(|event| event.place.version != 3) {
        book.take(&life.key, event);
    }

    assert_eq!(book.read(), Read { counted: 7, gaps: 1, repeated: 0 });
    assert_eq!(sum(&book).abandoned, [1, 0, 0]);
}

#[test]
fn a_cart_whose_first_events_are_gone_did_not_begin_here_and_has_no_age() {
    let mut book = Book::default();
    let life = whole_life("ann");

    life.events.iter().skip(3).for_each(|event| book.take(&life.key, event));

    let sum = sum(&book);
    assert_eq!((sum.begun, sum.converted, sum.timed), (1, 1, 0));
}

#[test]
fn a_checkout_that_is_given_up_ends_no_cart() {
    let mut book = Book::default();
    let given_up = Fact::CheckoutCancelled {
        checkout: checkout(),
        reason: CancelReason::Requested,
        lines: vec![line()],
        short: Vec::new(),
    };

    let cart = Life::new("ann").then(0, 2, Fact::ItemAdded(line())).then(1, 2, started(None));
    cart.then(2, 2, given_up).then(9, 0, converted(None)).each(|key, event| book.take(key, event));

    let sum = sum(&book);
    assert_eq!((sum.begun, sum.checkouts, sum.converted, sum.recovered), (1, 1, 1, 0));
    assert_eq!((sum.seconds_to_convert, sum.timed), (9, 1));
}

proptest! {
    /// Partitions are read side by side, and a processor that crashed tells its last events again.
    #[test]
    fn counts_are_the_same_whoever_is_read_first_and_whatever_is_told_twice(
        picks in prop::collection::vec((0_usize..3, prop::bool::ANY), 0..80),
    ) {
        let lives = ["ann", "acme/ann", "bob"].map(whole_life);
        let mut apart = Book::default();
        lives.iter().for_each(|life| life.each(|key, event| apart.take(key, event)));

        let (mut mixed, mut next) = (Book::default(), [0_usize; 3]);
        for (whose, again) in picks {
            if let Some(event) = lives[whose].events.get(next[whose]) {
                mixed.take(&lives[whose].key, event);
                next[whose] += 1;
                if again {
                    mixed.take(&lives[whose].key, event);
                }
            }
        }
        lives.iter().for_each(|life| life.each(|key, event| mixed.take(key, event)));

        prop_assert_eq!(mixed.hours(), apart.hours());
        prop_assert_eq!(mixed.read().gaps, 0);
    }
}

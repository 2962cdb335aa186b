//! A cart somebody pays for and other carts: nothing leaves, nothing new comes, and what comes back
//! is not sold.

use cart_schemas::dealings::Arrival;
use cart_schemas::event::ReturnReason;

use super::*;
use crate::cart::{Ask, FollowUp};

fn merging(into: &str) -> Command {
    Command::Merge { into: into.parse().unwrap(), policy: MergePolicy::Sum }
}

fn settle(merge: MergeId, refused: bool) -> Command {
    Command::Settle { merge, refused }
}

#[test]
fn no_line_of_a_locked_cart_leaves_for_another_cart() {
    let (mut till, _) = Till::ready(ONE);

    assert_eq!(till.refuses(merging("ann"), 30), Rejection::CartLocked { until: at(LEASE_END) });

    assert!(till.asked.is_empty() && till.record.dealings.outgoing.is_empty());
    // What can never be merged is said first.
    assert_eq!(till.refuses(merging("user123"), 31), Rejection::InvalidMerge);
}

#[test]
fn lines_that_come_to_a_locked_cart_go_back_and_stay_refused_once_it_is_open() {
    let (mut till, checkout) = Till::ready(ONE);
    let locked = Rejection::CartLocked { until: at(LEASE_END) };

    assert_eq!(till.refuses(absorb(moved(came("p2", 3))), 30), locked);

    let merge = MergeId::new(CartId::of(&"guest-1".parse().unwrap(), 0), 3);
    let back = FollowUp {
        cart: "guest-1".parse().unwrap(),
        expected_version: None,
        command: settle(merge, true),
    };
    assert_eq!(till.asked, [Ask::Cart(back)]);
    till.takes(cancelling(checkout), 31);
    assert_eq!(till.refuses(absorb(moved(came("p2", 3))), 32), locked);
    let known = &till.record.dealings.arrived(merge).unwrap().arrival;
    assert_eq!(*known, Arrival::Refused(locked));
}

/// A cart whose first lines are on their way to another one, and which holds others since.
fn gone_on(lines: &[(&str, u32)]) -> (Till, MergeId) {
    let mut till = Till::holding(ONE);
    let left = till.takes(merging("ann"), 11);
    for (product, quantity) in lines {
        till.takes(add(product, *quantity, offer()), 12);
    }
    (till, merge_of(left.version))
}

fn pays(till: &mut Till, products: &[&str]) -> CheckoutId {
    let checkout = till.begins(BEGUN);
    for product in products {
        till.answers(checkout, (product, true), 21);
    }
    checkout
}

#[test]
fn lines_that_come_back_to_a_locked_cart_are_in_it_and_are_not_sold() {
    let (mut till, merge) = gone_on(&[("p2", 1)]);
    let checkout = till.begins(BEGUN);

    let back = till.takes(settle(merge, true), 21);

    let returned = facts(&back);
    assert!(
        matches!(&returned[..], [Fact::MergeReturned { reason: ReturnReason::Refused, .. }]),
        "{returned:?}"
    );
    assert_eq!(till.quantities(), held(&[("p2", 1), ("prod_1", 2)]));
    till.answers(checkout, ("p2", true), 22);
    let sold = till.takes(paid(checkout, "order-1"), 23);
    let [Fact::CartConverted { lines, .. }] = &facts(&sold)[..] else { panic!("{sold:?}") };
    assert_eq!(quantities(lines), held(&[("p2", 1)]));
    assert_eq!(till.quantities(), held(ONE));
    assert_eq!(till.asked_of_skus().len(), 1);
}

#[test]
fn of_a_line_that_grows_while_it_is_paid_for_only_what_was_paid_is_sold() {
    let (mut till, merge) = gone_on(&[("prod_1", 3)]);
    let checkout = pays(&mut till, &["prod_1"]);

    till.takes(settle(merge, true), 22);
    assert_eq!(till.quantities(), held(&[("prod_1", 5)]));
    let sold = till.takes(paid(checkout, "order-1"), 23);

    let [Fact::CartConverted { lines, .. }] = &facts(&sold)[..] else { panic!("{sold:?}") };
    assert_eq!(quantities(lines), held(&[("prod_1", 3)]));
    assert_eq!(till.quantities(), held(ONE));
    assert!(till.cart().currency.is_some());
    assert_eq!(sold.events[0].after.item_count, 2);
}

#[test]
fn a_cart_that_still_holds_lines_after_a_sale_is_kept_as_one_with_lines() {
    let policy = Policy { ttl_seconds: 500, empty_ttl_seconds: 5, ..patient() };
    for (back, seconds) in [(false, 5), (true, 500)] {
        let mut till = Till { policy: Some(policy), ..Till::default() };
        till.takes(add("prod_1", 1, offer()), 10);
        let left = till.takes(merging("ann"), 11);
        till.takes(add("prod_1", 1, offer()), 12);
        let checkout = pays(&mut till, &["prod_1"]);
        till.takes(settle(merge_of(left.version), back), 22);

        till.takes(paid(checkout, "order-1"), 600);

        assert_eq!(till.cart().lines.is_empty(), !back);
        assert_eq!(till.cart().lifespan.unwrap().expires_at, at(600).plus_seconds(seconds));
    }
}

#[test]
fn lines_of_an_undone_merge_come_back_to_a_locked_cart_and_are_not_sold() {
    let (mut till, merge) = gone_on(&[("p2", 1)]);
    till.takes(settle(merge, false), 13);
    let checkout = pays(&mut till, &["p2"]);

    let (currency, lines) = (two_shirts().currency.unwrap(), came("p2", 4));
    till.takes(Command::Return { merge, currency, lines }, 22);
    till.takes(paid(checkout, "order-1"), 23);

    assert_eq!(till.quantities(), held(&[("p2", 4)]));
}

#[test]
fn a_merge_is_not_undone_while_its_cart_is_locked_and_may_be_once_it_is_open_again() {
    let mut till = Till::holding(ONE);
    till.takes(absorb(moved(came("p2", 3))), 11);
    let merge = MergeId::new(CartId::of(&"guest-1".parse().unwrap(), 0), 3);
    let checkout = pays(&mut till, &["prod_1", "p2"]);

    let undo = Command::UndoMerge { merge };
    let locked = Rejection::CartLocked { until: at(LEASE_END) };
    assert_eq!(till.refuses(undo.clone(), 30), locked);
    till.takes(cancelling(checkout), 31);
    assert_eq!(till.takes(undo, 32).outcome, Outcome::Applied);

    assert_eq!(till.quantities(), held(ONE));
}

#[test]
fn a_merge_whose_lines_were_sold_is_not_undone() {
    let mut till = Till::holding(ONE);
    till.takes(absorb(moved(came("p2", 3))), 11);
    let merge = MergeId::new(CartId::of(&"guest-1".parse().unwrap(), 0), 3);
    let checkout = pays(&mut till, &["prod_1", "p2"]);
    till.takes(paid(checkout, "order-1"), 30);

    assert_eq!(till.refuses(Command::UndoMerge { merge }, 31), Rejection::MergeChanged);
}

#[test]
fn a_merge_that_is_undone_leaves_true_what_the_cart_was_told_since() {
    for (news_of, expected) in [
        (vec![false], LineState::OutOfStock),
        (vec![false, true], LineState::Available),
        (vec![], LineState::Added),
    ] {
        let mut till = Till::holding(ONE);
        till.takes(absorb(moved(came("prod_1", 3))), 11);
        let merge = MergeId::new(CartId::of(&"guest-1".parse().unwrap(), 0), 3);
        for (number, available) in (1..).zip(news_of) {
            till.takes(news("prod_1", available, number), 12);
        }

        till.takes(Command::UndoMerge { merge }, 13);

        assert_eq!((till.quantities(), till.state_of("prod_1")), (held(ONE), expected));
    }
}

//! How a checkout ends, and what is known of it afterwards.

use cart_schemas::dealings::{ENDED_MAX, Ending, REMEMBERED_SECONDS, SALES_MAX};

use super::*;

#[test]
fn it_is_paid_until_the_end_of_its_lease_and_not_at_it() {
    let (mut in_time, checkout) = Till::ready(ONE);
    assert_eq!(kinds(&in_time.takes(paid(checkout, "order-1"), LEASE_END - 1)), ["cart_converted"]);

    for time in [LEASE_END, LEASE_END + 1] {
        let (mut late, checkout) = Till::ready(ONE);
        let refused = late.takes(paid(checkout, "order-1"), time);

        assert_eq!(refused.outcome, Outcome::Rejected(Rejection::CheckoutExpired));
        assert_eq!(kinds(&refused), ["checkout_cancelled"]);
        assert_eq!(late.quantities(), held(ONE));
    }
}

#[test]
fn the_same_order_again_changes_nothing_and_another_one_is_refused() {
    let (mut till, checkout) = Till::ready(ONE);
    let first = till.takes(paid(checkout, "order-1"), 30);

    let again = till.takes(paid(checkout, "order-1"), 31);

    assert_eq!((again.outcome, again.version), (Outcome::Applied, first.version));
    assert!(again.events.is_empty() && till.asked.is_empty());
    assert_eq!(till.refuses(paid(checkout, "order-2"), 32), Rejection::CheckoutCompleted);
    assert_eq!(till.refuses(cancelling(checkout), 33), Rejection::CheckoutCompleted);
    // Also once its lease would have ended.
    let late = till.takes(paid(checkout, "order-1"), LEASE_END + 1);
    assert_eq!((late.outcome, late.events.len()), (Outcome::Applied, 0));
}

#[test]
fn what_ended_without_a_sale_is_not_paid_and_is_cancelled_as_often_as_anybody_likes() {
    let refused = || {
        let (mut till, checkout) = Till::locked(ONE);
        till.answers(checkout, ("prod_1", false), 21);
        (till, checkout)
    };
    let cancelled = || {
        let (mut till, checkout) = Till::ready(ONE);
        till.takes(cancelling(checkout), 22);
        (till, checkout)
    };
    let lapsed = || {
        let (mut till, checkout) = Till::ready(ONE);
        till.takes(wake(), LEASE_END);
        (till, checkout)
    };
    for (mut till, checkout) in [refused(), cancelled(), lapsed()] {
        let later = LEASE_END + 10;
        assert_eq!(till.refuses(paid(checkout, "order-1"), later), Rejection::CheckoutExpired);
        let again = till.takes(cancelling(checkout), later);
        assert_eq!((again.outcome, again.events.len()), (Outcome::Applied, 0));
    }
}

#[test]
fn one_that_is_known_to_be_over_does_not_begin_again_under_its_own_id() {
    type End = fn(CheckoutId) -> Command;
    let ends: [(End, Rejection); 2] = [
        (|checkout| paid(checkout, "order-1"), Rejection::CheckoutCompleted),
        (cancelling, Rejection::CheckoutExpired),
    ];
    for (end, expected) in ends {
        let (mut till, checkout) = Till::ready(TWO);
        till.takes(end(checkout), 30);
        till.takes(add("p3", 1, offer()), 31);
        // Its command is forgotten sooner than it is.
        till.record.ledger.clear();
        till.record.fingerprints.clear();

        let again = till.takes_as((checkout.command(), None), paying(), 32);

        assert_eq!(again.outcome, Outcome::Rejected(expected));
        assert!(again.events.is_empty() && till.asked.is_empty() && !till.is_locked());
    }
}

#[test]
fn a_new_checkout_may_begin_at_once_where_the_last_one_lapses() {
    let (mut till, first) = Till::ready(ONE);

    let begun = till.takes(paying(), LEASE_END);

    assert_eq!(kinds(&begun), ["checkout_cancelled", "checkout_started"]);
    let second = till.cart().checkout.as_ref().unwrap().id;
    assert_ne!(first, second);
    assert_eq!(till.record.dealings.ended(first).unwrap().ending, Ending::Lapsed);
    assert!(till.record.dealings.reserving(second).is_some());
}

#[test]
fn the_lease_ends_first_of_what_is_due_and_abandonment_comes_before_the_end_of_the_cart() {
    let policy = Policy { ttl_seconds: 300, idle_tiers_seconds: [300, 0, 0], ..patient() };
    let mut till = Till { policy: Some(policy), ..Till::default() };
    till.takes(add("prod_1", 2, offer()), 10);
    till.begins(BEGUN);

    let late = till.takes(wake(), LEASE_END);

    assert_eq!(kinds(&late), ["checkout_cancelled", "cart_abandoned", "cart_expired"]);
}

#[test]
fn a_locked_cart_is_woken_at_the_end_of_its_lease_and_at_nothing_before() {
    let (till, _) = Till::locked(ONE);
    let record = &till.record;
    let policy = Policy { idle_tiers_seconds: [60, 120, 180], ..patient() };

    let deadline = crate::cart::deadline(&record.cart, &record.dealings, &policy, at(500));

    assert_eq!(deadline, Some(at(LEASE_END)));
    assert_eq!(record.timer, Some(at(LEASE_END)));
}

#[test]
fn the_last_checkouts_are_remembered_and_the_very_last_with_their_lines() {
    let mut till = Till::holding(ONE);
    let began: Vec<_> = (0..i64::try_from(ENDED_MAX).unwrap() + 2)
        .map(|n| {
            let checkout = till.begins(100 + n);
            till.takes(cancelling(checkout), 100 + n);
            checkout
        })
        .collect();

    let ended = &till.record.dealings.ended;
    assert!(ended.iter().map(|one| one.checkout).eq(began[2..].iter().copied()));
    let sales = ended.iter().map(|one| one.sale.is_some());
    assert!(sales.eq((0..ENDED_MAX).map(|n| n >= ENDED_MAX - SALES_MAX)));
    let sale = ended.last().unwrap().sale.as_ref().unwrap();
    assert_eq!((quantities(&sale.lines), sale.currency.code()), (held(ONE), "USD"));
    assert_eq!(till.refuses(cancelling(began[0]), 200), Rejection::CheckoutNotFound);
}

#[test]
fn a_checkout_is_forgotten_a_week_after_its_end_when_another_one_ends() {
    let mut till = Till { policy: Some(patient()), ..Till::holding(ONE) };
    till.takes(Command::Extend { seconds: 20 * DAY }, 11);
    let first = till.begins(BEGUN);
    till.takes(cancelling(first), 30);
    let week = i64::from(REMEMBERED_SECONDS);
    for time in [30 + week - 1, 30 + week] {
        let next = till.begins(time);
        till.takes(cancelling(next), time);
        assert_eq!(till.record.dealings.ended(first).is_some(), time < 30 + week);
    }
}

//! Somebody pays for a cart: what is refused meanwhile, what is charged, and how it ends.

use cart_schemas::checkout::{PriceChange, Quote, Shortage};
use cart_schemas::command::{Absorb, Asked, Moved};
use cart_schemas::id::{CheckoutId, CommandId};
use cart_schemas::merge::MergePolicy;
use cart_schemas::record::Outcome;
use uuid::Uuid;

use super::till::*;
use super::*;

mod asks;
mod ends;
mod merges;

const ONE: &[(&str, u32)] = &[("prod_1", 2)];
const TWO: &[(&str, u32)] = &[("prod_1", 2), ("p2", 1)];

fn unknown() -> CheckoutId {
    CheckoutId::from_command(CommandId::from_uuid(Uuid::from_u128(404)))
}

/// A shop that calls no cart abandoned.
fn patient() -> Policy {
    Policy { idle_tiers_seconds: [0; 3], ..envelope(Command::Clear).policy }
}

fn absorb(moved: Moved) -> Command {
    Command::Absorb(Absorb {
        merge: MergeId::new(CartId::of(&"guest-1".parse().unwrap(), 0), 3),
        from: "guest-1".parse().unwrap(),
        policy: MergePolicy::Sum,
        moved,
        asked: Asked { command: unknown().command(), digest: Digest::of(b"merge") },
    })
}

/// One line that comes from another cart.
fn came(product: &str, quantity: u32) -> Vec<Line> {
    let line = two_shirts().lines[0].clone();
    vec![Line { item: item(product), quantity: pieces(quantity), ..line }]
}

fn moved(lines: Vec<Line>) -> Moved {
    Moved::Lines { currency: two_shirts().currency.unwrap(), lines, left: at(15) }
}

fn merge_of(version: u64) -> MergeId {
    MergeId::new(CartId::of(&"user123".parse().unwrap(), 0), version)
}

#[test]
fn a_locked_cart_rejects_whatever_else_a_person_asks_and_says_until_when() {
    let locked = Rejection::CartLocked { until: at(LEASE_END) };
    for (mut till, _) in [Till::locked(ONE), Till::ready(ONE)] {
        for command in [
            add("p2", 1, offer()),
            set("prod_1", 1, offer()),
            remove("prod_1"),
            Command::Clear,
            Command::Extend { seconds: 9 },
            Command::Restore,
            Command::UndoMerge { merge: merge_of(1) },
            Command::Merge { into: "ann".parse().unwrap(), policy: MergePolicy::Sum },
            absorb(Moved::Nothing),
            absorb(moved(came("p2", 1))),
            paying(),
        ] {
            assert_eq!(till.refuses(command.clone(), 30), locked, "{command:?}");
        }
    }
}

#[test]
fn a_product_nobody_lists_comes_before_the_lock() {
    let (mut till, _) = Till::locked(ONE);

    let listed = |offer| add("p9", 1, offer);
    assert_eq!(till.refuses(listed(Offer::NoProduct), 30), Rejection::ProductNotFound);
    assert_eq!(till.refuses(listed(Offer::NoVariant), 30), Rejection::UnknownVariant);
}

#[test]
fn the_lock_comes_before_the_expected_version_and_that_before_the_line() {
    let (mut till, checkout) = Till::locked(ONE);
    let outcome = |till: &mut Till| till.takes_at(Some(99), remove("p9"), 30).outcome;

    let locked = Outcome::Rejected(Rejection::CartLocked { until: at(LEASE_END) });
    assert_eq!(outcome(&mut till), locked);
    till.takes(cancelling(checkout), 31);
    let current = till.record.version;
    assert_eq!(outcome(&mut till), Outcome::Rejected(Rejection::VersionMismatch { current }));
    assert_eq!(till.refuses(remove("p9"), 32), Rejection::ItemNotFound);
}

#[test]
fn the_expected_version_comes_before_what_is_known_of_a_checkout_or_of_the_lines() {
    let mut till = Till::default();
    let stale = Outcome::Rejected(Rejection::VersionMismatch { current: 0 });

    for command in [paying(), paid(unknown(), "order-1"), cancelling(unknown())] {
        assert_eq!(till.takes_at(Some(7), command, 20).outcome, stale);
    }
    assert_eq!(till.refuses(paying(), 21), Rejection::EmptyCart);
    assert_eq!(till.refuses(paid(unknown(), "order-1"), 21), Rejection::CheckoutNotFound);
    assert_eq!(till.refuses(cancelling(unknown()), 21), Rejection::CheckoutNotFound);
}

#[test]
fn a_checkout_is_a_change_by_a_person_and_its_answers_are_none() {
    let (mut till, checkout) = Till::locked(ONE);
    let begun = till.cart().lifespan.unwrap();
    assert_eq!((begun.last_modified, begun.expires_at), (at(20), at(20).plus_seconds(DAY)));

    till.answers(checkout, ("prod_1", true), 30);
    assert_eq!(till.cart().lifespan, Some(begun));
    till.takes(wake(), LEASE_END);
    assert_eq!(till.cart().lifespan, Some(begun));
}

/// What the catalog says of `prod_1` by now.
fn differing(price: Option<i64>) -> Vec<Quote> {
    let price = price.map(|price| price.try_into().unwrap());
    vec![Quote { item: item("prod_1"), price }]
}

fn paying_for(accept_prices: bool, price: Option<i64>) -> Command {
    Command::Checkout { accept_prices, differing: differing(price) }
}

/// A cart that is kept for a while, with lines added at second 10.
fn kept() -> Till {
    let mut till = Till { policy: Some(patient()), ..Till::holding(TWO) };
    till.takes(Command::Extend { seconds: 9 * DAY }, 11);
    till
}

fn charged(till: &Till) -> i64 {
    till.cart().checkout.as_ref().unwrap().total().minor()
}

#[test]
fn a_price_is_kept_for_a_day_whatever_the_product_costs_by_then() {
    let mut till = kept();

    till.takes(paying_for(false, Some(3_499)), 10 + i64::from(DAY));

    assert_eq!(charged(&till), 3 * 2_999);
}

#[test]
fn after_a_day_another_price_is_asked_about_and_then_charged_in_the_cart_too() {
    let mut till = kept();
    let late = 11 + i64::from(DAY);

    let (price, current) = (2_999.try_into().unwrap(), 3_499.try_into().unwrap());
    let lines = vec![PriceChange { item: item("prod_1"), price, current }];
    assert_eq!(
        till.refuses(paying_for(false, Some(3_499)), late),
        Rejection::PriceChanged { lines }
    );

    let begun = till.takes(paying_for(true, Some(3_499)), late);
    assert_eq!(kinds(&begun), ["checkout_started"]);
    assert_eq!(charged(&till), 2 * 3_499 + 2_999);
    assert_eq!(till.cart().lines, till.cart().checkout.as_ref().unwrap().lines);
    assert_eq!(begun.events[0].after.total.minor(), 2 * 3_499 + 2_999);
}

#[test]
fn whoever_accepts_any_price_still_has_the_kept_one_for_a_day() {
    let mut till = kept();

    till.takes(paying_for(true, Some(3_499)), 10 + i64::from(DAY));

    assert_eq!(charged(&till), 3 * 2_999);
}

#[test]
fn nobody_is_asked_about_a_price_that_is_the_same() {
    let late = 11 + i64::from(DAY);
    let (mut same, mut silent) = (kept(), kept());

    assert_eq!(same.takes(paying_for(false, Some(2_999)), late).outcome, Outcome::Applied);
    assert_eq!(silent.takes(paying(), late).outcome, Outcome::Applied);

    assert_eq!((charged(&same), charged(&silent)), (3 * 2_999, 3 * 2_999));
}

#[test]
fn what_is_not_for_sale_is_not_paid_for_however_new_it_is() {
    let mut till = kept();

    for accept in [false, true] {
        assert_eq!(till.refuses(paying_for(accept, None), 12), Rejection::ProductUnavailable);
    }
    let other = vec![Quote { item: item("p9"), price: None }];
    let elsewhere = Command::Checkout { accept_prices: false, differing: other };
    assert_eq!(till.takes(elsewhere, 13).outcome, Outcome::Applied);
}

#[test]
fn an_abandoned_cart_is_recovered_by_a_checkout_and_its_sale_names_the_tier() {
    let mut till = Till::holding(ONE);
    let late = 10 + 25 * 3_600;
    till.takes(Command::Extend { seconds: 9 * DAY }, 10);
    assert_eq!(kinds(&till.takes(wake(), late)), ["cart_abandoned", "cart_abandoned"]);

    let begun = till.takes(paying(), late + 1);
    assert_eq!(kinds(&begun), ["cart_recovered", "checkout_started"]);
    let checkout = till.cart().checkout.as_ref().unwrap().id;
    till.answers(checkout, ("prod_1", true), late + 2);
    let sold = till.takes(paid(checkout, "order-1"), late + 3);

    assert_eq!(kinds(&sold), ["cart_converted"]);
    let Fact::CartConverted { recovered, .. } = &sold.events[0].fact else { panic!("{sold:?}") };
    assert_eq!(*recovered, Some(2));
    assert_eq!(till.cart().abandoned, None);
}

#[test]
fn the_sale_of_a_cart_nobody_abandoned_names_no_tier() {
    let (mut till, checkout) = Till::ready(ONE);

    let sold = till.takes(paid(checkout, "order-1"), 30);

    assert!(matches!(facts(&sold)[..], [Fact::CartConverted { recovered: None, .. }]));
}

#[test]
fn a_checkout_is_ready_with_the_last_answer_of_its_skus_in_whatever_order() {
    for order in [["prod_1", "p2"], ["p2", "prod_1"]] {
        let (mut till, checkout) = Till::locked(TWO);

        assert_eq!(kinds(&till.answers(checkout, (order[0], true), 21)), [""; 0]);
        // The same answer twice is one answer.
        assert_eq!(kinds(&till.answers(checkout, (order[0], true), 22)), [""; 0]);
        assert_eq!(till.refuses(paid(checkout, "order-1"), 23), Rejection::CheckoutPending);
        assert_eq!(kinds(&till.answers(checkout, (order[1], true), 24)), ["checkout_ready"]);
        assert_eq!(till.takes(paid(checkout, "order-1"), 25).outcome, Outcome::Applied);
    }
}

#[test]
fn one_refusal_is_waited_out_and_names_every_line_that_is_short() {
    let short = |product| Shortage { item: item(product), available: 1 };
    for (first, second, expected) in [
        (("prod_1", false), ("p2", true), vec![short("prod_1")]),
        (("prod_1", true), ("p2", false), vec![short("p2")]),
        (("p2", false), ("prod_1", false), vec![short("p2"), short("prod_1")]),
    ] {
        let (mut till, checkout) = Till::locked(TWO);

        assert_eq!(kinds(&till.answers(checkout, first, 21)), [""; 0]);
        assert!(till.is_locked());
        let last = till.answers(checkout, second, 22);

        let [Fact::CheckoutCancelled { short, .. }] = &facts(&last)[..] else { panic!("{last:?}") };
        assert_eq!(*short, expected);
        assert!(!till.is_locked());
        assert_eq!(till.refuses(paid(checkout, "order-1"), 23), Rejection::CheckoutExpired);
    }
}

#[test]
fn an_answer_to_another_checkout_or_about_another_line_changes_nothing() {
    let (mut till, checkout) = Till::locked(ONE);

    assert_eq!(kinds(&till.answers(unknown(), ("prod_1", true), 21)), [""; 0]);
    assert_eq!(kinds(&till.answers(checkout, ("p9", true), 22)), [""; 0]);

    assert!(!till.cart().checkout.as_ref().unwrap().ready);
    let reserving = till.record.dealings.reserving(checkout).unwrap();
    assert_eq!(reserving.awaited, [item("prod_1")]);
}

//! What time does to a cart, arrow by arrow.

use cart_schemas::cart::{Abandonment, CartState};
use cart_schemas::event::Fact;
use cart_schemas::money::Amount;

use super::*;
use crate::cart::{deadline as next, due};

const HOUR: i64 = 3_600;

fn policy() -> Policy {
    envelope(Command::Clear).policy
}

/// The same policy for shops that call no cart abandoned.
fn patient() -> Policy {
    Policy { idle_tiers_seconds: [0; 3], ..policy() }
}

fn none() -> Dealings {
    Dealings::default()
}

fn deadline(cart: &Cart, policy: &Policy, time: Timestamp) -> Option<Timestamp> {
    next(cart, &none(), policy, time)
}

fn facts(cart: &Cart, policy: &Policy, time: Timestamp) -> Vec<Fact> {
    due(cart, &none(), policy, time).into_iter().map(|change| change.fact).collect()
}

fn passed(cart: Cart, policy: &Policy, time: Timestamp) -> Cart {
    let changes = due(&cart, &none(), policy, time);
    changed(cart, &changes)
}

fn abandoned(tier: u8) -> Fact {
    Fact::CartAbandoned { tier, since: at(10), value: Amount::try_from(5_998).unwrap() }
}

#[test]
fn active_to_expired_at_its_end_with_the_lines_kept_for_a_restore() {
    let cart = two_shirts();
    let end = cart.lifespan.unwrap().expires_at;

    assert_eq!(deadline(&cart, &patient(), at(10)), Some(end.minus_seconds(3_600)));
    assert_eq!(facts(&cart, &patient(), end), [Fact::CartExpired(cart.lines.clone())]);
    let expired = passed(cart.clone(), &patient(), end);

    assert_eq!(expired.state, CartState::Expired);
    assert!(expired.lines.is_empty() && expired.currency.is_none());
    assert_eq!(expired.restorable.as_ref().unwrap().lines, cart.lines);
    assert_eq!(expired.lifespan, cart.lifespan);
    assert_eq!(facts(&expired, &patient(), end.plus_seconds(DAY)), []);
}

#[test]
fn expired_to_active_by_an_add_with_only_the_new_line() {
    let expired = passed(two_shirts(), &patient(), at(i64::from(2 * DAY)));
    let now = i64::from(2 * DAY) + 5;

    assert_eq!(deciding(&expired, remove("prod_1"), now), Err(Rejection::ItemNotFound));
    let extend = deciding(&expired, Command::Extend { seconds: 9 }, now);
    assert_eq!(extend, Err(Rejection::InvalidExpiry));

    let opened = after(expired, add("p2", 1, offer()), now);
    assert_eq!((opened.state, opened.lines.len()), (CartState::Active, 1));
    assert!(opened.restorable.is_some());
    assert_eq!(opened.lifespan.unwrap().expires_at, at(now).plus_seconds(DAY));
}

#[test]
fn expired_to_active_by_a_restore_with_the_lines_as_they_were() {
    let lines = two_shirts().lines;
    let expired = passed(two_shirts(), &patient(), at(i64::from(2 * DAY)));

    let restored = after(expired, Command::Restore, i64::from(20 * DAY));

    assert_eq!((restored.state, restored.lines), (CartState::Active, lines));
    assert_eq!((restored.restorable, restored.currency), (None, two_shirts().currency));
}

#[test]
fn a_restore_adds_to_what_is_held_again_up_to_what_the_shop_allows() {
    let nine = after(Cart::default(), add("prod_1", 9, offer()), 10);
    let expired = passed(nine, &patient(), at(i64::from(2 * DAY)));
    let again = after(expired, add("prod_1", 3, offer()), i64::from(2 * DAY) + 5);

    let restored = after(again, Command::Restore, i64::from(2 * DAY) + 6);

    assert_eq!((restored.lines.len(), restored.item_count()), (1, 10));
    assert_eq!(restored.lines[0].state, LineState::Updated);
}

#[test]
fn nothing_is_restored_after_thirty_days_twice_or_into_another_currency() {
    let expired = passed(two_shirts(), &patient(), at(i64::from(2 * DAY)));
    let restoring = |cart: &Cart, time| deciding(cart, Command::Restore, time);
    let now = i64::from(2 * DAY);
    let yen = after(
        expired.clone(),
        add("p2", 1, changed_offer(|_, _, code| *code = "JPY".to_owned())),
        now + 5,
    );
    let restored = after(expired.clone(), Command::Restore, now + 5);

    assert!(restoring(&expired, now + i64::from(30 * DAY) - 1).is_ok());
    let late = restoring(&expired, now + i64::from(30 * DAY));
    assert_eq!(late, Err(Rejection::NothingToRestore));
    assert_eq!(restoring(&restored, now + 6), Err(Rejection::NothingToRestore));
    assert_eq!(restoring(&yen, now + 6), Err(Rejection::CurrencyMismatch));
}

#[test]
fn a_cart_with_lines_is_warned_once_an_hour_before_its_end() {
    let cart = two_shirts();
    let end = cart.lifespan.unwrap().expires_at;
    let hour_before = end.minus_seconds(3_600);

    assert_eq!(facts(&cart, &patient(), hour_before.minus_seconds(1)), []);
    assert_eq!(facts(&cart, &patient(), hour_before), [Fact::ExpiryWarned]);
    let warned = passed(cart.clone(), &patient(), hour_before);
    assert_eq!(facts(&warned, &patient(), end.minus_seconds(1)), []);

    let kept = after(warned, Command::Extend { seconds: DAY }, i64::from(DAY));
    let again = kept.lifespan.unwrap().expires_at.minus_seconds(3_600);
    assert_eq!(facts(&kept, &patient(), again), [Fact::ExpiryWarned]);
    let empty = after(cart, Command::Clear, 20);
    assert_eq!(facts(&empty, &patient(), hour_before), []);
}

#[test]
fn a_cart_kept_for_less_than_the_warning_is_not_warned() {
    let short = Policy { warning_seconds: 2 * DAY, ..patient() };

    assert_eq!(facts(&two_shirts(), &short, at(11)), []);
}

#[test]
fn each_tier_is_told_once_and_goes_on_over_the_end() {
    let cart = two_shirts();
    let at_tier = |cart: &Cart, hours: i64| facts(cart, &policy(), at(10 + hours * HOUR));

    assert_eq!(deadline(&cart, &policy(), at(10)), Some(at(10 + HOUR)));
    assert_eq!(at_tier(&cart, 1), [abandoned(1)]);
    let one = passed(cart.clone(), &policy(), at(10 + HOUR));
    assert_eq!(one.abandoned, Some(Abandonment { tier: 1, since: at(10) }));
    assert_eq!(at_tier(&one, 22), []);
    // At one instant abandonment comes before the end.
    assert_eq!(at_tier(&one, 24), [abandoned(2), Fact::CartExpired(cart.lines)]);
    let two = passed(one, &policy(), at(10 + 24 * HOUR));
    assert_eq!(deadline(&two, &policy(), at(10 + 24 * HOUR)), Some(at(10 + 72 * HOUR)));
    assert_eq!(at_tier(&two, 72), [abandoned(3)]);
    let three = passed(two, &policy(), at(10 + 72 * HOUR));
    assert_eq!(deadline(&three, &policy(), at(10 + 72 * HOUR)), None);
}

#[test]
fn what_came_due_while_nobody_looked_is_told_in_the_order_it_came_due() {
    let cart = two_shirts();

    let told = facts(&cart, &policy(), at(10 + 100 * HOUR));

    let end = Fact::CartExpired(cart.lines);
    assert_eq!(told, [abandoned(1), abandoned(2), end, abandoned(3)]);
}

#[test]
fn whoever_comes_back_recovers_the_cart_and_the_tiers_begin_anew() {
    let one = passed(two_shirts(), &policy(), at(10 + HOUR));
    let now = 20 + HOUR;

    let changes = deciding(&one, add("p2", 1, offer()), now).unwrap();
    let rejected = deciding(&one, remove("p9"), now);

    assert_eq!(changes[0].fact, Fact::CartRecovered { tier: 1 });
    assert!(matches!(changes[1].fact, Fact::ItemAdded(_)) && changes.len() == 2);
    assert_eq!(rejected, Err(Rejection::ItemNotFound));
    let back = changed(one, &changes);
    assert_eq!(back.abandoned, None);
    assert_eq!(deadline(&back, &policy(), at(now)), Some(at(now + HOUR)));
}

#[test]
fn an_empty_cart_is_not_abandoned() {
    let empty = after(two_shirts(), Command::Clear, 20);

    assert_eq!(facts(&empty, &policy(), at(20 + 23 * HOUR)), []);
}

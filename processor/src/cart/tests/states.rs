//! Every arrow of the two state machines: of a cart, and of a line. Those between an active and an
//! expired cart are among what time does.

use cart_schemas::cart::CartState;
use cart_schemas::checkout::CancelReason;

use super::till::*;
use super::*;

const ONE: &[(&str, u32)] = &[("prod_1", 2)];

#[test]
fn active_to_locked_by_a_checkout_with_everything_in_it() {
    let (till, checkout) = Till::locked(&[("prod_1", 2), ("p2", 1)]);

    let locked = till.cart().checkout.as_ref().unwrap();
    assert_eq!((locked.id, locked.until, locked.ready), (checkout, at(LEASE_END), false));
    assert_eq!(locked.lines, till.cart().lines);
    assert_eq!(locked.total().minor(), 3 * 2_999);
    assert_eq!(till.cart().state, CartState::Active);
}

/// The reason an event gives for the end of a checkout.
fn reason(entry: &cart_schemas::record::Entry) -> CancelReason {
    match facts(entry).pop() {
        Some(Fact::CheckoutCancelled { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn locked_to_active_by_a_cancellation() {
    for (mut till, checkout) in [Till::locked(ONE), Till::ready(ONE)] {
        let cancelled = till.takes(cancelling(checkout), 30);

        assert_eq!(reason(&cancelled), CancelReason::Requested);
        assert!(!till.is_locked());
        assert_eq!(till.quantities(), held(ONE));
    }
}

#[test]
fn locked_to_active_by_a_refusal_of_a_sku() {
    let (mut till, checkout) = Till::locked(ONE);

    let refused = till.answers(checkout, ("prod_1", false), 21);

    assert_eq!(reason(&refused), CancelReason::InsufficientStock);
    assert!(!till.is_locked());
    assert_eq!(till.quantities(), held(ONE));
}

#[test]
fn locked_to_active_at_the_end_of_the_lease() {
    for (mut till, _) in [Till::locked(ONE), Till::ready(ONE)] {
        assert_eq!(kinds(&till.takes(wake(), LEASE_END - 1)), [""; 0]);

        let lapsed = till.takes(wake(), LEASE_END);

        assert_eq!(reason(&lapsed), CancelReason::LeaseEnded);
        assert!(!till.is_locked());
        assert_eq!(till.quantities(), held(ONE));
    }
}

#[test]
fn locked_to_active_by_a_conversion_without_what_was_sold() {
    let (mut till, checkout) = Till::ready(ONE);

    let converted = till.takes(paid(checkout, "order-1"), 30);

    assert_eq!(kinds(&converted), ["cart_converted"]);
    assert!(!till.is_locked());
    assert_eq!((till.cart().state, till.cart().lines.len()), (CartState::Active, 0));
    assert_eq!(till.cart().currency, None);
    till.takes(add("p2", 1, offer()), 31);
    assert_eq!(till.quantities(), held(&[("p2", 1)]));
}

#[test]
fn locked_to_expired_at_the_end_of_the_lease_once_its_own_end_has_passed() {
    let mut till = Till { policy: Some(Policy { ttl_seconds: 60, ..short() }), ..Till::default() };
    till.takes(add("prod_1", 2, offer()), 10);
    let checkout = till.begins(BEGUN);

    // Its end has passed, and nothing happens to what somebody pays for.
    assert_eq!(kinds(&till.takes(wake(), 200)), [""; 0]);
    till.answers(checkout, ("prod_1", true), 201);
    let lapsed = till.takes(wake(), LEASE_END);

    assert_eq!(kinds(&lapsed), ["checkout_cancelled", "cart_expired"]);
    assert_eq!((till.cart().state, till.is_locked()), (CartState::Expired, false));
    assert_eq!(quantities(&till.cart().restorable.as_ref().unwrap().lines), held(ONE));
}

/// A shop that calls no cart abandoned.
fn short() -> Policy {
    Policy { idle_tiers_seconds: [0; 3], ..envelope(Command::Clear).policy }
}

#[test]
fn expired_to_active_and_then_to_locked() {
    let mut till = Till { policy: Some(Policy { ttl_seconds: 60, ..short() }), ..Till::default() };
    till.takes(add("prod_1", 2, offer()), 10);
    till.takes(wake(), 80);
    assert_eq!(till.cart().state, CartState::Expired);
    assert_eq!(till.refuses(paying(), 81), Rejection::EmptyCart);

    till.takes(add("p2", 1, offer()), 82);
    till.begins(83);

    assert_eq!(till.cart().state, CartState::Active);
    assert_eq!(quantities(&till.cart().checkout.as_ref().unwrap().lines), held(&[("p2", 1)]));
}

#[test]
fn a_line_begins_as_added() {
    assert_eq!(Till::holding(ONE).state_of("prod_1"), LineState::Added);
}

fn updated() -> Till {
    let mut till = Till::holding(ONE);
    till.takes(set("prod_1", 5, offer()), 11);
    assert_eq!(till.state_of("prod_1"), LineState::Updated);
    till
}

fn out_of_stock() -> Till {
    let mut till = Till::holding(ONE);
    till.takes(news("prod_1", false, 1), 11);
    assert_eq!(till.state_of("prod_1"), LineState::OutOfStock);
    till
}

fn available() -> Till {
    let mut till = out_of_stock();
    till.takes(news("prod_1", true, 2), 12);
    assert_eq!(till.state_of("prod_1"), LineState::Available);
    till
}

#[test]
fn added_to_updated_by_setting_its_quantity_or_adding_more() {
    for command in [set("prod_1", 2, offer()), add("prod_1", 1, offer())] {
        let mut till = Till::holding(ONE);

        assert_eq!(kinds(&till.takes(command, 20)), ["item_updated"]);
        assert_eq!(till.state_of("prod_1"), LineState::Updated);
    }
}

#[test]
fn updated_to_updated_by_every_further_change() {
    for command in [set("prod_1", 5, offer()), add("prod_1", 1, offer())] {
        let mut till = updated();

        assert_eq!(kinds(&till.takes(command, 20)), ["item_updated"]);
        assert_eq!(till.state_of("prod_1"), LineState::Updated);
    }
}

/// Whether a line is gone once it is removed.
fn is_removed(mut till: Till) -> bool {
    let removed = till.takes(remove("prod_1"), 20);
    kinds(&removed) == ["item_removed"] && till.cart().line(&item("prod_1")).is_none()
}

#[test]
fn added_to_removed() {
    assert!(is_removed(Till::holding(ONE)));
}

#[test]
fn updated_to_removed() {
    assert!(is_removed(updated()));
}

#[test]
fn available_to_removed() {
    assert!(is_removed(available()));
}

#[test]
fn out_of_stock_to_removed() {
    assert!(is_removed(out_of_stock()));
}

#[test]
fn added_to_out_of_stock_by_news_of_its_product() {
    let mut till = Till::holding(ONE);

    let told = till.takes(news("prod_1", false, 1), 20);

    assert_eq!(kinds(&told), ["item_out_of_stock"]);
    assert_eq!(till.state_of("prod_1"), LineState::OutOfStock);
    assert_eq!(till.quantities(), held(ONE));
}

#[test]
fn updated_to_out_of_stock_by_news_of_its_product() {
    let mut till = updated();

    assert_eq!(kinds(&till.takes(news("prod_1", false, 1), 20)), ["item_out_of_stock"]);
    assert_eq!(till.state_of("prod_1"), LineState::OutOfStock);
}

#[test]
fn out_of_stock_to_available_by_news_of_its_product_and_by_nothing_else() {
    let mut till = out_of_stock();
    till.takes(set("prod_1", 1, offer()), 20);
    assert_eq!(till.state_of("prod_1"), LineState::OutOfStock);

    assert_eq!(kinds(&till.takes(news("prod_1", true, 2), 21)), ["item_available"]);
    assert_eq!(till.state_of("prod_1"), LineState::Available);
}

#[test]
fn available_to_updated_by_a_change() {
    for command in [set("prod_1", 2, offer()), add("prod_1", 1, offer())] {
        let mut till = available();

        till.takes(command, 20);
        assert_eq!(till.state_of("prod_1"), LineState::Updated);
    }
}

#[test]
fn available_to_out_of_stock_again() {
    let mut till = available();

    assert_eq!(kinds(&till.takes(news("prod_1", false, 3), 20)), ["item_out_of_stock"]);
    assert_eq!(till.state_of("prod_1"), LineState::OutOfStock);
}

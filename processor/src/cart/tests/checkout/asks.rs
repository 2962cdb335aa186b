//! What a cart in checkout asks of its skus: to hold, to sell, to free. Each however often its log is
//! read, and nothing that would undo what it asked later.

use cart_schemas::id::StockAsk;
use cart_schemas::stock::StockCommand;

use super::*;
use crate::cart::{Ask, StockFollow};

fn ask(product: &str, kind: StockAsk, command: StockCommand) -> StockFollow {
    StockFollow { item: item(product), kind, command }
}

fn reserve(checkout: CheckoutId, product: &str, quantity: u32) -> StockFollow {
    let reserve = StockCommand::Reserve {
        checkout,
        cart: "user123".parse().unwrap(),
        quantity: pieces(quantity),
        until: at(LEASE_END),
    };
    ask(product, StockAsk::Reserve, reserve)
}

fn release(checkout: CheckoutId, product: &str) -> StockFollow {
    ask(product, StockAsk::Release, StockCommand::Release { checkout })
}

fn commit(checkout: CheckoutId, product: &str) -> StockFollow {
    ask(product, StockAsk::Commit, StockCommand::Commit { checkout })
}

fn stray(checkout: CheckoutId, product: &str) -> StockFollow {
    ask(product, StockAsk::ReleaseStray, StockCommand::Release { checkout })
}

/// The place of the last record in the log.
fn last(till: &Till) -> usize {
    till.log.len() - 1
}

#[test]
fn every_line_of_a_checkout_is_reserved() {
    let (till, checkout) = Till::locked(TWO);

    let expected = [reserve(checkout, "prod_1", 2), reserve(checkout, "p2", 1)];
    assert_eq!(till.asked_of_skus(), expected);
}

#[test]
fn every_line_is_released_however_the_checkout_ends_without_a_sale() {
    type End = fn(&mut Till, CheckoutId);
    let ends: [End; 5] = [
        |till, checkout| drop(till.takes(cancelling(checkout), 30)),
        |till, checkout| drop(till.answers(checkout, ("p2", false), 30)),
        |till, _| drop(till.takes(wake(), LEASE_END)),
        // Its end comes with whatever is asked next, also with what is then refused.
        |till, _| drop(till.takes(add("prod_1", 1, offer()), LEASE_END)),
        |till, checkout| drop(till.takes(paid(checkout, "order-1"), LEASE_END)),
    ];
    for end in ends {
        let (mut till, checkout) = Till::locked(TWO);
        till.answers(checkout, ("prod_1", true), 21);
        assert!(till.asked.is_empty());

        end(&mut till, checkout);

        let both = [release(checkout, "prod_1"), release(checkout, "p2")];
        assert_eq!(till.asked_of_skus(), both);
        assert_eq!(of_skus(&till.again(last(&till))), both);
    }
}

#[test]
fn every_line_of_a_sale_is_committed_and_once_more_at_a_replay() {
    let (mut till, checkout) = Till::ready(TWO);

    till.takes(paid(checkout, "order-1"), 30);

    let both = [commit(checkout, "prod_1"), commit(checkout, "p2")];
    assert_eq!(till.asked_of_skus(), both);
    let sale = last(&till);
    till.takes(add("p2", 1, offer()), 31);
    assert_eq!(of_skus(&till.again(sale)), both);
}

#[test]
fn at_a_replay_only_a_reserve_that_is_still_awaited_is_asked_again() {
    let (mut till, checkout) = Till::locked(TWO);
    let begun = last(&till);
    let both = [reserve(checkout, "prod_1", 2), reserve(checkout, "p2", 1)];
    assert_eq!(of_skus(&till.again(begun)), both);

    till.answers(checkout, ("prod_1", true), 21);
    assert_eq!(of_skus(&till.again(begun)), [reserve(checkout, "p2", 1)]);

    till.answers(checkout, ("p2", true), 22);
    assert_eq!(of_skus(&till.again(begun)), []);
    till.takes(paid(checkout, "order-1"), 23);
    assert_eq!(of_skus(&till.again(begun)), []);
}

#[test]
fn what_is_granted_to_a_checkout_that_has_ended_is_freed() {
    let (mut till, checkout) = Till::locked(TWO);
    till.takes(cancelling(checkout), 30);

    till.answers(checkout, ("prod_1", true), 31);
    assert_eq!(till.asked_of_skus(), [stray(checkout, "prod_1")]);
    assert_eq!(of_skus(&till.again(last(&till))), [stray(checkout, "prod_1")]);

    till.answers(checkout, ("p2", false), 32);
    assert!(till.asked.is_empty());
    // And what is granted to one the cart knows nothing of.
    till.answers(unknown(), ("p2", true), 33);
    assert_eq!(till.asked_of_skus(), [stray(unknown(), "p2")]);
}

#[test]
fn it_is_freed_also_where_something_else_of_the_cart_comes_due_with_it() {
    let (mut till, checkout) = Till::locked(ONE);
    till.takes(cancelling(checkout), 30);

    let late = till.answers(checkout, ("prod_1", true), 30 + 3_600);

    assert_eq!(kinds(&late), ["cart_abandoned"]);
    assert_eq!(till.asked_of_skus(), [stray(checkout, "prod_1")]);
}

#[test]
fn a_grant_that_comes_with_the_end_of_the_lease_is_freed_by_that_and_not_twice() {
    let (mut till, checkout) = Till::locked(ONE);

    let lapsed = till.answers(checkout, ("prod_1", true), LEASE_END);

    assert_eq!(kinds(&lapsed), ["checkout_cancelled"]);
    assert_eq!(till.asked_of_skus(), [release(checkout, "prod_1")]);
}

#[test]
fn a_grant_of_a_checkout_that_was_paid_since_is_not_freed_at_its_replay() {
    let (mut till, checkout) = Till::locked(TWO);
    till.answers(checkout, ("prod_1", true), 21);
    let first = last(&till);
    till.answers(checkout, ("p2", true), 22);
    till.takes(paid(checkout, "order-1"), 23);

    // The sale may not be asked for yet: whoever replays the one replays the other after it.
    assert_eq!(till.again(first), []);
    assert_eq!(till.again(first + 1), []);
    assert_eq!(till.again(first + 2).len(), 2);
}

#[test]
fn a_grant_that_came_twice_is_freed_if_the_second_came_after_the_end_and_not_before_it() {
    let (mut till, checkout) = Till::locked(TWO);
    till.answers(checkout, ("prod_1", true), 21);
    let (first, granted) = till.log[last(&till)].clone();
    till.answers(checkout, ("p2", true), 22);
    till.takes(paid(checkout, "order-1"), 23);
    let print = till.record.remembered(granted.id).unwrap();
    let place = |offset| {
        let offset = i64::try_from(offset).unwrap();
        cart_schemas::record::Position { offset, ..first.position }
    };
    let again = |place| crate::cart::asks_again(&till.record, &granted, place, &print);

    let sale = last(&till);
    assert_eq!(again(place(sale - 1)), None);
    assert_eq!(again(place(sale + 1)), Some(Ask::Sku(stray(checkout, "prod_1"))));
}

#[test]
fn a_refusal_that_is_met_again_asks_nothing() {
    let (mut till, checkout) = Till::locked(TWO);
    till.answers(checkout, ("prod_1", false), 21);
    let refusal = last(&till);
    till.answers(checkout, ("p2", true), 22);
    assert_eq!(till.asked_of_skus().len(), 2);

    assert_eq!(till.again(refusal), []);
}

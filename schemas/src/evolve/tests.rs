//! What each fact about a checkout or a product does to a cart.

use super::*;
use crate::checkout::Shortage;
use crate::id::{CheckoutId, OrderId};
use crate::money::Price;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn item(product: &str) -> ItemId {
    ItemId::new(product.parse().unwrap(), None)
}

fn price(minor: i64) -> Price {
    minor.try_into().unwrap()
}

fn line(product: &str, quantity: u32) -> Line {
    Line {
        item: item(product),
        name: "T-Shirt".to_owned(),
        price: price(2_999),
        quantity: quantity.try_into().unwrap(),
        state: crate::cart::LineState::Added,
        added_at: at(1),
        last_modified: at(1),
    }
}

fn moment(seconds: i64) -> Moment {
    let currency = Some("USD".parse().unwrap());
    Moment { at: at(seconds), expires_at: at(seconds).plus_seconds(100), currency }
}

fn checkout() -> CheckoutId {
    "018cbb42-2f31-7000-8000-000000000001".parse().unwrap()
}

fn order() -> OrderId {
    "order-1".parse().unwrap()
}

/// A cart that has held these since second 1.
fn holding(lines: &[Line]) -> Cart {
    let add = |cart, line: &Line| apply(cart, &Fact::ItemAdded(line.clone()), moment(1));
    lines.iter().fold(Cart::default(), add)
}

fn started(lines: &[Line], recovered: Option<u8>) -> Fact {
    Fact::CheckoutStarted { checkout: checkout(), until: at(900), lines: lines.to_vec(), recovered }
}

/// One of them that is locked since second 10.
fn locked(lines: &[Line]) -> Cart {
    apply(holding(lines), &started(lines, None), moment(10))
}

fn ready(lines: &[Line]) -> Fact {
    Fact::CheckoutReady { checkout: checkout(), until: at(900), lines: lines.to_vec() }
}

fn cancelled(reason: CancelReason) -> Fact {
    let short = vec![Shortage { item: item("p1"), available: 0 }];
    Fact::CheckoutCancelled { checkout: checkout(), reason, lines: vec![line("p1", 2)], short }
}

fn converted(lines: &[Line]) -> Fact {
    let (checkout, lines) = (checkout(), lines.to_vec());
    Fact::CartConverted { checkout, order: order(), lines, recovered: None }
}

fn quantities(cart: &Cart) -> Vec<(&str, u32)> {
    let of = |line: &'_ Line| line.quantity.get();
    cart.lines.iter().map(|line| (line.item.product().as_str(), of(line))).collect()
}

#[test]
fn a_checkout_locks_a_cart_at_the_prices_it_is_charged_and_keeps_its_other_lines() {
    let both = [line("p1", 2), line("p2", 1)];
    let charged = [Line { price: price(3_499), ..line("p1", 2) }];

    let cart = apply(holding(&both), &started(&charged, Some(2)), moment(10));

    let checkout = cart.checkout.as_ref().unwrap();
    assert_eq!((checkout.until, checkout.ready, checkout.recovered), (at(900), false, Some(2)));
    assert_eq!(checkout.lines, charged);
    assert_eq!(checkout.total().minor(), 2 * 3_499);
    assert_eq!(cart.lines, [charged[0].clone(), line("p2", 1)]);
    assert_eq!(cart.lifespan.unwrap().last_modified, at(10));
    assert!(cart.currency.is_some());
}

#[test]
fn a_checkout_that_is_ready_is_nothing_but_ready() {
    let cart = locked(&[line("p1", 2)]);

    let after = apply(cart.clone(), &ready(&[line("p1", 2)]), moment(20));

    let checkout = cart.checkout.clone().map(|checkout| Checkout { ready: true, ..checkout });
    assert_eq!(after, Cart { checkout, ..cart });
}

#[test]
fn a_cancelled_checkout_opens_the_cart_and_only_a_persons_counts_as_a_change() {
    let cart = locked(&[line("p1", 2)]);
    for (reason, touched) in [
        (CancelReason::Requested, 30),
        (CancelReason::InsufficientStock, 10),
        (CancelReason::LeaseEnded, 10),
    ] {
        let after = apply(cart.clone(), &cancelled(reason), moment(30));

        assert_eq!((after.checkout, after.lines), (None, cart.lines.clone()), "{reason:?}");
        assert_eq!(after.lifespan.unwrap().last_modified, at(touched), "{reason:?}");
    }
}

#[test]
fn a_sale_takes_exactly_what_was_sold() {
    let sold = [line("p1", 2), line("p2", 1)];
    for (held, left) in [
        (vec![line("p1", 2), line("p2", 1)], vec![]),
        (vec![line("p1", 5), line("p2", 1)], vec![("p1", 3)]),
        (vec![line("p1", 2), line("p2", 1), line("p3", 4)], vec![("p3", 4)]),
        (vec![line("p1", 1), line("p2", 9)], vec![("p2", 8)]),
    ] {
        let after = apply(locked(&held), &converted(&sold), moment(30));

        assert_eq!(quantities(&after), left);
        assert_eq!((after.checkout, after.currency.is_none()), (None, left.is_empty()));
        assert_eq!(after.lifespan.unwrap().last_modified, at(30));
    }
}

#[test]
fn what_is_left_of_a_line_after_a_sale_is_otherwise_as_it_was() {
    let after = apply(locked(&[line("p1", 5)]), &converted(&[line("p1", 2)]), moment(30));

    assert_eq!(after.lines, [line("p1", 3)]);
}

fn news(minor: i64, number: u64) -> News {
    News { price: price(minor), number }
}

#[test]
fn news_of_a_line_change_its_state_or_nothing_of_it_and_are_remembered() {
    use crate::cart::LineState;
    let cart = holding(&[line("p1", 2), line("p2", 1)]);
    let with = |state| Line { state, ..line("p1", 2) };
    let (out, there) = (with(LineState::OutOfStock), with(LineState::Available));

    let first = Fact::ItemOutOfStock { line: out.clone(), news: news(2_999, 1) };
    let after = apply(cart.clone(), &first, moment(20));
    assert_eq!(after.lines, [out, line("p2", 1)]);
    assert_eq!(after.news(&item("p1")), Some(news(2_999, 1)));
    let second = Fact::ItemAvailable { line: there.clone(), news: news(2_999, 2) };
    let after = apply(after, &second, moment(21));
    assert_eq!(after.lines, [there.clone(), line("p2", 1)]);
    let third = Fact::PriceChanged { line: there.clone(), news: news(3_499, 3) };
    let after = apply(after, &third, moment(22));

    assert_eq!(after.lines, [there, line("p2", 1)]);
    assert_eq!(after.told.len(), 1);
    assert_eq!(after.news(&item("p1")), Some(news(3_499, 3)));
    assert_eq!((after.news(&item("p2")), after.lifespan), (None, cart.lifespan));
}

#[test]
fn what_a_cart_was_told_is_forgotten_with_the_line_however_it_goes() {
    let told = || {
        let fact = |product| Fact::PriceChanged { line: line(product, 2), news: news(1, 1) };
        let cart = holding(&[line("p1", 2), line("p2", 2)]);
        ["p1", "p2"].into_iter().fold(cart, |cart, one| apply(cart, &fact(one), moment(2)))
    };
    for (fact, left) in [
        (Fact::ItemRemoved(item("p1")), &["p2"][..]),
        (converted(&[line("p1", 2)]), &["p2"]),
        (Fact::CartCleared, &[]),
        (Fact::CartExpired(told().lines), &[]),
        (started(&told().lines, None), &["p1", "p2"]),
        (cancelled(CancelReason::LeaseEnded), &["p1", "p2"]),
    ] {
        let after = apply(told(), &fact, moment(30));

        let known = after.told.iter().map(|told| told.item.product().as_str());
        assert!(known.eq(left.iter().copied()), "{fact:?}");
    }
}

#[test]
fn in_another_currency_every_line_costs_what_it_says_and_older_news_stay_old() {
    let cart = holding(&[line("p1", 2), line("p2", 1)]);
    let dearer = Fact::PriceChanged { line: line("p1", 2), news: news(3_499, 7) };
    let told = apply(cart, &dearer, moment(20));
    let lines = [("p1", 3_000), ("p2", 700)];
    let lines = lines.map(|(product, yen)| Line { price: price(yen), ..line(product, 2) });
    let changed = Fact::CurrencyChanged { from: "USD".parse().unwrap(), lines: lines.to_vec() };
    let yen = Moment { currency: Some("JPY".parse().unwrap()), ..moment(30) };

    let after = apply(told, &changed, yen);

    assert_eq!((after.currency, &after.lines[..]), (yen.currency, &lines[..]));
    assert_eq!(after.news(&item("p1")), Some(news(3_000, 7)));
    assert_eq!(after.lifespan.map(|span| span.last_modified), Some(at(30)));
}

#[test]
fn a_checkout_of_a_cart_that_was_warned_takes_the_warning_back() {
    let warned = apply(holding(&[line("p1", 2)]), &Fact::ExpiryWarned, moment(5));

    assert!(warned.warned);
    assert!(!apply(warned, &started(&[line("p1", 2)], None), moment(10)).warned);
}

//! Price lists: a cart is in one currency, and every line at its price in it.

use cart_schemas::checkout::Quote;
use cart_schemas::money::{Currency, Priced};

use super::*;

fn money(code: &str) -> Currency {
    code.parse().unwrap()
}

/// A shirt of 29.99 USD, which costs 27.90 EUR and 3000 JPY.
fn sold_in_three() -> Offer {
    let other = |code, minor: i64| {
        let (currency, price) = (money(code), minor.try_into().unwrap());
        Priced { currency, price }
    };
    match offer() {
        Offer::Listed { name, price, currency, available, stock, .. } => {
            let others = vec![other("EUR", 2_790), other("JPY", 3_000)];
            Offer::Listed { name, price, currency, available, stock, others }
        }
        none @ (Offer::NoProduct | Offer::NoVariant) => none,
    }
}

fn add_in(code: &str, product: &str, offer: Offer) -> Command {
    let (item, quantity, currency) = (item(product), pieces(2), Some(money(code)));
    Command::AddItem { item, quantity, currency, offer }
}

fn change_to(code: &str, quotes: &[(&str, Option<i64>)]) -> Command {
    let quote = |(product, minor): &(&str, Option<i64>)| Quote {
        item: item(product),
        price: minor.map(|minor| minor.try_into().unwrap()),
    };
    let quotes = quotes.iter().map(quote).collect();
    Command::ChangeCurrency { currency: money(code), quotes }
}

fn total(cart: &Cart) -> (&str, String) {
    let code = cart.currency.map_or("", Currency::code);
    (code, cart.total().decimal(cart.currency).as_str().to_owned())
}

#[test]
fn the_first_line_brings_its_currency_and_the_next_come_in_it() {
    for (code, cost) in [("EUR", "55.80"), ("JPY", "6000"), ("USD", "59.98")] {
        let cart = after(Cart::default(), add_in(code, "p1", sold_in_three()), 10);
        assert_eq!(total(&cart), (code, cost.to_owned()));

        let cart = after(cart, add("p2", 1, sold_in_three()), 11);
        assert_eq!(cart.lines[1].price, cart.lines[0].price, "{code}");
    }
    let unsaid = after(Cart::default(), add("p1", 1, sold_in_three()), 10);
    assert_eq!(total(&unsaid), ("USD", "29.99".to_owned()));
}

#[test]
fn what_is_not_sold_in_the_carts_currency_does_not_come_in() {
    let euros = after(Cart::default(), add_in("EUR", "p1", sold_in_three()), 10);

    for command in [
        add("p2", 1, offer()),
        add_in("USD", "p2", sold_in_three()),
        add_in("KWD", "p2", sold_in_three()),
    ] {
        assert_eq!(deciding(&euros, command, 11), Err(Rejection::CurrencyMismatch));
    }
    let kwd = add_in("KWD", "p1", sold_in_three());
    assert_eq!(deciding(&Cart::default(), kwd, 11), Err(Rejection::CurrencyMismatch));
}

#[test]
fn in_another_currency_every_line_has_its_price_in_it() {
    let cart = after(two_shirts(), add("p2", 1, offer()), 11);
    let yen = change_to("JPY", &[("prod_1", Some(3_000)), ("p2", Some(900)), ("p3", None)]);

    let after = after(cart.clone(), yen, 20);

    assert_eq!(total(&after), ("JPY", "6900".to_owned()));
    let kept = |cart: &Cart| {
        let kept = cart.lines.iter().map(|line| (line.item.clone(), line.quantity, line.added_at));
        kept.collect::<Vec<_>>()
    };
    assert_eq!(kept(&after), kept(&cart));
}

#[test]
fn a_line_without_a_price_in_it_keeps_the_cart_as_it_is_and_is_named() {
    let cart = after(two_shirts(), add("p2", 1, offer()), 11);

    for quotes in [&[("prod_1", Some(3_000)), ("p2", None)][..], &[("prod_1", Some(3_000))]] {
        let refused = deciding(&cart, change_to("JPY", quotes), 20);

        assert_eq!(refused, Err(Rejection::NoPrice { items: vec![item("p2")] }));
    }
}

#[test]
fn the_currency_it_is_in_changes_nothing_and_an_empty_cart_has_none() {
    assert_eq!(deciding(&two_shirts(), change_to("USD", &[]), 20), Ok(Vec::new()));
    let empty = deciding(&Cart::default(), change_to("USD", &[]), 20);
    assert_eq!(empty, Err(Rejection::EmptyCart));
}

#[test]
fn news_of_a_price_are_told_in_the_carts_currency() {
    let euros = after(Cart::default(), add_in("EUR", "p1", sold_in_three()), 10);
    let refresh = |euros: i64, number| Command::Refresh {
        item: item("p1"),
        currency: money("USD"),
        available: true,
        news: News { price: 3_499.try_into().unwrap(), number },
        others: vec![Priced { currency: money("EUR"), price: euros.try_into().unwrap() }],
    };

    let dearer = deciding(&euros, refresh(3_190, 7), 20).unwrap();

    let [Change { fact: Fact::PriceChanged { news, .. }, .. }] = &dearer[..] else {
        panic!("{dearer:?}")
    };
    assert_eq!((news.price.minor(), news.number), (3_190, 7));
    assert_eq!(deciding(&euros, refresh(2_790, 7), 20), Ok(Vec::new()));
}

//! What marketing is told of events, and when it no longer holds.

use super::*;
use crate::cart::{Abandonment, LineState};
use crate::event::Summary;
use crate::id::{CartId, UserId};
use crate::money::Price;
use crate::quantity::Quantity;

const AT: Timestamp = Timestamp::from_millis(1_705_314_600_000);

fn key() -> CartKey {
    "acme/alice".parse().unwrap()
}

fn usd() -> Currency {
    "USD".parse().unwrap()
}

fn line() -> Line {
    Line {
        item: crate::id::ItemId::new("hat".parse().unwrap(), "red".parse().ok()),
        name: "Hat".to_owned(),
        price: Price::from_minor(1_050).unwrap(),
        quantity: Quantity::new(2).unwrap(),
        state: LineState::Added,
        added_at: AT,
        last_modified: AT,
    }
}

fn event(fact: Fact, currency: Option<Currency>) -> Event {
    let user: UserId = "alice".parse().unwrap();
    let place = Place { cart: CartId::of(&key(), 0), version: 7, n: 0, of: 1 };
    let after = Summary { currency, total: total(&[line()]), item_count: 2, expires_at: AT };
    Event { place, user, at: AT, after, fact }
}

fn abandoned() -> Notice {
    let fact = Fact::CartAbandoned { tier: 1, since: AT, value: total(&[line()]) };
    Notice::of(&key(), &event(fact, Some(usd())), (&[line()], Some(usd()))).unwrap()
}

fn every() -> Vec<Notice> {
    let (checkout, order) = (
        CheckoutId::from_command(crate::id::CommandId::from_uuid(uuid::Uuid::nil())),
        "o-1".parse().unwrap(),
    );
    let facts = [
        Fact::CartRecovered { tier: 2 },
        Fact::CartConverted { checkout, order, lines: vec![line()], recovered: Some(1) },
        Fact::CartExpired(vec![line()]),
    ];
    let of = |fact| Notice::of(&key(), &event(fact, Some(usd())), (&[line()], None)).unwrap();
    [abandoned()].into_iter().chain(facts.map(of)).collect()
}

#[test]
fn a_notice_is_read_as_it_was_written() {
    for notice in every() {
        assert_eq!(Notice::decode(&notice.encode()).unwrap(), notice);
    }
}

#[test]
fn a_notice_has_the_shape_of_standard_webhooks_and_exact_amounts() {
    let json = String::from_utf8(abandoned().encode()).unwrap();

    assert!(
        json.starts_with(&format!(
            "{{\"id\":\"{}:7:0\",\"type\":\"cart.abandoned\",",
            CartId::of(&key(), 0)
        )),
        "{json}"
    );
    assert!(
        json.contains("\"tenant\":\"acme\",\"userID\":\"alice\"")
            && json.contains("\"value\":21.00"),
        "{json}"
    );
    assert!(!json.contains("recoveryURL"), "{json}");
    let invitation = Invitation { url: Some("https://a.example/?r=1"), discount: Some("TEN") };
    let json = String::from_utf8(abandoned().encode_inviting(invitation)).unwrap();
    assert!(
        json.contains("\"recoveryURL\":\"https://a.example/?r=1\",\"discountCode\":\"TEN\""),
        "{json}"
    );
}

#[test]
fn an_expired_cart_is_told_of_in_the_currency_it_had() {
    let fact = Fact::CartAbandoned { tier: 2, since: AT, value: total(&[line()]) };
    let notice = Notice::of(&key(), &event(fact, None), (&[line()], Some(usd()))).unwrap();

    assert_eq!(notice.currency, Some(usd()));
    assert_eq!(Notice::decode(&notice.encode()).unwrap(), notice);
}

#[test]
fn nobody_is_told_of_an_empty_cart_that_ends_or_of_what_people_do() {
    for fact in [Fact::CartExpired(Vec::new()), Fact::ItemAdded(line()), Fact::CartCleared] {
        assert_eq!(Notice::of(&key(), &event(fact, Some(usd())), (&[], None)), None);
    }
}

#[test]
fn an_abandonment_holds_until_somebody_comes_back_or_the_next_tier_is_told() {
    let left = |tier, since| {
        let abandoned = Some(Abandonment { tier, since });
        Cart { abandoned, ..Cart::default() }
    };

    assert!(abandoned().still_holds(&left(1, AT)));
    assert!(!abandoned().still_holds(&left(2, AT)));
    assert!(!abandoned().still_holds(&left(1, AT.next())));
    assert!(!abandoned().still_holds(&Cart::default()));
}

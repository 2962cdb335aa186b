//! What a cart makes of news of a product it holds.

use super::till::*;
use super::*;

const ONE: &[(&str, u32)] = &[("prod_1", 2)];

#[test]
fn another_price_is_told_and_the_line_keeps_its_own() {
    let mut till = Till::holding(ONE);
    let before = till.cart().clone();

    let told = till.takes(priced("prod_1", true, (3_499, 7)), 20);

    let news = News { price: 3_499.try_into().unwrap(), number: 7 };
    assert_eq!(facts(&told), [Fact::PriceChanged { line: before.lines[0].clone(), news }]);
    assert_eq!(till.cart().news(&item("prod_1")), Some(news));
    assert_eq!(till.cart().lines, before.lines);
    assert_eq!(till.cart().lifespan, before.lifespan);
}

#[test]
fn a_price_is_told_once_and_again_when_it_is_what_it_was() {
    let mut till = Till::holding(ONE);
    till.takes(priced("prod_1", true, (3_499, 7)), 20);

    assert_eq!(kinds(&till.takes(priced("prod_1", true, (3_499, 8)), 21)), [""; 0]);
    assert_eq!(kinds(&till.takes(priced("prod_1", true, (2_999, 9)), 22)), ["price_changed"]);
    assert_eq!(till.cart().news(&item("prod_1")).unwrap().price.minor(), 2_999);
}

#[test]
fn news_older_than_what_the_cart_was_told_change_nothing() {
    let mut till = Till::holding(ONE);
    till.takes(priced("prod_1", false, (3_499, 7)), 20);

    for number in [6, 7] {
        assert_eq!(kinds(&till.takes(priced("prod_1", true, (9, number)), 21)), [""; 0]);
    }
    assert_eq!(till.state_of("prod_1"), LineState::OutOfStock);
}

#[test]
fn both_at_once_are_two_events_of_one_version_with_the_line_as_it_is_then() {
    let mut till = Till::holding(ONE);
    let before = till.record.version;

    let told = till.takes(priced("prod_1", false, (3_499, 1)), 20);

    assert_eq!(kinds(&told), ["item_out_of_stock", "price_changed"]);
    assert_eq!(told.version, before + 1);
    let [_, Fact::PriceChanged { line, .. }] = &facts(&told)[..] else { panic!("{told:?}") };
    assert_eq!(line.state, LineState::OutOfStock);
    assert_eq!(till.state_of("prod_1"), LineState::OutOfStock);
}

#[test]
fn a_price_in_another_currency_says_nothing_of_the_price_and_does_of_the_stock() {
    let mut till = Till::holding(ONE);
    let yen = |available, number| Command::Refresh {
        item: item("prod_1"),
        currency: "JPY".parse().unwrap(),
        available,
        news: News { price: 3_499.try_into().unwrap(), number },
        others: Vec::new(),
    };

    assert_eq!(kinds(&till.takes(yen(true, 1), 20)), [""; 0]);
    assert_eq!(kinds(&till.takes(yen(false, 2), 21)), ["item_out_of_stock"]);

    assert_eq!(till.cart().news(&item("prod_1")).unwrap().price.minor(), 2_999);
}

#[test]
fn news_of_what_the_cart_does_not_hold_change_nothing() {
    let mut till = Till::holding(ONE);

    assert_eq!(kinds(&till.takes(news("p9", false, 1), 20)), [""; 0]);
    assert_eq!(kinds(&Till::default().takes(news("prod_1", false, 1), 20)), [""; 0]);
    assert_eq!(till.cart().news(&item("p9")), None);
}

#[test]
fn what_a_cart_was_told_of_a_line_is_forgotten_with_it() {
    let gone: [fn() -> Command; 2] = [|| remove("prod_1"), || Command::Clear];
    for gone in gone {
        let mut till = Till::holding(ONE);
        till.takes(priced("prod_1", false, (3_499, 7)), 20);

        till.takes(gone(), 21);
        assert!(till.cart().told.is_empty());
        till.takes(add("prod_1", 1, offer()), 22);

        assert_eq!((till.state_of("prod_1"), till.cart().told.len()), (LineState::Added, 0));
    }
}

#[test]
fn a_line_somebody_pays_for_does_not_run_out_and_may_change_its_price() {
    let (mut till, checkout) = Till::ready(ONE);

    assert_eq!(kinds(&till.takes(news("prod_1", false, 1), 30)), [""; 0]);
    assert_eq!(kinds(&till.takes(priced("prod_1", false, (9, 2)), 31)), ["price_changed"]);

    assert_eq!(till.cart().checkout.as_ref().unwrap().total().minor(), 2 * 2_999);
    till.takes(cancelling(checkout), 32);
    assert_eq!(kinds(&till.takes(news("prod_1", false, 3), 33))[0], "item_out_of_stock");
}

#[test]
fn a_line_out_of_stock_may_be_there_again_while_somebody_pays_for_it() {
    let mut till = Till::holding(ONE);
    till.takes(news("prod_1", false, 1), 11);
    till.begins(BEGUN);

    assert_eq!(kinds(&till.takes(news("prod_1", true, 2), 30)), ["item_available"]);
}

#[test]
fn news_do_not_bring_anybody_back_to_an_abandoned_cart() {
    let mut till = Till::holding(ONE);
    till.takes(wake(), 10 + 3_600);
    let before = till.cart().lifespan;

    let told = till.takes(news("prod_1", false, 1), 11 + 3_600);

    assert_eq!(kinds(&told), ["item_out_of_stock"]);
    assert!(till.cart().abandoned.is_some());
    assert_eq!(till.cart().lifespan, before);
}

#[test]
fn an_expired_cart_is_told_nothing() {
    let mut till = Till::holding(ONE);
    till.takes(news("prod_1", false, 1), 11);
    till.takes(wake(), 10 + 2 * i64::from(DAY));

    assert!(till.cart().told.is_empty());
    let late = 11 + 2 * i64::from(DAY);
    assert_eq!(kinds(&till.takes(news("prod_1", true, 2), late)), [""; 0]);
}

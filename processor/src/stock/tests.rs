//! Examples of what a sku decides.

use cart_schemas::id::{CheckoutId, CommandId};
use cart_schemas::stock::{
    RESERVATIONS_MAX, Stock, StockCommand, StockFollowUp, StockRejection, Units,
};
use cart_schemas::timestamp::Timestamp;
use uuid::Uuid;

use super::{apply, decide};

const LEASE_END: Timestamp = Timestamp::from_micros(900);

fn checkout(number: u128) -> CheckoutId {
    CheckoutId::from_command(CommandId::from_uuid(Uuid::from_u128(number)))
}

fn put(units: u32) -> StockCommand {
    StockCommand::Put { units: Units::new(units).unwrap() }
}

fn reserve(number: u128, quantity: u32) -> StockCommand {
    StockCommand::Reserve {
        checkout: checkout(number),
        cart: "ann".parse().unwrap(),
        quantity: quantity.try_into().unwrap(),
        until: LEASE_END,
    }
}

fn commit(number: u128) -> StockCommand {
    StockCommand::Commit { checkout: checkout(number) }
}

fn release(number: u128) -> StockCommand {
    StockCommand::Release { checkout: checkout(number) }
}

/// What became of commands that were decided one after the other, at this time.
fn after_at(at: i64, commands: &[StockCommand]) -> (Stock, Option<StockFollowUp>) {
    let mut stock = Stock::default();
    let mut told = None;
    for command in commands {
        let decided = decide(&stock, command, Timestamp::from_micros(at)).unwrap();
        told = decided.follow_up;
        if let Some(change) = decided.change {
            stock = apply(stock, change);
        }
    }
    (stock, told)
}

fn after(commands: &[StockCommand]) -> (Stock, Option<StockFollowUp>) {
    after_at(1, commands)
}

fn told(number: u128, granted: bool, available: u32) -> Option<StockFollowUp> {
    let cart = "ann".parse().unwrap();
    Some(StockFollowUp::Told { cart, checkout: checkout(number), granted, available })
}

fn counts(stock: &Stock) -> (u32, u32, u32) {
    (stock.on_hand.get(), stock.reserved(), stock.available())
}

#[test]
fn what_is_reserved_stays_on_hand_and_is_not_available() {
    let (stock, said) = after(&[put(10), reserve(1, 3)]);

    assert_eq!(counts(&stock), (10, 3, 7));
    assert_eq!(said, told(1, true, 7));
}

#[test]
fn a_commit_takes_from_the_shelf_what_was_reserved_and_a_release_gives_it_back() {
    let held = [put(10), reserve(1, 3), reserve(2, 4)];

    let (stock, _) = after(&[&held[..], &[commit(1), release(2)]].concat());

    assert_eq!(counts(&stock), (7, 0, 7));
}

#[test]
fn more_than_is_free_is_refused_and_the_cart_is_told_how_many_are() {
    let (stock, said) = after(&[put(10), reserve(1, 8), reserve(2, 3)]);

    assert_eq!(counts(&stock), (10, 8, 2));
    assert_eq!(said, told(2, false, 2));
}

#[test]
fn a_checkout_that_holds_some_is_granted_them_again_and_nothing_changes() {
    let once = [put(10), reserve(1, 3)];

    let (stock, said) = after(&[&once[..], &[reserve(1, 3)]].concat());

    assert_eq!(stock, after(&once).0);
    assert_eq!(said, told(1, true, 7));
}

#[test]
fn a_reserve_past_its_lease_is_refused_and_one_that_is_held_is_kept_past_it() {
    let end = LEASE_END.micros();

    assert_eq!(after_at(end, &[put(10), reserve(1, 3)]).1, told(1, false, 10));

    let (held, _) = after(&[put(10), reserve(1, 3)]);
    let late = decide(&held, &reserve(1, 3), LEASE_END.plus_seconds(60)).unwrap();
    assert_eq!((late.change, late.follow_up), (None, told(1, true, 7)));
}

#[test]
fn ending_a_checkout_that_holds_nothing_changes_nothing() {
    let (stock, _) = after(&[put(10)]);

    for command in [commit(1), release(1)] {
        assert_eq!(decide(&stock, &command, LEASE_END).unwrap().change, None);
    }
}

#[test]
fn the_checkout_beyond_the_most_a_sku_holds_is_refused() {
    let most = u128::try_from(RESERVATIONS_MAX).unwrap();
    let all: Vec<_> = (0..most).map(|number| reserve(number, 1)).collect();

    let (stock, said) = after(&[&[put(9_000)], &all[..], &[reserve(most, 1)]].concat());

    assert_eq!(stock.reservations.len(), RESERVATIONS_MAX);
    assert_eq!(said, told(most, false, 7_000));
}

#[test]
fn putting_the_same_number_again_does_not_bring_back_what_was_sold() {
    let sold = [put(10), reserve(1, 4), commit(1)];

    assert_eq!(counts(&after(&[&sold[..], &[put(10)]].concat()).0), (6, 0, 6));
    assert_eq!(counts(&after(&[&sold[..], &[put(11)]].concat()).0), (11, 0, 11));
}

#[test]
fn a_shelf_put_below_what_is_reserved_has_nothing_for_others_and_sells_what_is_held() {
    let short = [put(10), reserve(1, 4), reserve(2, 5), put(6)];

    assert_eq!(counts(&after(&short).0), (6, 9, 0));
    assert_eq!(counts(&after(&[&short[..], &[commit(1), commit(2)]].concat()).0), (0, 0, 0));
}

#[test]
fn an_adjustment_below_nothing_or_beyond_the_most_is_rejected() {
    let (stock, _) = after(&[put(10)]);
    let adjust = |delta| decide(&stock, &StockCommand::Adjust { delta }, LEASE_END);

    for delta in [-11, i64::from(Units::MAX) - 9, i64::MIN, i64::MAX] {
        assert_eq!(adjust(delta), Err(StockRejection::InvalidStock), "{delta}");
    }
    assert_eq!(counts(&apply(stock.clone(), adjust(-10).unwrap().change.unwrap())), (0, 0, 0));
    assert_eq!(adjust(0).unwrap().change, None);
}

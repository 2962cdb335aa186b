//! Laws of the sku, over any commands in any order: pieces are neither lost nor sold twice.

use std::collections::BTreeMap;

use cart_schemas::id::{CheckoutId, CommandId};
use cart_schemas::stock::{Stock, StockCommand, StockFollowUp, Units};
use cart_schemas::timestamp::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::{Change, apply, decide};

/// A few checkouts, so that they meet.
fn checkout() -> impl Strategy<Value = CheckoutId> {
    let id = |number| CheckoutId::from_command(CommandId::from_uuid(Uuid::from_u128(number)));
    (0..6_u128).prop_map(id)
}

fn command() -> impl Strategy<Value = StockCommand> {
    let reserve = (checkout(), 1..8_u32, 0..60_i64).prop_map(|(checkout, quantity, until)| {
        StockCommand::Reserve {
            checkout,
            cart: "ann".parse().unwrap(),
            quantity: quantity.try_into().unwrap(),
            until: Timestamp::from_micros(until),
        }
    });
    prop_oneof![
        1 => (0..30_u32).prop_map(|units| StockCommand::Put { units: Units::new(units).unwrap() }),
        2 => (-9..10_i64).prop_map(|delta| StockCommand::Adjust { delta }),
        6 => reserve,
        2 => checkout().prop_map(|checkout| StockCommand::Commit { checkout }),
        2 => checkout().prop_map(|checkout| StockCommand::Release { checkout }),
    ]
}

/// What the commands came to, told step by step: stock before, command, what changed, stock after.
fn told(commands: Vec<StockCommand>) -> Vec<(Stock, StockCommand, Option<Change>, Stock)> {
    let mut stock = Stock::default();
    let mut steps = Vec::new();
    for (command, at) in commands.into_iter().zip(0..) {
        let decided = decide(&stock, &command, Timestamp::from_micros(at));
        let change = decided.unwrap_or_default().change;
        let after =
            change.clone().map_or_else(|| stock.clone(), |change| apply(stock.clone(), change));
        steps.push((stock, command, change, after.clone()));
        stock = after;
    }
    steps
}

proptest! {
    #[test]
    fn what_was_put_or_counted_is_on_hand_or_sold(
        commands in prop::collection::vec(command(), 0..60),
    ) {
        let (mut came, mut sold) = (0_i64, 0_i64);
        for (before, _, change, after) in told(commands) {
            let on_hand = |stock: &Stock| i64::from(stock.on_hand.get());
            match change {
                Some(Change::Put(_) | Change::Counted(_)) => came += on_hand(&after) - on_hand(&before),
                Some(Change::Sold(_)) => sold += on_hand(&before) - on_hand(&after),
                Some(Change::Reserved(_) | Change::Freed(_)) | None => {
                    prop_assert_eq!(on_hand(&after), on_hand(&before));
                }
            }
            prop_assert_eq!(on_hand(&after) + sold, came);
        }
    }

    #[test]
    fn what_is_reserved_is_what_open_checkouts_were_granted(
        commands in prop::collection::vec(command(), 0..60),
    ) {
        let mut open = BTreeMap::new();
        for (before, command, change, after) in told(commands) {
            match (&command, change) {
                (StockCommand::Reserve { checkout, quantity, .. }, Some(_)) => {
                    prop_assert!(quantity.get() <= before.available(), "sold twice");
                    prop_assert_eq!(open.insert(*checkout, quantity.get()), None);
                }
                (StockCommand::Commit { checkout } | StockCommand::Release { checkout }, Some(_)) => {
                    prop_assert!(open.remove(checkout).is_some());
                }
                _ => {}
            }
            prop_assert_eq!(after.reserved(), open.values().sum::<u32>());
            prop_assert!(after.reservations.iter().map(|one| &one.checkout).eq(open.keys()));
        }
    }

    #[test]
    fn a_command_decided_again_at_once_changes_nothing_but_an_adjustment(
        commands in prop::collection::vec(command(), 0..30),
        again in command(),
    ) {
        let stock = told(commands).pop().map_or_else(Stock::default, |(.., after)| after);
        let at = Timestamp::from_micros(30);
        let first = decide(&stock, &again, at).unwrap_or_default();
        let after = first.change.map_or_else(|| stock.clone(), |change| apply(stock.clone(), change));
        let second = decide(&after, &again, at).unwrap_or_default();

        if !matches!(again, StockCommand::Adjust { .. }) {
            prop_assert_eq!(second.change, None);
            let granted = |told: Option<StockFollowUp>| {
                told.map(|StockFollowUp::Told { granted, .. }| granted)
            };
            prop_assert_eq!(granted(second.follow_up), granted(first.follow_up));
        }
    }
}

//! What a row tells of a checkout.

use cart_schemas::checkout::Shortage;
use cart_schemas::command::Asked;
use cart_schemas::dealings::{Dealings, Ended, Reserving};
use cart_schemas::digest::Digest;
use cart_schemas::id::ItemId;
use cart_schemas::timestamp::Timestamp;
use uuid::Uuid;

use super::*;

fn command() -> CommandId {
    CommandId::from_uuid(Uuid::from_u128(1))
}

fn asked() -> Asked {
    Asked { command: command(), digest: Digest::of(b"") }
}

fn shirt() -> ItemId {
    ItemId::new("prod_456".parse().unwrap(), None)
}

fn told(dealings: Dealings) -> Option<Status> {
    checkout(&CartRecord { dealings, ..CartRecord::default() }, command())
}

fn reserving(awaited: Vec<ItemId>) -> Dealings {
    let checkout = CheckoutId::from_command(command());
    let reserving = Reserving { checkout, asked: asked(), awaited, short: Vec::new() };
    Dealings { reserving: Some(reserving), ..Dealings::default() }
}

fn ended(ending: Ending) -> Dealings {
    let (checkout, at) = (CheckoutId::from_command(command()), Timestamp::default());
    let ended = Ended { checkout, asked: asked(), at, until: at, ending, sale: None };
    Dealings { ended: vec![ended], ..Dealings::default() }
}

#[test]
fn a_checkout_is_pending_until_its_last_sku_has_answered() {
    assert_eq!(told(reserving(vec![shirt()])), Some(Status::Pending));
    assert_eq!(told(reserving(Vec::new())), None, "it was carried out");
}

#[test]
fn a_checkout_whose_stock_was_short_is_rejected_and_any_other_was_carried_out() {
    let short = vec![Shortage { item: shirt(), available: 1 }];
    let rejected = Status::Rejected(RejectionCode::InsufficientStock);
    assert_eq!(told(ended(Ending::Refused(short))), Some(rejected));

    let order = "order-1".parse().unwrap();
    for ending in [Ending::Converted(order), Ending::Cancelled, Ending::Lapsed] {
        assert_eq!(told(ended(ending)), None);
    }
    assert_eq!(told(Dealings::default()), None, "it is no checkout");
}

//! What a cart remembers of its checkouts: whose answer the one under way awaits, and how the last
//! ones ended. Decides nothing.

use cart_schemas::cart::Cart;
use cart_schemas::checkout::{CancelReason, Shortage};
use cart_schemas::command::Asked;
use cart_schemas::dealings::{
    Dealings, ENDED_MAX, Ended, Ending, REMEMBERED_SECONDS, Reserving, SALES_MAX, Sale,
};
use cart_schemas::event::Fact;
use cart_schemas::id::{CheckoutId, ItemId};
use cart_schemas::timestamp::Timestamp;

use crate::cart::Change;

/// The dealings once these changes came to the cart, which was this one before them; `None` if they
/// are what they were.
pub(super) fn ended(
    cart: &Cart,
    dealings: &Dealings,
    changes: &[Change],
    at: Timestamp,
) -> Option<Dealings> {
    let (checkout, ending) = changes.iter().find_map(|change| ending(&change.fact))?;
    let current = cart.checkout.as_ref().filter(|current| current.id == checkout)?;
    let asked = dealings.reserving(checkout)?.asked;
    let (until, lines) = (current.until, current.lines.clone());
    let sale = cart.currency.map(|currency| Sale { currency, lines });
    let mut dealings = Dealings { reserving: None, ..dealings.clone() };
    let past = |one: &Ended| one.at.plus_seconds(REMEMBERED_SECONDS) <= at;
    dealings.ended.retain(|one| !past(one));
    dealings.ended.push(Ended { checkout, asked, at, until, ending, sale });
    let forgotten = dealings.ended.len().saturating_sub(ENDED_MAX);
    dealings.ended.drain(..forgotten);
    for older in dealings.ended.iter_mut().rev().skip(SALES_MAX) {
        older.sale = None;
    }
    Some(dealings)
}

fn ending(fact: &Fact) -> Option<(CheckoutId, Ending)> {
    if let Fact::CartConverted { checkout, order, .. } = fact {
        return Some((*checkout, Ending::Converted(order.clone())));
    }
    let Fact::CheckoutCancelled { checkout, reason, short, .. } = fact else { return None };
    let ending = match reason {
        CancelReason::Requested => Ending::Cancelled,
        CancelReason::InsufficientStock => Ending::Refused(short.clone()),
        CancelReason::LeaseEnded => Ending::Lapsed,
    };
    Some((*checkout, ending))
}

/// Every sku of a checkout that begins is asked.
pub(super) fn begun(dealings: &Dealings, changes: &[Change], asked: Asked) -> Option<Dealings> {
    changes.iter().find_map(|change| {
        let Fact::CheckoutStarted { checkout, lines, .. } = &change.fact else { return None };
        let awaited = lines.iter().map(|line| line.item.clone()).collect();
        let reserving = Reserving { checkout: *checkout, asked, awaited, short: Vec::new() };
        Some(Dealings { reserving: Some(reserving), ..dealings.clone() })
    })
}

/// A sku has answered.
pub(super) fn answered(
    dealings: &Dealings,
    checkout: CheckoutId,
    (item, short): (&ItemId, Option<u32>),
) -> Option<Dealings> {
    let mut reserving = dealings.reserving(checkout)?.clone();
    let place = reserving.awaited.iter().position(|awaited| awaited == item)?;
    reserving.awaited.remove(place);
    let item = item.clone();
    reserving.short.extend(short.map(|available| Shortage { item, available }));
    Some(Dealings { reserving: Some(reserving), ..dealings.clone() })
}

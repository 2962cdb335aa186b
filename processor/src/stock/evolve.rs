//! How a change changes the stock of a sku. Decides nothing: what is decided always applies.

use cart_schemas::id::CheckoutId;
use cart_schemas::stock::{Reservation, Stock, Units};

/// What a decision changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The catalog said another number than before: it is what is on hand.
    Put(Units),
    /// So many are on hand now.
    Counted(Units),
    /// A checkout holds some.
    Reserved(Reservation),
    /// What a checkout held is sold.
    Sold(CheckoutId),
    /// What a checkout held is free again.
    Freed(CheckoutId),
}

/// The stock after a change.
#[must_use]
pub fn apply(mut stock: Stock, change: Change) -> Stock {
    match change {
        Change::Put(units) => {
            stock.on_hand = units;
            stock.last_put = Some(units);
        }
        Change::Counted(units) => stock.on_hand = units,
        Change::Reserved(reservation) => {
            if let Err(place) = stock.place(reservation.checkout) {
                stock.reservations.insert(place, reservation);
            }
        }
        Change::Sold(checkout) => {
            if let Some(held) = take(&mut stock, checkout) {
                stock.on_hand = stock.on_hand.less(held.quantity.get());
            }
        }
        Change::Freed(checkout) => {
            take(&mut stock, checkout);
        }
    }
    stock
}

fn take(stock: &mut Stock, checkout: CheckoutId) -> Option<Reservation> {
    let place = stock.place(checkout).ok()?;
    Some(stock.reservations.remove(place))
}

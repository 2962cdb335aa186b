//! What a command about a sku decides: whether it changes the stock, and what its cart is told.
//!
//! Only the cart ends a reservation. Time passes for a sku only where a Reserve comes too late to
//! begin one.

use cart_schemas::stock::{
    RESERVATIONS_MAX, Reservation, Stock, StockCommand, StockFollowUp, StockRejection,
};
use cart_schemas::timestamp::Timestamp;

use crate::stock::Change;

/// What is decided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decided {
    /// What changes, if anything does.
    pub change: Option<Change>,
    /// What a cart is told.
    pub follow_up: Option<StockFollowUp>,
}

impl Decided {
    fn changing(change: Option<Change>) -> Self {
        Self { change, follow_up: None }
    }
}

/// Decides a command at the sku's own time `at`.
///
/// # Errors
/// Why nothing changes, for whoever asked. A Reserve that is refused is no error: its cart is told.
pub fn decide(
    stock: &Stock,
    command: &StockCommand,
    at: Timestamp,
) -> Result<Decided, StockRejection> {
    Ok(match command {
        StockCommand::Put { units } => {
            let news = stock.last_put != Some(*units);
            Decided::changing(news.then_some(Change::Put(*units)))
        }
        StockCommand::Adjust { delta } => {
            let counted = stock.on_hand.changed_by(*delta).ok_or(StockRejection::InvalidStock)?;
            Decided::changing((counted != stock.on_hand).then_some(Change::Counted(counted)))
        }
        StockCommand::Reserve { checkout, cart, quantity, until } => {
            let (checkout, quantity, until) = (*checkout, *quantity, *until);
            reserve(stock, Reservation { checkout, cart: cart.clone(), quantity, until }, at)
        }
        StockCommand::Commit { checkout } => {
            let held = stock.place(*checkout).is_ok();
            Decided::changing(held.then_some(Change::Sold(*checkout)))
        }
        StockCommand::Release { checkout } => {
            let held = stock.place(*checkout).is_ok();
            Decided::changing(held.then_some(Change::Freed(*checkout)))
        }
    })
}

/// A checkout that holds some already is told so again. One that has ended may ask again, too, by a
/// repeat of old: its cart then releases what it is granted.
fn reserve(stock: &Stock, asked: Reservation, at: Timestamp) -> Decided {
    let holds = stock.place(asked.checkout).is_ok();
    let in_time = at < asked.until;
    let room = stock.reservations.len() < RESERVATIONS_MAX;
    let enough = asked.quantity.get() <= stock.available();
    let begins = !holds && in_time && room && enough;
    let taken = if begins { asked.quantity.get() } else { 0 };
    let follow_up = Some(StockFollowUp::Told {
        cart: asked.cart.clone(),
        checkout: asked.checkout,
        granted: holds || begins,
        available: stock.available().saturating_sub(taken),
    });
    Decided { change: begins.then_some(Change::Reserved(asked)), follow_up }
}

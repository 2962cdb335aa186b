//! The cart's own logic: what is due and what a command decides. How an event changes a cart is
//! the contract's, for every consumer folds the same.
//!
//! Pure: imports the contract only, so two processors given one log compute the same bytes.

pub mod dealings;
pub mod decide;
pub mod due;
pub mod follow_up;

pub use dealings::{dealt, passed};
pub use decide::{Change, decide};
pub use due::{deadline, due};
pub use follow_up::{Ask, FollowUp, StockFollow, asks, asks_again};

use cart_schemas::cart::Cart;
use cart_schemas::dealings::Dealings;
use cart_schemas::id::CartId;

/// What a decision knows of its cart.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The id of this life.
    pub id: CartId,
    /// The version before anything that is due.
    pub version: u64,
    /// The cart, once everything due has happened to it.
    pub cart: &'a Cart,
    /// Its dealings with other carts.
    pub dealings: &'a Dealings,
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

//! A line of the oracle's cart. Knows no rules.

use cart_schemas::cart::{Line as Content, LineState};
use cart_schemas::id::ItemId;
use cart_schemas::money::{Amount, Price};
use cart_schemas::quantity::Quantity;
use cart_schemas::timestamp::Timestamp;

/// One product in one variant. Times are microseconds.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) item: ItemId,
    pub(super) name: String,
    pub(super) price: Price,
    pub(super) quantity: Quantity,
    pub(super) state: LineState,
    pub(super) added: i64,
    pub(super) modified: i64,
}

impl Line {
    pub(super) const fn pieces(&self) -> u32 {
        self.quantity.get()
    }

    pub(super) fn costs(&self) -> Amount {
        self.price.times(self.quantity)
    }

    /// Holds so many from now on.
    pub(super) const fn hold(&mut self, quantity: Quantity, now: i64) {
        self.quantity = quantity;
        self.touch();
        self.modified = now;
    }

    /// What is out of stock stays so, whatever else becomes of it.
    pub(super) const fn touch(&mut self) {
        self.state = match self.state {
            LineState::OutOfStock => LineState::OutOfStock,
            LineState::Added | LineState::Updated | LineState::Available => LineState::Updated,
        };
    }

    /// A line of another cart.
    pub(super) fn of(content: &Content) -> Self {
        Self {
            item: content.item.clone(),
            name: content.name.clone(),
            price: content.price,
            quantity: content.quantity,
            state: content.state,
            added: content.added_at.micros(),
            modified: content.last_modified.micros(),
        }
    }

    /// The line as the contract shapes it.
    pub(super) fn content(&self) -> Content {
        Content {
            item: self.item.clone(),
            name: self.name.clone(),
            price: self.price,
            quantity: self.quantity,
            state: self.state,
            added_at: Timestamp::from_micros(self.added),
            last_modified: Timestamp::from_micros(self.modified),
        }
    }
}

//! A cart and its lines, as the log's fold leaves them. Knows no prices of today and no clock.

use serde::{Deserialize, Serialize};

use crate::id::ItemId;
use crate::money::{Amount, Currency, Price};
use crate::quantity::Quantity;
use crate::timestamp::Timestamp;

/// Whether a cart can be bought from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CartState {
    /// Open to changes.
    #[default]
    Active,
    /// Past its time: its lines are in [`Cart::restorable`], the next add opens it again.
    Expired,
}

/// How a line came to be as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// As first added.
    Added,
    /// Its quantity changed since.
    Updated,
}

/// One product in one variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Product and variant; no two lines of a cart share it.
    pub item: ItemId,
    /// The product's name when it was added.
    pub name: String,
    /// The price when it was added; later adds keep it.
    pub price: Price,
    /// How many.
    pub quantity: Quantity,
    /// How the line came to be as it is.
    pub state: LineState,
    /// When the line was added.
    pub added_at: Timestamp,
    /// When it last changed.
    pub last_modified: Timestamp,
}

impl Line {
    /// Price times quantity, exactly.
    #[must_use]
    pub fn total(&self) -> Amount {
        self.price.times(self.quantity)
    }
}

/// When a person last changed a cart, and until when it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifespan {
    /// The last change by a person.
    pub last_modified: Timestamp,
    /// From this time on the cart is expired.
    pub expires_at: Timestamp,
}

/// The lines of an expired cart, kept for a restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restorable {
    /// When the cart expired.
    pub since: Timestamp,
    /// The currency of the lines.
    pub currency: Currency,
    /// The lines as they were; never empty.
    pub lines: Vec<Line>,
}

/// That nobody has touched a cart with lines for so long that it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abandonment {
    /// The highest tier that was told, from 1.
    pub tier: u8,
    /// Since when nobody has touched it.
    pub since: Timestamp,
}

/// A cart. [`Cart::default`] is the cart of a user nobody has seen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cart {
    /// Whether it can be bought from.
    pub state: CartState,
    /// The currency of the lines; `None` exactly when there are none.
    pub currency: Option<Currency>,
    /// The lines in the order they were added.
    pub lines: Vec<Line>,
    /// `None` until the first change.
    pub lifespan: Option<Lifespan>,
    /// What an expiry took out and a restore would bring back.
    pub restorable: Option<Restorable>,
    /// Whether it counts as abandoned; over with the next change by a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abandoned: Option<Abandonment>,
    /// Whether its end was announced; over with the next change by a person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warned: bool,
}

impl Cart {
    /// The line of `item`.
    #[must_use]
    pub fn line(&self, item: &ItemId) -> Option<&Line> {
        self.lines.iter().find(|line| line.item == *item)
    }

    /// The sum of the lines, exactly.
    #[must_use]
    pub fn total(&self) -> Amount {
        let totals = self.lines.iter().map(Line::total);
        totals.fold(Amount::ZERO, Amount::plus)
    }

    /// The sum of the quantities.
    #[must_use]
    pub fn item_count(&self) -> u64 {
        let quantities = self.lines.iter().map(|line| u64::from(line.quantity.get()));
        quantities.sum()
    }

    /// Whether its time has passed at `now`, whether or not the expiry is stored yet.
    #[must_use]
    pub fn is_expired_at(&self, now: Timestamp) -> bool {
        let past = |lifespan: Lifespan| lifespan.expires_at <= now;
        self.state == CartState::Expired || self.lifespan.is_some_and(past)
    }
}

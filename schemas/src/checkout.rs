//! What a checkout is told, and what is told of it. Knows no cart and no stock.

use serde::{Deserialize, Serialize};

use crate::id::ItemId;
use crate::money::Price;

/// Why a checkout ended without a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// A person asked for it.
    Requested,
    /// Something of it could not be reserved.
    InsufficientStock,
    /// Nobody paid in time.
    LeaseEnded,
}

/// A line of a checkout that could not be reserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// The line.
    #[serde(rename = "itemID")]
    pub item: ItemId,
    /// How many there are.
    pub available: u32,
}

/// A line that costs something else by now than it was added at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceChange {
    /// The line.
    pub item: ItemId,
    /// What it was added at.
    pub price: Price,
    /// What it costs now.
    pub current: Price,
}

/// What the catalog says by now of a line, in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The line.
    pub item: ItemId,
    /// What one costs; `None` if it is not for sale, or not in that currency.
    pub price: Option<Price>,
}

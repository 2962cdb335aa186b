//! How many of a product a line holds: at least one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// 1 to [`Quantity::MAX`]. The limit per line of a shop is policy and lower; this bound keeps
/// every sum exact: 10^10 minor units x 10^6 x 900 lines fits an `i64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Quantity(u32);

/// The number is not 1 to [`Quantity::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a whole number from 1 to {max}", max = Quantity::MAX)]
pub struct InvalidQuantity;

impl Quantity {
    /// The largest quantity that can be expressed.
    pub const MAX: u32 = 1_000_000;

    /// Parses a number.
    ///
    /// # Errors
    /// The number is 0 or above [`Quantity::MAX`].
    pub fn new(number: u32) -> Result<Self, InvalidQuantity> {
        if (1..=Self::MAX).contains(&number) { Ok(Self(number)) } else { Err(InvalidQuantity) }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Both together; `None` above [`Quantity::MAX`].
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::new(self.0.checked_add(other.0)?).ok()
    }
}

impl TryFrom<u32> for Quantity {
    type Error = InvalidQuantity;

    fn try_from(number: u32) -> Result<Self, InvalidQuantity> {
        Self::new(number)
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

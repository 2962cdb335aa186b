//! What the catalog says of a product, as a command carries it. Knows no catalog.

use serde::{Deserialize, Serialize};

use crate::money::{Currency, Price, Priced};

/// What the catalog said of a product and variant when the command was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offer {
    /// There is no such product.
    NoProduct,
    /// The product has no such variant.
    NoVariant,
    /// It is in the catalog.
    Listed {
        /// Its name.
        name: String,
        /// Its price.
        price: Price,
        /// The price's currency.
        currency: Currency,
        /// Whether it is for sale.
        available: bool,
        /// Pieces in stock.
        stock: u32,
        /// What it costs in other currencies.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<Priced>,
    },
}

impl Offer {
    /// What one piece costs in this currency; `None` if it is not sold in it.
    #[must_use]
    pub fn price_in(&self, currency: Currency) -> Option<Price> {
        match self {
            Self::NoProduct | Self::NoVariant => None,
            Self::Listed { price, currency: own, .. } if *own == currency => Some(*price),
            Self::Listed { others, .. } => Priced::among(others, currency),
        }
    }
}

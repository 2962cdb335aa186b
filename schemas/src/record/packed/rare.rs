//! What few carts have, and format 3 has behind the cart: JSON of what there is, and of nearly every
//! cart nothing at all, so that what is rare costs the others a byte and may grow by fields.

use serde::{Deserialize, Serialize};

use super::Malformed;
use crate::cart::{Abandonment, Cart, Checkout, Told};
use crate::dealings::Dealings;
use crate::record::CartRecord;

/// The part of a record that format 2 does not know.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rare {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) abandoned: Option<Abandonment>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) warned: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) checkout: Option<Checkout>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) told: Vec<Told>,
    #[serde(default, skip_serializing_if = "Dealings::is_empty")]
    pub(super) dealings: Dealings,
}

impl Rare {
    pub(super) fn of(record: &CartRecord) -> Self {
        let Cart { abandoned, warned, ref checkout, ref told, .. } = record.cart;
        let (checkout, told) = (checkout.clone(), told.clone());
        Self { abandoned, warned, checkout, told, dealings: record.dealings.clone() }
    }

    pub(super) fn encode(&self) -> String {
        if *self == Self::default() {
            return String::new();
        }
        // Serializing a plain struct into memory has no way to fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(super) fn decode(text: &str) -> Result<Self, Malformed> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_str(text).map_err(Malformed::Rare)
    }
}

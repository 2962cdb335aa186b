//! The bodies of the cart's routes and the intents they stand for. Knows no HTTP.

use std::fmt::Display;

use cart_schemas::command::Intent;
use cart_schemas::id::{ItemId, ProductId};
use cart_schemas::money::{Currency, Decimal};
use cart_schemas::quantity::{InvalidQuantity, Quantity};
use serde::Deserialize;
use utoipa::ToSchema;

use super::payload::Form;
use crate::problem::{Code, Problem};

/// Put so many more of a product into the cart.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AddItem {
    /// The product.
    #[serde(rename = "productID")]
    #[schema(pattern = "^[A-Za-z0-9._:@-]{1,64}$", example = "prod_456")]
    product: String,
    /// How many more.
    #[schema(value_type = u32, example = 2)]
    quantity: Decimal,
    /// Its variant; absent, null or empty for the bare product.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z0-9._:@-]{0,64}$", example = "large-red")]
    variant: Option<String>,
    /// The currency to buy in. Not said, it is the cart's, or else the product's own.
    #[serde(default)]
    #[schema(example = "EUR", min_length = 3, max_length = 3)]
    currency: Option<String>,
}

/// Hold exactly so many on a line; 0 or less takes it out.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SetQuantity {
    /// How many.
    #[schema(value_type = i64, example = 5)]
    quantity: Decimal,
}

/// Have every item at its price in a currency.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChangeCurrency {
    /// The currency.
    #[schema(example = "EUR", min_length = 3, max_length = 3)]
    currency: String,
}

/// Keep the cart longer.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Extend {
    /// Seconds on top of the present end.
    #[serde(rename = "extendSeconds")]
    #[schema(value_type = u64, example = 3_600)]
    seconds: Decimal,
}

impl Form for AddItem {}
impl Form for SetQuantity {}
impl Form for Extend {}
impl Form for ChangeCurrency {}

fn quantity(number: Option<i64>) -> Result<Quantity, Problem> {
    let number = number.and_then(|number| u32::try_from(number).ok());
    let quantity = number.ok_or(InvalidQuantity).and_then(Quantity::new);
    quantity.map_err(|expected| Problem::at(Code::InvalidQuantity, "/quantity", &expected))
}

fn currency(code: &str) -> Result<Currency, Problem> {
    code.parse().map_err(|expected| Problem::at(Code::InvalidCurrency, "/currency", &expected))
}

impl ChangeCurrency {
    /// What is asked.
    pub(crate) fn intent(&self) -> Result<Intent, Problem> {
        Ok(Intent::ChangeCurrency { currency: currency(&self.currency)? })
    }
}

impl AddItem {
    /// What is asked. `is_listed` tells a product that is unknown from one whose variant is.
    pub(crate) fn intent(
        &self,
        is_listed: impl Fn(&ProductId) -> Result<bool, Problem>,
    ) -> Result<Intent, Problem> {
        let quantity = quantity(self.quantity.whole())?;
        let currency = self.currency.as_deref().map(currency).transpose()?;
        let not_found =
            |expected: &dyn Display| Problem::at(Code::ProductNotFound, "/productID", expected);
        let product: ProductId = self.product.parse().map_err(|error| not_found(&error))?;
        let variant = match self.variant.as_deref() {
            None | Some("") => None,
            Some(text) => match text.parse() {
                Ok(variant) => Some(variant),
                Err(_) if !is_listed(&product)? => {
                    return Err(not_found(&"expected a product of the catalog"));
                }
                Err(error) => return Err(Problem::at(Code::UnknownVariant, "/variant", &error)),
            },
        };
        Ok(Intent::AddItem { item: ItemId::new(product, variant), quantity, currency })
    }
}

impl SetQuantity {
    /// What is asked of `item`, which is parsed after the quantity is judged.
    pub(crate) fn intent(
        &self,
        item: impl FnOnce() -> Result<ItemId, Problem>,
    ) -> Result<Intent, Problem> {
        match self.quantity.whole() {
            Some(..=0) => Ok(Intent::RemoveItem { item: item()? }),
            number => {
                let quantity = quantity(number)?;
                Ok(Intent::SetQuantity { item: item()?, quantity })
            }
        }
    }
}

impl Extend {
    /// What is asked.
    pub(crate) fn intent(&self) -> Result<Intent, Problem> {
        let seconds = self.seconds.whole().and_then(|seconds| u32::try_from(seconds).ok());
        let seconds = seconds.filter(|seconds| *seconds > 0);
        let expected = "expected a whole number of seconds of at least 1";
        let invalid = || Problem::at(Code::InvalidExpiry, "/extendSeconds", &expected);
        seconds.map(|seconds| Intent::Extend { seconds }).ok_or_else(invalid)
    }
}

#[cfg(test)]
mod tests;

//! An item a problem is about. Knows no cart.

use cart_schemas::checkout::{PriceChange, Shortage};
use cart_schemas::id::ItemId;
use cart_schemas::money::{Amount, Currency, Decimal, Price};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::optional_money;

/// An item that keeps a checkout from going on.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProblemLine)]
pub(crate) struct FaultyLine {
    /// The item.
    #[serde(rename = "itemID")]
    #[schema(value_type = String)]
    item: ItemId,
    /// With `insufficient_stock`: how many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    available: Option<u32>,
    /// With `price_changed`: what it was added at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = optional_money)]
    price: Option<Decimal>,
    /// With `price_changed`: what it costs now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = optional_money)]
    current_price: Option<Decimal>,
}

impl FaultyLine {
    /// There are fewer than it holds.
    pub(super) fn short(shortage: &Shortage) -> Self {
        let Shortage { ref item, available } = *shortage;
        let available = Some(available);
        Self { item: item.clone(), available, price: None, current_price: None }
    }

    /// It has no price in a currency.
    pub(super) fn unpriced(item: &ItemId) -> Self {
        Self { item: item.clone(), available: None, price: None, current_price: None }
    }

    /// It costs something else than it was added at.
    pub(super) fn costs_else(change: &PriceChange, currency: Option<Currency>) -> Self {
        let PriceChange { ref item, price, current } = *change;
        // A cart with lines has a currency.
        let decimal = |price: Price| {
            currency.map_or_else(|| Amount::ZERO.decimal(None), |currency| price.decimal(currency))
        };
        let (price, current_price) = (Some(decimal(price)), Some(decimal(current)));
        Self { item: item.clone(), available: None, price, current_price }
    }
}

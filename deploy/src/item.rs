//! A line of a cart as people and programs outside read it: the API's names, without what only
//! today's catalog knows.

use cart_schemas::cart::Line;
use cart_schemas::id::{ItemId, ProductId};
use cart_schemas::money::{Currency, Decimal};
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item<'a> {
    #[serde(rename = "itemID")]
    item: &'a ItemId,
    #[serde(rename = "productID")]
    product: &'a ProductId,
    name: &'a str,
    price: Decimal,
    quantity: u32,
    variant: &'a str,
    added_at: String,
    last_modified: String,
}

impl<'a> Item<'a> {
    fn of(line: &'a Line, currency: Currency) -> Self {
        Self {
            item: &line.item,
            product: line.item.product(),
            name: &line.name,
            price: line.price.decimal(currency),
            quantity: line.quantity.get(),
            variant: line.item.variant().map_or("", |variant| variant.as_str()),
            added_at: line.added_at.to_string(),
            last_modified: line.last_modified.to_string(),
        }
    }

    /// The lines of a cart, whose currency is there exactly when they are.
    pub(crate) fn all(lines: &'a [Line], currency: Option<Currency>) -> Vec<Self> {
        currency.map_or_else(Vec::new, |currency| {
            lines.iter().map(|line| Self::of(line, currency)).collect()
        })
    }
}

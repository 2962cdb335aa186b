//! A line as it is in events and notices. Knows no event.

use serde::{Deserialize, Serialize};

use crate::cart::{Line, LineState};
use crate::id::{ItemId, ProductId};
use crate::money::{Amount, Currency, Decimal, InvalidPrice, Price};
use crate::quantity::Quantity;
use crate::timestamp::{Timestamp, rfc3339};

#[derive(Serialize, Deserialize)]
pub(crate) struct WireLine {
    #[serde(rename = "itemID")]
    item: ItemId,
    #[serde(rename = "productID")]
    product: ProductId,
    name: String,
    price: Decimal,
    quantity: Quantity,
    variant: String,
    #[serde(rename = "addedAt", with = "rfc3339")]
    added_at: Timestamp,
    #[serde(rename = "lastModified", with = "rfc3339")]
    last_modified: Timestamp,
    state: LineState,
}

impl WireLine {
    pub(crate) fn of(line: &Line, currency: Option<Currency>) -> Self {
        let decimal = |currency| line.price.decimal(currency);
        Self {
            item: line.item.clone(),
            product: line.item.product().clone(),
            name: line.name.clone(),
            price: currency.map_or_else(|| Amount::ZERO.decimal(None), decimal),
            quantity: line.quantity,
            variant: line.item.variant().map_or_else(String::new, ToString::to_string),
            added_at: line.added_at,
            last_modified: line.last_modified,
            state: line.state,
        }
    }

    pub(crate) fn line(self, currency: Option<Currency>) -> Result<Line, InvalidPrice> {
        Ok(Line {
            item: self.item,
            name: self.name,
            price: Price::parse(self.price.as_str(), currency.ok_or(InvalidPrice)?)?,
            quantity: self.quantity,
            state: self.state,
            added_at: self.added_at,
            last_modified: self.last_modified,
        })
    }
}

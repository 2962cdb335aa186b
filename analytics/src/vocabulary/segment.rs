//! Segment's words: <https://segment.com/docs/connections/spec/ecommerce/v2/>.

use cart_schemas::event::Event;
use cart_schemas::id::{CartId, UserId};
use cart_schemas::money::{Currency, Decimal};
use cart_schemas::timestamp::{Timestamp, rfc3339};
use serde::Serialize;

use super::act::{Act, Deed, Piece};

/// One `track` call. Segment counts a `messageId` once.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Call<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    message_id: String,
    user_id: &'a UserId,
    #[serde(with = "rfc3339")]
    timestamp: Timestamp,
    event: &'static str,
    properties: Properties<'a>,
}

#[derive(Debug, Serialize)]
struct Properties<'a> {
    cart_id: CartId,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<Currency>,
    value: Decimal,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<u8>,
    products: Vec<Product<'a>>,
}

#[derive(Debug, Serialize)]
struct Product<'a> {
    product_id: &'a str,
    sku: String,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Decimal>,
    quantity: u32,
}

impl<'a> Call<'a> {
    pub(super) fn of(event: &'a Event, act: &'a Act) -> Self {
        let (name, order_id, tier) = match &act.deed {
            Deed::Added => ("Product Added", None, None),
            Deed::Removed => ("Product Removed", None, None),
            Deed::CheckoutBegun => ("Checkout Started", None, None),
            Deed::Purchased(order) => ("Order Completed", Some(order.as_str()), None),
            Deed::Abandoned(tier) => ("Cart Abandoned", None, Some(*tier)),
            Deed::Recovered(tier) => ("Cart Recovered", None, Some(*tier)),
        };
        let product = |piece: &'a Piece| Product {
            product_id: piece.line.item.product().as_str(),
            sku: piece.line.item.to_string(),
            name: &piece.line.name,
            variant: piece.line.item.variant().map(|variant| variant.as_str()),
            price: act.currency.map(|currency| piece.line.price.decimal(currency)),
            quantity: piece.quantity,
        };
        let properties = Properties {
            cart_id: event.place.cart,
            currency: act.currency,
            value: act.value.decimal(act.currency),
            order_id,
            tier,
            products: act.pieces.iter().map(product).collect(),
        };
        Self {
            kind: "track",
            message_id: event.place.to_string(),
            user_id: &event.user,
            timestamp: event.at,
            event: name,
            properties,
        }
    }
}

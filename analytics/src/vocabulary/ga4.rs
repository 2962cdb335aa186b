//! GA4's words: <https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference/events>.

use cart_schemas::event::Event;
use cart_schemas::id::{CartId, UserId};
use cart_schemas::money::{Currency, Decimal};
use serde::Serialize;

use super::act::{Act, Deed, Piece};

/// The body of one call. The cart stands for the browser GA4 would know by a cookie. The time is the event's own,
/// so that events of several times may be put into one call.
#[derive(Debug, Serialize)]
pub(super) struct Call<'a> {
    client_id: CartId,
    user_id: &'a UserId,
    events: [Said<'a>; 1],
}

#[derive(Debug, Serialize)]
struct Said<'a> {
    name: &'static str,
    timestamp_micros: i64,
    params: Params<'a>,
}

#[derive(Debug, Serialize)]
struct Params<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<Currency>,
    value: Decimal,
    /// GA4 counts a purchase once by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<u8>,
    /// Ours, for whoever drops repeats before they are sent on: GA4 has no word for it.
    event_id: String,
    items: Vec<Item<'a>>,
}

#[derive(Debug, Serialize)]
struct Item<'a> {
    item_id: &'a str,
    item_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_variant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Decimal>,
    quantity: u32,
}

impl<'a> Call<'a> {
    pub(super) fn of(event: &'a Event, act: &'a Act) -> Self {
        let (name, transaction_id, tier) = match &act.deed {
            Deed::Added => ("add_to_cart", None, None),
            Deed::Removed => ("remove_from_cart", None, None),
            Deed::CheckoutBegun => ("begin_checkout", None, None),
            Deed::Purchased(order) => ("purchase", Some(order.as_str()), None),
            Deed::Abandoned(tier) => ("cart_abandoned", None, Some(*tier)),
            Deed::Recovered(tier) => ("cart_recovered", None, Some(*tier)),
        };
        let item = |piece: &'a Piece| Item {
            item_id: piece.line.item.product().as_str(),
            item_name: &piece.line.name,
            item_variant: piece.line.item.variant().map(|variant| variant.as_str()),
            price: act.currency.map(|currency| piece.line.price.decimal(currency)),
            quantity: piece.quantity,
        };
        let params = Params {
            currency: act.currency,
            value: act.value.decimal(act.currency),
            transaction_id,
            tier,
            event_id: event.place.to_string(),
            items: act.pieces.iter().map(item).collect(),
        };
        Self {
            client_id: event.place.cart,
            user_id: &event.user,
            events: [Said { name, timestamp_micros: event.at.micros(), params }],
        }
    }
}

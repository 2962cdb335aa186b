//! Snowplow's words: its ecommerce schemas (<https://docs.snowplow.io/docs/events/ootb-data/ecommerce-interactions/>),
//! as an action and the entities it is about.

use cart_schemas::event::Event;
use cart_schemas::id::{CartId, UserId};
use cart_schemas::money::{Currency, Decimal};
use cart_schemas::timestamp::{Timestamp, rfc3339};
use serde::Serialize;

use super::act::{Act, Deed, Piece};

const ACTION: &str =
    "iglu:com.snowplowanalytics.snowplow.ecommerce/snowplow_ecommerce_action/jsonschema/1-0-2";
const PRODUCT: &str = "iglu:com.snowplowanalytics.snowplow.ecommerce/product/jsonschema/1-0-0";
const CART: &str = "iglu:com.snowplowanalytics.snowplow.ecommerce/cart/jsonschema/1-0-0";
const TRANSACTION: &str =
    "iglu:com.snowplowanalytics.snowplow.ecommerce/transaction/jsonschema/1-0-0";
/// Snowplow has no word for who leaves; this one is ours, and its schema is in docs/vocabularies.md.
const STANDING: &str = "iglu:com.cartstream/cart_standing/jsonschema/1-0-0";

/// One self-describing event. A collector's enrichment drops an event id it has seen.
#[derive(Debug, Serialize)]
pub(super) struct Call<'a> {
    event_id: String,
    #[serde(with = "rfc3339")]
    true_tstamp: Timestamp,
    user_id: &'a UserId,
    event: Described<Told<'a>>,
    entities: Vec<Described<Entity<'a>>>,
}

/// Data, and the schema it is of.
#[derive(Debug, Serialize)]
struct Described<T> {
    schema: &'static str,
    data: T,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Told<'a> {
    Action {
        #[serde(rename = "type")]
        kind: &'static str,
    },
    Standing {
        #[serde(rename = "type")]
        kind: &'static str,
        tier: u8,
        cart_id: &'a CartId,
    },
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Entity<'a> {
    Product {
        id: &'a str,
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        variant: Option<&'a str>,
        price: Decimal,
        currency: Currency,
        quantity: u32,
    },
    Cart {
        cart_id: &'a CartId,
        total_value: Decimal,
        currency: Currency,
    },
    Transaction {
        transaction_id: &'a str,
        revenue: Decimal,
        currency: Currency,
        total_quantity: u64,
    },
}

impl<'a> Call<'a> {
    pub(super) fn of(event: &'a Event, act: &'a Act) -> Self {
        let action = |kind| Described { schema: ACTION, data: Told::Action { kind } };
        let cart_id = &event.place.cart;
        let standing = |kind, tier| Described {
            schema: STANDING,
            data: Told::Standing { kind, tier, cart_id },
        };
        let told = match act.deed {
            Deed::Added => action("add_to_cart"),
            Deed::Removed => action("remove_from_cart"),
            Deed::CheckoutBegun => action("checkout_step"),
            Deed::Purchased(_) => action("transaction"),
            Deed::Abandoned(tier) => standing("abandoned", tier),
            Deed::Recovered(tier) => standing("recovered", tier),
        };
        let entities =
            act.currency.map_or_else(Vec::new, |currency| entities(event, act, currency));
        Self {
            event_id: event.place.to_string(),
            true_tstamp: event.at,
            user_id: &event.user,
            event: told,
            entities,
        }
    }
}

fn entities<'a>(event: &'a Event, act: &'a Act, currency: Currency) -> Vec<Described<Entity<'a>>> {
    let product = |piece: &'a Piece| Described {
        schema: PRODUCT,
        data: Entity::Product {
            id: piece.line.item.product().as_str(),
            name: &piece.line.name,
            variant: piece.line.item.variant().map(|variant| variant.as_str()),
            price: piece.line.price.decimal(currency),
            currency,
            quantity: piece.quantity,
        },
    };
    let about = match &act.deed {
        Deed::Purchased(order) => Described {
            schema: TRANSACTION,
            data: Entity::Transaction {
                transaction_id: order.as_str(),
                revenue: act.value.decimal(Some(currency)),
                currency,
                total_quantity: act.pieces.iter().map(|piece| u64::from(piece.quantity)).sum(),
            },
        },
        Deed::Added
        | Deed::Removed
        | Deed::CheckoutBegun
        | Deed::Abandoned(_)
        | Deed::Recovered(_) => Described {
            schema: CART,
            data: Entity::Cart {
                cart_id: &event.place.cart,
                total_value: event.after.total.decimal(Some(currency)),
                currency,
            },
        },
    };
    std::iter::once(about).chain(act.pieces.iter().map(product)).collect()
}

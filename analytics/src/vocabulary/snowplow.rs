//! Snowplow's words: its ecommerce schemas (<https://docs.snowplow.io/docs/events/ootb-data/ecommerce-interactions/>),
//! as an action and the entities it is about, in the fields of its tracker protocol
//! (<https://docs.snowplow.io/docs/events/http-requests/>).

use cart_schemas::event::Event;
use cart_schemas::id::{CartId, UserId};
use cart_schemas::money::{Amount, Currency, Decimal};
use serde::Serialize;
use uuid::Uuid;

use super::act::{Act, Deed, Piece};

/// The namespace of ids: an event's is made of its place, so that it is the same whoever says it again.
const EVENTS: Uuid = Uuid::from_u128(0x5b0e_63a1_8c1f_4f0b_9d5e_2f6c_7a41_d803);
/// A self-describing event, and entities, as the protocol wraps them.
const EVENT: &str = "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0";
const CONTEXTS: &str = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0";
const ACTION: &str =
    "iglu:com.snowplowanalytics.snowplow.ecommerce/snowplow_ecommerce_action/jsonschema/1-0-2";
const PRODUCT: &str = "iglu:com.snowplowanalytics.snowplow.ecommerce/product/jsonschema/1-0-0";
const CART: &str = "iglu:com.snowplowanalytics.snowplow.ecommerce/cart/jsonschema/1-0-0";
const CHECKOUT_STEP: &str =
    "iglu:com.snowplowanalytics.snowplow.ecommerce/checkout_step/jsonschema/1-0-0";
const TRANSACTION: &str =
    "iglu:com.snowplowanalytics.snowplow.ecommerce/transaction/jsonschema/1-0-0";
/// Snowplow has no word for who leaves; this one is ours, and its schema is in docs/vocabularies.md.
const STANDING: &str = "iglu:com.cartstream/cart_standing/jsonschema/1-0-0";
/// What the schemas insist on and carts do not know: a product's category, how somebody paid.
const UNKNOWN: &str = "unknown";

/// One event of the protocol, which has all values as text. Snowplow drops an `eid` it has seen.
#[derive(Debug, Serialize)]
pub(super) struct Call<'a> {
    /// The kind: a self-describing one.
    e: &'static str,
    /// The platform: a server.
    p: &'static str,
    /// Who tells.
    tv: &'static str,
    eid: Uuid,
    /// When it really was, in milliseconds.
    ttm: String,
    uid: &'a UserId,
    ue_pr: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    co: Option<String>,
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
        category: &'static str,
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
    CheckoutStep {
        step: u8,
    },
    Transaction {
        transaction_id: &'a str,
        revenue: Decimal,
        currency: Currency,
        payment_method: &'static str,
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
            e: "ue",
            p: "srv",
            tv: "cartstream",
            eid: Uuid::new_v5(&EVENTS, event.place.to_string().as_bytes()),
            ttm: (event.at.micros() / 1_000).to_string(),
            uid: &event.user,
            ue_pr: text(&Described { schema: EVENT, data: told }),
            co: (!entities.is_empty())
                .then(|| text(&Described { schema: CONTEXTS, data: entities })),
        }
    }
}

fn text<T: Serialize>(described: &Described<T>) -> String {
    // Serializing plain structs into memory has no way to fail.
    serde_json::to_string(described).unwrap_or_default()
}

fn entities<'a>(event: &'a Event, act: &'a Act, currency: Currency) -> Vec<Described<Entity<'a>>> {
    let product = |piece: &'a Piece| Described {
        schema: PRODUCT,
        data: Entity::Product {
            id: piece.line.item.product().as_str(),
            name: &piece.line.name,
            category: UNKNOWN,
            variant: piece.line.item.variant().map(|variant| variant.as_str()),
            price: hundredths(piece.line.price.minor(), currency),
            currency,
            quantity: piece.quantity,
        },
    };
    let cart = || Described {
        schema: CART,
        data: Entity::Cart {
            cart_id: &event.place.cart,
            total_value: hundredths(event.after.total.minor(), currency),
            currency,
        },
    };
    let about = match &act.deed {
        Deed::Purchased(order) => vec![Described {
            schema: TRANSACTION,
            data: Entity::Transaction {
                transaction_id: order.as_str(),
                revenue: hundredths(act.value.minor(), currency),
                currency,
                payment_method: UNKNOWN,
                total_quantity: act.pieces.iter().map(|piece| u64::from(piece.quantity)).sum(),
            },
        }],
        // A cart knows that somebody goes to pay, and none of the steps after it.
        Deed::CheckoutBegun => {
            let step = Described { schema: CHECKOUT_STEP, data: Entity::CheckoutStep { step: 1 } };
            vec![step, cart()]
        }
        Deed::Added | Deed::Removed | Deed::Abandoned(_) | Deed::Recovered(_) => vec![cart()],
    };
    about.into_iter().chain(act.pieces.iter().map(product)).collect()
}

/// An amount in no finer parts than the schemas take, rounded half up: dinars have a digit more.
fn hundredths(minor: i64, currency: Currency) -> Decimal {
    let finer = 10_i64.pow(u32::from(currency.exponent().saturating_sub(2)));
    let exact = Amount::try_from(minor).unwrap_or(Amount::ZERO).decimal(Some(currency));
    if finer == 1 {
        return exact;
    }
    let cents = minor.saturating_add(finer / 2) / finer;
    // Digits around a point are a number.
    format!("{}.{:02}", cents / 100, cents % 100).parse().unwrap_or(exact)
}

//! The row of a cart as an operator reads it: prices and times as the API writes them, expiry as it
//! is stored, and beside it whether it has passed. Pure.

use cart_schemas::cart::{CartState, Checkout, Restorable};
use cart_schemas::dealings::Outgoing;
use cart_schemas::event::{Event, EventKind};
use cart_schemas::id::{CartId, CartKey, CheckoutId, CommandId, ItemId, MergeId};
use cart_schemas::money::Currency;
use cart_schemas::record::{CartRecord, Entry, Outcome, Position};
use cart_schemas::rejection::Rejection;
use cart_schemas::timestamp::{Timestamp, rfc3339};
use serde::Serialize;

use crate::item::Item;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row<'a> {
    #[serde(rename = "cartID")]
    cart_id: CartId,
    life: u32,
    version: u64,
    /// As it is stored; `deadlines` say whether a cart that is stored as active has expired.
    state: CartState,
    currency: Option<Currency>,
    items: Vec<Item<'a>>,
    /// What an expiry took out and a restore would bring back.
    restorable: Option<Restored<'a>>,
    /// What is on its way to another cart, which has not answered yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    outgoing: Vec<Leaving<'a>>,
    /// The checkout that locks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    checkout: Option<UnderWay<'a>>,
    deadlines: Deadlines,
    /// The cart's clock: when its last decision was made.
    #[serde(with = "rfc3339")]
    clock: Timestamp,
    /// Where the last command lies that was decided.
    position: Option<Position>,
    /// The last decisions, oldest first.
    ledger: Vec<Decision<'a>>,
    /// How many older decisions are remembered.
    fingerprints: usize,
}

#[derive(Debug, Serialize)]
struct Restored<'a> {
    #[serde(with = "rfc3339")]
    since: Timestamp,
    currency: Currency,
    items: Vec<Item<'a>>,
}

#[derive(Debug, Serialize)]
struct Leaving<'a> {
    #[serde(rename = "mergeID")]
    merge: MergeId,
    items: Vec<Item<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UnderWay<'a> {
    #[serde(rename = "checkoutID")]
    checkout: CheckoutId,
    /// When its lease ends.
    #[serde(with = "rfc3339")]
    until: Timestamp,
    /// The skus that have not answered yet.
    awaited: &'a [ItemId],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Deadlines {
    /// When a person last changed the cart; `None` until its first change.
    last_modified: Option<String>,
    /// When the cart expires; `None` until its first change.
    expires_at: Option<String>,
    /// Whether that has passed, stored so or not.
    is_expired: bool,
    /// When it is woken next.
    timer: Option<String>,
}

#[derive(Debug, Serialize)]
struct Decision<'a> {
    position: Position,
    command: CommandId,
    /// `None` if it was applied.
    rejected: Option<&'a Rejection>,
    /// The version after it.
    version: u64,
    events: Vec<Told>,
}

/// An event of a decision.
#[derive(Debug, Serialize)]
struct Told {
    id: String,
    #[serde(rename = "type")]
    kind: EventKind,
    #[serde(with = "rfc3339")]
    at: Timestamp,
}

impl<'a> Row<'a> {
    pub(super) fn of(key: &CartKey, record: &'a CartRecord, now: Timestamp) -> Self {
        let cart = &record.cart;
        let deadlines = Deadlines {
            last_modified: cart.lifespan.map(|lifespan| lifespan.last_modified.to_string()),
            expires_at: cart.lifespan.map(|lifespan| lifespan.expires_at.to_string()),
            is_expired: cart.is_expired_at(now),
            timer: record.timer.map(|due| due.to_string()),
        };
        Self {
            cart_id: record.cart_id(key),
            life: record.life,
            version: record.version,
            state: cart.state,
            currency: cart.currency,
            items: Item::all(&cart.lines, cart.currency),
            restorable: cart.restorable.as_ref().map(Restored::of),
            outgoing: record.dealings.outgoing.iter().map(Leaving::of).collect(),
            checkout: UnderWay::of(record),
            deadlines,
            clock: record.ts,
            position: record.position(),
            ledger: record.ledger.iter().map(Decision::of).collect(),
            fingerprints: record.fingerprints.len(),
        }
    }
}

impl<'a> UnderWay<'a> {
    fn of(record: &'a CartRecord) -> Option<Self> {
        let Checkout { id: checkout, until, .. } = record.cart.checkout.as_ref()?;
        let reserving = record.dealings.reserving(*checkout);
        let awaited = reserving.map_or(&[][..], |reserving| &reserving.awaited);
        Some(Self { checkout: *checkout, until: *until, awaited })
    }
}

impl<'a> Leaving<'a> {
    fn of(outgoing: &'a Outgoing) -> Self {
        let Outgoing { merge, currency, lines } = outgoing;
        Self { merge: *merge, items: Item::all(lines, Some(*currency)) }
    }
}

impl<'a> Restored<'a> {
    fn of(restorable: &'a Restorable) -> Self {
        let Restorable { since, currency, lines } = restorable;
        Self { since: *since, currency: *currency, items: Item::all(lines, Some(*currency)) }
    }
}

impl<'a> Decision<'a> {
    fn of(entry: &'a Entry) -> Self {
        let rejected = match &entry.outcome {
            Outcome::Applied => None,
            Outcome::Rejected(rejection) => Some(rejection),
        };
        let events = entry.events.iter().map(Told::of).collect();
        let (position, command, version) = (entry.position, entry.command, entry.version);
        Self { position, command, rejected, version, events }
    }
}

impl Told {
    fn of(event: &Event) -> Self {
        Self { id: event.place.to_string(), kind: event.fact.kind(), at: event.at }
    }
}

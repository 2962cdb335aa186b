//! What happened to a cart, complete enough that folding a cart's events gives the cart.
//!
//! One encoding serves the topic, the sockets, the history and the ledger of a record.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::cart::{Cart, Line, LineState};
use crate::id::{CartId, ItemId, ProductId, UserId};
use crate::money::{Amount, Currency, Decimal, InvalidPrice, Price};
use crate::quantity::Quantity;
use crate::timestamp::{Timestamp, rfc3339};

/// The fact itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A line came into the cart.
    ItemAdded(Line),
    /// The quantity of a line changed, or was set again.
    ItemUpdated(Line),
    /// A line left the cart.
    ItemRemoved(ItemId),
    /// Every line left the cart.
    CartCleared,
    /// A person asked to keep the cart longer.
    ExpiryExtended,
    /// The cart's time passed with these lines in it.
    CartExpired(Vec<Line>),
}

impl Fact {
    /// The type as every consumer names it.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::ItemAdded(_) => EventKind::ItemAdded,
            Self::ItemUpdated(_) => EventKind::ItemUpdated,
            Self::ItemRemoved(_) => EventKind::ItemRemoved,
            Self::CartCleared => EventKind::CartCleared,
            Self::ExpiryExtended => EventKind::ExpiryExtended,
            Self::CartExpired(_) => EventKind::CartExpired,
        }
    }
}

/// The type of a [`Fact`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is its fact's type")]
pub enum EventKind {
    ItemAdded,
    ItemUpdated,
    ItemRemoved,
    CartCleared,
    ExpiryExtended,
    CartExpired,
}

impl EventKind {
    /// The type as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ItemAdded => "item_added",
            Self::ItemUpdated => "item_updated",
            Self::ItemRemoved => "item_removed",
            Self::CartCleared => "cart_cleared",
            Self::ExpiryExtended => "expiry_extended",
            Self::CartExpired => "cart_expired",
        }
    }
}

/// The cart in numbers after a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// The currency of the event's amounts; for a fact that empties the cart, the one it had.
    pub currency: Option<Currency>,
    /// The sum of the lines.
    pub total: Amount,
    /// The sum of the quantities.
    pub item_count: u64,
    /// Until when the cart is kept.
    pub expires_at: Timestamp,
}

/// Where an event stands in its cart's history: the `n`-th (from 0) of the `of` of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The life of the cart it belongs to.
    pub cart: CartId,
    /// The version it brought about.
    pub version: u64,
    /// Its number within the version, from 0.
    pub n: u16,
    /// How many events the version has.
    pub of: u16,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.cart, self.version, self.n)
    }
}

/// One event of one cart. Its id is `{cartID}:{version}:{n}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Where it stands; also its identity.
    pub place: Place,
    /// Whose cart it is.
    pub user: UserId,
    /// When it was decided, by the cart's own clock.
    pub at: Timestamp,
    /// The cart in numbers after it.
    pub after: Summary,
    /// What happened.
    pub fact: Fact,
}

impl Summary {
    /// The numbers of `after`, in the currency the cart had before the fact if it has none now.
    #[must_use]
    pub fn of(after: &Cart, before: Option<Currency>) -> Self {
        Self {
            currency: after.currency.or(before),
            total: after.total(),
            item_count: after.item_count(),
            expires_at: after.lifespan.map_or_else(Timestamp::default, |span| span.expires_at),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct WireLine {
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

#[derive(Serialize, Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: EventKind,
    #[serde(rename = "userID")]
    user: UserId,
    #[serde(rename = "itemID", default, skip_serializing_if = "Option::is_none")]
    item_id: Option<ItemId>,
    #[serde(rename = "productID", default, skip_serializing_if = "Option::is_none")]
    product: Option<ProductId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quantity: Option<Quantity>,
    #[serde(with = "rfc3339")]
    timestamp: Timestamp,
    #[serde(rename = "eventID")]
    event_id: String,
    #[serde(rename = "cartID")]
    cart: CartId,
    version: u64,
    n: u16,
    of: u16,
    #[serde(rename = "expiresAt", with = "rfc3339")]
    expires_at: Timestamp,
    currency: Option<Currency>,
    total: Decimal,
    #[serde(rename = "itemCount")]
    item_count: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    item: Option<WireLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    items: Option<Vec<WireLine>>,
}

impl WireLine {
    fn of(line: &Line, currency: Option<Currency>) -> Self {
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

    fn line(self, currency: Option<Currency>) -> Result<Line, InvalidPrice> {
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

impl From<&Event> for Wire {
    fn from(event: &Event) -> Self {
        let currency = event.after.currency;
        let (item_id, line, lines) = match &event.fact {
            Fact::ItemAdded(line) | Fact::ItemUpdated(line) => (Some(&line.item), Some(line), None),
            Fact::ItemRemoved(item) => (Some(item), None, None),
            Fact::CartCleared | Fact::ExpiryExtended => (None, None, None),
            Fact::CartExpired(lines) => (None, None, Some(lines)),
        };
        let wire = |lines: &Vec<Line>| lines.iter().map(|l| WireLine::of(l, currency)).collect();
        Self {
            kind: event.fact.kind(),
            user: event.user.clone(),
            item_id: item_id.cloned(),
            product: item_id.map(|item| item.product().clone()),
            quantity: line.map(|line| line.quantity),
            timestamp: event.at,
            event_id: event.place.to_string(),
            cart: event.place.cart,
            version: event.place.version,
            n: event.place.n,
            of: event.place.of,
            expires_at: event.after.expires_at,
            currency,
            total: event.after.total.decimal(currency),
            item_count: event.after.item_count,
            item: line.map(|line| WireLine::of(line, currency)),
            items: lines.map(wire),
        }
    }
}

/// The event's fields do not fit its type.
#[derive(Debug, thiserror::Error)]
enum InvalidEvent {
    #[error("an amount does not fit the currency")]
    Amount(#[from] InvalidPrice),
    #[error("{0} is missing")]
    Missing(&'static str),
}

impl TryFrom<Wire> for Event {
    type Error = InvalidEvent;

    fn try_from(mut wire: Wire) -> Result<Self, InvalidEvent> {
        let fact = wire.fact()?;
        Ok(Self {
            place: Place { cart: wire.cart, version: wire.version, n: wire.n, of: wire.of },
            user: wire.user,
            at: wire.timestamp,
            after: Summary {
                currency: wire.currency,
                total: Amount::parse(wire.total.as_str(), wire.currency)?,
                item_count: wire.item_count,
                expires_at: wire.expires_at,
            },
            fact,
        })
    }
}

impl Wire {
    fn fact(&mut self) -> Result<Fact, InvalidEvent> {
        let fact = match self.kind {
            EventKind::ItemAdded => Fact::ItemAdded(self.line()?),
            EventKind::ItemUpdated => Fact::ItemUpdated(self.line()?),
            EventKind::ItemRemoved => {
                Fact::ItemRemoved(self.item_id.take().ok_or(InvalidEvent::Missing("itemID"))?)
            }
            EventKind::CartCleared => Fact::CartCleared,
            EventKind::ExpiryExtended => Fact::ExpiryExtended,
            EventKind::CartExpired => {
                let items = self.items.take().ok_or(InvalidEvent::Missing("items"))?;
                let lines: Result<_, _> =
                    items.into_iter().map(|l| l.line(self.currency)).collect();
                Fact::CartExpired(lines?)
            }
        };
        Ok(fact)
    }

    fn line(&mut self) -> Result<Line, InvalidEvent> {
        let item = self.item.take().ok_or(InvalidEvent::Missing("item"))?;
        Ok(item.line(self.currency)?)
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Wire::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Event {
    /// The JSON every consumer reads.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Serializing plain structs with string keys into memory has no way to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads an event.
    ///
    /// # Errors
    /// The bytes are no event of this schema.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

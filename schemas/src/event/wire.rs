//! An event as JSON: one flat object, as the source document shapes it. Knows no fold.

use serde::{Deserialize, Serialize};

use super::{Event, EventKind, Fact, Place, ReturnReason, Summary};
use crate::cart::{Line, LineState};
use crate::id::{CartId, ItemId, MergeId, ProductId, UserId};
use crate::merge::Warning;
use crate::money::{Amount, Currency, Decimal, InvalidPrice, Price};
use crate::quantity::Quantity;
use crate::timestamp::{Timestamp, rfc3339};

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
pub(super) struct Wire {
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tier: Option<u8>,
    #[serde(rename = "idleSince", default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "rfc3339::optional")]
    idle_since: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Decimal>,
    #[serde(rename = "mergeID", default, skip_serializing_if = "Option::is_none")]
    merge: Option<MergeId>,
    #[serde(rename = "toUserID", default, skip_serializing_if = "Option::is_none")]
    to: Option<UserId>,
    #[serde(rename = "fromUserID", default, skip_serializing_if = "Option::is_none")]
    from: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<Warning>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<ReturnReason>,
    #[serde(rename = "restorableCurrency", default, skip_serializing_if = "Option::is_none")]
    restorable: Option<Currency>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    removed: Option<Vec<ItemId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    returned: Option<Vec<WireLine>>,
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

/// What of a fact has a field of its own.
#[derive(Default)]
struct Parts<'a> {
    item: Option<&'a ItemId>,
    line: Option<&'a Line>,
    lines: Option<&'a [Line]>,
    tier: Option<u8>,
    idle: Option<(Timestamp, Amount)>,
    merge: Option<MergeId>,
    to: Option<&'a UserId>,
    from: Option<&'a UserId>,
    warnings: Option<&'a [Warning]>,
    reason: Option<ReturnReason>,
    restorable: Option<Currency>,
    removed: Option<&'a [ItemId]>,
    returned: Option<&'a [Line]>,
}

impl<'a> Parts<'a> {
    fn of(fact: &'a Fact) -> Self {
        match fact {
            Fact::ItemAdded(line) | Fact::ItemUpdated(line) => {
                Self { item: Some(&line.item), line: Some(line), ..Self::default() }
            }
            Fact::ItemRemoved(item) => Self { item: Some(item), ..Self::default() },
            Fact::CartCleared | Fact::ExpiryExtended | Fact::ExpiryWarned => Self::default(),
            Fact::CartExpired(lines) | Fact::CartRestored(lines) => {
                Self { lines: Some(lines), ..Self::default() }
            }
            Fact::CartAbandoned { tier, since, value } => {
                Self { tier: Some(*tier), idle: Some((*since, *value)), ..Self::default() }
            }
            Fact::CartRecovered { tier } => Self { tier: Some(*tier), ..Self::default() },
            Fact::CartMergedOut { merge, to, lines } => {
                Self { merge: Some(*merge), to: Some(to), lines: Some(lines), ..Self::default() }
            }
            Fact::CartMergedIn { merge, from, lines, warnings } => Self {
                merge: Some(*merge),
                from: Some(from),
                lines: Some(lines),
                warnings: Some(warnings),
                ..Self::default()
            },
            Fact::MergeReturned { merge, reason, restorable, lines, warnings } => Self {
                merge: Some(*merge),
                reason: Some(*reason),
                restorable: *restorable,
                lines: Some(lines),
                warnings: Some(warnings),
                ..Self::default()
            },
            Fact::MergeUndone { merge, from, lines, removed, returned } => Self {
                merge: Some(*merge),
                from: Some(from),
                lines: Some(lines),
                removed: Some(removed),
                returned: Some(returned),
                ..Self::default()
            },
        }
    }
}

impl From<&Event> for Wire {
    fn from(event: &Event) -> Self {
        let currency = event.after.currency;
        let parts = Parts::of(&event.fact);
        let of_lines = parts.restorable.or(currency);
        let wire = |lines: &[Line]| lines.iter().map(|l| WireLine::of(l, of_lines)).collect();
        Self {
            kind: event.fact.kind(),
            user: event.user.clone(),
            item_id: parts.item.cloned(),
            product: parts.item.map(|item| item.product().clone()),
            quantity: parts.line.map(|line| line.quantity),
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
            item: parts.line.map(|line| WireLine::of(line, currency)),
            items: parts.lines.map(wire),
            tier: parts.tier,
            idle_since: parts.idle.map(|(since, _)| since),
            value: parts.idle.map(|(_, value)| value.decimal(currency)),
            merge: parts.merge,
            to: parts.to.cloned(),
            from: parts.from.cloned(),
            warnings: parts.warnings.map(<[_]>::to_vec),
            reason: parts.reason,
            restorable: parts.restorable,
            removed: parts.removed.map(<[_]>::to_vec),
            returned: parts.returned.map(wire),
        }
    }
}

/// The event's fields do not fit its type.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidEvent {
    #[error("an amount does not fit the currency")]
    Amount(#[from] InvalidPrice),
    #[error("{0} is missing")]
    Missing(&'static str),
}

/// A field that an event of this type has.
fn said<T>(name: &'static str, value: Option<T>) -> Result<T, InvalidEvent> {
    value.ok_or(InvalidEvent::Missing(name))
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
            EventKind::ItemRemoved => Fact::ItemRemoved(said("itemID", self.item_id.take())?),
            EventKind::CartCleared => Fact::CartCleared,
            EventKind::ExpiryExtended => Fact::ExpiryExtended,
            EventKind::CartExpired => Fact::CartExpired(self.lines()?),
            EventKind::CartRestored => Fact::CartRestored(self.lines()?),
            EventKind::ExpiryWarned => Fact::ExpiryWarned,
            EventKind::CartAbandoned => Fact::CartAbandoned {
                tier: self.tier()?,
                since: said("idleSince", self.idle_since)?,
                value: self.value()?,
            },
            EventKind::CartRecovered => Fact::CartRecovered { tier: self.tier()? },
            EventKind::CartMergedOut => Fact::CartMergedOut {
                merge: self.merge()?,
                to: said("toUserID", self.to.take())?,
                lines: self.lines()?,
            },
            EventKind::CartMergedIn => Fact::CartMergedIn {
                merge: self.merge()?,
                from: said("fromUserID", self.from.take())?,
                lines: self.lines()?,
                warnings: said("warnings", self.warnings.take())?,
            },
            EventKind::MergeReturned => Fact::MergeReturned {
                merge: self.merge()?,
                reason: said("reason", self.reason)?,
                restorable: self.restorable,
                lines: self.lines()?,
                warnings: said("warnings", self.warnings.take())?,
            },
            EventKind::MergeUndone => {
                let returned = said("returned", self.returned.take())?;
                Fact::MergeUndone {
                    merge: self.merge()?,
                    from: said("fromUserID", self.from.take())?,
                    lines: self.lines()?,
                    removed: said("removed", self.removed.take())?,
                    returned: self.read(returned)?,
                }
            }
        };
        Ok(fact)
    }

    fn line(&mut self) -> Result<Line, InvalidEvent> {
        let item = said("item", self.item.take())?;
        Ok(item.line(self.currency)?)
    }
    fn lines(&mut self) -> Result<Vec<Line>, InvalidEvent> {
        let items = said("items", self.items.take())?;
        self.read(items)
    }

    fn read(&self, lines: Vec<WireLine>) -> Result<Vec<Line>, InvalidEvent> {
        let currency = self.restorable.or(self.currency);
        let lines = lines.into_iter().map(|line| line.line(currency));
        Ok(lines.collect::<Result<_, _>>()?)
    }

    fn merge(&self) -> Result<MergeId, InvalidEvent> {
        said("mergeID", self.merge)
    }

    fn tier(&self) -> Result<u8, InvalidEvent> {
        said("tier", self.tier)
    }

    fn value(&self) -> Result<Amount, InvalidEvent> {
        let value = said("value", self.value.as_ref())?;
        Ok(Amount::parse(value.as_str(), self.currency)?)
    }
}

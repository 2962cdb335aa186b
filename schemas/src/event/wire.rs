//! An event as JSON: one flat object, as the source document shapes it. Knows no fold.

mod line;
mod parts;
mod sagas;

use serde::{Deserialize, Serialize};

pub(crate) use self::line::WireLine;
use self::parts::Parts;
use super::{Event, EventKind, Fact, Place, ReturnReason, Summary};
use crate::cart::{Line, News};
use crate::checkout::{CancelReason, Shortage};
use crate::id::{CartId, CheckoutId, ItemId, MergeId, OrderId, ProductId, UserId};
use crate::merge::Warning;
use crate::money::{Amount, Currency, Decimal, InvalidPrice, Price};
use crate::quantity::Quantity;
use crate::timestamp::{Timestamp, rfc3339};

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
    reason: Option<Reason>,
    #[serde(rename = "restorableCurrency", default, skip_serializing_if = "Option::is_none")]
    restorable: Option<Currency>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    removed: Option<Vec<ItemId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    returned: Option<Vec<WireLine>>,
    #[serde(rename = "checkoutID", default, skip_serializing_if = "Option::is_none")]
    checkout: Option<CheckoutId>,
    #[serde(rename = "leaseUntil", default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "rfc3339::optional")]
    lease_until: Option<Timestamp>,
    #[serde(rename = "orderID", default, skip_serializing_if = "Option::is_none")]
    order: Option<OrderId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    short: Option<Vec<Shortage>>,
    #[serde(rename = "currentPrice", default, skip_serializing_if = "Option::is_none")]
    current_price: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    news: Option<u64>,
    #[serde(rename = "fromCurrency", default, skip_serializing_if = "Option::is_none")]
    before: Option<Currency>,
}

/// Why something ended, of whatever event.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(untagged)]
enum Reason {
    Returned(ReturnReason),
    Cancelled(CancelReason),
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
            idle_since: parts.since,
            value: parts.value.map(|value| value.decimal(currency)),
            merge: parts.merge,
            to: parts.to.cloned(),
            from: parts.from.cloned(),
            warnings: parts.warnings.map(<[_]>::to_vec),
            reason: parts.reason,
            restorable: parts.restorable,
            removed: parts.removed.map(<[_]>::to_vec),
            returned: parts.returned.map(wire),
            checkout: parts.checkout,
            lease_until: parts.until,
            order: parts.order.cloned(),
            short: parts.short.map(<[_]>::to_vec),
            current_price: parts.news.and_then(|news| Some(news.price.decimal(currency?))),
            news: parts.news.map(|news| news.number),
            before: parts.before,
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
            EventKind::CartMergedOut => self.merged_out()?,
            EventKind::CartMergedIn => self.merged_in()?,
            EventKind::MergeReturned => self.merge_returned()?,
            EventKind::MergeUndone => self.merge_undone()?,
            EventKind::CheckoutStarted => self.checkout_started()?,
            EventKind::CheckoutReady => self.checkout_ready()?,
            EventKind::CheckoutCancelled => self.checkout_cancelled()?,
            EventKind::CartConverted => self.converted()?,
            EventKind::CurrencyChanged => Fact::CurrencyChanged {
                from: said("fromCurrency", self.before)?,
                lines: self.lines()?,
            },
            EventKind::ItemOutOfStock => {
                Fact::ItemOutOfStock { line: self.line()?, news: self.news()? }
            }
            EventKind::ItemAvailable => {
                Fact::ItemAvailable { line: self.line()?, news: self.news()? }
            }
            EventKind::PriceChanged => {
                Fact::PriceChanged { line: self.line()?, news: self.news()? }
            }
        };
        Ok(fact)
    }

    fn news(&self) -> Result<News, InvalidEvent> {
        let price = said("currentPrice", self.current_price.as_ref())?;
        let price = Price::parse(price.as_str(), self.currency.ok_or(InvalidPrice)?)?;
        Ok(News { price, number: said("news", self.news)? })
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

    fn tier(&self) -> Result<u8, InvalidEvent> {
        said("tier", self.tier)
    }

    fn value(&self) -> Result<Amount, InvalidEvent> {
        let value = said("value", self.value.as_ref())?;
        Ok(Amount::parse(value.as_str(), self.currency)?)
    }
}

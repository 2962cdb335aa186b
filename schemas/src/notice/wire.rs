//! A notice as JSON. Knows nothing of what becomes one.

use serde::{Deserialize, Serialize};

use super::{Invitation, Notice, NoticeKind, Turn};
use crate::event::{Place, WireLine};
use crate::id::{CartId, CartKey, CheckoutId, OrderId, TenantId, UserId};
use crate::money::{Amount, Currency, Decimal, InvalidPrice};
use crate::timestamp::{Timestamp, rfc3339};

#[derive(Serialize, Deserialize)]
pub(super) struct Wire {
    id: String,
    #[serde(rename = "type")]
    kind: NoticeKind,
    #[serde(with = "rfc3339")]
    timestamp: Timestamp,
    data: Data,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<TenantId>,
    #[serde(rename = "userID")]
    user: UserId,
    #[serde(rename = "cartID")]
    cart: CartId,
    version: u64,
    n: u16,
    of: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tier: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "rfc3339::optional")]
    idle_since: Option<Timestamp>,
    #[serde(rename = "checkoutID", default, skip_serializing_if = "Option::is_none")]
    checkout: Option<CheckoutId>,
    #[serde(rename = "orderID", default, skip_serializing_if = "Option::is_none")]
    order: Option<OrderId>,
    currency: Option<Currency>,
    value: Decimal,
    items: Vec<WireLine>,
    #[serde(rename = "recoveryURL", default, skip_serializing_if = "Option::is_none")]
    recovery_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    discount_code: Option<String>,
}

/// The fields do not fit the type.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidNotice {
    #[error("an amount does not fit the currency")]
    Amount(#[from] InvalidPrice),
    #[error("{0} is missing")]
    Missing(&'static str),
}

impl From<&Notice> for Wire {
    fn from(notice: &Notice) -> Self {
        let (mut tier, mut idle_since, mut checkout, mut order) = (None, None, None, None);
        match &notice.turn {
            Turn::Abandoned { tier: told, since } => {
                (tier, idle_since) = (Some(*told), Some(*since));
            }
            Turn::Recovered { tier: told } => tier = Some(*told),
            Turn::Converted { checkout: paid, order: taken, recovered } => {
                (checkout, order, tier) = (Some(*paid), Some(taken.clone()), *recovered);
            }
            Turn::Expired => {}
        }
        let currency = notice.currency;
        let data = Data {
            tenant: notice.cart.tenant().cloned(),
            user: notice.cart.user().clone(),
            cart: notice.place.cart,
            version: notice.place.version,
            n: notice.place.n,
            of: notice.place.of,
            tier,
            idle_since,
            checkout,
            order,
            currency,
            value: notice.value.decimal(currency),
            items: notice.lines.iter().map(|line| WireLine::of(line, currency)).collect(),
            recovery_url: None,
            discount_code: None,
        };
        let (id, kind) = (notice.place.to_string(), notice.kind());
        Self { id, kind, timestamp: notice.at, data }
    }
}

impl Wire {
    pub(super) fn inviting(mut self, Invitation { url, discount }: Invitation<'_>) -> Self {
        self.data.recovery_url = url.map(str::to_owned);
        self.data.discount_code = discount.map(str::to_owned);
        self
    }
}

impl TryFrom<Wire> for Notice {
    type Error = InvalidNotice;

    fn try_from(Wire { kind, timestamp: at, data, .. }: Wire) -> Result<Self, InvalidNotice> {
        let turn = data.turn(kind)?;
        let currency = data.currency;
        let lines = data.items.into_iter().map(|item| item.line(currency));
        Ok(Self {
            place: Place { cart: data.cart, version: data.version, n: data.n, of: data.of },
            cart: CartKey::new(data.tenant, data.user),
            at,
            turn,
            currency,
            value: Amount::parse(data.value.as_str(), currency)?,
            lines: lines.collect::<Result<_, _>>()?,
        })
    }
}

impl Data {
    fn turn(&self, kind: NoticeKind) -> Result<Turn, InvalidNotice> {
        let tier = self.tier.ok_or(InvalidNotice::Missing("tier"));
        Ok(match kind {
            NoticeKind::Abandoned => {
                let since = self.idle_since.ok_or(InvalidNotice::Missing("idleSince"))?;
                Turn::Abandoned { tier: tier?, since }
            }
            NoticeKind::Recovered => Turn::Recovered { tier: tier? },
            NoticeKind::Converted => Turn::Converted {
                checkout: self.checkout.ok_or(InvalidNotice::Missing("checkoutID"))?,
                order: self.order.clone().ok_or(InvalidNotice::Missing("orderID"))?,
                recovered: self.tier,
            },
            NoticeKind::Expired => Turn::Expired,
        })
    }
}

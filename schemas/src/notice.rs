//! What a shop's marketing is told of a cart: that it was left, came back, was paid or ended, with what lay in
//! it. Made of the cart's events and of nothing else. Knows nobody who is told.
//!
//! The JSON has the shape of Standard Webhooks (`type`, `timestamp`, `data`), the same on the topic and in a
//! webhook.

mod wire;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use self::wire::Wire;
use crate::cart::{Cart, CartState, Line, total};
use crate::event::{Event, Fact, Place};
use crate::id::{CartKey, CheckoutId, OrderId};
use crate::money::{Amount, Currency};
use crate::timestamp::Timestamp;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Nobody has touched the cart for as long as a tier says.
    Abandoned {
        /// Which tier, from 1.
        tier: u8,
        /// Since when nobody has.
        since: Timestamp,
    },
    /// A person changes a cart that counted as abandoned, or pays for it.
    Recovered {
        /// The highest tier that was told.
        tier: u8,
    },
    /// It was paid.
    Converted {
        /// The checkout.
        checkout: CheckoutId,
        /// The order, as whoever took the payment names it.
        order: OrderId,
        /// The tier of abandonment the checkout had brought somebody back from.
        recovered: Option<u8>,
    },
    /// Its time passed with lines in it.
    Expired,
}

/// The type of a [`Turn`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NoticeKind {
    /// [`Turn::Abandoned`].
    #[serde(rename = "cart.abandoned")]
    Abandoned,
    /// [`Turn::Recovered`].
    #[serde(rename = "cart.recovered")]
    Recovered,
    /// [`Turn::Converted`].
    #[serde(rename = "cart.converted")]
    Converted,
    /// [`Turn::Expired`].
    #[serde(rename = "cart.expired")]
    Expired,
}

impl NoticeKind {
    /// Every type.
    pub const ALL: [Self; 4] = [Self::Abandoned, Self::Recovered, Self::Converted, Self::Expired];

    /// The type as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Abandoned => "cart.abandoned",
            Self::Recovered => "cart.recovered",
            Self::Converted => "cart.converted",
            Self::Expired => "cart.expired",
        }
    }

    /// Whether it is told so that somebody writes to the customer, who must have agreed to that.
    #[must_use]
    pub const fn invites(self) -> bool {
        match self {
            Self::Abandoned | Self::Expired => true,
            Self::Recovered | Self::Converted => false,
        }
    }
}

/// What a customer is invited back with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Invitation<'a> {
    /// The page that leads back to the cart.
    pub url: Option<&'a str>,
    /// A code of the shop's own.
    pub discount: Option<&'a str>,
}

/// One notice. Its id is that of its event: whoever is told twice knows it by that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Where its event stands.
    pub place: Place,
    /// Whose cart it is.
    pub cart: CartKey,
    /// When it happened, by the cart's own clock.
    pub at: Timestamp,
    /// What happened.
    pub turn: Turn,
    /// The currency of the lines; `None` where there are none and never were.
    pub currency: Option<Currency>,
    /// What the lines cost.
    pub value: Amount,
    /// What was left, came back, was paid or ended. None where earlier events of the cart are not known.
    pub lines: Vec<Line>,
}

impl Notice {
    /// What marketing is told of an event of the cart at `key`, of which `left` lies there after it, or lay
    /// there when it ended, and whose lines had this currency last.
    #[must_use]
    pub fn of(
        key: &CartKey,
        event: &Event,
        (left, currency): (&[Line], Option<Currency>),
    ) -> Option<Self> {
        let (turn, lines, value) = match &event.fact {
            Fact::CartAbandoned { tier, since, value } => {
                (Turn::Abandoned { tier: *tier, since: *since }, left, *value)
            }
            Fact::CartRecovered { tier } => (Turn::Recovered { tier: *tier }, left, total(left)),
            Fact::CartConverted { checkout, order, lines, recovered } => {
                let (checkout, order) = (*checkout, order.clone());
                let turn = Turn::Converted { checkout, order, recovered: *recovered };
                (turn, lines.as_slice(), total(lines))
            }
            Fact::CartExpired(lines) if !lines.is_empty() => {
                (Turn::Expired, lines.as_slice(), total(lines))
            }
            Fact::CartExpired(_)
            | Fact::ItemAdded(_)
            | Fact::ItemUpdated(_)
            | Fact::ItemRemoved(_)
            | Fact::CartCleared
            | Fact::ExpiryExtended
            | Fact::CartRestored(_)
            | Fact::ExpiryWarned
            | Fact::CartMergedOut { .. }
            | Fact::CartMergedIn { .. }
            | Fact::MergeReturned { .. }
            | Fact::MergeUndone { .. }
            | Fact::CheckoutStarted { .. }
            | Fact::CheckoutReady { .. }
            | Fact::CheckoutCancelled { .. }
            | Fact::CurrencyChanged { .. }
            | Fact::ItemOutOfStock { .. }
            | Fact::ItemAvailable { .. }
            | Fact::PriceChanged { .. } => return None,
        };
        let currency = event.after.currency.or(currency);
        let (place, cart, at, lines) = (event.place, key.clone(), event.at, lines.to_vec());
        Some(Self { place, cart, at, turn, currency, value, lines })
    }

    /// Its type.
    #[must_use]
    pub const fn kind(&self) -> NoticeKind {
        match self.turn {
            Turn::Abandoned { .. } => NoticeKind::Abandoned,
            Turn::Recovered { .. } => NoticeKind::Recovered,
            Turn::Converted { .. } => NoticeKind::Converted,
            Turn::Expired => NoticeKind::Expired,
        }
    }

    /// Whether the cart, as it is now, is still as this told: nobody should be reminded of what they have
    /// bought, emptied or come back to since.
    #[must_use]
    pub fn still_holds(&self, cart: &Cart) -> bool {
        match self.turn {
            Turn::Abandoned { tier, since } => {
                let abandoned = cart.abandoned.filter(|now| now.since == since);
                cart.checkout.is_none() && abandoned.is_some_and(|now| now.tier == tier)
            }
            Turn::Expired => {
                let ended = cart.restorable.as_ref().is_some_and(|taken| taken.since == self.at);
                cart.state == CartState::Expired && ended
            }
            Turn::Recovered { .. } | Turn::Converted { .. } => true,
        }
    }

    /// The JSON everybody is told.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Serializing plain structs with string keys into memory has no way to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The same with an invitation.
    #[must_use]
    pub fn encode_inviting(&self, invitation: Invitation<'_>) -> Vec<u8> {
        serde_json::to_vec(&Wire::from(self).inviting(invitation)).unwrap_or_default()
    }

    /// Reads a notice.
    ///
    /// # Errors
    /// The bytes are no notice of this schema.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

impl Serialize for Notice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Notice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Wire::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;

//! What happened to a cart, complete enough that folding a cart's events gives the cart.
//!
//! One encoding serves the topic, the sockets, the history and the ledger of a record.

mod kind;
mod wire;

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::kind::EventKind;
use self::wire::Wire;
pub(crate) use self::wire::WireLine;
use crate::cart::{Cart, Line, News};
use crate::checkout::{CancelReason, Shortage};
use crate::id::{CartId, CheckoutId, ItemId, MergeId, OrderId, UserId};
use crate::merge::Warning;
use crate::money::{Amount, Currency};
#[cfg(doc)]
use crate::policy::Policy;
use crate::timestamp::Timestamp;

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
    /// The lines an expiry took out are back: these, as they are now.
    CartRestored(Vec<Line>),
    /// The cart will expire soon.
    ExpiryWarned,
    /// Nobody has touched the cart for as long as a tier says.
    CartAbandoned {
        /// Which tier, from 1.
        tier: u8,
        /// Since when nobody has.
        since: Timestamp,
        /// What its lines cost; of an expired cart, those a restore would bring back.
        value: Amount,
    },
    /// A person changes a cart that counted as abandoned.
    CartRecovered {
        /// The highest tier that was told.
        tier: u8,
    },
    /// Every line left for another cart.
    CartMergedOut {
        /// The merge.
        merge: MergeId,
        /// Whose cart they go to.
        to: UserId,
        /// The lines.
        lines: Vec<Line>,
    },
    /// The lines of another cart came.
    CartMergedIn {
        /// The merge.
        merge: MergeId,
        /// Whose cart they come from.
        from: UserId,
        /// The lines it changed, as they are now.
        lines: Vec<Line>,
        /// What was cut.
        warnings: Vec<Warning>,
    },
    /// Lines that had left for another cart are back.
    MergeReturned {
        /// The merge.
        merge: MergeId,
        /// Why.
        reason: ReturnReason,
        /// The currency of lines that wait for a restore, because the cart has another one by now;
        /// `None` if they are in the cart.
        restorable: Option<Currency>,
        /// These lines as they are now, or all that a restore would bring back.
        lines: Vec<Line>,
        /// What was cut, for no cart holds more than [`Policy::LINES_MAX`] lines.
        warnings: Vec<Warning>,
    },
    /// The lines of another cart go back to it.
    MergeUndone {
        /// The merge.
        merge: MergeId,
        /// Whose cart they go back to.
        from: UserId,
        /// The lines that stay, as they are now.
        lines: Vec<Line>,
        /// The lines that are gone.
        removed: Vec<ItemId>,
        /// What goes back.
        returned: Vec<Line>,
    },
    /// Somebody wants to pay: the cart is locked, and its lines are being reserved.
    CheckoutStarted {
        /// The checkout.
        checkout: CheckoutId,
        /// When its lease ends.
        until: Timestamp,
        /// What is sold, as it is charged.
        lines: Vec<Line>,
        /// The tier of abandonment it brings somebody back from.
        recovered: Option<u8>,
    },
    /// Everything is reserved: it can be paid now.
    CheckoutReady {
        /// The checkout.
        checkout: CheckoutId,
        /// When its lease ends.
        until: Timestamp,
        /// What is sold, as it is charged.
        lines: Vec<Line>,
    },
    /// The checkout ended without a sale; the cart is open again.
    CheckoutCancelled {
        /// The checkout.
        checkout: CheckoutId,
        /// Why.
        reason: CancelReason,
        /// What would have been sold.
        lines: Vec<Line>,
        /// What of it could not be reserved.
        short: Vec<Shortage>,
    },
    /// The checkout was paid; what was sold has left the cart.
    CartConverted {
        /// The checkout.
        checkout: CheckoutId,
        /// The order, as whoever took the payment names it.
        order: OrderId,
        /// What was sold, as it was charged.
        lines: Vec<Line>,
        /// The tier of abandonment the checkout had brought somebody back from.
        recovered: Option<u8>,
    },
    /// Every line costs what it does in another currency.
    CurrencyChanged {
        /// The currency before.
        from: Currency,
        /// Every line as it is now.
        lines: Vec<Line>,
    },
    /// A line cannot be bought now.
    ItemOutOfStock {
        /// The line as it is now.
        line: Line,
        /// What the cart is told.
        news: News,
    },
    /// A line can be bought again.
    ItemAvailable {
        /// The line as it is now.
        line: Line,
        /// What the cart is told.
        news: News,
    },
    /// What is on a line costs something else than the cart knew. The line keeps its price.
    PriceChanged {
        /// The line.
        line: Line,
        /// What the cart is told.
        news: News,
    },
}

/// Why lines that left for another cart are back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnReason {
    /// The other cart did not take them.
    Refused,
    /// The merge was undone.
    Undone,
}

impl Fact {
    /// Lines it brought into the cart, and perhaps some that were there.
    #[must_use]
    pub fn came(&self) -> &[Line] {
        match self {
            Self::ItemAdded(line) => std::slice::from_ref(line),
            Self::CartRestored(lines)
            | Self::CartMergedIn { lines, .. }
            | Self::MergeReturned { restorable: None, lines, .. } => lines,
            Self::ItemUpdated(_)
            | Self::ItemRemoved(_)
            | Self::CartCleared
            | Self::ExpiryExtended
            | Self::CartExpired(_)
            | Self::ExpiryWarned
            | Self::CartAbandoned { .. }
            | Self::CartRecovered { .. }
            | Self::CartMergedOut { .. }
            | Self::MergeReturned { restorable: Some(_), .. }
            | Self::MergeUndone { .. }
            | Self::CheckoutStarted { .. }
            | Self::CheckoutReady { .. }
            | Self::CheckoutCancelled { .. }
            | Self::CartConverted { .. }
            | Self::CurrencyChanged { .. }
            | Self::ItemOutOfStock { .. }
            | Self::ItemAvailable { .. }
            | Self::PriceChanged { .. } => &[],
        }
    }

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
            Self::CartRestored(_) => EventKind::CartRestored,
            Self::ExpiryWarned => EventKind::ExpiryWarned,
            Self::CartAbandoned { .. } => EventKind::CartAbandoned,
            Self::CartRecovered { .. } => EventKind::CartRecovered,
            Self::CartMergedOut { .. } => EventKind::CartMergedOut,
            Self::CartMergedIn { .. } => EventKind::CartMergedIn,
            Self::MergeReturned { .. } => EventKind::MergeReturned,
            Self::MergeUndone { .. } => EventKind::MergeUndone,
            Self::CheckoutStarted { .. } => EventKind::CheckoutStarted,
            Self::CheckoutReady { .. } => EventKind::CheckoutReady,
            Self::CheckoutCancelled { .. } => EventKind::CheckoutCancelled,
            Self::CartConverted { .. } => EventKind::CartConverted,
            Self::CurrencyChanged { .. } => EventKind::CurrencyChanged,
            Self::ItemOutOfStock { .. } => EventKind::ItemOutOfStock,
            Self::ItemAvailable { .. } => EventKind::ItemAvailable,
            Self::PriceChanged { .. } => EventKind::PriceChanged,
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

//! How many pieces of a sku there are, who has reserved some, and what may be asked of both.
//!
//! A sku has one writer, as a cart has. Knows no catalog and no price.

mod envelope;
mod follow_up;
mod record;
mod reply;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::id::{CartKey, CheckoutId, SkuKey};
use crate::product::STOCK_MAX;
use crate::quantity::Quantity;
use crate::timestamp::Timestamp;

pub use self::envelope::{STOCK_KINDS, StockEnvelope};
pub use self::follow_up::StockFollowUp;
pub use self::record::{DecodeError, Emits, StockOutcome, StockRecord};
pub use self::reply::{StockAnswer, StockReply};

/// Checkouts that may hold some of one sku at a time: a record of them all is about 150 KB, written
/// at each decision.
pub const RESERVATIONS_MAX: usize = 2_000;

/// Pieces of a sku: 0 to [`Units::MAX`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(try_from = "u32", into = "u32")]
pub struct Units(u32);

/// The number is above [`Units::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 0 to {STOCK_MAX}")]
pub struct InvalidUnits;

impl Units {
    /// The most there can be of a sku.
    pub const MAX: u32 = STOCK_MAX;

    /// Parses a number.
    ///
    /// # Errors
    /// It is above [`Units::MAX`].
    pub const fn new(number: u32) -> Result<Self, InvalidUnits> {
        if number <= Self::MAX { Ok(Self(number)) } else { Err(InvalidUnits) }
    }

    /// The number, or the most there can be.
    #[must_use]
    pub fn at_most(number: u32) -> Self {
        Self(number.min(Self::MAX))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// So many more, or fewer; `None` below 0 or above [`Units::MAX`].
    #[must_use]
    pub fn changed_by(self, delta: i64) -> Option<Self> {
        let number = i64::from(self.0).checked_add(delta)?;
        Self::new(u32::try_from(number).ok()?).ok()
    }

    /// So many fewer, but not below 0.
    #[must_use]
    pub const fn less(self, taken: u32) -> Self {
        Self(self.0.saturating_sub(taken))
    }
}

impl TryFrom<u32> for Units {
    type Error = InvalidUnits;

    fn try_from(number: u32) -> Result<Self, InvalidUnits> {
        Self::new(number)
    }
}

impl From<Units> for u32 {
    fn from(units: Units) -> Self {
        units.0
    }
}

/// One command to one sku. People send the first two; a cart in checkout the others, as follow-ups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockCommand {
    /// The catalog says how many there are: they are what is on hand, unless it said the same the
    /// last time. So putting a product again with another price does not bring back what was sold.
    Put {
        /// How many.
        units: Units,
    },
    /// So many came, or went otherwise than by a sale.
    Adjust {
        /// How many more; fewer if negative.
        delta: i64,
    },
    /// Hold some for a checkout.
    Reserve {
        /// The checkout.
        checkout: CheckoutId,
        /// Its cart, which is told what became of it.
        cart: CartKey,
        /// How many.
        quantity: Quantity,
        /// When the checkout's lease ends: it is not begun after that.
        until: Timestamp,
    },
    /// The checkout is paid: what it holds is sold.
    Commit {
        /// The checkout.
        checkout: CheckoutId,
    },
    /// The checkout has ended otherwise: what it holds is free again.
    Release {
        /// The checkout.
        checkout: CheckoutId,
    },
}

impl StockCommand {
    /// The kind as metrics and logs name it, and as it stands in an envelope.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Put { .. } => "put",
            Self::Adjust { .. } => "adjust",
            Self::Reserve { .. } => "reserve",
            Self::Commit { .. } => "commit",
            Self::Release { .. } => "release",
        }
    }

    /// The digest of what is asked: of its canonical JSON.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // Serializing plain structs with string keys into memory has no way to fail.
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// Whether whoever sent it waits for the sku's own answer. A cart's follow-ups carry the
    /// address of somebody who waits for the cart's.
    #[must_use]
    pub const fn is_asked(&self) -> bool {
        match self {
            Self::Put { .. } | Self::Adjust { .. } => true,
            Self::Reserve { .. } | Self::Commit { .. } | Self::Release { .. } => false,
        }
    }
}

/// Why a stock command changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockRejection {
    /// There would be fewer than 0 on hand, or more than [`Units::MAX`].
    InvalidStock,
    /// The decision panicked: a defect, kept as an outcome so that every replay agrees.
    Internal,
}

impl StockRejection {
    /// The stable code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidStock => "invalid_stock",
            Self::Internal => "internal",
        }
    }
}

/// What a checkout holds of a sku.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The checkout.
    pub checkout: CheckoutId,
    /// Its cart.
    pub cart: CartKey,
    /// How many.
    pub quantity: Quantity,
    /// When its lease ends. Nothing is freed then: a sku that freed by its own clock what its cart
    /// still sells would sell it twice.
    pub until: Timestamp,
}

/// The stock of a sku. The default is one nobody has said anything of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stock {
    /// What lies on the shelf, reserved or not. It may be put below what is reserved: nothing is
    /// available then, and commits sell what they hold all the same.
    pub on_hand: Units,
    /// What the catalog said last.
    pub last_put: Option<Units>,
    /// What checkouts hold, by checkout, each once; at most [`RESERVATIONS_MAX`].
    pub reservations: Vec<Reservation>,
}

impl Stock {
    /// How many are held by checkouts.
    #[must_use]
    pub fn reserved(&self) -> u32 {
        let held = self.reservations.iter().map(|one| one.quantity.get());
        held.fold(0, u32::saturating_add)
    }

    /// How many more can be sold.
    #[must_use]
    pub fn available(&self) -> u32 {
        self.on_hand.get().saturating_sub(self.reserved())
    }

    /// Where the reservation of a checkout is, or belongs.
    ///
    /// # Errors
    /// It has none; its place would be there.
    pub fn place(&self, checkout: CheckoutId) -> Result<usize, usize> {
        self.reservations.binary_search_by_key(&checkout, |one| one.checkout)
    }
}

/// How many there are of a sku, for everybody: a record of the levels topic. Of two, the one of the
/// higher version holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Level {
    /// The sku.
    pub sku: SkuKey,
    /// How many more can be sold: on hand and not reserved, never below 0.
    pub available: u32,
    /// How many there are.
    pub on_hand: u32,
    /// How many checkouts hold.
    pub reserved: u32,
    /// Raised by every change.
    pub version: u64,
    /// The sku's clock at that change.
    pub ts: Timestamp,
}

impl Level {
    /// The JSON.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Serializing plain structs with string keys into memory has no way to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a level.
    ///
    /// # Errors
    /// The bytes are none.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

//! What may be asked of a cart. A command carries every fact its decision needs, so that two
//! processors given the same log compute the same bytes.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::id::ItemId;
use crate::import::ImportedCart;
use crate::money::{Currency, Price};
use crate::quantity::Quantity;
use crate::timestamp::Timestamp;

/// What a person asks for, before the catalog is consulted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Put so many more of a product into the cart.
    AddItem {
        /// Product and variant.
        item: ItemId,
        /// How many more.
        quantity: Quantity,
    },
    /// Hold exactly so many on a line.
    SetQuantity {
        /// The line.
        item: ItemId,
        /// How many.
        quantity: Quantity,
    },
    /// Take a line out.
    RemoveItem {
        /// The line.
        item: ItemId,
    },
    /// Take every line out.
    Clear,
    /// Keep the cart so many seconds longer.
    Extend {
        /// Seconds on top of the present end.
        seconds: u32,
    },
    /// Begin with the cart another shop had; only a cart nobody has changed yet takes it.
    Import(ImportedCart),
}

impl Intent {
    /// The digest of this intent under this `If-Match`: SHA-256 of their canonical JSON. Catalog
    /// data and policy are left out, so that a retry tomorrow is still the same command.
    #[must_use]
    pub fn digest(&self, expected_version: Option<u64>) -> Digest {
        let canonical = serde_json::to_vec(&(self, expected_version));
        Digest::of(&canonical.unwrap_or_default())
    }

    /// The product this intent needs a catalog offer of.
    #[must_use]
    pub const fn needs_offer(&self) -> Option<&ItemId> {
        match self {
            Self::AddItem { item, .. } | Self::SetQuantity { item, .. } => Some(item),
            Self::RemoveItem { .. } | Self::Clear | Self::Extend { .. } | Self::Import(_) => None,
        }
    }

    /// The command, with what the catalog says of the product; `offer` is used where
    /// [`Intent::needs_offer`] names one.
    #[must_use]
    pub fn with_offer(self, offer: Offer) -> Command {
        match self {
            Self::AddItem { item, quantity } => Command::AddItem { item, quantity, offer },
            Self::SetQuantity { item, quantity } => Command::SetQuantity { item, quantity, offer },
            Self::RemoveItem { item } => Command::RemoveItem { item },
            Self::Clear => Command::Clear,
            Self::Extend { seconds } => Command::Extend { seconds },
            Self::Import(cart) => Command::Import(cart),
        }
    }
}

/// What the catalog said of a product and variant when the command was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offer {
    /// There is no such product.
    NoProduct,
    /// The product has no such variant.
    NoVariant,
    /// It is in the catalog.
    Listed {
        /// Its name.
        name: String,
        /// Its price.
        price: Price,
        /// The price's currency.
        currency: Currency,
        /// Whether it is for sale.
        available: bool,
        /// Pieces in stock.
        stock: u32,
    },
}

/// One command to one cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// See [`Intent::AddItem`].
    AddItem {
        /// Product and variant.
        item: ItemId,
        /// How many more.
        quantity: Quantity,
        /// What the catalog said.
        offer: Offer,
    },
    /// See [`Intent::SetQuantity`].
    SetQuantity {
        /// The line.
        item: ItemId,
        /// How many.
        quantity: Quantity,
        /// What the catalog said.
        offer: Offer,
    },
    /// See [`Intent::RemoveItem`].
    RemoveItem {
        /// The line.
        item: ItemId,
    },
    /// See [`Intent::Clear`].
    Clear,
    /// See [`Intent::Extend`].
    Extend {
        /// Seconds on top of the present end.
        seconds: u32,
    },
    /// See [`Intent::Import`].
    Import(ImportedCart),
    /// A timer of this cart came due; the only timer command. What is due is the cart's to know.
    Wake {
        /// The time the timer was armed for.
        due: Timestamp,
    },
}

impl Command {
    /// The kind as metrics and logs name it, and as it stands in an envelope.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::AddItem { .. } => "add_item",
            Self::SetQuantity { .. } => "set_quantity",
            Self::RemoveItem { .. } => "remove_item",
            Self::Clear => "clear",
            Self::Extend { .. } => "extend",
            Self::Import(_) => "import",
            Self::Wake { .. } => "wake",
        }
    }
}

//! What may be asked of a cart. A command carries every fact its decision needs, so that two
//! processors given the same log compute the same bytes.

mod absorb;
mod offer;

use serde::{Deserialize, Serialize};

pub use self::absorb::{Absorb, Asked, Moved};
pub use self::offer::Offer;
use crate::cart::{Line, News};
use crate::checkout::Quote;
use crate::digest::Digest;
use crate::id::{CartKey, CheckoutId, ItemId, MergeId, OrderId};
use crate::import::ImportedCart;
use crate::merge::MergePolicy;
use crate::money::{Currency, Priced};
use crate::policy::Rules;
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
        /// The currency they are to be bought in; the cart's, or else the product's own, if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        currency: Option<Currency>,
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
    /// Have every line at its price in this currency, or none.
    ChangeCurrency {
        /// The currency.
        currency: Currency,
    },
    /// Begin with the cart another shop had; only a cart nobody has changed yet takes it.
    Import(ImportedCart),
    /// Bring back the lines an expiry took out.
    Restore,
    /// Move every line into another cart. A person asks it of the cart they go to, whose
    /// `Idempotency-Key` and `If-Match` it has; its command goes to the cart they leave.
    Merge {
        /// The cart they leave.
        from: CartKey,
        /// The cart they go to.
        into: CartKey,
        /// How many a line holds that both have.
        policy: MergePolicy,
    },
    /// Give the lines of a merge back; asked of the cart they came to.
    UndoMerge {
        /// The merge.
        merge: MergeId,
    },
    /// Begin to pay for everything in the cart.
    Checkout {
        /// Whether lines are bought at what they cost now where they were added too long ago.
        accept_prices: bool,
    },
    /// It is paid.
    Complete {
        /// The checkout.
        checkout: CheckoutId,
        /// The order, as whoever took the payment names it.
        order: OrderId,
    },
    /// It is not wanted any more.
    CancelCheckout {
        /// The checkout.
        checkout: CheckoutId,
    },
}

impl Intent {
    /// The digest of this intent under this `If-Match`: SHA-256 of their canonical JSON. Catalog
    /// data and policy are left out, so that a retry tomorrow is still the same command.
    #[must_use]
    pub fn digest(&self, expected_version: Option<u64>) -> Digest {
        let canonical = serde_json::to_vec(&(self, expected_version));
        Digest::of(&canonical.unwrap_or_default())
    }

    /// The cart whose command this intent becomes, when a person asks it of `cart`.
    #[must_use]
    pub const fn home<'a>(&'a self, cart: &'a CartKey) -> &'a CartKey {
        match self {
            Self::Merge { from, .. } => from,
            Self::AddItem { .. }
            | Self::SetQuantity { .. }
            | Self::RemoveItem { .. }
            | Self::Clear
            | Self::Extend { .. }
            | Self::ChangeCurrency { .. }
            | Self::Import(_)
            | Self::Restore
            | Self::UndoMerge { .. }
            | Self::Checkout { .. }
            | Self::Complete { .. }
            | Self::CancelCheckout { .. } => cart,
        }
    }

    /// The product this intent needs a catalog offer of.
    #[must_use]
    pub const fn needs_offer(&self) -> Option<&ItemId> {
        match self {
            Self::AddItem { item, .. } | Self::SetQuantity { item, .. } => Some(item),
            Self::RemoveItem { .. }
            | Self::Clear
            | Self::Extend { .. }
            | Self::ChangeCurrency { .. }
            | Self::Import(_)
            | Self::Restore
            | Self::Merge { .. }
            | Self::UndoMerge { .. }
            | Self::Checkout { .. }
            | Self::Complete { .. }
            | Self::CancelCheckout { .. } => None,
        }
    }

    /// The command, with what the catalog says of the product; `offer` is used where
    /// [`Intent::needs_offer`] names one. What it says of a cart's lines is added later.
    #[must_use]
    pub fn with_offer(self, offer: Offer) -> Command {
        match self {
            Self::AddItem { item, quantity, currency } => {
                Command::AddItem { item, quantity, currency, offer }
            }
            Self::SetQuantity { item, quantity } => Command::SetQuantity { item, quantity, offer },
            Self::RemoveItem { item } => Command::RemoveItem { item },
            Self::Clear => Command::Clear,
            Self::Extend { seconds } => Command::Extend { seconds },
            Self::ChangeCurrency { currency } => {
                Command::ChangeCurrency { currency, quotes: Vec::new() }
            }
            Self::Import(cart) => Command::Import(cart),
            Self::Restore => Command::Restore,
            Self::Merge { into, policy, .. } => Command::Merge { into, policy },
            Self::UndoMerge { merge } => Command::UndoMerge { merge },
            Self::Checkout { accept_prices } => {
                Command::Checkout { accept_prices, differing: Vec::new() }
            }
            Self::Complete { checkout, order } => Command::Complete { checkout, order },
            Self::CancelCheckout { checkout } => Command::CancelCheckout { checkout },
        }
    }
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
        /// The currency they are to be bought in, if that was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        currency: Option<Currency>,
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
    /// See [`Intent::ChangeCurrency`].
    ChangeCurrency {
        /// The currency.
        currency: Currency,
        /// What the catalog said of every line the cart had then.
        quotes: Vec<Quote>,
    },
    /// See [`Intent::Import`].
    Import(ImportedCart),
    /// See [`Intent::Restore`].
    Restore,
    /// See [`Intent::Merge`]. Its `If-Match` is about the cart the lines go to.
    Merge {
        /// That cart.
        into: CartKey,
        /// How many a line holds that both have.
        policy: MergePolicy,
    },
    /// Lines of another cart arrive: what its [`Command::Merge`] asks of this one.
    Absorb(Absorb),
    /// What became of this cart's lines in another one: what its [`Command::Absorb`] asks of this.
    Settle {
        /// The merge.
        merge: MergeId,
        /// Whether they come back.
        refused: bool,
    },
    /// See [`Intent::UndoMerge`].
    UndoMerge {
        /// The merge.
        merge: MergeId,
    },
    /// The lines of a merge come back: what another cart's [`Command::UndoMerge`] asks of this one.
    Return {
        /// The merge.
        merge: MergeId,
        /// Their currency.
        currency: Currency,
        /// The lines as they left.
        lines: Vec<Line>,
    },
    /// See [`Intent::Checkout`].
    Checkout {
        /// Whether lines are bought at what they cost now.
        accept_prices: bool,
        /// Lines the catalog says something else of than they do.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        differing: Vec<Quote>,
    },
    /// See [`Intent::Complete`].
    Complete {
        /// The checkout.
        checkout: CheckoutId,
        /// The order.
        order: OrderId,
    },
    /// See [`Intent::CancelCheckout`].
    CancelCheckout {
        /// The checkout.
        checkout: CheckoutId,
    },
    /// What became of a Reserve of this cart: what the sku answers.
    Reserved {
        /// The checkout.
        checkout: CheckoutId,
        /// The sku.
        item: ItemId,
        /// Whether it holds what was asked for.
        granted: bool,
        /// How many are left for others.
        available: u32,
    },
    /// A product in the cart costs something else, is sold out, or is there again.
    Refresh {
        /// The product in its variant.
        item: ItemId,
        /// The currency of its price.
        currency: Currency,
        /// Whether it can be bought.
        available: bool,
        /// The rest.
        news: News,
        /// What it costs in other currencies.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<Priced>,
    },
    /// A timer of this cart came due; the only timer command. What is due is the cart's to know.
    Wake {
        /// The time the timer was armed for.
        due: Timestamp,
    },
}

impl Command {
    /// The first rules it can be decided by.
    #[must_use]
    pub fn since(&self) -> Rules {
        match self {
            Self::AddItem { currency: Some(_), .. } | Self::ChangeCurrency { .. } => {
                Rules::PRICE_LISTS
            }
            Self::AddItem { offer: Offer::Listed { others, .. }, .. }
            | Self::Refresh { others, .. }
                if !others.is_empty() =>
            {
                Rules::PRICE_LISTS
            }
            Self::AddItem { .. }
            | Self::SetQuantity { .. }
            | Self::RemoveItem { .. }
            | Self::Clear
            | Self::Extend { .. }
            | Self::Import(_)
            | Self::Wake { .. } => Rules::JSON_RECORDS,
            Self::Restore
            | Self::Merge { .. }
            | Self::Absorb(_)
            | Self::Settle { .. }
            | Self::UndoMerge { .. }
            | Self::Return { .. }
            | Self::Checkout { .. }
            | Self::Complete { .. }
            | Self::CancelCheckout { .. }
            | Self::Reserved { .. }
            | Self::Refresh { .. } => Rules::WHOLE_LIFE,
        }
    }

    /// The kind as metrics and logs name it, and as it stands in an envelope.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::AddItem { .. } => "add_item",
            Self::SetQuantity { .. } => "set_quantity",
            Self::RemoveItem { .. } => "remove_item",
            Self::Clear => "clear",
            Self::Extend { .. } => "extend",
            Self::ChangeCurrency { .. } => "change_currency",
            Self::Import(_) => "import",
            Self::Restore => "restore",
            Self::Merge { .. } => "merge",
            Self::Absorb(_) => "absorb",
            Self::Settle { .. } => "settle",
            Self::UndoMerge { .. } => "undo_merge",
            Self::Return { .. } => "return",
            Self::Checkout { .. } => "checkout",
            Self::Complete { .. } => "complete",
            Self::CancelCheckout { .. } => "cancel_checkout",
            Self::Reserved { .. } => "reserved",
            Self::Refresh { .. } => "refresh",
            Self::Wake { .. } => "wake",
        }
    }
}

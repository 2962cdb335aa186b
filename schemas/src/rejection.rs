//! The answers "no" a decision can give, in the order in which they are checked.

use serde::{Deserialize, Serialize};

use crate::checkout::PriceChange;
use crate::id::ItemId;
use crate::timestamp::Timestamp;

/// Why a command changed nothing. Data for the caller, not an error of the service.
///
/// The variants are declared in order of precedence: a command with two faults is answered with
/// the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// The catalog has no such product.
    ProductNotFound,
    /// The product has no such variant.
    UnknownVariant,
    /// Another merge into this cart was asked for under the same id.
    IdempotencyConflict,
    /// Somebody is paying for the cart.
    CartLocked {
        /// When that ends at the latest.
        until: Timestamp,
    },
    /// `If-Match` named another version than the cart had.
    VersionMismatch {
        /// The version the cart had.
        current: u64,
    },
    /// Somebody has changed the cart before; only one nobody has changed takes an import.
    CartExists,
    /// The cart has no such line.
    ItemNotFound,
    /// The cart knows no such checkout.
    CheckoutNotFound,
    /// There is nothing in the cart that could be bought.
    EmptyCart,
    /// Not all of the checkout is reserved yet.
    CheckoutPending,
    /// The checkout has ended without a sale.
    CheckoutExpired,
    /// The checkout has ended with another order.
    CheckoutCompleted,
    /// The end asked for lies too far ahead, or the cart has expired.
    InvalidExpiry,
    /// No expiry took lines out, or too long ago.
    NothingToRestore,
    /// A cart cannot be merged into itself, or the merge is too old to be applied.
    InvalidMerge,
    /// The cart knows no such merge.
    MergeNotFound,
    /// The merge cannot be undone: its lines have changed since, or it is too long ago.
    MergeChanged,
    /// The product is not for sale.
    ProductUnavailable,
    /// The product is sold in another currency than the cart's.
    CurrencyMismatch,
    /// Not every line is sold in the currency asked for.
    NoPrice {
        /// Those that are not.
        items: Vec<ItemId>,
    },
    /// More lines, or more pieces on a line, than the shop allows.
    CartLimit,
    /// Lines cost something else than they were added at, too long ago.
    PriceChanged {
        /// Which.
        lines: Vec<PriceChange>,
    },
    /// Fewer pieces in stock than the line would hold.
    InsufficientStock {
        /// How many there are.
        available: u32,
    },
    /// The decision panicked: a defect, kept as an outcome so that every replay agrees.
    Internal,
}

/// The stable code of a [`Rejection`], which is what problems, metrics and fingerprints carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is its rejection's code")]
pub enum RejectionCode {
    ProductNotFound,
    UnknownVariant,
    IdempotencyConflict,
    CartLocked,
    VersionMismatch,
    CartExists,
    ItemNotFound,
    CheckoutNotFound,
    EmptyCart,
    CheckoutPending,
    CheckoutExpired,
    CheckoutCompleted,
    InvalidExpiry,
    NothingToRestore,
    InvalidMerge,
    MergeNotFound,
    MergeChanged,
    ProductUnavailable,
    CurrencyMismatch,
    NoPrice,
    CartLimit,
    PriceChanged,
    InsufficientStock,
    Internal,
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> RejectionCode {
        match self {
            Self::ProductNotFound => RejectionCode::ProductNotFound,
            Self::UnknownVariant => RejectionCode::UnknownVariant,
            Self::IdempotencyConflict => RejectionCode::IdempotencyConflict,
            Self::CartLocked { .. } => RejectionCode::CartLocked,
            Self::VersionMismatch { .. } => RejectionCode::VersionMismatch,
            Self::CartExists => RejectionCode::CartExists,
            Self::ItemNotFound => RejectionCode::ItemNotFound,
            Self::CheckoutNotFound => RejectionCode::CheckoutNotFound,
            Self::EmptyCart => RejectionCode::EmptyCart,
            Self::CheckoutPending => RejectionCode::CheckoutPending,
            Self::CheckoutExpired => RejectionCode::CheckoutExpired,
            Self::CheckoutCompleted => RejectionCode::CheckoutCompleted,
            Self::InvalidExpiry => RejectionCode::InvalidExpiry,
            Self::NothingToRestore => RejectionCode::NothingToRestore,
            Self::InvalidMerge => RejectionCode::InvalidMerge,
            Self::MergeNotFound => RejectionCode::MergeNotFound,
            Self::MergeChanged => RejectionCode::MergeChanged,
            Self::ProductUnavailable => RejectionCode::ProductUnavailable,
            Self::CurrencyMismatch => RejectionCode::CurrencyMismatch,
            Self::NoPrice { .. } => RejectionCode::NoPrice,
            Self::CartLimit => RejectionCode::CartLimit,
            Self::PriceChanged { .. } => RejectionCode::PriceChanged,
            Self::InsufficientStock { .. } => RejectionCode::InsufficientStock,
            Self::Internal => RejectionCode::Internal,
        }
    }
}

impl RejectionCode {
    /// The code as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProductNotFound => "product_not_found",
            Self::UnknownVariant => "unknown_variant",
            Self::IdempotencyConflict => "idempotency_conflict",
            Self::CartLocked => "cart_locked",
            Self::VersionMismatch => "version_mismatch",
            Self::CartExists => "cart_exists",
            Self::ItemNotFound => "item_not_found",
            Self::CheckoutNotFound => "checkout_not_found",
            Self::EmptyCart => "empty_cart",
            Self::CheckoutPending => "checkout_pending",
            Self::CheckoutExpired => "checkout_expired",
            Self::CheckoutCompleted => "checkout_completed",
            Self::InvalidExpiry => "invalid_expiry",
            Self::NothingToRestore => "nothing_to_restore",
            Self::InvalidMerge => "invalid_merge",
            Self::MergeNotFound => "merge_not_found",
            Self::MergeChanged => "merge_changed",
            Self::ProductUnavailable => "product_unavailable",
            Self::CurrencyMismatch => "currency_mismatch",
            Self::NoPrice => "no_price",
            Self::CartLimit => "cart_limit",
            Self::PriceChanged => "price_changed",
            Self::InsufficientStock => "insufficient_stock",
            Self::Internal => "internal",
        }
    }
}

//! The types of events, by the names every consumer knows them by. Knows none of their fields.

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use super::Fact;

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
    CartRestored,
    ExpiryWarned,
    CartAbandoned,
    CartRecovered,
    CartMergedOut,
    CartMergedIn,
    MergeReturned,
    MergeUndone,
    CheckoutStarted,
    CheckoutReady,
    CheckoutCancelled,
    CartConverted,
    CurrencyChanged,
    ItemOutOfStock,
    ItemAvailable,
    PriceChanged,
}

impl EventKind {
    /// Every type.
    pub const ALL: [Self; 22] = [
        Self::ItemAdded,
        Self::ItemUpdated,
        Self::ItemRemoved,
        Self::CartCleared,
        Self::ExpiryExtended,
        Self::CartExpired,
        Self::CartRestored,
        Self::ExpiryWarned,
        Self::CartAbandoned,
        Self::CartRecovered,
        Self::CartMergedOut,
        Self::CartMergedIn,
        Self::MergeReturned,
        Self::MergeUndone,
        Self::CheckoutStarted,
        Self::CheckoutReady,
        Self::CheckoutCancelled,
        Self::CartConverted,
        Self::CurrencyChanged,
        Self::ItemOutOfStock,
        Self::ItemAvailable,
        Self::PriceChanged,
    ];

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
            Self::CartRestored => "cart_restored",
            Self::ExpiryWarned => "expiry_warned",
            Self::CartAbandoned => "cart_abandoned",
            Self::CartRecovered => "cart_recovered",
            Self::CartMergedOut => "cart_merged_out",
            Self::CartMergedIn => "cart_merged_in",
            Self::MergeReturned => "merge_returned",
            Self::MergeUndone => "merge_undone",
            Self::CheckoutStarted => "checkout_started",
            Self::CheckoutReady => "checkout_ready",
            Self::CheckoutCancelled => "checkout_cancelled",
            Self::CartConverted => "cart_converted",
            Self::CurrencyChanged => "currency_changed",
            Self::ItemOutOfStock => "item_out_of_stock",
            Self::ItemAvailable => "item_available",
            Self::PriceChanged => "price_changed",
        }
    }
}

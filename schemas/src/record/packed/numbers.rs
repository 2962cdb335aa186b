//! The numbers that stand for states and refusals in a packed record, each its variant's place
//! here, from 0. Variants are only ever added at the end, whatever their order elsewhere.

use serde::{Deserialize, Serialize};

use crate::cart::{CartState, LineState};
use crate::checkout::PriceChange;
use crate::id::ItemId;
use crate::record::Outcome;
use crate::rejection::{Rejection, RejectionCode};
use crate::timestamp::Timestamp;

#[derive(Serialize, Deserialize)]
#[serde(remote = "CartState")]
pub(super) enum CartStateNumber {
    Active,
    Expired,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "LineState")]
pub(super) enum LineStateNumber {
    Added,
    Updated,
    OutOfStock,
    Available,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Outcome")]
pub(super) enum OutcomeNumber {
    Applied,
    Rejected(#[serde(with = "RejectionNumber")] Rejection),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Rejection")]
enum RejectionNumber {
    ProductNotFound,
    UnknownVariant,
    VersionMismatch { current: u64 },
    CartExists,
    ItemNotFound,
    InvalidExpiry,
    ProductUnavailable,
    CurrencyMismatch,
    CartLimit,
    InsufficientStock { available: u32 },
    Internal,
    NothingToRestore,
    InvalidMerge,
    MergeNotFound,
    MergeChanged,
    IdempotencyConflict,
    CartLocked { until: Timestamp },
    CheckoutNotFound,
    EmptyCart,
    CheckoutPending,
    CheckoutExpired,
    CheckoutCompleted,
    PriceChanged { lines: Vec<PriceChange> },
    NoPrice { items: Vec<ItemId> },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "RejectionCode")]
enum RejectionCodeNumber {
    ProductNotFound,
    UnknownVariant,
    VersionMismatch,
    CartExists,
    ItemNotFound,
    InvalidExpiry,
    ProductUnavailable,
    CurrencyMismatch,
    CartLimit,
    InsufficientStock,
    Internal,
    NothingToRestore,
    InvalidMerge,
    MergeNotFound,
    MergeChanged,
    IdempotencyConflict,
    CartLocked,
    CheckoutNotFound,
    EmptyCart,
    CheckoutPending,
    CheckoutExpired,
    CheckoutCompleted,
    PriceChanged,
    NoPrice,
}

/// A code where it may be absent.
#[derive(Serialize, Deserialize)]
pub(super) struct Code(#[serde(with = "RejectionCodeNumber")] pub(super) RejectionCode);

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Told(#[serde(with = "RejectionNumber")] Rejection);

    #[test]
    fn each_refusal_has_the_number_it_always_had() {
        let refusals = [
            Rejection::ProductNotFound,
            Rejection::UnknownVariant,
            Rejection::VersionMismatch { current: 0 },
            Rejection::CartExists,
            Rejection::ItemNotFound,
            Rejection::InvalidExpiry,
            Rejection::ProductUnavailable,
            Rejection::CurrencyMismatch,
            Rejection::CartLimit,
            Rejection::InsufficientStock { available: 0 },
            Rejection::Internal,
            Rejection::NothingToRestore,
            Rejection::InvalidMerge,
            Rejection::MergeNotFound,
            Rejection::MergeChanged,
            Rejection::IdempotencyConflict,
            Rejection::CartLocked { until: Timestamp::default() },
            Rejection::CheckoutNotFound,
            Rejection::EmptyCart,
            Rejection::CheckoutPending,
            Rejection::CheckoutExpired,
            Rejection::CheckoutCompleted,
            Rejection::PriceChanged { lines: Vec::new() },
            Rejection::NoPrice { items: Vec::new() },
        ];
        for (number, refusal) in (0u8..).zip(refusals) {
            let code = postcard::to_allocvec(&Code(refusal.code())).unwrap();
            let whole = postcard::to_allocvec(&Told(refusal)).unwrap();

            assert_eq!((code.first(), whole.first()), (Some(&number), Some(&number)));
        }
    }
}

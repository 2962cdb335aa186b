//! A decision's "no" as a problem. Knows no headers beyond those the problem itself has.

use cart_schemas::checkout::{PriceChange, Shortage};
use cart_schemas::money::Currency;
use cart_schemas::rejection::{Rejection, RejectionCode};

use super::{Code, FaultyLine, Problem};

/// Why the shop says no, for a reader; the code is for programs.
const fn detail(code: RejectionCode) -> &'static str {
    match code {
        RejectionCode::ProductNotFound => "the catalog has no product of this productID",
        RejectionCode::UnknownVariant => "the product has no variant of this id",
        RejectionCode::IdempotencyConflict => {
            "the Idempotency-Key was used for another merge into this cart"
        }
        RejectionCode::CartLocked => "a checkout of the cart is under way",
        RejectionCode::VersionMismatch => "If-Match names another version than the cart has",
        RejectionCode::CartExists => "only a cart that nobody has changed takes an import",
        RejectionCode::ItemNotFound => "the cart has no item of this itemID",
        RejectionCode::CheckoutNotFound => "the cart knows no such checkout",
        RejectionCode::EmptyCart => "there is nothing in the cart that could be bought",
        RejectionCode::CheckoutPending => "not everything of the checkout is reserved yet",
        RejectionCode::CheckoutExpired => "the checkout has ended without a sale",
        RejectionCode::CheckoutCompleted => "the checkout has been completed before",
        RejectionCode::InvalidExpiry => {
            "the new end would lie too far ahead, or the cart has expired"
        }
        RejectionCode::NothingToRestore => "no expiry took items out, or too long ago",
        RejectionCode::InvalidMerge => {
            "a cart is not merged into itself, nor lines that left theirs too long ago"
        }
        RejectionCode::MergeNotFound => "the cart knows no such merge",
        RejectionCode::MergeChanged => {
            "an item of the merge has changed since, or the merge is too long ago"
        }
        RejectionCode::ProductUnavailable => "the catalog lists the product as unavailable",
        RejectionCode::CurrencyMismatch => "a cart has one currency, and this would be another",
        RejectionCode::NoPrice => "not every item of the cart has a price in this currency",
        RejectionCode::CartLimit => "the cart would have too many items, or too many of one",
        RejectionCode::PriceChanged => {
            "items were added too long ago at other prices than they have now"
        }
        RejectionCode::InsufficientStock => "the item would hold more than there is in stock",
        RejectionCode::Internal => "the command could not be decided; it changed nothing",
    }
}

impl From<RejectionCode> for Problem {
    fn from(code: RejectionCode) -> Self {
        Self::new(code.into(), detail(code))
    }
}

impl From<&Rejection> for Problem {
    fn from(rejection: &Rejection) -> Self {
        let problem = Self::from(rejection.code());
        match rejection {
            Rejection::VersionMismatch { current } => problem.with_current_version(*current),
            Rejection::InsufficientStock { available } => problem.with_available(*available),
            Rejection::CartLocked { until } => problem.with_locked_until(*until),
            Rejection::NoPrice { items } => {
                problem.with_lines(items.iter().map(FaultyLine::unpriced).collect())
            }
            // Which prices those are is told by whoever knows the cart's currency.
            Rejection::PriceChanged { .. }
            | Rejection::CheckoutNotFound
            | Rejection::EmptyCart
            | Rejection::CheckoutPending
            | Rejection::CheckoutExpired
            | Rejection::CheckoutCompleted
            | Rejection::ProductNotFound
            | Rejection::UnknownVariant
            | Rejection::CartExists
            | Rejection::ItemNotFound
            | Rejection::InvalidExpiry
            | Rejection::NothingToRestore
            | Rejection::IdempotencyConflict
            | Rejection::InvalidMerge
            | Rejection::MergeNotFound
            | Rejection::MergeChanged
            | Rejection::ProductUnavailable
            | Rejection::CurrencyMismatch
            | Rejection::CartLimit
            | Rejection::Internal => problem,
        }
    }
}

impl Problem {
    /// What a checkout could not reserve.
    pub(crate) fn short(lines: &[Shortage]) -> Self {
        let detail = "not everything in the cart could be reserved";
        let lines = lines.iter().map(FaultyLine::short).collect();
        Self::new(Code::InsufficientStock, detail).with_lines(lines)
    }

    /// The same, and the items whose prices have changed, in the cart's currency.
    pub(crate) fn with_prices(self, lines: &[PriceChange], currency: Option<Currency>) -> Self {
        self.with_lines(lines.iter().map(|line| FaultyLine::costs_else(line, currency)).collect())
    }

    /// The service cannot tell or do it now; asking again is safe.
    pub(crate) fn unavailable(detail: &'static str) -> Self {
        Self::new(Code::Unavailable, detail)
    }

    /// The service is broken. What is wrong goes to the log, not to the caller.
    pub(crate) fn internal() -> Self {
        Self::new(Code::Internal, "the failure was logged under the request's x-request-id")
    }
}

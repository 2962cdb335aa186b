//! What comes of a row, and what the shop has against one that is good in itself.

use cart_schemas::rejection::RejectionCode;

use super::row::Reason;

/// What came of a row, or would.
#[derive(Debug)]
pub enum Outcome {
    /// It was brought in.
    Imported,
    /// What it says was there before.
    AlreadyThere,
    /// There was nothing in it to bring in.
    Nothing,
    /// It is wrong in itself.
    Bad(Reason),
    /// It is good, and the shop does not take it.
    Refused(Refusal),
}

/// Why the shop does not take a good row.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The user's cart is another one.
    #[error("the cart of {0} is there with other content, and was left as it is")]
    CartExists(String),
    /// An earlier row of the file says something else of the same user or product.
    #[error("an earlier row says something else of {0}")]
    Repeated(String),
    /// The decision about its cart was no.
    #[error("the shop's rules reject it")]
    Rejected(RejectionCode),
    /// Somebody has used the id of this very import for another command.
    #[error("its Idempotency-Key belongs to another command")]
    Conflict,
    /// The log takes no such record.
    #[error("the log does not take it: {0}")]
    Log(String),
}

impl Refusal {
    /// The problem code; the API's, where it has one.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CartExists(_) => RejectionCode::CartExists.as_str(),
            Self::Repeated(_) => "repeated",
            Self::Rejected(code) => code.as_str(),
            Self::Conflict => "idempotency_conflict",
            Self::Log(_) => "unavailable",
        }
    }
}

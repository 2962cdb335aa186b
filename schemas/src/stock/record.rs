//! The row of a sku: everything its writer needs to go on, in one cell, written at one timestamp.
//!
//! Knows how decisions are remembered; not how they are made.

use serde::{Deserialize, Serialize};

use crate::id::SkuKey;
use crate::memory::Memory;
use crate::stock::{Level, Stock, StockFollowUp, StockRejection};
use crate::timestamp::Timestamp;

/// The first byte of a cell: postcard over [`StockRecord`], whose fields are never moved.
const FORMAT: u8 = 1;
/// What an ordinary sku's cell stays below: one allocation is enough for nearly all of them.
const USUAL_BYTES: usize = 8 * 1024;

/// What became of a stock command. A Reserve that is refused was carried out, too: its cart is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockOutcome {
    /// It was carried out, with or without a change.
    Applied,
    /// It changed nothing, for this reason.
    Rejected(StockRejection),
}

/// What a decision about a sku emits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Emits {
    /// The level after it, if it changed something.
    pub level: Option<Level>,
    /// What it asks of a cart.
    pub follow_up: Option<StockFollowUp>,
}

/// The stored record of one sku. The default is the sku nobody has seen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StockRecord {
    /// Raised by every change.
    pub version: u64,
    /// The sku's clock and the cell's timestamp: raised by every decision.
    pub ts: Timestamp,
    /// The stock.
    pub stock: Stock,
    /// Its decisions.
    pub memory: Memory<StockOutcome, Emits>,
}

/// The stored bytes are no record of this build.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The first byte names no format this build knows.
    #[error("unknown stock record format {0:?}")]
    UnknownFormat(Option<u8>),
    /// The rest is no packed record.
    #[error("malformed stock record")]
    Malformed(#[source] postcard::Error),
    /// Bytes follow behind it.
    #[error("bytes behind the stock record")]
    Trailing,
}

impl StockRecord {
    /// How many there are of this sku.
    #[must_use]
    pub fn level(&self, sku: &SkuKey) -> Level {
        Level {
            sku: sku.clone(),
            available: self.stock.available(),
            on_hand: self.stock.on_hand.get(),
            reserved: self.stock.reserved(),
            version: self.version,
            ts: self.ts,
        }
    }

    /// The cell. The bytes depend on nothing but the record.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Shapes whose lengths are known have no way to fail in memory.
        postcard::to_extend(&(FORMAT, self), Vec::with_capacity(USUAL_BYTES)).unwrap_or_default()
    }

    /// Reads a cell.
    ///
    /// # Errors
    /// See [`DecodeError`].
    pub fn decode(cell: &[u8]) -> Result<Self, DecodeError> {
        let packed = match cell.split_first() {
            Some((&FORMAT, packed)) => packed,
            other => return Err(DecodeError::UnknownFormat(other.map(|(first, _)| *first))),
        };
        let (record, rest) = postcard::take_from_bytes(packed).map_err(DecodeError::Malformed)?;
        if rest.is_empty() { Ok(record) } else { Err(DecodeError::Trailing) }
    }
}

//! What the writer of a sku answers to the instance that asked: the outcome and the level after it.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::id::CommandId;
use crate::stock::{Level, StockOutcome, StockRejection};

/// The answer to one record. A record seen twice is answered twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockAnswer {
    /// Carried out.
    Applied,
    /// Changed nothing.
    Rejected(StockRejection),
    /// This id was decided before, and asked the same: the first outcome again.
    Remembered(StockOutcome),
    /// This id was decided before, and asked something else.
    Conflict,
}

/// A record of the replies topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockReply {
    /// The command it answers.
    pub command: CommandId,
    /// What that record asked; a waiter takes only its own.
    pub digest: Digest,
    /// The answer.
    pub stock: StockAnswer,
    /// The level as the sku's writer holds it.
    pub level: Level,
}

impl StockReply {
    /// The JSON on the topic.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Serializing plain structs with string keys into memory has no way to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a reply.
    ///
    /// # Errors
    /// The bytes are no reply about stock.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

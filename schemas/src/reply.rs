//! What a processor answers to the instance that asked: the outcome and the cart after it.

use serde::{Deserialize, Serialize};

use crate::cart::Cart;
use crate::checkout::Shortage;
use crate::digest::Digest;
use crate::id::{CartId, CommandId};
use crate::merge::MergeReport;
use crate::rejection::{Rejection, RejectionCode};

/// The answer to one record. A record seen twice is answered twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Carried out; the cart then had this version.
    Applied {
        /// The version after it.
        version: u64,
    },
    /// A merge was carried out; the cart is the one the lines came to.
    Merged {
        /// What became of it.
        report: MergeReport,
        /// Whether an earlier request had asked for it.
        replayed: bool,
    },
    /// Changed nothing.
    Rejected(Rejection),
    /// Began a checkout that ended at once, for these could not be reserved.
    Short {
        /// Which.
        lines: Vec<Shortage>,
    },
    /// This id was decided before, and asked the same: the first outcome again.
    Remembered {
        /// The version after the first decision.
        version: u64,
        /// Why it changed nothing; `None` if it was applied.
        rejected: Option<RejectionCode>,
    },
    /// This id was decided before, and asked something else.
    Conflict,
}

/// The cart after a decision, as its owner holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// This life's id.
    pub cart_id: CartId,
    /// The version of the content.
    pub version: u64,
    /// The content.
    pub cart: Cart,
}

impl Snapshot {
    /// The JSON.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Serializing plain structs with string keys into memory has no way to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// The bytes are no snapshot.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

/// A record of the replies topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The command it answers.
    pub command: CommandId,
    /// What that record asked; a waiter takes only its own.
    pub digest: Digest,
    /// The answer.
    pub answer: Answer,
    /// The cart after it.
    pub after: Snapshot,
}

impl Reply {
    /// The JSON on the topic.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Serializing plain structs with string keys into memory has no way to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a reply.
    ///
    /// # Errors
    /// The bytes are no reply; probes are not.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

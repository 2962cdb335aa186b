//! What a cart is asked to take in from another one. Knows no rule of merging.

use serde::{Deserialize, Serialize};

use crate::cart::Line;
use crate::digest::Digest;
use crate::id::{CommandId, MergeId, UserId};
use crate::merge::MergePolicy;
use crate::money::Currency;
use crate::timestamp::Timestamp;

/// Somebody who waits for an answer: what he asked, and under which id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The command he sent.
    pub command: CommandId,
    /// What it asked.
    pub digest: Digest,
}

/// Lines of another cart, on their way into this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absorb {
    /// The merge.
    pub merge: MergeId,
    /// Whose lines they were.
    pub from: UserId,
    /// How many a line holds that both have.
    pub policy: MergePolicy,
    /// What arrives.
    pub moved: Moved,
    /// Who waits for this cart's answer.
    pub asked: Asked,
}

/// What a merge brings along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    /// Nothing: the other cart had no lines.
    Nothing,
    /// Nothing more: the merge was asked for before, and this cart knows what became of it.
    Again,
    /// Lines.
    Lines {
        /// Their currency.
        currency: Currency,
        /// As they left.
        lines: Vec<Line>,
        /// When they left, by the other cart's clock.
        left: Timestamp,
    },
}

impl Moved {
    /// The lines that arrive.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        match self {
            Self::Nothing | Self::Again => &[],
            Self::Lines { lines, .. } => lines,
        }
    }
}

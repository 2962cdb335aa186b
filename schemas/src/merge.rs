//! What a merge of two carts is told to do and what it reports. Knows no cart.

use serde::{Deserialize, Serialize};

use crate::id::{ItemId, MergeId};

/// How many a line holds that both carts have. Lines that only the source has are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MergePolicy {
    /// Both quantities.
    #[default]
    Sum,
    /// The larger one.
    Max,
    /// The target's.
    KeepUser,
    /// The source's, at the source's price.
    KeepGuest,
}

/// Why a line holds fewer after a merge than the policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    /// The shop allows no more of one item.
    QuantityCapped,
    /// The shop allows no more lines in a cart.
    LineLimit,
}

/// A line that holds fewer than the policy says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Why.
    pub code: WarningCode,
    /// The line.
    #[serde(rename = "itemID")]
    pub item: ItemId,
    /// How many it would hold.
    pub requested: u32,
    /// How many it holds; 0 if there is no such line.
    pub applied: u32,
}

/// What became of a merge, for whoever asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeReport {
    /// The merge.
    pub merge: MergeId,
    /// What was cut, line by line; `None` once that is forgotten.
    pub warnings: Option<Vec<Warning>>,
}

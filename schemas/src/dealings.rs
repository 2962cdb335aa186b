//! What a cart remembers of its dealings with other carts: lines on their way to one, and merges it
//! has answered, so that each is applied once however often it is asked. Outside the ledger, for it
//! must outlive any number of decisions. Knows no rule of merging.

use serde::{Deserialize, Serialize};

use crate::cart::Line;
use crate::command::Asked;
use crate::id::{CommandId, MergeId, UserId};
use crate::merge::Warning;
use crate::money::Currency;
use crate::rejection::Rejection;
use crate::timestamp::Timestamp;

/// Merges of one cart that may be under way at a time: people have one; a cart of more would be
/// mostly escrow.
pub const OUTGOING_MAX: usize = 8;
/// Merges of one cart within [`REMEMBERED_SECONDS`], each of which may still be undone; the next one
/// is refused. A guest's cart is merged once per login, so not even a shared device has so many.
pub const SETTLED_MAX: usize = 256;
/// Merges into a cart that are remembered one by one; of what left before the oldest of them no more
/// is taken. Many more than people have under way at a time.
pub const ARRIVED_MAX: usize = 64;
/// How long a merge is remembered: longer than any repeat of it can come, for the commands that
/// would repeat it are deleted by then.
pub const REMEMBERED_SECONDS: u32 = 7 * 24 * 60 * 60;
/// The merges that are remembered whole and can be undone: the last ones, so that their lines do not
/// fill the record.
pub const WHOLE_MAX: usize = 4;

/// Lines on their way into another cart. They are in no cart until that one answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The merge.
    pub merge: MergeId,
    /// Their currency.
    pub currency: Currency,
    /// The lines; never empty.
    pub lines: Vec<Line>,
}

/// A merge of this cart that the other one took and has not given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The merge.
    pub merge: MergeId,
    /// When this cart heard of it, by its own clock.
    pub at: Timestamp,
}

/// A line that a merge changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedLine {
    /// As it was before; `None` if there was none.
    pub before: Option<Line>,
    /// As the merge left it.
    pub after: Line,
}

/// Everything about a merge: what to tell of it, and what it takes to undo it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    /// What was cut.
    pub warnings: Vec<Warning>,
    /// What it changed here.
    pub changed: Vec<MergedLine>,
    /// What came, and would go back.
    pub came: Vec<Line>,
    /// Its currency.
    pub currency: Currency,
}

/// What became of a merge into this cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrival {
    /// Its lines came; beyond [`WHOLE_MAX`] later ones no more is known.
    Merged(Option<Whole>),
    /// Its lines went back later.
    Undone,
    /// Its lines went back at once.
    Refused(Rejection),
}

/// A merge into this cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrived {
    /// The merge.
    pub merge: MergeId,
    /// What somebody asked for it by.
    pub asked: Asked,
    /// The cart the lines come from.
    pub from: UserId,
    /// When they left it, by that cart's clock.
    pub left: Timestamp,
    /// When they arrived, by this cart's clock.
    pub at: Timestamp,
    /// The version after it.
    pub version: u64,
    /// What became of it.
    pub arrival: Arrival,
}

/// All dealings of a cart; most carts have none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Dealings {
    /// At most [`OUTGOING_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outgoing: Vec<Outgoing>,
    /// Oldest first; with the outgoing ones at most [`SETTLED_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<Settled>,
    /// In the order they came; at most [`ARRIVED_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arrived: Vec<Arrived>,
    /// Of lines that left up to then, what came of them may be forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forgotten: Option<Timestamp>,
}

impl Dealings {
    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        let Self { outgoing, settled, arrived, forgotten } = self;
        outgoing.is_empty() && settled.is_empty() && arrived.is_empty() && forgotten.is_none()
    }

    /// The lines of a merge that are still on their way.
    #[must_use]
    pub fn outgoing(&self, merge: MergeId) -> Option<&Outgoing> {
        self.outgoing.iter().find(|outgoing| outgoing.merge == merge)
    }

    /// Whether the lines of a merge are in the other cart, as far as this one has heard.
    #[must_use]
    pub fn is_settled(&self, merge: MergeId) -> bool {
        self.settled.iter().any(|settled| settled.merge == merge)
    }

    /// What became of a merge into this cart.
    #[must_use]
    pub fn arrived(&self, merge: MergeId) -> Option<&Arrived> {
        self.arrived.iter().find(|arrived| arrived.merge == merge)
    }

    /// What became of the latest merge that was asked for by this command.
    #[must_use]
    pub fn asked(&self, command: CommandId) -> Option<&Arrived> {
        self.arrived.iter().rev().find(|arrived| arrived.asked.command == command)
    }
}

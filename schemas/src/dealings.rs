//! What a cart remembers of its dealings with other carts and with skus: lines on their way, merges it
//! has answered, checkouts. So each is applied once however often it is asked. Outside the ledger, for
//! it must outlive any number of decisions. Knows no rule of merging and of checkouts.

use serde::{Deserialize, Serialize};

use crate::cart::Line;
use crate::checkout::Shortage;
use crate::command::Asked;
use crate::id::{CheckoutId, CommandId, ItemId, MergeId, OrderId, UserId};
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

/// Checkouts that have ended and are remembered, newest last.
pub const ENDED_MAX: usize = 8;
/// Those that are remembered with their lines.
pub const SALES_MAX: usize = 2;

/// A checkout under way, and which of its skus have answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserving {
    /// The checkout.
    pub checkout: CheckoutId,
    /// Who waits for it.
    pub asked: Asked,
    /// Whose answer is awaited, in the order of the lines; nobody's once it can be paid.
    pub awaited: Vec<ItemId>,
    /// What could not be reserved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub short: Vec<Shortage>,
}

/// How a checkout ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Paid.
    Converted(OrderId),
    /// Somebody did not want it any more.
    Cancelled,
    /// These could not be reserved.
    Refused(Vec<Shortage>),
    /// Nobody paid in time.
    Lapsed,
}

/// What was, or would have been, sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// The currency of the lines.
    pub currency: Currency,
    /// The lines.
    pub lines: Vec<Line>,
}

/// A checkout that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The checkout.
    pub checkout: CheckoutId,
    /// Who asked for it.
    pub asked: Asked,
    /// When it ended, by the cart's clock.
    pub at: Timestamp,
    /// When its lease ended, or would have.
    pub until: Timestamp,
    /// How it ended.
    pub ending: Ending,
    /// What it was about; of all but the last [`SALES_MAX`] no more is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale: Option<Sale>,
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
    /// The checkout under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserving: Option<Reserving>,
    /// Oldest first; at most [`ENDED_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Ended>,
}

impl Dealings {
    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        let Self { outgoing, settled, arrived, forgotten, reserving, ended } = self;
        let merges =
            outgoing.is_empty() && settled.is_empty() && arrived.is_empty() && forgotten.is_none();
        merges && reserving.is_none() && ended.is_empty()
    }

    /// What is known of a checkout's skus while it is under way.
    #[must_use]
    pub fn reserving(&self, checkout: CheckoutId) -> Option<&Reserving> {
        self.reserving.as_ref().filter(|reserving| reserving.checkout == checkout)
    }

    /// What became of a checkout that has ended.
    #[must_use]
    pub fn ended(&self, checkout: CheckoutId) -> Option<&Ended> {
        self.ended.iter().find(|ended| ended.checkout == checkout)
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

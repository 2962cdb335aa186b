//! What the oracle says of a record. Plain data; knows no rules.

use std::sync::Arc;

use cart_schemas::cart::Cart;
use cart_schemas::checkout::Shortage;
use cart_schemas::command::Asked;
use cart_schemas::dealings::Dealings;
use cart_schemas::digest::Digest;
use cart_schemas::event::Event;
use cart_schemas::id::{CartKey, CommandId, MergeId};
use cart_schemas::merge::Warning;
use cart_schemas::partition::Partition;
use cart_schemas::record::{Format, Outcome};
use cart_schemas::rejection::{Rejection, RejectionCode};
use cart_schemas::reply::Answer;
use cart_schemas::timestamp::Timestamp;

use super::asks::{Ask, SkuAsk};

/// What must come of one record of the command log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It can never be decided: a dead letter of this class.
    Letter(&'static str),
    /// A newer build's record: its partition must stop before it.
    Newer,
    /// It lies behind a newer build's record: nothing may come of it.
    Unreached,
    /// It is decided, and this is the decision.
    Decided(Arc<Decision>),
    /// Its id is remembered and it asks the same: this decision is told again.
    Remembered(Arc<Decision>),
    /// Its id is remembered and it asks something else.
    Conflict {
        /// Its id.
        command: CommandId,
        /// What it asks.
        digest: Digest,
        /// The decision its id is remembered for.
        first: Arc<Decision>,
    },
}

/// A timer a cart counts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timer {
    /// When it wakes the cart.
    pub due: Timestamp,
    /// The `ts` of the decision that armed it.
    pub since: Timestamp,
}

/// One decision and the cart after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The cart.
    pub cart: Arc<CartKey>,
    /// Its number among the cart's decisions, from 0.
    pub number: usize,
    /// The partition its command lies on.
    pub partition: Partition,
    /// The offset there.
    pub offset: i64,
    /// Its command's id.
    pub command: CommandId,
    /// The kind of its command.
    pub kind: &'static str,
    /// How the record is written after it.
    pub format: Format,
    /// What its command asks.
    pub digest: Digest,
    /// What became of it.
    pub outcome: Outcome,
    /// The version after it.
    pub version: u64,
    /// The cart's clock after it.
    pub ts: Timestamp,
    /// What it must emit, in order.
    pub events: Vec<Event>,
    /// The content after it.
    pub after: Arc<Cart>,
    /// The timer the cart counts on after it.
    pub timer: Option<Timer>,
    /// What the cart remembers of merges after it.
    pub dealings: Arc<Dealings>,
    /// What it must ask of another cart.
    pub asks: Option<Ask>,
    /// What it must ask of skus.
    pub sku_asks: Vec<SkuAsk>,
    /// Who is told by this cart what came of a merge or a checkout, and what.
    pub tells: Option<(Asked, Told)>,
}

/// What somebody is told of a merge or a checkout he asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The merge was carried out; what was cut, if that is still known.
    Merged(MergeId, Option<Vec<Warning>>),
    /// The merge was not.
    Refused(Rejection),
    /// The checkout can be paid.
    Ready,
    /// The checkout is over: these could not be reserved.
    Short(Vec<Shortage>),
}

impl Decision {
    /// Whether deciding it panicked; its record then is a dead letter, too.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.outcome == Outcome::Rejected(Rejection::Internal)
    }

    /// Whether an answer tells whoever asked for a merge or a checkout what this cart says of it.
    /// Later, or told from a later row, what was cut may be forgotten.
    #[must_use]
    pub fn tells(&self, digest: Digest, answer: &Answer) -> bool {
        let Some((asked, told)) = &self.tells else { return false };
        let same = match (answer, told) {
            (Answer::Merged { report, .. }, Told::Merged(merge, cut)) => {
                report.merge == *merge && (report.warnings.is_none() || report.warnings == *cut)
            }
            (Answer::Rejected(why), Told::Refused(known)) => why == known,
            (Answer::Remembered { version, rejected }, Told::Refused(_)) => {
                *version == self.version && rejected.is_some() && *rejected == self.rejected()
            }
            (Answer::Applied { version }, Told::Ready) => *version == self.version,
            (Answer::Short { lines }, Told::Short(short)) => lines == short,
            (
                Answer::Merged { .. }
                | Answer::Short { .. }
                | Answer::Rejected(_)
                | Answer::Remembered { .. }
                | Answer::Applied { .. }
                | Answer::Conflict,
                _,
            ) => false,
        };
        asked.digest == digest && same
    }

    /// Why it was rejected; `None` if it was applied.
    #[must_use]
    pub const fn rejected(&self) -> Option<RejectionCode> {
        match &self.outcome {
            Outcome::Applied => None,
            Outcome::Rejected(rejection) => Some(rejection.code()),
        }
    }
}

impl Verdict {
    /// The decision this record brought about, if it did.
    #[must_use]
    pub const fn decided(&self) -> Option<&Arc<Decision>> {
        match self {
            Self::Decided(decision) => Some(decision),
            Self::Letter(_)
            | Self::Newer
            | Self::Unreached
            | Self::Remembered(_)
            | Self::Conflict { .. } => None,
        }
    }

    /// The decision its id is known for.
    #[must_use]
    pub const fn known(&self) -> Option<&Arc<Decision>> {
        match self {
            Self::Decided(decision) | Self::Remembered(decision) => Some(decision),
            Self::Letter(_) | Self::Newer | Self::Unreached | Self::Conflict { .. } => None,
        }
    }

    /// The class of the dead letter that must come of it, if one must.
    #[must_use]
    pub fn letter(&self) -> Option<&'static str> {
        match self {
            Self::Letter(class) => Some(class),
            Self::Decided(decision) if decision.is_internal() => Some("Internal"),
            Self::Decided(_)
            | Self::Newer
            | Self::Unreached
            | Self::Remembered(_)
            | Self::Conflict { .. } => None,
        }
    }

    /// Its command's id, if it is a command this build reads.
    #[must_use]
    pub fn command(&self) -> Option<CommandId> {
        match self {
            Self::Decided(decision) | Self::Remembered(decision) => Some(decision.command),
            Self::Conflict { command, .. } => Some(*command),
            Self::Letter(_) | Self::Newer | Self::Unreached => None,
        }
    }

    /// What its command asks, if it is a command this build reads.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        match self {
            Self::Decided(decision) | Self::Remembered(decision) => Some(decision.digest),
            Self::Conflict { digest, .. } => Some(*digest),
            Self::Letter(_) | Self::Newer | Self::Unreached => None,
        }
    }
}

//! What a worker asks the world to do. A partition has at most one answered effect under way.

use bytes::Bytes;
use cart_schemas::partition::Partition;
use cart_schemas::record::Progress;
use cart_schemas::timestamp::Timestamp;
use cart_storage::log::{NewRecord, TopicPartition};

use crate::timers::Timer;

/// One thing to do for one partition.
#[derive(Debug)]
pub struct Effect {
    /// The partition.
    pub partition: Partition,
    /// The number of the beginning it belongs to.
    pub begun: u64,
    /// Names it to [`Input::Done`](crate::worker::Input::Done).
    pub ticket: u64,
    /// What to do.
    pub action: Action,
}

/// The kinds of things, in the order a micro-batch goes through them.
#[derive(Debug)]
pub enum Action {
    /// Load the cells of these keys, if any, and after them the progress row.
    Load(Vec<String>),
    /// Note these timers; all before any record is stored.
    Arm(Vec<Timer>),
    /// Store these records.
    Store(Vec<CellWrite>),
    /// Store the progress row.
    Mark(Progress),
    /// Append what the batch emits: facts in order and acknowledged, replies without waiting.
    Emit(Emission),
    /// Everything before this offset is done and may be committed.
    Advance(i64),
    /// Fetch no more of this partition for now.
    Pause,
    /// Fetch it again.
    Resume,
    /// Go on reading at this offset.
    Rewind(i64),
    /// Nothing is in hand any more.
    Drained,
    /// Begin anew where the store stands: it may have forgotten what it acknowledged.
    BeginAnew,
    /// The partition cannot go on without an operator.
    Stop(StopReason),
}

impl Action {
    /// Whether an [`Input::Done`](crate::worker::Input::Done) answers it.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        match self {
            Self::Load(_) | Self::Arm(_) | Self::Store(_) | Self::Mark(_) | Self::Emit(_) => true,
            Self::Advance(_)
            | Self::Pause
            | Self::Resume
            | Self::Rewind(_)
            | Self::Drained
            | Self::BeginAnew
            | Self::Stop(_) => false,
        }
    }
}

/// A cell to store. Sent again, it is the same bytes at the same timestamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellWrite {
    /// The key.
    pub key: String,
    /// Its record.
    pub cell: Bytes,
    /// The record's `ts`.
    pub ts: Timestamp,
    /// Slots of [`Index::Holders`](cart_schemas::cql::Index::Holders) in which the key is noted with
    /// it; a repeat notes them again.
    pub holds: Vec<String>,
}

/// What a micro-batch emits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Emission {
    /// Facts and dead letters, in order.
    pub facts: Vec<(TopicPartition, NewRecord)>,
    /// Replies.
    pub replies: Vec<(TopicPartition, NewRecord)>,
}

/// Why a partition cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StopReason {
    /// The next record belongs to a newer build.
    #[error("the record at offset {offset} belongs to a newer build ({reason}); run that build")]
    Newer {
        /// Its offset.
        offset: i64,
        /// What is unknown about it.
        reason: String,
    },
    /// The log is not the one the store was written from.
    #[error(
        "the record at offset {offset} is not the one the stored records were decided from: the topic \
         was re-created or restored; start a new log generation"
    )]
    ForeignLog {
        /// The offset of the progress row.
        offset: i64,
    },
    /// A stored record cannot be read.
    #[error("the record of {key} cannot be decoded: {reason}")]
    Record {
        /// Its key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The store or the log refuses what must be written.
    #[error("{0}")]
    Refused(String),
}

//! What a fold is: the part of a processor that knows what its records are about.
//!
//! Workers and the runtime run any fold over the partitions of its command log. They keep its
//! records, give it one command after the other and carry out what comes of each; a fold knows no
//! partition, no store and no other command.

use std::fmt::{Debug, Display};
use std::hash::Hash;

use cart_schemas::cql::Table;
use cart_schemas::envelope::DecodeError;
use cart_schemas::id::CommandId;
use cart_schemas::partition::Partition;
use cart_schemas::policy::Policy;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::log::{NewRecord, TopicPartition};

mod carts;
mod skus;

pub use carts::Carts;
pub use skus::Skus;

use crate::defects::Defects;
use crate::intake::Incoming;
use crate::timers::Timer;

#[cfg(test)]
mod laws;

/// Makes the command that wakes whoever armed a timer, under an id nobody had before.
pub type Wake = fn(&Timer, CommandId, Policy) -> NewRecord;

/// Commands about records that have one writer each, by key.
pub trait Fold: Debug + Clone + Send + Sync + 'static {
    /// Names a record in the store, and its commands in the log.
    type Key: Debug + Display + Clone + Ord + Hash + Send + Sync + 'static;
    /// A command as it lies in the log.
    type Envelope: Debug + Send + Sync + 'static;
    /// All that is known under a key. The default is the record nobody has seen.
    type Record: Debug + Default + Send + Sync + 'static;
    /// How it may differ from what it is meant to be.
    type Defects: Defects;

    /// Where its commands lie and its records are kept.
    const SITE: Site;
    /// How its timers come back as commands; `None` if it arms none.
    const WAKE: Option<Wake>;

    /// How it differs.
    fn defects(&self) -> &Self::Defects;

    /// Reads a command.
    ///
    /// # Errors
    /// It is none this build can decide; the disposition of the error says what to do.
    fn envelope(value: &[u8]) -> Result<Self::Envelope, DecodeError>;

    /// A command's id.
    fn id(envelope: &Self::Envelope) -> CommandId;

    /// Whose command it is.
    fn key(envelope: &Self::Envelope) -> &Self::Key;

    /// Reads a cell.
    ///
    /// # Errors
    /// Why it is no record of this build.
    fn decode(cell: &[u8]) -> Result<Self::Record, String>;

    /// The cell of a record: a function of the record alone.
    fn encode(record: &Self::Record) -> Vec<u8>;

    /// The timestamp a record is stored at: that of its last decision.
    fn ts(record: &Self::Record) -> Timestamp;

    /// Folds a command into the record of its key. `began` is the record's [`ts`](Self::ts) before
    /// the micro-batch. What comes of it depends on nothing else, so a repeat is the same.
    fn step(
        &self,
        record: &mut Self::Record,
        began: Timestamp,
        incoming: &Incoming<Self::Envelope>,
    ) -> Folded;
}

/// What one command came to.
#[derive(Debug)]
pub struct Folded {
    /// Whether the record must be stored before anything is said of it.
    pub store: bool,
    /// Slots of [`Index::Holders`](cart_schemas::cql::Index::Holders) in which its key is noted
    /// with that, for what it holds since.
    pub holds: Vec<String>,
    /// A timer to note before that.
    pub timer: Option<Timer>,
    /// Whether the decision panicked: its command is then a dead letter, too.
    pub panicked: bool,
    /// What is appended, in this order.
    pub facts: Vec<(TopicPartition, NewRecord)>,
    /// The answer, if somebody waits for one.
    pub reply: Option<(TopicPartition, NewRecord)>,
    /// The kind of the command, for the metrics.
    pub kind: &'static str,
    /// What became of it, for the metrics.
    pub outcome: &'static str,
}

/// Where the commands of a fold lie and its records are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// Its command log.
    pub commands: Topic,
    /// Where commands go that nobody can decide.
    pub dead_letters: Topic,
    /// The consumer group of its processors.
    pub group: &'static str,
    /// The table of its records.
    pub table: Table,
}

impl Site {
    /// A partition of its command log.
    #[must_use]
    pub const fn at(self, partition: Partition) -> TopicPartition {
        TopicPartition { topic: self.commands, partition }
    }

    /// The key of a partition's progress row.
    #[must_use]
    pub fn progress_key(self, partition: Partition) -> String {
        format!("{}/{partition}", self.commands)
    }
}

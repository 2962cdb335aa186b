//! A record of the log before it is a command: what it says, or why it says nothing.

use cart_schemas::envelope::{DecodeError, Disposition, Envelope};
use cart_schemas::generation::CommandLog;
use cart_schemas::id::CommandId;
use cart_schemas::partition::Partition;
use cart_schemas::record::Position;
use cart_schemas::topic::header;
use cart_storage::log::Record;

use crate::step::Placement;

/// A partition of a command log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Home {
    /// The log.
    pub log: CommandLog,
    /// Its partition.
    pub partition: Partition,
}

/// A command ready to be decided.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// What is asked.
    pub envelope: Envelope,
    /// Where it lies.
    pub placement: Placement,
    /// Where the caller waits; nobody waits for a Wake.
    pub reply_to: Option<Partition>,
    /// The caller's trace context.
    pub traceparent: Option<String>,
}

/// Why a record can never be decided. It is dead-lettered and the partition goes on.
#[derive(Debug, thiserror::Error)]
pub enum Poison {
    /// It cannot be decoded.
    #[error("undecodable: {0}")]
    Undecodable(#[source] DecodeError),
    /// It has no value.
    #[error("it has no value")]
    Empty,
    /// Its key is not the cart its command is for.
    #[error("its key is not its command's cart")]
    ForeignKey,
    /// Its cart belongs to another partition, whose owner is the cart's only writer.
    #[error("its cart belongs to partition {0}")]
    WrongPartition(Partition),
}

impl Poison {
    /// A stable name for the dead letter's headers and for metrics.
    #[must_use]
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Undecodable(_) => "Undecodable",
            Self::Empty => "Empty",
            Self::ForeignKey => "ForeignKey",
            Self::WrongPartition(_) => "WrongPartition",
        }
    }
}

/// What became of reading a record.
#[derive(Debug)]
pub enum Intake {
    /// A command for this partition.
    Command(Box<Incoming>),
    /// Never a command.
    Poison(Poison),
    /// A command of a newer build: the partition stops here.
    Newer(DecodeError),
}

/// Reads a record that lies there.
#[must_use]
pub fn read(record: &Record, at: Home) -> Intake {
    let Some(value) = &record.value else { return Intake::Poison(Poison::Empty) };
    let envelope = match Envelope::decode(value) {
        Ok(envelope) => envelope,
        Err(error) => {
            return match error.disposition() {
                Disposition::Quarantine => Intake::Poison(Poison::Undecodable(error)),
                Disposition::Stop => Intake::Newer(error),
            };
        }
    };
    let key = envelope.cart.as_str().as_bytes();
    if record.key.as_deref() != Some(key) {
        return Intake::Poison(Poison::ForeignKey);
    }
    let home = at.log.partitions.partition_of(key);
    if home != at.partition {
        return Intake::Poison(Poison::WrongPartition(home));
    }
    let position = Position { generation: at.log.generation, offset: record.offset };
    let reply_to = record.header(header::REPLY_PARTITION).and_then(|text| text.parse().ok());
    Intake::Command(Box::new(Incoming {
        envelope,
        placement: Placement { position, appended: record.appended },
        reply_to: reply_to.map(Partition::new),
        traceparent: record.header("traceparent").map(str::to_owned),
    }))
}

/// The command id a record carries, as far as it can be told.
#[must_use]
pub fn command_id(record: &Record) -> Option<CommandId> {
    // The header is read first: it tells the id of a newer build's command, too.
    let named = record.header(header::COMMAND).and_then(|text| text.parse().ok());
    named.or_else(|| Some(Envelope::decode(record.value.as_deref()?).ok()?.id))
}

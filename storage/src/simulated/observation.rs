//! What a world tells of its events, for traces and checks. Knows nothing of what it means.

use std::fmt;

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;

use super::{ClientId, Fault};
use crate::log::{Record, TopicPartition};
use crate::store::Note;

/// Something happened outside the processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// When.
    pub at: Timestamp,
    /// Whose request it came from, or whom it concerns.
    pub client: ClientId,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A record lies in the log now.
    Appended {
        /// Where.
        to: TopicPartition,
        /// The record.
        record: Record,
    },
    /// A replica received a write of a cell; an older one changes nothing.
    CellTaken {
        /// Which replica.
        replica: u8,
        /// The table.
        table: Table,
        /// The key.
        key: String,
        /// The cell as written.
        cell: Bytes,
        /// Its timestamp.
        ts: Timestamp,
    },
    /// A replica received an entry of an index.
    Noted {
        /// Which replica.
        replica: u8,
        /// The index.
        index: Index,
        /// The slot.
        slot: String,
        /// The entry as noted.
        note: Note,
    },
    /// A replica received the dropping of a slot.
    SlotDropped {
        /// Which replica.
        replica: u8,
        /// The index.
        index: Index,
        /// The slot.
        slot: String,
        /// Up to which timestamp.
        at: Timestamp,
    },
    /// The coordinator stored a committed offset of the processors.
    Committed {
        /// The partition of the commands.
        partition: Partition,
        /// Everything before it is done.
        offset: i64,
    },
    /// What every replica has now is what a kill of the store, soon after, will leave.
    StoreSynced,
    /// Every replica has what it had when the store last synced, and nothing else any more.
    StoreForgot,
    /// A client was answered or told something.
    Answered(&'static str),
    /// A fault was drawn.
    Injected(Fault),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Appended { to, record } => {
                let (topic, partition, offset) = (to.topic, to.partition, record.offset);
                write!(f, "appended {topic}/{partition}@{offset} at {}", record.appended.micros())
            }
            Self::CellTaken { replica, table, key, cell, ts } => {
                let (table, bytes) = (table.name(), cell.len());
                write!(f, "replica {replica} took {table} {key} ts={} ({bytes} B)", ts.micros())
            }
            Self::Noted { replica, index, slot, note } => {
                let (index, ts) = (index.name(), note.ts.micros());
                write!(f, "replica {replica} noted {index} {slot} {} ts={ts}", note.entry)
            }
            Self::SlotDropped { replica, index, slot, at } => {
                let index = index.name();
                write!(f, "replica {replica} dropped {index} {slot} ts={}", at.micros())
            }
            Self::Committed { partition, offset } => write!(f, "committed {partition}@{offset}"),
            Self::StoreSynced => f.write_str("the store synced"),
            Self::StoreForgot => f.write_str("the store forgot what came since"),
            Self::Answered(what) => write!(f, "answered {what}"),
            Self::Injected(fault) => write!(f, "fault {fault}"),
        }
    }
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.at.micros(), self.client, self.what)
    }
}

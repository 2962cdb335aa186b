//! The commands of a partition that nobody has decided yet, by id: what no row knows of.

use std::collections::HashMap;

use cart_processor::fold::Carts;
use cart_processor::intake;
use cart_schemas::envelope::Envelope;
use cart_schemas::id::CommandId;
use cart_schemas::partition::Partition;
use cart_schemas::topic::Topic;
use cart_storage::log::{Bounds, Log, Record, TopicPartition};

use crate::backlog;
use crate::exit::Failure;
use crate::reading::{self, ReadError};

/// How many may wait where a letter is replayed: all are read, and a few megabytes of ids kept.
const WAITING_MAX: u64 = 100_000;

/// Where each command lies that waits.
#[derive(Debug, Default)]
pub(super) struct Waiting(HashMap<CommandId, i64>);

impl Waiting {
    /// What waits on a partition. A row that is read after this knows every other decision about
    /// its cart: processors store what they decide before they commit it.
    pub(super) async fn on<L: Log>(log: &L, partition: Partition) -> Result<Self, Failure> {
        let backlog = backlog::of(log, partition).await?;
        if backlog.waiting > WAITING_MAX {
            let waiting = backlog.waiting;
            let what = format!(
                "{waiting} commands wait on partition {partition}: replay its letters once they \
                 are decided"
            );
            return Err(Failure::Incomplete(what));
        }
        let mut waiting = Self::default();
        let Some(start) = backlog.oldest() else { return Ok(waiting) };
        let at = TopicPartition { topic: Topic::Commands, partition };
        let bounds = Bounds { start, end: backlog.end };
        let read = reading::read::<L, ReadError>(log, at, bounds, |record| {
            if let Some(command) = id(&record) {
                waiting.add(command, record.offset);
            }
            Ok(())
        });
        read.await.map_err(|source| Failure::failed("what waits cannot be read", source))?;
        Ok(waiting)
    }

    /// Where this command lies, if it waits.
    pub(super) fn place(&self, command: CommandId) -> Option<i64> {
        self.0.get(&command).copied()
    }

    /// Another one that waits.
    pub(super) fn add(&mut self, command: CommandId, offset: i64) {
        self.0.insert(command, offset);
    }
}

/// The id a record is decided by; a header may say another one, and is all a newer build's has.
fn id(record: &Record) -> Option<CommandId> {
    let envelope = record.value.as_deref().and_then(|value| Envelope::decode(value).ok());
    envelope.map(|envelope| envelope.id).or_else(|| intake::command_id::<Carts>(record))
}

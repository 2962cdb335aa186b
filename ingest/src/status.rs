//! What became of a command, told from the log's and the row's state alone.

use cart_schemas::id::{CartKey, CommandId};
use cart_schemas::record::CartRecord;
use cart_schemas::rejection::RejectionCode;
use cart_schemas::topic::{PROCESSORS, Topic};
use cart_storage::log::{Log, LogError, TopicPartition};
use cart_storage::store::Store;

use crate::commands::Commands;
use crate::read::{self, ReadError};

/// The state of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It was carried out.
    Applied {
        /// The cart's version after it.
        version: u64,
    },
    /// It changed nothing, for this reason.
    Rejected(RejectionCode),
    /// It may still be decided.
    Pending,
    /// Nobody knows it: never sent, or older than the cart's last 72 decisions.
    Unknown,
}

/// The status cannot be told now.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// The log did not answer.
    #[error("the log cannot be asked")]
    Log(#[from] LogError),
    /// The store did not answer.
    #[error("the cart cannot be read")]
    Read(#[from] ReadError),
}

impl<L: Log, S: Store> Commands<L, S> {
    /// The status of `command` on the cart at `key`, `sent` at this time if the caller knows.
    ///
    /// The partition's end is read first, then the committed offset, then the row. A command that
    /// lay before that end and that the row does not tell of has been decided exactly if
    /// everything before the end is committed.
    ///
    /// # Errors
    /// See [`StatusError`].
    pub async fn status(
        &self,
        key: &CartKey,
        command: CommandId,
        sent: Option<u64>,
    ) -> Result<Status, StatusError> {
        let at = TopicPartition { topic: Topic::Commands, partition: self.partition_of(key) };
        // Asked first: what lands after this was on its way now.
        let may_arrive = self.may_arrive(command, sent);
        let bounds = self.log().bounds(at).await?;
        let committed = self.log().committed(PROCESSORS, at).await?;
        let record = read::record(self.store(), key).await?;
        let caught_up = committed.unwrap_or(bounds.start) >= bounds.end;
        Ok(tell(&record, command, caught_up && !may_arrive))
    }
}

fn tell(record: &CartRecord, command: CommandId, settled: bool) -> Status {
    match record.remembered(command) {
        Some(print) => match print.rejected {
            None => Status::Applied { version: print.version },
            Some(code) => Status::Rejected(code),
        },
        None if settled => Status::Unknown,
        None => Status::Pending,
    }
}

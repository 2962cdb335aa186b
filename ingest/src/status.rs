//! What became of a command, told from the log's and the row's state alone.

use cart_schemas::dealings::{Arrival, Ending};
use cart_schemas::id::{CartKey, CheckoutId, CommandId, MergeId};
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

/// The two carts of a merge.
#[derive(Debug, Clone, Copy)]
pub struct Between<'a> {
    /// The cart the lines leave.
    pub from: &'a CartKey,
    /// The cart they go to.
    pub into: &'a CartKey,
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
    /// everything before the end is committed. A checkout is carried out once its skus have answered.
    ///
    /// # Errors
    /// See [`StatusError`].
    pub async fn status(
        &self,
        key: &CartKey,
        command: CommandId,
        sent: Option<u64>,
    ) -> Result<Status, StatusError> {
        // Asked first: what lands after this was on its way now.
        let may_arrive = self.may_arrive(command, sent);
        let Seen { record, caught_up } = self.see(key).await?;
        let told = tell(&record, command, caught_up && !may_arrive);
        Ok(checkout(&record, command).filter(|_| is_applied(told)).unwrap_or(told))
    }

    /// The status of the merge that `command` asked of the cart at `into`. The cart its lines leave
    /// is asked first: what it has asked of the other one lies before that one's end by then.
    ///
    /// # Errors
    /// See [`StatusError`].
    pub async fn merge_status(
        &self,
        Between { from, into }: Between<'_>,
        command: CommandId,
        sent: Option<u64>,
    ) -> Result<Status, StatusError> {
        let may_arrive = self.may_arrive(command, sent);
        let source = self.see(from).await?;
        let target = self.see(into).await?;
        if let Some(arrived) = target.record.dealings.asked(command) {
            return Ok(match &arrived.arrival {
                Arrival::Merged(_) | Arrival::Undone => {
                    Status::Applied { version: arrived.version }
                }
                Arrival::Refused(rejection) => Status::Rejected(rejection.code()),
            });
        }
        let settled = source.caught_up && !may_arrive;
        let version = match tell(&source.record, command, settled) {
            Status::Applied { version } => version,
            other @ (Status::Rejected(_) | Status::Pending | Status::Unknown) => return Ok(other),
        };
        let id = source.record.cart_id(from);
        let follow_up = CommandId::asked_by(id, command, version);
        let under_way = source.record.dealings.outgoing(MergeId::new(id, version)).is_some();
        Ok(tell(&target.record, follow_up, settled && target.caught_up && !under_way))
    }

    /// Reads a cart's record, and whether it was decided up to the end of its log when asked.
    async fn see(&self, key: &CartKey) -> Result<Seen, StatusError> {
        let at = TopicPartition { topic: Topic::Commands, partition: self.partition_of(key) };
        let bounds = self.log().bounds(at).await?;
        let committed = self.log().committed(PROCESSORS, at).await?;
        let record = read::record(self.store(), key).await?;
        Ok(Seen { record, caught_up: committed.unwrap_or(bounds.start) >= bounds.end })
    }
}

/// A record, and whether nothing of its log is undecided.
struct Seen {
    record: CartRecord,
    caught_up: bool,
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

const fn is_applied(told: Status) -> bool {
    matches!(told, Status::Applied { .. })
}

/// What the skus have made of the checkout that `command` began; `None` where there is none, or
/// nothing to add.
fn checkout(record: &CartRecord, command: CommandId) -> Option<Status> {
    let checkout = CheckoutId::from_command(command);
    if let Some(reserving) = record.dealings.reserving(checkout) {
        return (!reserving.awaited.is_empty()).then_some(Status::Pending);
    }
    match record.dealings.ended(checkout)?.ending {
        Ending::Refused(_) => Some(Status::Rejected(RejectionCode::InsufficientStock)),
        Ending::Converted(_) | Ending::Cancelled | Ending::Lapsed => None,
    }
}

#[cfg(test)]
mod tests;

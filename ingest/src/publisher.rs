//! Appends a command and waits for its outcome, whatever it is about. Knows no envelope.

use std::time::Duration;

use cart_schemas::digest::Digest;
use cart_schemas::id::CommandId;
use cart_schemas::topic::header;
use cart_schemas::traceparent::{TRACEPARENT, Traceparent};
use cart_storage::log::{Ack, AppendError, Header, Lane, Log, LogError, NewRecord, TopicPartition};
use tokio::time::Instant;
use uuid::Uuid;

use crate::commands::{DEADLINE, Pending, Sent};
use crate::fuse::Fuse;
use crate::hops::{self, Sending};
use crate::reply_path::{Answered, ReplyPath};
use crate::unsettled::{self, Unsettled};

/// How long an append may go unacknowledged before it counts against the log.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_millis(1_500);

/// A command on its way to the log.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) command: CommandId,
    pub(crate) digest: Digest,
    pub(crate) to: TopicPartition,
    pub(crate) record: NewRecord,
    /// W3C trace context of the caller.
    pub(crate) traceparent: Option<Traceparent>,
    /// Whether to wait for the outcome or only for the append.
    pub(crate) respond_async: bool,
    /// When it was asked for.
    pub(crate) began: Instant,
}

/// What an instance publishes with.
#[derive(Debug)]
pub(crate) struct Publisher {
    fresh_id: fn() -> Uuid,
    pub(crate) replies: ReplyPath,
    fuse: Fuse,
    unsettled: Unsettled,
    hops: Sending,
}

/// What became of an append.
enum Appended {
    /// It is in the log.
    Durable,
    /// It is, or will be, or not.
    Perhaps,
    /// It is not and will not be.
    Nothing,
}

impl Publisher {
    /// Follows this instance's partition of the replies topic.
    pub(crate) async fn open<L: Log>(log: &L, fresh_id: fn() -> Uuid) -> Result<Self, LogError> {
        let replies = ReplyPath::open(log, fresh_id().to_string()).await?;
        let (unsettled, hops) = (Unsettled::default(), Sending::new());
        Ok(Self { fresh_id, replies, fuse: Fuse::before("log"), unsettled, hops })
    }

    /// Whether `command` may still be on its way into the log: this instance waits for its outcome
    /// or for its append, or it was sent so recently that another instance may.
    pub(crate) fn may_arrive(&self, command: CommandId, sent: Option<u64>) -> bool {
        let here = self.replies.awaits(command) || self.unsettled.holds(command);
        let sent = unsettled::made_at(command.as_uuid()).or(sent);
        here || sent.is_some_and(|sent| unsettled::is_young(sent, self.now()))
    }

    fn now(&self) -> u64 {
        unsettled::made_at(&(self.fresh_id)()).unwrap_or_default()
    }

    /// Publishes a command and waits for its outcome, at most [`DEADLINE`].
    pub(crate) async fn send<L: Log, R: Answered>(&self, log: &L, letter: Letter) -> Sent<R> {
        let Letter { command, digest, to, mut record, traceparent, .. } = letter;
        let pending = Pending { command, sent: self.now() };
        if !self.fuse.allows() {
            return Sent::Unavailable;
        }
        let Some(waiter) = self.replies.wait::<R>(command, digest) else {
            return Sent::Unavailable;
        };
        let home = self.replies.partition().to_string();
        record.headers.push(Header::text(header::REPLY_PARTITION, home));
        record
            .headers
            .extend(traceparent.map(|trace| Header::text(TRACEPARENT, trace.to_string())));
        let appended = log.append(Lane::Commands, to, record);
        let outcome = async {
            match self.acknowledged(command, appended).await {
                Appended::Nothing => return Sent::Unavailable,
                Appended::Durable => {
                    let took = letter.began.elapsed();
                    self.hops.log.record(took);
                    traceparent.iter().for_each(|trace| hops::tell("append", *trace, took));
                    if letter.respond_async {
                        return Sent::Pending(pending);
                    }
                }
                Appended::Perhaps => {}
            }
            let acknowledged = Instant::now();
            let Some(reply) = waiter.reply().await else { return Sent::Pending(pending) };
            let took = acknowledged.elapsed();
            self.hops.outcome.record(took);
            traceparent.iter().for_each(|trace| hops::tell("outcome", *trace, took));
            Sent::Decided(reply)
        };
        tokio::time::timeout(DEADLINE, outcome).await.unwrap_or(Sent::Pending(pending))
    }

    /// Waits for the append and tells the breaker how it went. Its own bound is shorter than the
    /// caller's deadline, so that an append nobody answers is counted as the failure it is; until
    /// it is known to be in the log or not, its command counts as pending.
    async fn acknowledged(
        &self,
        command: CommandId,
        append: impl Future<Output = Result<Ack, AppendError>> + Send + 'static,
    ) -> Appended {
        let mut append = Box::pin(append);
        match tokio::time::timeout(ACKNOWLEDGED_WITHIN, &mut append).await {
            Ok(Ok(_)) => {
                self.fuse.succeeded();
                return Appended::Durable;
            }
            Ok(Err(AppendError::Full | AppendError::Refused(_))) => return Appended::Nothing,
            Ok(Err(AppendError::Unknown(_) | AppendError::Broken(_))) => {
                tokio::spawn(self.unsettled.until_settled(command, std::future::pending()));
            }
            Err(_) => {
                let settled = async move { append.await.is_ok() };
                tokio::spawn(self.unsettled.until_settled(command, settled));
            }
        }
        self.fuse.failed();
        Appended::Perhaps
    }

    /// Waits for an append that is no command, while the log is worth asking.
    pub(crate) async fn guarded<T>(
        &self,
        append: impl Future<Output = Result<T, AppendError>>,
    ) -> Result<T, AppendError> {
        if !self.fuse.allows() {
            return Err(AppendError::Full);
        }
        let appended = append.await;
        match &appended {
            Ok(_) => self.fuse.succeeded(),
            Err(AppendError::Full | AppendError::Refused(_)) => {}
            Err(AppendError::Unknown(_) | AppendError::Broken(_)) => self.fuse.failed(),
        }
        appended
    }
}

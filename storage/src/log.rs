//! The port to the ordered log: topics of partitions of records. Makes no decisions.

use std::borrow::Cow;
use std::future::Future;

use bytes::Bytes;
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;

/// What went wrong inside an engine, kept for the chain in the log.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// One partition of one topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TopicPartition {
    /// The topic.
    pub topic: Topic,
    /// Its partition.
    pub partition: Partition,
}

/// A header of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its value, UTF-8 wherever we write it.
    pub value: Bytes,
}

impl Header {
    /// A header with a text value.
    pub fn text(name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: Bytes::from(value.into()) }
    }
}

/// A record to append.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewRecord {
    /// The key; consumers and compaction group by it.
    pub key: Option<Bytes>,
    /// The value; `None` is a tombstone.
    pub value: Option<Bytes>,
    /// Headers in order.
    pub headers: Vec<Header>,
}

/// A record as it lies in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its offset in its partition.
    pub offset: i64,
    /// When the log appended it: the log's own clock, the same for every reader.
    pub appended: Timestamp,
    /// The key.
    pub key: Option<Bytes>,
    /// The value.
    pub value: Option<Bytes>,
    /// Headers in order.
    pub headers: Vec<Header>,
}

impl Record {
    /// The value of the last header of this name, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().rev().find(|header| header.name == name)?;
        std::str::from_utf8(&header.value).ok()
    }
}

/// The promise an append is made under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Events, follow-ups, dead letters: every replica acknowledges, order holds under retries,
    /// and the append never gives up by itself.
    Facts,
    /// Commands from the edge: as [`Lane::Facts`], but it gives up at the caller's deadline.
    Commands,
    /// Replies: the leader acknowledges; losing one costs a caller a look at the status.
    Replies,
}

/// The record is durable at this offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ack {
    /// Its offset.
    pub offset: i64,
}

/// The record was not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Nothing was appended: the queue to the log is full.
    #[error("the queue to the log is full")]
    Full,
    /// Nothing was appended and nothing would be on another try: too large, or no such topic.
    #[error("the log refuses the record")]
    Refused(#[source] Source),
    /// Nobody knows: it may be appended, now or later.
    #[error("the append was not acknowledged")]
    Unknown(#[source] Source),
    /// The lane's client is broken for good and has been replaced; what was in flight on it is
    /// unknown, and order across this point must be re-established by appending all of it again.
    #[error("the client of this lane failed")]
    Broken(#[source] Source),
}

/// What became of a run of appends.
#[derive(Debug, Default)]
pub struct Run {
    /// How many were acknowledged before the first that was not.
    pub acknowledged: usize,
    /// The last of those.
    pub last: Option<Ack>,
    /// Why that one was not.
    pub failure: Option<AppendError>,
}

impl Run {
    /// Awaits appends that were made in order, up to the one that failed at its call, if one did.
    pub(crate) async fn settle(
        appends: Vec<impl Future<Output = Result<Ack, AppendError>>>,
        failed: Option<AppendError>,
    ) -> Self {
        let mut run = Self::default();
        for append in appends {
            match append.await {
                Ok(ack) if run.failure.is_none() => {
                    run.acknowledged += 1;
                    run.last = Some(ack);
                }
                Ok(_) => {}
                Err(error) => run.failure = run.failure.or(Some(error)),
            }
        }
        run.failure = run.failure.or(failed);
        run
    }
}

/// The log could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A client could not be made from the settings.
    #[error("the log's client cannot be made")]
    Client(#[source] Source),
    /// The log did not answer.
    #[error("the log does not answer")]
    Unreachable(#[source] Source),
    /// A topic does not exist.
    #[error("the topic {0} does not exist")]
    NoTopic(String),
    /// A position lies before the log's start or after its end.
    #[error("an offset of {0} lies outside the log")]
    OutOfRange(String),
    /// The client can never go on.
    #[error("the log's client failed for good")]
    Fatal(#[source] Source),
}

/// Where a manually assigned tail begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At the first record there is.
    Beginning,
    /// After the last record there is when the tail goes live.
    End,
    /// At this offset.
    At(i64),
}

/// What a partition holds: offsets `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The first offset there is.
    pub start: i64,
    /// The offset the next record will get: the high watermark.
    pub end: i64,
}

/// An ordered, partitioned, durable log.
pub trait Log: Clone + Send + Sync + 'static {
    /// This engine's tail.
    type Tail: Tail;

    /// Appends a record. Its place among this handle's appends to the same lane and partition is
    /// fixed by the call, not by awaiting; the future resolves when the record is durable and
    /// may be dropped without taking the append back.
    fn append(
        &self,
        lane: Lane,
        to: TopicPartition,
        record: NewRecord,
    ) -> impl Future<Output = Result<Ack, AppendError>> + Send + 'static;

    /// Appends records in this order as one client: no record of it lands before an earlier one of
    /// the same partition that does not. When the client breaks or an append fails at its call,
    /// the rest is not appended. Otherwise as [`Log::append`].
    fn append_run(
        &self,
        lane: Lane,
        records: Vec<(TopicPartition, NewRecord)>,
    ) -> impl Future<Output = Run> + Send + 'static;

    /// Joins `group` for a share of `topic`'s partitions. The tail speaks of rebalances.
    ///
    /// # Errors
    /// The client cannot be made.
    fn subscribe(&self, group: &str, topic: Topic) -> Result<Self::Tail, LogError>;

    /// Reads these partitions without a group; one [`TailEvent::Assigned`] tells that it is live.
    ///
    /// # Errors
    /// The client cannot be made.
    fn assign(&self, starts: Vec<(TopicPartition, Start)>) -> Result<Self::Tail, LogError>;

    /// How many partitions a topic has.
    fn partitions(
        &self,
        topic: Topic,
    ) -> impl Future<Output = Result<PartitionCount, LogError>> + Send;

    /// What a partition holds now.
    fn bounds(&self, at: TopicPartition) -> impl Future<Output = Result<Bounds, LogError>> + Send;

    /// The offset `group` has committed for a partition; `None` if it never did.
    fn committed(
        &self,
        group: &str,
        at: TopicPartition,
    ) -> impl Future<Output = Result<Option<i64>, LogError>> + Send;
}

/// What a tail has to say.
#[derive(Debug)]
pub enum TailEvent {
    /// Records of one partition, in order, following the last ones given of it.
    Records(TopicPartition, Vec<Record>),
    /// These partitions are ours, and maybe none: a group may have more members than partitions.
    /// A group's tail gives records of them only after [`Tail::start`]; a manual tail is live
    /// from here on.
    Assigned(Vec<TopicPartition>),
    /// These partitions go to another owner. Finish what is in hand, commit, and
    /// [`Tail::release`] each within 5 s: then the engine gives them up by itself. No more records
    /// of them come, and none of any other partition until they are given up.
    Revoking(Vec<TopicPartition>),
    /// These partitions belong to someone else already. Drop their memory; there is nothing to
    /// commit or release.
    Lost(Vec<TopicPartition>),
    /// The log acknowledged a commit; one answer may stand for several made close together.
    Committed,
    /// A commit was refused or not answered. The next one may succeed.
    CommitFailed(LogError),
    /// The log has trouble; the tail goes on by itself.
    Trouble(LogError),
    /// The tail has ended: closed, or never to go on.
    Ended(Option<LogError>),
}

/// A reader of partitions. Methods but [`Tail::next`] and [`Tail::close`] return at once; they
/// take effect in the order they are called.
pub trait Tail: Send + 'static {
    /// The next event. Dropping the future loses nothing.
    fn next(&mut self) -> impl Future<Output = TailEvent> + Send;

    /// Answers [`TailEvent::Assigned`] of a group's tail: where partitions begin, each once, in as
    /// many calls as it takes.
    fn start(&mut self, offsets: &[(TopicPartition, i64)]);

    /// Commits, for the group, that everything before these offsets is done.
    fn commit(&mut self, offsets: &[(TopicPartition, i64)]);

    /// Stops fetching a partition; records already fetched may still come.
    fn pause(&mut self, at: TopicPartition);

    /// Fetches a paused partition again.
    fn resume(&mut self, at: TopicPartition);

    /// Continues a partition at `offset`. The next records given of it begin there: none fetched
    /// before the rewind comes after it.
    fn rewind(&mut self, at: TopicPartition, offset: i64);

    /// Gives up revoked partitions, after every commit made so far.
    fn release(&mut self, at: &[TopicPartition]);

    /// Leaves the group at once, so that its partitions move without waiting for a time-out.
    /// Revocations are answered by the engine itself; commits made before are kept.
    fn close(self) -> impl Future<Output = ()> + Send;
}

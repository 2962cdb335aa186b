//! The thread behind a tail: polls, obeys, answers the group. Never blocks on its reader.
//!
//! librdkafka must be polled whatever happens: a member that does not poll holds up its group.
//! So a full channel pauses the fetching and never the polling, and nothing waits in a callback:
//! they queue [`signals`], which this loop answers, each exactly once.
//!
//! While librdkafka waits for the answer to a rebalance it pauses every partition of the member.
//! Therefore an assignment is accepted at once, with nothing to read, and each partition is added
//! when [`Tail::start`](crate::log::Tail::start) says where; only a revocation is left unanswered,
//! until its partitions are released or [`DRAIN`] has passed.

mod commits;
mod group;
mod intake;
mod outbox;
mod position;
mod shares;
mod signals;

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use cart_schemas::topic::Topic;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use tokio::sync::mpsc::Sender;

use super::KafkaSettings;
use super::client::{self, Names};
use crate::log::{LogError, Record, Start, TopicPartition};
use commits::Commits;
use group::Revocation;
use outbox::Outbox;
use shares::Shares;
pub(super) use shares::Tag;
use signals::Signals;

/// How long revoked partitions may take to be released.
const DRAIN: Duration = Duration::from_secs(5);

/// How long one poll waits, and so the longest that a command does.
const POLL: Duration = Duration::from_millis(5);

/// How long a broker may take to tell a partition's bounds, and the pause between two tries.
const BOUNDS: Duration = Duration::from_secs(1);

/// What the tail asks for. Partitions carry the tag its caller knew: a command under an older
/// assignment does nothing.
#[derive(Debug)]
pub(super) enum Command {
    Start(Vec<(TopicPartition, Tag, i64)>),
    Commit(Vec<(TopicPartition, Tag, i64)>),
    Pause(TopicPartition, Tag),
    Resume(TopicPartition, Tag),
    Rewind(TopicPartition, Tag, i64),
    Release(Vec<(TopicPartition, Tag)>),
}

/// A [`TailEvent`](crate::log::TailEvent) with the tags by which the tail knows what is stale.
#[derive(Debug)]
pub(super) enum Event {
    Records(TopicPartition, Tag, Vec<Record>),
    Assigned(Tag, Vec<TopicPartition>),
    Revoking(Vec<TopicPartition>),
    Lost(Vec<TopicPartition>),
    Committed,
    CommitFailed(LogError),
    Trouble(LogError),
    Ended(Option<LogError>),
}

/// A consumer with what it owns and whom it serves.
pub(super) struct Reader {
    consumer: Arc<BaseConsumer<Signals>>,
    names: Names,
    /// What it reads, for messages.
    subject: String,
    commits: Commits,
    commands: mpsc::Receiver<Command>,
    outbox: Outbox,
    shares: Shares,
    /// The rebalance that waits for its answer.
    revocation: Option<Revocation>,
    /// Where a tail without a group begins, until it is live.
    starts: Option<Vec<(TopicPartition, Start)>>,
    retry: Instant,
    choked: bool,
}

impl Reader {
    /// A member of a group.
    pub(super) fn of_group(
        settings: &KafkaSettings,
        (group, topic): (&str, Topic),
        commands: mpsc::Receiver<Command>,
        events: Sender<Event>,
    ) -> Result<Self, LogError> {
        let reader = Self::open(settings, group, commands, events)?;
        let subject = reader.names.of(topic).to_owned();
        reader.consumer.subscribe(&[&subject]).map_err(|error| LogError::Client(error.into()))?;
        let commits = Commits::through(&reader.consumer)?;
        Ok(Self { subject, commits, ..reader })
    }

    /// A reader of its own partitions.
    pub(super) fn without_group(
        settings: &KafkaSettings,
        starts: Vec<(TopicPartition, Start)>,
        commands: mpsc::Receiver<Command>,
        events: Sender<Event>,
    ) -> Result<Self, LogError> {
        // librdkafka reads through a group's queue only. Nothing joins or commits to this one.
        let reader = Self::open(settings, "cartstream-tail", commands, events)?;
        let mut topics: Vec<_> = starts.iter().map(|(at, _)| reader.names.of(at.topic)).collect();
        topics.dedup();
        let subject = topics.join(", ");
        Ok(Self { subject, starts: Some(starts), ..reader })
    }

    fn open(
        settings: &KafkaSettings,
        group: &str,
        commands: mpsc::Receiver<Command>,
        events: Sender<Event>,
    ) -> Result<Self, LogError> {
        let names = Names::new(settings);
        let group = settings.namespace.name(group);
        let session = settings.session.as_millis().to_string();
        let heartbeat = (settings.session / 4).as_millis().to_string();
        let purpose = [
            ("group.id", group.as_str()),
            ("session.timeout.ms", &session),
            ("heartbeat.interval.ms", &heartbeat),
            ("partition.assignment.strategy", "cooperative-sticky"),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "error"),
            ("isolation.level", "read_uncommitted"),
            // A partition whose queue was full once is fetched again after this, not after 1 s.
            ("fetch.queue.backoff.ms", "20"),
            ("queued.min.messages", "2000"),
            ("queued.max.messages.kbytes", "16384"),
        ];
        let consumer = client::config(settings, &purpose)
            .create_with_context(Signals::new(names.clone()))
            .map_err(|error| LogError::Client(error.into()))?;
        Ok(Self {
            consumer: Arc::new(consumer),
            names,
            subject: String::new(),
            commits: Commits::to_nobody(),
            commands,
            outbox: Outbox::new(events),
            shares: Shares::default(),
            revocation: None,
            starts: None,
            retry: Instant::now(),
            choked: false,
        })
    }

    /// Reads until nobody commands it any more or it can never go on, and leaves.
    pub(super) fn run(mut self) {
        while self.obey() && !self.outbox.is_done() {
            self.go_live();
            self.take_in();
            self.answer();
            self.outbox.flush();
            self.settle();
        }
        self.leave();
    }

    /// Carries out every command there is; `false` once there can be none.
    fn obey(&mut self) -> bool {
        loop {
            match self.commands.try_recv() {
                Ok(command) => self.carry_out(command),
                Err(mpsc::TryRecvError::Empty) => return true,
                Err(mpsc::TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Start(positions) => self.start(positions),
            Command::Commit(offsets) => self.commit(offsets),
            Command::Pause(at, tag) => self.shares.want(at, tag, false),
            Command::Resume(at, tag) => self.shares.want(at, tag, true),
            Command::Rewind(at, tag, offset) => self.rewind(at, tag, offset),
            Command::Release(partitions) => self.release(&partitions),
        }
    }
}

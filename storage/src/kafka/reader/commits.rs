//! Commits, one at a time, on a thread of their own.
//!
//! rdkafka 0.39 tells nobody how an asynchronous commit ended (rust-rdkafka#856), and a
//! synchronous one blocks for as long as Kafka is silent: neither is for the polling thread.

use std::collections::HashMap;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaResult;

use super::signals::{Signal, Signals};
use crate::kafka::client::Names;
use crate::log::{LogError, TopicPartition};

/// The commits asked for and not yet answered.
pub(super) struct Commits {
    committer: Option<Committer>,
    in_flight: bool,
    /// What is committed next; a later offset of a partition replaces an earlier one.
    next: HashMap<TopicPartition, i64>,
}

struct Committer {
    lists: mpsc::Sender<TopicPartitionList>,
    thread: JoinHandle<()>,
}

impl Commits {
    /// For a tail without a group: there is nobody to commit to.
    pub(super) fn to_nobody() -> Self {
        Self { committer: None, in_flight: false, next: HashMap::new() }
    }

    /// For a member of a group.
    pub(super) fn through(consumer: &Arc<BaseConsumer<Signals>>) -> Result<Self, LogError> {
        let (lists, asked) = mpsc::channel::<TopicPartitionList>();
        let consumer = Arc::clone(consumer);
        let thread = thread::Builder::new().name("kafka-commit".to_owned()).spawn(move || {
            for list in asked {
                let ended = consumer.commit(&list, CommitMode::Sync);
                consumer.context().report(Signal::Commit(ended));
            }
        });
        let thread = thread.map_err(|error| LogError::Client(error.into()))?;
        Ok(Self { committer: Some(Committer { lists, thread }), ..Self::to_nobody() })
    }

    /// Asks for a commit of these offsets.
    pub(super) fn ask(&mut self, offsets: impl IntoIterator<Item = (TopicPartition, i64)>) {
        if self.committer.is_some() {
            self.next.extend(offsets);
        }
    }

    /// Sends what was asked for, unless a commit is on its way.
    pub(super) fn send(&mut self, names: &Names) -> KafkaResult<()> {
        let Some(committer) = &self.committer else { return Ok(()) };
        if self.in_flight || self.next.is_empty() {
            return Ok(());
        }
        let list = names.positions(self.next.drain())?;
        self.in_flight = committer.lists.send(list).is_ok();
        Ok(())
    }

    /// Notes that the commit on its way has ended.
    pub(super) fn ended(&mut self) {
        self.in_flight = false;
    }

    /// Forgets what was asked for partitions that are no longer ours.
    pub(super) fn forget(&mut self, partitions: &[TopicPartition]) {
        self.next.retain(|at, _| !partitions.contains(at));
    }

    /// Whether every commit asked for has been answered.
    pub(super) fn is_idle(&self) -> bool {
        !self.in_flight && self.next.is_empty()
    }

    /// Sends what is left and waits for the last answer.
    pub(super) fn finish(&mut self, names: &Names) {
        self.in_flight = false;
        if let Err(error) = self.send(names) {
            tracing::warn!(%error, "the last commit cannot be sent");
        }
        if let Some(Committer { lists, thread }) = self.committer.take() {
            drop(lists);
            if thread.join().is_err() {
                tracing::error!("the committing thread panicked");
            }
        }
    }
}

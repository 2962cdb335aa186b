//! The handle of a tail. The reading is done by a thread of its own, see [`super::reader`].

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use cart_schemas::topic::Topic;
use tokio::sync::{mpsc as events, oneshot};

use super::reader::{Command, Event, Reader, Tag};
use super::{KafkaSettings, client};
use crate::log::{LogError, Start, Tail, TailEvent, TopicPartition};

/// How many events may wait for [`Tail::next`]: enough for many small ones. Each batch of records
/// among them holds 1 MiB at most.
const EVENTS: usize = 128;

/// How long [`Tail::close`] waits for the goodbye to the group.
const GOODBYE: Duration = Duration::from_secs(10);

/// A reader of partitions in Kafka. Dropping it leaves the group as [`Tail::close`] does, without
/// waiting for it.
pub struct KafkaTail {
    commands: mpsc::Sender<Command>,
    events: events::Receiver<Event>,
    /// Which records of a partition are current: those since it was assigned and last rewound.
    tags: HashMap<TopicPartition, Tag>,
    ended: oneshot::Receiver<()>,
}

impl KafkaTail {
    pub(super) fn subscribe(
        settings: &Arc<KafkaSettings>,
        group: &str,
        topic: Topic,
    ) -> Result<Self, LogError> {
        Self::start_reading(|commands, events| {
            Reader::of_group(settings, (group, topic), commands, events)
        })
    }

    pub(super) fn assign(
        settings: &Arc<KafkaSettings>,
        starts: Vec<(TopicPartition, Start)>,
    ) -> Result<Self, LogError> {
        Self::start_reading(|commands, events| {
            Reader::without_group(settings, starts, commands, events)
        })
    }

    fn start_reading(
        reader: impl FnOnce(mpsc::Receiver<Command>, events::Sender<Event>) -> Result<Reader, LogError>,
    ) -> Result<Self, LogError> {
        let (commands, orders) = mpsc::channel();
        let (news, events) = events::channel(EVENTS);
        let (ending, ended) = oneshot::channel();
        let reader = reader(orders, news)?;
        client::spawn("kafka-tail", move || {
            reader.run();
            drop::<oneshot::Sender<()>>(ending);
        })?;
        Ok(Self { commands, events, tags: HashMap::new(), ended })
    }

    fn command(&self, command: Command) {
        // A reader that has ended says so as an event.
        drop(self.commands.send(command));
    }

    /// These positions with the assignment they were made under; none of a partition not ours.
    fn tagged(&self, positions: &[(TopicPartition, i64)]) -> Vec<(TopicPartition, Tag, i64)> {
        let tag = |(at, offset): &(TopicPartition, i64)| {
            self.tags.get(at).map(|tag| (*at, *tag, *offset))
        };
        positions.iter().filter_map(tag).collect()
    }

    /// The event for the caller; `None` for records that a rewind made stale.
    fn admit(&mut self, event: Event) -> Option<TailEvent> {
        Some(match event {
            Event::Records(at, tag, records) => {
                if self.tags.get(&at) != Some(&tag) {
                    return None;
                }
                TailEvent::Records(at, records)
            }
            Event::Assigned(tag, partitions) => {
                self.tags.extend(partitions.iter().map(|at| (*at, tag)));
                TailEvent::Assigned(partitions)
            }
            Event::Revoking(partitions) => TailEvent::Revoking(partitions),
            Event::Lost(partitions) => {
                self.tags.retain(|at, _| !partitions.contains(at));
                TailEvent::Lost(partitions)
            }
            Event::Committed => TailEvent::Committed,
            Event::CommitFailed(error) => TailEvent::CommitFailed(error),
            Event::Trouble(error) => TailEvent::Trouble(error),
            Event::Ended(error) => TailEvent::Ended(error),
        })
    }
}

impl fmt::Debug for KafkaTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaTail").field("partitions", &self.tags.len()).finish_non_exhaustive()
    }
}

impl Tail for KafkaTail {
    async fn next(&mut self) -> TailEvent {
        loop {
            let Some(event) = self.events.recv().await else { return TailEvent::Ended(None) };
            if let Some(event) = self.admit(event) {
                return event;
            }
        }
    }

    fn start(&mut self, offsets: &[(TopicPartition, i64)]) {
        self.command(Command::Start(self.tagged(offsets)));
    }

    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) {
        self.command(Command::Commit(self.tagged(offsets)));
    }

    fn pause(&mut self, at: TopicPartition) {
        if let Some(tag) = self.tags.get(&at) {
            self.command(Command::Pause(at, *tag));
        }
    }

    fn resume(&mut self, at: TopicPartition) {
        if let Some(tag) = self.tags.get(&at) {
            self.command(Command::Resume(at, *tag));
        }
    }

    fn rewind(&mut self, at: TopicPartition, offset: i64) {
        if let Some(tag) = self.tags.get_mut(&at) {
            *tag = tag.rewound();
            let tag = *tag;
            self.command(Command::Rewind(at, tag, offset));
        }
    }

    fn release(&mut self, at: &[TopicPartition]) {
        let released = at.iter().filter_map(|at| self.tags.remove(at).map(|tag| (*at, tag)));
        let released = released.collect();
        self.command(Command::Release(released));
    }

    async fn close(self) {
        let Self { commands, events, tags: _, ended } = self;
        // The reader ends when nobody can command it any more.
        drop((commands, events));
        if tokio::time::timeout(GOODBYE, ended).await.is_err() {
            tracing::warn!("kafka tail has not left its group within {GOODBYE:?}");
        }
    }
}

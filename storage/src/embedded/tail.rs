//! A reader of partitions. It pulls: nothing is fetched ahead, so nothing can be stale.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cart_schemas::partition::Partition;
use cart_schemas::topic::Topic;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::absent;
use super::groups::{GroupKey, MemberId, Word};
use super::op::{Op, Queue};
use super::places::Places;
use super::shared::{Shared, Written};
use crate::log::{LogError, Start, Tail, TailEvent, TopicPartition};

/// How long revoked partitions may take to be released.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);

/// A reader of partitions in a data folder. Dropping it leaves the group as [`Tail::close`] does,
/// without waiting for it.
pub struct EmbeddedTail {
    shared: Arc<Shared>,
    queue: Queue,
    written: watch::Receiver<Written>,
    membership: Option<Membership>,
    places: Places,
    drain: Option<Drain>,
    /// The partitions of a tail without a group, until it has told them.
    live: Option<Vec<TopicPartition>>,
}

struct Membership {
    member: MemberId,
    group: GroupKey,
    words: mpsc::UnboundedReceiver<Word>,
}

/// A revocation that waits for its partitions to be released.
struct Drain {
    until: Instant,
    waiting: Vec<TopicPartition>,
    partitions: Vec<TopicPartition>,
}

impl fmt::Debug for EmbeddedTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedTail").field("places", &self.places).finish_non_exhaustive()
    }
}

impl EmbeddedTail {
    pub(super) fn subscribe(engine: (&Arc<Shared>, &Queue), group: &str, topic: Topic) -> Self {
        let group = GroupKey { name: Arc::from(group), topic };
        let (member, words) = engine.0.groups().join(&group, engine.0.count(topic));
        let mut tail = Self::idle(engine);
        tail.membership = Some(Membership { member, group, words });
        tail
    }

    pub(super) fn assign(
        engine: (&Arc<Shared>, &Queue),
        starts: &[(TopicPartition, Start)],
    ) -> Result<Self, LogError> {
        let mut tail = Self::idle(engine);
        for (at, start) in starts {
            let bounds = engine.0.held(*at).ok_or_else(|| absent(*at))?.bounds();
            let next = match start {
                Start::Beginning => bounds.start,
                Start::End => bounds.end,
                Start::At(offset) => *offset,
            };
            tail.places.add(*at, Some(next));
        }
        tail.live = Some(starts.iter().map(|(at, _)| *at).collect());
        Ok(tail)
    }

    fn idle((shared, queue): (&Arc<Shared>, &Queue)) -> Self {
        Self {
            shared: Arc::clone(shared),
            queue: queue.clone(),
            written: shared.written.subscribe(),
            membership: None,
            places: Places::default(),
            drain: None,
            live: None,
        }
    }

    /// Acts on a word of the group.
    fn learn(&mut self, word: Word) -> Option<TailEvent> {
        let topic = self.membership.as_ref()?.group.topic;
        let places = |all: Vec<Partition>| {
            all.into_iter().map(|partition| TopicPartition { topic, partition }).collect::<Vec<_>>()
        };
        Some(match word {
            Word::Assigned(partitions) => {
                let partitions = places(partitions);
                partitions.iter().for_each(|at| self.places.add(*at, None));
                TailEvent::Assigned(partitions)
            }
            Word::Revoking(partitions) => {
                let partitions = places(partitions);
                let (until, waiting) = (Instant::now() + DRAIN_WITHIN, partitions.clone());
                self.drain = Some(Drain { until, waiting, partitions: partitions.clone() });
                TailEvent::Revoking(partitions)
            }
            Word::Committed => TailEvent::Committed,
            Word::NotYours => {
                TailEvent::CommitFailed(LogError::Unreachable("the partition is not ours".into()))
            }
        })
    }

    /// Gives revoked partitions up.
    fn give_up(&mut self) {
        let Some(Drain { partitions, .. }) = self.drain.take() else { return };
        self.places.remove(&partitions);
        if let Some(Membership { member, group, .. }) = &self.membership {
            let group = group.clone();
            self.queue.order(Op::Release { member: *member, group, partitions });
        }
    }

    /// Leaves the group, once.
    fn leave(&mut self, left: Option<oneshot::Sender<()>>) {
        if let Some(Membership { member, group, .. }) = self.membership.take() {
            self.queue.order(Op::Leave { member, group, left });
        }
    }
}

/// The next word of a group; never one without a group.
async fn word(membership: &mut Option<Membership>) -> Option<Word> {
    match membership {
        Some(membership) => membership.words.recv().await,
        None => std::future::pending().await,
    }
}

async fn drained(drain: Option<&Drain>) {
    match drain {
        Some(drain) => tokio::time::sleep_until(drain.until).await,
        None => std::future::pending().await,
    }
}

impl Tail for EmbeddedTail {
    async fn next(&mut self) -> TailEvent {
        if let Some(partitions) = self.live.take() {
            return TailEvent::Assigned(partitions);
        }
        loop {
            // Words come first: records of a partition that is revoked must not.
            let told = self.membership.as_mut().and_then(|member| member.words.try_recv().ok());
            if let Some(event) = told.and_then(|word| self.learn(word)) {
                return event;
            }
            let closed = self.written.borrow_and_update().closed;
            if self.drain.is_none()
                && let Some(event) = self.places.read(&self.shared).await
            {
                return event;
            }
            if closed {
                return TailEvent::Ended(None);
            }
            tokio::select! {
                biased;
                word = word(&mut self.membership) => {
                    if let Some(event) = word.and_then(|word| self.learn(word)) {
                        return event;
                    }
                }
                () = drained(self.drain.as_ref()) => self.give_up(),
                // The sender lives as long as this tail.
                _ = self.written.changed() => {}
            }
        }
    }

    fn start(&mut self, offsets: &[(TopicPartition, i64)]) {
        for (at, offset) in offsets {
            self.places.start(*at, *offset);
        }
    }

    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) {
        let ours = offsets.iter().filter(|(at, _)| self.places.hold(*at));
        let offsets: Vec<_> = ours.copied().collect();
        if let Some(Membership { member, group, .. }) = &self.membership
            && !offsets.is_empty()
        {
            let group = group.clone();
            self.queue.order(Op::Commit { member: *member, group, offsets });
        }
    }

    fn pause(&mut self, at: TopicPartition) {
        self.places.pause(at, true);
    }

    fn resume(&mut self, at: TopicPartition) {
        self.places.pause(at, false);
    }

    fn rewind(&mut self, at: TopicPartition, offset: i64) {
        self.places.rewind(at, offset);
    }

    fn release(&mut self, at: &[TopicPartition]) {
        let Some(drain) = &mut self.drain else { return };
        drain.waiting.retain(|waiting| !at.contains(waiting));
        if drain.waiting.is_empty() {
            self.give_up();
        }
    }

    async fn close(mut self) {
        let (left, leaving) = oneshot::channel();
        let is_member = self.membership.is_some();
        self.leave(Some(left));
        if is_member {
            // An engine that is closed has no groups any more.
            drop(leaving.await);
        }
    }
}

impl Drop for EmbeddedTail {
    fn drop(&mut self) {
        self.leave(None);
    }
}

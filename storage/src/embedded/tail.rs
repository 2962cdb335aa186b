//! A reader of partitions. It pulls: nothing is fetched ahead, so nothing can be stale.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cart_schemas::partition::Partition;
use cart_schemas::topic::Topic;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::groups::{GroupKey, MemberId, Word};
use super::held::Read;
use super::op::{Op, Queue};
use super::shared::{Shared, Written};
use super::{absent, read};
use crate::log::{LogError, Start, Tail, TailEvent, TopicPartition};

/// How long revoked partitions may take to be released.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);
/// How long a tail waits before it asks a disk that failed again.
const AGAIN: Duration = Duration::from_millis(200);

/// A reader of partitions in a data folder. Dropping it leaves the group as [`Tail::close`] does,
/// without waiting for it.
pub struct EmbeddedTail {
    shared: Arc<Shared>,
    queue: Queue,
    written: watch::Receiver<Written>,
    membership: Option<Membership>,
    shares: Vec<Share>,
    /// Which share is looked at first, so that a busy one starves no other.
    turn: usize,
    drain: Option<Drain>,
    /// The partitions of a tail without a group, until it has told them.
    live: Option<Vec<TopicPartition>>,
}

struct Membership {
    member: MemberId,
    group: GroupKey,
    words: mpsc::UnboundedReceiver<Word>,
}

/// A partition of ours.
#[derive(Debug)]
struct Share {
    at: TopicPartition,
    /// The offset of the next record; `None` until started.
    next: Option<i64>,
    paused: bool,
    /// It stands at an offset the log does not have.
    stuck: bool,
}

/// A revocation that waits for its partitions to be released.
struct Drain {
    until: Instant,
    waiting: Vec<TopicPartition>,
    partitions: Vec<TopicPartition>,
}

impl fmt::Debug for EmbeddedTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedTail").field("shares", &self.shares).finish_non_exhaustive()
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
            tail.shares.push(Share::new(*at, Some(next)));
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
            shares: Vec::new(),
            turn: 0,
            drain: None,
            live: None,
        }
    }

    fn share(&mut self, at: TopicPartition) -> Option<&mut Share> {
        self.shares.iter_mut().find(|share| share.at == at)
    }

    /// The next records of any partition, or why there will be none.
    async fn read(&mut self) -> Option<TailEvent> {
        let count = self.shares.len();
        for place in 0..count {
            let number = (self.turn + place) % count.max(1);
            let Some((at, next)) = self.shares.get(number).and_then(Share::wanted) else {
                continue;
            };
            let read = self.shared.held(at).map(|held| held.read(next));
            let (records, next) = match read {
                None | Some(Read::AtEnd) => continue,
                Some(Read::Records(records)) => {
                    let next = records.last().map_or(next, |record| record.offset + 1);
                    (records, next)
                }
                Some(Read::OnDisk(range)) => match read::from_disk(&self.shared, at, range).await {
                    Ok(read) => read,
                    Err(error) => return Some(self.in_trouble(error).await),
                },
                Some(Read::Outside(bounds)) => {
                    if let Some(share) = self.shares.get_mut(number) {
                        share.stuck = true;
                    }
                    let what = format!("{}/{}: {next} of {bounds:?}", at.topic, at.partition);
                    return Some(TailEvent::Trouble(LogError::OutOfRange(what)));
                }
            };
            self.turn = number + 1;
            if let Some(share) = self.shares.get_mut(number) {
                share.next = Some(next);
            }
            if !records.is_empty() {
                return Some(TailEvent::Records(at, records));
            }
        }
        None
    }

    async fn in_trouble(&self, error: LogError) -> TailEvent {
        tokio::time::sleep(AGAIN).await;
        let ends = matches!(error, LogError::Fatal(_));
        if ends { TailEvent::Ended(Some(error)) } else { TailEvent::Trouble(error) }
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
                self.shares.extend(partitions.iter().map(|at| Share::new(*at, None)));
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
        self.shares.retain(|share| !partitions.contains(&share.at));
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

impl Share {
    const fn new(at: TopicPartition, next: Option<i64>) -> Self {
        Self { at, next, paused: false, stuck: false }
    }

    /// What is to be read of it, and from where.
    fn wanted(&self) -> Option<(TopicPartition, i64)> {
        self.next.filter(|_| !self.paused && !self.stuck).map(|next| (self.at, next))
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
                && let Some(event) = self.read().await
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
            if let Some(share) = self.share(*at) {
                share.next.get_or_insert(*offset);
            }
        }
    }

    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) {
        let ours = |at: &TopicPartition| self.shares.iter().any(|share| share.at == *at);
        let offsets: Vec<_> = offsets.iter().filter(|(at, _)| ours(at)).copied().collect();
        if let Some(Membership { member, group, .. }) = &self.membership
            && !offsets.is_empty()
        {
            let group = group.clone();
            self.queue.order(Op::Commit { member: *member, group, offsets });
        }
    }

    fn pause(&mut self, at: TopicPartition) {
        if let Some(share) = self.share(at) {
            share.paused = true;
        }
    }

    fn resume(&mut self, at: TopicPartition) {
        if let Some(share) = self.share(at) {
            share.paused = false;
        }
    }

    fn rewind(&mut self, at: TopicPartition, offset: i64) {
        if let Some(share) = self.share(at).filter(|share| share.next.is_some()) {
            (share.next, share.stuck) = (Some(offset), false);
        }
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

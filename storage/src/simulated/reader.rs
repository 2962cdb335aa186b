//! The world's end of a tail: its partitions and the events that wait for it. Pure; knows no
//! records but those it holds, and no time.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use cart_schemas::topic::Topic;

use super::ClientId;
use crate::log::{Start, TailEvent, TopicPartition};

/// How many events may wait before nothing more is fetched.
const EVENTS_MAX: usize = 64;

/// What a tail has and waits for.
pub(super) struct Reader {
    pub(super) client: ClientId,
    /// The topic its group shares; none without a group.
    topic: Option<Topic>,
    /// Where it begins, until it is live; for a tail without a group.
    pub(super) starts: Vec<(TopicPartition, Start)>,
    shares: Vec<Share>,
    assignments: u64,
    /// Assignments carry their number.
    events: VecDeque<(u64, TailEvent)>,
    waker: Option<Waker>,
    drain: Option<Drain>,
}

/// A partition it owns, or believes to own.
pub(super) struct Share {
    pub(super) at: TopicPartition,
    assignment: u64,
    /// Its user knows of the assignment: before that, what it asks for is meant for another one.
    known: bool,
    /// The offset of the next record; `None` until started.
    pub(super) next: Option<i64>,
    /// The fetch under way.
    pub(super) fetching: Option<u64>,
    paused: bool,
    leaving: bool,
    released: bool,
    /// It stands at an offset the log does not have.
    pub(super) stuck: bool,
}

/// A revocation that waits for its partitions to be released.
struct Drain {
    number: u64,
    partitions: Vec<TopicPartition>,
    held: Vec<TopicPartition>,
}

impl Share {
    /// Where to read on, if that is wanted.
    pub(super) fn wanted(&self) -> Option<i64> {
        self.next.filter(|_| !self.leaving && !self.paused && !self.stuck)
    }
}

impl Reader {
    pub(super) const fn new(client: ClientId, topic: Option<Topic>) -> Self {
        Self {
            client,
            topic,
            starts: Vec::new(),
            shares: Vec::new(),
            assignments: 0,
            events: VecDeque::new(),
            waker: None,
            drain: None,
        }
    }

    pub(super) const fn topic(&self) -> Option<Topic> {
        self.topic
    }

    /// Whether it has room for more records, and may be given some.
    pub(super) fn is_open(&self) -> bool {
        self.drain.is_none() && self.events.len() < EVENTS_MAX
    }

    pub(super) fn share(&mut self, at: TopicPartition) -> Option<&mut Share> {
        self.shares.iter_mut().find(|share| share.at == at)
    }

    /// The partition at this place among its own.
    pub(super) fn place(&self, number: usize) -> Option<TopicPartition> {
        self.shares.get(number).map(|share| share.at)
    }

    /// The share, if its user knows of it.
    fn known(&mut self, at: TopicPartition) -> Option<&mut Share> {
        self.share(at).filter(|share| share.known)
    }

    /// Takes partitions on, and begins those whose offsets are given.
    pub(super) fn grant(&mut self, partitions: &[(TopicPartition, Option<i64>)]) {
        self.assignments += 1;
        self.shares.retain(|share| partitions.iter().all(|(at, _)| *at != share.at));
        self.shares.extend(partitions.iter().map(|(at, next)| Share {
            at: *at,
            assignment: self.assignments,
            known: false,
            next: *next,
            fetching: None,
            paused: false,
            leaving: false,
            released: false,
            stuck: false,
        }));
        let partitions = partitions.iter().map(|(at, _)| *at).collect();
        self.push(TailEvent::Assigned(partitions));
    }

    /// Starts a partition, if it waits for that.
    pub(super) fn start(&mut self, at: TopicPartition, offset: i64) {
        if let Some(share) = self.known(at)
            && !share.leaving
        {
            share.next.get_or_insert(offset);
        }
    }

    pub(super) fn pause(&mut self, at: TopicPartition, paused: bool) {
        if let Some(share) = self.known(at) {
            share.paused = paused;
        }
    }

    /// Moves a partition that is being read to an offset, and forgets its records that wait.
    pub(super) fn rewind(&mut self, at: TopicPartition, offset: i64) {
        let live = |share: &&mut Share| share.next.is_some() && !share.leaving;
        if let Some(share) = self.known(at).filter(live) {
            (share.next, share.fetching, share.stuck) = (Some(offset), None, false);
            self.withdraw(|of| of == at);
        }
    }

    pub(super) fn may_commit(&self, at: TopicPartition) -> bool {
        self.shares.iter().any(|share| share.at == at && share.known && !share.released)
    }

    /// Stops reading partitions until they are released.
    pub(super) fn begin_drain(&mut self, partitions: Vec<TopicPartition>, number: u64) {
        for share in &mut self.shares {
            share.leaving |= partitions.contains(&share.at);
        }
        self.drain =
            Some(Drain { number, held: partitions.clone(), partitions: partitions.clone() });
        self.push(TailEvent::Revoking(partitions));
    }

    /// Notes released partitions; `true` if they were the last of a revocation.
    pub(super) fn release(&mut self, partitions: &[TopicPartition]) -> bool {
        let Some(drain) = &mut self.drain else { return false };
        let known = self.shares.iter_mut().filter(|share| share.known);
        for share in known.filter(|share| partitions.contains(&share.at)) {
            share.released |= drain.held.contains(&share.at);
            drain.held.retain(|at| *at != share.at);
        }
        drain.held.is_empty()
    }

    /// Whether this is the revocation that waits.
    pub(super) fn is_draining(&self, number: u64) -> bool {
        self.drain.as_ref().is_some_and(|drain| drain.number == number)
    }

    /// Ends a revocation and tells what is given up.
    pub(super) fn end_drain(&mut self) -> Vec<TopicPartition> {
        let given_up = self.drain.take().map(|drain| drain.partitions).unwrap_or_default();
        self.shares.retain(|share| !given_up.contains(&share.at));
        given_up
    }

    /// Loses every partition, with the records that wait, and tells which.
    pub(super) fn lose_all(&mut self) -> Vec<TopicPartition> {
        self.drain = None;
        let lost: Vec<_> = self.shares.drain(..).map(|share| share.at).collect();
        self.withdraw(|_| true);
        if !lost.is_empty() {
            self.push(TailEvent::Lost(lost.clone()));
        }
        lost
    }

    fn withdraw(&mut self, stale: impl Fn(TopicPartition) -> bool) {
        self.events.retain(|(_, event)| !matches!(event, TailEvent::Records(at, _) if stale(*at)));
    }

    /// Adds an event.
    pub(super) fn push(&mut self, event: TailEvent) {
        self.events.push_back((self.assignments, event));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Takes the next event, and tells whether it was the one for which there was no room.
    pub(super) fn poll(&mut self, context: &Context<'_>) -> Poll<(TailEvent, bool)> {
        let was_full = self.events.len() >= EVENTS_MAX;
        let Some((assignment, event)) = self.events.pop_front() else {
            self.waker = Some(context.waker().clone());
            return Poll::Pending;
        };
        if matches!(event, TailEvent::Assigned(_)) {
            for share in self.shares.iter_mut().filter(|share| share.assignment == assignment) {
                share.known = true;
            }
        }
        Poll::Ready((event, was_full && self.events.len() < EVENTS_MAX))
    }
}

//! Answers to the group: what is assigned, revoked, released and lost, and the leaving.

use std::collections::HashSet;
use std::time::Instant;

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaResult;

use super::shares::Tag;
use super::signals::Signal;
use super::{DRAIN, Event, Reader};
use crate::log::{LogError, TopicPartition};

/// Partitions the group takes back.
pub(super) struct Revocation {
    partitions: Vec<TopicPartition>,
    /// Those not released yet.
    held: HashSet<TopicPartition>,
    deadline: Instant,
}

impl Reader {
    /// Acts on what was reported.
    pub(super) fn answer(&mut self) {
        while let Some(signal) = self.consumer.context().next() {
            match signal {
                Signal::Assign(partitions) => self.accept(partitions),
                Signal::Revoke(partitions) => self.begin_drain(partitions),
                Signal::Lost(partitions) => self.drop_lost(partitions),
                Signal::Commit(result) => {
                    self.commits.ended();
                    self.tell_of_commit(result);
                }
            }
        }
        self.send_commits();
        self.end_drain();
    }

    /// Commits for partitions that are still ours.
    pub(super) fn commit(&mut self, mut offsets: Vec<(TopicPartition, Tag, i64)>) {
        offsets.retain(|(at, tag, _)| self.shares.owns(*at, *tag));
        self.commits.ask(offsets.into_iter().map(|(at, _, offset)| (at, offset)));
        self.send_commits();
    }

    fn send_commits(&mut self) {
        if let Err(error) = self.commits.send(&self.names) {
            self.tell_of_commit(Err(error));
        }
    }

    fn tell_of_commit(&mut self, result: KafkaResult<()>) {
        self.outbox.push(match result {
            Ok(()) => Event::Committed,
            Err(error) => Event::CommitFailed(LogError::Unreachable(error.into())),
        });
    }

    fn accept(&mut self, partitions: Vec<TopicPartition>) {
        self.give_up();
        let accepted = self.consumer.incremental_assign(&self.names.list([]));
        self.must(accepted);
        self.fetch_again(self.shares.positions());
        let tag = self.shares.grant(&partitions);
        self.outbox.push(Event::Assigned(tag, partitions));
    }

    fn begin_drain(&mut self, partitions: Vec<TopicPartition>) {
        self.give_up();
        self.shares.leave(&partitions);
        self.outbox.withdraw(&partitions);
        if partitions.is_empty() {
            self.unassign(&partitions);
            return;
        }
        self.revocation = Some(Revocation {
            partitions: partitions.clone(),
            held: partitions.iter().copied().collect(),
            deadline: Instant::now() + DRAIN,
        });
        self.outbox.push(Event::Revoking(partitions));
    }

    fn drop_lost(&mut self, partitions: Vec<TopicPartition>) {
        self.give_up();
        self.outbox.withdraw(&partitions);
        self.unassign(&partitions);
        if !partitions.is_empty() {
            self.outbox.push(Event::Lost(partitions));
        }
    }

    /// Notes what the tail has finished with.
    pub(super) fn release(&mut self, partitions: &[(TopicPartition, Tag)]) {
        let Some(revocation) = &mut self.revocation else { return };
        for (at, tag) in partitions {
            if self.shares.owns(*at, *tag) {
                revocation.held.remove(at);
            }
        }
    }

    /// Gives revoked partitions up when all are released and the commits before that answered,
    /// or when it has taken too long.
    fn end_drain(&mut self) {
        let Some(revocation) = &self.revocation else { return };
        let drained = revocation.held.is_empty() && self.commits.is_idle();
        if !drained && Instant::now() < revocation.deadline {
            return;
        }
        if !drained {
            tracing::warn!("partitions of {} were not released within {DRAIN:?}", self.subject);
        }
        self.give_up();
    }

    /// Answers the revocation that waits, if one does.
    fn give_up(&mut self) {
        if let Some(revocation) = self.revocation.take() {
            self.unassign(&revocation.partitions);
        }
    }

    /// Takes partitions out of what is fetched; the group learns of it.
    fn unassign(&mut self, partitions: &[TopicPartition]) {
        self.commits.forget(partitions);
        let removed = self.shares.remove(partitions);
        if !removed.paused.is_empty() {
            let resumed = self.consumer.resume(&self.names.list(removed.paused));
            self.must(resumed);
        }
        let unassigned = self.consumer.incremental_unassign(&self.names.list(removed.started));
        self.must(unassigned);
        self.fetch_again(self.shares.positions());
    }

    /// What only a broken client refuses: going on without it would be a silent standstill.
    pub(super) fn must(&mut self, done: KafkaResult<()>) {
        if let Err(error) = done {
            self.outbox.end(LogError::Fatal(error.into()));
        }
    }

    /// Leaves the group, after the last commit. Blocks until that is done.
    pub(super) fn leave(mut self) {
        self.commits.finish(&self.names);
        // A rebalance without an answer would keep the consumer from closing for ever.
        self.answer();
        self.give_up();
        self.consumer.context().close();
        // Nobody else holds the consumer any more: dropping it says goodbye.
        drop(self.consumer);
    }
}

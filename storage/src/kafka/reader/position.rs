//! Where partitions are read from: starts, of tails without a group too, and rewinds.

use std::time::Instant;

use rdkafka::Offset;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaResult;

use super::shares::Tag;
use super::{BOUNDS, Event, Reader};
use crate::kafka::query;
use crate::log::{LogError, Start, TopicPartition};

impl Reader {
    /// Begins a tail without a group, once its starts are known as offsets.
    pub(super) fn go_live(&mut self) {
        if Instant::now() < self.retry {
            return;
        }
        let Some(starts) = self.starts.take() else { return };
        match self.resolve(&starts) {
            Ok(positions) => {
                let partitions: Vec<_> = starts.iter().map(|(at, _)| *at).collect();
                let tag = self.shares.grant(&partitions);
                self.start(positions.into_iter().map(|(at, offset)| (at, tag, offset)).collect());
                self.outbox.push(Event::Assigned(tag, partitions));
            }
            Err(error) => {
                self.outbox.trouble(error);
                self.starts = Some(starts);
                self.retry = Instant::now() + BOUNDS;
            }
        }
    }

    /// The offsets of starts. What is appended after this lies behind the ends found.
    fn resolve(
        &self,
        starts: &[(TopicPartition, Start)],
    ) -> Result<Vec<(TopicPartition, i64)>, LogError> {
        let bounds = |at| query::bounds(&self.consumer, &self.names, at, BOUNDS);
        let offset = |at, start| match start {
            Start::Beginning => bounds(at).map(|bounds| bounds.start),
            Start::End => bounds(at).map(|bounds| bounds.end),
            Start::At(offset) => Ok(offset),
        };
        starts.iter().map(|(at, start)| Ok((*at, offset(*at, *start)?))).collect()
    }

    /// Adds started partitions to what is fetched.
    pub(super) fn start(&mut self, mut positions: Vec<(TopicPartition, Tag, i64)>) {
        positions.retain(|(at, tag, offset)| self.shares.start(*at, *tag, *offset));
        if positions.is_empty() {
            return;
        }
        let added = self.add(positions.into_iter().map(|(at, _, offset)| (at, offset)));
        self.must(added);
    }

    fn add(&self, positions: impl Iterator<Item = (TopicPartition, i64)>) -> KafkaResult<()> {
        self.consumer.incremental_assign(&self.names.positions(positions)?)
    }

    pub(super) fn rewind(&mut self, at: TopicPartition, tag: Tag, offset: i64) {
        if !self.shares.rewind(at, tag, offset) {
            return;
        }
        self.outbox.withdraw(&[at]);
        // A seek makes stale at once what is fetched already. It fails where the fetching has not
        // begun, or has stopped at an offset that does not exist.
        let (topic, number) = (self.names.of(at.topic), i32::from(at.partition.number()));
        let sought = self.consumer.seek(topic, number, Offset::Offset(offset), BOUNDS);
        if sought.is_err() {
            let removed = self.consumer.incremental_unassign(&self.names.list([at]));
            let moved = removed.and_then(|()| self.add([(at, offset)].into_iter()));
            self.must(moved);
        }
    }

    /// Pauses and resumes what is to be.
    pub(super) fn settle(&mut self) {
        self.choked = self.outbox.is_choked(self.choked);
        let (pause, resume) = self.shares.settle(self.choked);
        if !pause.is_empty() {
            let paused = self.consumer.pause(&self.names.list(pause));
            self.must(paused);
        }
        if !resume.is_empty() {
            let resumed = self.consumer.resume(&self.names.list(resume.iter().map(|(at, _)| *at)));
            self.must(resumed);
            self.fetch_again(resume);
        }
    }

    /// Has partitions fetched at once that librdkafka has just resumed. Left alone, its thread
    /// that fetches may sleep for another second: only a seek wakes it.
    pub(super) fn fetch_again(&self, positions: Vec<(TopicPartition, i64)>) {
        if positions.is_empty() {
            return;
        }
        let list = self.names.positions(positions);
        let woken = list.and_then(|list| self.consumer.seek_partitions(list, BOUNDS));
        if let Err(error) = woken {
            tracing::debug!(%error, "kafka consumer does not fetch {} at once", self.subject);
        }
    }
}

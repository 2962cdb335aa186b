//! Tails in the world: how they begin, are read from, are fed with records, and end.

use std::task::{Context, Poll};

use tokio::sync::oneshot;

use super::agenda::{Event, TailId};
use super::links::Word;
use super::questions::unreachable;
use super::reader::Reader;
use super::state::State;
use super::{ClientId, Fault, What};
use crate::log::{LogError, Start, TailEvent, TopicPartition};

/// How many records one fetch brings at most.
const RECORDS_MAX: usize = 512;

impl State {
    /// A tail without a group is made.
    pub(super) fn assign(
        &mut self,
        client: ClientId,
        starts: Vec<(TopicPartition, Start)>,
    ) -> TailId {
        let tail = TailId(self.number());
        if self.admits(client) {
            let mut reader = Reader::new(client, None);
            reader.starts = starts;
            self.tails.insert(tail, reader);
            let hop = self.hop();
            self.plan(hop, Event::GoLive(tail));
        }
        tail
    }

    /// A tail without a group begins, once all its partitions are there.
    pub(super) fn go_live(&mut self, tail: TailId) {
        let Some(reader) = self.tails.get(&tail) else { return };
        let client = reader.client;
        if let Some(client) = self.clients.get_mut(client.0).filter(|client| client.frozen) {
            client.parked.push(Event::GoLive(tail));
            return;
        }
        let offset = |(at, start): &(TopicPartition, Start)| {
            let bounds = self.bounds_now(*at)?;
            let offset = match start {
                Start::Beginning => bounds.start,
                Start::End => bounds.end,
                Start::At(offset) => *offset,
            };
            Ok((*at, Some(offset)))
        };
        let offsets: Result<Vec<_>, LogError> = reader.starts.iter().map(offset).collect();
        match offsets {
            Ok(offsets) => self.accept(tail, &offsets),
            Err(error) => self.push_event(tail, TailEvent::Trouble(error)),
        }
        self.observe(client, What::Answered("live"));
    }

    /// A tail takes partitions on.
    pub(super) fn accept(&mut self, tail: TailId, partitions: &[(TopicPartition, Option<i64>)]) {
        for (at, _) in partitions {
            self.topics.join(*at, tail);
        }
        self.with_reader(tail, |reader| reader.grant(partitions));
        self.fetch_all(tail);
    }

    /// Changes what is to be read, at the request of a tail's user.
    pub(super) fn steer(&mut self, tail: TailId, change: impl FnOnce(&mut Reader)) {
        let Some(client) = self.tails.get(&tail).map(|reader| reader.client) else { return };
        let admitted = self.admits(client);
        if let Some(reader) = self.tails.get_mut(&tail).filter(|_| admitted) {
            change(reader);
            self.fetch_all(tail);
        }
    }

    /// Changes a tail, whose process then has something to do.
    pub(super) fn with_reader(&mut self, tail: TailId, change: impl FnOnce(&mut Reader)) {
        let Some(reader) = self.tails.get_mut(&tail) else { return };
        change(reader);
        let client = reader.client;
        self.wake(client);
    }

    /// Gives a tail an event.
    pub(super) fn push_event(&mut self, tail: TailId, event: TailEvent) {
        self.with_reader(tail, |reader| reader.push(event));
    }

    /// Takes the next event of a tail, for ever pending if its process is dead.
    pub(super) fn poll_tail(&mut self, tail: TailId, context: &Context<'_>) -> Poll<TailEvent> {
        let Some(reader) = self.tails.get_mut(&tail) else { return Poll::Pending };
        reader.poll(context).map(|(event, has_room_again)| {
            if has_room_again {
                self.fetch_all(tail);
            }
            event
        })
    }

    /// Fetches for every tail that reads a partition.
    pub(super) fn fetch_for_all(&mut self, at: TopicPartition) {
        let mut number = 0;
        while let Some(tail) = self.topics.reader(at, number) {
            self.fetch(tail, at);
            number += 1;
        }
    }

    /// Fetches for every partition of a tail.
    pub(super) fn fetch_all(&mut self, tail: TailId) {
        let mut number = 0;
        while let Some(at) = self.tails.get(&tail).and_then(|reader| reader.place(number)) {
            self.fetch(tail, at);
            number += 1;
        }
    }

    /// Begins a fetch if something is to be had and none is under way.
    pub(super) fn fetch(&mut self, tail: TailId, at: TopicPartition) {
        let end = self.topics.end(at);
        let Some(reader) = self.tails.get_mut(&tail).filter(|reader| reader.is_open()) else {
            return;
        };
        let reads = self.clients.get(reader.client.0).is_some_and(|client| client.reads());
        let Some(share) = reader.share(at).filter(|_| reads) else { return };
        if share.fetching.is_none() && share.wanted().is_some_and(|next| next != end) {
            self.numbers += 1;
            share.fetching = Some(self.numbers);
            let event = Event::Fetched(tail, at, self.numbers);
            let hop = self.hop();
            self.plan(hop, event);
        }
    }

    /// What was fetched reaches a tail, if that still wants it.
    pub(super) fn fetched(&mut self, tail: TailId, at: TopicPartition, number: u64) {
        let Some(reader) = self.tails.get_mut(&tail) else { return };
        let (client, is_open) = (reader.client, reader.is_open());
        let reads = self.clients.get(client.0).is_some_and(|client| client.reads());
        let Some(share) = reader.share(at).filter(|share| share.fetching == Some(number)) else {
            return;
        };
        share.fetching = None;
        let Some(next) = share.wanted().filter(|_| is_open && reads) else { return };
        let end = self.topics.end(at);
        if next < 0 || next > end {
            share.stuck = true;
            let text = format!("{} [{}] ({next} is not in 0..{end})", at.topic, at.partition);
            self.push_event(tail, TailEvent::Trouble(LogError::OutOfRange(text)));
            return;
        }
        if self.strikes(client, self.weather.trouble, Fault::Trouble) {
            self.push_event(tail, TailEvent::Trouble(unreachable()));
        } else {
            self.hand_over(tail, at, next);
        }
        self.fetch(tail, at);
    }

    /// Gives a tail some of the records from an offset on: mostly all there are.
    fn hand_over(&mut self, tail: TailId, at: TopicPartition, next: i64) {
        let there = self.topics.read(at, next, RECORDS_MAX).len();
        if there == 0 {
            return;
        }
        let few = self.rng.u8(0..4) == 0;
        let count = if few { self.rng.usize(1..=there) } else { there };
        let records = self.topics.read(at, next, count).to_vec();
        let Some(reader) = self.tails.get_mut(&tail) else { return };
        if let Some(share) = reader.share(at) {
            share.next = records.last().map(|last| last.offset + 1);
        }
        let client = reader.client;
        self.push_event(tail, TailEvent::Records(at, records));
        self.observe(client, What::Answered("records"));
    }

    /// A tail is closed, or dropped by a process that goes on.
    pub(super) fn leave(&mut self, tail: TailId, waiting: Option<oneshot::Sender<()>>) {
        let Some(client) = self.tails.get(&tail).map(|reader| reader.client) else { return };
        let speaks = self.admits(client) && self.client(client).is_some_and(|c| c.reads());
        self.forget_tail(tail);
        if !speaks {
            return;
        }
        if self.links.contains_key(&tail) {
            self.say(tail, Word::Leave(waiting));
        } else if let Some(waiting) = waiting {
            let hop = self.hop();
            self.answer(hop, (client, "closed"), waiting, ());
        }
    }

    /// Nothing is read for a tail any more.
    pub(super) fn forget_tail(&mut self, tail: TailId) {
        let mut number = 0;
        while let Some(at) = self.tails.get(&tail).and_then(|reader| reader.place(number)) {
            self.topics.leave(at, tail);
            number += 1;
        }
        self.tails.remove(&tail);
    }
}

//! Membership from both ends: what coordinators do at a member's word, and what members do at
//! theirs.

use cart_schemas::partition::Partition;
use cart_schemas::topic::{PROCESSORS, Topic};

use super::agenda::{Event, TailId};
use super::group::{Group, Orders};
use super::links::{CommitFate, Link, News, Word};
use super::questions::unreachable;
use super::reader::Reader;
use super::state::State;
use super::{ClientId, Fault, What};
use crate::log::{TailEvent, TopicPartition};

impl State {
    /// A tail of a group is made, and asks to join.
    pub(super) fn subscribe(&mut self, client: ClientId, group: &str, topic: Topic) -> TailId {
        let tail = TailId(self.number());
        if self.admits(client) {
            let place = self.groups.iter().position(|known| known.is(group, topic));
            let place = place.unwrap_or_else(|| {
                self.groups.push(Group::new(group, topic, self.topics.count(topic)));
                self.groups.len() - 1
            });
            self.tails.insert(tail, Reader::new(client, Some(topic)));
            self.links.insert(tail, Link::new(client, place));
            self.say(tail, Word::Join);
        }
        tail
    }

    /// A coordinator acts on what a member said.
    pub(super) fn obey(&mut self, tail: TailId, membership: u32, word: Word) {
        let Some(link) = self.links.get(&tail) else { return };
        let (client, place) = (link.client, link.group);
        let alive = self.client(client).is_some_and(|client| !client.dead);
        let Some(group) = self.groups.get_mut(place) else { return };
        let is_member = group.has(tail, membership);
        match word {
            Word::Join if alive => {
                let orders = group.join(tail, client, membership);
                self.order(place, orders);
                self.mind_silence(client);
            }
            Word::Commit(offsets, fate) => {
                let stored = matches!(fate, CommitFate::Answered | CommitFate::StoredInSilence);
                if is_member && stored {
                    self.store_commit((tail, client), place, &offsets);
                }
                if let CommitFate::Answered | CommitFate::Refused = fate {
                    let done = is_member && stored;
                    let news = if done { News::Committed } else { News::CommitRefused };
                    self.tell(tail, membership, news);
                }
            }
            Word::Release(partitions) if is_member => {
                let orders = group.release(tail, &partitions);
                self.order(place, orders);
            }
            Word::Join | Word::Release(_) => {}
            Word::Leave(waiting) => {
                let orders = if is_member { group.leave(tail) } else { Vec::new() };
                self.order(place, orders);
                self.links.remove(&tail);
                if let Some(waiting) = waiting {
                    let hop = self.hop();
                    self.answer(hop, (client, "left"), waiting, ());
                }
            }
        }
    }

    fn store_commit(
        &mut self,
        (tail, client): (TailId, ClientId),
        place: usize,
        offsets: &[(Partition, i64)],
    ) {
        for (partition, offset) in offsets {
            let Some(group) = self.groups.get_mut(place) else { return };
            let stored = group.commit(tail, *partition, *offset);
            if stored && group.is(PROCESSORS, Topic::Commands) {
                let what = What::Committed { partition: *partition, offset: *offset };
                self.observe(client, what);
            }
        }
    }

    /// Sends a coordinator's orders out.
    pub(super) fn order(&mut self, place: usize, orders: Orders) {
        for (tail, order) in orders {
            let member = self.groups.get(place).and_then(|group| group.member(tail));
            if let Some(member) = member {
                self.tell(tail, member.membership, order.into());
            }
        }
    }

    /// A coordinator takes a silent member for gone.
    pub(super) fn expel(&mut self, tail: TailId) {
        let Some(link) = self.links.get(&tail) else { return };
        let (client, place) = (link.client, link.group);
        let Some(group) = self.groups.get_mut(place) else { return };
        let Some(member) = group.member(tail) else { return };
        let orders = group.leave(tail);
        self.inject(client, Fault::MemberExpelled);
        self.order(place, orders);
        if self.client(client).is_some_and(|client| client.dead) {
            self.links.remove(&tail);
        } else {
            self.tell(tail, member.membership, News::Lost);
        }
    }

    /// A member acts on what its coordinator said.
    pub(super) fn learn(&mut self, tail: TailId, membership: u32, news: News) {
        let Some(link) = self.links.get(&tail) else { return };
        let is_current = link.membership == membership;
        let Some(reader) = self.tails.get_mut(&tail) else { return };
        let (client, topic) = (reader.client, reader.topic());
        let place = |partition| Some(TopicPartition { topic: topic?, partition });
        let name = match news {
            News::Assigned(all) if is_current => {
                let all: Vec<_> = all.into_iter().filter_map(place).map(|at| (at, None)).collect();
                self.accept(tail, &all);
                "assigned"
            }
            News::Revoking(all) if is_current => {
                self.begin_drain(tail, all.into_iter().filter_map(place).collect());
                "revoking"
            }
            News::Lost if is_current => {
                self.lose_all(tail);
                "lost"
            }
            News::Assigned(_) | News::Revoking(_) | News::Lost => return,
            News::Committed => {
                self.push_event(tail, TailEvent::Committed);
                "committed"
            }
            News::CommitRefused => {
                self.push_event(tail, TailEvent::CommitFailed(unreachable()));
                "commit refused"
            }
        };
        self.observe(client, What::Answered(name));
    }

    fn begin_drain(&mut self, tail: TailId, partitions: Vec<TopicPartition>) {
        let number = self.number();
        self.with_reader(tail, |reader| reader.begin_drain(partitions, number));
        let drain = i64::from(self.weather.drain);
        self.plan(drain, Event::DrainEnds(tail, number));
    }

    /// The membership is over: nothing is ours any more, and the tail joins again.
    fn lose_all(&mut self, tail: TailId) {
        let Some(reader) = self.tails.get_mut(&tail) else { return };
        let (client, lost) = (reader.client, reader.lose_all());
        for at in lost {
            self.topics.leave(at, tail);
        }
        self.wake(client);
        if let Some(link) = self.links.get_mut(&tail) {
            link.membership += 1;
        }
        self.say(tail, Word::Join);
    }

    /// A tail commits offsets of partitions it believes to own.
    pub(super) fn commit(&mut self, tail: TailId, offsets: &[(TopicPartition, i64)]) {
        let Some(reader) = self.tails.get(&tail) else { return };
        let client = reader.client;
        let ours = offsets.iter().filter(|(at, _)| reader.may_commit(*at));
        let ours: Vec<_> = ours.map(|(at, offset)| (at.partition, *offset)).collect();
        if !self.admits(client) || ours.is_empty() {
            return;
        }
        let (refused, silent) = (self.weather.commit_failed, self.weather.commit_unanswered);
        let fate = if self.strikes(client, refused, Fault::CommitFailed) {
            CommitFate::Refused
        } else if self.strikes(client, silent, Fault::CommitUnanswered) {
            if self.rng.bool() { CommitFate::StoredInSilence } else { CommitFate::Ignored }
        } else {
            CommitFate::Answered
        };
        self.say(tail, Word::Commit(ours, fate));
    }

    /// A tail has finished with revoked partitions.
    pub(super) fn release(&mut self, tail: TailId, partitions: &[TopicPartition]) {
        let Some(client) = self.tails.get(&tail).map(|reader| reader.client) else { return };
        let admitted = self.admits(client);
        let reader = self.tails.get_mut(&tail).filter(|_| admitted);
        if reader.is_some_and(|reader| reader.release(partitions)) {
            self.give_up(tail);
        }
    }

    /// A tail has not finished with revoked partitions in time.
    pub(super) fn end_drain(&mut self, tail: TailId, number: u64) {
        let Some(reader) = self.tails.get(&tail).filter(|reader| reader.is_draining(number)) else {
            return;
        };
        let client = reader.client;
        match self.client_mut(client) {
            Some(client) if client.frozen => client.parked.push(Event::DrainEnds(tail, number)),
            Some(_) => self.give_up(tail),
            None => {}
        }
    }

    fn give_up(&mut self, tail: TailId) {
        let Some(reader) = self.tails.get_mut(&tail) else { return };
        let given_up = reader.end_drain();
        for at in &given_up {
            self.topics.leave(*at, tail);
        }
        self.say(tail, Word::Release(given_up.into_iter().map(|at| at.partition).collect()));
        self.fetch_all(tail);
    }
}

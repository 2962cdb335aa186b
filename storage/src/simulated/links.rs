//! What members and coordinators say to each other: in order, and only while they hear each
//! other. Knows nothing of what it means.

use std::collections::VecDeque;

use cart_schemas::partition::Partition;
use tokio::sync::oneshot;

use super::ClientId;
use super::agenda::{Event, TailId};
use super::state::State;
use crate::shares::Order;

/// What a coordinator says.
#[derive(Debug)]
pub(super) enum News {
    Assigned(Vec<Partition>),
    Revoking(Vec<Partition>),
    /// The membership has ended without the member.
    Lost,
    Committed,
    CommitRefused,
}

impl From<Order> for News {
    fn from(order: Order) -> Self {
        match order {
            Order::Assigned(partitions) => Self::Assigned(partitions),
            Order::Revoking(partitions) => Self::Revoking(partitions),
        }
    }
}

/// What a member says.
pub(super) enum Word {
    Join,
    Commit(Vec<(Partition, i64)>, CommitFate),
    Release(Vec<Partition>),
    /// With who waits for the leaving.
    Leave(Option<oneshot::Sender<()>>),
}

/// What becomes of a commit that is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CommitFate {
    Answered,
    Refused,
    /// It is stored, and nobody says so.
    StoredInSilence,
    /// It is not stored, and nobody says so.
    Ignored,
}

/// Words on their way in one direction, each with the membership it was said under.
pub(super) struct Way<T> {
    words: VecDeque<(u32, T)>,
    /// How many of them have arrived and were not heard.
    unheard: usize,
}

impl<T> Way<T> {
    const fn new() -> Self {
        Self { words: VecDeque::new(), unheard: 0 }
    }
}

/// Between a tail and the coordinator of its group.
pub(super) struct Link {
    pub(super) client: ClientId,
    /// Its place among the groups.
    pub(super) group: usize,
    /// Which of its memberships the tail believes in.
    pub(super) membership: u32,
    news: Way<News>,
    words: Way<Word>,
}

impl Link {
    pub(super) const fn new(client: ClientId, group: usize) -> Self {
        Self { client, group, membership: 0, news: Way::new(), words: Way::new() }
    }
}

impl State {
    /// A member says something.
    pub(super) fn say(&mut self, tail: TailId, word: Word) {
        let Some(link) = self.links.get_mut(&tail) else { return };
        link.words.words.push_back((link.membership, word));
        let hop = self.hop();
        self.plan(hop, Event::Hear(tail));
    }

    /// A coordinator says something about a membership.
    pub(super) fn tell(&mut self, tail: TailId, membership: u32, news: News) {
        let Some(link) = self.links.get_mut(&tail) else { return };
        link.news.words.push_back((membership, news));
        let hop = self.hop();
        self.plan(hop, Event::Tell(tail));
    }

    /// The next word of a member arrives. A coordinator that cannot hear it loses a commit and
    /// hears anything else later.
    pub(super) fn hear(&mut self, tail: TailId) {
        let now = self.now;
        let Some(link) = self.links.get_mut(&tail) else { return };
        let client = self.clients.get(link.client.0);
        if client.is_some_and(|client| client.is_deaf(now)) {
            let words = &mut link.words;
            if let Some((_, Word::Commit(..))) = words.words.get(words.unheard) {
                words.words.remove(words.unheard);
            } else {
                words.unheard += 1;
            }
            return;
        }
        if let Some((membership, word)) = link.words.words.pop_front() {
            self.obey(tail, membership, word);
        }
    }

    /// The next word of a coordinator arrives, or waits for a member that cannot hear it.
    pub(super) fn tell_next(&mut self, tail: TailId) {
        let now = self.now;
        let Some(link) = self.links.get_mut(&tail) else { return };
        if !self.clients.get(link.client.0).is_some_and(|client| client.hears(now)) {
            link.news.unheard += 1;
            return;
        }
        if let Some((membership, news)) = link.news.words.pop_front() {
            self.learn(tail, membership, news);
        }
    }

    /// A client and its coordinators hear each other again: what was not heard is.
    pub(super) fn reconnect(&mut self, client: ClientId) {
        let mut arrivals = Vec::new();
        for (tail, link) in self.links.iter_mut().filter(|(_, link)| link.client == client) {
            let heard = std::mem::take(&mut link.words.unheard);
            let told = std::mem::take(&mut link.news.unheard);
            arrivals.push((*tail, heard, told));
        }
        for (tail, heard, told) in arrivals {
            let (there, back) = (self.hop(), self.hop());
            (0..heard).for_each(|_| self.plan(there, Event::Hear(tail)));
            (0..told).for_each(|_| self.plan(back, Event::Tell(tail)));
        }
    }
}

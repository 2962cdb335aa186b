//! Members that are not heard, and what else comes from outside: moves and recreated topics.

use cart_schemas::topic::Topic;

use super::agenda::{Event, TailId};
use super::state::State;
use super::{ClientId, Fault};

impl State {
    /// A process stands still.
    pub(super) fn freeze(&mut self, client: ClientId) {
        if let Some(found) = self.client_mut(client)
            && found.reads()
        {
            found.frozen = true;
            self.fall_silent(client);
        }
    }

    /// A process goes on, and finds what it missed.
    pub(super) fn thaw(&mut self, client: ClientId) {
        let now = self.now;
        let Some(found) = self.client_mut(client) else { return };
        if found.dead || !found.frozen {
            return;
        }
        found.frozen = false;
        let (parked, hears) = (std::mem::take(&mut found.parked), found.hears(now));
        for event in parked {
            self.plan(0, event);
        }
        if hears {
            self.be_heard(client);
        }
        let tails = self.tails.iter().filter(|(_, reader)| reader.client == client);
        let tails: Vec<_> = tails.map(|(tail, _)| *tail).collect();
        for tail in tails {
            self.fetch_all(tail);
        }
        self.mind_connection(client);
        self.wake(client);
    }

    /// Coordinators and a process do not hear each other until then.
    pub(super) fn deafen(&mut self, client: ClientId, until: i64) {
        let now = self.now;
        let Some(found) = self.client_mut(client) else { return };
        if found.dead || until <= now.max(found.deaf_until) {
            return;
        }
        found.deaf_until = until;
        self.inject(client, Fault::MemberDeaf);
        self.fall_silent(client);
        self.plan(until - now, Event::DeafnessEnds(client));
    }

    /// The coordinators hear nothing from a client from now on.
    pub(super) fn fall_silent(&mut self, client: ClientId) {
        let (now, session) = (self.now, i64::from(self.weather.session));
        if let Some(found) = self.client_mut(client) {
            found.silent_since.get_or_insert(now);
        }
        self.plan(session, Event::SessionEnds(client));
    }

    /// Whoever joined while it was silent already is given a session from then on.
    pub(super) fn mind_silence(&mut self, client: ClientId) {
        if self.client(client).is_some_and(|client| client.silent_since.is_some()) {
            self.fall_silent(client);
        }
    }

    fn be_heard(&mut self, client: ClientId) {
        if let Some(found) = self.client_mut(client) {
            found.silent_since = None;
        }
        self.reconnect(client);
    }

    /// A deaf client may hear again.
    pub(super) fn end_deafness(&mut self, client: ClientId) {
        let now = self.now;
        if self.client(client).is_some_and(|client| client.hears(now)) {
            self.be_heard(client);
        }
    }

    /// Expels a client's members if it was silent for a session.
    pub(super) fn end_session(&mut self, client: ClientId) {
        let since = self.client(client).and_then(|client| client.silent_since);
        let session = i64::from(self.weather.session);
        if since.is_none_or(|since| self.now < since.saturating_add(session)) {
            return;
        }
        let links = self.links.iter().filter(|(_, link)| link.client == client);
        let tails: Vec<_> = links.map(|(tail, _)| *tail).collect();
        for tail in tails {
            self.expel(tail);
        }
    }

    /// Moves a random partition of each group with two members that can be heard.
    pub(super) fn rebalance(&mut self) {
        for place in 0..self.groups.len() {
            let Some(group) = self.groups.get(place) else { return };
            let heard = group.members().filter(|(_, member)| {
                self.client(member.client).is_some_and(|client| client.hears(self.now))
            });
            let heard: Vec<_> = heard.map(|(tail, member)| (tail, member.client)).collect();
            let moves = |owner: TailId| heard.iter().find(|(tail, _)| *tail == owner);
            let movable = group.at_rest().filter_map(|(partition, owner)| {
                let (tail, client) = moves(owner)?;
                Some((partition, *tail, *client))
            });
            let movable: Vec<_> = movable.collect();
            let Some((partition, owner, client)) = self.rng.choice(&movable).copied() else {
                continue;
            };
            let others = heard.iter().filter(|(tail, _)| *tail != owner);
            let others: Vec<_> = others.map(|(tail, _)| *tail).collect();
            let Some(heir) = self.rng.choice(&others).copied() else { continue };
            self.inject(client, Fault::Rebalanced);
            let group = self.groups.get_mut(place);
            let orders = group.map(|group| group.move_to(partition, heir));
            self.order(place, orders.unwrap_or_default());
        }
    }

    /// A topic is deleted and made anew.
    pub(super) fn recreate(&mut self, topic: Topic) {
        self.inject(ClientId::OUTSIDE, Fault::TopicRecreated);
        for group in self.groups.iter_mut().filter(|group| group.topic() == topic) {
            group.forget_commits();
        }
        for (tail, at) in self.topics.clear(topic) {
            self.fetch(tail, at);
        }
    }
}

//! All there is in a world, and the running of its events. What each event does stands beside
//! the request it belongs to.

use std::collections::BTreeMap;
use std::sync::Arc;

use cart_schemas::partition::PartitionCount;
use cart_schemas::timestamp::Timestamp;
use fastrand::Rng;
use tokio::sync::{Notify, oneshot};

use super::agenda::{Agenda, Answer, Event, TailId};
use super::appends::Append;
use super::client::Client;
use super::forgetting::Power;
use super::group::Group;
use super::links::Link;
use super::reader::Reader;
use super::replicas::Replicas;
use super::topics::Topics;
use super::writes::Write;
use super::{Chance, ClientId, Fault, Observation, Tally, Weather, What};

/// 2024-01-15T10:30:00Z: when every world begins.
pub(super) const EPOCH: i64 = 1_705_314_600_000_000;

/// A world.
pub(super) struct State {
    pub(super) rng: Rng,
    pub(super) weather: Weather,
    pub(super) now: i64,
    pub(super) agenda: Agenda,
    pub(super) clients: Vec<Client>,
    pub(super) topics: Topics,
    pub(super) replicas: Replicas,
    pub(super) power: Power,
    /// Appends that have not landed, or whose caller waits.
    pub(super) appends: BTreeMap<u64, Append>,
    /// Writes that some replica is still to receive.
    pub(super) writes: BTreeMap<u64, Write>,
    pub(super) tails: BTreeMap<TailId, Reader>,
    /// Between tails and coordinators; a link outlives its tail until the goodbye is heard.
    pub(super) links: BTreeMap<TailId, Link>,
    pub(super) groups: Vec<Group>,
    pub(super) tally: Tally,
    /// Told with the next step.
    pub(super) seen: Vec<Observation>,
    pub(super) woken: Vec<ClientId>,
    pub(super) called: bool,
    /// Wakes whoever drives this world by a clock, if anybody does.
    pub(super) alarm: Option<Arc<Notify>>,
    pub(super) numbers: u64,
}

impl State {
    pub(super) fn new(seed: u64, partitions: PartitionCount, weather: Weather) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            weather,
            now: EPOCH,
            agenda: Agenda::default(),
            clients: Vec::new(),
            topics: Topics::new(partitions),
            replicas: Replicas::default(),
            power: Power::new(seed),
            appends: BTreeMap::new(),
            writes: BTreeMap::new(),
            tails: BTreeMap::new(),
            links: BTreeMap::new(),
            groups: Vec::new(),
            tally: Tally::default(),
            seen: Vec::new(),
            woken: Vec::new(),
            called: false,
            alarm: None,
            numbers: 0,
        }
    }

    /// Notes a call; `false` if whoever made it is dead, and then it has no effect.
    pub(super) fn admits(&mut self, client: ClientId) -> bool {
        let alive = self.client(client).is_some_and(|client| !client.dead);
        self.called |= alive;
        alive
    }

    pub(super) fn client(&self, client: ClientId) -> Option<&Client> {
        self.clients.get(client.0)
    }

    pub(super) fn client_mut(&mut self, client: ClientId) -> Option<&mut Client> {
        self.clients.get_mut(client.0)
    }

    /// A number nothing else has.
    pub(super) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// How long the next hop takes.
    pub(super) fn hop(&mut self) -> i64 {
        self.weather.hop(&mut self.rng)
    }

    /// Draws a fault for an operation.
    pub(super) fn strikes(&mut self, client: ClientId, chance: Chance, fault: Fault) -> bool {
        let strikes = chance.strikes(&mut self.rng);
        if strikes {
            self.inject(client, fault);
        }
        strikes
    }

    /// Counts a fault and tells of it.
    pub(super) fn inject(&mut self, client: ClientId, fault: Fault) {
        self.tally.count(fault);
        self.observe(client, What::Injected(fault));
    }

    pub(super) fn observe(&mut self, client: ClientId, what: What) {
        self.seen.push(Observation { at: Timestamp::from_micros(self.now), client, what });
    }

    /// Plans an event, so many microseconds from now.
    pub(super) fn plan(&mut self, after: i64, event: Event) {
        self.agenda.plan(self.now.saturating_add(after.max(0)), event);
        if let Some(alarm) = &self.alarm {
            alarm.notify_one();
        }
    }

    /// Plans an answer.
    pub(super) fn answer<T: Send + 'static>(
        &mut self,
        after: i64,
        (client, name): (ClientId, &'static str),
        to: oneshot::Sender<T>,
        answer: T,
    ) {
        // Whoever dropped the future does not want the answer.
        let deliver = Box::new(move || drop(to.send(answer)));
        self.plan(after, Event::Answer(Box::new(Answer { client, name, deliver })));
    }

    /// Answers at once.
    pub(super) fn answer_now<T>(
        &mut self,
        (client, name): (ClientId, &'static str),
        to: oneshot::Sender<T>,
        answer: T,
    ) {
        drop(to.send(answer));
        self.wake(client);
        self.observe(client, What::Answered(name));
    }

    /// Notes that a client has something to do.
    pub(super) fn wake(&mut self, client: ClientId) {
        if !self.woken.contains(&client) {
            self.woken.push(client);
        }
    }

    /// Carries out at once what calm weather does not delay.
    pub(super) fn settle(&mut self) {
        while self.weather.is_calm() && self.agenda.next_at().is_some_and(|at| at <= self.now) {
            self.run_next();
        }
    }

    /// Runs the next event; `false` if there is none.
    pub(super) fn run_next(&mut self) -> bool {
        let Some((at, event)) = self.agenda.next() else { return false };
        self.now = self.now.max(at);
        self.run(event);
        true
    }

    fn run(&mut self, event: Event) {
        match event {
            Event::Land(append) => self.land(append),
            Event::Acked(append) => self.acknowledge(append),
            Event::Expired(append) => self.expire(append),
            Event::LandAgain(landing) => self.land_again(*landing),
            Event::Take { write, replica } => self.take(write, replica),
            Event::Ask(question) => question(self),
            Event::Answer(answer) => self.deliver(*answer),
            Event::GoLive(tail) => self.go_live(tail),
            Event::Fetched(tail, at, number) => self.fetched(tail, at, number),
            Event::Hear(tail) => self.hear(tail),
            Event::Tell(tail) => self.tell_next(tail),
            Event::DrainEnds(tail, number) => self.end_drain(tail, number),
            Event::SessionEnds(client) => self.end_session(client),
            Event::DeafnessEnds(client) => self.end_deafness(client),
            Event::StoreSyncs => self.sync_store(),
            Event::StoreDies(kept) => self.kill_store(*kept),
            Event::StoreReturns => self.return_store(),
            Event::StoreReached(client) => self.reach_store(client),
        }
    }

    fn deliver(&mut self, answer: Answer) {
        if self.client(answer.client).is_some_and(|client| !client.dead) {
            (answer.deliver)();
            self.wake(answer.client);
            self.observe(answer.client, What::Answered(answer.name));
        }
    }
}

//! A store that is killed as a whole: what it acknowledged last is gone, nobody is answered until it
//! is back, and whoever slept meanwhile learns of it late. Knows nothing of what was lost.
//!
//! So it is with a node that syncs its log now and then, and with all copies in one place. What is
//! lost is a suffix: whatever survives, everything acknowledged before it was written survives, too.

use fastrand::Rng;

use super::agenda::Event;
use super::replicas::Replicas;
use super::state::State;
use super::{ClientId, Fault, What};
use crate::store::StoreError;

/// How much a kill takes at most: Cassandra writes its log ten times a second.
const FORGETS_MAX: i64 = 100_000;
/// How long a killed store is away.
const AWAY: (i64, i64) = (500_000, 15_000_000);

/// The store as a whole. Its chances are drawn from a generator of its own: until it is first
/// killed, a world is as it would be without.
pub(super) struct Power {
    rng: Rng,
    standing: Standing,
}

#[derive(PartialEq, Eq)]
enum Standing {
    Up,
    /// It will be killed.
    Doomed,
    Away,
}

impl Power {
    pub(super) fn new(seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed ^ 0x57_09ed), standing: Standing::Up }
    }
}

impl State {
    /// Draws whether a write is among the last before a kill.
    pub(super) fn doom_store(&mut self) {
        let power = &mut self.power;
        if self.weather.store_killed.strikes(&mut power.rng) && power.standing == Standing::Up {
            power.standing = Standing::Doomed;
            let syncs_after = power.rng.i64(0..=FORGETS_MAX);
            self.plan(syncs_after, Event::StoreSyncs);
        }
    }

    /// What every replica has by now is all that the kill will leave.
    pub(super) fn sync_store(&mut self) {
        let kept = Box::new(self.replicas.clone());
        let dies_after = self.power.rng.i64(0..=FORGETS_MAX);
        self.observe(ClientId::OUTSIDE, What::StoreSynced);
        self.plan(dies_after, Event::StoreDies(kept));
    }

    /// The store is killed. Requests under way end with their connections, and none of them lands
    /// any more; answers that have left it still arrive.
    pub(super) fn kill_store(&mut self, kept: Replicas) {
        self.replicas = kept;
        self.power.standing = Standing::Away;
        self.clients.iter_mut().for_each(|client| client.cut_off = true);
        self.inject(ClientId::OUTSIDE, Fault::StoreKilled);
        self.observe(ClientId::OUTSIDE, What::StoreForgot);
        for write in std::mem::take(&mut self.writes).into_values() {
            let (client, name) = (write.client, write.name());
            if let Some((caller, _)) = write.caller {
                let hop = self.hop();
                self.answer(hop, (client, name), caller, Err(away()));
            }
        }
        let (least, most) = AWAY;
        let returns_after = self.power.rng.i64(least..=most);
        self.plan(returns_after, Event::StoreReturns);
    }

    /// The store is back, and whoever is awake has connected to it anew.
    pub(super) fn return_store(&mut self) {
        self.power.standing = Standing::Up;
        for client in &mut self.clients {
            client.cut_off = client.frozen;
        }
    }

    /// Whoever slept through a kill finds its connection broken before it has a new one.
    pub(super) fn mind_connection(&mut self, client: ClientId) {
        if self.client(client).is_some_and(|client| client.cut_off) {
            let hop = self.hop();
            self.plan(hop, Event::StoreReached(client));
        }
    }

    /// A client has a new connection, if there is anything to connect to.
    pub(super) fn reach_store(&mut self, client: ClientId) {
        let away = self.power.standing == Standing::Away;
        if let Some(client) = self.client_mut(client) {
            client.cut_off = away || client.frozen;
        }
    }

    /// Whether a client cannot reach the store.
    pub(super) fn is_cut_off(&self, client: ClientId) -> bool {
        let cut_off = self.client(client).is_some_and(|client| client.cut_off);
        cut_off || self.power.standing == Standing::Away
    }
}

pub(super) fn away() -> StoreError {
    StoreError::Away("simulated: the connection is broken".into())
}

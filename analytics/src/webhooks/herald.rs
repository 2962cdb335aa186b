//! Has a courier for every endpoint, while it is this process's turn. Knows nothing of what they tell.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use cart_outbound::Destination;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::HERALDS;
use cart_storage::log::Log;
use cart_storage::store::Store;
use cart_storage::turns::{self, Turns};
use tokio::task::{AbortHandle, JoinSet};

use super::Terms;
use super::courier::{self, Stopped};
use super::endpoint::{Endpoint, EndpointId, Standing};
use super::registry;
use super::telling::Teller;

/// How soon a change of the endpoints takes effect.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How soon a courier whose reader ended begins again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

const TURNS: Turns = Turns { group: HERALDS, gauge: "cartstream_webhooks_active" };

/// Tells the endpoints of all shops whenever it is this process's turn, until `stop` resolves. Trouble of the
/// log, the store and the endpoints is waited for.
pub async fn tell<L: Log, S: Store>(
    (log, store): (L, S),
    terms: Terms,
    stop: impl Future<Output = ()>,
) {
    let work = || watch((log.clone(), store.clone()), terms.clone());
    turns::take(&log, TURNS, work, stop).await;
}

/// The couriers on their way, each as of a row.
struct Couriers {
    of: HashMap<EndpointId, (Timestamp, AbortHandle)>,
    /// Dropped with this, and so are they.
    tasks: JoinSet<()>,
}

async fn watch<L: Log, S: Store>(ports: (L, S), terms: Terms) -> Infallible {
    let mut couriers = Couriers { of: HashMap::new(), tasks: JoinSet::new() };
    loop {
        match registry::endpoints(&ports.1).await {
            Ok(endpoints) => couriers.follow(endpoints, &ports, &terms),
            Err(error) => tracing::warn!(%error, "endpoints cannot be looked at"),
        }
        while couriers.tasks.try_join_next().is_some() {}
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

impl Couriers {
    /// Sends out those that are missing, and calls back those whose row is another by now.
    fn follow<L: Log, S: Store>(
        &mut self,
        endpoints: Vec<Endpoint>,
        ports: &(L, S),
        terms: &Terms,
    ) {
        let wanted: HashMap<_, _> = endpoints
            .into_iter()
            .filter(|endpoint| endpoint.standing == Standing::Active)
            .map(|endpoint| (endpoint.id, endpoint))
            .collect();
        self.of.retain(|id, (ts, courier)| {
            let stays = wanted.get(id).is_some_and(|endpoint| endpoint.ts == *ts);
            if !stays {
                courier.abort();
            }
            stays
        });
        for (id, endpoint) in wanted {
            if !self.of.contains_key(&id) {
                let ts = endpoint.ts;
                let sent = self.tasks.spawn(send(ports.clone(), endpoint, terms.clone()));
                self.of.insert(id, (ts, sent));
            }
        }
    }
}

/// Tells an endpoint, again and again.
async fn send<L: Log, S: Store>((log, store): (L, S), endpoint: Endpoint, terms: Terms) {
    let to = match Destination::parse(&endpoint.wish.url, terms.reach) {
        Ok(to) => to,
        Err(error) => {
            // It was allowed when it was added.
            tracing::warn!(%error, endpoint = %endpoint.id, "an endpoint may not be reached any more");
            return;
        }
    };
    let teller = Teller::new(store, (endpoint, to), terms);
    loop {
        match courier::run(&log, &teller).await {
            Stopped::Gone => return,
            Stopped::Ended(error) => {
                let error = error.map(tracing::field::display);
                tracing::warn!(error, endpoint = %teller.endpoint.id, "an endpoint is told on");
            }
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

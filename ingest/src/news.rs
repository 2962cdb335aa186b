//! The town crier: what is new of a product reaches every cart that holds it.
//!
//! The catalog and the levels say how things are, rows in the store what the carts were last told. Where
//! they differ, each cart that holds the product is sent a Refresh. What a cart makes of it is the
//! cart's to decide; nothing here reads a cart. Of all processes with this task one tells at a time: the
//! member of a group that has its only partition.

mod crier;
mod keeper;
mod pace;
mod sale;
mod told;

use std::convert::Infallible;
use std::num::NonZeroU32;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cart_schemas::generation::Generation;
use cart_schemas::policies::Policies;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::CRIERS;
use cart_storage::log::Log;
use cart_storage::store::Store;
use cart_storage::turns::{self, Turns};

use self::crier::{Crier, Replaced};
use self::keeper::persist;
pub use self::sale::{Sale, refresh};

/// How many carts are told a second: a product a million carts hold is told within 17 minutes, and a
/// shop of two cores, one process and a folder, keeps its p99 below twice what it was.
pub const TOLD_A_SECOND: NonZeroU32 = NonZeroU32::new(1_000).unwrap();
/// How long to wait before looking again whether another one tells.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

const TURNS: Turns = Turns { group: CRIERS, gauge: "cartstream_news_active" };

/// Whether a row of [`Table::Progress`](cart_schemas::cql::Table::Progress) says what carts were told
/// of a sku.
#[must_use]
pub fn is_row(key: &str) -> bool {
    told::sku(key).is_some()
}

/// What news are told with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The limits and times the commands carry, by cart.
    pub policies: Policies,
    /// That of the command log.
    pub generation: Generation,
    /// How many carts are told a second at most.
    pub a_second: NonZeroU32,
    /// Where time comes from. It may step: what is new is told by numbers that never fall.
    pub now: fn() -> Timestamp,
}

impl Settings {
    /// Those of a process that serves.
    #[must_use]
    pub fn new(policies: Policies, generation: Generation) -> Self {
        Self { policies, generation, a_second: TOLD_A_SECOND, now: machine_time }
    }
}

#[expect(clippy::disallowed_methods, reason = "numbers news; decisions take the log's clock")]
fn machine_time() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Tells the news whenever it is this process's turn, until `stop` resolves. Trouble of the log or the
/// store is waited for; nothing is skipped meanwhile.
pub async fn tell<L: Log, S: Store>(
    ports: (L, S),
    settings: Settings,
    stop: impl Future<Output = ()>,
) {
    let work = || tell_on(ports.clone(), settings.clone());
    turns::take(&ports.0, TURNS, work, stop).await;
}

/// Tells. Whoever finds that another one took over looks again whether that one is still there.
async fn tell_on<L: Log, S: Store>(ports: (L, S), settings: Settings) -> Infallible {
    loop {
        let crier = persist(|| Crier::open(ports.clone(), settings.clone())).await;
        let Replaced = crier.tell().await;
        tracing::warn!("another process tells the news, too; it is looked at anew");
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

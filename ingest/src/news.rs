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
use std::pin::pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cart_schemas::generation::Generation;
use cart_schemas::policies::Policies;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::{CRIERS, Topic};
use cart_storage::log::{Log, LogError, Tail, TailEvent};
use cart_storage::store::Store;
use futures::FutureExt as _;
use futures::future::Fuse;

use self::crier::{Crier, Replaced};
use self::keeper::persist;
pub use self::sale::{Sale, refresh};

/// How many carts are told a second: a product a million carts hold is told within 17 minutes, and a
/// shop of two cores, one process and a folder, keeps its p99 below twice what it was.
pub const TOLD_A_SECOND: NonZeroU32 = NonZeroU32::new(1_000).unwrap();
/// How long to wait before a tail that ended is opened again, or before looking again whether another
/// one tells.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

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
    let mut stop = pin!(stop);
    loop {
        match ports.0.subscribe(CRIERS, Topic::InventoryLevels) {
            Ok(mut tail) => tokio::select! {
                () = &mut stop => return tail.close().await,
                error = take_turns(&mut tail, &ports, &settings) => {
                    tracing::warn!(%error, "the criers' group is joined once more");
                }
            },
            Err(error) => tracing::warn!(%error, "the criers' group cannot be joined"),
        }
        metrics::gauge!("cartstream_news_active").set(0);
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(AGAIN_AFTER) => {}
        }
    }
}

/// Tells whenever the partition is ours; gives why the tail ended. The partition is never read: to have
/// it is all there is to it.
async fn take_turns<L: Log, S: Store>(
    tail: &mut L::Tail,
    ports: &(L, S),
    settings: &Settings,
) -> LogError {
    let mut telling = pin!(Fuse::terminated());
    loop {
        let event = tokio::select! {
            biased;
            event = tail.next() => event,
            never = &mut telling => match never {},
        };
        match event {
            TailEvent::Assigned(all) if all.is_empty() => {}
            TailEvent::Assigned(_) => {
                metrics::gauge!("cartstream_news_active").set(1);
                telling.set(Box::pin(tell_on(ports.clone(), settings.clone())).fuse());
            }
            TailEvent::Revoking(all) => {
                telling.set(Fuse::terminated());
                metrics::gauge!("cartstream_news_active").set(0);
                tail.release(&all);
            }
            TailEvent::Lost(_) => {
                telling.set(Fuse::terminated());
                metrics::gauge!("cartstream_news_active").set(0);
            }
            TailEvent::Records(..) | TailEvent::Committed => {}
            TailEvent::CommitFailed(error) | TailEvent::Trouble(error) => {
                tracing::debug!(%error, "the criers' group has trouble");
            }
            TailEvent::Ended(error) => {
                return error.unwrap_or_else(|| LogError::Fatal("the tail was closed".into()));
            }
        }
    }
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

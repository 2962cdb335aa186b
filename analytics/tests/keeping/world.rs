//! A data folder whose carts are changed without a processor, and a keeper beside it.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use cart_analytics::history::{self, Past, When};
use cart_schemas::cart::Cart;
use cart_schemas::cql::Table;
use cart_schemas::digest::Digest;
use cart_schemas::event::{Event, Fact, Place, Summary};
use cart_schemas::evolve::evolve;
use cart_schemas::generation::Generation;
use cart_schemas::id::{CartKey, CommandId};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::record::{CartRecord, Entry, Outcome, Position};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::embedded::{Embedded, EmbeddedSettings};
use cart_storage::log::{Lane, Log as _, NewRecord, TopicPartition};
use cart_storage::store::Store;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

const EVENTS: TopicPartition =
    TopicPartition { topic: Topic::Events, partition: Partition::new(0) };
/// How long anything may take on a busy machine.
const IN_TIME: Duration = Duration::from_secs(30);

pub(crate) fn key(user: &str) -> CartKey {
    user.parse().unwrap()
}

/// When a version came about.
pub(crate) fn at(version: u64) -> Timestamp {
    Timestamp::from_millis(1_705_314_600_000 + i64::try_from(version).unwrap() * 1_000)
}

/// A shop in a folder, its history in `S`.
pub(crate) struct World<S = Embedded> {
    engine: Embedded,
    pub(crate) store: S,
    folder: PathBuf,
}

/// A keeper at work.
pub(crate) struct Keeping {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Keeping {
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }

    /// Ends it wherever it is.
    pub(crate) fn abort(self) {
        self.task.abort();
    }
}

impl World {
    pub(crate) fn new(name: &str) -> Self {
        Self::with(name, |engine| engine)
    }
}

impl<S: Store> World<S> {
    /// A shop whose store is made of the engine.
    pub(crate) fn with(name: &str, store: impl FnOnce(Embedded) -> S) -> Self {
        let name = format!("cartstream-history-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let settings = EmbeddedSettings::new(folder.clone(), PartitionCount::ONE);
        let engine = Embedded::open(&settings).unwrap();
        Self { store: store(engine.clone()), engine, folder }
    }

    pub(crate) async fn close(self) {
        self.engine.close().await.unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }

    pub(crate) fn keep(&self) -> Keeping {
        let (stop, stopped) = oneshot::channel();
        let ports = (self.engine.clone(), self.store.clone());
        let task = tokio::spawn(history::keep(ports, async { drop(stopped.await) }));
        Keeping { stop, task }
    }

    pub(crate) async fn record(&self, user: &str) -> CartRecord {
        let cell = self.store.load(Table::Carts, user).await.unwrap();
        cell.map(|cell| CartRecord::decode(&cell).unwrap()).unwrap_or_default()
    }

    /// Changes a cart so often; the carts after each change.
    pub(crate) async fn change(&self, user: &str, times: u64) -> Vec<Cart> {
        let (carts, events) = self.decide(user, times).await;
        for event in events {
            self.append(&event.encode()).await;
        }
        carts
    }

    /// The same, with no event appended.
    pub(crate) async fn change_unheard(&self, user: &str, times: u64) -> Vec<Cart> {
        self.decide(user, times).await.0
    }

    async fn decide(&self, user: &str, times: u64) -> (Vec<Cart>, Vec<Event>) {
        let (cart_key, mut record) = (key(user), self.record(user).await);
        let (mut carts, mut events) = (Vec::new(), Vec::new());
        for version in record.version + 1..=record.version + times {
            let event = extended(&cart_key, &record, version);
            let cart = evolve(std::mem::take(&mut record.cart), &event);
            record.remember(Entry {
                position: Position {
                    generation: Generation::FIRST,
                    offset: i64::try_from(version).unwrap(),
                },
                command: CommandId::from_uuid(Uuid::from_u64_pair(0, version)),
                digest: Digest::of(b"extend"),
                outcome: Outcome::Applied,
                version,
                events: vec![event.clone()],
            });
            (record.version, record.ts, record.cart) = (version, at(version), cart.clone());
            carts.push(cart);
            events.push(event);
        }
        let cell = Bytes::from(record.encode());
        self.store.put(Table::Carts, user, cell, record.ts).await.unwrap();
        (carts, events)
    }

    pub(crate) async fn append(&self, value: &[u8]) {
        let value = Some(Bytes::copy_from_slice(value));
        let record = NewRecord { value, ..NewRecord::default() };
        self.engine.append(Lane::Facts, EVENTS, record).await.unwrap();
    }

    pub(crate) async fn until_marked(&self, offset: i64) {
        let marked = async || {
            let cell = self.store.load(Table::Progress, "cart.events/history/0").await.unwrap();
            cell.is_some_and(|cell| cell.starts_with(format!("{{\"offset\":{offset},").as_bytes()))
        };
        tokio::time::timeout(IN_TIME, async { while !marked().await {} }).await.unwrap();
    }

    /// Waits until the history ends with this version, whatever it begins with.
    pub(crate) async fn until_told(&self, user: &str, version: u64) {
        let told = async || {
            let page = history::page(&self.store, &key(user), 0).await.unwrap();
            page.events.last().is_some_and(|last| last.place.version == version)
        };
        tokio::time::timeout(IN_TIME, async { while !told().await {} }).await.unwrap();
    }

    /// Waits until the history is whole, read page by page, up to this version.
    pub(crate) async fn until_kept(&self, user: &str, version: u64) {
        let kept = async || {
            let (mut versions, mut after) = (Vec::new(), 0);
            loop {
                let page = history::page(&self.store, &key(user), after).await.unwrap();
                assert_eq!(page.from, None);
                versions.extend(page.events.iter().map(|kept| kept.place.version));
                assert!(versions.iter().copied().eq(1..=versions.len() as u64), "{versions:?}");
                match page.next {
                    None => return versions.len() as u64 == version,
                    Some(next) if next == after => return false,
                    Some(next) => after = next,
                }
            }
        };
        tokio::time::timeout(IN_TIME, async { while !kept().await {} }).await.unwrap();
    }

    pub(crate) async fn as_of(&self, user: &str, when: When) -> Option<Past> {
        history::as_of(&self.store, &key(user), when).await.unwrap()
    }
}

fn extended(key: &CartKey, record: &CartRecord, version: u64) -> Event {
    let cart = record.cart_id(key);
    let after = Summary::of(&record.cart, None);
    Event {
        place: Place { cart, version, n: 0, of: 1 },
        user: key.user().clone(),
        at: at(version),
        after: Summary { expires_at: at(version).plus_seconds(86_400), ..after },
        fact: Fact::ExpiryExtended,
    }
}

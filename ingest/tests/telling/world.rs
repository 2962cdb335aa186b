//! A data folder with a catalog and holders in it, a crier beside it, and a processor that decides
//! everything at once by writing it down.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use cart_ingest::news::{self, Settings};
use cart_schemas::cart::News;
use cart_schemas::command::Command;
use cart_schemas::cql::{Index, Table};
use cart_schemas::envelope::Envelope;
use cart_schemas::generation::Generation;
use cart_schemas::holders;
use cart_schemas::id::{CommandId, ItemId, SkuKey};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::policies::Policies;
use cart_schemas::policy::Policy;
use cart_schemas::stock::Level;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::{PROCESSORS, Topic};
use cart_storage::embedded::{Embedded, EmbeddedSettings};
use cart_storage::log::{Lane, Log as _, NewRecord, Tail as _, TailEvent, TopicPartition};
use cart_storage::store::Store as _;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long anything may take on a busy machine.
const IN_TIME: Duration = Duration::from_secs(60);

/// What one cart was told, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) id: CommandId,
    pub(crate) cart: String,
    pub(crate) item: ItemId,
    pub(crate) available: bool,
    pub(crate) news: News,
}

pub(crate) fn item(product: &str) -> ItemId {
    ItemId::new(product.parse().unwrap(), None)
}

/// Waits until a condition holds.
pub(crate) async fn until(holds: impl AsyncFn() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(IN_TIME, waiting).await.unwrap();
}

pub(crate) struct World {
    engine: Embedded,
    folder: PathBuf,
    told: Arc<Mutex<Vec<Told>>>,
}

/// A crier at work.
pub(crate) struct Telling {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Telling {
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
        let name = format!("cartstream-news-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let settings = EmbeddedSettings::new(folder.clone(), PartitionCount::new(4).unwrap());
        let engine = Embedded::open(&settings).unwrap();
        Self { engine, folder, told: Arc::default() }
    }

    pub(crate) async fn close(self) {
        self.engine.close().await.unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }

    /// A crier that tells so many carts a second.
    pub(crate) fn tell(&self, a_second: u32) -> Telling {
        let (stop, stopped) = oneshot::channel();
        let ports = (self.engine.clone(), self.engine.clone());
        let a_second = NonZeroU32::new(a_second).unwrap();
        let policies = Policies::same(Policy::default());
        let settings = Settings { a_second, ..Settings::new(policies, Generation::FIRST) };
        let task = tokio::spawn(news::tell(ports, settings, async { drop(stopped.await) }));
        Telling { stop, task }
    }

    /// A processor that decides whatever it is given, until it is dropped.
    pub(crate) fn decide(&self) -> JoinHandle<()> {
        let mut tail = self.engine.subscribe(PROCESSORS, Topic::Commands).unwrap();
        let told = Arc::clone(&self.told);
        tokio::spawn(async move {
            loop {
                match tail.next().await {
                    TailEvent::Assigned(all) => {
                        tail.start(&all.into_iter().map(|at| (at, 0)).collect::<Vec<_>>());
                    }
                    TailEvent::Records(at, records) => {
                        let said = records.iter().filter_map(|one| said(one.value.as_deref()?));
                        told.lock().unwrap_or_else(PoisonError::into_inner).extend(said);
                        tail.commit(&[(at, records.last().unwrap().offset + 1)]);
                    }
                    TailEvent::Ended(_) => return,
                    _ => {}
                }
            }
        })
    }

    /// What carts were told so far.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often each cart was told something of a product.
    pub(crate) fn times(&self, product: &str) -> BTreeMap<String, usize> {
        let mut times = BTreeMap::new();
        for told in self.told().into_iter().filter(|told| told.item == item(product)) {
            *times.entry(told.cart).or_default() += 1;
        }
        times
    }

    /// Appends a command that tells nothing.
    pub(crate) async fn ask(&self, partition: u16) {
        let at = TopicPartition { topic: Topic::Commands, partition: Partition::new(partition) };
        self.engine.append(Lane::Facts, at, NewRecord::default()).await.unwrap();
    }

    /// Notes carts as holders of a product.
    pub(crate) async fn hold(&self, product: &str, carts: impl IntoIterator<Item = usize>) {
        let item = item(product);
        for number in carts {
            let cart = format!("user{number}").parse().unwrap();
            self.note(&holders::slot_of(&item, &cart), cart.as_str()).await;
        }
    }

    /// Notes carts of a shop as holders of a product.
    pub(crate) async fn hold_in(&self, shop: &str, product: &str, users: &[&str]) {
        for user in users {
            let cart = format!("{shop}/{user}").parse().unwrap();
            self.note(&holders::slot_of(&item(product), &cart), cart.as_str()).await;
        }
    }

    /// Notes a cart in a slot.
    pub(crate) async fn note(&self, slot: &str, cart: &str) {
        let at = Timestamp::from_millis(1);
        self.engine.note(Index::Holders, slot, cart, at).await.unwrap();
    }

    /// Says what the catalog of a shop has of a product.
    pub(crate) async fn put_in(&self, shop: &str, product: &str, price: u32) {
        let value = json!({"id": product, "name": "Thing", "price": price, "stock": 9});
        self.append(Topic::Products, &format!("{shop}/{product}"), value.to_string()).await;
    }

    /// Says what the catalog has of a product.
    pub(crate) async fn put(&self, product: &str, price: u32) {
        self.put_with(product, price, json!([])).await;
    }

    pub(crate) async fn put_with(&self, product: &str, price: u32, variants: Value) {
        let product = json!({"id": product, "name": "Thing", "price": price, "stock": 9,
            "variants": variants});
        self.append(Topic::Products, product["id"].as_str().unwrap(), product.to_string()).await;
    }

    /// Says how many there are of a product.
    pub(crate) async fn stock(&self, product: &str, count: (u64, u32)) {
        self.stock_of(SkuKey::new(None, item(product)), count).await;
    }

    /// Says how many there are of a sku.
    pub(crate) async fn stock_of(&self, sku: SkuKey, (version, available): (u64, u32)) {
        let key = sku.to_string();
        let (on_hand, ts) = (available, Timestamp::from_millis(1));
        let level = Level { sku, available, on_hand, reserved: 0, version, ts };
        self.append(Topic::InventoryLevels, &key, level.encode()).await;
    }

    async fn append(&self, topic: Topic, key: &str, value: impl Into<Bytes>) {
        let (key, value) = (Some(key.to_owned().into()), Some(value.into()));
        let at = TopicPartition { topic, partition: Partition::new(0) };
        let record = NewRecord { key, value, headers: Vec::new() };
        self.engine.append(Lane::Facts, at, record).await.unwrap();
    }

    /// Waits until carts are known to have been told of this price, and all of them.
    pub(crate) async fn until_known(&self, item: &ItemId, price: u32, available: bool) {
        self.until_sku_known(&SkuKey::new(None, item.clone()), price, available).await;
    }

    /// The same, of a sku.
    pub(crate) async fn until_sku_known(&self, sku: &SkuKey, price: u32, available: bool) {
        let key = format!("news/{sku}");
        let price = price * 100;
        until(async || {
            let cell = self.engine.load(Table::Progress, &key).await.unwrap();
            let row = cell.map(|cell| serde_json::from_slice::<Value>(&cell).unwrap());
            row.is_some_and(|row| {
                row["price"] == price && row["available"] == available && row["telling"].is_null()
            })
        })
        .await;
    }
}

fn said(value: &[u8]) -> Option<Told> {
    let Envelope { id, cart, command, .. } = Envelope::decode(value).unwrap();
    let Command::Refresh { item, available, news, .. } = command else { return None };
    Some(Told { id, cart: cart.to_string(), item, available, news })
}

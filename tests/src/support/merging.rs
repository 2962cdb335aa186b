//! A crowd that merges carts while both sides are busy, two carts into each other at once, with
//! second thoughts, while processes die; and the proof that every piece is where it should be once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use cart_schemas::cql::Table;
use cart_schemas::event::{Event, Fact, ReturnReason};
use cart_schemas::id::MergeId;
use cart_schemas::record::CartRecord;
use cart_schemas::topic::Topic;
use cart_storage::log::{Log, TopicPartition};
use cart_storage::store::Store;
use futures::future::{join_all, try_join_all};
use reqwest::Client;
use serde_json::Value;

use super::customer::{Customer, Known};
use super::node::Node;
use super::shop::{Shop, SmallShop, eventually};
use super::{history, rows};

/// Pairs of carts; each merges one cart after the other.
const PAIRS: usize = 12;
/// How long lines may be on their way once nobody asks for anything: a take-over, twice.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// How large a crowd, and how often somebody dies over it.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    /// Merges that are asked for.
    pub merges: usize,
    /// Processes killed meanwhile.
    pub kills: usize,
}

/// What a crowd came to.
#[derive(Debug, Default)]
pub struct Seen {
    /// Merges by which lines moved.
    pub merged: usize,
    /// Merges whose lines went back at once.
    pub refused: usize,
    /// Merges undone.
    pub undone: usize,
    /// Pieces that were added.
    pub pieces: u64,
    /// Processes killed.
    pub kills: usize,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { merged, refused, undone, pieces, kills } = self;
        write!(
            f,
            "{merged} merges moved lines, {refused} gave them back, {undone} were undone; \
             {pieces} pieces, each in one cart; {kills} kills"
        )
    }
}

/// Two carts and those who use them.
struct Pair {
    names: [String; 2],
    shoppers: [Customer; 2],
    mergers: [Customer; 2],
    http: Client,
}

impl Pair {
    fn new(number: usize, http: &Client) -> Self {
        let names = ["a", "b"].map(|side| format!("{side}{number}"));
        let customer =
            |name: &String, of| Customer::new(name, http.clone(), (number * 4 + of) as u64);
        let [a, b] = &names;
        let shoppers = [customer(a, 0), customer(b, 1)];
        let mergers = [customer(a, 2), customer(b, 3)];
        Self { names, shoppers, mergers, http: http.clone() }
    }

    /// One merge while both shop; every third time both ways at once, every fifth with regret.
    async fn round(&mut self, url: &str, number: usize) -> Result<()> {
        let Self { names: [a, b], shoppers: [in_a, in_b], mergers: [into_a, into_b], http } = self;
        let both = number.is_multiple_of(3);
        let back = async { if both { into_b.merge(url, a).await.map(drop) } else { Ok(()) } };
        let shop = async |shopper: &mut Customer| {
            shopper.add_some(url).await?;
            shopper.add_some(url).await
        };
        let (merged, back, one, other) =
            tokio::join!(into_a.merge(url, b), back, shop(in_a), shop(in_b));
        merged?;
        back.and(one).and(other)?;
        if number.is_multiple_of(5) {
            regret(into_a, http, url, b).await?;
        }
        Ok(())
    }
}

/// Merges once more and undoes it, if nobody was quicker.
async fn regret(customer: &mut Customer, http: &Client, url: &str, from: &str) -> Result<()> {
    let path = format!("{url}/api/cart/{}/merge", customer.user());
    let body = serde_json::json!({"fromUserID": from});
    let Ok(answer) = http.post(path).json(&body).send().await else { return Ok(()) };
    let Ok(merged) = answer.json::<Value>().await else { return Ok(()) };
    if let Some(merge) = merged.get("mergeID").and_then(Value::as_str) {
        let known = customer.undo(url, merge).await?;
        ensure!(known != Known::Unknown, "nobody knows what became of an undo");
    }
    Ok(())
}

/// Everybody merges; `done` counts the rounds.
async fn merge_all(url: String, crowd: Crowd, done: Arc<AtomicUsize>) -> Result<Vec<Pair>> {
    let http = Client::new();
    let rounds = crowd.merges.div_ceil(PAIRS);
    let pairs = (0..PAIRS).map(|number| {
        let (mut pair, url, done) = (Pair::new(number, &http), &url, &done);
        async move {
            for round in 0..rounds {
                pair.round(url, round).await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(pair)
        }
    });
    try_join_all(pairs).await
}

/// Waits until so many rounds are done.
async fn reached(done: &AtomicUsize, rounds: usize) -> Result<()> {
    let what = format!("{rounds} rounds are done");
    eventually(&what, Duration::from_secs(120), || async {
        (done.load(Ordering::Relaxed) >= rounds).then_some(())
    })
    .await
}

/// A crowd over Kafka and Cassandra, one of two processors killed now and then.
///
/// # Errors
/// A piece is lost or there twice, or somebody does not answer.
pub async fn on_engines(shop: &Shop, crowd: Crowd) -> Result<Seen> {
    let api = shop.ready("api", &[]).await?;
    let mut processors = vec![shop.ready("processor", &[]).await?];
    processors.push(shop.ready("processor", &[]).await?);
    let done = Arc::new(AtomicUsize::new(0));
    let merging = tokio::spawn(merge_all(api.url().to_owned(), crowd, Arc::clone(&done)));
    for kill in 0..crowd.kills {
        reached(&done, crowd.merges * (kill + 1) / (crowd.kills + 2)).await?;
        let mut victim = processors.remove(0);
        victim.kill();
        processors.push(shop.ready("processor", &[]).await?);
    }
    let pairs = merging.await??;
    let added = settled(&api, &pairs).await?;
    for node in processors.into_iter().chain([api]) {
        node.stop().await?;
    }
    let seen = proved(&shop.log()?, &shop.store().await?, &added).await?;
    Ok(Seen { kills: crowd.kills, ..seen })
}

/// A crowd in a data folder, whose only process is killed now and then.
///
/// # Errors
/// A piece is lost or there twice, or nobody answers.
pub async fn in_a_folder(shop: &SmallShop, crowd: Crowd) -> Result<Seen> {
    let mut node = shop.ready("127.0.0.1:0", &[]).await?;
    let url = node.url().to_owned();
    let address = url.trim_start_matches("http://").to_owned();
    let done = Arc::new(AtomicUsize::new(0));
    let merging = tokio::spawn(merge_all(url, crowd, Arc::clone(&done)));
    for kill in 0..crowd.kills {
        reached(&done, crowd.merges * (kill + 1) / (crowd.kills + 2)).await?;
        node.kill();
        node = shop.ready(&address, &[]).await?;
    }
    let pairs = merging.await??;
    let added = settled(&node, &pairs).await?;
    node.stop().await?;
    let engine = shop.engine()?;
    let seen = proved(&engine, &engine, &added).await?;
    engine.close().await?;
    Ok(Seen { kills: crowd.kills, ..seen })
}

/// Pieces by product.
type Pieces = BTreeMap<String, u64>;

/// What was added to all carts, once readers see all of it.
async fn settled(api: &Node, pairs: &[Pair]) -> Result<Pieces> {
    let mut added = Pieces::new();
    for customer in pairs.iter().flat_map(|pair| pair.shoppers.iter().chain(&pair.mergers)) {
        ensure!(customer.unknown == 0, "{} does not know an outcome", customer.user());
        for (product, pieces) in &customer.lines {
            *added.entry(product.clone()).or_default() += pieces;
        }
    }
    let carts: Vec<_> = pairs.iter().flat_map(|pair| &pair.names).collect();
    let all: u64 = added.values().sum();
    let shown = async || {
        let counts = join_all(carts.iter().map(async |name| {
            let url = api.at(&format!("/api/cart/{name}"));
            let cart: Value = reqwest::get(url).await.ok()?.json().await.ok()?;
            cart.get("itemCount")?.as_u64()
        }));
        counts.await.into_iter().sum::<Option<u64>>()
    };
    let what = format!("all carts together hold {all} pieces");
    eventually(&what, SETTLED_WITHIN, || async { shown().await.filter(|sum| *sum == all) }).await?;
    Ok(added)
}

/// The rows hold what was added, and the events tell of each merge once.
async fn proved<L: Log, S: Store>(log: &L, store: &S, added: &Pieces) -> Result<Seen> {
    let told = history::told(log).await?;
    history::compare(store, &told).await?;
    let mut held = Pieces::new();
    for (key, (_, cell)) in rows::of(store, Table::Carts).await? {
        let record = CartRecord::decode(&cell)?;
        ensure!(record.dealings.outgoing.is_empty(), "{key} still waits: {:?}", record.dealings);
        for line in &record.cart.lines {
            let product = line.item.product().to_string();
            *held.entry(product).or_default() += u64::from(line.quantity.get());
        }
    }
    ensure!(held == *added, "{held:?} is held where {added:?} was added");
    let counted = count(&events(log).await?)?;
    Ok(Seen { pieces: added.values().sum(), ..counted })
}

/// Every event, each once.
pub(super) async fn events<L: Log>(log: &L) -> Result<Vec<Event>> {
    let (mut seen, mut events) = (BTreeSet::new(), Vec::new());
    for partition in log.partitions(Topic::Events).await?.partitions() {
        let at = TopicPartition { topic: Topic::Events, partition };
        for record in history::all_records(log, at).await? {
            let event = Event::decode(&record.value.context("an event has a value")?)?;
            if seen.insert(event.place.to_string()) {
                events.push(event);
            }
        }
    }
    Ok(events)
}

/// How often each thing happened to one merge.
#[derive(Debug, Default)]
struct Trail {
    left: usize,
    came: usize,
    back: usize,
    undone: usize,
    returned: usize,
}

impl Trail {
    /// Whether its lines left once, and are in one place.
    const fn is_once(&self) -> bool {
        let Self { left, came, back, undone, returned } = *self;
        left == 1 && came + back == 1 && undone <= came && returned == undone
    }
}

/// Every merge, by its id.
#[derive(Debug, Default)]
struct Trails(BTreeMap<String, Trail>);

impl Trails {
    fn of(&mut self, merge: &MergeId) -> &mut Trail {
        self.0.entry(merge.to_string()).or_default()
    }
}

/// What became of every merge.
fn count(events: &[Event]) -> Result<Seen> {
    let mut trails = Trails::default();
    for event in events {
        match &event.fact {
            Fact::CartMergedOut { merge, .. } => trails.of(merge).left += 1,
            Fact::CartMergedIn { merge, .. } => trails.of(merge).came += 1,
            Fact::MergeReturned { merge, reason: ReturnReason::Refused, .. } => {
                trails.of(merge).back += 1;
            }
            Fact::MergeReturned { merge, reason: ReturnReason::Undone, .. } => {
                trails.of(merge).returned += 1;
            }
            Fact::MergeUndone { merge, .. } => trails.of(merge).undone += 1,
            Fact::ItemAdded(_)
            | Fact::ItemUpdated(_)
            | Fact::ItemRemoved(_)
            | Fact::CartCleared
            | Fact::ExpiryExtended
            | Fact::CartExpired(_)
            | Fact::CartRestored(_)
            | Fact::ExpiryWarned
            | Fact::CartAbandoned { .. }
            | Fact::CartRecovered { .. }
            | Fact::CheckoutStarted { .. }
            | Fact::CheckoutReady { .. }
            | Fact::CheckoutCancelled { .. }
            | Fact::CartConverted { .. }
            | Fact::ItemOutOfStock { .. }
            | Fact::ItemAvailable { .. }
            | Fact::CurrencyChanged { .. }
            | Fact::PriceChanged { .. } => {}
        }
    }
    let mut seen = Seen::default();
    for (merge, trail) in trails.0 {
        ensure!(trail.is_once(), "{merge}: {trail:?}");
        seen.merged += trail.came;
        seen.refused += trail.back;
        seen.undone += trail.undone;
    }
    Ok(seen)
}

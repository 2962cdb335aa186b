//! Many carts that hold one product are told that it is sold out, and there again, while others shop and
//! whoever tells is killed; and the proof that each was told once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use cart_schemas::event::{Event, Fact};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::log::{Log, TopicPartition};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::history;
use super::node::Node;
use super::shop::{Shop, SmallShop, eventually};
use super::steady::{Heard, Steady};

/// The product they hold, and the one that others buy meanwhile.
const HELD: &str = "held";
const BOUGHT: &str = "bought";
/// Pieces of each.
const PIECES: i64 = 1_000_000;
/// Requests under way at a time.
const AT_ONCE: usize = 64;
/// Adds by others a second.
const ADDS: u32 = 200;
/// How long others shop before anything is told.
const QUIET: Duration = Duration::from_secs(10);
/// How long a telling may take, with a kill.
const TOLD_WITHIN: Duration = Duration::from_secs(300);

/// What came of it.
#[derive(Debug)]
pub struct Seen {
    /// How many carts were told.
    pub carts: usize,
    quiet: Heard,
    during: Heard,
    sold_out: Duration,
    back: Duration,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { carts, quiet, during, sold_out, back } = self;
        let tenths = during.p99().as_micros() * 10 / quiet.p99().as_micros().max(1);
        writeln!(f, "{carts} carts were told once that it is sold out, and once that it is back")?;
        writeln!(f, "  sold out: told within {} ms", sold_out.as_millis())?;
        writeln!(f, "  back: told within {} ms, with a kill in the middle", back.as_millis())?;
        writeln!(f, "  others before: {quiet}")?;
        write!(f, "  others meanwhile: {during}: {}.{} times", tenths / 10, tenths % 10)
    }
}

/// A shop that is open, and what became known of it.
struct Trial {
    http: Client,
    url: String,
    carts: usize,
}

impl Trial {
    fn new(node: &Node, carts: usize) -> Self {
        Self { http: Client::new(), url: node.url().to_owned(), carts }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> Result<()> {
        let request = self.http.request(method, format!("{}{path}", self.url)).json(&body);
        let answer = request.send().await?;
        ensure!(answer.status() == 200, "{path}: {} {}", answer.status(), answer.text().await?);
        Ok(())
    }

    async fn add(&self, user: &str) -> Result<()> {
        let body = json!({"productID": HELD, "quantity": 1});
        self.ask(Method::POST, &format!("/api/cart/{user}/items"), body).await
    }

    /// Puts the product into every cart.
    async fn fill(&self) -> Result<()> {
        for product in [HELD, BOUGHT] {
            let body = json!({"name": product, "price": 10, "stock": PIECES});
            self.ask(Method::PUT, &format!("/api/products/{product}"), body).await?;
        }
        let users: Vec<_> = (0..self.carts).map(user).collect();
        let adds = stream::iter(&users).map(|user| self.add(user));
        adds.buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Changes the stock, right after an event whose time is known.
    async fn count(&self, delta: i64) -> Result<()> {
        let body = json!({"productID": BOUGHT, "quantity": 1});
        self.ask(Method::POST, "/api/cart/marker/items", body).await?;
        let path = format!("/api/products/{HELD}/stock");
        self.ask(Method::POST, &path, json!({"delta": delta})).await
    }

    /// Waits until every cart shows this state of its line.
    async fn until_all(&self, state: &str) -> Result<()> {
        let mut untold: Vec<_> = (0..self.carts).map(user).collect();
        let began = tokio::time::Instant::now();
        while !untold.is_empty() {
            ensure!(began.elapsed() < TOLD_WITHIN, "{} carts are not {state}", untold.len());
            let looks =
                stream::iter(untold).map(async |user| (self.shows(&user, state).await, user));
            let looks: Vec<_> = looks.buffer_unordered(AT_ONCE).collect().await;
            untold = looks.into_iter().filter(|(told, _)| !told).map(|(_, user)| user).collect();
        }
        Ok(())
    }

    async fn shows(&self, user: &str, state: &str) -> bool {
        let read = async {
            let answer =
                self.http.get(format!("{}/api/cart/{user}", self.url)).send().await.ok()?;
            let cart: Value = answer.json().await.ok()?;
            Some(cart.get("items")?.get(0)?.get("state")? == state)
        };
        read.await.unwrap_or(false)
    }

    /// Everybody is told that it is sold out, while others shop.
    async fn sell_out(&self, criers: &[&Node]) -> Result<(Heard, Heard)> {
        let steady = Steady::begin(&self.url, BOUGHT, ADDS);
        drop(steady.heard());
        tokio::time::sleep(QUIET).await;
        let quiet = steady.heard();
        self.count(-PIECES).await?;
        drop(steady.heard());
        told(criers, self.carts).await?;
        let during = steady.heard();
        drop(steady);
        self.until_all("out_of_stock").await?;
        Ok((quiet, during))
    }

    /// It is there again, and half of the carts know.
    async fn come_back(&self, criers: &[&Node]) -> Result<()> {
        self.count(PIECES).await?;
        told(criers, self.carts + self.carts / 2).await
    }
}

fn user(number: usize) -> String {
    format!("holder{number}")
}

/// The sum of a metric over processes.
async fn metric(nodes: &[&Node], name: &str) -> usize {
    let mut sum = 0;
    for node in nodes {
        let Ok(answer) = reqwest::get(node.at("/metrics")).await else { continue };
        let text = answer.text().await.unwrap_or_default();
        let lines = text.lines().filter(|line| line.starts_with(name));
        let values = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok());
        sum += values.sum::<usize>();
    }
    sum
}

/// Waits until so many Refreshes were sent.
async fn told(criers: &[&Node], carts: usize) -> Result<()> {
    let what = format!("{carts} carts are told");
    eventually(&what, TOLD_WITHIN, async || {
        (metric(criers, "cartstream_news_refreshes_total").await >= carts).then_some(())
    })
    .await
}

/// In a data folder, whose only process is killed.
///
/// # Errors
/// A cart was not told once, or somebody does not answer.
pub async fn in_a_folder(shop: &SmallShop, carts: usize) -> Result<Seen> {
    let mut node = shop.ready("127.0.0.1:0", &[]).await?;
    let address = node.url().trim_start_matches("http://").to_owned();
    let trial = Trial::new(&node, carts);
    trial.fill().await?;
    let (quiet, during) = trial.sell_out(&[&node]).await?;
    trial.come_back(&[&node]).await?;
    node.kill();
    let node = shop.ready(&address, &[]).await?;
    trial.until_all("available").await?;
    node.stop().await?;
    let engine = shop.engine()?;
    let (sold_out, back) = proved(&engine, carts).await?;
    engine.close().await?;
    Ok(Seen { carts, quiet, during, sold_out, back })
}

/// Over Kafka and Cassandra, of whose two processors the one that tells is killed.
///
/// # Errors
/// See [`in_a_folder`].
pub async fn on_engines(shop: &Shop, carts: usize) -> Result<Seen> {
    let api = shop.ready("api", &[]).await?;
    let mut one = shop.ready("processor", &[]).await?;
    let mut other = shop.ready("processor", &[]).await?;
    let trial = Trial::new(&api, carts);
    trial.fill().await?;
    let (quiet, during) = trial.sell_out(&[&one, &other]).await?;
    trial.come_back(&[&one, &other]).await?;
    if metric(&[&one], "cartstream_news_active").await == 1 {
        one.kill();
        one = shop.ready("processor", &[]).await?;
    } else {
        other.kill();
        other = shop.ready("processor", &[]).await?;
    }
    trial.until_all("available").await?;
    for node in [one, other, api] {
        node.stop().await?;
    }
    let (sold_out, back) = proved(&shop.log()?, carts).await?;
    Ok(Seen { carts, quiet, during, sold_out, back })
}

/// What the events say of one direction.
#[derive(Debug, Default)]
struct Direction {
    times: BTreeMap<String, usize>,
    last: Timestamp,
}

impl Direction {
    fn hear(&mut self, event: &Event) {
        *self.times.entry(event.user.to_string()).or_default() += 1;
        self.last = self.last.max(event.at);
    }

    /// How long after `began` the last of so many carts was told, each once.
    fn took(&self, carts: usize, began: Timestamp) -> Result<Duration> {
        ensure!(self.times.len() == carts, "{} of {carts} carts were told", self.times.len());
        let twice = self.times.iter().find(|(_, times)| **times != 1);
        ensure!(twice.is_none(), "{twice:?} times");
        let micros = self.last.micros() - began.micros();
        Ok(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
    }
}

/// Each cart was told once each way; how long either took.
async fn proved<L: Log>(log: &L, carts: usize) -> Result<(Duration, Duration)> {
    history::told(log).await?;
    let (mut out, mut back, mut marks) = (Direction::default(), Direction::default(), Vec::new());
    let mut seen = BTreeSet::new();
    for partition in log.partitions(Topic::Events).await?.partitions() {
        let at = TopicPartition { topic: Topic::Events, partition };
        for record in history::all_records(log, at).await? {
            let event = Event::decode(&record.value.context("an event has a value")?)?;
            if !seen.insert(event.place.to_string()) {
                continue;
            }
            if matches!(event.fact, Fact::ItemOutOfStock { .. }) {
                out.hear(&event);
            } else if matches!(event.fact, Fact::ItemAvailable { .. }) {
                back.hear(&event);
            } else if event.user.as_str() == "marker" {
                marks.push(event.at);
            }
        }
    }
    let [first, second] = marks[..] else { anyhow::bail!("{} marks", marks.len()) };
    Ok((out.took(carts, first)?, back.took(carts, second)?))
}

//! How long a checkout takes, by the lines of its cart: open loop, so that a latency counts from the
//! moment the checkout was meant to begin.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use hdrhistogram::Histogram;
use reqwest::{Client, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;

use super::put_all;
use crate::support::node::Node;

/// Products a shop sells: more than the largest cart has lines.
const PRODUCTS: usize = 200;
/// Carts filled at a time.
const FILLED_AT_ONCE: usize = 32;
/// How long a checkout may take to be told: what is later is no measure but a failure.
const TOLD_WITHIN: Duration = Duration::from_secs(10);

/// A run.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Lines of each cart.
    pub lines: usize,
    /// Checkouts a second.
    pub rate: u32,
    /// For so long.
    pub seconds: u32,
}

/// What it came to, in microseconds.
#[derive(Debug)]
pub struct Paced {
    pace: Pace,
    took: Histogram<u64>,
    /// Checkouts told to be on their way: not within two seconds.
    late: u64,
}

impl fmt::Display for Paced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |quantile: f64| {
            let micros = self.took.value_at_quantile(quantile);
            format!("{}.{}", micros / 1_000, micros % 1_000 / 100)
        };
        let Pace { lines, rate, .. } = self.pace;
        let (p50, p99, max) = (at(0.5), at(0.99), self.took.max() / 1_000);
        let count = self.took.len();
        write!(f, "| {lines} | {rate} | {count} | {p50} / {p99} | {max} | {} |", self.late)
    }
}

/// The head of the table.
pub const HEAD: &str = "| lines | checkouts/s | checkouts | p50 / p99 ms | slowest ms | 202 |\n|---|---|---|---|---|---|";

/// Fills carts and checks each out, so many a second.
///
/// # Errors
/// A cart cannot be filled, or a checkout is refused.
pub async fn measure(node: &Node, pace: Pace) -> Result<Paced> {
    put_all(node, PRODUCTS).await?;
    let http = Client::builder().pool_max_idle_per_host(256).build()?;
    let carts = pace.rate * pace.seconds;
    let url = node.url().to_owned();
    let fillings = (0..carts).map(|cart| fill(&http, &url, pace.lines, cart));
    stream::iter(fillings).buffer_unordered(FILLED_AT_ONCE).try_collect::<Vec<_>>().await?;
    let (mut took, mut late) = (Histogram::<u64>::new(3)?, 0);
    let (began, mut asked) = (Instant::now(), JoinSet::new());
    for cart in 0..carts {
        let due = began + Duration::from_secs(cart.into()) / pace.rate;
        tokio::time::sleep_until(due.into()).await;
        let path = format!("{url}/api/cart/{}/checkout", name(pace.lines, cart));
        asked.spawn(checkout(http.clone(), path, due));
    }
    while let Some(checkout) = asked.join_next().await {
        let (status, passed) = checkout??;
        late += u64::from(status == StatusCode::ACCEPTED);
        took.record(u64::try_from(passed.as_micros())?)?;
    }
    Ok(Paced { pace, took, late })
}

fn name(lines: usize, cart: u32) -> String {
    format!("paced{lines}x{cart}")
}

async fn fill(http: &Client, url: &str, lines: usize, cart: u32) -> Result<()> {
    let path = format!("{url}/api/cart/{}/items", name(lines, cart));
    let first = usize::try_from(cart)?;
    for line in 0..lines {
        let product = format!("goods{}", (first + line) % PRODUCTS);
        let body = json!({"productID": product, "quantity": 1});
        let answer = http.post(&path).json(&body).send().await?;
        ensure!(answer.status() == StatusCode::OK, "{}", answer.text().await?);
    }
    Ok(())
}

async fn checkout(http: Client, path: String, due: Instant) -> Result<(StatusCode, Duration)> {
    let answer = tokio::time::timeout(TOLD_WITHIN, http.post(path).send()).await??;
    let (status, passed) = (answer.status(), due.elapsed());
    let text = answer.text().await?;
    ensure!([StatusCode::OK, StatusCode::ACCEPTED].contains(&status), "{status}: {text}");
    Ok((status, passed))
}

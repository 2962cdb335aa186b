//! Very many carts that are due within the same minute: how late each is woken, and what it takes.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use cart_schemas::event::Fact;
use cart_storage::log::Log;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use hdrhistogram::Histogram;
use reqwest::Client;
use serde_json::json;

use super::merging::events;
use super::node::Node;
use super::selling::put;
use super::shop::eventually;

/// Carts filled at a time.
const AT_ONCE: usize = 64;
/// How long after its time each cart must be woken.
const WOKEN_WITHIN_MS: u64 = 60_000;

/// What a run came to.
#[derive(Debug)]
pub struct Woken {
    carts: usize,
    /// From the first cart's time to the last one's.
    within: Duration,
    /// Milliseconds from a cart's time until it was told to have expired.
    late: Histogram<u64>,
    /// Resident MiB: with all carts waiting, and at most while they were woken.
    memory: (u64, u64),
}

impl fmt::Display for Woken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { carts, within, late, memory: (before, peak) } = self;
        let (p50, p99) = (late.value_at_quantile(0.5), late.value_at_quantile(0.99));
        write!(
            f,
            "{carts} carts due within {} s, each woken once: p50 {p50} ms, p99 {p99} ms, the last {} ms \
             after its time; {before} MiB before, {peak} at most",
            within.as_secs(),
            late.max()
        )
    }
}

/// Makes the carts, waits until the last one is told to have expired, and measures each. The shop
/// keeps carts for `ttl`; `log` is its own, asked once the process has stopped.
///
/// # Errors
/// A cart is woken late, twice or not at all.
pub async fn wake_all(node: &Node, carts: usize, ttl: Duration) -> Result<(Duration, (u64, u64))> {
    put(node, "soon", 1_000_000).await?;
    let began = Instant::now();
    let http = Client::builder().pool_max_idle_per_host(AT_ONCE).build()?;
    let fillings = (0..carts).map(|cart| add(&http, node.url(), cart));
    stream::iter(fillings).buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await?;
    let within = began.elapsed();
    ensure!(within < ttl, "the first cart was due before the last one was made, in {within:?}");
    let before = resident(node)?;
    let (mut peak, last) = (before, carts.saturating_sub(1));
    let end = Instant::now() + ttl + Duration::from_millis(WOKEN_WITHIN_MS) * 2;
    let mut next = last;
    // Carts are woken in the order of their times: the last ones last.
    while next > last.saturating_sub(AT_ONCE) {
        peak = peak.max(resident(node)?);
        ensure!(Instant::now() < end, "cart {next} is not woken");
        if has_expired(&http, node, next).await? {
            next = next.saturating_sub(1);
        } else {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok((within, (before, peak)))
}

/// What the events say of each.
///
/// # Errors
/// A cart was told to have expired late, twice or never.
pub async fn proved<L: Log>(
    log: &L,
    carts: usize,
    (within, memory): (Duration, (u64, u64)),
) -> Result<Woken> {
    let (mut late, mut told) = (Histogram::<u64>::new(3)?, 0);
    for event in events(log).await? {
        if let Fact::CartExpired(_) = event.fact {
            let passed = event.at.micros() - event.after.expires_at.micros();
            late.record(u64::try_from(passed / 1_000).context("woken before its time")?)?;
            told += 1;
        }
    }
    ensure!(told == carts, "{told} carts expired, {carts} had to");
    ensure!(late.max() <= WOKEN_WITHIN_MS, "a cart was woken {} ms late", late.max());
    Ok(Woken { carts, within, late, memory })
}

async fn add(http: &Client, url: &str, cart: usize) -> Result<()> {
    let path = format!("{url}/api/cart/due{cart}/items");
    let body = json!({"productID": "soon", "quantity": 1});
    eventually("a cart is made", Duration::from_secs(20), || async {
        let answer = http.post(&path).json(&body).header("idempotency-key", "make").send().await;
        answer.ok().filter(|answer| answer.status().as_u16() == 200).map(drop)
    })
    .await
}

/// Whether a cart's own end is stored: readers show it expired before that, too, but at the version
/// before it.
async fn has_expired(http: &Client, node: &Node, cart: usize) -> Result<bool> {
    let answer = http.get(node.at(&format!("/api/cart/due{cart}"))).send().await?;
    let told: serde_json::Value = answer.json().await?;
    Ok(told.get("version").and_then(serde_json::Value::as_u64) > Some(1))
}

fn resident(node: &Node) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", node.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
    Ok(kib.parse::<u64>()? / 1_024)
}

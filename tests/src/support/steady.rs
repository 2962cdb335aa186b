//! Whoever goes on shopping meanwhile: so many adds a second, whatever they take, each counted from the
//! moment it was meant to be sent.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::json;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Carts they shop for: enough that none holds up another.
const CARTS: u64 = 500;

/// What was answered within some time.
#[derive(Debug, Default)]
pub struct Heard {
    took: Vec<Duration>,
    /// Answers that were no success.
    pub failed: usize,
}

impl Heard {
    /// How long the slowest but one in a hundred took at most.
    #[must_use]
    pub fn p99(&self) -> Duration {
        let mut took = self.took.clone();
        took.sort_unstable();
        took.get(took.len() * 99 / 100).copied().unwrap_or_default()
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { took, failed } = self;
        let p99 = self.p99().as_millis();
        write!(f, "p99 {p99} ms of {} adds ({failed} failed)", took.len() + failed)
    }
}

/// Adds at a steady rate, until it is dropped.
#[derive(Debug)]
pub struct Steady {
    heard: Arc<Mutex<Heard>>,
    task: JoinHandle<()>,
}

impl Steady {
    /// Begins to add so many pieces of a product a second.
    #[must_use]
    pub fn begin(url: &str, product: &str, a_second: u32) -> Self {
        let heard: Arc<Mutex<Heard>> = Arc::default();
        let (url, product) = (url.to_owned(), product.to_owned());
        let task = tokio::spawn(shop((url, product), a_second, Arc::clone(&heard)));
        Self { heard, task }
    }

    /// What was answered since the last time this was asked.
    #[must_use]
    pub fn heard(&self) -> Heard {
        mem::take(&mut lock(&self.heard))
    }
}

impl Drop for Steady {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn shop((url, product): (String, String), a_second: u32, heard: Arc<Mutex<Heard>>) {
    let http = Client::new();
    let mut ticks = interval(Duration::from_secs(1) / a_second.max(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut asking = JoinSet::new();
    for number in (0..CARTS).cycle() {
        let meant = ticks.tick().await;
        let path = format!("{url}/api/cart/shopper{number}/items");
        let request = http.post(path).json(&json!({"productID": product, "quantity": 1}));
        let heard = Arc::clone(&heard);
        asking.spawn(async move {
            let answer = request.send().await;
            let took = Instant::now() - meant;
            let mut heard = lock(&heard);
            match answer {
                Ok(answer) if answer.status() == StatusCode::OK => heard.took.push(took),
                Ok(_) | Err(_) => heard.failed += 1,
            }
        });
        while asking.try_join_next().is_some() {}
    }
}

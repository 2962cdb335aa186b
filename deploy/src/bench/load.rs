//! The load: who begins when, and over which connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::connection::Connection;
use super::shopper::Shoppers;
use super::tally::Tally;
use crate::exit::Failure;

/// A load on a shop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) address: SocketAddr,
    /// Requests a second; `None` is as many as the connections allow.
    pub(super) rate: Option<u32>,
    pub(super) users: u32,
    pub(super) connections: u32,
}

/// When requests are meant to begin. Unbounded, but for the length of the run.
type Starts = Arc<Mutex<mpsc::UnboundedReceiver<Instant>>>;

impl Load {
    /// Loads the shop for a while.
    pub(super) async fn run(&self, lasts: Duration, bar: &ProgressBar) -> Result<Tally, Failure> {
        let began = Instant::now();
        let starts = self.rate.map(|rate| pace(began, rate, lasts)).transpose()?;
        let mut customers = JoinSet::new();
        for number in 0..self.connections {
            let shoppers = Shoppers::new(self.users, u64::from(number))?;
            let customer = Customer { connection: Connection::to(self.address), shoppers };
            customers.spawn(customer.shop(starts.clone(), began + lasts));
        }
        let ticking = tokio::spawn(tick(bar.clone(), lasts.as_secs()));
        let mut whole = new_tally()?;
        while let Some(joined) = customers.join_next().await {
            let tally =
                joined.map_err(|error| Failure::failed("a customer fell over", error))??;
            whole.add(&tally);
        }
        ticking.abort();
        bar.finish_and_clear();
        whole.took = began.elapsed();
        Ok(whole)
    }
}

fn new_tally() -> Result<Tally, Failure> {
    Tally::new().map_err(|source| Failure::failed("the histograms cannot be made", source))
}

/// Says when each request is meant to begin, at that time. A thread's sleep is exact to some 50 µs;
/// the runtime's timers to a millisecond.
#[expect(clippy::disallowed_methods, reason = "the load follows the clock")]
fn pace(began: Instant, rate: u32, lasts: Duration) -> Result<Starts, Failure> {
    let (starts, waiting) = mpsc::unbounded_channel();
    let thread = std::thread::Builder::new().name("pace".to_owned());
    let paced = thread.spawn(move || {
        let every = Duration::from_secs(1) / rate.max(1);
        for number in 0.. {
            let start = began + every * number;
            if start >= began + lasts {
                return;
            }
            std::thread::sleep(start.saturating_duration_since(Instant::now()));
            if starts.send(start).is_err() {
                return;
            }
        }
    });
    paced.map_err(|source| Failure::failed("no thread can be started", source))?;
    Ok(Arc::new(Mutex::new(waiting)))
}

/// Whoever uses one connection.
struct Customer {
    connection: Connection,
    shoppers: Shoppers,
}

impl Customer {
    /// Asks one thing after another until `end`.
    async fn shop(mut self, starts: Option<Starts>, end: Instant) -> Result<Tally, Failure> {
        let mut tally = new_tally()?;
        while let Some(start) = next(starts.as_ref(), end).await {
            let (kind, request) = self.shoppers.next();
            let answer = self.connection.ask(request).await.map(|(status, _)| status);
            tally.count(kind, &answer, start.elapsed());
        }
        Ok(tally)
    }
}

/// When the next request is meant to begin: now, without a rate.
async fn next(starts: Option<&Starts>, end: Instant) -> Option<Instant> {
    match starts {
        Some(starts) => starts.lock().await.recv().await,
        None => Some(Instant::now()).filter(|now| *now < end),
    }
}

async fn tick(bar: ProgressBar, seconds: u64) {
    bar.set_length(seconds);
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        bar.set_position(bar.position() + 1);
    }
}

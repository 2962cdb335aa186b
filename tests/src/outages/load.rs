//! Who shops meanwhile: customers who keep books, and readers who notice when a cart goes back.
//! They ask at a steady rate, however long an answer takes, as long as they are enough.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use reqwest::{Client, StatusCode};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::trouble::Trouble;
use crate::support::answers::{Answers, Asked, Book, Kind};
use crate::support::customer::Customer;

/// Customers at a time: in an outage each waits up to 2 s for an answer, so that fifty a second
/// are still asked.
const CUSTOMERS: u32 = 100;
/// Readers at a time.
const READERS: u32 = 20;
/// A read for so many changes.
const CHANGES_PER_READ: u32 = 3;
/// How long a cart may be read as it was before its last changes, where the store forgot them: what
/// both engines need to start, and what may pass until the backlog is decided.
const CAUGHT_UP: Duration = Duration::from_secs(30);
/// How long nobody waits any more: longer than anything is promised to take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A load under way.
#[derive(Debug)]
pub(super) struct Load {
    answers: Arc<Answers>,
    enough: CancellationToken,
    customers: JoinSet<Result<Customer>>,
    readers: JoinSet<Result<()>>,
}

impl Load {
    /// Begins to shop at `url` with so many changes a second.
    pub(super) fn begin(url: &str, trouble: Trouble, rate: u32) -> Result<Self> {
        let http = Client::builder().timeout(PATIENCE).build()?;
        let (answers, enough) = (Arc::new(Answers::default()), CancellationToken::new());
        let (mut customers, mut readers) = (JoinSet::new(), JoinSet::new());
        let user = |number: u32| format!("{}{number}", trouble.word());
        let pace = |share: u32| Duration::from_secs(1) * share / rate.max(1);
        for number in 0..CUSTOMERS {
            let customer = Customer::new(&user(number), http.clone(), u64::from(number));
            let customer = customer.telling(Arc::clone(&answers));
            let turns = Turns::new(pace(CUSTOMERS), pace(number), enough.clone());
            customers.spawn(shop(customer, url.to_owned(), turns));
        }
        for number in 0..READERS {
            let cart = format!("{url}/api/cart/{}", user(number));
            let seen = Seen::new(if trouble.makes_forget() { CAUGHT_UP } else { Duration::ZERO });
            let (http, answers) = (http.clone(), Arc::clone(&answers));
            let reader = Reader { http, cart, answers, seen };
            let share = CHANGES_PER_READ * READERS;
            let turns = Turns::new(pace(share), pace(number), enough.clone());
            readers.spawn(reader.read(turns));
        }
        Ok(Self { answers, enough, customers, readers })
    }

    /// What was answered.
    pub(super) fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Ends it, once each customer knows what became of their last command.
    pub(super) async fn end(mut self) -> Result<(Vec<Customer>, Book)> {
        self.enough.cancel();
        while let Some(ended) = self.readers.join_next().await {
            ended??;
        }
        let mut customers = Vec::new();
        while let Some(ended) = self.customers.join_next().await {
            customers.push(ended??);
        }
        Ok((customers, self.answers.so_far()))
    }
}

/// When it is one's turn.
struct Turns {
    ticks: tokio::time::Interval,
    enough: CancellationToken,
}

impl Turns {
    fn new(every: Duration, first: Duration, enough: CancellationToken) -> Self {
        let begin = tokio::time::Instant::now() + first;
        let mut ticks = tokio::time::interval_at(begin, every.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { ticks, enough }
    }

    /// Waits for the next one; `false` when it is enough.
    async fn next(&mut self) -> bool {
        tokio::select! {
            biased;
            () = self.enough.cancelled() => false,
            _ = self.ticks.tick() => true,
        }
    }
}

async fn shop(mut customer: Customer, url: String, mut turns: Turns) -> Result<Customer> {
    while turns.next().await {
        customer.act(&url).await?;
    }
    Ok(customer)
}

/// Reads one cart again and again.
struct Reader {
    http: Client,
    cart: String,
    answers: Arc<Answers>,
    seen: Seen,
}

impl Reader {
    async fn read(mut self, mut turns: Turns) -> Result<()> {
        while turns.next().await {
            let sent = Instant::now();
            let Ok(answer) = self.http.get(&self.cart).send().await else {
                self.answers.took(Asked::Read, Kind::Failed, sent);
                continue;
            };
            self.answers.took(Asked::Read, Kind::of(answer.status()), sent);
            match answer.status() {
                StatusCode::OK => {
                    let went_back = || format!("{} went back", self.cart);
                    self.seen.take(version(&answer)?).with_context(went_back)?;
                }
                StatusCode::SERVICE_UNAVAILABLE => {
                    let says_when = answer.headers().contains_key("retry-after");
                    ensure!(says_when, "503 without Retry-After");
                }
                status => anyhow::bail!("{status}: {}", answer.text().await?),
            }
        }
        self.seen.end().with_context(|| format!("{} went back", self.cart))
    }
}

/// The versions of a cart as they were read. They never go back, but for a while where the store
/// forgot what is then decided again.
struct Seen {
    newest: u64,
    behind: Option<Instant>,
    allowed: Duration,
}

impl Seen {
    const fn new(allowed: Duration) -> Self {
        Self { newest: 0, behind: None, allowed }
    }

    fn take(&mut self, version: u64) -> Result<()> {
        if version >= self.newest {
            (self.newest, self.behind) = (version, None);
            return Ok(());
        }
        let since = self.behind.get_or_insert_with(Instant::now).elapsed();
        let newest = self.newest;
        ensure!(since < self.allowed, "from version {newest} to {version}, {since:?} long");
        Ok(())
    }

    fn end(&self) -> Result<()> {
        ensure!(self.behind.is_none(), "and stayed behind version {}", self.newest);
        Ok(())
    }
}

fn version(answer: &reqwest::Response) -> Result<u64> {
    let tag = answer.headers().get("etag").context("a cart without ETag")?;
    Ok(tag.to_str()?.trim_matches('"').parse()?)
}

//! One outage under a load: a while of calm, the outage, and as much calm after the shop is itself
//! again.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::cause::Cause;
use super::figures;
use super::load::Load;
use super::trouble::Trouble;
use crate::support::answers::Book;
use crate::support::customer::Customer;
use crate::support::node::Node;

/// The calm before and after, as a share of the outage.
const CALM_SHARE: u32 = 4;
/// The least of it: enough answers that one in a thousand is seen.
const CALM_MIN: Duration = Duration::from_secs(2);
/// How long is waited for a shop that does not come back; the promise is shorter,
/// four times as much as well.
const WAITED: Duration = Duration::from_secs(50);
/// How often is looked whether it is back, and what memory it takes.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What is tried.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) trouble: Trouble,
    pub(super) outage: Duration,
    /// Changes a second.
    pub(super) rate: u32,
}

/// How it went.
#[derive(Debug)]
pub(super) struct Course {
    pub(super) trouble: Trouble,
    pub(super) book: Book,
    pub(super) customers: Vec<Customer>,
    /// When the outage was brought about.
    pub(super) stopped: Instant,
    /// When it was there.
    pub(super) down: Instant,
    /// When what was broken was told to work again.
    pub(super) mended: Instant,
    /// When it did.
    pub(super) ready: Instant,
    /// The process's memory, resident, in KiB: when it was looked at, and what it was.
    pub(super) memory: Vec<(Instant, u64)>,
}

impl Trial {
    /// Runs it against a process.
    pub(super) async fn run(&self, node: &Node, cause: &mut Cause) -> Result<Course> {
        let calm = (self.outage / CALM_SHARE).max(CALM_MIN);
        let load = Load::begin(node.url(), self.trouble, self.rate)?;
        let watch = Watch::begin(node.id());
        tokio::time::sleep(calm).await;
        let stopped = Instant::now();
        cause.begin().await?;
        let down = Instant::now();
        tokio::time::sleep(self.outage).await;
        let mended = Instant::now();
        cause.end().await?;
        let ready = Instant::now();
        while ready.elapsed() < WAITED {
            tokio::time::sleep(LOOK_EVERY).await;
            if figures::recovered(&load.answers().so_far(), ready).is_some() {
                break;
            }
        }
        tokio::time::sleep(calm).await;
        let memory = watch.end().await?;
        let (customers, book) = load.end().await.with_context(|| node.last_words())?;
        let trouble = self.trouble;
        Ok(Course { trouble, book, customers, stopped, down, mended, ready, memory })
    }
}

/// Looks at a process's memory from time to time.
struct Watch {
    task: JoinHandle<Vec<(Instant, u64)>>,
    enough: CancellationToken,
}

impl Watch {
    fn begin(pid: u32) -> Self {
        let enough = CancellationToken::new();
        let task = tokio::spawn(look(pid, enough.clone()));
        Self { task, enough }
    }

    async fn end(self) -> Result<Vec<(Instant, u64)>> {
        self.enough.cancel();
        Ok(self.task.await?)
    }
}

async fn look(pid: u32, enough: CancellationToken) -> Vec<(Instant, u64)> {
    let mut seen = Vec::new();
    while !enough.is_cancelled() {
        seen.extend(resident_kib(pid).map(|kib| (Instant::now(), kib)));
        tokio::time::sleep(LOOK_EVERY).await;
    }
    seen
}

fn resident_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

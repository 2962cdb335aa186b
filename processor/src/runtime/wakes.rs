//! Drives the scanner of one partition: reads its index, appends Wakes, drops slots.

use std::time::Duration;

use backon::Retryable as _;
use cart_schemas::cql::Index;
use cart_schemas::id::CommandId;
use cart_schemas::policies::Policies;
use cart_storage::log::{Log, TopicPartition};
use cart_storage::store::Store;
use tokio::sync::{mpsc, watch};

use super::ambient::Ambient;
use super::carrier::{append_in_order, backoff, chain, persist};
use super::cursors::{self, Cursors};
use super::shell::Report;
use crate::defects::Defects;
use crate::fold::Wake;
use crate::timers::scanner::{Answer, Ask, PAGE, Scanner};
use crate::timers::{Shelf, Slot, Timer};
use crate::worker::StopReason;

/// Does what the scanner of one partition asks.
#[derive(Debug)]
pub(super) struct Ringer<L, S> {
    pub(super) log: L,
    pub(super) store: S,
    /// The partition of the command log.
    pub(super) to: TopicPartition,
    pub(super) shelf: Shelf,
    /// Makes a Wake.
    pub(super) wake: Wake,
    pub(super) policies: Policies,
    pub(super) ambient: Ambient,
    /// Told where the scanner is.
    pub(super) cursors: Cursors,
}

/// One partition's timers.
#[derive(Debug)]
pub(super) struct Wakes<L, S, D> {
    pub(super) ringer: Ringer<L, S>,
    /// Which beginning of the partition this is.
    pub(super) number: u64,
    pub(super) every: Duration,
    pub(super) defects: D,
    /// The partition's frontier, told by the group.
    pub(super) frontier: watch::Receiver<i64>,
    /// The slot to scan from.
    pub(super) first: Slot,
    /// Told when it can scan no more.
    pub(super) reports: mpsc::UnboundedSender<(u64, Report)>,
}

impl<L: Log, S: Store, D: Defects> Wakes<L, S, D> {
    /// Scans until the task is dropped or the store refuses for good.
    pub(super) async fn scan(self) {
        if let Err(refused) = self.scan_all().await {
            let reason = StopReason::Refused(format!("timers cannot be scanned: {refused}"));
            // The group outlives its scanners' reports.
            let stopped = Report::Stopped(self.ringer.shelf.partition, reason);
            drop(self.reports.send((self.number, stopped)));
        }
    }

    async fn scan_all(&self) -> Result<(), String> {
        let frontier = *self.frontier.borrow();
        let mut scanner =
            Scanner::with_defects(self.ringer.shelf, self.first, frontier, self.defects.clone());
        let mut ticks = tokio::time::interval(self.every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let frontier = *self.frontier.borrow();
            let mut ask = scanner.tick((self.ringer.ambient.now)(), frontier);
            while let Some(asked) = ask {
                ask = scanner.on(self.ringer.answer(asked).await?);
            }
        }
    }
}

impl<L: Log, S: Store> Ringer<L, S> {
    /// Answers what is asked; trouble is waited out.
    pub(super) async fn answer(&self, ask: Ask) -> Result<Answer, String> {
        match ask {
            Ask::End => {
                let bounds = (|| self.log.bounds(self.to)).retry(backoff()).await;
                bounds.map(|bounds| Answer::End(bounds.end)).map_err(|error| chain(&error))
            }
            Ask::Read { slot, after } => {
                let read = || self.store.entries(Index::Timers, &slot, after.as_deref(), PAGE);
                Ok(Answer::Page(persist(read).await?))
            }
            Ask::Wake(timers) => {
                let fresh = || CommandId::from_uuid((self.ambient.fresh_id)());
                let policy = |timer: &Timer| self.policies.of(&timer.cart);
                let wake = |timer| (self.to, (self.wake)(timer, fresh(), policy(timer)));
                let wakes: Vec<_> = timers.iter().map(wake).collect();
                metrics::counter!("cartstream_wakes_total").increment(wakes.len() as u64);
                Ok(Answer::Woken(append_in_order(&self.log, wakes).await?))
            }
            Ask::Leave(next) => {
                self.cursors.set(self.shelf.partition, next);
                Ok(Answer::Left)
            }
            Ask::Drop { slot, at, next } => {
                if let Some(at) = at {
                    persist(|| self.store.drop_slot(Index::Timers, &slot, at)).await?;
                }
                cursors::keep(&self.store, self.shelf, next).await?;
                Ok(Answer::Dropped)
            }
        }
    }
}

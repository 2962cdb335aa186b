//! Drives the scanner of one partition: reads its index, appends Wakes, drops slots.

use std::time::Duration;

use backon::Retryable as _;
use bytes::Bytes;
use cart_schemas::command::Command;
use cart_schemas::cql::Index;
use cart_schemas::digest::Digest;
use cart_schemas::envelope::{Envelope, SCHEMA};
use cart_schemas::id::CommandId;
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::topic::{Topic, header};
use cart_storage::log::{Header, Log, NewRecord, TopicPartition};
use cart_storage::store::Store;
use tokio::sync::{mpsc, watch};

use super::ambient::Ambient;
use super::carrier::{append_in_order, backoff, chain, persist};
use super::cursors::{self, Cursors};
use super::shell::Report;
use crate::defects::Defects;
use crate::timers::scanner::{Answer, Ask, PAGE, Scanner};
use crate::timers::{Shelf, Slot, Timer};
use crate::worker::StopReason;

/// One partition's timers.
#[derive(Debug)]
pub(super) struct Wakes<L, S, D> {
    pub(super) log: L,
    pub(super) store: S,
    pub(super) shelf: Shelf,
    /// Which beginning of the partition this is.
    pub(super) number: u64,
    pub(super) policy: Policy,
    pub(super) every: Duration,
    pub(super) ambient: Ambient,
    pub(super) defects: D,
    /// The partition's frontier, told by the group.
    pub(super) frontier: watch::Receiver<i64>,
    /// The slot to scan from.
    pub(super) first: Slot,
    /// Told where the scanner is.
    pub(super) cursors: Cursors,
    /// Told when it can scan no more.
    pub(super) reports: mpsc::UnboundedSender<(u64, Report)>,
}

impl<L: Log, S: Store, D: Defects> Wakes<L, S, D> {
    /// Scans until the task is dropped or the store refuses for good.
    pub(super) async fn scan(self) {
        if let Err(refused) = self.scan_all().await {
            let reason = StopReason::Refused(format!("timers cannot be scanned: {refused}"));
            // The group outlives its scanners' reports.
            drop(self.reports.send((self.number, Report::Stopped(self.shelf.partition, reason))));
        }
    }

    async fn scan_all(&self) -> Result<(), String> {
        let frontier = *self.frontier.borrow();
        let mut scanner =
            Scanner::with_defects(self.shelf, self.first, frontier, self.defects.clone());
        let mut ticks = tokio::time::interval(self.every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let frontier = *self.frontier.borrow();
            let mut ask = scanner.tick((self.ambient.now)(), frontier);
            while let Some(asked) = ask {
                ask = scanner.on(self.answer(asked).await?);
            }
        }
    }

    async fn answer(&self, ask: Ask) -> Result<Answer, String> {
        match ask {
            Ask::End => {
                let bounds = (|| self.log.bounds(self.commands())).retry(backoff()).await;
                bounds.map(|bounds| Answer::End(bounds.end)).map_err(|error| chain(&error))
            }
            Ask::Read { slot, after } => {
                let read = || self.store.entries(Index::Timers, &slot, after.as_deref(), PAGE);
                Ok(Answer::Page(persist(read).await?))
            }
            Ask::Wake(timers) => {
                let to = self.commands();
                let wakes: Vec<_> = timers.iter().map(|timer| (to, self.wake(timer))).collect();
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

    fn commands(&self) -> TopicPartition {
        TopicPartition { topic: Topic::Commands, partition: self.shelf.partition }
    }

    /// Each append is a Wake of its own: a timer that fires twice is two needless decisions at
    /// worst, one that is taken for a repeat would be a timer lost.
    fn wake(&self, timer: &Timer) -> NewRecord {
        let envelope = Envelope {
            id: CommandId::from_uuid((self.ambient.fresh_id)()),
            cart: timer.cart.clone(),
            rules: Rules::CURRENT,
            digest: Digest::of(b"wake"),
            expected_version: None,
            policy: self.policy,
            command: Command::Wake { due: timer.due },
        };
        NewRecord {
            key: Some(Bytes::copy_from_slice(timer.cart.as_str().as_bytes())),
            value: Some(Bytes::from(envelope.encode())),
            headers: vec![
                Header::text(header::COMMAND, envelope.id.to_string()),
                Header::text(header::SCHEMA, SCHEMA.to_string()),
            ],
        }
    }
}

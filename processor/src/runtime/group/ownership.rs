//! Which partitions are ours: how they begin, and how they are given up.

use std::sync::atomic::Ordering;

use cart_schemas::partition::Partition;
use cart_schemas::record::Owner;
use cart_storage::log::{Log, Tail as _, TopicPartition};
use cart_storage::store::Store;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::{DRAIN_WITHIN, Entrance, Examined, Group};
use crate::defects::{Defect, Defects as _};
use crate::fold::{Fold, Wake};
use crate::intake::Home;
use crate::runtime::RunError;
use crate::runtime::assignment::{Beginning, Entering, examine};
use crate::runtime::carrier::chain;
use crate::runtime::held::Held;
use crate::runtime::shell::Report;
use crate::runtime::wakes::{Ringer, Wakes};
use crate::timers::{Shelf, Slot};
use crate::worker::{Input, StopReason};

impl<F: Fold, L: Log, S: Store> Group<F, L, S> {
    /// Compares log and store in the background, so that polling goes on and one partition that
    /// waits for an answer stops no other.
    pub(super) fn examine(&mut self, entrance: Entrance, partition: Partition) {
        self.entrances += 1;
        let number = self.entrances;
        self.entering.insert(partition, number);
        let (log, store, home) = (self.log.clone(), self.store.clone(), self.home(partition));
        let (ambient, fold) = (self.settings.ambient, self.settings.fold.clone());
        let owner = Owner::new((ambient.fresh_id)());
        let entering = Entering { number, owner, now: (ambient.now)() };
        self.examining.push(Box::pin(async move {
            let found = examine((&log, &store), home, entering, &fold).await;
            Examined { partition, entrance, number, found }
        }));
    }

    /// Begins a partition, unless it was given up while it was examined.
    pub(super) async fn begin(&mut self, examined: Examined) -> Result<(), RunError> {
        let Examined { partition, entrance, number, found } = examined;
        if self.entering.get(&partition) != Some(&number) {
            return Ok(());
        }
        self.entering.remove(&partition);
        let beginning = match found {
            Ok(beginning) => beginning,
            Err(refusal) if refusal.ends_the_process() => return Err(RunError::Refused(refusal)),
            Err(refusal) => {
                return self.stopped(partition, StopReason::Refused(chain(&refusal)));
            }
        };
        if self.held.is_empty() {
            self.acknowledged = Instant::now();
            self.committing = None;
            self.fenced = false;
        }
        let held = self.hold(&beginning);
        self.held.insert(partition, held);
        self.stopped.remove(&partition);
        self.tell(partition, Input::Begin(partition, beginning.begin)).await;
        let (at, offset) = (F::SITE.at(partition), beginning.read_from);
        match entrance {
            Entrance::Assigned => self.tail.start(&[(at, offset)]),
            Entrance::Anew => {
                if !self.settings.fold.defects().has(Defect::NoRewind) {
                    self.tail.rewind(at, offset);
                }
                self.tail.resume(at);
            }
        }
        tracing::info!(partitions = self.held.len(), "partitions are held");
        self.count_held();
        Ok(())
    }

    fn home(&self, partition: Partition) -> Home {
        Home { log: self.command_log, partition }
    }

    fn hold(&mut self, beginning: &Beginning) -> Held {
        let committed = beginning.begin.frontier;
        let (frontier, watched) = watch::channel(committed);
        let (partition, number) = (beginning.partition, beginning.begin.number);
        let timers = F::WAKE.zip(beginning.slot);
        let scanner =
            timers.map(|(wake, slot)| self.scan((partition, number), (wake, slot), watched));
        Held { number, partition, frontier, committed, revoked: None, scanner }
    }

    /// Looks for a partition's timers from `first` on, until it is given up.
    fn scan(
        &mut self,
        (partition, number): (Partition, u64),
        (wake, first): (Wake, Slot),
        frontier: watch::Receiver<i64>,
    ) -> AbortHandle {
        self.cursors.set(partition, first);
        let ringer = Ringer {
            log: self.log.clone(),
            store: self.store.clone(),
            to: F::SITE.at(partition),
            shelf: Shelf { generation: self.settings.generation, partition },
            wake,
            policies: self.settings.policies.clone(),
            ambient: self.settings.ambient,
            cursors: self.cursors.clone(),
        };
        let wakes = Wakes {
            ringer,
            number,
            every: self.settings.scan_every,
            defects: self.settings.fold.defects().clone(),
            frontier,
            first,
            reports: self.reporter.clone(),
        };
        self.tasks.spawn(wakes.scan())
    }

    pub(super) async fn revoke(&mut self, all: &[TopicPartition]) {
        for at in all {
            self.entering.remove(&at.partition);
            match self.held.get_mut(&at.partition) {
                Some(held) => held.revoked = Some(Instant::now()),
                None => {
                    self.stopped.remove(&at.partition);
                    self.tail.release(&[*at]);
                }
            }
            self.tell(at.partition, Input::Drain(at.partition)).await;
        }
    }

    /// Gives a drained partition up.
    pub(super) async fn release(&mut self, partition: Partition) {
        if let Some(held) = self.held.get(&partition) {
            self.tail.commit(&[(F::SITE.at(partition), held.frontier())]);
        }
        self.tail.release(&[F::SITE.at(partition)]);
        self.forget(partition).await;
    }

    /// Drops a partition's memory; uncommitted work will be done again by its next owner.
    pub(super) async fn forget(&mut self, partition: Partition) {
        self.entering.remove(&partition);
        self.stopped.remove(&partition);
        if self.held.remove(&partition).is_some() {
            self.tell(partition, Input::Drop(partition)).await;
        }
        self.count_held();
    }

    /// Finishes what is in hand, commits, and leaves the group at once.
    pub(super) async fn leave(mut self) {
        let mut busy: Vec<_> = self.held.keys().copied().collect();
        for partition in busy.clone() {
            self.tell(partition, Input::Drain(partition)).await;
        }
        let drained = async {
            while !busy.is_empty() {
                match self.reports.recv().await.map(|(_, report)| report) {
                    Some(Report::Drained(partition)) => busy.retain(|one| *one != partition),
                    Some(Report::Advance(partition, frontier)) => {
                        if let Some(held) = self.held.get(&partition) {
                            held.frontier.send_modify(|at| *at = frontier.max(*at));
                        }
                    }
                    Some(
                        Report::Pause(_)
                        | Report::Resume(_)
                        | Report::Rewind(..)
                        | Report::BeginAnew(_)
                        | Report::Stopped(..),
                    ) => {}
                    None => return,
                }
            }
        };
        if tokio::time::timeout(DRAIN_WITHIN, drained).await.is_err() {
            tracing::warn!("left with work in hand; the next owner does it again");
        }
        if !self.fenced {
            self.commit();
        }
        self.tail.close().await;
        tracing::info!("left the group");
    }

    pub(super) fn count_held(&self) {
        let held = u32::try_from(self.held.len()).unwrap_or(u32::MAX);
        let topic = F::SITE.commands.to_string();
        metrics::gauge!("cartstream_partitions_held", "topic" => topic).set(held);
        self.health.held.store(self.held.len(), Ordering::Relaxed);
        self.health.stopped.store(self.stopped.len(), Ordering::Relaxed);
    }
}

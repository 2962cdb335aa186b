//! Which partitions are ours: how they begin, and how they are given up.

use cart_schemas::partition::Partition;
use cart_storage::log::{Log, Tail as _, TopicPartition};
use cart_storage::store::Store;
use futures::future::try_join_all;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{DRAIN_WITHIN, Entrance, Group, commands};
use crate::runtime::assignment::{Beginning, examine};
use crate::runtime::held::Held;
use crate::runtime::shell::Report;
use crate::runtime::wakes::Wakes;
use crate::worker::Input;

impl<L: Log, S: Store> Group<L, S> {
    /// Compares log and store in the background, so that polling goes on.
    pub(super) fn examine(&mut self, entrance: Entrance, partitions: Vec<Partition>) {
        let (log, store, count) = (self.log.clone(), self.store.clone(), self.count);
        self.beginning.push(Box::pin(async move {
            let all = partitions.iter().map(|partition| examine(&log, &store, *partition, count));
            Ok((entrance, try_join_all(all).await?))
        }));
    }

    pub(super) async fn begin(&mut self, entrance: Entrance, beginnings: Vec<Beginning>) {
        if self.held.is_empty() {
            self.acknowledged = Instant::now();
            self.committing = None;
            self.fenced = false;
        }
        let mut starts = Vec::with_capacity(beginnings.len());
        for beginning in beginnings {
            let (partition, read_from) = (beginning.partition, beginning.read_from);
            match entrance {
                Entrance::Assigned => starts.push((commands(partition), read_from)),
                Entrance::Fenced if self.held.contains_key(&partition) => {
                    self.tail.rewind(commands(partition), read_from);
                    self.tail.resume(commands(partition));
                }
                // Lost while it was examined.
                Entrance::Fenced => continue,
            }
            let held = self.hold(&beginning);
            self.held.insert(partition, held);
            self.tell(partition, Input::Begin(partition, beginning.begin)).await;
        }
        if matches!(entrance, Entrance::Assigned) {
            self.tail.start(&starts);
        }
        tracing::info!(partitions = self.held.len(), "partitions are held");
        self.count_held();
    }

    fn hold(&mut self, beginning: &Beginning) -> Held {
        let committed = beginning.begin.frontier;
        let (frontier, watched) = watch::channel(committed);
        let wakes = Wakes {
            log: self.log.clone(),
            store: self.store.clone(),
            partition: beginning.partition,
            policy: self.settings.policy,
            frontier: watched,
            log_was_empty: beginning.log_was_empty,
        };
        let scanner = self.tasks.spawn(wakes.scan());
        Held { partition: beginning.partition, frontier, committed, revoked: None, scanner }
    }

    pub(super) async fn revoke(&mut self, all: &[TopicPartition]) {
        for at in all {
            match self.held.get_mut(&at.partition) {
                Some(held) => held.revoked = Some(Instant::now()),
                None => self.tail.release(&[*at]),
            }
            self.tell(at.partition, Input::Drain(at.partition)).await;
        }
    }

    /// Gives a drained partition up.
    pub(super) async fn release(&mut self, partition: Partition) {
        if let Some(held) = self.held.get(&partition) {
            self.tail.commit(&[(commands(partition), held.frontier())]);
        }
        self.tail.release(&[commands(partition)]);
        self.forget(partition).await;
    }

    /// Drops a partition's memory; uncommitted work will be done again by its next owner.
    pub(super) async fn forget(&mut self, partition: Partition) {
        self.held.remove(&partition);
        self.tell(partition, Input::Drop(partition)).await;
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
                match self.reports.recv().await {
                    Some(Report::Drained(partition)) => busy.retain(|one| *one != partition),
                    Some(Report::Advance(partition, frontier)) => {
                        if let Some(held) = self.held.get(&partition) {
                            held.frontier.send_replace(frontier);
                        }
                    }
                    Some(Report::Pause(_) | Report::Resume(_) | Report::Stopped(..)) => {}
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

    fn count_held(&self) {
        let held = u32::try_from(self.held.len()).unwrap_or(u32::MAX);
        metrics::gauge!("cartstream_partitions_held").set(held);
    }
}

//! What is done is committed, and whoever is not heard for a session forgets what it holds.

use cart_schemas::partition::Partition;
use cart_storage::log::{Log, Tail as _};
use cart_storage::store::Store;
use tokio::time::Instant;

use super::{DRAIN_WITHIN, Entrance, Group};
use crate::fold::Fold;
use crate::runtime::held::Held;
use crate::runtime::lag;
use crate::worker::Input;

impl<F: Fold, L: Log, S: Store> Group<F, L, S> {
    pub(super) async fn tick(&mut self) {
        let overdue = |held: &&Held| held.revoked.is_some_and(|at| at.elapsed() >= DRAIN_WITHIN);
        let overdue: Vec<_> =
            self.held.values().filter(overdue).map(|held| held.partition).collect();
        for partition in overdue {
            self.tail.release(&[F::SITE.at(partition)]);
            self.forget(partition).await;
        }
        if self.held.is_empty() {
            return;
        }
        self.measure_lag();
        self.recall().await;
        if !self.fenced && self.acknowledged.elapsed() > self.settings.session {
            self.fence().await;
        }
        self.commit_next();
    }

    /// One measurement at a time; the next tick starts another.
    fn measure_lag(&mut self) {
        if self.measuring.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        let frontiers = self.held.values().map(|held| (held.partition, held.frontier())).collect();
        self.measuring = Some(self.tasks.spawn(lag::measure(self.log.clone(), F::SITE, frontiers)));
    }

    /// One commit at a time, for an engine may answer several at once; one that nobody answers
    /// for a session, because its partitions were lost, is given up.
    fn commit_next(&mut self) {
        let waits = |(sent, _): &(Instant, _)| sent.elapsed() < self.settings.session;
        if !self.committing.as_ref().is_some_and(waits) {
            self.commit();
        }
    }

    pub(super) fn commit(&mut self) {
        let offset = |held: &Held| if self.fenced { held.committed } else { held.frontier() };
        let offsets: Vec<_> =
            self.held.values().map(|held| (held.partition, offset(held))).collect();
        let at: Vec<_> = offsets.iter().map(|(p, offset)| (F::SITE.at(*p), *offset)).collect();
        self.tail.commit(&at);
        self.committing = Some((Instant::now(), offsets));
    }

    pub(super) fn committed(&mut self) {
        let Some((sent, offsets)) = self.committing.take() else { return };
        self.acknowledged = sent;
        for (partition, offset) in offsets {
            if let Some(held) = self.held.get_mut(&partition) {
                held.committed = offset;
            }
        }
        if std::mem::take(&mut self.fenced) {
            tracing::info!("commits are acknowledged again: partitions begin anew");
            let held = self.held.values().filter(|held| held.revoked.is_none());
            let partitions: Vec<_> = held.map(|held| held.partition).collect();
            for partition in partitions {
                self.examine(Entrance::Anew, partition);
            }
        }
    }

    /// Nobody has acknowledged that these partitions are ours for a whole session: another owner
    /// may have them. Everything remembered of them is dropped until a commit is acknowledged.
    async fn fence(&mut self) {
        tracing::warn!("no commit was acknowledged for a session time-out: memory is dropped");
        metrics::counter!("cartstream_fences_total").increment(1);
        self.fenced = true;
        let held: Vec<_> = self.held.keys().copied().collect();
        for partition in held {
            self.drop_memory(partition).await;
        }
    }

    /// Partitions without commands look whether the store still has what it acknowledged.
    async fn recall(&mut self) {
        let held = self.held.values().filter(|held| held.revoked.is_none());
        let partitions: Vec<_> = held.map(|held| held.partition).collect();
        for partition in partitions {
            self.tell(partition, Input::Recall(partition)).await;
        }
    }

    /// The store may have forgotten what was decided last: the log is read again from where the
    /// store stands. A partition that is being given up, or that is fenced, begins anew elsewhere
    /// or later.
    pub(super) async fn begin_anew(&mut self, partition: Partition) {
        tracing::warn!(
            kafka.partition = partition.number(),
            "the store was away and may have forgotten: the partition begins where it stands"
        );
        metrics::counter!("cartstream_begun_anew_total").increment(1);
        let ours = self.held.get(&partition).is_some_and(|held| held.revoked.is_none());
        if ours && !self.fenced {
            self.drop_memory(partition).await;
            self.examine(Entrance::Anew, partition);
        }
    }

    /// What it may be beginning with is dropped, too.
    async fn drop_memory(&mut self, partition: Partition) {
        self.entering.remove(&partition);
        self.tail.pause(F::SITE.at(partition));
        if let Some(held) = self.held.get(&partition) {
            held.stop_scanning();
        }
        self.tell(partition, Input::Drop(partition)).await;
    }
}

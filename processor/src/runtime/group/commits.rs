//! What is done is committed, and whoever is not heard for a session forgets what it holds.

use cart_storage::log::{Log, Tail as _};
use cart_storage::store::Store;
use tokio::time::Instant;

use super::{DRAIN_WITHIN, Entrance, Group, commands};
use crate::defects::Defects;
use crate::runtime::held::Held;
use crate::runtime::lag;
use crate::worker::Input;

impl<L: Log, S: Store, D: Defects> Group<L, S, D> {
    pub(super) async fn tick(&mut self) {
        let overdue = |held: &&Held| held.revoked.is_some_and(|at| at.elapsed() >= DRAIN_WITHIN);
        let overdue: Vec<_> =
            self.held.values().filter(overdue).map(|held| held.partition).collect();
        for partition in overdue {
            self.tail.release(&[commands(partition)]);
            self.forget(partition).await;
        }
        if self.held.is_empty() {
            return;
        }
        self.measure_lag();
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
        self.measuring = Some(self.tasks.spawn(lag::measure(self.log.clone(), frontiers)));
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
        let at: Vec<_> = offsets.iter().map(|(p, offset)| (commands(*p), *offset)).collect();
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
                self.examine(Entrance::Fenced, partition);
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
            self.tail.pause(commands(partition));
            if let Some(held) = self.held.get(&partition) {
                held.scanner.abort();
            }
            self.tell(partition, Input::Drop(partition)).await;
        }
    }
}

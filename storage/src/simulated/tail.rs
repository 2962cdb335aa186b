//! The handle of a tail. What it reads is in the world; this only asks.

use std::fmt;
use std::future::Future;

use tokio::sync::oneshot;

use super::World;
use super::agenda::TailId;
use super::handle::answered;
use crate::log::{Tail, TailEvent, TopicPartition};

/// A reader of partitions in a [`World`]. Dropping it leaves the group as [`Tail::close`] does,
/// without waiting for it; the tail of a killed or frozen process leaves without a word.
pub struct SimulatedTail {
    world: World,
    id: TailId,
}

impl SimulatedTail {
    pub(super) const fn new(world: World, id: TailId) -> Self {
        Self { world, id }
    }
}

impl fmt::Debug for SimulatedTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedTail").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Drop for SimulatedTail {
    fn drop(&mut self) {
        self.world.call(|state| state.leave(self.id, None));
    }
}

impl Tail for SimulatedTail {
    fn next(&mut self) -> impl Future<Output = TailEvent> + Send {
        std::future::poll_fn(|context| self.world.call(|state| state.poll_tail(self.id, context)))
    }

    fn start(&mut self, offsets: &[(TopicPartition, i64)]) {
        self.world.call(|state| {
            state.steer(self.id, |reader| {
                for (at, offset) in offsets {
                    reader.start(*at, *offset);
                }
            });
        });
    }

    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) {
        self.world.call(|state| state.commit(self.id, offsets));
    }

    fn pause(&mut self, at: TopicPartition) {
        self.world.call(|state| state.steer(self.id, |reader| reader.pause(at, true)));
    }

    fn resume(&mut self, at: TopicPartition) {
        self.world.call(|state| state.steer(self.id, |reader| reader.pause(at, false)));
    }

    fn rewind(&mut self, at: TopicPartition, offset: i64) {
        self.world.call(|state| state.steer(self.id, |reader| reader.rewind(at, offset)));
    }

    fn release(&mut self, at: &[TopicPartition]) {
        self.world.call(|state| state.release(self.id, at));
    }

    async fn close(self) {
        let (closed, waiting) = oneshot::channel();
        self.world.call(|state| state.leave(self.id, Some(closed)));
        answered(waiting).await;
    }
}

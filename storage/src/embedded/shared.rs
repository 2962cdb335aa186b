//! What the writer, the tails and the store's readers share.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cart_schemas::partition::PartitionCount;
use cart_schemas::topic::Topic;
use tokio::sync::watch;

use super::data::Data;
use super::folder::Opened;
use super::groups::Groups;
use super::held::Held;
use super::pending::Pending;
use super::tables;
use crate::log::TopicPartition;

/// How far the disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    /// The number of the last op that is on disk and told to everybody.
    pub(super) number: u64,
    /// Nothing will be written any more.
    pub(super) closed: bool,
}

pub(super) struct Shared {
    pub(super) folder: PathBuf,
    pub(super) data: Data,
    pub(super) pending: Pending,
    pub(super) written: watch::Sender<Written>,
    /// The disk refuses what must be written.
    pub(super) failing: AtomicBool,
    /// The first days of its log were simulated.
    pub(super) simulated: bool,
    count: PartitionCount,
    held: HashMap<TopicPartition, Held>,
    groups: Mutex<Groups>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn new(opened: Opened, folder: PathBuf) -> Self {
        let Opened { data, count, held, groups, simulated, transaction: _ } = opened;
        Self {
            folder,
            data,
            pending: Pending::default(),
            written: watch::Sender::new(Written { number: 0, closed: false }),
            failing: AtomicBool::new(false),
            simulated,
            count,
            held,
            groups: Mutex::new(groups),
        }
    }

    pub(super) fn count(&self, topic: Topic) -> PartitionCount {
        tables::partitions(topic, self.count)
    }

    /// A partition; `None` if there is no such.
    pub(super) fn held(&self, at: TopicPartition) -> Option<&Held> {
        self.held.get(&at)
    }

    /// Every partition of a topic.
    pub(super) fn partitions(&self, topic: Topic) -> impl Iterator<Item = (TopicPartition, &Held)> {
        let places = self.count(topic).partitions();
        places.filter_map(move |partition| {
            let at = TopicPartition { topic, partition };
            Some((at, self.held(at)?))
        })
    }

    pub(super) fn groups(&self) -> MutexGuard<'_, Groups> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until everything up to this number is on disk; `false` if it never will be.
    pub(super) async fn settled(&self, number: u64) -> bool {
        let mut written = self.written.subscribe();
        let reached = |written: &Written| written.number >= number || written.closed;
        written.wait_for(reached).await.is_ok_and(|written| written.number >= number)
    }
}

//! The groups of this process: who reads what, and what is committed. Everything but joining
//! happens in the order of the queue.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::topic::Topic;
use tokio::sync::mpsc;

use crate::log::TopicPartition;
use crate::shares::{Order, Orders, Shares};

/// A tail that has joined a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MemberId(u64);

/// A group's members share the partitions of one topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct GroupKey {
    pub(super) name: Arc<str>,
    pub(super) topic: Topic,
}

/// A word to a member.
#[derive(Debug)]
pub(super) enum Word {
    Assigned(Vec<Partition>),
    Revoking(Vec<Partition>),
    Committed,
    /// It committed what is not its own.
    NotYours,
}

/// Every group.
#[derive(Debug, Default)]
pub(super) struct Groups {
    members: u64,
    groups: HashMap<GroupKey, Group>,
    committed: HashMap<(Arc<str>, TopicPartition), i64>,
}

#[derive(Debug)]
struct Group {
    shares: Shares<MemberId>,
    /// Unbounded, and short: a member has one revocation and one commit under way at a time.
    inboxes: BTreeMap<MemberId, mpsc::UnboundedSender<Word>>,
}

impl Group {
    fn deliver(&self, orders: Orders<MemberId>) {
        for (member, order) in orders {
            let word = match order {
                Order::Assigned(partitions) => Word::Assigned(partitions),
                Order::Revoking(partitions) => Word::Revoking(partitions),
            };
            self.tell(member, word);
        }
    }

    fn tell(&self, member: MemberId, word: Word) {
        if let Some(inbox) = self.inboxes.get(&member) {
            // A member that was dropped is about to leave.
            drop(inbox.send(word));
        }
    }
}

impl Groups {
    /// The groups with these offsets committed.
    pub(super) fn new(committed: HashMap<(Arc<str>, TopicPartition), i64>) -> Self {
        Self { committed, ..Self::default() }
    }

    /// A member comes, and hears of its partitions.
    pub(super) fn join(
        &mut self,
        key: &GroupKey,
        count: PartitionCount,
    ) -> (MemberId, mpsc::UnboundedReceiver<Word>) {
        self.members += 1;
        let (member, (inbox, words)) = (MemberId(self.members), mpsc::unbounded_channel());
        let group = self
            .groups
            .entry(key.clone())
            .or_insert_with(|| Group { shares: Shares::new(count), inboxes: BTreeMap::new() });
        group.inboxes.insert(member, inbox);
        let orders = group.shares.join(member);
        group.deliver(orders);
        (member, words)
    }

    /// A member has given partitions up.
    pub(super) fn release(&mut self, member: MemberId, key: &GroupKey, given_up: &[Partition]) {
        if let Some(group) = self.groups.get_mut(key) {
            let orders = group.shares.release(member, given_up);
            group.deliver(orders);
        }
    }

    /// A member goes.
    pub(super) fn leave(&mut self, member: MemberId, key: &GroupKey) {
        let Some(group) = self.groups.get_mut(key) else { return };
        group.inboxes.remove(&member);
        let orders = group.shares.leave(member);
        group.deliver(orders);
        if group.inboxes.is_empty() {
            self.groups.remove(key);
        }
    }

    /// Whether a member owns a partition of its group.
    pub(super) fn owns(&self, member: MemberId, key: &GroupKey, partition: Partition) -> bool {
        let group = self.groups.get(key);
        group.is_some_and(|group| group.shares.owner(partition) == Some(member))
    }

    /// A member's commit is on disk, or was not its to make.
    pub(super) fn answer(&self, member: MemberId, key: &GroupKey, word: Word) {
        if let Some(group) = self.groups.get(key) {
            group.tell(member, word);
        }
    }

    /// An offset is committed.
    pub(super) fn commit(&mut self, group: &Arc<str>, at: TopicPartition, offset: i64) {
        self.committed.insert((Arc::clone(group), at), offset);
    }

    /// The offset a group has committed.
    pub(super) fn committed(&self, group: &str, at: TopicPartition) -> Option<i64> {
        self.committed.get(&(Arc::from(group), at)).copied()
    }
}

//! A group as its coordinator sees it: members, who owns what, what is committed.
//! Pure; knows no time, and not what its members believe.

use std::collections::BTreeMap;

use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::topic::Topic;

use super::ClientId;
use super::agenda::TailId;
use crate::shares::Shares;

pub(super) type Orders = crate::shares::Orders<TailId>;

/// A member.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) client: ClientId,
    /// Which of its memberships this is.
    pub(super) membership: u32,
}

/// A group.
pub(super) struct Group {
    name: String,
    topic: Topic,
    members: BTreeMap<TailId, Member>,
    shares: Shares<TailId>,
    committed: BTreeMap<Partition, i64>,
}

impl Group {
    pub(super) fn new(name: &str, topic: Topic, count: PartitionCount) -> Self {
        Self {
            name: name.to_owned(),
            topic,
            members: BTreeMap::new(),
            shares: Shares::new(count),
            committed: BTreeMap::new(),
        }
    }

    pub(super) fn is(&self, name: &str, topic: Topic) -> bool {
        self.topic == topic && self.name == name
    }

    pub(super) const fn topic(&self) -> Topic {
        self.topic
    }

    pub(super) fn join(&mut self, tail: TailId, client: ClientId, membership: u32) -> Orders {
        self.members.insert(tail, Member { client, membership });
        self.shares.join(tail)
    }

    pub(super) fn leave(&mut self, tail: TailId) -> Orders {
        self.members.remove(&tail);
        self.shares.leave(tail)
    }

    pub(super) fn release(&mut self, tail: TailId, released: &[Partition]) -> Orders {
        self.shares.release(tail, released)
    }

    /// Whether this is a membership of now.
    pub(super) fn has(&self, tail: TailId, membership: u32) -> bool {
        self.members.get(&tail).is_some_and(|member| member.membership == membership)
    }

    pub(super) fn member(&self, tail: TailId) -> Option<Member> {
        self.members.get(&tail).copied()
    }

    /// Stores an offset if the partition is the member's; `false` if it is not.
    pub(super) fn commit(&mut self, tail: TailId, partition: Partition, offset: i64) -> bool {
        let owns = self.shares.owner(partition) == Some(tail);
        if owns {
            self.committed.insert(partition, offset);
        }
        owns
    }

    pub(super) fn committed(&self, partition: Partition) -> Option<i64> {
        self.committed.get(&partition).copied()
    }

    /// Forgets every committed offset.
    pub(super) fn forget_commits(&mut self) {
        self.committed.clear();
    }

    pub(super) fn owner(&self, partition: Partition) -> Option<ClientId> {
        let owner = self.shares.owner(partition)?;
        self.members.get(&owner).map(|member| member.client)
    }

    /// The partitions at rest, with who owns them.
    pub(super) fn at_rest(&self) -> impl Iterator<Item = (Partition, TailId)> {
        self.shares.at_rest()
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (TailId, Member)> {
        self.members.iter().map(|(tail, member)| (*tail, *member))
    }

    /// Moves a partition to another member.
    pub(super) fn move_to(&mut self, partition: Partition, heir: TailId) -> Orders {
        self.shares.move_to(partition, heir)
    }
}

//! A group as its coordinator sees it: members, who owns what, who shall, what is committed.
//! Pure; knows no time, and not what its members believe.

use std::collections::BTreeMap;

use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::topic::Topic;

use super::ClientId;
use super::agenda::TailId;
use super::links::News;

/// A member.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) client: ClientId,
    /// Which of its memberships this is.
    pub(super) membership: u32,
    /// It has been asked to give partitions up and has not yet.
    revoking: bool,
}

/// A group.
pub(super) struct Group {
    name: String,
    topic: Topic,
    members: BTreeMap<TailId, Member>,
    /// By partition.
    shares: Vec<Share>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Share {
    /// Who owns it until giving it up or leaving.
    owner: Option<TailId>,
    /// Who is to own it.
    heir: Option<TailId>,
    committed: Option<i64>,
}

/// Words to members, in the order they are sent.
pub(super) type Orders = Vec<(TailId, News)>;

impl Group {
    pub(super) fn new(name: &str, topic: Topic, count: PartitionCount) -> Self {
        let shares = vec![Share::default(); usize::from(count.get())];
        Self { name: name.to_owned(), topic, members: BTreeMap::new(), shares }
    }

    pub(super) fn is(&self, name: &str, topic: Topic) -> bool {
        self.topic == topic && self.name == name
    }

    pub(super) const fn topic(&self) -> Topic {
        self.topic
    }

    /// A member comes; one that gets nothing for now is told so.
    pub(super) fn join(&mut self, tail: TailId, client: ClientId, membership: u32) -> Orders {
        self.members.insert(tail, Member { client, membership, revoking: false });
        self.share_out();
        let mut orders = self.orders();
        let granted =
            |(to, news): &(TailId, News)| *to == tail && matches!(news, News::Assigned(_));
        if !orders.iter().any(granted) {
            orders.push((tail, News::Assigned(Vec::new())));
        }
        orders
    }

    /// A member goes, or is gone. What it owned goes to others.
    pub(super) fn leave(&mut self, tail: TailId) -> Orders {
        if self.members.remove(&tail).is_none() {
            return Vec::new();
        }
        for share in &mut self.shares {
            share.owner.take_if(|owner| *owner == tail);
        }
        self.share_out();
        self.orders()
    }

    /// A member has given partitions up.
    pub(super) fn release(&mut self, tail: TailId, released: &[Partition]) -> Orders {
        if let Some(member) = self.members.get_mut(&tail) {
            member.revoking = false;
        }
        for partition in released {
            if let Some(share) = self.share_mut(*partition) {
                share.owner.take_if(|owner| *owner == tail);
            }
        }
        self.orders()
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
        let share = self.share_mut(partition).filter(|share| share.owner == Some(tail));
        share.map(|share| share.committed = Some(offset)).is_some()
    }

    pub(super) fn committed(&self, partition: Partition) -> Option<i64> {
        self.shares.get(usize::from(partition.number()))?.committed
    }

    /// Forgets every committed offset.
    pub(super) fn forget_commits(&mut self) {
        for share in &mut self.shares {
            share.committed = None;
        }
    }

    pub(super) fn owner(&self, partition: Partition) -> Option<ClientId> {
        let owner = self.shares.get(usize::from(partition.number()))?.owner?;
        self.members.get(&owner).map(|member| member.client)
    }

    /// The partitions at rest, with who owns them.
    pub(super) fn at_rest(&self) -> impl Iterator<Item = (Partition, TailId)> {
        let shares = (0..).map(Partition::new).zip(&self.shares);
        shares.filter_map(|(partition, share)| {
            let owner = share.owner.filter(|_| share.owner == share.heir)?;
            Some((partition, owner))
        })
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (TailId, Member)> {
        self.members.iter().map(|(tail, member)| (*tail, *member))
    }

    /// Moves a partition to another member.
    pub(super) fn move_to(&mut self, partition: Partition, heir: TailId) -> Orders {
        if let Some(share) = self.share_mut(partition) {
            share.heir = Some(heir);
        }
        self.orders()
    }

    fn share_mut(&mut self, partition: Partition) -> Option<&mut Share> {
        self.shares.get_mut(usize::from(partition.number()))
    }

    /// Decides who shall own what: everybody as much, and as little as possible moves.
    fn share_out(&mut self) {
        let mut counts: BTreeMap<TailId, usize> =
            self.members.keys().map(|tail| (*tail, 0)).collect();
        let least = self.shares.len().checked_div(counts.len()).unwrap_or(0);
        let mut spare = self.shares.len().checked_rem(counts.len()).unwrap_or(0);
        for share in &mut self.shares {
            share.heir = share.owner.or(share.heir).filter(|heir| {
                let Some(count) = counts.get_mut(heir) else { return false };
                let one_more = *count == least && spare > 0;
                spare -= usize::from(one_more);
                let keeps = *count < least || one_more;
                *count += usize::from(keeps);
                keeps
            });
        }
        for share in self.shares.iter_mut().filter(|share| share.heir.is_none()) {
            let Some((tail, count)) = counts.iter_mut().min_by_key(|(_, count)| **count) else {
                return;
            };
            *count += 1;
            share.heir = Some(*tail);
        }
    }

    /// Gives what is free to its heirs, and asks the others to give up what is not theirs any
    /// more, each once at a time.
    fn orders(&mut self) -> Orders {
        let mut granted: BTreeMap<TailId, Vec<Partition>> = BTreeMap::new();
        let mut revoked: BTreeMap<TailId, Vec<Partition>> = BTreeMap::new();
        for (partition, share) in (0..).map(Partition::new).zip(&mut self.shares) {
            match (share.owner, share.heir) {
                (None, Some(heir)) => {
                    share.owner = Some(heir);
                    granted.entry(heir).or_default().push(partition);
                }
                (Some(owner), heir) if heir != Some(owner) => {
                    revoked.entry(owner).or_default().push(partition);
                }
                (Some(_) | None, _) => {}
            }
        }
        let mut orders: Orders =
            granted.into_iter().map(|(tail, list)| (tail, News::Assigned(list))).collect();
        for (tail, partitions) in revoked {
            let asked = self.members.get_mut(&tail).filter(|member| !member.revoking);
            if let Some(member) = asked {
                member.revoking = true;
                orders.push((tail, News::Revoking(partitions)));
            }
        }
        orders
    }
}

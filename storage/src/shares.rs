//! Who shall own which partition of a topic: everybody as many, and as few as possible move.
//! Pure; knows no time, no offsets, and not what members believe.

use std::collections::BTreeMap;

use cart_schemas::partition::{Partition, PartitionCount};

/// A word to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    /// These are yours.
    Assigned(Vec<Partition>),
    /// Give these up.
    Revoking(Vec<Partition>),
}

/// Words to members, in the order they are sent.
pub(crate) type Orders<M> = Vec<(M, Order)>;

/// The partitions of a topic among the members of a group.
#[derive(Debug)]
pub(crate) struct Shares<M> {
    /// Each with whether it has been asked to give partitions up and has not yet.
    members: BTreeMap<M, bool>,
    /// By partition.
    shares: Vec<Share<M>>,
}

#[derive(Debug, Clone, Copy)]
struct Share<M> {
    /// Who owns it until giving it up or leaving.
    owner: Option<M>,
    /// Who is to own it.
    heir: Option<M>,
}

impl<M: Copy + Ord> Shares<M> {
    /// A topic of so many partitions that nobody shares yet.
    pub(crate) fn new(count: PartitionCount) -> Self {
        let share = Share { owner: None, heir: None };
        Self { members: BTreeMap::new(), shares: vec![share; usize::from(count.get())] }
    }

    /// A member comes; one that gets nothing for now is told so.
    pub(crate) fn join(&mut self, member: M) -> Orders<M> {
        self.members.insert(member, false);
        self.share_out();
        let mut orders = self.orders();
        let granted =
            |(to, order): &(M, Order)| *to == member && matches!(order, Order::Assigned(_));
        if !orders.iter().any(granted) {
            orders.push((member, Order::Assigned(Vec::new())));
        }
        orders
    }

    /// A member goes, or is gone. What it owned goes to others.
    pub(crate) fn leave(&mut self, member: M) -> Orders<M> {
        if self.members.remove(&member).is_none() {
            return Vec::new();
        }
        for share in &mut self.shares {
            share.owner.take_if(|owner| *owner == member);
        }
        self.share_out();
        self.orders()
    }

    /// A member has given partitions up.
    pub(crate) fn release(&mut self, member: M, released: &[Partition]) -> Orders<M> {
        if let Some(revoking) = self.members.get_mut(&member) {
            *revoking = false;
        }
        for partition in released {
            if let Some(share) = self.share_mut(*partition) {
                share.owner.take_if(|owner| *owner == member);
            }
        }
        self.orders()
    }

    /// Who owns a partition.
    pub(crate) fn owner(&self, partition: Partition) -> Option<M> {
        self.shares.get(usize::from(partition.number()))?.owner
    }

    /// The partitions at rest, with who owns them.
    pub(crate) fn at_rest(&self) -> impl Iterator<Item = (Partition, M)> {
        let shares = (0..).map(Partition::new).zip(&self.shares);
        shares.filter_map(|(partition, share)| {
            let owner = share.owner.filter(|_| share.owner == share.heir)?;
            Some((partition, owner))
        })
    }

    /// Moves a partition to another member.
    pub(crate) fn move_to(&mut self, partition: Partition, heir: M) -> Orders<M> {
        if let Some(share) = self.share_mut(partition) {
            share.heir = Some(heir);
        }
        self.orders()
    }

    fn share_mut(&mut self, partition: Partition) -> Option<&mut Share<M>> {
        self.shares.get_mut(usize::from(partition.number()))
    }

    /// Decides who shall own what.
    fn share_out(&mut self) {
        let mut counts: BTreeMap<M, usize> =
            self.members.keys().map(|member| (*member, 0)).collect();
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
            let Some((member, count)) = counts.iter_mut().min_by_key(|(_, count)| **count) else {
                return;
            };
            *count += 1;
            share.heir = Some(*member);
        }
    }

    /// Gives what is free to its heirs, and asks the others to give up what is not theirs any
    /// more, each once at a time.
    fn orders(&mut self) -> Orders<M> {
        let mut granted: BTreeMap<M, Vec<Partition>> = BTreeMap::new();
        let mut revoked: BTreeMap<M, Vec<Partition>> = BTreeMap::new();
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
        let mut orders: Orders<M> =
            granted.into_iter().map(|(member, list)| (member, Order::Assigned(list))).collect();
        for (member, partitions) in revoked {
            let asked = self.members.get_mut(&member).filter(|revoking| !**revoking);
            if let Some(revoking) = asked {
                *revoking = true;
                orders.push((member, Order::Revoking(partitions)));
            }
        }
        orders
    }
}

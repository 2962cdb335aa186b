//! The partitions a tail owns and what may be done with each. Pure: it knows no Kafka.

use std::collections::HashMap;

use crate::log::TopicPartition;

/// Which part of a partition's life something belongs to: the assignment it came with, and the
/// rewinds since. What carries an older tag is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kafka) struct Tag {
    assignment: u64,
    rewinds: u64,
}

impl Tag {
    /// After one more rewind.
    pub(in crate::kafka) const fn rewound(self) -> Self {
        Self { assignment: self.assignment, rewinds: self.rewinds + 1 }
    }
}

/// The partitions to pause, and those to resume with where they go on.
type Settlement = (Vec<TopicPartition>, Vec<(TopicPartition, i64)>);

/// A partition of ours.
#[derive(Debug)]
struct Share {
    tag: Tag,
    /// The offset of the next record; `None` until started.
    next: Option<i64>,
    /// On its way to another owner.
    leaving: bool,
    /// The tail's user wants no more for now.
    unwanted: bool,
    /// Kafka's client has been told to pause it.
    paused: bool,
}

impl Share {
    const fn is_live(&self) -> bool {
        self.next.is_some() && !self.leaving
    }
}

/// The partitions of a tail.
#[derive(Debug, Default)]
pub(super) struct Shares {
    assignments: u64,
    owned: HashMap<TopicPartition, Share>,
}

impl Shares {
    /// Takes partitions on, not yet started.
    pub(super) fn grant(&mut self, partitions: &[TopicPartition]) -> Tag {
        self.assignments += 1;
        let tag = Tag { assignment: self.assignments, rewinds: 0 };
        let share = || Share { tag, next: None, leaving: false, unwanted: false, paused: false };
        self.owned.extend(partitions.iter().map(|at| (*at, share())));
        tag
    }

    /// Starts a partition at an offset; `false` if it is not waiting for that.
    pub(super) fn start(&mut self, at: TopicPartition, tag: Tag, offset: i64) -> bool {
        let waiting = self.find(at, tag).filter(|share| share.next.is_none() && !share.leaving);
        waiting.map(|share| share.next = Some(offset)).is_some()
    }

    /// Moves a live partition to an offset; `false` if it is none.
    pub(super) fn rewind(&mut self, at: TopicPartition, tag: Tag, offset: i64) -> bool {
        let live = self.find(at, tag).filter(|share| share.is_live());
        live.map(|share| (share.tag, share.next) = (tag, Some(offset))).is_some()
    }

    /// Notes what the user wants of a partition.
    pub(super) fn want(&mut self, at: TopicPartition, tag: Tag, wanted: bool) {
        if let Some(share) = self.find(at, tag) {
            share.unwanted = !wanted;
        }
    }

    /// Whether a commit for the partition is still ours to make.
    pub(super) fn owns(&mut self, at: TopicPartition, tag: Tag) -> bool {
        self.find(at, tag).is_some()
    }

    /// The tag for a record at `offset`; `None` if it is not to be handed over.
    pub(super) fn pass(&mut self, at: TopicPartition, offset: i64) -> Option<Tag> {
        let share = self.owned.get_mut(&at).filter(|share| share.is_live())?;
        share.next = Some(offset + 1);
        Some(share.tag)
    }

    /// Where each live partition goes on.
    pub(super) fn positions(&self) -> Vec<(TopicPartition, i64)> {
        let live = self.owned.iter().filter(|(_, share)| share.is_live());
        live.filter_map(|(at, share)| Some((*at, share.next?))).collect()
    }

    /// Marks partitions as leaving: no record of them passes any more.
    pub(super) fn leave(&mut self, partitions: &[TopicPartition]) {
        for at in partitions {
            if let Some(share) = self.owned.get_mut(at) {
                share.leaving = true;
            }
        }
    }

    /// Lets partitions go, and tells which had been started and which of them are paused.
    pub(super) fn remove(&mut self, partitions: &[TopicPartition]) -> Removed {
        let mut removed = Removed::default();
        for at in partitions {
            let Some(share) = self.owned.remove(at) else { continue };
            removed.started.extend(share.next.map(|_| *at));
            removed.paused.extend(share.paused.then_some(*at));
        }
        removed
    }

    /// What must be paused, and what resumed and where, so that exactly the wanted live
    /// partitions are fetched, or none at all while `choked`.
    pub(super) fn settle(&mut self, choked: bool) -> Settlement {
        let (mut pause, mut resume) = (Vec::new(), Vec::new());
        for (at, share) in self.owned.iter_mut().filter(|(_, share)| share.is_live()) {
            let still = choked || share.unwanted;
            if still && !share.paused {
                pause.push(*at);
            } else if share.paused && !still {
                resume.extend(share.next.map(|next| (*at, next)));
            }
            share.paused = still;
        }
        (pause, resume)
    }

    fn find(&mut self, at: TopicPartition, tag: Tag) -> Option<&mut Share> {
        self.owned.get_mut(&at).filter(|share| share.tag.assignment == tag.assignment)
    }
}

/// Partitions let go.
#[derive(Debug, Default)]
pub(super) struct Removed {
    /// Those the client was reading.
    pub(super) started: Vec<TopicPartition>,
    /// Those it had been told to pause: librdkafka would remember that for their return.
    pub(super) paused: Vec<TopicPartition>,
}

#[cfg(test)]
mod tests {
    use cart_schemas::partition::Partition;
    use cart_schemas::topic::Topic;

    use super::*;

    const AT: TopicPartition =
        TopicPartition { topic: Topic::Commands, partition: Partition::new(0) };

    fn live() -> (Shares, Tag) {
        let mut shares = Shares::default();
        let tag = shares.grant(&[AT]);
        assert!(shares.start(AT, tag, 10));
        (shares, tag)
    }

    #[test]
    fn records_pass_only_between_the_start_and_the_leaving() {
        let mut shares = Shares::default();
        let tag = shares.grant(&[AT]);
        assert_eq!(shares.pass(AT, 10), None);

        assert!(shares.start(AT, tag, 10));
        assert_eq!(shares.pass(AT, 10), Some(tag));
        assert_eq!(shares.positions(), [(AT, 11)]);

        shares.leave(&[AT]);
        assert_eq!(shares.pass(AT, 11), None);
        assert!(shares.owns(AT, tag), "what is leaving may still be committed");
        assert_eq!(shares.remove(&[AT]).started, [AT]);
        assert!(!shares.owns(AT, tag));
    }

    #[test]
    fn a_partition_starts_once() {
        let (mut shares, tag) = live();

        assert!(!shares.start(AT, tag, 20));
        assert_eq!(shares.positions(), [(AT, 10)]);
    }

    #[test]
    fn what_was_meant_for_an_earlier_assignment_does_nothing() {
        let (mut shares, earlier) = live();
        shares.remove(&[AT]);
        let tag = shares.grant(&[AT]);

        assert!(!shares.start(AT, earlier, 20));
        assert!(!shares.rewind(AT, earlier.rewound(), 20));
        assert!(!shares.owns(AT, earlier));
        assert!(shares.start(AT, tag, 30));
        assert_eq!(shares.positions(), [(AT, 30)]);
    }

    #[test]
    fn records_after_a_rewind_carry_another_tag() {
        let (mut shares, tag) = live();

        assert!(shares.rewind(AT, tag.rewound(), 3));

        assert_eq!(shares.pass(AT, 3), Some(tag.rewound()));
        assert_ne!(tag, tag.rewound());
    }

    #[test]
    fn a_partition_is_paused_and_resumed_once() {
        let (mut shares, tag) = live();
        assert_eq!(shares.settle(true), (vec![AT], vec![]));
        assert_eq!(shares.settle(true), (vec![], vec![]));

        shares.want(AT, tag, false);
        assert_eq!(shares.settle(false), (vec![], vec![]), "its user does not want it either");

        shares.want(AT, tag, true);
        assert_eq!(shares.settle(false), (vec![], vec![(AT, 10)]));
        assert_eq!(shares.remove(&[AT]).paused, []);
    }
}

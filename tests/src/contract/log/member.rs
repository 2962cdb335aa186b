//! A member of a group that does as the port says, and checks it at every event.

use std::collections::BTreeMap;
use std::time::Duration;

use cart_schemas::topic::Topic;
use cart_storage::log::{Log, Tail as _, TailEvent, TopicPartition};

use super::PATIENCE;

/// A member with the partitions it owns and where each goes on.
pub(super) struct Member<L: Log> {
    log: L,
    group: String,
    tail: L::Tail,
    /// By partition, of one topic only.
    pub(super) next: BTreeMap<u16, i64>,
    /// How many records it has seen.
    pub(super) seen: usize,
    commits: usize,
}

impl<L: Log> Member<L> {
    pub(super) fn join(log: &L, group: &str, topic: Topic) -> Self {
        let tail = log.subscribe(group, topic).expect("a tail");
        let (log, group) = (log.clone(), group.to_owned());
        Self { log, group, tail, next: BTreeMap::new(), seen: 0, commits: 0 }
    }

    /// Deals with what happens in the next moment.
    pub(super) async fn step(&mut self) {
        let moment = Duration::from_millis(20);
        if let Ok(event) = tokio::time::timeout(moment, self.tail.next()).await {
            self.deal_with(event).await;
        }
    }

    async fn deal_with(&mut self, event: TailEvent) {
        match event {
            TailEvent::Records(at, records) => {
                let next = self.next.get_mut(&at.partition.number());
                let next = next.unwrap_or_else(|| panic!("records of {at:?}, which is not ours"));
                for record in records {
                    assert_eq!(record.offset, *next, "a hole or a repetition in {at:?}");
                    *next += 1;
                    self.seen += 1;
                }
            }
            TailEvent::Assigned(partitions) => self.start(&partitions).await,
            TailEvent::Revoking(partitions) => {
                let ends = self.ends(&partitions);
                self.tail.commit(&ends);
                self.tail.release(&partitions);
                self.forget(&partitions);
            }
            TailEvent::Lost(partitions) => self.forget(&partitions),
            TailEvent::Committed => self.commits += 1,
            // Both pass by themselves.
            TailEvent::CommitFailed(_) | TailEvent::Trouble(_) => {}
            TailEvent::Ended(error) => panic!("the tail ended: {error:?}"),
        }
    }

    /// Begins each partition at its commit, or at its beginning.
    async fn start(&mut self, partitions: &[TopicPartition]) {
        let mut starts = Vec::new();
        for at in partitions {
            let committed = self.log.committed(&self.group, *at).await.expect("an answer");
            let bounds = self.log.bounds(*at).await.expect("bounds");
            starts.push((*at, committed.unwrap_or(bounds.start)));
        }
        self.tail.start(&starts);
        self.next.extend(starts.iter().map(|(at, next)| (at.partition.number(), *next)));
    }

    fn ends(&self, partitions: &[TopicPartition]) -> Vec<(TopicPartition, i64)> {
        let end = |at: &TopicPartition| Some((*at, *self.next.get(&at.partition.number())?));
        partitions.iter().filter_map(end).collect()
    }

    fn forget(&mut self, partitions: &[TopicPartition]) {
        self.next.retain(|number, _| partitions.iter().all(|at| at.partition.number() != *number));
    }

    /// Commits, and waits until that is acknowledged.
    pub(super) async fn commit(&mut self, at: TopicPartition, offset: i64) {
        let before = self.commits;
        self.tail.commit(&[(at, offset)]);
        tokio::time::timeout(PATIENCE, async {
            while self.commits == before {
                self.step().await;
            }
        })
        .await
        .expect("a commit is acknowledged");
    }

    pub(super) fn owned(&self) -> Vec<u16> {
        self.next.keys().copied().collect()
    }

    pub(super) fn into_tail(self) -> L::Tail {
        self.tail
    }
}

/// Lets members run until a condition holds.
pub(super) async fn run_until<L: Log, const N: usize>(
    mut members: [&mut Member<L>; N],
    condition: impl Fn([&Member<L>; N]) -> bool,
) {
    let begun = std::time::Instant::now();
    while !condition(members.each_ref().map(|member| &**member)) {
        let owned: Vec<_> = members.iter().map(|member| (member.owned(), member.seen)).collect();
        assert!(begun.elapsed() < PATIENCE, "members stand at (owned, seen) {owned:?}");
        for member in &mut members {
            member.step().await;
        }
    }
}

//! How long a command spends in each hop of the processor, weighed by the commands of its
//! micro-batch: the sums are then what customers waited. Knows nothing of what is decided.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use cart_schemas::partition::Partition;
use cart_storage::log::Record;
use metrics::{Histogram, histogram};

use super::trail::Trail;
use crate::worker::{Action, Input};

/// The hops of one worker's partitions.
pub(super) struct Hops {
    queue: Histogram,
    decide: Histogram,
    load: Histogram,
    arm: Histogram,
    store: Histogram,
    mark: Histogram,
    emit: Histogram,
    partitions: HashMap<Partition, Commands>,
}

/// The commands of one partition.
#[derive(Debug, Default)]
struct Commands {
    waiting: VecDeque<Arrival>,
    /// How many the micro-batch in hand has.
    in_hand: usize,
    /// How long they were worked on so far.
    deciding: Duration,
    trail: Trail,
}

/// Records handed over together, from `next` until before `end`.
#[derive(Debug)]
struct Arrival {
    next: i64,
    end: i64,
    since: Instant,
}

/// What an effect is measured with.
pub(super) struct Hop {
    histogram: Histogram,
    commands: usize,
    began: Instant,
}

impl Hop {
    /// It ends now.
    pub(super) fn end(self) {
        self.histogram.record_many(self.began.elapsed(), self.commands);
    }
}

impl Hops {
    pub(super) fn new() -> Self {
        Self {
            queue: histogram!("cartstream_hop_seconds", "hop" => "queue"),
            decide: histogram!("cartstream_hop_seconds", "hop" => "decide"),
            load: histogram!("cartstream_hop_seconds", "hop" => "load"),
            arm: histogram!("cartstream_hop_seconds", "hop" => "arm"),
            store: histogram!("cartstream_hop_seconds", "hop" => "store"),
            mark: histogram!("cartstream_hop_seconds", "hop" => "mark"),
            emit: histogram!("cartstream_hop_seconds", "hop" => "emit"),
            partitions: HashMap::new(),
        }
    }

    /// An input is about to be worked on.
    pub(super) fn begin(&mut self, input: &Input, now: Instant) {
        match input {
            Input::Records(partition, records) => {
                self.partitions.entry(*partition).or_default().arrive(records, now);
            }
            Input::Begin(partition, _) | Input::Drop(partition) | Input::Rewound(partition) => {
                self.partitions.remove(partition);
            }
            Input::Done(partition, ..) => {
                if let Some(commands) = self.partitions.get_mut(partition) {
                    commands.trail.end();
                }
            }
            Input::Recall(_) | Input::Drain(_) => {}
        }
    }

    /// Effects came of it, `began` ago; records before `taken` are in hand.
    pub(super) fn decided(&mut self, partition: Partition, taken: i64, began: Instant) {
        let Some(commands) = self.partitions.get_mut(&partition) else { return };
        commands.deciding += began.elapsed();
        commands.trail.decided(began);
        let mut first = None;
        commands.take(taken, |since, count| {
            first.get_or_insert(since);
            self.queue.record_many(began.saturating_duration_since(since), count);
        });
        if let Some(since) = first {
            commands.trail.waited(since, began);
        }
    }

    /// An answered effect of a partition begins.
    pub(super) fn effect(&mut self, partition: Partition, action: &Action) -> Option<Hop> {
        let commands = self.partitions.get_mut(&partition)?;
        let in_hand = commands.in_hand;
        let (name, histogram) = match action {
            Action::Load(_) => ("load", &self.load),
            Action::Arm(_) => ("arm", &self.arm),
            Action::Store(_) => ("store", &self.store),
            Action::Mark(_) => ("mark", &self.mark),
            Action::Emit(_) => {
                let deciding = std::mem::take(&mut commands.deciding);
                self.decide.record_many(deciding, in_hand);
                commands.in_hand = 0;
                ("emit", &self.emit)
            }
            Action::Advance(_)
            | Action::Pause
            | Action::Resume
            | Action::Rewind(_)
            | Action::Drained
            | Action::BeginAnew
            | Action::Stop(_) => return None,
        };
        commands.trail.begin(name, action);
        Some(Hop { histogram: histogram.clone(), commands: in_hand, began: Instant::now() })
    }
}

impl Commands {
    fn arrive(&mut self, records: &[Record], since: Instant) {
        if let (Some(first), Some(last)) = (records.first(), records.last()) {
            self.waiting.push_back(Arrival { next: first.offset, end: last.offset + 1, since });
        }
    }

    /// Records before `upto` no longer wait; tells how many arrived when.
    fn take(&mut self, upto: i64, mut tell: impl FnMut(Instant, usize)) {
        let mut taken = 0;
        while let Some(arrival) = self.waiting.front_mut().filter(|front| front.next < upto) {
            let until = arrival.end.min(upto);
            let count = usize::try_from(until - arrival.next).unwrap_or_default();
            tell(arrival.since, count);
            taken += count;
            arrival.next = until;
            if arrival.next == arrival.end {
                self.waiting.pop_front();
            }
        }
        if taken > 0 {
            self.in_hand = taken;
        }
    }
}

#[cfg(test)]
mod tests {
    use cart_schemas::timestamp::Timestamp;

    use super::*;

    fn records(offsets: std::ops::Range<i64>) -> Vec<Record> {
        let record = |offset| Record {
            offset,
            appended: Timestamp::default(),
            key: None,
            value: None,
            headers: Vec::new(),
        };
        offsets.map(record).collect()
    }

    fn taken(commands: &mut Commands, upto: i64) -> Vec<usize> {
        let mut counts = Vec::new();
        commands.take(upto, |_, count| counts.push(count));
        counts
    }

    #[test]
    fn each_record_waits_until_a_batch_takes_it_and_is_counted_once() {
        let (mut commands, now) = (Commands::default(), Instant::now());
        commands.arrive(&records(10..13), now);
        commands.arrive(&records(13..20), now);

        assert_eq!(taken(&mut commands, 10), [0; 0]);
        assert_eq!(taken(&mut commands, 15), [3, 2]);
        assert_eq!(commands.in_hand, 5);
        assert_eq!(taken(&mut commands, 15), [0; 0]);
        assert_eq!(commands.in_hand, 5, "the stages of a batch have its commands");
        assert_eq!(taken(&mut commands, 20), [5]);
        assert!(commands.waiting.is_empty());
    }

    #[test]
    fn what_is_dropped_waits_no_more() {
        let (partition, now) = (Partition::new(0), Instant::now());
        let mut hops = Hops::new();
        hops.begin(&Input::Records(partition, records(0..3)), now);

        hops.begin(&Input::Drop(partition), now);

        assert!(hops.partitions.is_empty());
        assert!(hops.effect(partition, &Action::Load(Vec::new())).is_none());
    }
}

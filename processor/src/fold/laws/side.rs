//! One partition of a fold, with its log: read on, read again, or left where nobody told what was
//! decided. Knows no store: a record is stored as soon as it is decided.

use std::collections::BTreeMap;

use cart_schemas::generation::{CommandLog, Generation};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::record::LEDGER;
use cart_schemas::timestamp::Timestamp;
use cart_storage::log::{NewRecord, Record, TopicPartition};

use crate::fold::Fold;
use crate::intake::{Home, Intake, read};

const HOME: Home = Home {
    log: CommandLog { generation: Generation::FIRST, partitions: PartitionCount::ONE },
    partition: Partition::new(0),
};

/// What was appended somewhere, in this order.
pub(super) type Appended = Vec<(TopicPartition, NewRecord)>;

/// How an owner ends that could not tell all it had decided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crash {
    /// How many records it read; no more than a ledger lists.
    pub(super) read: usize,
    /// How much it told of what came of them.
    pub(super) told: usize,
    /// How far before what was told of whole the next owner begins.
    pub(super) back: usize,
}

#[derive(Debug)]
pub(super) struct Side<F: Fold> {
    fold: F,
    pub(super) log: Vec<Record>,
    pub(super) records: BTreeMap<F::Key, F::Record>,
    next: usize,
    /// Of what lies before this, everything was told.
    told: usize,
}

impl<F: Fold> Side<F> {
    pub(super) fn new(fold: F) -> Self {
        Self { fold, log: Vec::new(), records: BTreeMap::new(), next: 0, told: 0 }
    }

    pub(super) fn append(&mut self, record: NewRecord, appended: Timestamp) {
        let NewRecord { key, value, headers } = record;
        let offset = i64::try_from(self.log.len()).unwrap();
        self.log.push(Record { offset, appended, key, value, headers });
    }

    /// What some producer sent before arrives once more.
    pub(super) fn append_again(&mut self, which: usize, appended: Timestamp) {
        let Some(first) = self.log.get(which % self.log.len().max(1)).cloned() else { return };
        let offset = i64::try_from(self.log.len()).unwrap();
        self.log.push(Record { offset, appended, ..first });
    }

    pub(super) fn is_behind(&self) -> bool {
        self.next < self.log.len()
    }

    /// Reads on, and tells everything.
    pub(super) fn run(&mut self, records: usize) -> Appended {
        let said = self.read(records);
        self.told = self.told.max(self.next);
        said
    }

    /// Reads on and ends. What was told is what the producer sent first.
    pub(super) fn crash(&mut self, Crash { read, told, back }: Crash) -> Appended {
        self.next = self.next.min(self.told);
        let mut said = self.read(read.min(LEDGER));
        said.truncate(told);
        self.next = self.told.saturating_sub(back);
        said
    }

    fn read(&mut self, records: usize) -> Appended {
        let until = self.log.len().min(self.next + records);
        let said = (self.next..until).flat_map(|place| {
            let Intake::Command(incoming) = read::<F>(&self.log[place], HOME) else {
                panic!("no command: {:?}", self.log[place])
            };
            let record = self.records.entry(F::key(&incoming.envelope).clone()).or_default();
            let folded = self.fold.step(record, F::ts(record), &incoming);
            assert!(!folded.panicked, "{:?}", incoming.envelope);
            // What is stored is what the next owner reads.
            *record = F::decode(&F::encode(record)).unwrap();
            folded.facts.into_iter().chain(folded.reply)
        });
        let said = said.collect();
        self.next = until;
        said
    }
}

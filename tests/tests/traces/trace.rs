//! A trace's world: the log, what is stored, what is judged, and every owner there has been. What
//! owners do is in [`crate::owner`], what the scanner does in [`crate::scanning`].

use bytes::Bytes;
use cart_processor::timers::scanner::Scanner;
use cart_processor::timers::{Shelf, Slot};
use cart_processor::worker::{Action, Begin, Done, Emission, Input, StopReason};
use cart_schemas::event::Event;
use cart_schemas::generation::{CommandLog, Generation};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::record::{self, CartRecord, Progress};
use cart_schemas::reply::Reply;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::log::Record;
use cart_tests::simulation::audit::{Broken, Invariant};
use cart_tests::simulation::mutant::{Sabotage, Subject};
use uuid::Uuid;

use crate::judge::Judge;
use crate::owner::{Owner, Who};
use crate::request::Request;
use crate::scanning::Drop;
use crate::store::Store;

/// The only partition.
pub(crate) const P: Partition = Partition::new(0);
/// The log's generation; there is one before it and one after it.
pub(crate) const GENERATION: Generation = Generation::FIRST.next();
pub(crate) const LOG: CommandLog = CommandLog {
    generation: GENERATION,
    partitions: match PartitionCount::new(1) {
        Some(count) => count,
        None => panic!("1 is a count"),
    },
};
const SHELF: Shelf = Shelf { generation: GENERATION, partition: P };

/// A trace as far as it has gone.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) subject: Subject,
    pub(crate) log: Vec<Record>,
    pub(crate) store: Store,
    pub(crate) judge: Judge,
    pub(crate) owners: Vec<Owner>,
    pub(crate) scanner: Scanner<Subject>,
    /// The slot the scanner wants dropped.
    pub(crate) drop: Option<Drop>,
    committed: i64,
    /// How many memories there have been.
    begun: u64,
}

impl Trace {
    /// A log of these requests, of a cart nobody has seen.
    pub(crate) fn new(subject: Subject, log: impl IntoIterator<Item = Request>) -> Self {
        Self::after(&CartRecord::default(), subject, log)
    }

    /// A log of these requests, of a cart that is stored as `before` when it begins.
    pub(crate) fn after(
        before: &CartRecord,
        subject: Subject,
        log: impl IntoIterator<Item = Request>,
    ) -> Self {
        let mut trace = Self {
            subject,
            log: Vec::new(),
            store: Store::default(),
            judge: Judge::new(before.clone()),
            owners: Vec::new(),
            scanner: Scanner::with_defects(SHELF, Slot::default(), 0, subject),
            drop: None,
            committed: 0,
            begun: 0,
        };
        if *before != CartRecord::default() {
            trace.store.put(before.ts, Bytes::from(before.encode()));
        }
        log.into_iter().for_each(|request| trace.append(&request));
        trace
    }

    /// The log goes on.
    pub(crate) fn append(&mut self, request: &Request) {
        let offset = i64::try_from(self.log.len()).unwrap();
        let record = request.record(offset);
        self.judge.appended(&record);
        self.log.push(record);
    }

    /// A progress row is stored.
    pub(crate) fn with_progress(mut self, progress: Progress) -> Self {
        self.store.mark(progress);
        self
    }

    /// A new owner begins at the committed offset. The older one is a zombie now: it may go on,
    /// let what it holds land late, or do nothing ever again.
    pub(crate) fn take_over(&mut self) -> Who {
        self.take_over_as(self.subject)
    }

    /// The same, where the new owner is another build.
    pub(crate) fn take_over_as(&mut self, subject: Subject) -> Who {
        let (begin, slot) = (self.begin(), self.store.cursor);
        self.scanner = Scanner::with_defects(SHELF, slot, begin.frontier, subject);
        let owner = Owner::new(subject, begin, slot);
        self.owners.push(owner);
        self.current()
    }

    /// The owner that is no zombie.
    pub(crate) fn current(&self) -> Who {
        Who(self.owners.len() - 1)
    }

    /// Where the next memory begins.
    pub(crate) fn begin(&mut self) -> Begin {
        self.begun += 1;
        let owner = record::Owner::new(Uuid::from_u64_pair(0, self.begun));
        let progress = self.store.progress();
        let end = i64::try_from(self.log.len()).unwrap();
        let witness = progress.clone().filter(|progress| progress.offset < end);
        Begin { number: self.begun, owner, frontier: self.committed, progress, witness }
    }

    /// What is done is committed.
    pub(crate) fn commit(&mut self, who: Who) {
        self.committed = self.owners[who.0].frontier;
        self.judge.committed(self.committed, &self.store.cart());
    }

    /// The log ends here: everything must have been decided, stored, emitted and answered.
    pub(crate) fn finished(&mut self) {
        self.judge.finished(&self.store.cart());
    }

    /// A processor must have refused this log, with nothing done about it.
    pub(crate) fn refused(&mut self, who: Who, untouched: &CartRecord) {
        let stopped = &self.owners[who.0].stopped;
        let foreign = matches!(stopped, Some(StopReason::ForeignLog { .. }));
        let holds = foreign && self.store.cart() == *untouched && self.judge.is_silent();
        self.judge.check(Invariant::ForeignLog, holds, "a foreign log was decided");
    }

    /// Everything that was wrong so far.
    pub(crate) fn broken(&self) -> &[Broken] {
        self.judge.broken()
    }

    /// Something an owner wants done is done.
    pub(crate) fn carry_out(&mut self, who: Who, action: Action) -> Option<Done> {
        match action {
            Action::Load(carts) => {
                let cells = carts.iter().map(|_| self.store.cell()).collect();
                Some(Done::Loaded(cells, self.store.progress()))
            }
            Action::Arm(timers) => {
                for timer in timers {
                    let behind = self.subject.is(Sabotage::TimerBehindScanner);
                    let oldest = self.owners[who.0].slot;
                    let slot = if behind { Slot::at(timer.due) } else { timer.slot().max(oldest) };
                    self.store.note(SHELF.slot(slot), &timer);
                }
                Some(Done::Armed)
            }
            Action::Store(writes) => {
                writes.into_iter().for_each(|write| self.land(write.ts, write.cell));
                Some(Done::Stored)
            }
            Action::Mark(progress) => {
                self.store.mark(progress);
                Some(Done::Marked)
            }
            Action::Emit(emission) => {
                self.publish(emission);
                Some(Done::Emitted)
            }
            Action::Advance(frontier) => {
                self.owners[who.0].frontier = frontier;
                None
            }
            Action::Stop(reason) => {
                self.owners[who.0].stopped = Some(reason);
                None
            }
            Action::Rewind(offset) => {
                self.owners[who.0].next = offset;
                self.tell(who, Input::Rewound(P));
                None
            }
            Action::Pause | Action::Resume | Action::Drained | Action::BeginAnew => None,
        }
    }

    /// A write lands.
    pub(crate) fn land(&mut self, ts: Timestamp, cell: Bytes) {
        let before = self.store.cart();
        let record = CartRecord::decode(&cell).unwrap();
        self.store.put(ts, cell);
        self.judge.stored(&record, &before, &self.store.cart());
    }

    fn publish(&mut self, emission: Emission) {
        for (to, fact) in emission.facts {
            assert_eq!(to.topic, Topic::Events, "no command here is poison");
            self.judge.emitted(Event::decode(&fact.value.unwrap()).unwrap());
        }
        for (to, reply) in emission.replies {
            let reply = Reply::decode(&reply.value.unwrap()).unwrap();
            self.judge.answered(to.partition, &reply, &self.store.cart());
        }
    }
}

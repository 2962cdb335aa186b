//! The processor's own worker, crashed anywhere and begun again, breaks nothing: what is right is
//! never taken for wrong.

use std::collections::VecDeque;

use cart_processor::fold::Carts;
use cart_processor::timers::{Shelf, Timer};
use cart_processor::worker::{Action, Begin, CellWrite, Done, Effect, Input, Worker};
use cart_schemas::record::{self, Progress};
use cart_schemas::topic::header;
use cart_storage::log::NewRecord;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::simulation::shadow::agreement::log_alone;

const PROGRESS: &str = "cart.commands/0";

const SHELF: Shelf = Shelf { generation: GENERATION, partition: P };

/// A processor of one partition that dies after so many steps, again and again.
struct Owner {
    scene: Scene,
    records: Vec<Record>,
    /// Steps until each of the deaths to come, the next one last.
    deaths: Vec<u16>,
    committed: i64,
    facts: i64,
}

/// The owner died.
#[derive(Debug)]
struct Died;

impl Owner {
    fn new(log: Vec<(Timestamp, Envelope)>, deaths: Vec<u16>) -> Self {
        let mut scene = Scene::new();
        let mut records = Vec::new();
        for (offset, (appended, envelope)) in (0..).zip(log) {
            let cart = format!("user{}", envelope.id.as_uuid().as_u128() % 3).parse().unwrap();
            let mut record = record(offset, appended, &Envelope { cart, ..envelope });
            record.headers.push(Header::text(header::REPLY_PARTITION, "0"));
            records.push(scene.raw(record));
        }
        Self { scene, records, deaths, committed: 0, facts: 0 }
    }

    fn step(&mut self) -> Result<(), Died> {
        match self.deaths.last_mut() {
            None => Ok(()),
            Some(0) => {
                self.deaths.pop();
                Err(Died)
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    fn see(&mut self, what: What) {
        self.scene.see(what).unwrap();
    }

    /// One life: from the committed offset to the log's end, or to death.
    fn live(&mut self, fetched: usize) -> Result<(), Died> {
        let log = CommandLog { generation: GENERATION, partitions: one_partition() };
        let mut worker = Worker::new(Carts::new(), log, 1 << 20);
        let progress = self.progress();
        let read_from = usize::try_from(self.committed).unwrap();
        // Each life ends with one of the deaths, so none has the number of another.
        let owner = record::Owner::new(Uuid::from_u64_pair(0, self.deaths.len() as u64));
        let begin = Begin { number: 0, owner, frontier: self.committed, witness: None, progress };
        worker.on(Input::Begin(P, begin));
        let rest = self.records[read_from..].to_vec();
        for records in rest.chunks(fetched) {
            let mut effects: VecDeque<_> = worker.on(Input::Records(P, records.to_vec())).into();
            while let Some(Effect { ticket, action, .. }) = effects.pop_front() {
                if let Some(done) = self.carry_out(action)? {
                    effects.extend(worker.on(Input::Done(P, ticket, done)));
                }
            }
        }
        Ok(())
    }

    fn progress(&self) -> Option<Progress> {
        let row = self.scene.audit.world.cell(Table::Progress, PROGRESS);
        row.map(|(cell, _)| Progress::decode(&cell).unwrap())
    }

    fn carry_out(&mut self, action: Action) -> Result<Option<Done>, Died> {
        self.step()?;
        let done = match action {
            Action::Load(keys) => {
                let cell = |key: &String| self.scene.audit.world.cell(Table::Carts, key);
                let cells = keys.iter().map(|key| cell(key).map(|(cell, _)| cell));
                Done::Loaded(cells.collect(), self.progress())
            }
            Action::Arm(timers) => {
                timers.iter().try_for_each(|timer| self.arm(timer))?;
                Done::Armed
            }
            Action::Store(writes) => {
                writes.into_iter().try_for_each(|write| self.store(write))?;
                Done::Stored
            }
            Action::Mark(row) => {
                self.scene.put(Table::Progress, PROGRESS, row.encode(), row.ts);
                self.taken(Table::Progress, PROGRESS, row.encode().into(), row.ts);
                Done::Marked
            }
            Action::Emit(emission) => {
                let all = emission.replies.into_iter().chain(emission.facts);
                all.into_iter().try_for_each(|(to, record)| self.append(to, record))?;
                Done::Emitted
            }
            Action::Advance(frontier) => {
                // Every other frontier is committed.
                if frontier % 2 == 0 {
                    self.see(What::Committed { partition: P, offset: frontier });
                    self.committed = frontier;
                }
                return Ok(None);
            }
            Action::Pause | Action::Resume | Action::Rewind(_) | Action::Drained => {
                return Ok(None);
            }
            Action::BeginAnew => panic!("this store forgets nothing"),
            Action::Stop(reason) => panic!("{reason}"),
        };
        Ok(Some(done))
    }

    fn arm(&mut self, timer: &Timer) -> Result<(), Died> {
        let slot = SHELF.slot(timer.slot());
        let note = Note { entry: timer.entry(), ts: timer.ts };
        for replica in 0..3 {
            self.step()?;
            let (slot, note) = (slot.clone(), note.clone());
            self.see(What::Noted { replica, index: Index::Timers, slot, note });
        }
        let noted = self.scene.client.note(Index::Timers, &slot, &note.entry, note.ts);
        noted.now_or_never().unwrap().unwrap();
        Ok(())
    }

    fn store(&mut self, write: CellWrite) -> Result<(), Died> {
        self.step()?;
        self.scene.put(Table::Carts, &write.key, write.cell.clone(), write.ts);
        self.taken(Table::Carts, &write.key, write.cell, write.ts);
        Ok(())
    }

    fn taken(&mut self, table: Table, key: &str, cell: Bytes, ts: Timestamp) {
        let key = key.to_owned();
        self.see(What::CellTaken { replica: 0, table, key, cell, ts });
    }

    fn append(&mut self, to: TopicPartition, record: NewRecord) -> Result<(), Died> {
        self.step()?;
        let NewRecord { key, value, headers } = record;
        let record = Record { offset: self.facts, appended: at(0), key, value, headers };
        self.facts += 1;
        self.see(What::Appended { to, record });
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_worker_that_dies_anywhere_breaks_no_invariant(
        log in log_alone(),
        deaths in prop::collection::vec(0..60u16, 0..12),
        fetched in 1..50usize,
    ) {
        let mut owner = Owner::new(log, deaths);

        while owner.live(fetched).is_err() {}

        prop_assert_eq!(owner.scene.audit.settled(at(0)), Ok(()));
    }
}

//! One partition in our hands: its queue, its memory, and the phase its micro-batch is in.

use std::collections::{HashSet, VecDeque};

use bytes::Bytes;
use cart_schemas::id::CartKey;
use cart_schemas::record::{CartRecord, Progress};
use cart_storage::log::Record;

use super::batch::{Batch, Taken, Tally, fold};
use super::cache::Cache;
use super::effect::{Action, StopReason};
use super::{Begin, Done};
use crate::defects::{Defect, Defects, Stage};
use crate::intake::{Home, Intake, command_id, read};

/// Records in one micro-batch: enough to fill a store round trip at full speed.
const BATCH_RECORDS_MAX: usize = 512;
/// Bytes of records in one micro-batch; one record alone may exceed it.
const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// Queued records at which fetching pauses: four batches.
const QUEUE_HIGH: usize = 4 * BATCH_RECORDS_MAX;
/// Queued records at which it resumes.
const QUEUE_LOW: usize = BATCH_RECORDS_MAX;
/// Queued bytes at which fetching pauses: four batches of the largest size.
const QUEUE_BYTES_HIGH: usize = 4 * BATCH_BYTES_MAX;
/// Queued bytes at which it resumes.
const QUEUE_BYTES_LOW: usize = BATCH_BYTES_MAX;

/// Where a micro-batch stands: its carts are loaded, then it goes through its stages, each ended
/// by the effect it waits for.
#[derive(Debug)]
enum Phase {
    Idle,
    Loading(Vec<Taken>, Vec<CartKey>),
    At(Stage, Batch),
    Stopped,
}

/// What became of comparing the log with the stored carts.
enum Compared {
    /// It is their log, or need not be compared.
    Same,
    /// The record to compare has not come.
    NotYet,
    /// It is, and what is undecided lies before what was compared.
    Ahead,
    /// It is another.
    Foreign(StopReason),
}

/// What a queued record weighs.
fn size(record: &Record) -> usize {
    let headers = record.headers.iter().map(|header| header.name.len() + header.value.len());
    let [key, value] = [&record.key, &record.value].map(|part| part.as_ref().map_or(0, Bytes::len));
    key + value + headers.sum::<usize>()
}

/// A partition.
#[derive(Debug)]
pub(super) struct Owned<D> {
    number: u64,
    home: Home,
    defects: D,
    queue: VecDeque<Record>,
    queued_bytes: usize,
    phase: Phase,
    awaited: Option<u64>,
    cache: Cache,
    frontier: i64,
    witness: Option<Progress>,
    /// Whether reading is to go back: what was read before is still on its way.
    rewinding: bool,
    /// The progress row as last stored.
    mark: Option<Progress>,
    paused: bool,
    draining: bool,
}

impl<D: Defects> Owned<D> {
    pub(super) fn new(home: Home, defects: D, begin: Begin) -> Self {
        Self {
            number: begin.number,
            home,
            defects,
            queue: VecDeque::new(),
            queued_bytes: 0,
            phase: Phase::Idle,
            awaited: None,
            cache: Cache::new(),
            frontier: begin.frontier,
            witness: begin.witness,
            rewinding: false,
            mark: begin.progress,
            paused: false,
            draining: false,
        }
    }

    /// What a mutant does that keeps memory which should be gone.
    pub(super) fn remember(&mut self, old: Self) {
        self.cache = old.cache;
    }

    /// The number of its beginning.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn limit_cache(&mut self, bytes: usize) {
        self.cache.set_limit(bytes);
    }

    pub(super) fn wait_for(&mut self, ticket: u64) {
        self.awaited = Some(ticket);
    }

    pub(super) fn awaits(&self, ticket: u64) -> bool {
        self.awaited == Some(ticket) || self.defects.has(Defect::StaleAnswerTaken)
    }

    pub(super) fn receive(&mut self, records: Vec<Record>) -> Vec<Action> {
        if self.rewinding {
            return Vec::new();
        }
        match self.compare(&records) {
            Compared::NotYet => return Vec::new(),
            Compared::Foreign(reason) => return self.stop(reason),
            Compared::Ahead => {
                self.rewinding = true;
                return vec![Action::Rewind(self.frontier)];
            }
            Compared::Same => {}
        }
        for record in records.into_iter().filter(|record| record.offset >= self.frontier) {
            self.queued_bytes += size(&record);
            self.queue.push_back(record);
        }
        let mut actions = self.pump();
        let high = self.queue.len() >= QUEUE_HIGH || self.queued_bytes >= QUEUE_BYTES_HIGH;
        if !self.paused && high {
            self.paused = true;
            actions.push(Action::Pause);
        }
        actions
    }

    /// Reading has gone back.
    pub(super) fn rewound(&mut self) -> Vec<Action> {
        self.rewinding = false;
        Vec::new()
    }

    /// The record the stored carts end with must still be in the log; nothing is decided before
    /// it was looked at. If it lies ahead of the frontier, reading goes back there.
    fn compare(&mut self, records: &[Record]) -> Compared {
        let Some(offset) = self.witness.as_ref().map(|witness| witness.offset) else {
            return Compared::Same;
        };
        let Some(record) = records.iter().find(|record| record.offset >= offset) else {
            return Compared::NotYet;
        };
        let command = self.witness.take().map(|witness| witness.command);
        let same = self.defects.has(Defect::WitnessIgnored)
            || record.offset != offset
            || command_id(record) == command;
        if !same {
            return Compared::Foreign(StopReason::ForeignLog { offset });
        }
        if offset <= self.frontier {
            return Compared::Same;
        }
        Compared::Ahead
    }

    pub(super) fn drain(&mut self) -> Vec<Action> {
        self.draining = true;
        match self.phase {
            Phase::Idle | Phase::Stopped => vec![Action::Drained],
            Phase::Loading(..) | Phase::At(..) => Vec::new(),
        }
    }

    /// The awaited effect ended: on to the next phase.
    pub(super) fn advance(&mut self, done: Done) -> Vec<Action> {
        self.awaited = None;
        if let Done::Failed(reason) = done {
            return self.stop(reason);
        }
        match (std::mem::replace(&mut self.phase, Phase::Stopped), done) {
            (Phase::Loading(taken, keys), Done::Loaded(cells)) => self.loaded(taken, keys, cells),
            (Phase::At(Stage::Arm, batch), Done::Armed)
            | (Phase::At(Stage::Store, batch), Done::Stored)
            | (Phase::At(Stage::Mark, batch), Done::Marked)
            | (Phase::At(Stage::Emit, batch), Done::Emitted) => self.go_on(batch),
            // A ticket is answered once and with its own kind; anything else is not ours.
            (phase, _) => {
                self.phase = phase;
                Vec::new()
            }
        }
    }

    /// Takes the next micro-batch if none is in hand.
    fn pump(&mut self) -> Vec<Action> {
        if self.draining || !matches!(self.phase, Phase::Idle) {
            return Vec::new();
        }
        let (taken, newer) = self.take_batch();
        if taken.is_empty() {
            return newer.map(|reason| self.stop(reason)).unwrap_or_default();
        }
        let mut seen = HashSet::new();
        let carts = taken.iter().filter_map(Taken::cart);
        let missing = carts.filter(|cart| !self.cache.holds(cart) && seen.insert(*cart));
        let missing: Vec<_> = missing.cloned().collect();
        if missing.is_empty() {
            return self.fold(taken);
        }
        self.phase = Phase::Loading(taken, missing.clone());
        vec![Action::Load(missing)]
    }

    /// The longest run of queued records a batch may hold. A record of a newer build ends it and
    /// stays in the queue; once it is first, it is the reason to stop.
    fn take_batch(&mut self) -> (Vec<Taken>, Option<StopReason>) {
        let (mut taken, mut bytes, mut tally) = (Vec::new(), 0, Tally::default());
        while let Some(record) = self.queue.front() {
            bytes += size(record);
            let full = taken.len() >= BATCH_RECORDS_MAX || bytes > BATCH_BYTES_MAX;
            if full && !taken.is_empty() {
                break;
            }
            let intake = read(record, self.home);
            if let Intake::Newer(error) = &intake {
                let (offset, reason) = (record.offset, error.to_string());
                return (taken, Some(StopReason::Newer { offset, reason }));
            }
            if let Intake::Command(incoming) = &intake
                && !self.is_free(record)
                && !tally.admits(&incoming.envelope.cart)
            {
                break;
            }
            let Some(record) = self.queue.pop_front() else { break };
            self.queued_bytes = self.queued_bytes.saturating_sub(size(&record));
            taken.extend(Self::taken(intake, record));
        }
        (taken, None)
    }

    fn taken(intake: Intake, record: Record) -> Option<Taken> {
        match intake {
            Intake::Command(incoming) => Some(Taken::Command(incoming, record)),
            Intake::Poison(poison) => {
                let (class, reason) = (poison.class(), poison.to_string());
                Some(Taken::Poison { record, class, reason })
            }
            Intake::Newer(_) => None,
        }
    }

    fn loaded(
        &mut self,
        taken: Vec<Taken>,
        keys: Vec<CartKey>,
        cells: Vec<Option<Bytes>>,
    ) -> Vec<Action> {
        for (cart, cell) in keys.into_iter().zip(cells) {
            let bytes = cell.as_ref().map_or(0, Bytes::len);
            let record = cell.map(|cell| CartRecord::decode(&cell)).transpose();
            match record {
                Ok(record) => self.cache.put(cart, record.unwrap_or_default(), bytes),
                Err(error) => {
                    return self.stop(StopReason::Record { cart, reason: error.to_string() });
                }
            }
        }
        self.fold(taken)
    }

    /// What a mutant lets a cart take beyond its share.
    fn is_free(&self, record: &Record) -> bool {
        let stored = self.mark.as_ref().is_some_and(|mark| record.offset <= mark.offset);
        self.defects.has(Defect::LedgerOverrun)
            || (stored && self.defects.has(Defect::ReplaysNotCounted))
    }

    fn fold(&mut self, taken: Vec<Taken>) -> Vec<Action> {
        let context = (self.home, &self.defects);
        let batch = fold(context, taken, &mut self.cache, self.mark.as_ref());
        self.go_on(batch)
    }

    /// The next stage at which the batch has something to do; after the last one it is finished.
    fn go_on(&mut self, mut batch: Batch) -> Vec<Action> {
        while let Some((stage, rest)) = batch.stages.split_first() {
            batch.stages = rest;
            if let Some(action) = self.perform(*stage, &mut batch) {
                let early = *stage == Stage::Emit
                    && self.defects.has(Defect::FrontierBeforeAcknowledgement);
                let advance = early.then_some(Action::Advance(batch.frontier));
                self.phase = Phase::At(*stage, batch);
                return [action].into_iter().chain(advance).collect();
            }
        }
        self.finish(batch.frontier)
    }

    /// What a stage asks for; `None` when there is nothing of its kind.
    fn perform(&mut self, stage: Stage, batch: &mut Batch) -> Option<Action> {
        match stage {
            Stage::Arm => {
                let timers = std::mem::take(&mut batch.timers);
                (!timers.is_empty()).then_some(Action::Arm(timers))
            }
            Stage::Store => {
                let writes = std::mem::take(&mut batch.writes);
                (!writes.is_empty()).then_some(Action::Store(writes))
            }
            Stage::Mark => {
                let progress = batch.progress.take()?;
                self.mark = Some(progress.clone());
                Some(Action::Mark(progress))
            }
            Stage::Emit => Some(Action::Emit(std::mem::take(&mut batch.emission))),
        }
    }

    fn finish(&mut self, frontier: i64) -> Vec<Action> {
        self.phase = Phase::Idle;
        self.frontier = frontier;
        self.cache.evict();
        let mut actions = vec![Action::Advance(frontier)];
        if self.draining {
            actions.push(Action::Drained);
            return actions;
        }
        let low = self.queue.len() <= QUEUE_LOW && self.queued_bytes <= QUEUE_BYTES_LOW;
        if self.paused && low {
            self.paused = false;
            actions.push(Action::Resume);
        }
        actions.extend(self.pump());
        actions
    }

    fn stop(&mut self, reason: StopReason) -> Vec<Action> {
        self.phase = Phase::Stopped;
        self.queue.clear();
        let mut actions = vec![Action::Pause, Action::Stop(reason)];
        if self.draining {
            actions.push(Action::Drained);
        }
        actions
    }
}

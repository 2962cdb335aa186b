//! One partition in our hands: its queue, its memory, and the phase its micro-batch is in.

use std::collections::HashSet;

use bytes::Bytes;
use cart_schemas::record::{Owner, Progress};
use cart_storage::log::Record;

use super::batch::{Batch, Marked, Taken, Tally, fold};
use super::cache::Cache;
use super::effect::{Action, StopReason};
use super::queue::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX, Queue, size};
use super::{Begin, Done};
use crate::defects::{Defect, Defects as _, Stage};
use crate::fold::Fold;
use crate::intake::{Home, Intake, command_id, read};

/// Where a micro-batch stands: its records are loaded, then it goes through its stages, each ended
/// by the effect it waits for.
#[derive(Debug)]
enum Phase<F: Fold> {
    Idle,
    Loading(Vec<Taken<F>>, Vec<F::Key>),
    At(Stage, Batch),
    Stopped,
}

/// What became of comparing the log with what is stored.
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

/// A partition.
#[derive(Debug)]
pub(super) struct Owned<F: Fold> {
    number: u64,
    owner: Owner,
    home: Home,
    fold: F,
    queue: Queue,
    phase: Phase<F>,
    awaited: Option<u64>,
    cache: Cache<F::Key, F::Record>,
    frontier: i64,
    witness: Option<Progress>,
    /// Whether reading is to go back: what was read before is still on its way.
    rewinding: bool,
    /// The progress row as last stored.
    mark: Option<Progress>,
    paused: bool,
    draining: bool,
}

impl<F: Fold> Owned<F> {
    pub(super) fn new(home: Home, fold: F, begin: Begin) -> Self {
        Self {
            number: begin.number,
            owner: begin.owner,
            home,
            fold,
            queue: Queue::default(),
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

    /// Whether it breaks a rule.
    fn has(&self, defect: Defect) -> bool {
        self.fold.defects().has(defect)
    }

    /// The number of its beginning.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The offset behind the last record in hand, or done.
    pub(super) fn taken_until(&self) -> i64 {
        match &self.phase {
            Phase::Loading(taken, _) => {
                taken.last().map_or(self.frontier, |last| last.offset() + 1)
            }
            Phase::At(_, batch) => batch.frontier,
            Phase::Idle | Phase::Stopped => self.frontier,
        }
    }

    /// The progress row as last stored.
    #[cfg(test)]
    pub(super) fn mark(&self) -> Option<&Progress> {
        self.mark.as_ref()
    }

    pub(super) fn limit_cache(&mut self, bytes: usize) {
        self.cache.set_limit(bytes);
    }

    pub(super) fn wait_for(&mut self, ticket: u64) {
        self.awaited = Some(ticket);
    }

    pub(super) fn awaits(&self, ticket: u64) -> bool {
        self.awaited == Some(ticket) || self.has(Defect::StaleAnswerTaken)
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
            self.queue.push(record);
        }
        let mut actions = self.pump();
        if !self.paused && self.queue.is_high() {
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

    /// The record that was stored last must still be in the log; nothing is decided before
    /// it was looked at. If it lies ahead of the frontier, reading goes back there.
    fn compare(&mut self, records: &[Record]) -> Compared {
        let Some(offset) = self.witness.as_ref().map(|witness| witness.offset) else {
            return Compared::Same;
        };
        let Some(record) = records.iter().find(|record| record.offset >= offset) else {
            return Compared::NotYet;
        };
        let command = self.witness.take().map(|witness| witness.command);
        let same = self.has(Defect::WitnessIgnored)
            || record.offset != offset
            || command_id::<F>(record) == command;
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

    /// Without commands, nobody would notice what the store has forgotten but those who read.
    pub(super) fn recall(&mut self) -> Vec<Action> {
        if self.draining || !matches!(self.phase, Phase::Idle) {
            return Vec::new();
        }
        self.phase = Phase::Loading(Vec::new(), Vec::new());
        vec![Action::Load(Vec::new())]
    }

    /// The awaited effect ended: on to the next phase.
    pub(super) fn advance(&mut self, done: Done) -> Vec<Action> {
        self.awaited = None;
        if let Done::Failed(reason) = done {
            return self.stop(reason);
        }
        match (std::mem::replace(&mut self.phase, Phase::Stopped), done) {
            (Phase::Loading(..), Done::Loaded(_, stored)) if self.is_doubtful(stored.as_ref()) => {
                self.begin_anew()
            }
            (Phase::Loading(taken, keys), Done::Loaded(cells, _)) => {
                self.loaded(taken, keys, cells)
            }
            (Phase::At(..), Done::Doubtful) => self.begin_anew(),
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
        let keys = taken.iter().filter_map(Taken::key);
        let missing = keys.filter(|key| !self.cache.holds(key) && seen.insert(*key));
        let missing: Vec<_> = missing.cloned().collect();
        let cells = missing.iter().map(ToString::to_string).collect();
        self.phase = Phase::Loading(taken, missing);
        vec![Action::Load(cells)]
    }

    /// The longest run of queued records a batch may hold. A record of a newer build ends it and
    /// stays in the queue; once it is first, it is the reason to stop.
    fn take_batch(&mut self) -> (Vec<Taken<F>>, Option<StopReason>) {
        let (mut taken, mut bytes, mut tally) = (Vec::new(), 0, Tally::new());
        while let Some(record) = self.queue.front() {
            bytes += size(record);
            let full = taken.len() >= BATCH_RECORDS_MAX || bytes > BATCH_BYTES_MAX;
            if full && !taken.is_empty() {
                break;
            }
            let intake = read::<F>(record, self.home);
            if let Intake::Newer(error) = &intake {
                let (offset, reason) = (record.offset, error.to_string());
                return (taken, Some(StopReason::Newer { offset, reason }));
            }
            if let Intake::Command(incoming) = &intake
                && !self.is_free(record)
                && !tally.admits(F::key(&incoming.envelope))
            {
                break;
            }
            let Some(record) = self.queue.pop() else { break };
            taken.extend(Self::taken(intake, record));
        }
        (taken, None)
    }

    fn taken(intake: Intake<F::Envelope>, record: Record) -> Option<Taken<F>> {
        match intake {
            Intake::Command(incoming) => Some(Taken::Command(incoming, record)),
            Intake::Poison(poison) => {
                let (class, reason) = (poison.class(), poison.reason());
                Some(Taken::Poison { record, class, reason })
            }
            Intake::Newer(_) => None,
        }
    }

    fn loaded(
        &mut self,
        taken: Vec<Taken<F>>,
        keys: Vec<F::Key>,
        cells: Vec<Option<Bytes>>,
    ) -> Vec<Action> {
        if taken.is_empty() {
            return self.finish(self.frontier);
        }
        for (key, cell) in keys.into_iter().zip(cells) {
            let bytes = cell.as_ref().map_or(0, Bytes::len);
            match cell.map(|cell| F::decode(&cell)).transpose() {
                Ok(record) => self.cache.put(key, record.unwrap_or_default(), bytes),
                Err(reason) => {
                    return self.stop(StopReason::Record { key: key.to_string(), reason });
                }
            }
        }
        self.fold(taken)
    }

    /// Whether what was loaded may be older than what was stored: the progress row read after it is
    /// not the one last marked. The store has lost that one, and perhaps records, or there is
    /// another owner. Its row proves nothing, wherever it stands: it may have caught a forgetful
    /// store up after our records were read.
    fn is_doubtful(&self, stored: Option<&Progress>) -> bool {
        let ours = |row: &&Progress| row.generation == self.home.log.generation;
        stored.filter(ours) != self.mark.as_ref() && !self.has(Defect::ForgettingUnnoticed)
    }

    /// What a mutant lets a key take beyond its share.
    fn is_free(&self, record: &Record) -> bool {
        let stored = self.mark.as_ref().is_some_and(|mark| record.offset <= mark.offset);
        self.has(Defect::LedgerOverrun) || (stored && self.has(Defect::ReplaysNotCounted))
    }

    fn fold(&mut self, taken: Vec<Taken<F>>) -> Vec<Action> {
        let context = (self.home, &self.fold);
        let marked = Marked { by: self.owner, last: self.mark.as_ref() };
        let batch = fold(context, taken, &mut self.cache, marked);
        self.go_on(batch)
    }

    /// The next stage at which the batch has something to do; after the last one it is finished.
    fn go_on(&mut self, mut batch: Batch) -> Vec<Action> {
        while let Some((stage, rest)) = batch.stages.split_first() {
            batch.stages = rest;
            if let Some(action) = self.perform(*stage, &mut batch) {
                let early =
                    *stage == Stage::Emit && self.has(Defect::FrontierBeforeAcknowledgement);
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
        if self.paused && self.queue.is_low() {
            self.paused = false;
            actions.push(Action::Resume);
        }
        actions.extend(self.pump());
        actions
    }

    fn stop(&mut self, reason: StopReason) -> Vec<Action> {
        self.end_with(Action::Stop(reason))
    }

    /// The log has what the store forgot.
    fn begin_anew(&mut self) -> Vec<Action> {
        self.end_with(Action::BeginAnew)
    }

    fn end_with(&mut self, last: Action) -> Vec<Action> {
        self.phase = Phase::Stopped;
        self.queue = Queue::default();
        let mut actions = vec![Action::Pause, last];
        if self.draining {
            actions.push(Action::Drained);
        }
        actions
    }
}

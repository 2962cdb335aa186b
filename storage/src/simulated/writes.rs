//! Writes to the store: what becomes of each is drawn at its call, and every replica takes its
//! share at a time of its own.

use tokio::sync::oneshot;

use super::agenda::Event;
use super::forgetting::away;
use super::replicas::{ALL, Change, REPLICAS};
use super::state::State;
use super::{ClientId, Fault, What};
use crate::store::{Note, StoreError};

/// So many replicas make a write.
const QUORUM: u8 = 2;

/// The shortest time a replica that is behind is behind.
const BEHIND_AT_LEAST: i64 = 1_000_000;

/// A write under way.
pub(super) struct Write {
    pub(super) client: ClientId,
    change: Change,
    /// Which replicas are still to receive it.
    pub(super) due: [bool; REPLICAS],
    taken: u8,
    /// Who is told when a quorum has it, and whether that it is done.
    pub(super) caller: Option<(oneshot::Sender<Result<(), StoreError>>, bool)>,
    answer_takes: i64,
}

impl Write {
    /// The name of its request.
    pub(super) const fn name(&self) -> &'static str {
        self.change.name()
    }
}

/// When each replica receives a write, if ever; and whether its caller is told by the quorum that
/// it is done or that it is not, or at once.
struct Fate {
    shares: [Option<i64>; REPLICAS],
    told: Told,
}

#[derive(PartialEq, Eq)]
enum Told {
    Done,
    Unavailable,
    AtOnceUnavailable,
}

impl State {
    /// A write begins.
    pub(super) fn write(
        &mut self,
        client: ClientId,
        change: Change,
    ) -> oneshot::Receiver<Result<(), StoreError>> {
        let (caller, waiting) = oneshot::channel();
        if !self.admits(client) {
            return waiting;
        }
        if self.is_cut_off(client) {
            let hop = self.hop();
            self.answer(hop, (client, change.name()), caller, Err(away()));
            return waiting;
        }
        self.doom_store();
        let fate = self.write_fate(client);
        let answer_takes = self.hop();
        let caller = if fate.told == Told::AtOnceUnavailable {
            let after = answer_takes + self.hop();
            self.answer(after, (client, change.name()), caller, Err(unavailable()));
            None
        } else {
            Some((caller, fate.told == Told::Done))
        };
        let write = self.number();
        let due = fate.shares.map(|share| share.is_some());
        for (replica, share) in fate.shares.into_iter().enumerate() {
            if let Some(after) = share {
                self.plan(after, Event::Take { write, replica });
            }
        }
        if due.contains(&true) {
            let write_under_way = Write { client, change, due, taken: 0, caller, answer_takes };
            self.writes.insert(write, write_under_way);
        }
        waiting
    }

    fn write_fate(&mut self, client: ClientId) -> Fate {
        let mut shares = ALL.map(|_| Some(self.hop()));
        let weather = self.weather.clone();
        let told = if self.strikes(client, weather.write_late, Fault::WriteLate) {
            let rng = &mut self.rng;
            shares = ALL.map(|_| rng.bool().then(|| weather.lateness(rng)));
            Told::AtOnceUnavailable
        } else if self.strikes(client, weather.write_lost, Fault::WriteLost) {
            let reached = self.rng.usize(0..=REPLICAS);
            for (replica, share) in shares.iter_mut().enumerate() {
                share.take_if(|_| replica != reached);
            }
            Told::AtOnceUnavailable
        } else if self.strikes(client, weather.write_ack_lost, Fault::WriteAckLost) {
            Told::Unavailable
        } else {
            Told::Done
        };
        if told != Told::AtOnceUnavailable
            && self.strikes(client, weather.replica_behind, Fault::ReplicaBehind)
        {
            let behind = self.rng.usize(0..REPLICAS);
            let late = self.rng.u8(0..4) != 0;
            let late = late.then(|| weather.lateness(&mut self.rng).max(BEHIND_AT_LEAST));
            if let Some(share) = shares.get_mut(behind) {
                *share = late;
            }
        }
        Fate { shares, told }
    }

    /// A replica receives its share of a write.
    pub(super) fn take(&mut self, number: u64, replica: usize) {
        let Some(write) = self.writes.get_mut(&number) else { return };
        let Some(due) = write.due.get_mut(replica).filter(|due| **due) else { return };
        *due = false;
        write.taken += 1;
        self.replicas.take(replica, &write.change);
        let (client, what) = (write.client, observed(replica, &write.change));
        let is_over = !write.due.contains(&true);
        let told = if write.taken == QUORUM { write.caller.take() } else { None };
        let (after, name) = (write.answer_takes, write.change.name());
        if is_over {
            self.writes.remove(&number);
        }
        self.observe(client, what);
        if let Some((caller, done)) = told {
            let answer = if done { Ok(()) } else { Err(unavailable()) };
            self.answer(after, (client, name), caller, answer);
        }
    }
}

fn observed(replica: usize, change: &Change) -> What {
    let replica = u8::try_from(replica).unwrap_or(u8::MAX);
    match change {
        Change::Put { table, key, cell, ts } => What::CellTaken {
            replica,
            table: *table,
            key: key.clone(),
            cell: cell.clone(),
            ts: *ts,
        },
        Change::Note { index, slot, entry, ts } => What::Noted {
            replica,
            index: *index,
            slot: slot.clone(),
            note: Note { entry: entry.clone(), ts: *ts },
        },
        Change::Drop { index, slot, ts } => {
            What::SlotDropped { replica, index: *index, slot: slot.clone(), at: *ts }
        }
    }
}

pub(super) fn unavailable() -> StoreError {
    StoreError::Unavailable("simulated: too few replicas answered in time".into())
}

//! Three replicas of cells and slots: what each took, and what some of them answer together.
//! Pure; knows no time and no fate.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::timestamp::Timestamp;

use crate::store::{Note, Row};

/// How many replicas there are.
pub(super) const REPLICAS: usize = 3;

/// The replicas a read may ask: any two of three share one with every quorum.
pub(super) const PAIRS: [[usize; 2]; 3] = [[0, 1], [0, 2], [1, 2]];

/// All of them.
pub(super) const ALL: [usize; REPLICAS] = [0, 1, 2];

/// A cell: the later one wins, and of two at one time the greater bytes.
pub(super) type Cell = (Timestamp, Bytes);

/// A write.
pub(super) enum Change {
    Put { table: Table, key: String, cell: Bytes, ts: Timestamp },
    Note { index: Index, slot: String, entry: String, ts: Timestamp },
    Drop { index: Index, slot: String, ts: Timestamp },
}

impl Change {
    /// The name of its request.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Put { .. } => "put",
            Self::Note { .. } => "note",
            Self::Drop { .. } => "drop_slot",
        }
    }
}

/// What each replica has of one thing.
type Each<T> = [Option<T>; REPLICAS];

#[derive(Clone, Default)]
struct Slot {
    entries: BTreeMap<String, Each<Timestamp>>,
    dropped: Each<Timestamp>,
}

/// The replicas.
#[derive(Clone, Default)]
pub(super) struct Replicas {
    carts: BTreeMap<String, Each<Cell>>,
    progress: BTreeMap<String, Each<Cell>>,
    snapshots: BTreeMap<String, Each<Cell>>,
    skus: BTreeMap<String, Each<Cell>>,
    tallies: BTreeMap<String, Each<Cell>>,
    webhooks: BTreeMap<String, Each<Cell>>,
    consents: BTreeMap<String, Each<Cell>>,
    timers: BTreeMap<String, Slot>,
    history: BTreeMap<String, Slot>,
    holders: BTreeMap<String, Slot>,
    tallied: BTreeMap<String, Slot>,
    untaken: BTreeMap<String, Slot>,
}

impl Replicas {
    /// A replica takes a write.
    pub(super) fn take(&mut self, replica: usize, change: &Change) {
        match change {
            Change::Put { table, key, cell, ts } => {
                let cells = entry(self.cells_mut(*table), key);
                raise(cells, replica, (*ts, cell.clone()));
            }
            Change::Note { index, slot, entry: name, ts } => {
                let slot = entry(self.slots_mut(*index), slot);
                if Some(*ts) > newest(&slot.dropped, &[replica]).copied() {
                    raise(entry(&mut slot.entries, name), replica, *ts);
                }
            }
            Change::Drop { index, slot, ts } => {
                entry(self.slots_mut(*index), slot).drop_up_to(replica, *ts);
            }
        }
    }

    /// The cell these replicas agree on.
    pub(super) fn cell(&self, table: Table, key: &str, of: &[usize]) -> Option<&Cell> {
        newest(self.cells(table).get(key)?, of)
    }

    /// The cells of a table these replicas agree on, after a key, in the order of their keys.
    pub(super) fn rows(
        &self,
        table: Table,
        after: Option<&str>,
        of: &[usize],
    ) -> impl Iterator<Item = Row> {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let cells = self.cells(table).range::<str, _>((after, Bound::Unbounded));
        cells.filter_map(move |(key, cells)| {
            let (ts, cell) = newest(cells, of)?.clone();
            Some(Row { key: key.clone(), cell, ts })
        })
    }

    /// The entries of a slot these replicas agree on, after one of them.
    pub(super) fn notes(
        &self,
        (index, slot): (Index, &str),
        after: Option<&str>,
        of: &[usize],
    ) -> impl Iterator<Item = Note> {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let slot = self.slots(index).get(slot);
        let dropped = slot.and_then(|slot| newest(&slot.dropped, of)).copied();
        let entries = slot.map(|slot| slot.entries.range::<str, _>((after, Bound::Unbounded)));
        entries.into_iter().flatten().filter_map(move |(entry, times)| {
            let ts = *newest(times, of)?;
            (Some(ts) > dropped).then(|| Note { entry: entry.clone(), ts })
        })
    }

    /// Every key a replica has heard of.
    pub(super) fn keys(&self, table: Table) -> Vec<String> {
        self.cells(table).keys().cloned().collect()
    }

    /// Every slot a replica has heard of.
    pub(super) fn slot_names(&self, index: Index) -> Vec<String> {
        self.slots(index).keys().cloned().collect()
    }

    const fn cells(&self, table: Table) -> &BTreeMap<String, Each<Cell>> {
        match table {
            Table::Carts => &self.carts,
            Table::Progress => &self.progress,
            Table::Snapshots => &self.snapshots,
            Table::Skus => &self.skus,
            Table::Tallies => &self.tallies,
            Table::Webhooks => &self.webhooks,
            Table::Consents => &self.consents,
        }
    }

    const fn cells_mut(&mut self, table: Table) -> &mut BTreeMap<String, Each<Cell>> {
        match table {
            Table::Carts => &mut self.carts,
            Table::Progress => &mut self.progress,
            Table::Snapshots => &mut self.snapshots,
            Table::Skus => &mut self.skus,
            Table::Tallies => &mut self.tallies,
            Table::Webhooks => &mut self.webhooks,
            Table::Consents => &mut self.consents,
        }
    }

    const fn slots(&self, index: Index) -> &BTreeMap<String, Slot> {
        match index {
            Index::Timers => &self.timers,
            Index::History => &self.history,
            Index::Holders => &self.holders,
            Index::Tallied => &self.tallied,
            Index::Untaken => &self.untaken,
        }
    }

    const fn slots_mut(&mut self, index: Index) -> &mut BTreeMap<String, Slot> {
        match index {
            Index::Timers => &mut self.timers,
            Index::History => &mut self.history,
            Index::Holders => &mut self.holders,
            Index::Tallied => &mut self.tallied,
            Index::Untaken => &mut self.untaken,
        }
    }
}

impl Slot {
    /// A replica forgets what it had up to then, and what it will be told of that time.
    fn drop_up_to(&mut self, replica: usize, ts: Timestamp) {
        raise(&mut self.dropped, replica, ts);
        self.entries.retain(|_, times| {
            if let Some(noted) = times.get_mut(replica) {
                noted.take_if(|noted| *noted <= ts);
            }
            times.iter().any(Option::is_some)
        });
    }
}

/// What the map has at `key`, or what it has from now on.
fn entry<'a, T: Default>(map: &'a mut BTreeMap<String, T>, key: &str) -> &'a mut T {
    map.entry(key.to_owned()).or_default()
}

fn newest<'a, T: Ord>(each: &'a Each<T>, of: &[usize]) -> Option<&'a T> {
    of.iter().filter_map(|replica| each.get(*replica)?.as_ref()).max()
}

fn raise<T: Ord>(each: &mut Each<T>, replica: usize, value: T) {
    if let Some(held) = each.get_mut(replica)
        && held.as_ref().is_none_or(|held| *held < value)
    {
        *held = Some(value);
    }
}

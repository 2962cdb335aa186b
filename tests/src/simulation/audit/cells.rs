//! A cart's record was stored: it is the oracle's after one of the cart's decisions, and what it
//! no longer lists is acknowledged.

use std::collections::BTreeMap;

use bytes::Bytes;
use cart_schemas::cql::Table;
use cart_schemas::id::CartKey;
use cart_schemas::record::{CartRecord, Position};
use cart_schemas::timestamp::Timestamp;
use cart_storage::simulated::World;

use super::facts::Facts;
use super::record::difference;
use super::{Audit, Broken, Invariant};
use crate::simulation::shadow::{CartHistory, Shadow};

/// What has been written of every cart.
#[derive(Debug, Default)]
pub(super) struct Cells(BTreeMap<CartKey, Rows>);

/// What has been written of one cart.
#[derive(Debug, Default)]
struct Rows {
    /// By timestamp: the position a record ends with, and its bytes.
    written: BTreeMap<Timestamp, (Position, Bytes)>,
    /// How many decisions the newest record contains.
    decided: usize,
    /// How many decisions are known to be acknowledged.
    acknowledged: usize,
    /// How many decisions every quorum is known to show.
    on_quorum: usize,
    /// How many decisions a kill of the store found stored, until all of them are again.
    owed: Option<usize>,
    /// When they were last.
    repaid: Option<Timestamp>,
}

impl Cells {
    /// How many decisions of a cart any replica has.
    pub(super) fn decided(&self, cart: &CartKey) -> usize {
        self.0.get(cart).map_or(0, |rows| rows.decided)
    }

    /// Whether every quorum shows at least so many decisions of a cart.
    pub(super) fn on_quorum(
        &mut self,
        world: &World,
        history: &CartHistory,
        needed: usize,
    ) -> bool {
        let known = self.0.get(history.key()).map_or(0, |rows| rows.on_quorum);
        if known >= needed {
            return true;
        }
        let reads = world.quorum_reads(Table::Carts, history.key().as_str());
        let shown = reads.map(|read| read.map_or(0, |(_, ts)| history.decided_by(ts)));
        let shown = shown.into_iter().min().unwrap_or(0);
        self.0.entry(history.key().clone()).or_default().on_quorum = shown.max(known);
        shown >= needed
    }

    /// Whether so many decisions of a cart were stored: on every quorum, unless a kill of the store
    /// took them and whoever begins anew has not stored them again.
    pub(super) fn were_on_quorum(
        &mut self,
        world: &World,
        history: &CartHistory,
        needed: usize,
    ) -> bool {
        let owed = self.0.get(history.key()).and_then(|rows| rows.owed);
        owed >= Some(needed) || self.on_quorum(world, history, needed)
    }

    /// How many decisions of each cart any replica has.
    pub(super) fn all_decided(&self) -> BTreeMap<CartKey, usize> {
        self.0.iter().map(|(cart, rows)| (cart.clone(), rows.decided)).collect()
    }

    /// The replicas have only so many decisions of each cart any more. Those that quorums no longer
    /// show are owed.
    pub(super) fn forget(
        &mut self,
        (world, shadow): (&World, &Shadow),
        kept: &BTreeMap<CartKey, usize>,
    ) {
        let before = self.all_decided();
        for (cart, rows) in &mut self.0 {
            rows.decided = kept.get(cart).copied().unwrap_or(0);
            rows.on_quorum = 0;
        }
        for (cart, stored) in before {
            let Some(history) = shadow.cart(&cart) else { continue };
            let lost = !self.on_quorum(world, history, stored);
            if let Some(rows) = self.0.get_mut(&cart).filter(|_| lost) {
                rows.owed = rows.owed.max(Some(stored));
            }
        }
    }

    /// A cart was written: perhaps nothing is owed of it any more.
    fn repay(&mut self, world: &World, history: &CartHistory) {
        let Some(owed) = self.0.get(history.key()).and_then(|rows| rows.owed) else { return };
        let repaid = self.on_quorum(world, history, owed);
        if let Some(rows) = self.0.get_mut(history.key()).filter(|_| repaid) {
            (rows.owed, rows.repaid) = (None, Some(world.now()));
        }
    }

    /// Whether decisions of a cart were owed at some moment since then.
    pub(super) fn was_owed(&self, cart: &CartKey, since: Timestamp) -> bool {
        let rows = self.0.get(cart);
        rows.is_some_and(|rows| rows.owed.is_some() || rows.repaid >= Some(since))
    }
}

impl Rows {
    /// Everything that the record after the decision of this number no longer lists must have
    /// landed.
    fn acknowledge(
        &mut self,
        facts: &Facts,
        history: &CartHistory,
        number: usize,
    ) -> Result<(), Broken> {
        let listed = history.ledger(number).first().map_or(0, |first| first.number);
        let dropped = history.decisions().get(self.acknowledged..listed).unwrap_or_default();
        if let Some(lost) = dropped.iter().find(|decision| !facts.has_all_of(history, decision)) {
            let after = history.decisions().get(number);
            return Err(Invariant::LedgerKeeps.broken(format!(
                "{} was stored after {after:?}, and {lost:?} has not landed",
                history.key()
            )));
        }
        self.acknowledged = self.acknowledged.max(listed);
        Ok(())
    }

    /// A record is written for the first time: it is the oracle's after one of the decisions.
    fn write(
        &mut self,
        facts: &Facts,
        history: &CartHistory,
        (cell, ts): (&Bytes, Timestamp),
    ) -> Result<(), Broken> {
        let name = || format!("the cell of {} at {}", history.key(), ts.micros());
        let fold = |what: &str| Invariant::Fold.broken(format!("{}: {what}", name()));
        let record = CartRecord::decode(cell).map_err(|error| fold(&error.to_string()))?;
        let position = record.position().ok_or_else(|| fold("no position"))?;
        let order = self.in_order(ts, position);
        order.map_err(|what| Invariant::NeverBack.broken(format!("{}: {what}", history.key())))?;
        let decision = history.at(position.offset);
        let decision = decision.ok_or_else(|| fold(&format!("no decision at {position:?}")))?;
        if let Some(what) = difference(&record, history, decision.number) {
            return Err(fold(&what));
        }
        Invariant::NeverBack.holds(record.ts == ts, || {
            format!("{} holds the record of {}", name(), record.ts.micros())
        })?;
        self.written.insert(ts, (position, cell.clone()));
        self.acknowledge(facts, history, decision.number)
    }

    /// A record written at `ts` ends after every one written before it and before every later one.
    fn in_order(&self, ts: Timestamp, position: Position) -> Result<(), String> {
        let earlier = self.written.range(..ts).next_back();
        let later = self.written.range(ts..).next();
        let back = earlier.filter(|(_, (other, _))| *other > position);
        let ahead = later.filter(|(_, (other, _))| *other < position);
        match back.or(ahead) {
            None => Ok(()),
            Some((other_ts, (other, _))) => {
                let (ts, other_ts) = (ts.micros(), other_ts.micros());
                let (offset, other) = (position.offset, other.offset);
                Err(format!("@{offset} is written at {ts} and @{other} at {other_ts}"))
            }
        }
    }
}

impl Audit {
    pub(super) fn cart_taken(
        &mut self,
        key: &str,
        cell: &Bytes,
        ts: Timestamp,
    ) -> Result<(), Broken> {
        let fold = |what: &str| Invariant::Fold.broken(format!("the cell of {key}: {what}"));
        let cart: CartKey = key.parse().map_err(|_| fold("no cart"))?;
        let history = self.shadow.cart(&cart).ok_or_else(|| fold("nothing was decided"))?;
        self.cells.repay(&self.world, history);
        let rows = self.cells.0.entry(cart).or_default();
        match rows.written.get(&ts) {
            Some((_, known)) => Invariant::OneContent.holds(known == cell, || {
                format!("the cell of {key} at {} has two contents", ts.micros())
            })?,
            None => rows.write(&self.facts, history, (cell, ts))?,
        }
        // A record that comes late, behind newer ones, leaves no cart without its timer. One that
        // was written before may be the newest again: a kill took it.
        let decided = history.decided_by(ts);
        let newest = decided > rows.decided;
        rows.decided = rows.decided.max(decided);
        let last = decided.checked_sub(1).and_then(|last| history.decisions().get(last));
        last.filter(|_| newest).map_or(Ok(()), |decision| self.timers.armed(decision))
    }
}

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
use crate::simulation::shadow::CartHistory;

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
        if let Some(lost) = dropped.iter().find(|decision| !facts.has_all_of(decision)) {
            let after = history.decisions().get(number);
            return Err(Invariant::LedgerKeeps.broken(format!(
                "{} was stored after {after:?}, and {lost:?} has not landed",
                history.key()
            )));
        }
        self.acknowledged = self.acknowledged.max(listed);
        Ok(())
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
        let name = || format!("the cell of {key} at {}", ts.micros());
        let fold = |what: &str| Invariant::Fold.broken(format!("{}: {what}", name()));
        let cart: CartKey = key.parse().map_err(|_| fold("no cart"))?;
        let history = self.shadow.cart(&cart).ok_or_else(|| fold("nothing was decided"))?;
        let rows = self.cells.0.entry(cart).or_default();
        if let Some((_, known)) = rows.written.get(&ts) {
            let same = known == cell;
            return Invariant::OneContent.holds(same, || format!("{} has two contents", name()));
        }
        let record = CartRecord::decode(cell).map_err(|error| fold(&error.to_string()))?;
        let position = record.position().ok_or_else(|| fold("no position"))?;
        let order = rows.in_order(ts, position);
        order.map_err(|what| Invariant::NeverBack.broken(format!("{key}: {what}")))?;
        let decision = history.at(position.offset);
        let decision = decision.ok_or_else(|| fold(&format!("no decision at {position:?}")))?;
        if let Some(what) = difference(&record, history, decision.number) {
            return Err(fold(&what));
        }
        Invariant::NeverBack.holds(record.ts == ts, || {
            format!("{} holds the record of {}", name(), record.ts.micros())
        })?;
        rows.written.insert(ts, (position, cell.clone()));
        rows.acknowledge(&self.facts, history, decision.number)?;
        // A record that comes late, behind newer ones, leaves no cart without its timer.
        let decided = decision.number.saturating_add(1);
        let newest = decided > rows.decided;
        rows.decided = rows.decided.max(decided);
        if newest { self.timers.armed(decision) } else { Ok(()) }
    }
}

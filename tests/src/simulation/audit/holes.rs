//! A frontier moved: nothing before it is undone. The progress row promises that decisions are
//! stored, a committed offset that their facts have landed, too.

use cart_schemas::cql::Index;
use cart_schemas::partition::Partition;
use cart_schemas::record::Progress;
use cart_schemas::topic::Topic;

use super::{Audit, Broken, Invariant};
use crate::simulation::plan::GENERATION;
use crate::simulation::shadow::Verdict;

/// What must have come of a record before a frontier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Promise {
    Stored,
    Done,
}

impl Audit {
    pub(super) fn progress_taken(&mut self, key: &str, cell: &[u8]) -> Result<(), Broken> {
        // A mutant keeps half of each cart under a key of its own.
        if key.starts_with(&format!("{}/", Index::Timers.name())) || key.contains('#') {
            return Ok(());
        }
        let broken = |what: &str| Invariant::NoHole.broken(format!("the row {key}: {what}"));
        if key.starts_with(&format!("{}/", Topic::InventoryCommands)) {
            // What skus stored is looked at in the end.
            return Progress::decode(cell).map(drop).map_err(|error| broken(&error.to_string()));
        }
        let number = key.strip_prefix(&format!("{}/", Topic::Commands));
        let number = number.and_then(|number| number.parse().ok());
        let partition = Partition::new(number.ok_or_else(|| broken("of no partition"))?);
        let row = Progress::decode(cell).map_err(|error| broken(&error.to_string()))?;
        let (generation, count) = (row.generation, row.partitions);
        if generation != GENERATION || count != self.count.get() {
            return Err(broken(&format!("of generation {generation} and {count} partitions")));
        }
        let verdict = self.shadow.verdict(partition, row.offset);
        let verdict = verdict.ok_or_else(|| broken(&format!("no record at {}", row.offset)))?;
        if verdict.command() != Some(row.command) {
            return Err(broken(&format!(
                "{:?} lies at {}: {row:?}",
                verdict.command(),
                row.offset
            )));
        }
        self.stored_to(partition, row.offset.saturating_add(1))
    }

    /// Every decision before `end` must be on every quorum.
    pub(super) fn stored_to(&mut self, partition: Partition, end: i64) -> Result<(), Broken> {
        let from = self.stored.get(&partition).copied().unwrap_or(0);
        for offset in from..end {
            self.keeps(Promise::Stored, partition, offset)?;
        }
        self.stored.insert(partition, end.max(from));
        Ok(())
    }

    /// Every decision before `end` must be on every quorum, and its facts must have landed.
    pub(super) fn done_to(&mut self, partition: Partition, end: i64) -> Result<(), Broken> {
        let from = self.done.get(&partition).copied().unwrap_or(0);
        for offset in from..end {
            self.keeps(Promise::Done, partition, offset)?;
        }
        self.done.insert(partition, end.max(from));
        Ok(())
    }

    fn keeps(&mut self, promise: Promise, partition: Partition, offset: i64) -> Result<(), Broken> {
        let broken = |what: &str| {
            Invariant::NoHole.broken(format!("commands/{partition}@{offset} is passed and {what}"))
        };
        let done = promise == Promise::Done;
        match self.shadow.verdict(partition, offset) {
            None => Err(broken("not there")),
            Some(Verdict::Newer | Verdict::Unreached) => Err(broken("not for this build")),
            Some(Verdict::Letter(class)) if done && !self.facts.has_letter(partition, offset) => {
                Err(broken(&format!("not dead-lettered ({class})")))
            }
            Some(Verdict::Letter(_) | Verdict::Remembered(_) | Verdict::Conflict { .. }) => Ok(()),
            Some(Verdict::Decided(decision)) => {
                let history = self.shadow.cart(&decision.cart);
                let history = history.ok_or_else(|| broken("of no cart"))?;
                let needed = decision.number.saturating_add(1);
                // Who commits what it stored before a kill need not have heard of the kill yet; the
                // next progress row says what is stored, and whoever begins goes by that.
                let stored = match promise {
                    Promise::Stored => self.cells.on_quorum(&self.world, history, needed),
                    Promise::Done => self.cells.were_on_quorum(&self.world, history, needed),
                };
                if !stored {
                    return Err(broken(&format!("not on every quorum: {decision:?}")));
                }
                if done && !self.facts.has_all_of(history, decision) {
                    return Err(broken(&format!("its facts have not landed: {decision:?}")));
                }
                Ok(())
            }
        }
    }
}

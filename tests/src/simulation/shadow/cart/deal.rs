//! What two carts ask of each other, and what whoever asked is told. How a merge is carried out is
//! told beside this.

use cart_schemas::command::{Command, Moved};
use cart_schemas::envelope::Envelope;
use cart_schemas::event::{Fact, ReturnReason, Summary};
use cart_schemas::id::MergeId;
use cart_schemas::record::Outcome;
use cart_schemas::rejection::Rejection;

use super::Cart;
use super::line::Line;
use super::memory::Fate;
use crate::simulation::shadow::verdict::Told;

impl Cart {
    /// What whoever asked for a merge is told of it now; `outcome` is that of what was decided.
    pub(in super::super) fn told_of(&self, merge: MergeId, outcome: &Outcome) -> Told {
        match (self.merges.of(merge).map(|came| &came.fate), outcome) {
            (Some(Fate::Taken(taken)), _) => {
                Told::Merged(merge, taken.as_ref().map(|taken| taken.warnings.clone()))
            }
            (Some(Fate::Undone), _) => Told::Merged(merge, None),
            (Some(Fate::Refused(why)), _) | (None, Outcome::Rejected(why)) => {
                Told::Refused(why.clone())
            }
            (None, Outcome::Applied) => Told::Merged(merge, Some(Vec::new())),
        }
    }

    /// That somebody is back, should he change anything.
    pub(super) fn back(&self) -> Option<(Fact, Summary)> {
        self.idle.map(|(tier, _)| self.told(Fact::CartRecovered { tier }))
    }

    pub(super) fn recovered(
        &mut self,
        back: Option<(Fact, Summary)>,
        told: Vec<(Fact, Summary)>,
    ) -> Vec<(Fact, Summary)> {
        if told.is_empty() {
            return told;
        }
        self.idle = None;
        back.into_iter().chain(told).collect()
    }

    /// What two carts do with each other. What comes back by itself, or only waits for a restore, is
    /// nobody's visit.
    pub(super) fn deal(
        &mut self,
        envelope: &Envelope,
        seen: u64,
    ) -> Result<Vec<(Fact, Summary)>, Rejection> {
        let (key, policy) = (&envelope.cart, &envelope.policy);
        let (before, back) = (self.currency, self.back());
        let (fact, spoken) = match &envelope.command {
            Command::Merge { into, .. } => (self.send_away(key, into, (seen, policy))?, before),
            Command::Absorb(absorb) => {
                let spoken = match &absorb.moved {
                    Moved::Lines { currency, .. } => Some(*currency),
                    Moved::Nothing | Moved::Again => None,
                };
                (self.absorb(absorb, envelope, seen)?, spoken)
            }
            Command::Settle { merge, refused } => (self.settle(*merge, *refused), before),
            Command::Return { merge, currency, lines } => {
                let lines: Vec<_> = lines.iter().map(Line::of).collect();
                (self.take_back(*merge, (*currency, &lines), policy), before)
            }
            Command::AddItem { .. }
            | Command::SetQuantity { .. }
            | Command::RemoveItem { .. }
            | Command::Clear
            | Command::Extend { .. }
            | Command::ChangeCurrency { .. }
            | Command::Import(_)
            | Command::Restore
            | Command::UndoMerge { .. }
            | Command::Checkout { .. }
            | Command::Complete { .. }
            | Command::CancelCheckout { .. }
            | Command::Reserved { .. }
            | Command::Refresh { .. }
            | Command::Wake { .. } => (None, None),
        };
        let is_visit = !matches!(
            fact,
            Some(
                Fact::MergeReturned { reason: ReturnReason::Refused, .. }
                    | Fact::MergeReturned { restorable: Some(_), .. }
            )
        );
        let told = fact.map(|fact| (fact, self.summary(spoken))).into_iter().collect();
        Ok(if is_visit { self.recovered(back, told) } else { told })
    }
}

//! Merges, told again: what leaves and what comes. A cart knows nothing of any other: what it is told
//! lies in its own log.

use cart_schemas::command::{Absorb, Moved};
use cart_schemas::envelope::Envelope;
use cart_schemas::event::Fact;
use cart_schemas::id::{CartId, CartKey, MergeId};
use cart_schemas::merge::{MergePolicy, Warning, WarningCode};
use cart_schemas::policy::Policy;
use cart_schemas::quantity::Quantity;
use cart_schemas::rejection::Rejection;

use super::line::Line;
use super::memory::{AWAY, Came, Fate, GIVEN, Taken, WEEK};
use super::{Cart, later};

impl Cart {
    pub(super) fn send_away(
        &mut self,
        key: &CartKey,
        into: &CartKey,
        (seen, policy): (u64, &Policy),
    ) -> Result<Option<Fact>, Rejection> {
        if key == into || key.tenant() != into.tenant() {
            return Err(Rejection::InvalidMerge);
        }
        if let Some(paying) = &self.paying {
            return Err(paying.lock());
        }
        let Some(currency) = self.currency else { return Ok(None) };
        let fresh = self.merges.given.iter().filter(|(_, at)| later(*at, WEEK) > self.ts).count();
        if self.merges.away.len() >= AWAY || self.merges.away.len() + fresh >= GIVEN {
            return Err(Rejection::CartLimit);
        }
        let merge = MergeId::new(CartId::of(key, 0), seen + 1);
        let lines = std::mem::take(&mut self.lines);
        self.currency = None;
        self.keep(policy.empty_ttl_seconds);
        let fact = Fact::CartMergedOut {
            merge,
            to: into.user().clone(),
            lines: lines.iter().map(Line::content).collect(),
        };
        self.merges.away.push((merge, currency, lines));
        Ok(Some(fact))
    }

    pub(super) fn absorb(
        &mut self,
        absorb: &Absorb,
        envelope: &Envelope,
        seen: u64,
    ) -> Result<Option<Fact>, Rejection> {
        let result = self.take_in(absorb, envelope, seen);
        let Err(why) = &result else { return result };
        self.refuse(absorb, why, seen);
        result
    }

    /// A refusal is remembered, unless it is one for ever anyway.
    pub(super) fn refuse(&mut self, absorb: &Absorb, why: &Rejection, seen: u64) {
        let Moved::Lines { left, .. } = &absorb.moved else { return };
        if self.merges.of(absorb.merge).is_none() && !self.is_too_late(left.micros()) {
            let fate = Fate::Refused(why.clone());
            self.merges.keep(came(absorb, (left.micros(), self.ts), seen, fate));
        }
    }

    fn unlocked(&self) -> Result<(), Rejection> {
        self.paying.as_ref().map_or(Ok(()), |paying| Err(paying.lock()))
    }

    fn is_too_late(&self, left: i64) -> bool {
        later(left, WEEK) <= self.ts || self.merges.forgotten.is_some_and(|last| left <= last)
    }

    fn take_in(
        &mut self,
        absorb: &Absorb,
        envelope: &Envelope,
        seen: u64,
    ) -> Result<Option<Fact>, Rejection> {
        match self.merges.of(absorb.merge).map(|came| &came.fate) {
            Some(Fate::Refused(why)) => return Err(why.clone()),
            Some(Fate::Taken(_) | Fate::Undone) => return Ok(None),
            None => {}
        }
        if absorb.moved == Moved::Again {
            return Err(Rejection::MergeNotFound);
        }
        let Moved::Lines { currency, lines, left } = &absorb.moved else {
            self.unlocked()?;
            return compared(envelope, seen).map(|()| None);
        };
        let same_id =
            self.merges.came.iter().rev().find(|c| c.asked.command == absorb.asked.command);
        if same_id.is_some_and(|came| came.asked.digest != absorb.asked.digest) {
            return Err(Rejection::IdempotencyConflict);
        }
        self.unlocked()?;
        compared(envelope, seen)?;
        if self.is_too_late(left.micros()) {
            return Err(Rejection::InvalidMerge);
        }
        if self.currency.is_some_and(|held| held != *currency) {
            return Err(Rejection::CurrencyMismatch);
        }
        let brought: Vec<_> = lines.iter().map(Line::of).collect();
        let (changed, warnings) = self.mix(&brought, absorb.policy, &envelope.policy);
        self.currency = if self.lines.is_empty() { None } else { Some(*currency) };
        self.keep(envelope.policy.ttl_seconds);
        let fact = Fact::CartMergedIn {
            merge: absorb.merge,
            from: absorb.from.clone(),
            lines: changed.iter().map(|(_, after)| after.content()).collect(),
            warnings: warnings.clone(),
        };
        let taken = Taken { warnings, changed, brought, currency: *currency };
        let fate = Fate::Taken(Some(taken));
        self.merges.keep(came(absorb, (left.micros(), self.ts), seen + 1, fate));
        Ok(Some(fact))
    }

    /// Mixes lines into the cart by the table of `docs/merge.md`, then cuts to what the shop allows.
    fn mix(
        &mut self,
        brought: &[Line],
        how: MergePolicy,
        policy: &Policy,
    ) -> (Vec<(Option<Line>, Line)>, Vec<Warning>) {
        let (mut changed, mut warnings) = (Vec::new(), Vec::new());
        for theirs in brought {
            let place = self.lines.iter().position(|line| line.item == theirs.item);
            let before = place.and_then(|at| self.lines.get(at).cloned());
            let (ours, more) = (before.as_ref().map_or(0, Line::pieces), theirs.pieces());
            let target = match (before.is_some(), how) {
                (true, MergePolicy::KeepUser) => continue,
                (true, MergePolicy::Sum) => (ours + more).min(Quantity::MAX),
                (true, MergePolicy::Max) => ours.max(more),
                (true, MergePolicy::KeepGuest) | (false, _) => more,
            };
            let full = before.is_none() && self.lines.len() >= usize::from(policy.max_lines);
            // What lies there already is not made less, unless it is replaced.
            let floor = if how == MergePolicy::KeepGuest { 0 } else { ours };
            let held = if full { 0 } else { target.min(policy.max_quantity).max(floor) };
            if held < target {
                let code = if full { WarningCode::LineLimit } else { WarningCode::QuantityCapped };
                let item = theirs.item.clone();
                warnings.push(Warning { code, item, requested: target, applied: held });
            }
            let Ok(quantity) = Quantity::new(held) else { continue };
            let mut after = match (&before, how) {
                (Some(ours), MergePolicy::Sum | MergePolicy::Max) => ours.clone(),
                _ => theirs.clone(),
            };
            if before.is_some() {
                after.touch();
            }
            after.quantity = quantity;
            after.modified = self.ts;
            self.place(after.clone());
            changed.push((before, after));
        }
        (changed, warnings)
    }

    /// A line takes the place of the one of its item, or stands last.
    pub(super) fn place(&mut self, line: Line) {
        match self.lines.iter_mut().find(|held| held.item == line.item) {
            Some(held) => *held = line,
            None => self.lines.push(line),
        }
    }
}

fn came(absorb: &Absorb, (left, at): (i64, i64), version: u64, fate: Fate) -> Came {
    let Absorb { merge, asked, ref from, .. } = *absorb;
    Came { merge, asked, from: from.clone(), left, at, version, fate }
}

fn compared(envelope: &Envelope, seen: u64) -> Result<(), Rejection> {
    match envelope.expected_version {
        Some(expected) if expected != seen => Err(Rejection::VersionMismatch { current: seen }),
        Some(_) | None => Ok(()),
    }
}

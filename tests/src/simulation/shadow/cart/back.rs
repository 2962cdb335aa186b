//! Merges, told again: what comes back, because the other cart did not take it or gave it back.

use cart_schemas::cart::LineState;
use cart_schemas::event::{Fact, ReturnReason};
use cart_schemas::id::MergeId;
use cart_schemas::merge::{Warning, WarningCode};
use cart_schemas::money::Currency;
use cart_schemas::policy::Policy;
use cart_schemas::quantity::Quantity;
use cart_schemas::rejection::Rejection;

use super::line::Line;
use super::memory::{Fate, WEEK};
use super::{Cart, later};

/// Lines any cart holds at most.
const LINES: usize = 900;

impl Cart {
    /// The other cart has answered.
    pub(super) fn settle(&mut self, merge: MergeId, refused: bool) -> Option<Fact> {
        let at = self.merges.away.iter().position(|(of, ..)| *of == merge)?;
        let (_, currency, lines) = self.merges.away.remove(at);
        let now = self.ts;
        self.merges.given.retain(|(_, heard)| later(*heard, WEEK) > now);
        if !refused {
            self.merges.given.push((merge, now));
            return None;
        }
        Some(self.come_back(merge, ReturnReason::Refused, (currency, &lines), 0))
    }

    /// The other cart gives back what it took.
    pub(super) fn take_back(
        &mut self,
        merge: MergeId,
        (currency, lines): (Currency, &[Line]),
        policy: &Policy,
    ) -> Option<Fact> {
        let at = self.merges.given.iter().position(|(of, _)| *of == merge)?;
        self.merges.given.remove(at);
        let (reason, ttl) = (ReturnReason::Undone, policy.ttl_seconds);
        Some(self.come_back(merge, reason, (currency, lines), ttl))
    }

    fn come_back(
        &mut self,
        merge: MergeId,
        reason: ReturnReason,
        (currency, back): (Currency, &[Line]),
        ttl: u32,
    ) -> Fact {
        let aside = self.currency.is_some_and(|held| held != currency);
        let mut lines = if aside {
            let waiting = self.taken_out.take();
            let same = waiting.filter(|(_, of, _)| *of == currency);
            same.map_or_else(Vec::new, |(_, _, lines)| lines)
        } else {
            std::mem::take(&mut self.lines)
        };
        let (mut touched, mut warnings) = (Vec::new(), Vec::new());
        for line in back {
            let held = lines.iter().position(|held| held.item == line.item);
            let sum = held.and_then(|at| lines.get(at)).map_or(0, Line::pieces) + line.pieces();
            let applied = if held.is_none() && lines.len() >= LINES { 0 } else { sum };
            let applied = applied.min(Quantity::MAX);
            if applied < sum {
                let code =
                    if applied == 0 { WarningCode::LineLimit } else { WarningCode::QuantityCapped };
                let item = line.item.clone();
                warnings.push(Warning { code, item, requested: sum, applied });
            }
            let Ok(quantity) = Quantity::new(applied) else { continue };
            let now = match held.and_then(|at| lines.get_mut(at)) {
                None => {
                    lines.push(line.clone());
                    line.clone()
                }
                Some(held) => {
                    held.hold(quantity, self.ts);
                    held.clone()
                }
            };
            touched.push(now);
        }
        let all: Vec<_> = lines.iter().map(Line::content).collect();
        let told = touched.iter().map(Line::content).collect();
        if aside {
            // What comes back stands behind what waited.
            let waited = all.iter().filter(|one| !touched.iter().any(|line| line.item == one.item));
            let order: Vec<_> = waited.cloned().chain(told).collect();
            lines = order.iter().map(Line::of).collect();
            self.taken_out = Some((self.ts, currency, lines));
            return Fact::MergeReturned {
                merge,
                reason,
                restorable: Some(currency),
                lines: order,
                warnings,
            };
        }
        self.lines = lines;
        self.currency = Some(currency).filter(|_| !self.lines.is_empty());
        if reason == ReturnReason::Undone {
            self.keep(ttl);
        }
        Fact::MergeReturned { merge, reason, restorable: None, lines: told, warnings }
    }

    pub(super) fn undo(
        &mut self,
        merge: MergeId,
        policy: &Policy,
    ) -> Result<Option<(Fact, Currency)>, Rejection> {
        let came = self.merges.came.iter_mut().find(|came| came.merge == merge);
        let came = came.ok_or(Rejection::MergeNotFound)?;
        let taken = match &came.fate {
            Fate::Refused(_) => return Err(Rejection::MergeNotFound),
            Fate::Undone => return Ok(None),
            Fate::Taken(None) => return Err(Rejection::MergeChanged),
            Fate::Taken(Some(taken)) => taken,
        };
        let late = self.ts >= later(came.at, policy.undo_seconds);
        let foreign = self.currency.is_some_and(|held| held != taken.currency);
        let as_left = |after: &Line| {
            self.lines.iter().any(|line| {
                line.item == after.item
                    && line.quantity == after.quantity
                    && line.price == after.price
                    && line.modified == after.modified
            })
        };
        if late || foreign || !taken.changed.iter().all(|(_, after)| as_left(after)) {
            return Err(Rejection::MergeChanged);
        }
        let Fate::Taken(Some(taken)) = std::mem::replace(&mut came.fate, Fate::Undone) else {
            return Ok(None);
        };
        let from = came.from.clone();
        let (mut stay, mut removed) = (Vec::new(), Vec::new());
        for (before, after) in taken.changed {
            match before {
                Some(before) => {
                    // What was told of its product since stays true.
                    let news = self.lines.iter().find(|line| line.item == before.item);
                    let news = news.map(|line| line.state).filter(|state| {
                        matches!(state, LineState::OutOfStock | LineState::Available)
                    });
                    let state = news.unwrap_or(before.state);
                    let line = Line { modified: self.ts, state, ..before };
                    stay.push(line.content());
                    self.place(line);
                }
                None => {
                    self.lines.retain(|line| line.item != after.item);
                    removed.push(after.item);
                }
            }
        }
        self.currency = Some(taken.currency).filter(|_| !self.lines.is_empty());
        self.keep(policy.ttl_seconds);
        let returned = taken.brought.iter().map(Line::content).collect();
        let fact = Fact::MergeUndone { merge, from, lines: stay, removed, returned };
        Ok(Some((fact, taken.currency)))
    }
}

//! Two carts become one: lines leave, arrive, or come back. In between they are in the dealings of
//! the cart they left, so that none is lost or there twice.

use cart_schemas::cart::{CartState, Line, LineState};
use cart_schemas::command::{Absorb, Moved};
use cart_schemas::dealings::{Arrival, Whole};
use cart_schemas::event::{Fact, ReturnReason};
use cart_schemas::evolve::Moment;
use cart_schemas::id::{CartKey, MergeId};
use cart_schemas::merge::{MergePolicy, Warning, WarningCode};
use cart_schemas::money::Currency;
use cart_schemas::policy::Policy;
use cart_schemas::quantity::Quantity;
use cart_schemas::rejection::Rejection;

use super::{Change, Context, Expected};
use crate::cart::dealings::{is_late, is_untouched, may_leave};

impl Context<'_> {
    /// Every line leaves; of an empty cart none does, and the other one answers all the same.
    pub(super) fn merge_out(
        &self,
        from: &CartKey,
        into: &CartKey,
    ) -> Result<Option<Change>, Rejection> {
        if from == into || from.tenant() != into.tenant() {
            return Err(Rejection::InvalidMerge);
        }
        self.open()?;
        if self.cart.lines.is_empty() {
            return Ok(None);
        }
        if !may_leave(self.known.dealings, self.at) {
            return Err(Rejection::CartLimit);
        }
        let merge = MergeId::new(self.known.id, self.known.version.saturating_add(1));
        let (to, lines) = (into.user().clone(), self.cart.lines.clone());
        let fact = Fact::CartMergedOut { merge, to, lines };
        Ok(Some(self.change(fact, self.cart.currency, self.policy.empty_ttl_seconds)))
    }

    /// Lines arrive, once.
    pub(super) fn absorb(
        &self,
        absorb: &Absorb,
        expected: &Expected,
    ) -> Result<Option<Change>, Rejection> {
        let dealings = self.known.dealings;
        match dealings.arrived(absorb.merge).map(|arrived| &arrived.arrival) {
            Some(Arrival::Refused(rejection)) => return Err(rejection.clone()),
            Some(Arrival::Merged(_) | Arrival::Undone) => return Ok(None),
            None => {}
        }
        let (currency, theirs, left) = match &absorb.moved {
            Moved::Again => return Err(Rejection::MergeNotFound),
            Moved::Nothing => {
                self.open()?;
                return expected.check().map(|()| None);
            }
            Moved::Lines { currency, lines, left } => (*currency, lines, *left),
        };
        let asked = dealings.asked(absorb.asked.command);
        if asked.is_some_and(|before| before.asked.digest != absorb.asked.digest) {
            return Err(Rejection::IdempotencyConflict);
        }
        self.open()?;
        expected.check()?;
        if is_late(dealings, left, self.at) {
            return Err(Rejection::InvalidMerge);
        }
        if self.cart.currency.is_some_and(|ours| ours != currency) {
            return Err(Rejection::CurrencyMismatch);
        }
        let (lines, warnings) = self.merged(absorb.policy, theirs);
        let (merge, from) = (absorb.merge, absorb.from.clone());
        let fact = Fact::CartMergedIn { merge, from, lines, warnings };
        Ok(Some(self.change(fact, Some(currency), self.policy.ttl_seconds)))
    }

    /// The lines that change, and what is cut.
    fn merged(&self, policy: MergePolicy, came: &[Line]) -> (Vec<Line>, Vec<Warning>) {
        let (mut lines, mut warnings) = (Vec::new(), Vec::new());
        let mut room = usize::from(self.policy.max_lines).saturating_sub(self.cart.lines.len());
        for theirs in came {
            let ours = self.cart.line(&theirs.item);
            let Some(wanted) = wanted(policy, ours, theirs) else { continue };
            let allowed = wanted.get().min(self.policy.max_quantity);
            let held = ours.map_or(0, |line| line.quantity.get());
            let kept = if policy == MergePolicy::KeepGuest { 0 } else { held };
            let fits = ours.is_some() || room > 0;
            let applied = if fits { allowed.max(kept) } else { 0 };
            if applied < wanted.get() {
                let code = if fits { WarningCode::QuantityCapped } else { WarningCode::LineLimit };
                let (item, requested) = (theirs.item.clone(), wanted.get());
                warnings.push(Warning { code, item, requested, applied });
            }
            let Ok(quantity) = Quantity::new(applied) else { continue };
            room = room.saturating_sub(usize::from(ours.is_none()));
            lines.push(match ours {
                Some(ours) if policy != MergePolicy::KeepGuest => self.updated(ours, quantity),
                Some(_) => self.updated(theirs, quantity),
                None => Line { quantity, last_modified: self.at, ..theirs.clone() },
            });
        }
        (lines, warnings)
    }

    /// The lines go back, if nobody has touched them since.
    pub(super) fn undo_merge(&self, merge: MergeId) -> Result<Option<Change>, Rejection> {
        let arrived = self.known.dealings.arrived(merge).ok_or(Rejection::MergeNotFound)?;
        let whole = match &arrived.arrival {
            Arrival::Undone => return Ok(None),
            Arrival::Refused(_) => return Err(Rejection::MergeNotFound),
            Arrival::Merged(None) => return Err(Rejection::MergeChanged),
            Arrival::Merged(Some(whole)) => whole,
        };
        let late = arrived.at.plus_seconds(self.policy.undo_seconds) <= self.at;
        if late || !is_untouched(self.cart, whole) {
            return Err(Rejection::MergeChanged);
        }
        let Whole { changed, came, currency, .. } = whole;
        let before = changed.iter().filter_map(|line| line.before.as_ref());
        let lines = before.map(|line| self.as_before(line)).collect();
        let gone = changed.iter().filter(|line| line.before.is_none());
        let removed = gone.map(|line| line.after.item.clone()).collect();
        let (from, returned) = (arrived.from.clone(), came.clone());
        let fact = Fact::MergeUndone { merge, from, lines, removed, returned };
        Ok(Some(self.change(fact, Some(*currency), self.policy.ttl_seconds)))
    }

    /// A line as it was before a merge. What the cart was told of its product since stays true.
    fn as_before(&self, line: &Line) -> Line {
        let news = self.cart.line(&line.item).map(|present| present.state).filter(is_news);
        Line { state: news.unwrap_or(line.state), last_modified: self.at, ..line.clone() }
    }

    /// The other cart has answered: what it did not take comes back.
    pub(super) fn settle(&self, merge: MergeId, refused: bool) -> Option<Change> {
        let outgoing = self.known.dealings.outgoing(merge).filter(|_| refused)?;
        Some(self.back((merge, ReturnReason::Refused), outgoing.currency, &outgoing.lines))
    }

    /// A merge was undone, and its lines come back, once.
    pub(super) fn take_back(
        &self,
        merge: MergeId,
        currency: Currency,
        lines: &[Line],
    ) -> Option<Change> {
        let away = self.known.dealings.is_settled(merge);
        away.then(|| self.back((merge, ReturnReason::Undone), currency, lines))
    }

    /// Lines that had left, in a cart that may have gone on without them. The shop's limits do not
    /// keep them out; where the cart has another currency by now they wait for a restore.
    fn back(
        &self,
        (merge, reason): (MergeId, ReturnReason),
        currency: Currency,
        came: &[Line],
    ) -> Change {
        let other = self.cart.currency.is_some_and(|ours| ours != currency);
        let waiting = self.cart.restorable.as_ref().filter(|taken| taken.currency == currency);
        let waiting = waiting.map_or(&[][..], |taken| &taken.lines);
        let held = if other { waiting } else { &self.cart.lines };
        let (back, warnings) = self.beside(held, came);
        let lines = if other { together(held, back) } else { back };
        let restorable = other.then_some(currency);
        let fact = Fact::MergeReturned { merge, reason, restorable, lines, warnings };
        let lifespan = self.cart.lifespan.filter(|_| self.cart.state == CartState::Active);
        match lifespan {
            Some(span) if other || reason == ReturnReason::Refused => {
                let (at, expires_at) = (self.at, span.expires_at);
                let currency = self.cart.currency.or(Some(currency));
                Change { fact, moment: Moment { at, expires_at, currency } }
            }
            Some(_) | None => self.change(fact, Some(currency), self.policy.ttl_seconds),
        }
    }

    /// Lines that come back on top of what is held, and what is cut because no cart can hold it.
    fn beside(&self, held: &[Line], came: &[Line]) -> (Vec<Line>, Vec<Warning>) {
        let (mut lines, mut warnings) = (Vec::new(), Vec::new());
        let mut room = usize::from(Policy::LINES_MAX).saturating_sub(held.len());
        for line in came {
            let held = held.iter().find(|held| held.item == line.item);
            let sum =
                held.map_or(0, |held| held.quantity.get()).saturating_add(line.quantity.get());
            let fits = held.is_some() || room > 0;
            let applied = if fits { sum.min(Quantity::MAX) } else { 0 };
            if applied < sum {
                let code = if fits { WarningCode::QuantityCapped } else { WarningCode::LineLimit };
                warnings.push(Warning { code, item: line.item.clone(), requested: sum, applied });
            }
            let Ok(quantity) = Quantity::new(applied) else { continue };
            room = room.saturating_sub(usize::from(held.is_none()));
            lines.push(held.map_or_else(|| line.clone(), |held| self.updated(held, quantity)));
        }
        (lines, warnings)
    }
}

/// Whether a line is so because its cart was told something of its product.
const fn is_news(state: &LineState) -> bool {
    match state {
        LineState::OutOfStock | LineState::Available => true,
        LineState::Added | LineState::Updated => false,
    }
}

/// All of both, each item once, as `back` has it.
fn together(held: &[Line], back: Vec<Line>) -> Vec<Line> {
    let kept = held.iter().filter(|line| !back.iter().any(|back| back.item == line.item));
    kept.cloned().collect::<Vec<_>>().into_iter().chain(back).collect()
}

/// How many a line would hold; `None` if it stays as it is.
fn wanted(policy: MergePolicy, ours: Option<&Line>, theirs: &Line) -> Option<Quantity> {
    let Some(ours) = ours else { return Some(theirs.quantity) };
    match policy {
        MergePolicy::Sum => {
            let sum = ours.quantity.get().saturating_add(theirs.quantity.get());
            Quantity::new(sum.min(Quantity::MAX)).ok()
        }
        MergePolicy::Max => Some(ours.quantity.max(theirs.quantity)),
        MergePolicy::KeepUser => None,
        MergePolicy::KeepGuest => Some(theirs.quantity),
    }
}

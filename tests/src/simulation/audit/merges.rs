//! Whether merges keep what they move: of each, every line left once, came once or came back, and
//! nothing is there that was not before. Told from the events alone, which fold to the carts.

use std::collections::BTreeMap;

use cart_schemas::cart::{Cart, Line};
use cart_schemas::event::{Event, Fact, ReturnReason};
use cart_schemas::evolve::evolve;
use cart_schemas::id::{CartKey, ItemId, MergeId, UserId};
use cart_schemas::merge::Warning;
use cart_schemas::money::Currency;

use super::{Broken, Invariant};

/// Every merge that any event told of, and every cart as its events have it.
#[derive(Debug, Default)]
pub(super) struct Merges {
    carts: BTreeMap<CartKey, Cart>,
    trails: BTreeMap<String, Trail>,
}

/// What was told of one merge, each at most once.
#[derive(Debug, Default)]
struct Trail {
    /// Whose cart the lines left, whose they are for, and the lines.
    left: Option<(UserId, UserId, Vec<Line>)>,
    taken: Option<Shift>,
    refused: Option<Shift>,
    undone: Option<Shift>,
    returned: Option<Shift>,
}

/// What an event of a merge did to a cart.
#[derive(Debug)]
struct Shift {
    /// Whose cart.
    user: UserId,
    /// Where the other lines are, or are from, as it says.
    other: Option<UserId>,
    before: Vec<Line>,
    after: Vec<Line>,
    cut: Vec<Warning>,
    /// Lines it says it gives back.
    gives: Vec<Line>,
}

fn pieces(lines: &[Line], item: &ItemId) -> u64 {
    let line = lines.iter().find(|line| line.item == *item);
    line.map_or(0, |line| u64::from(line.quantity.get()))
}

impl Shift {
    fn cut(&self, item: &ItemId) -> u64 {
        let cut = self.cut.iter().find(|warning| warning.item == *item);
        cut.map_or(0, |warning| u64::from(warning.requested.saturating_sub(warning.applied)))
    }

    /// Whether the lines that are not among these are as they were.
    fn spares_others(&self, lines: &[Line]) -> bool {
        let others = |of: &[Line]| {
            let is_other = |line: &&Line| !lines.iter().any(|one| one.item == line.item);
            of.iter().filter(is_other).cloned().collect::<Vec<_>>()
        };
        others(&self.before) == others(&self.after)
    }

    /// Whether each of these lines is in the cart beside what was there, but for what was cut.
    fn adds(&self, lines: &[Line]) -> bool {
        let added = |line: &Line| {
            let sum = pieces(&self.before, &line.item) + u64::from(line.quantity.get());
            pieces(&self.after, &line.item) + self.cut(&line.item) == sum
        };
        self.spares_others(lines) && lines.iter().all(added)
    }

    /// The same by any of the policies: one of the two, or both.
    fn takes(&self, lines: &[Line]) -> bool {
        let mixed = |line: &Line| {
            let (ours, theirs) = (pieces(&self.before, &line.item), u64::from(line.quantity.get()));
            let now = pieces(&self.after, &line.item) + self.cut(&line.item);
            [ours + theirs, theirs].contains(&now) || (ours > 0 && now == ours)
        };
        self.spares_others(lines) && lines.iter().all(mixed)
    }

    /// Whether the cart holds of what another shift changed as much as before it. What that one left
    /// alone, for want of room say, is not touched now either.
    fn reverses(&self, shift: &Self, lines: &[Line]) -> bool {
        let restored = |Line { item, .. }: &Line| {
            let (was, became) = (pieces(&shift.before, item), pieces(&shift.after, item));
            let kept = if was == became { pieces(&self.before, item) } else { was };
            pieces(&self.after, item) == kept
        };
        self.spares_others(lines) && lines.iter().all(restored)
    }
}

impl Merges {
    /// An event has landed for the first time; each cart's land in order.
    pub(super) fn land(&mut self, cart: &CartKey, event: &Event) -> Result<(), Broken> {
        let before = self.carts.remove(cart).unwrap_or_default();
        let after = evolve(before.clone(), event);
        let told = self.tell(event, &before, &after);
        self.carts.insert(cart.clone(), after);
        told
    }

    fn tell(&mut self, event: &Event, before: &Cart, after: &Cart) -> Result<(), Broken> {
        let user = event.user.clone();
        let shift = |other: Option<&UserId>, cut: &[Warning], gives: &[Line]| Shift {
            user: user.clone(),
            other: other.cloned(),
            before: before.lines.clone(),
            after: after.lines.clone(),
            cut: cut.to_vec(),
            gives: gives.to_vec(),
        };
        let (merge, twice) = match &event.fact {
            Fact::CartMergedOut { merge, to, lines } => {
                let all = *lines == before.lines && after.lines.is_empty();
                Invariant::Conserved
                    .holds(all, || format!("{merge} left lines behind: {event:?}"))?;
                let left = (user, to.clone(), lines.clone());
                (merge, self.trail(merge).left.replace(left).is_some())
            }
            Fact::CartMergedIn { merge, from, warnings, .. } => {
                let shift = shift(Some(from), warnings, &[]);
                (merge, self.trail(merge).taken.replace(shift).is_some())
            }
            Fact::MergeReturned { merge, reason, restorable, warnings, .. } => {
                let mut shift = shift(None, warnings, &[]);
                if restorable.is_some() {
                    shift.before = waiting(before, *restorable);
                    shift.after = waiting(after, *restorable);
                }
                let trail = self.trail(merge);
                let kept = match reason {
                    ReturnReason::Refused => &mut trail.refused,
                    ReturnReason::Undone => &mut trail.returned,
                };
                (merge, kept.replace(shift).is_some())
            }
            Fact::MergeUndone { merge, from, returned, .. } => {
                let shift = shift(Some(from), &[], returned);
                (merge, self.trail(merge).undone.replace(shift).is_some())
            }
            Fact::ItemAdded(_)
            | Fact::ItemUpdated(_)
            | Fact::ItemRemoved(_)
            | Fact::CartCleared
            | Fact::ExpiryExtended
            | Fact::CartExpired(_)
            | Fact::CartRestored(_)
            | Fact::ExpiryWarned
            | Fact::CartAbandoned { .. }
            | Fact::CartRecovered { .. }
            | Fact::CheckoutStarted { .. }
            | Fact::CheckoutReady { .. }
            | Fact::CheckoutCancelled { .. }
            | Fact::CartConverted { .. }
            | Fact::ItemOutOfStock { .. }
            | Fact::ItemAvailable { .. }
            | Fact::CurrencyChanged { .. }
            | Fact::PriceChanged { .. } => return Ok(()),
        };
        Invariant::Conserved.holds(!twice, || format!("{merge} happened twice: {event:?}"))
    }

    fn trail(&mut self, merge: &MergeId) -> &mut Trail {
        self.trails.entry(merge.to_string()).or_default()
    }

    /// Once all is told: what left is in one place.
    pub(super) fn settled(&self) -> Result<(), Broken> {
        for (merge, trail) in &self.trails {
            let wrong = trail.wrong();
            Invariant::Conserved.holds(wrong.is_none(), || {
                format!("{merge}: {}: {trail:?}", wrong.unwrap_or_default())
            })?;
        }
        Ok(())
    }
}

/// The lines in this currency that wait for a restore.
fn waiting(cart: &Cart, currency: Option<Currency>) -> Vec<Line> {
    let of = cart.restorable.clone().filter(|of| Some(of.currency) == currency);
    of.map_or_else(Vec::new, |waiting| waiting.lines)
}

impl Trail {
    /// What does not add up.
    fn wrong(&self) -> Option<&'static str> {
        let Some((from, to, lines)) = &self.left else {
            return Some("something came of lines that never left");
        };
        let is = |shift: &Shift, user: &UserId, other: Option<&UserId>| {
            shift.user == *user && shift.other.as_ref() == other
        };
        let came = match (&self.taken, &self.refused) {
            (None, Some(back)) => is(back, from, None) && back.adds(lines),
            (Some(taken), None) => is(taken, to, Some(from)) && taken.takes(lines),
            (None, None) => return Some("its lines are nowhere"),
            (Some(_), Some(_)) => return Some("its lines came and came back"),
        };
        let undone = match (&self.undone, &self.returned) {
            (None, None) => true,
            (Some(undone), Some(back)) => {
                undone.gives == *lines
                    && is(undone, to, Some(from))
                    && self.taken.as_ref().is_some_and(|taken| undone.reverses(taken, lines))
                    && is(back, from, None)
                    && back.adds(lines)
            }
            (Some(_), None) => return Some("its lines were given back and are nowhere"),
            (None, Some(_)) => return Some("lines came back that nobody gave"),
        };
        if !came {
            return Some("more or less came than left");
        }
        (!undone).then_some("more or less was undone than was done")
    }
}

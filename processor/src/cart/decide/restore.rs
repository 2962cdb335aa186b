//! The lines an expiry took out come back: to lines of the same items they are added, up to what the
//! shop allows of one. Asks no catalog; a checkout does.

use cart_schemas::cart::{Line, Restorable};
use cart_schemas::event::Fact;
use cart_schemas::quantity::Quantity;
use cart_schemas::rejection::Rejection;

use super::{Change, Context};

impl Context<'_> {
    pub(super) fn restore(&self) -> Result<Change, Rejection> {
        let taken = self.restorable().ok_or(Rejection::NothingToRestore)?;
        if self.cart.currency.is_some_and(|currency| currency != taken.currency) {
            return Err(Rejection::CurrencyMismatch);
        }
        let new = taken.lines.iter().filter(|line| self.cart.line(&line.item).is_none()).count();
        if self.cart.lines.len().saturating_add(new) > usize::from(self.policy.max_lines) {
            return Err(Rejection::CartLimit);
        }
        let lines = taken.lines.iter().map(|line| self.restored(line)).collect();
        let fact = Fact::CartRestored(lines);
        Ok(self.change(fact, Some(taken.currency), self.policy.ttl_seconds))
    }

    fn restorable(&self) -> Option<&Restorable> {
        let until = |taken: &Restorable| taken.since.plus_seconds(self.policy.restore_seconds);
        self.cart.restorable.as_ref().filter(|taken| until(taken) > self.at)
    }

    /// A line as it is once it is back. What the cart holds of the item by now is not made less.
    fn restored(&self, line: &Line) -> Line {
        let Some(held) = self.cart.line(&line.item) else { return line.clone() };
        let both = held.quantity.checked_add(line.quantity);
        let allowed = Quantity::new(self.policy.max_quantity).ok();
        let capped = both.into_iter().chain(allowed).min().unwrap_or(held.quantity);
        self.updated(held, capped.max(held.quantity))
    }
}

//! What a person may do to a cart: each checks first, in the order of precedence, then changes it.

use cart_schemas::cart::{Line as Content, LineState};
use cart_schemas::command::Offer;
use cart_schemas::event::Fact;
use cart_schemas::id::ItemId;
use cart_schemas::money::Currency;
use cart_schemas::policy::Policy;
use cart_schemas::quantity::Quantity;
use cart_schemas::rejection::Rejection;

use super::line::Line;
use super::{Cart, later};

impl Cart {
    pub(super) fn add(
        &mut self,
        item: &ItemId,
        more: u32,
        (asked, offer): (Option<Currency>, &Offer),
        policy: &Policy,
    ) -> Result<Fact, Rejection> {
        let Offer::Listed { name, price, currency, available, stock, others } = offer else {
            return Err(Rejection::ProductNotFound);
        };
        if !available {
            return Err(Rejection::ProductUnavailable);
        }
        let money = match (asked, self.currency) {
            (Some(asked), Some(held)) if asked != held => return Err(Rejection::CurrencyMismatch),
            (Some(money), _) | (None, Some(money)) => money,
            (None, None) => *currency,
        };
        let listed = others.iter().find(|other| other.currency == money);
        let price = match (money == *currency, listed) {
            (true, _) => *price,
            (false, Some(other)) => other.price,
            (false, None) => return Err(Rejection::CurrencyMismatch),
        };
        let held = self.held(item);
        if held.is_none() && self.lines.len() >= usize::from(policy.max_lines) {
            return Err(Rejection::CartLimit);
        }
        let pieces = held.unwrap_or(0) + more;
        let quantity = allowed(pieces, policy)?;
        if pieces > *stock {
            return Err(Rejection::InsufficientStock { available: *stock });
        }
        if held.is_none() {
            let (name, added) = (name.clone(), self.ts);
            let item = item.clone();
            let state = LineState::Added;
            let line = Line { item, name, price, quantity, state, added, modified: added };
            let fact = Fact::ItemAdded(line.content());
            self.lines.push(line);
            self.currency = Some(money);
            self.keep(policy.ttl_seconds);
            return Ok(fact);
        }
        self.hold(item, quantity, policy)
    }

    /// Only more of a line asks the catalog; fewer is always allowed.
    pub(super) fn set(
        &mut self,
        item: &ItemId,
        pieces: u32,
        offer: &Offer,
        policy: &Policy,
    ) -> Result<Fact, Rejection> {
        let held = self.held(item).ok_or(Rejection::ItemNotFound)?;
        if pieces > held {
            let Offer::Listed { available: true, stock, .. } = offer else {
                return Err(Rejection::ProductUnavailable);
            };
            allowed(pieces, policy)?;
            if pieces > *stock {
                return Err(Rejection::InsufficientStock { available: *stock });
            }
        }
        let quantity = Quantity::new(pieces).map_err(|_| Rejection::CartLimit)?;
        self.hold(item, quantity, policy)
    }

    pub(super) fn remove(&mut self, item: &ItemId, policy: &Policy) -> Result<Fact, Rejection> {
        if self.held(item).is_none() {
            return Err(Rejection::ItemNotFound);
        }
        self.lines.retain(|line| line.item != *item);
        if self.lines.is_empty() {
            self.currency = None;
            self.keep(policy.empty_ttl_seconds);
        } else {
            self.keep(policy.ttl_seconds);
        }
        Ok(Fact::ItemRemoved(item.clone()))
    }

    pub(super) fn clear(&mut self, policy: &Policy) -> Fact {
        self.lines.clear();
        self.currency = None;
        self.keep(policy.empty_ttl_seconds);
        Fact::CartCleared
    }

    pub(super) fn extend(&mut self, seconds: u32, policy: &Policy) -> Result<Fact, Rejection> {
        let end = later(self.expires_at.unwrap_or(self.ts), seconds);
        if self.expired || end > later(self.ts, policy.max_extension_seconds) {
            return Err(Rejection::InvalidExpiry);
        }
        self.expires_at = Some(end);
        self.last_modified = self.ts;
        self.warned = false;
        Ok(Fact::ExpiryExtended)
    }

    /// What the last end of a cart with lines took out comes back, and only once.
    pub(super) fn restore(&mut self, policy: &Policy) -> Result<Fact, Rejection> {
        let Some((since, currency, taken)) = &self.taken_out else {
            return Err(Rejection::NothingToRestore);
        };
        if self.ts >= later(*since, policy.restore_seconds) {
            return Err(Rejection::NothingToRestore);
        }
        if self.currency.is_some_and(|held| held != *currency) {
            return Err(Rejection::CurrencyMismatch);
        }
        let new = taken.iter().filter(|line| self.held(&line.item).is_none()).count();
        if self.lines.len() + new > usize::from(policy.max_lines) {
            return Err(Rejection::CartLimit);
        }
        self.currency = Some(*currency);
        let (_, _, taken) = self.taken_out.take().ok_or(Rejection::NothingToRestore)?;
        let back = taken.into_iter().map(|line| self.put_back(line, policy)).collect();
        self.keep(policy.ttl_seconds);
        Ok(Fact::CartRestored(back))
    }

    /// Puts a line back: beside the others, or on top of what is held of it, up to what the shop
    /// allows.
    fn put_back(&mut self, line: Line, policy: &Policy) -> Content {
        let now = self.ts;
        let Some(held) = self.lines.iter_mut().find(|held| held.item == line.item) else {
            let content = line.content();
            self.lines.push(line);
            return content;
        };
        let sum = (held.pieces() + line.pieces()).min(policy.max_quantity).min(Quantity::MAX);
        let pieces = sum.max(held.pieces());
        held.hold(Quantity::new(pieces).unwrap_or(held.quantity), now);
        held.content()
    }

    fn held(&self, item: &ItemId) -> Option<u32> {
        let line = self.lines.iter().find(|line| line.item == *item);
        line.map(Line::pieces)
    }

    /// Changes a line that is there.
    fn hold(
        &mut self,
        item: &ItemId,
        quantity: Quantity,
        policy: &Policy,
    ) -> Result<Fact, Rejection> {
        let now = self.ts;
        let line = self.lines.iter_mut().find(|line| line.item == *item);
        let line = line.ok_or(Rejection::ItemNotFound)?;
        line.hold(quantity, now);
        let fact = Fact::ItemUpdated(line.content());
        self.keep(policy.ttl_seconds);
        Ok(fact)
    }

    /// A person changed the cart: it is open, and kept for at least so many seconds.
    pub(super) fn keep(&mut self, seconds: u32) {
        let end = later(self.ts, seconds);
        let promised = self.expires_at.filter(|_| !self.expired);
        self.expires_at = Some(promised.map_or(end, |promised| promised.max(end)));
        self.expired = false;
        self.warned = false;
        self.last_modified = self.ts;
    }
}

/// A line's quantity, if the shop allows so many.
fn allowed(pieces: u32, policy: &Policy) -> Result<Quantity, Rejection> {
    match Quantity::new(pieces) {
        Ok(quantity) if pieces <= policy.max_quantity => Ok(quantity),
        Ok(_) | Err(_) => Err(Rejection::CartLimit),
    }
}

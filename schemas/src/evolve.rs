//! How a fact changes a cart. Total: what was decided is never refused here.

use crate::cart::{Abandonment, Cart, CartState, Lifespan, Line, Restorable};
use crate::event::{Event, Fact, ReturnReason};
use crate::id::ItemId;
use crate::money::Currency;
use crate::timestamp::Timestamp;

/// When a fact took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The time, by the cart's clock.
    pub at: Timestamp,
    /// The cart's end after the fact.
    pub expires_at: Timestamp,
    /// The currency of the lines the fact is about.
    pub currency: Option<Currency>,
}

/// The cart after an event. Folding a cart's events from [`Cart::default`] gives the cart.
#[must_use]
pub fn evolve(cart: Cart, event: &Event) -> Cart {
    let moment =
        Moment { at: event.at, expires_at: event.after.expires_at, currency: event.after.currency };
    apply(cart, &event.fact, moment)
}

/// The cart after a fact.
#[must_use]
pub fn apply(cart: Cart, fact: &Fact, moment: Moment) -> Cart {
    match fact {
        Fact::ItemAdded(line) => {
            let mut lines = cart.lines;
            lines.push(line.clone());
            changed(Cart { lines, currency: moment.currency, ..cart }, moment)
        }
        Fact::ItemUpdated(line) => {
            let lines = replaced(cart.lines, line);
            changed(Cart { lines, ..cart }, moment)
        }
        Fact::ItemRemoved(item) => changed(without(cart, item), moment),
        Fact::CartCleared | Fact::CartMergedOut { .. } => changed(emptied(cart), moment),
        Fact::ExpiryExtended => changed(cart, moment),
        Fact::CartExpired(lines) => expired(cart, lines, moment),
        Fact::CartRestored(lines) => {
            let cart = Cart { restorable: None, ..cart };
            changed(joined(cart, lines, moment.currency), moment)
        }
        Fact::ExpiryWarned => Cart { warned: true, ..cart },
        Fact::CartAbandoned { tier, since, .. } => {
            let abandoned = Some(Abandonment { tier: *tier, since: *since });
            Cart { abandoned, ..cart }
        }
        Fact::CartRecovered { .. } => Cart { abandoned: None, ..cart },
        Fact::CartMergedIn { lines, .. } => changed(joined(cart, lines, moment.currency), moment),
        Fact::MergeReturned { restorable: Some(currency), lines, .. } => {
            let (since, currency, lines) = (moment.at, *currency, lines.clone());
            Cart { restorable: Some(Restorable { since, currency, lines }), ..cart }
        }
        Fact::MergeReturned { reason: ReturnReason::Undone, lines, .. } => {
            changed(joined(cart, lines, moment.currency), moment)
        }
        Fact::MergeReturned { reason: ReturnReason::Refused, lines, .. } => {
            joined(cart, lines, moment.currency)
        }
        Fact::MergeUndone { lines, removed, .. } => {
            changed(parted(joined(cart, lines, moment.currency), removed), moment)
        }
    }
}

/// A person's change: the cart is open and kept until the moment's end.
fn changed(cart: Cart, moment: Moment) -> Cart {
    let lifespan = Lifespan { last_modified: moment.at, expires_at: moment.expires_at };
    Cart { state: CartState::Active, lifespan: Some(lifespan), warned: false, ..cart }
}

fn replaced(lines: Vec<Line>, new: &Line) -> Vec<Line> {
    let replace = |old: Line| if old.item == new.item { new.clone() } else { old };
    lines.into_iter().map(replace).collect()
}

fn without(cart: Cart, item: &ItemId) -> Cart {
    let lines: Vec<_> = cart.lines.into_iter().filter(|line| line.item != *item).collect();
    let currency = cart.currency.filter(|_| !lines.is_empty());
    Cart { lines, currency, ..cart }
}

fn emptied(cart: Cart) -> Cart {
    Cart { lines: Vec::new(), currency: None, ..cart }
}

/// The lines move to where a restore finds them; an empty cart keeps what an earlier expiry left.
fn expired(cart: Cart, lines: &[Line], moment: Moment) -> Cart {
    let restorable = match moment.currency {
        Some(currency) if !lines.is_empty() => {
            Some(Restorable { since: moment.at, currency, lines: lines.to_vec() })
        }
        Some(_) | None => cart.restorable.clone(),
    };
    Cart { state: CartState::Expired, restorable, ..emptied(cart) }
}

/// These lines are as the fact says; the others stay.
fn joined(cart: Cart, lines: &[Line], currency: Option<Currency>) -> Cart {
    let lines = lines.iter().fold(cart.lines, with);
    let currency = currency.filter(|_| !lines.is_empty());
    Cart { lines, currency, ..cart }
}

/// These lines are gone.
fn parted(cart: Cart, removed: &[ItemId]) -> Cart {
    removed.iter().fold(cart, without)
}

/// A line in the place of the one of the same item, or behind the others.
fn with(mut lines: Vec<Line>, new: &Line) -> Vec<Line> {
    match lines.iter_mut().find(|line| line.item == new.item) {
        Some(line) => line.clone_from(new),
        None => lines.push(new.clone()),
    }
    lines
}

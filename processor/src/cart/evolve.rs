//! How a fact changes a cart. Total: what was decided is never refused here.

use cart_schemas::cart::{Cart, CartState, Lifespan, Line, Restorable};
use cart_schemas::event::{Event, Fact};
use cart_schemas::id::ItemId;
use cart_schemas::money::Currency;
use cart_schemas::timestamp::Timestamp;

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
        Fact::CartCleared => changed(emptied(cart), moment),
        Fact::ExpiryExtended => changed(cart, moment),
        Fact::CartExpired(lines) => expired(cart, lines, moment),
    }
}

/// A person's change: the cart is open and kept until the moment's end.
fn changed(cart: Cart, moment: Moment) -> Cart {
    let lifespan = Lifespan { last_modified: moment.at, expires_at: moment.expires_at };
    Cart { state: CartState::Active, lifespan: Some(lifespan), ..cart }
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

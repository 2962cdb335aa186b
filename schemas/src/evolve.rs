//! How a fact changes a cart. Total: what was decided is never refused here.

use crate::cart::{Abandonment, Cart, CartState, Checkout, Lifespan, Line, News, Restorable, Told};
use crate::checkout::CancelReason;
use crate::event::{Event, Fact, ReturnReason};
use crate::id::ItemId;
use crate::money::Currency;
use crate::quantity::Quantity;
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
    remembering(applied(cart, fact, moment))
}

fn applied(cart: Cart, fact: &Fact, moment: Moment) -> Cart {
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
            Cart { restorable: Some(aside(moment.at, *currency, lines)), ..cart }
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
        Fact::CheckoutStarted { checkout, until, lines, recovered } => {
            let (id, until, recovered) = (*checkout, *until, *recovered);
            let checkout = Checkout { id, until, ready: false, lines: lines.clone(), recovered };
            changed(locked(cart, checkout, moment.currency), moment)
        }
        Fact::CheckoutReady { .. } => ready(cart),
        Fact::CheckoutCancelled { reason: CancelReason::Requested, .. } => {
            changed(Cart { checkout: None, ..cart }, moment)
        }
        Fact::CheckoutCancelled {
            reason: CancelReason::InsufficientStock | CancelReason::LeaseEnded,
            ..
        } => Cart { checkout: None, ..cart },
        Fact::CartConverted { lines, .. } => {
            changed(lines.iter().fold(Cart { checkout: None, ..cart }, without_sold), moment)
        }
        Fact::CurrencyChanged { lines, .. } => changed(repriced(cart, lines, moment), moment),
        Fact::ItemOutOfStock { line, news } | Fact::ItemAvailable { line, news } => {
            let lines = replaced(cart.lines, line);
            informed(Cart { lines, ..cart }, &line.item, *news)
        }
        Fact::PriceChanged { line, news } => informed(cart, &line.item, *news),
    }
}

/// The lines cost what the checkout charges.
fn locked(cart: Cart, checkout: Checkout, currency: Option<Currency>) -> Cart {
    let cart = joined(cart, &checkout.lines, currency);
    Cart { checkout: Some(checkout), ..cart }
}

fn ready(cart: Cart) -> Cart {
    let checkout = cart.checkout.map(|checkout| Checkout { ready: true, ..checkout });
    Cart { checkout, ..cart }
}

/// What was sold of a line is gone; what came back to it meanwhile stays.
fn without_sold(mut cart: Cart, sold: &Line) -> Cart {
    let held = cart.lines.iter_mut().find(|line| line.item == sold.item);
    let left = |held: &Line| held.quantity.get().checked_sub(sold.quantity.get());
    match held.map(|held| (left(held).and_then(|left| Quantity::new(left).ok()), held)) {
        Some((Some(left), held)) => {
            held.quantity = left;
            cart
        }
        Some((None, _)) | None => without(cart, &sold.item),
    }
}

fn informed(mut cart: Cart, item: &ItemId, news: News) -> Cart {
    match cart.told.iter_mut().find(|told| told.item == *item) {
        Some(told) => told.news = news,
        None => cart.told.push(Told { item: item.clone(), news }),
    }
    cart
}

/// A line costs what it says: what was told of its price before was told in another currency. How
/// new that was is kept, so that older news stay old.
fn repriced(cart: Cart, lines: &[Line], moment: Moment) -> Cart {
    let mut cart = joined(cart, lines, moment.currency);
    for told in &mut cart.told {
        let line = cart.lines.iter().find(|line| line.item == told.item);
        told.news.price = line.map_or(told.news.price, |line| line.price);
    }
    cart
}

/// What a cart was told of a product it no longer holds is forgotten.
fn remembering(mut cart: Cart) -> Cart {
    let lines = &cart.lines;
    cart.told.retain(|told| lines.iter().any(|line| line.item == told.item));
    cart
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
        Some(currency) if !lines.is_empty() => Some(aside(moment.at, currency, lines)),
        Some(_) | None => cart.restorable.clone(),
    };
    Cart { state: CartState::Expired, restorable, ..emptied(cart) }
}

fn aside(since: Timestamp, currency: Currency, lines: &[Line]) -> Restorable {
    Restorable { since, currency, lines: lines.to_vec() }
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

#[cfg(test)]
mod tests;

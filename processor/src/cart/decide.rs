//! What a command does to a cart: the facts it brings about, or the rejection. Checks stand in the
//! order of precedence, one a line.

use cart_schemas::cart::{Cart, CartState, Line, LineState};
use cart_schemas::checkout::CancelReason;
use cart_schemas::command::{Command, Offer};
use cart_schemas::envelope::Envelope;
use cart_schemas::event::{Fact, ReturnReason};
use cart_schemas::evolve::Moment;
use cart_schemas::id::ItemId;
use cart_schemas::money::{Currency, Priced};
use cart_schemas::policy::Policy;
use cart_schemas::quantity::Quantity;
use cart_schemas::rejection::Rejection;
use cart_schemas::timestamp::Timestamp;

use crate::cart::Known;

mod checkout;
mod currency;
mod import;
mod merge;
mod news;
mod restore;

/// A fact and when it took place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub fact: Fact,
    /// When, and what that means for the cart's end.
    pub moment: Moment,
}

/// What `envelope`'s command does at `at` to a cart, in order. Nothing: it is carried out and changes
/// nothing.
///
/// # Errors
/// The first rejection in order of precedence; the command then changes nothing.
pub fn decide(
    known: Known<'_>,
    envelope: &Envelope,
    at: Timestamp,
) -> Result<Vec<Change>, Rejection> {
    let context = Context { known, cart: known.cart, policy: &envelope.policy, at };
    let changes = context.carry_out(envelope)?;
    let recovered = context.recovered().filter(|_| changes.iter().any(is_a_persons));
    Ok(recovered.into_iter().chain(changes).collect())
}

/// Whether somebody did it; what another cart sends back comes by itself.
const fn is_a_persons(change: &Change) -> bool {
    !matches!(
        change.fact,
        Fact::MergeReturned { reason: ReturnReason::Refused, .. }
            | Fact::MergeReturned { restorable: Some(_), .. }
            | Fact::CheckoutReady { .. }
            | Fact::CheckoutCancelled { reason: CancelReason::InsufficientStock, .. }
            | Fact::ItemOutOfStock { .. }
            | Fact::ItemAvailable { .. }
            | Fact::PriceChanged { .. }
    )
}

fn one(change: Change) -> Vec<Change> {
    vec![change]
}

fn some(change: Option<Change>) -> Vec<Change> {
    change.into_iter().collect()
}

/// `If-Match` and what it is compared with.
struct Expected {
    version: u64,
    expected: Option<u64>,
}

impl Expected {
    fn check(&self) -> Result<(), Rejection> {
        match self.expected {
            Some(expected) if expected != self.version => {
                Err(Rejection::VersionMismatch { current: self.version })
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// What the catalog lists, borrowed from the command.
struct Listed<'a> {
    offer: &'a Offer,
    name: &'a str,
    currency: Currency,
    available: bool,
    stock: u32,
}

impl<'a> Listed<'a> {
    fn of(offer: &'a Offer) -> Result<Self, Rejection> {
        match offer {
            Offer::NoProduct => Err(Rejection::ProductNotFound),
            Offer::NoVariant => Err(Rejection::UnknownVariant),
            Offer::Listed { name, currency, available, stock, .. } => {
                Ok(Self { offer, name, currency: *currency, available: *available, stock: *stock })
            }
        }
    }

    fn check_stock(&self, quantity: Quantity) -> Result<(), Rejection> {
        if quantity.get() > self.stock {
            return Err(Rejection::InsufficientStock { available: self.stock });
        }
        Ok(())
    }
}

/// The cart as it stands once everything due is applied, and the command's circumstances.
struct Context<'a> {
    known: Known<'a>,
    cart: &'a Cart,
    policy: &'a Policy,
    at: Timestamp,
}

impl Context<'_> {
    fn carry_out(&self, envelope: &Envelope) -> Result<Vec<Change>, Rejection> {
        let version = self.known.version;
        let expected = Expected { version, expected: envelope.expected_version };
        let open = || self.open().and_then(|()| expected.check());
        match &envelope.command {
            Command::AddItem { item, quantity, currency, offer } => {
                let offer = Listed::of(offer)?;
                open().and_then(|()| self.add(item, *quantity, *currency, &offer)).map(one)
            }
            Command::SetQuantity { item, quantity, offer } => {
                open().and_then(|()| self.set(item, *quantity, offer)).map(one)
            }
            Command::RemoveItem { item } => open().and_then(|()| self.remove(item)).map(one),
            Command::Clear => open().map(|()| some(self.clear())),
            Command::Extend { seconds } => open().and_then(|()| self.extend(*seconds)).map(one),
            Command::ChangeCurrency { currency, quotes } => {
                open().and_then(|()| self.change_currency(*currency, quotes)).map(some)
            }
            Command::Import(cart) => {
                expected.check()?;
                self.import(version, cart)
            }
            Command::Restore => open().and_then(|()| self.restore()).map(one),
            Command::Merge { into, .. } => self.merge_out(&envelope.cart, into).map(some),
            Command::Absorb(absorb) => self.absorb(absorb, &expected).map(some),
            Command::Settle { merge, refused } => Ok(some(self.settle(*merge, *refused))),
            Command::UndoMerge { merge } => open().and_then(|()| self.undo_merge(*merge)).map(some),
            Command::Return { merge, currency, lines } => {
                Ok(some(self.take_back(*merge, *currency, lines)))
            }
            Command::Checkout { accept_prices, differing } => {
                open()?;
                self.check_out(envelope.id, *accept_prices, differing).map(one)
            }
            Command::Complete { checkout, order } => {
                expected.check()?;
                self.complete(*checkout, order).map(some)
            }
            Command::CancelCheckout { checkout } => {
                expected.check()?;
                self.cancel_checkout(*checkout).map(some)
            }
            Command::Reserved { checkout, item, granted, available } => {
                let short = (!granted).then_some(*available);
                Ok(some(self.reserved(*checkout, item, short)))
            }
            Command::Refresh { item, currency, available, news, others } => {
                let own = Priced { currency: *currency, price: news.price };
                Ok(self.refresh(item, *available, news.number, &[&[own], &others[..]].concat()))
            }
            Command::Wake { .. } => Ok(Vec::new()),
        }
    }

    /// A person is back at a cart that counted as abandoned.
    fn recovered(&self) -> Option<Change> {
        let tier = self.cart.abandoned?.tier;
        let expires_at = self.cart.lifespan?.expires_at;
        let moment = Moment { at: self.at, expires_at, currency: self.cart.currency };
        Some(Change { fact: Fact::CartRecovered { tier }, moment })
    }

    /// A line comes in the currency that was asked for, or else in the cart's, or else in the
    /// product's own.
    fn add(
        &self,
        item: &ItemId,
        more: Quantity,
        currency: Option<Currency>,
        offer: &Listed<'_>,
    ) -> Result<Change, Rejection> {
        let line = self.cart.line(item);
        if !offer.available {
            return Err(Rejection::ProductUnavailable);
        }
        let currency = currency.or(self.cart.currency).unwrap_or(offer.currency);
        if self.cart.currency.is_some_and(|ours| ours != currency) {
            return Err(Rejection::CurrencyMismatch);
        }
        let price = offer.offer.price_in(currency).ok_or(Rejection::CurrencyMismatch)?;
        let full = self.cart.lines.len() >= usize::from(self.policy.max_lines);
        if line.is_none() && full {
            return Err(Rejection::CartLimit);
        }
        let quantity = match line {
            None => more,
            Some(line) => line.quantity.checked_add(more).ok_or(Rejection::CartLimit)?,
        };
        self.check_limit(quantity)?;
        offer.check_stock(quantity)?;
        let fact = match line {
            Some(line) => Fact::ItemUpdated(self.updated(line, quantity)),
            None => Fact::ItemAdded(Line {
                item: item.clone(),
                name: offer.name.to_owned(),
                price,
                quantity,
                state: LineState::Added,
                added_at: self.at,
                last_modified: self.at,
            }),
        };
        Ok(self.change(fact, Some(currency), self.policy.ttl_seconds))
    }

    /// Holding fewer than before is always allowed: only what grows the line asks the catalog.
    fn set(&self, item: &ItemId, quantity: Quantity, offer: &Offer) -> Result<Change, Rejection> {
        let line = self.cart.line(item).ok_or(Rejection::ItemNotFound)?;
        if quantity > line.quantity {
            let offer = Listed::of(offer).map_err(|_| Rejection::ProductUnavailable)?;
            if !offer.available {
                return Err(Rejection::ProductUnavailable);
            }
            self.check_limit(quantity)?;
            offer.check_stock(quantity)?;
        }
        let fact = Fact::ItemUpdated(self.updated(line, quantity));
        Ok(self.change(fact, self.cart.currency, self.policy.ttl_seconds))
    }

    fn remove(&self, item: &ItemId) -> Result<Change, Rejection> {
        let line = self.cart.line(item).ok_or(Rejection::ItemNotFound)?;
        let last = self.cart.lines.len() == 1;
        let ttl = if last { self.policy.empty_ttl_seconds } else { self.policy.ttl_seconds };
        Ok(self.change(Fact::ItemRemoved(line.item.clone()), self.cart.currency, ttl))
    }

    fn clear(&self) -> Option<Change> {
        if self.cart.lines.is_empty() {
            return None;
        }
        let ttl = self.policy.empty_ttl_seconds;
        Some(self.change(Fact::CartCleared, self.cart.currency, ttl))
    }

    fn extend(&self, seconds: u32) -> Result<Change, Rejection> {
        if self.cart.state == CartState::Expired {
            return Err(Rejection::InvalidExpiry);
        }
        let present = self.cart.lifespan.map_or(self.at, |lifespan| lifespan.expires_at);
        let expires_at = present.plus_seconds(seconds);
        if expires_at > self.at.plus_seconds(self.policy.max_extension_seconds) {
            return Err(Rejection::InvalidExpiry);
        }
        let moment = Moment { at: self.at, expires_at, currency: self.cart.currency };
        Ok(Change { fact: Fact::ExpiryExtended, moment })
    }

    fn check_limit(&self, quantity: Quantity) -> Result<(), Rejection> {
        if quantity.get() > self.policy.max_quantity { Err(Rejection::CartLimit) } else { Ok(()) }
    }

    fn updated(&self, line: &Line, quantity: Quantity) -> Line {
        let state = match line.state {
            LineState::OutOfStock => LineState::OutOfStock,
            LineState::Added | LineState::Updated | LineState::Available => LineState::Updated,
        };
        Line { quantity, state, last_modified: self.at, ..line.clone() }
    }

    /// A change by a person keeps the cart at least `ttl` seconds more, and never for less long
    /// than an extension promised.
    fn change(&self, fact: Fact, currency: Option<Currency>, ttl: u32) -> Change {
        let kept = self.at.plus_seconds(ttl);
        let expires_at = match self.cart.state {
            CartState::Active => self.cart.lifespan.map_or(kept, |span| span.expires_at.max(kept)),
            CartState::Expired => kept,
        };
        Change { fact, moment: Moment { at: self.at, expires_at, currency } }
    }
}

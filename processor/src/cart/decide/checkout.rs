//! Somebody pays for a cart: it is locked, its skus are asked, and it is sold, or open again. Which
//! skus have answered is in the cart's dealings; what is asked of them is `follow_up`'s.

use cart_schemas::cart::{Checkout, Line};
use cart_schemas::checkout::{CancelReason, PriceChange, Quote, Shortage};
use cart_schemas::dealings::{Ending, Reserving};
use cart_schemas::event::Fact;
use cart_schemas::evolve::Moment;
use cart_schemas::id::{CheckoutId, CommandId, ItemId, OrderId};
use cart_schemas::rejection::Rejection;

use super::{Change, Context};

impl Context<'_> {
    /// Nobody changes what somebody is paying for.
    pub(super) fn open(&self) -> Result<(), Rejection> {
        match &self.cart.checkout {
            Some(checkout) => Err(Rejection::CartLocked { until: checkout.until }),
            None => Ok(()),
        }
    }

    /// The cart is locked at the prices it is charged.
    pub(super) fn check_out(
        &self,
        command: CommandId,
        accept_prices: bool,
        differing: &[Quote],
    ) -> Result<Change, Rejection> {
        let checkout = CheckoutId::from_command(command);
        // What ended is known for longer than the command that began it: under one id nothing is
        // reserved twice, or what frees the first would free the second.
        if let Ok(ending) = self.ending(checkout) {
            return Err(over(ending));
        }
        if self.cart.lines.is_empty() {
            return Err(Rejection::EmptyCart);
        }
        let differs = |line: &Line| differing.iter().find(|other| other.item == line.item);
        if self.cart.lines.iter().any(|line| differs(line).is_some_and(|now| now.price.is_none())) {
            return Err(Rejection::ProductUnavailable);
        }
        let changes: Vec<_> = self
            .cart
            .lines
            .iter()
            .filter(|line| self.is_held_too_long(line))
            .filter_map(|line| {
                let (item, current) = (line.item.clone(), differs(line)?.price?);
                let change = PriceChange { item, price: line.price, current };
                Some(change).filter(|change| change.current != change.price)
            })
            .collect();
        if !changes.is_empty() && !accept_prices {
            return Err(Rejection::PriceChanged { lines: changes });
        }
        let charged = |line: &Line| {
            let change = changes.iter().find(|change| change.item == line.item);
            Line { price: change.map_or(line.price, |change| change.current), ..line.clone() }
        };
        let fact = Fact::CheckoutStarted {
            checkout,
            until: self.at.plus_seconds(self.policy.lease_seconds),
            lines: self.cart.lines.iter().map(charged).collect(),
            recovered: self.cart.abandoned.map(|abandoned| abandoned.tier),
        };
        Ok(self.change(fact, self.cart.currency, self.policy.ttl_seconds))
    }

    /// Whether a line's price was promised too long ago to be kept.
    fn is_held_too_long(&self, line: &Line) -> bool {
        line.added_at.plus_seconds(self.policy.price_hold_seconds) < self.at
    }

    /// A sku has answered. With the last answer the checkout is ready, or over.
    pub(super) fn reserved(
        &self,
        checkout: CheckoutId,
        item: &ItemId,
        short: Option<u32>,
    ) -> Option<Change> {
        let current = self.cart.checkout.as_ref().filter(|current| current.id == checkout)?;
        let reserving = self.known.dealings.reserving(checkout)?;
        if !is_last(reserving, item) {
            return None;
        }
        let refused = short.map(|available| Shortage { item: item.clone(), available });
        let short: Vec<_> = reserving.short.iter().cloned().chain(refused).collect();
        let (until, lines) = (current.until, current.lines.clone());
        let fact = if short.is_empty() {
            Fact::CheckoutReady { checkout, until, lines }
        } else {
            let reason = CancelReason::InsufficientStock;
            Fact::CheckoutCancelled { checkout, reason, lines, short }
        };
        Some(self.by_itself(fact))
    }

    /// It is paid. The same order again changes nothing.
    pub(super) fn complete(
        &self,
        checkout: CheckoutId,
        order: &OrderId,
    ) -> Result<Option<Change>, Rejection> {
        let Some(current) = self.current(checkout) else {
            let ending = self.ending(checkout)?;
            let again = matches!(ending, Ending::Converted(paid) if paid == order);
            return if again { Ok(None) } else { Err(over(ending)) };
        };
        if !current.ready {
            return Err(Rejection::CheckoutPending);
        }
        let sold = |line: &Line| current.lines.iter().find(|sold| sold.item == line.item);
        let stays = |line: &Line| sold(line).is_none_or(|sold| sold.quantity < line.quantity);
        let stays = self.cart.lines.iter().any(stays);
        let ttl = if stays { self.policy.ttl_seconds } else { self.policy.empty_ttl_seconds };
        let (order, lines) = (order.clone(), current.lines.clone());
        let fact = Fact::CartConverted { checkout, order, lines, recovered: current.recovered };
        Ok(Some(self.change(fact, self.cart.currency, ttl)))
    }

    /// It is not wanted any more. One that ended without a sale stays so.
    pub(super) fn cancel_checkout(
        &self,
        checkout: CheckoutId,
    ) -> Result<Option<Change>, Rejection> {
        let Some(current) = self.current(checkout) else {
            return match self.ending(checkout)? {
                Ending::Converted(_) => Err(Rejection::CheckoutCompleted),
                Ending::Cancelled | Ending::Refused(_) | Ending::Lapsed => Ok(None),
            };
        };
        let (reason, lines) = (CancelReason::Requested, current.lines.clone());
        let fact = Fact::CheckoutCancelled { checkout, reason, lines, short: Vec::new() };
        Ok(Some(self.change(fact, self.cart.currency, self.policy.ttl_seconds)))
    }

    fn current(&self, checkout: CheckoutId) -> Option<&Checkout> {
        self.cart.checkout.as_ref().filter(|current| current.id == checkout)
    }

    fn ending(&self, checkout: CheckoutId) -> Result<&Ending, Rejection> {
        let ended = self.known.dealings.ended(checkout);
        ended.map(|ended| &ended.ending).ok_or(Rejection::CheckoutNotFound)
    }

    /// What no person does leaves the cart's times as they are.
    pub(super) fn by_itself(&self, fact: Fact) -> Change {
        let expires_at = self.cart.lifespan.map_or(self.at, |lifespan| lifespan.expires_at);
        Change { fact, moment: Moment { at: self.at, expires_at, currency: self.cart.currency } }
    }
}

/// What whoever asks more of a checkout that has ended is told.
const fn over(ending: &Ending) -> Rejection {
    match ending {
        Ending::Converted(_) => Rejection::CheckoutCompleted,
        Ending::Cancelled | Ending::Refused(_) | Ending::Lapsed => Rejection::CheckoutExpired,
    }
}

/// Whether no other answer than this one is awaited.
fn is_last(reserving: &Reserving, item: &ItemId) -> bool {
    matches!(&reserving.awaited[..], [awaited] if awaited == item)
}

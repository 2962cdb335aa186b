//! Checkouts, told again: the cart is locked, its skus are asked one by one, and it is sold or open
//! again. A cart knows of its skus only what lies in its own log.

use cart_schemas::cart::Checkout;
use cart_schemas::checkout::{CancelReason, PriceChange, Quote, Shortage};
use cart_schemas::command::{Asked, Command};
use cart_schemas::dealings::{Ended, Ending, Reserving, Sale};
use cart_schemas::envelope::Envelope;
use cart_schemas::event::{Fact, Summary};
use cart_schemas::id::{CheckoutId, ItemId, OrderId};
use cart_schemas::money::Currency;
use cart_schemas::policy::Policy;
use cart_schemas::quantity::Quantity;
use cart_schemas::rejection::Rejection;
use cart_schemas::timestamp::Timestamp;

use super::line::Line;
use super::{Cart, later};
use crate::simulation::shadow::verdict::Told;

/// Checkouts that are remembered once they are over, with their lines, and seconds they are.
const OVER: usize = 8;
const OVER_WHOLE: usize = 2;
const WEEK: u32 = 604_800;

/// A checkout under way. Times are microseconds.
#[derive(Debug, Clone)]
pub(super) struct Paying {
    id: CheckoutId,
    asked: Asked,
    pub(super) until: i64,
    ready: bool,
    lines: Vec<Line>,
    back_from: Option<u8>,
    waits_for: Vec<ItemId>,
    short: Vec<Shortage>,
}

/// A checkout that is over.
#[derive(Debug)]
pub(super) struct Over {
    of: Paying,
    at: i64,
    how: Ending,
    sale: Option<Currency>,
}

impl Paying {
    pub(super) fn content(&self) -> Checkout {
        Checkout {
            id: self.id,
            until: Timestamp::from_micros(self.until),
            ready: self.ready,
            lines: self.lines.iter().map(Line::content).collect(),
            recovered: self.back_from,
        }
    }

    pub(super) fn reserving(&self) -> Reserving {
        let (checkout, asked) = (self.id, self.asked);
        Reserving { checkout, asked, awaited: self.waits_for.clone(), short: self.short.clone() }
    }

    pub(super) fn holds(&self, item: &ItemId) -> bool {
        self.lines.iter().any(|line| line.item == *item)
    }

    pub(super) const fn lock(&self) -> Rejection {
        Rejection::CartLocked { until: Timestamp::from_micros(self.until) }
    }
}

impl Over {
    pub(super) fn content(&self) -> Ended {
        let lines = || self.of.lines.iter().map(Line::content).collect();
        Ended {
            checkout: self.of.id,
            asked: self.of.asked,
            at: Timestamp::from_micros(self.at),
            until: Timestamp::from_micros(self.of.until),
            ending: self.how.clone(),
            sale: self.sale.map(|currency| Sale { currency, lines: lines() }),
        }
    }
}

impl Cart {
    /// Whether this checkout is under way.
    pub(in super::super) fn is_paying(&self, checkout: CheckoutId) -> bool {
        self.paying.as_ref().is_some_and(|paying| paying.id == checkout)
    }

    /// What a command of a checkout does.
    pub(super) fn sell(
        &mut self,
        envelope: &Envelope,
        seen: u64,
    ) -> Result<Vec<(Fact, Summary)>, Rejection> {
        if let Command::Reserved { checkout, item, granted, available } = &envelope.command {
            let short = (!granted).then_some(*available);
            let fact = self.answer(*checkout, item, short);
            return Ok(fact.map(|fact| self.told(fact)).into_iter().collect());
        }
        if let (Command::Checkout { .. }, Some(paying)) = (&envelope.command, &self.paying) {
            return Err(paying.lock());
        }
        if envelope.expected_version.is_some_and(|expected| expected != seen) {
            return Err(Rejection::VersionMismatch { current: seen });
        }
        let (back, before) = (self.back(), self.currency);
        let (mut fact, policy) = (None, &envelope.policy);
        if let Command::Checkout { accept_prices, differing } = &envelope.command {
            let asked = Asked { command: envelope.id, digest: envelope.digest };
            fact = Some(self.lock(asked, (*accept_prices, differing), policy)?);
        }
        if let Command::Complete { checkout, order } = &envelope.command {
            fact = self.pay(*checkout, order, policy)?;
        }
        if let Command::CancelCheckout { checkout } = &envelope.command {
            fact = self.give_up(*checkout, policy)?;
        }
        let told = fact.map(|fact| (fact, self.summary(before))).into_iter().collect();
        Ok(self.recovered(back, told))
    }

    fn lock(
        &mut self,
        asked: Asked,
        (accepts, differing): (bool, &[Quote]),
        policy: &Policy,
    ) -> Result<Fact, Rejection> {
        let id = CheckoutId::from_command(asked.command);
        if let Some(over) = self.over.iter().find(|over| over.of.id == id) {
            let paid = matches!(over.how, Ending::Converted(_));
            return Err(if paid {
                Rejection::CheckoutCompleted
            } else {
                Rejection::CheckoutExpired
            });
        }
        if self.lines.is_empty() {
            return Err(Rejection::EmptyCart);
        }
        let (mut dearer, mut charged) = (Vec::new(), self.lines.clone());
        for line in &mut charged {
            let Some(now) = differing.iter().find(|one| one.item == line.item) else { continue };
            let Some(current) = now.price else { return Err(Rejection::ProductUnavailable) };
            let held = later(line.added, policy.price_hold_seconds) >= self.ts;
            if !held && current != line.price {
                let (item, price) = (line.item.clone(), line.price);
                dearer.push(PriceChange { item, price, current });
                line.price = current;
            }
        }
        if !dearer.is_empty() && !accepts {
            return Err(Rejection::PriceChanged { lines: dearer });
        }
        let paying = Paying {
            id,
            asked,
            until: later(self.ts, policy.lease_seconds),
            ready: false,
            waits_for: charged.iter().map(|line| line.item.clone()).collect(),
            lines: charged.clone(),
            back_from: self.idle.map(|(tier, _)| tier),
            short: Vec::new(),
        };
        self.lines = charged;
        self.keep(policy.ttl_seconds);
        let fact = Fact::CheckoutStarted {
            checkout: paying.id,
            until: Timestamp::from_micros(paying.until),
            lines: paying.lines.iter().map(Line::content).collect(),
            recovered: paying.back_from,
        };
        self.paying = Some(paying);
        Ok(fact)
    }

    /// A sku has answered.
    fn answer(&mut self, of: CheckoutId, item: &ItemId, short: Option<u32>) -> Option<Fact> {
        let paying = self.paying.as_mut().filter(|paying| paying.id == of)?;
        let place = paying.waits_for.iter().position(|waits| waits == item)?;
        paying.waits_for.remove(place);
        let item = item.clone();
        paying.short.extend(short.map(|available| Shortage { item, available }));
        if !paying.waits_for.is_empty() {
            return None;
        }
        if !paying.short.is_empty() {
            let refused = Ending::Refused(paying.short.clone());
            return self.over(refused).map(|of| of.cancelled(CancelReason::InsufficientStock));
        }
        paying.ready = true;
        Some(Fact::CheckoutReady {
            checkout: of,
            until: Timestamp::from_micros(paying.until),
            lines: paying.lines.iter().map(Line::content).collect(),
        })
    }

    fn pay(
        &mut self,
        checkout: CheckoutId,
        order: &OrderId,
        policy: &Policy,
    ) -> Result<Option<Fact>, Rejection> {
        match self.paying.as_ref().filter(|paying| paying.id == checkout) {
            None => match self.ended(checkout)? {
                Ending::Converted(paid) if paid == order => return Ok(None),
                Ending::Converted(_) => return Err(Rejection::CheckoutCompleted),
                Ending::Cancelled | Ending::Refused(_) | Ending::Lapsed => {
                    return Err(Rejection::CheckoutExpired);
                }
            },
            Some(paying) if !paying.ready => return Err(Rejection::CheckoutPending),
            Some(_) => {}
        }
        let Some(paid) = self.over(Ending::Converted(order.clone())) else { return Ok(None) };
        for sold in &paid.lines {
            let held = self.lines.iter_mut().find(|line| line.item == sold.item);
            let Some(held) = held else { continue };
            match Quantity::new(held.pieces().saturating_sub(sold.pieces())) {
                Ok(left) => held.quantity = left,
                Err(_) => self.lines.retain(|line| line.item != sold.item),
            }
        }
        self.currency = self.currency.filter(|_| !self.lines.is_empty());
        let empty = self.lines.is_empty();
        self.keep(if empty { policy.empty_ttl_seconds } else { policy.ttl_seconds });
        Ok(Some(Fact::CartConverted {
            checkout,
            order: order.clone(),
            lines: paid.lines.iter().map(Line::content).collect(),
            recovered: paid.back_from,
        }))
    }

    fn give_up(
        &mut self,
        checkout: CheckoutId,
        policy: &Policy,
    ) -> Result<Option<Fact>, Rejection> {
        if !self.is_paying(checkout) {
            return match self.ended(checkout)? {
                Ending::Converted(_) => Err(Rejection::CheckoutCompleted),
                Ending::Cancelled | Ending::Refused(_) | Ending::Lapsed => Ok(None),
            };
        }
        let of = self.over(Ending::Cancelled);
        self.keep(policy.ttl_seconds);
        Ok(of.map(|of| of.cancelled(CancelReason::Requested)))
    }

    /// Nobody has paid in time.
    pub(super) fn lapse(&mut self) -> Option<(Fact, Summary)> {
        let fact = self.over(Ending::Lapsed)?.cancelled(CancelReason::LeaseEnded);
        Some(self.told(fact))
    }

    /// The checkout under way is over.
    fn over(&mut self, how: Ending) -> Option<Paying> {
        let paying = self.paying.take()?;
        let (now, sale) = (self.ts, self.currency);
        self.over.retain(|over| later(over.at, WEEK) > now);
        self.over.push(Over { of: paying.clone(), at: now, how, sale });
        if self.over.len() > OVER {
            self.over.remove(0);
        }
        let older = self.over.len().saturating_sub(OVER_WHOLE);
        self.over.iter_mut().take(older).for_each(|over| over.sale = None);
        Some(paying)
    }

    fn ended(&self, checkout: CheckoutId) -> Result<&Ending, Rejection> {
        let over = self.over.iter().find(|over| over.of.id == checkout);
        over.map(|over| &over.how).ok_or(Rejection::CheckoutNotFound)
    }

    /// Who is told of a checkout by the answer of this sku, and what.
    pub(in super::super) fn told_of_checkout(
        &self,
        checkout: CheckoutId,
        facts: &[Fact],
    ) -> Option<(Asked, Told)> {
        let over = self.over.iter().find(|over| over.of.id == checkout).map(|over| &over.of);
        let of = self.paying.as_ref().filter(|paying| paying.id == checkout).or(over)?;
        for fact in facts {
            if let Fact::CheckoutReady { .. } = fact {
                return Some((of.asked, Told::Ready));
            }
            let reason = CancelReason::InsufficientStock;
            if let Fact::CheckoutCancelled { short, reason: why, .. } = fact
                && *why == reason
            {
                return Some((of.asked, Told::Short(short.clone())));
            }
        }
        None
    }
}

impl Paying {
    fn cancelled(&self, reason: CancelReason) -> Fact {
        let refused = reason == CancelReason::InsufficientStock;
        Fact::CheckoutCancelled {
            checkout: self.id,
            reason,
            lines: self.lines.iter().map(Line::content).collect(),
            short: if refused { self.short.clone() } else { Vec::new() },
        }
    }
}

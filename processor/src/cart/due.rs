//! What happens to a cart without anyone asking: a checkout ends unpaid, the cart is told to be
//! abandoned, its end is announced, and it ends. A command's decision first applies everything that is due at its time.

use cart_schemas::cart::{Cart, CartState, Checkout, total};
use cart_schemas::checkout::CancelReason;
use cart_schemas::dealings::Dealings;
use cart_schemas::event::Fact;
use cart_schemas::evolve::{Moment, apply};
use cart_schemas::money::Currency;
use cart_schemas::policy::Policy;
use cart_schemas::timestamp::Timestamp;

use crate::cart::Change;
use crate::cart::dealings::is_waiting;

/// Something that will happen, and when it is due.
struct Coming {
    due: Timestamp,
    fact: Fact,
    currency: Option<Currency>,
}

/// Everything due at `at`, in the order in which it came due; of two at one instant the abandonment
/// comes before the end.
#[must_use]
pub fn due(cart: &Cart, dealings: &Dealings, policy: &Policy, at: Timestamp) -> Vec<Change> {
    let waits = is_waiting(dealings);
    let mut changes = Vec::new();
    let mut after: Option<Cart> = None;
    while let Some(change) = first(after.as_ref().unwrap_or(cart), waits, policy, at) {
        let before = after.take().unwrap_or_else(|| cart.clone());
        after = Some(apply(before, &change.fact, change.moment));
        changes.push(change);
    }
    changes
}

/// When the cart, which nothing is due of at `at`, next needs a Wake by itself.
#[must_use]
pub fn deadline(
    cart: &Cart,
    dealings: &Dealings,
    policy: &Policy,
    at: Timestamp,
) -> Option<Timestamp> {
    next(cart, is_waiting(dealings), policy, at).map(|coming| coming.due)
}

fn first(cart: &Cart, waits: bool, policy: &Policy, at: Timestamp) -> Option<Change> {
    let Coming { fact, currency, .. } =
        next(cart, waits, policy, at).filter(|next| next.due <= at)?;
    let expires_at = cart.lifespan?.expires_at;
    Some(Change { fact, moment: Moment { at, expires_at, currency } })
}

/// A cart that waits for another one's answer does not end before it, and to one that somebody is
/// paying for nothing else happens.
fn next(cart: &Cart, waits: bool, policy: &Policy, at: Timestamp) -> Option<Coming> {
    if let Some(checkout) = &cart.checkout {
        return Some(lapse(cart, checkout));
    }
    let end = end(cart).filter(|_| !waits);
    let coming = [abandonment(cart, policy), warning(cart, policy, at), end];
    coming.into_iter().flatten().min_by_key(|coming| coming.due)
}

/// Nobody has paid in time.
fn lapse(cart: &Cart, checkout: &Checkout) -> Coming {
    let fact = Fact::CheckoutCancelled {
        checkout: checkout.id,
        reason: CancelReason::LeaseEnded,
        lines: checkout.lines.clone(),
        short: Vec::new(),
    };
    Coming { due: checkout.until, fact, currency: cart.currency }
}

/// The next tier of a cart with lines, or with lines that its end took out.
fn abandonment(cart: &Cart, policy: &Policy) -> Option<Coming> {
    let since = cart.lifespan?.last_modified;
    let (lines, currency) = cart.left_behind()?;
    let told = cart.abandoned.map_or(0, |abandoned| abandoned.tier);
    let seconds = policy.idle_tiers_seconds.get(usize::from(told)).copied();
    let seconds = seconds.filter(|seconds| *seconds > 0)?;
    let value = total(lines);
    let fact = Fact::CartAbandoned { tier: told.saturating_add(1), since, value };
    Some(Coming { due: since.plus_seconds(seconds), fact, currency: Some(currency) })
}

/// The announcement of the end; none when it would come before the last change, or after the end.
fn warning(cart: &Cart, policy: &Policy, at: Timestamp) -> Option<Coming> {
    let lifespan = cart.lifespan.filter(|lifespan| lifespan.expires_at > at)?;
    let due = lifespan.expires_at.minus_seconds(policy.warning_seconds);
    let wanted = cart.state == CartState::Active
        && !cart.lines.is_empty()
        && !cart.warned
        && policy.warning_seconds > 0
        && due > lifespan.last_modified;
    wanted.then_some(Coming { due, fact: Fact::ExpiryWarned, currency: cart.currency })
}

fn end(cart: &Cart) -> Option<Coming> {
    let due = cart.lifespan?.expires_at;
    match cart.state {
        CartState::Expired => None,
        CartState::Active => {
            let fact = Fact::CartExpired(cart.lines.clone());
            Some(Coming { due, fact, currency: cart.currency })
        }
    }
}

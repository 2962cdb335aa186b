//! Customers who merge carts: guests that become users, both sides busy meanwhile, two carts merged
//! into each other at once, keys used again, second thoughts.
//!
//! They are drawn from a generator of their own, and only in some seeds: all others are as they were
//! before there were merges, so that a seed known to show something still does.

use cart_schemas::command::Intent;
use cart_schemas::id::{CartId, CartKey, MergeId};
use cart_schemas::merge::MergePolicy;
use cart_schemas::quantity::Quantity;
use fastrand::Rng;

use super::goods;
use super::plan::{Act, Expected, Item, Order, SECOND, Shape};
use super::shadow::Shadow;

/// Seeds that no older defect or mutant is known by are told apart by what is left of them.
const APART: u64 = 13;
/// Of those, these have merges.
const MERGING: [u64; 3] = [5, 8, 12];

/// Whether carts are merged in a seed.
pub(super) fn are_drawn(seed: u64) -> bool {
    MERGING.contains(&(seed % APART))
}

/// Gives each of the shop's policies a time within which second thoughts count.
pub(super) fn times(seed: u64, shape: &mut Shape) {
    if are_drawn(seed) {
        let mut rng = Rng::with_seed(seed ^ 0x3e26);
        shape.policies.iter_mut().for_each(|policy| policy.undo_seconds = rng.u32(10..=300));
    }
}

/// The merges of a shop's customers, and when; nothing in most seeds.
pub(super) fn draw(seed: u64, shape: &Shape) -> Vec<Item> {
    let rng = Rng::with_seed(seed ^ 0x3e6e);
    let Shape { carts, processors, lasts, .. } = *shape;
    let mut draft = Draft { rng, carts, processors, lasts, items: Vec::new() };
    if are_drawn(seed) {
        for _ in 0..draft.rng.usize(6..=16) {
            draft.merge();
        }
    }
    draft.items
}

struct Draft {
    rng: Rng,
    carts: usize,
    processors: usize,
    lasts: i64,
    items: Vec<Item>,
}

impl Draft {
    /// A merge in the middle of changes to both carts; perhaps the other way round at once, and
    /// perhaps undone.
    fn merge(&mut self) {
        let at = self.rng.i64(0..self.lasts);
        let (from, into) = self.two();
        let busy = self.rng.usize(1..=4);
        for _ in 0..busy {
            let cart = if self.rng.bool() { from } else { into };
            let before = at - self.rng.i64(0..3 * SECOND);
            self.add(before.max(0), cart);
        }
        let mut order = self.order(from, into);
        for _ in 0..self.rng.usize(1..=2) {
            let cart = if self.rng.bool() { from } else { into };
            let meanwhile = at + self.rng.i64(0..2 * SECOND);
            self.add(meanwhile, cart);
        }
        match self.rng.u8(0..8) {
            // Both at once.
            0 | 1 => {
                let back = self.order(into, from);
                self.push(at, SECOND, back);
            }
            // Again, under one key; some ask something else.
            2 => self.push(at, 20 * SECOND, order.clone()),
            3 | 4 | 6 => {
                order.key = order.key.or(Some(1));
                let (other, _) = self.two();
                let again = self.order(other, into);
                let at = at + self.rng.i64(SECOND..20 * SECOND);
                self.add(at, other);
                self.push(at + SECOND / 4, SECOND, Order { key: order.key, ..again });
            }
            5 => self.strand(at, from),
            _ => {}
        }
        self.push(at, SECOND, order);
        for undo in 0..self.rng.usize(0..=3) {
            let act = Act::Undo { cart: into, pick: self.rng.u64(..) };
            // Most at once, before anybody touches what came.
            let within = if undo == 2 { 60 * SECOND } else { 4 * SECOND };
            let at = at + self.rng.i64(SECOND..SECOND + within);
            self.items.push(Item { at: at.min(self.lasts), act });
        }
    }

    /// Every processor dies, perhaps while lines are on their way, and somebody comes back to the cart
    /// they left after it would have ended.
    fn strand(&mut self, at: i64, from: usize) {
        let down = self.rng.i64(60..=130) * SECOND;
        let at = at + self.rng.i64(0..2 * SECOND);
        for node in 0..self.processors {
            self.items.push(Item { at, act: Act::Crash { node, after_effects: 0, down } });
        }
        self.add(at + down - SECOND, from);
    }

    /// Two carts, hardly ever the same one.
    fn two(&mut self) -> (usize, usize) {
        let from = self.rng.usize(0..self.carts);
        let step = if self.rng.u8(0..12) == 0 { 0 } else { self.rng.usize(1..self.carts) };
        (from, (from + step) % self.carts)
    }

    fn order(&mut self, from: usize, into: usize) -> Order {
        let policies =
            [MergePolicy::Sum, MergePolicy::Max, MergePolicy::KeepUser, MergePolicy::KeepGuest];
        let policy = policies.get(self.rng.usize(0..8)).copied().unwrap_or_default();
        let expected = match self.rng.u8(0..10) {
            0 => Expected::Wrong,
            1 => Expected::Current,
            _ => Expected::Any,
        };
        Order {
            cart: into,
            intent: Intent::Merge { from: customer(from), into: customer(into), policy },
            key: (self.rng.u8(0..4) > 0).then(|| self.rng.u32(..)),
            expected,
            respond_async: self.rng.u8(0..6) == 0,
        }
    }

    fn add(&mut self, at: i64, cart: usize) {
        // Now and then goods in another currency, so that one cart does not take the other's lines.
        let wish = if self.rng.u8(0..6) == 0 { 7 } else { self.rng.usize(0..6) };
        let quantity = Quantity::new(self.rng.u32(1..=8));
        let quantity = quantity.unwrap_or_else(|_| unreachable!("within 1 to 8"));
        let order = Order {
            cart,
            intent: Intent::AddItem { item: goods::wish(wish), quantity, currency: None },
            key: None,
            expected: Expected::Any,
            respond_async: self.rng.bool(),
        };
        self.push(at, 1, order);
    }

    fn push(&mut self, at: i64, within: i64, order: Order) {
        let at = at + self.rng.i64(0..within);
        self.items.push(Item { at: at.min(self.lasts), act: Act::Order(order) });
    }
}

/// The cart of a customer, by number.
pub(super) fn customer(number: usize) -> CartKey {
    let key = format!("user{number}").parse();
    key.unwrap_or_else(|_| unreachable!("a name and digits are a key"))
}

/// A merge into a cart that somebody has second thoughts about: one it knows, or one of nobody's.
pub(super) fn regretted(shadow: &Shadow, into: &CartKey, pick: u64) -> MergeId {
    let known: Vec<_> = shadow.merges_into(into).collect();
    let count = u64::try_from(known.len()).unwrap_or_default();
    // The last ones more often than those that are too old by now.
    let back = pick % 3 + u64::from(pick.is_multiple_of(7)) * 5;
    let chosen = count.checked_sub(1 + back).and_then(|at| known.get(usize::try_from(at).ok()?));
    chosen.copied().unwrap_or_else(|| MergeId::new(CartId::of(into, 0), pick % 9))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::seeds::{CATCHING, REGRESSIONS};

    /// Mutants of what merges rely on.
    const OF_MERGES: [&str; 4] =
        ["AbsorbedAgain", "RefusedLinesDropped", "TouchedUndone", "ExpiresWhileAway"];

    /// Seeds that found something since.
    const SINCE: [u64; 1] = [179_606_366_706_740];

    #[test]
    fn seeds_kept_from_before_there_were_merges_have_none() {
        let caught = CATCHING.iter().filter(|(mutant, ..)| !OF_MERGES.contains(mutant));
        let kept = caught.map(|(_, seed, _)| seed).chain(REGRESSIONS.iter().map(|(seed, _)| seed));

        for seed in kept.filter(|seed| !SINCE.contains(seed)) {
            assert!(!are_drawn(*seed), "{seed}");
        }
    }
}

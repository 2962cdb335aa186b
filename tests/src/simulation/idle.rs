//! Carts that nobody touches for a while: when a shop calls them abandoned, and customers who come
//! back for what an expiry took out.
//!
//! They are drawn from generators of their own, and only in some seeds: all others are as they were
//! before, so that a seed known to show something still does.

use cart_schemas::command::Intent;
use cart_schemas::policy::Policy;
use fastrand::Rng;

use super::plan::{Act, Expected, Item, Order, Shape};

/// A shop minds idle carts in every third seed.
const fn minds(seed: u64) -> bool {
    seed % 3 == 1
}

/// Sets these draws apart from those of the plan they join.
const APART: u64 = 0x1d1e;

/// A policy by which nothing happens to a cart but its end.
pub(super) fn never() -> Policy {
    Policy {
        warning_seconds: 0,
        idle_tiers_seconds: [0; 3],
        restore_seconds: 0,
        undo_seconds: 0,
        ..Policy::default()
    }
}

/// Gives each of the shop's policies times that carts live to see; one in three warns nobody, one
/// in three calls no cart abandoned.
pub(super) fn times(seed: u64, shape: &mut Shape) {
    if !minds(seed) {
        return;
    }
    let mut rng = Rng::with_seed(seed ^ APART);
    for policy in &mut shape.policies {
        let third = |rng: &mut Rng| rng.u8(0..3) == 0;
        policy.warning_seconds = if third(&mut rng) { 0 } else { rng.u32(3..=60) };
        let first = rng.u32(5..=60);
        let (second, last) = (first + rng.u32(0..=90), first + rng.u32(90..=200));
        let tiers = [first, second, last];
        policy.idle_tiers_seconds = if third(&mut rng) { [0; 3] } else { tiers };
        policy.restore_seconds = rng.u32(2..=120);
    }
}

/// The cart whose customer stays away after a while, and may return.
const LEFT: usize = 0;

/// A customer stays away, and customers want back what was in their cart; nothing in most seeds.
pub(super) fn leave(seed: u64, shape: &Shape, items: &mut Vec<Item>) {
    if !minds(seed) {
        return;
    }
    let is_of = |item: &Item| matches!(&item.act, Act::Order(order) if order.cart == LEFT);
    items.retain(|item| !is_of(item) || item.at < shape.lasts / 4);
    items.extend(returns(seed, shape));
}

fn returns(seed: u64, shape: &Shape) -> Vec<Item> {
    let mut rng = Rng::with_seed(seed ^ APART.rotate_left(32));
    let orders = (0..rng.usize(3..=8)).map(|_| {
        let order = Order {
            cart: if rng.u8(0..3) == 0 { rng.usize(0..shape.carts) } else { LEFT },
            intent: Intent::Restore,
            key: rng.bool().then(|| rng.u32(..)),
            expected: Expected::Any,
            respond_async: rng.bool(),
        };
        Item { at: rng.i64(shape.lasts / 3..shape.lasts), act: Act::Order(order) }
    });
    orders.collect()
}

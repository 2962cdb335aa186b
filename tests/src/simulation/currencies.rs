//! Customers who pay in another currency: who ask for one with their first line, and who change their
//! minds about a cart that has lines.
//!
//! They are drawn from a generator of their own, and only in some seeds: all others are as they were
//! before there were price lists, so that a seed known to show something still does.

use cart_schemas::command::Intent;
use cart_schemas::money::Currency;
use cart_schemas::quantity::Quantity;
use fastrand::Rng;

use super::goods;
use super::plan::{Act, Expected, Item, Order, SECOND, Shape};

/// Seeds that no older defect or mutant is known by are told apart by what is left of them.
const APART: u64 = 17;
/// Of those, these have two currencies.
const TWO_CURRENCIES: [u64; 4] = [11, 14, 15, 16];

/// Whether things are sold in two currencies in a seed.
pub(super) fn are_drawn(seed: u64) -> bool {
    TWO_CURRENCIES.contains(&(seed % APART))
}

/// What customers ask for of the other currency, and when; nothing in most seeds.
pub(super) fn draw(seed: u64, shape: &Shape) -> Vec<Item> {
    let mut rng = Rng::with_seed(seed ^ 0xc0_1e);
    if !are_drawn(seed) {
        return Vec::new();
    }
    let asked = (0..rng.usize(8..=24)).map(|_| {
        let at = rng.i64(0..shape.lasts);
        let at = if rng.u8(0..4) == 0 { at.min(5 * SECOND) } else { at };
        Item { at, act: Act::Order(order(&mut rng, shape)) }
    });
    asked.collect()
}

fn order(rng: &mut Rng, shape: &Shape) -> Order {
    let currency = money(rng);
    let quantity = Quantity::new(rng.u32(1..=3));
    let quantity = quantity.unwrap_or_else(|_| unreachable!("within 1 to 3"));
    let intent = if rng.bool() {
        Intent::ChangeCurrency { currency }
    } else {
        Intent::AddItem { item: goods::wish(rng.usize(0..8)), quantity, currency: Some(currency) }
    };
    Order {
        cart: rng.usize(0..shape.carts),
        intent,
        key: rng.bool().then(|| rng.u32(..)),
        expected: if rng.u8(0..8) == 0 { Expected::Current } else { Expected::Any },
        respond_async: rng.u8(0..6) == 0,
    }
}

fn money(rng: &mut Rng) -> Currency {
    let code = if rng.u8(0..3) == 0 { "USD" } else { "EUR" };
    code.parse().unwrap_or_else(|_| unreachable!("a currency"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::seeds::{CATCHING, REGRESSIONS};

    #[test]
    fn seeds_kept_from_before_there_were_price_lists_have_none() {
        let caught = CATCHING.iter().map(|(_, seed, _)| seed);

        for seed in caught.chain(REGRESSIONS.iter().map(|(seed, _)| seed)) {
            assert!(!are_drawn(*seed), "{seed}");
        }
    }
}

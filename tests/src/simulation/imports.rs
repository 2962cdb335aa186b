//! Draws the imports of a shop that moves in: whole carts, sent again as a repeated import sends
//! them, met by customers who were quicker, and some beyond the limits.
//!
//! They are drawn from a generator of their own, and only in some seeds: all others are as they were
//! before there were imports, so that a seed known to show something still does.

use cart_schemas::command::Intent;
use cart_schemas::import::{ImportedCart, ImportedLine};
use cart_schemas::money::Price;
use cart_schemas::quantity::Quantity;
use cart_schemas::timestamp::Timestamp;
use cart_storage::simulated::World;
use fastrand::Rng;

use super::goods::{self, WISHES_COUNT};
use super::plan::{Act, Expected, Item, Order, SECOND, Shape};

/// A shop moves in every so many seeds.
const MOVES_IN: u64 = 7;

/// What a shop that moves in brings, and when; nothing in most seeds.
pub(super) fn draw(seed: u64, shape: &Shape) -> Vec<Item> {
    let mut draft = Draft { rng: Rng::with_seed(seed ^ 0x1397), items: Vec::new() };
    if seed.is_multiple_of(MOVES_IN) {
        (0..shape.carts).for_each(|cart| draft.cart(cart, shape.lasts));
    }
    draft.items
}

struct Draft {
    rng: Rng,
    items: Vec<Item>,
}

impl Draft {
    /// A cart comes early, and perhaps in other words once more; each is sent again now and then.
    fn cart(&mut self, cart: usize, lasts: i64) {
        for words in 0..self.rng.usize(1..=3) {
            let intent = Intent::Import(self.imported());
            let key = Some(self.rng.u32(..));
            for again in 0..self.rng.usize(1..=4) {
                let early = words + again == 0 || self.rng.bool();
                let at = self.rng.i64(0..if early { 3 * SECOND } else { lasts });
                let respond_async = self.rng.u8(0..6) == 0;
                let (intent, expected) = (intent.clone(), Expected::Any);
                let order = Order { cart, intent, key, expected, respond_async };
                self.items.push(Item { at, act: Act::Order(order) });
            }
        }
    }

    fn imported(&mut self) -> ImportedCart {
        let mut wishes: Vec<_> = (0..WISHES_COUNT - 1).collect();
        self.rng.shuffle(&mut wishes);
        wishes.truncate(self.rng.usize(1..=4));
        if self.rng.u8(0..8) == 0 {
            // The goods over which a decision panics are the last wish.
            wishes.push(WISHES_COUNT - 1);
        }
        let lines = wishes.into_iter().map(|wish| self.line(wish)).collect();
        let currency = "USD".parse().unwrap_or_else(|_| unreachable!("a currency"));
        let cart = ImportedCart::new(currency, lines, self.end());
        cart.unwrap_or_else(|error| unreachable!("each wish once: {error}"))
    }

    fn line(&mut self, wish: usize) -> ImportedLine {
        let most = if self.rng.u8(0..12) == 0 { 60 } else { 6 };
        let quantity = Quantity::new(self.rng.u32(1..=most));
        let price = Price::from_minor(self.rng.i64(0..=10_000));
        ImportedLine {
            item: goods::wish(wish),
            name: format!("their wish {wish}"),
            price: price.unwrap_or_else(|_| unreachable!("below the highest")),
            quantity: quantity.unwrap_or_else(|_| unreachable!("within 1 to 60")),
            added_at: self.time(),
            last_modified: self.time(),
        }
    }

    /// A time of a line: most are past, some are to come.
    fn time(&mut self) -> Option<Timestamp> {
        self.rng.bool().then(|| near(self.rng.i64(-5_000 * SECOND..200 * SECOND)))
    }

    fn end(&mut self) -> Option<Timestamp> {
        self.rng.bool().then(|| near(self.rng.i64(-100 * SECOND..900 * SECOND)))
    }
}

fn near(micros: i64) -> Timestamp {
    Timestamp::from_micros(World::BEGINS.micros() + micros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::plan::Plan;
    use crate::simulation::seeds::{CATCHING, REGRESSIONS};

    fn imports(seed: u64) -> usize {
        let orders = Plan::of(seed).items.into_iter();
        let imports = orders.filter(|item| match &item.act {
            Act::Order(order) => matches!(order.intent, Intent::Import(_)),
            Act::Crash { .. }
            | Act::Stop { .. }
            | Act::Freeze { .. }
            | Act::Deafen { .. }
            | Act::Rebalance
            | Act::Catalog { .. }
            | Act::Join { .. }
            | Act::Vanish { .. }
            | Act::Stray { .. }
            | Act::Outage { .. }
            | Act::Undo { .. }
            | Act::Pay { .. }
            | Act::News { .. }
            | Act::Deliver { .. } => false,
        });
        imports.count()
    }

    #[test]
    fn seeds_kept_from_before_there_were_imports_have_none() {
        let caught = CATCHING.iter().filter(|(mutant, ..)| !mutant.starts_with("Import"));
        let kept = caught.map(|(_, seed, _)| seed).chain(REGRESSIONS.iter().map(|(seed, _)| seed));

        assert!(kept.into_iter().all(|seed| imports(*seed) == 0));
    }

    #[test]
    fn a_shop_that_moves_in_brings_every_customer_a_cart() {
        let plan = Plan::of(MOVES_IN);

        assert!(imports(MOVES_IN) >= plan.shape.carts);
    }
}
